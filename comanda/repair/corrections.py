"""Corrections: what a person put in place of what the store sent, laid over the draft at every attempt."""

from collections import defaultdict

import msgspec

from comanda.connectors.draft import Draft
from comanda.orders.check import check
from comanda.problems import CODES, Problem
from comanda.repair.models import Correction
from comanda.run import Run

# Field of a correction → where it stands in the draft.
CUSTOMER = frozenset({"name", "email", "phone", "document"})
ADDRESS = frozenset({"address1", "address2", "city", "region", "country", "postcode", "reference"})
FIELDS = CUSTOMER | ADDRESS | {"payment", "note"}


def value_of(draft: Draft, field: str) -> str:
    """What the store sent for a field that can be corrected."""
    if field == "phone":
        return draft.customer.phones[0] if draft.customer.phones else ""
    if field in CUSTOMER:
        return str(getattr(draft.customer, field))
    return str(getattr(draft.shipping_address if field in ADDRESS else draft, field))


def corrected(draft: Draft, field: str, value: str) -> Draft:
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
    """Apply each intake's corrections and check again. One whose `old` is no longer what the store sends goes to review."""
    if not runs:
        return
    by_intake: dict[object, dict[str, Correction]] = defaultdict(dict)
    for row in Correction.objects.filter(intake_id__in={run.intake_id for run in runs}).order_by("id"):
        by_intake[row.intake_id][row.field] = row
    for run in runs:
        if by_intake[run.intake_id] and not run.stopped:
            apply(run, list(by_intake[run.intake_id].values()))


def apply(run: Run, corrections: list[Correction]) -> None:
    draft = run.draft
    assert draft is not None
    run.problems = [problem for problem in run.problems if CODES[problem.code].step != "check"]
    run.warnings = []
    applied = {}
    for row in corrections:
        if row.old == row.new:  # taken back
            continue
        incoming = value_of(draft, row.field)
        if incoming == row.old:
            draft = corrected(draft, row.field, row.new)
            applied[row.field] = {"from": row.old, "to": row.new, "author": row.author}
        elif incoming != row.new:
            run.note(
                Problem(
                    "correction_outdated",
                    f"correction:{row.pk}",
                    field=row.field,
                    old=row.old,
                    new=row.new,
                    incoming=incoming,
                )
            )
    run.order, changes = check(draft, run.integration.account, run.note)
    run.recheck({"corrections": applied, "changes": changes})
