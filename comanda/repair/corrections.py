"""Corrections: what a person put in place of what the store sent, laid over the order's draft at every attempt.

A line's correction, `line:0`, chooses the catalogue variant that is shipped for it in this order alone. It is no part of
the draft: the match takes it from the run.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from comanda.catalogue.lookup import by_id, store_variant_key, whole_title
from comanda.connectors.draft import Draft, Line
from comanda.history.models import Intake
from comanda.orders.check import check
from comanda.problems import CODES, Problem
from comanda.repair.models import Correction
from comanda.run import Run

# Field of a correction → where it stands in the draft.
CUSTOMER = frozenset({"name", "email", "phone", "document"})
ADDRESS = frozenset({"address1", "address2", "city", "region", "country", "postcode", "reference"})
FIELDS = CUSTOMER | ADDRESS | {"payment", "note"}
_LINE = re.compile(r"line:(0|[1-9]\d{0,2})")
_KEY = re.compile(r" \((t|[vp]:.*)\)$", re.DOTALL)


def line_of(field: str) -> int | None:
    """The line that a correction is of, the first is 0; None where it is of another field."""
    found = _LINE.fullmatch(field)
    return int(found[1]) if found else None


def known_as(line: Line) -> str:
    """`Faja / Elige tu talla (v:70011)`: the product and the option, as the store tells them apart; `(t)`: by the name alone."""
    key, name = store_variant_key(line), whole_title(line.title, line.variant_title)
    return f"{name} ({'t' if key.startswith('t:') else key})"


def spoken(value: str) -> str:
    """The same for people, without the store's ids."""
    return _KEY.sub("", value)


def value_of(draft: Draft, field: str) -> str:
    """What the store sent for a field that can be corrected; of a line, what it names. Empty where there is none."""
    if (place := line_of(field)) is not None:
        return known_as(draft.lines[place]) if place < len(draft.lines) else ""
    if field == "phone":
        return draft.customer.phones[0] if draft.customer.phones else ""
    if field in CUSTOMER:
        return str(getattr(draft.customer, field))
    return str(getattr(draft.shipping_address if field in ADDRESS else draft, field))


def corrected(draft: Draft, field: str, value: str) -> Draft:
    if line_of(field) is not None:
        return draft
    if field == "phone":
        return msgspec.structs.replace(draft, customer=msgspec.structs.replace(draft.customer, phones=(value,)))
    if field in CUSTOMER:
        return msgspec.structs.replace(draft, customer=msgspec.structs.replace(draft.customer, **{field: value}))
    if field in ADDRESS:
        return msgspec.structs.replace(
            draft, shipping_address=msgspec.structs.replace(draft.shipping_address, **{field: value})
        )
    return msgspec.structs.replace(draft, **{field: value})


def lay_over(runs: list[Run]) -> None:
    """Apply each order's corrections and check again. One whose `old` is no longer what the store sends goes to review."""
    if not runs:
        return
    by_run = corrections_of(runs)
    going = [run for run in runs if by_run[run.delivery.id] and not run.stopped]
    names = names_of((run.integration.account_id, row) for run in going for row in by_run[run.delivery.id])
    for run in going:
        apply(run, by_run[run.delivery.id], names)


def corrections_of(runs: list[Run]) -> dict[UUID, list[Correction]]:
    """By delivery, the last correction of each field, whichever integration of the store brought the intake that was
    corrected: else the next version that another one brings would undo it."""
    keys = {run.key.id for run in runs if run.key}
    key_of = dict(Intake.objects.filter(key_id__in=keys).values_list("id", "key_id"))
    rows: dict[object, list[Correction]] = defaultdict(list)
    for row in Correction.objects.filter(intake_id__in={*key_of, *(run.intake_id for run in runs)}).order_by("id"):
        rows[key_of.get(row.intake_id, row.intake_id)].append(row)
    found = {}
    for run in runs:
        mine = rows[run.intake_id] + (rows[run.key.id] if run.key else [])
        found[run.delivery.id] = list({row.field: row for row in sorted(mine, key=lambda row: row.pk)}.values())
    return found


def names_of(corrections: Iterable[tuple[int, Correction]]) -> dict[int, str]:
    """What the lines' choices are called, by the correction's id. One whose variant is no longer there has no name."""
    ids = {row.pk: (account, int(row.new)) for account, row in corrections if chooses(row)}
    items = by_id(ids.values())
    return {pk: items[wanted].name for pk, wanted in ids.items() if wanted in items}


def chooses(row: Correction) -> bool:
    """Whether it chooses a line's variant; one that was taken back does not."""
    return line_of(row.field) is not None and row.new != row.old


def apply(run: Run, corrections: list[Correction], names: Mapping[int, str]) -> None:
    draft = run.draft
    assert draft is not None
    run.problems = [problem for problem in run.problems if CODES[problem.code].step != "check"]
    run.warnings = []
    applied = {}
    for row in corrections:
        if row.old == row.new or (chooses(row) and row.pk not in names):  # taken back, or its variant is gone
            continue
        incoming = value_of(draft, row.field)
        if incoming == row.old:
            draft = corrected(draft, row.field, row.new)
            applied[row.field] = said(row, names) | {"author": row.author}
            if (place := line_of(row.field)) is not None:
                run.chosen[place] = int(row.new)
        elif incoming != row.new:
            run.note(outdated(row, incoming, names))
    run.order, changes = check(draft, run.integration.account, run.note)
    run.recheck({"corrections": applied, "changes": changes})


def said(row: Correction, names: Mapping[int, str]) -> dict[str, str]:
    return {"from": spoken(row.old) if chooses(row) else row.old, "to": names.get(row.pk, row.new)}


def outdated(row: Correction, incoming: str, names: Mapping[int, str]) -> Problem:
    facts: dict[str, Any] = {"field": row.field, "old": row.old, "new": row.new, "incoming": incoming}
    if chooses(row):
        facts |= {"old": spoken(row.old), "new": names[row.pk], "incoming": spoken(incoming)}
        facts |= {"chosen": row.new, "gone": not incoming}
    return Problem("correction_outdated", f"correction:{row.pk}", **facts)
