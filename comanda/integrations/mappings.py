"""A custom builder's mapping: tried on a sample or on what has come, switched on, kept in all of its versions."""

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q
from msgspec import Struct

from comanda.accounts.access import Access
from comanda.connectors.custom.mapping import LONGEST, BadMapping, Bounded, Expression, Fault, Parts, check
from comanda.connectors.custom.payload import LINE_FIELDS, ORDER_FIELDS
from comanda.connectors.custom.propose import propose
from comanda.connectors.draft import Draft, Notice
from comanda.connectors.forms import document
from comanda.history.models import Intake
from comanda.history.models import Problem as ProblemRow
from comanda.inbox.models import TRIAL, Delivery
from comanda.integrations.models import Integration, Mapping
from comanda.orders.check import check as check_order
from comanda.problems import WARNINGS, Problem
from comanda.repair.retry import wake

# What a new mapping may read that could not be read before.
MENDED = ("unmapped", "order_unreadable", "wrong_builder")
STOPPED = ("failed", "unpaid", "review")
MOST_TRIED = 100
MOST_LOOKED_AT = 5000


class Field(Struct):
    """One field of a mapping on a sample: its expression and what that gives ("" for a field that is not mapped), or why not."""

    field: str
    expression: str
    value: Any = None
    type: str = ""
    problem: str = ""


class Preview(Struct):
    """A mapping on a sample: its fields (those of a line on the first line), how many lines, the order as it would be read.

    `problems` are what is wrong as a whole; `ready` says that it may be switched on and reads the sample.
    """

    mapping: dict[str, Any]
    fields: list[Field]
    lines: int
    order: Draft | None
    problems: list[Fault]
    ready: bool


class Tried(Struct):
    """A mapping on a delivery: the order's number and total and what would stop it then, or where it could not be read."""

    delivery: uuid.UUID
    number: str = ""
    total: str = ""
    lines: int = 0
    path: str = ""
    reason: str = ""
    stopped: tuple[str, ...] = ()  # the codes of problems


def preview(integration: Integration, mapping: dict[str, Any] | None, sample: bytes) -> Preview:
    """What a mapping makes of a sample. Without a mapping, one is proposed. Raises order_unreadable where the sample is no
    document at all."""
    data = document(sample)
    mapping = propose(data) if mapping is None else mapping
    whole, faults = compile_what_can_be(mapping)
    bounded = Bounded()
    fields = [shown("order", name, whole.order, data, bounded) for name in ORDER_FIELDS]
    items = (
        elements(whole.lines, data, bounded) if whole.lines else Field("lines", "", problem="an expression is needed")
    )
    listed = items.value if isinstance(items.value, list) else []
    fields.append(items)
    first = listed[0] if listed else None
    fields += [shown("line", name, whole.line, first, bounded) for name in LINE_FIELDS]
    for fault in faults:
        mark(fields, fault)
    items.value, items.type = (f"{len(listed)}", "list") if listed else (None, items.type)
    draft, said = (None, faults) if faults else reading(integration, mapping, sample)
    return Preview(mapping, fields, len(listed), draft, said, not said)


def compile_what_can_be(mapping: dict[str, Any]) -> tuple[Parts, list[Fault]]:
    try:
        return check(mapping), []
    except BadMapping as bad:
        return bad.rest, bad.faults


def first_line(mapping: dict[str, Any], data: Any) -> Any:
    """What the expressions of a line are asked of, in a decoded sample; None where there is no line."""
    lines = compile_what_can_be(mapping)[0].lines
    found = elements(lines, data, Bounded()).value if lines else None
    return found[0] if isinstance(found, list) and found else None


def elements(lines: Expression, data: Any, bounded: Bounded) -> Field:
    found = Field("lines", lines.expression)
    try:
        found.value = lines.value(data, bounded)
    except Problem as problem:
        found.problem = str(problem.facts["reason"])
        return found
    found.type = kind(found.value)
    if not isinstance(found.value, list):
        found.problem = f"gives {found.type} where the list of lines is due"
    return found


def shown(part: str, name: str, expressions: list[Expression], data: Any, bounded: Bounded) -> Field:
    """One field on the sample. A field without an expression is shown empty."""
    mine = next((each for each in expressions if each.field == name), None)
    found = Field(f"{part}.{name}", mine.expression if mine else "")
    if mine is None or (part == "line" and data is None):
        return found
    try:
        given = mine.scalar(data, bounded)
        found.value = given[:LONGEST] if isinstance(given, str) else given
        found.type = kind(given)
    except Problem as problem:
        found.problem = str(problem.facts["reason"])
    return found


def mark(fields: list[Field], fault: Fault) -> None:
    for field in fields:
        if field.field == fault.field:
            field.expression, field.problem = fault.expression, fault.message


def kind(value: Any) -> str:
    names = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
    return "nothing" if value is None else names.get(type(value), "expression")


def reading(integration: Integration, mapping: dict[str, Any], body: bytes) -> tuple[Draft | None, list[Fault]]:
    """The body as the journey would read it."""
    try:
        told = read(integration, mapping, body)
    except Problem as problem:
        facts = problem.facts
        return None, [Fault(facts.get("path", "$"), facts.get("expression", ""), facts.get("reason", problem.code))]
    return (told if isinstance(told, Draft) else None), []


def read(integration: Integration, mapping: dict[str, Any], body: bytes) -> Draft | Notice:
    setup = msgspec.structs.replace(integration.connector.setup, mapping=msgspec.json.encode(mapping).decode())
    return type(integration.connector)(setup).parse("order", body)


def foreseen(integration: Integration, draft: Draft) -> list[Problem]:
    """What will stop an order that is read so, before any product is looked for: no phone, no payment, a mere test."""
    found: list[Problem] = [Problem("test_order")] if draft.test else []
    if draft.status != "open":
        code = "order_cancelled" if draft.status == "cancelled" else "draft_order"
        found.append(Problem(code, reason=draft.status_given, status=draft.status_given))
    account = integration.account
    check_order(msgspec.structs.replace(draft, currency=draft.currency or account.currency), account, found.append)
    return [each for each in found if each.code not in WARNINGS]


def latest(integration: Integration, count: int) -> Iterator[Delivery]:
    """The newest deliveries that were verified, one after the other: each may be large. Test orders of ours are none."""
    rows = (
        Delivery.objects.filter(integration=integration, verified=True).exclude(key__startswith=TRIAL).order_by("-id")
    )
    for id_ in list(rows.values_list("id", flat=True)[: max(0, min(count, MOST_TRIED))]):
        yield from Delivery.objects.filter(pk=id_)


def try_on(integration: Integration, mapping: dict[str, Any], count: int) -> list[Tried]:
    """A mapping on the newest deliveries, before it is switched on. Raises BadMapping."""
    check(mapping)
    return [tried(integration, mapping, delivery) for delivery in latest(integration, count)]


def tried(integration: Integration, mapping: dict[str, Any], delivery: Delivery) -> Tried:
    draft, faults = reading(integration, mapping, bytes(delivery.body))
    if faults or draft is None:
        return Tried(delivery.pk, path=faults[0].field, reason=faults[0].message) if faults else Tried(delivery.pk)
    codes = tuple(problem.code for problem in foreseen(integration, draft))
    return Tried(delivery.pk, draft.number, str(draft.totals.total), len(draft.lines), stopped=codes)


def switch_on(access: Access, integration: Integration, mapping: dict[str, Any]) -> int:
    """Use a mapping from now on, as a new version; what could not be read is read again. Returns how many intakes that is.

    Raises BadMapping.
    """
    access.change()
    check(mapping)
    with transaction.atomic():
        row, version = next_version(integration)
        Integration.objects.filter(pk=row.pk).update(mapping=mapping, mapping_version=version)
        Mapping.objects.create(
            account_id=row.account_id, integration=row, version=version, mapping=mapping, author=access.actor
        )
        access.audit("map", f"integration:{row.pk}", version=version)
        return read_again(row)


def forget(access: Access, integration: Integration) -> int:
    """Without a mapping: Comanda's own format is read again, also of what could not be read with the mapping."""
    access.change()
    with transaction.atomic():
        row, version = next_version(integration)
        Integration.objects.filter(pk=row.pk).update(mapping=None, mapping_version=version)
        access.audit("unmap", f"integration:{row.pk}", version=version)
        return read_again(row)


def next_version(integration: Integration) -> tuple[Integration, int]:
    """The integration, locked: batches that read with the version before have written."""
    row = Integration.objects.select_for_update(no_key=True).get(pk=integration.pk)
    return row, row.mapping_version + 1


def read_again(row: Integration) -> int:
    """What could not be read, and what was read in another way and stopped since: no payment, no telephone, no lines."""
    mine = ProblemRow.objects.filter(account_id=row.account_id)
    return wake(mine.filter(misread(row) | stopped(row)), "mapping", skip_busy=True)


def misread(row: Integration) -> Q:
    return Q(subject=f"integration:{row.pk}", code__in=MENDED)


def stopped(row: Integration) -> Q:
    return Q(intake__integration=row, intake__status__in=STOPPED, step__in=("check", "match"))


def awaited(row: Integration, most: int) -> int:
    """How many intakes another mapping would have read again, counted no further than `most`, of the newest MOST_LOOKED_AT."""
    problems = ProblemRow.objects.filter(account_id=row.account_id).order_by()
    found = set(problems.filter(misread(row)).values_list("intake_id", flat=True)[:most])
    newest = Intake.objects.filter(integration=row).order_by("-received_at", "-id").values_list("id", "status")
    open_ = [id_ for id_, status in newest[:MOST_LOOKED_AT] if status in STOPPED][:most]
    found.update(problems.filter(intake__in=open_, step__in=("check", "match")).values_list("intake_id", flat=True))
    return min(len(found), most)
