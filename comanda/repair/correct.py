"""A person's corrections and discards of one intake."""

import json
from collections.abc import Mapping

import msgspec
from django.db import transaction
from django.utils import timezone

from comanda.accounts.access import Access, NotFound
from comanda.catalogue.models import Variant
from comanda.connectors.draft import Draft
from comanda.history.models import Attempt, Intake, Problem
from comanda.orders.check import check
from comanda.problems import CODES
from comanda.problems import Problem as Met
from comanda.repair.corrections import FIELDS, corrected, line_of, spoken, value_of
from comanda.repair.models import Correction
from comanda.repair.retry import requeue

PAYMENTS = ("cod", "prepaid")
# A problem of the check → the fields of which one is at fault.
FIELDS_OF = {
    "name_missing": ("name",),
    "phone_missing": ("phone",),
    "phone_invalid": ("phone",),
    "address_missing": ("address1",),
    "address_too_short": ("address1",),
    "city_missing": ("city", "region"),
    "city_unknown": ("city", "region"),
    "region_unknown": ("city", "region"),
    "country_not_served": ("country",),
}


class NotCorrectable(Exception):  # noqa: N818
    """Why a correction is not taken: a code, and the field it is about; `faults`: what would still be wrong, by field."""

    def __init__(self, code: str, field: str = "", faults: Mapping[str, Met] | None = None) -> None:
        super().__init__(code)
        self.faults = faults or {}
        self.code, self.field = code, field or next(iter(self.faults), "")


def correct(access: Access, intake: Intake, fields: Mapping[str, str]) -> list[Correction]:
    """Put values in the place of what the store sent, and run the intake again.

    Of a line (`line:0` is the first) the value is the id of the catalogue variant that is shipped for it in this order.
    Raises NotFound where that is none of the account's.
    """
    account = access.change()
    check_fields(fields)
    draft = newest_draft(intake)
    if draft is None:
        raise NotCorrectable("order_unreadable")
    fields = {field: settled(access, intake, draft, field, value.strip()) for field, value in fields.items()}
    # What the store sent may always count again, also where it is wrong: so a correction is taken back.
    other = {field: value for field, value in fields.items() if value != value_of(draft, field)}
    if faults := faults_of(intake, as_corrected(intake, draft), other):
        raise NotCorrectable("value_invalid", faults=faults)
    before = standing(intake, draft)
    with transaction.atomic():
        if not requeue(Intake.objects.filter(pk=intake.pk), "correction"):
            raise NotCorrectable("pruned")
        made = [
            Correction.objects.create(
                account=account,
                intake=intake,
                field=field,
                old=value_of(draft, field),
                new=value,
                author=access.actor,
            )
            for field, value in fields.items()
        ]
        for each in made:
            was = before.get(each.field, each.old)
            old, new = (in_words(access, each.field, value) for value in (was, each.new))
            access.audit("correct", f"intake:{intake.pk}", field=each.field, old=old, new=new)
    return made


def settled(access: Access, intake: Intake, draft: Draft, field: str, value: str) -> str:
    """The value as it is kept: of a line, the id of a variant, or what the store names, which takes a choice back."""
    if line_of(field) is None:
        return value
    sent = value_of(draft, field)
    if not sent and not Correction.objects.filter(intake=intake, field=field).exists():
        raise NotCorrectable("unknown_field", field)
    return value if value == sent else str(variant_of(access, intake, value).pk)


def variant_of(access: Access, intake: Intake, id_: str) -> Variant:
    """One that can be shipped in this order."""
    found = access.get(Variant, id_)
    if found.account_id != intake.account_id:
        raise NotFound("variant")
    return found


def in_words(access: Access, field: str, value: str) -> str:
    """A value as the log keeps it: a line's variant by its name, for whoever reads that later."""
    if line_of(field) is None:
        return value
    row = access.rows(Variant).select_related("product").filter(pk=value).first() if value.isdecimal() else None
    return str(row) if row else spoken(value)


def take_back(access: Access, intake: Intake, field: str) -> Correction:
    """Let what the store sends count again. What was corrected stays written down; this is one more correction, to nothing."""
    account = access.change()
    draft = newest_draft(intake)
    if draft is None or not correctable(field):
        raise NotCorrectable("order_unreadable" if draft is None else "unknown_field", field)
    with transaction.atomic():
        if not requeue(Intake.objects.filter(pk=intake.pk), "correction"):
            raise NotCorrectable("pruned")
        last = Correction.objects.filter(intake=intake, field=field).order_by("id").last()
        sent = value_of(draft, field)
        made = Correction.objects.create(
            account=account, intake=intake, field=field, old=sent, new=sent, author=access.actor
        )
        old = in_words(access, field, last.new if last else sent)
        access.audit("uncorrect", f"intake:{intake.pk}", field=field, old=old, new=in_words(access, field, sent))
    return made


def standing(intake: Intake, draft: Draft) -> dict[str, str]:
    """The corrections that count: the last one of each field, while the store sends what it replaced."""
    last = {row.field: row for row in Correction.objects.filter(intake=intake).order_by("id")}
    return {row.field: row.new for row in last.values() if value_of(draft, row.field) == row.old}


def as_corrected(intake: Intake, draft: Draft) -> Draft:
    """The order with the corrections that count."""
    for field, value in standing(intake, draft).items():
        draft = corrected(draft, field, value)
    return draft


def chosen_lines(intake: Intake, draft: Draft) -> set[int]:
    """The lines for which somebody has chosen a variant, as far as the store still sends them."""
    counting = standing(intake, draft).items()
    places = {line_of(field) for field, value in counting if value != value_of(draft, field)}
    return {place for place in places if place is not None}


def faults_of(intake: Intake, draft: Draft, fields: Mapping[str, str]) -> dict[str, Met]:
    """What check would still say of these fields if they were so, by field: asked before anything is kept."""
    for field, value in fields.items():
        draft = corrected(draft, field, value.strip())
    met: list[Met] = []
    check(draft, intake.account, met.append)
    found: dict[str, Met] = {}
    for problem in met:
        for name in FIELDS_OF.get(problem.code, ()):
            if name in fields and name not in found:
                found[name] = problem
                break
    return found


def correctable(field: str) -> bool:
    return field in FIELDS or line_of(field) is not None


def check_fields(fields: Mapping[str, str]) -> None:
    if not fields:
        raise NotCorrectable("nothing_to_correct")
    for field, value in fields.items():
        if not correctable(field):
            raise NotCorrectable("unknown_field", field)
        if len(value) > 500 or "\x00" in value:
            raise NotCorrectable("value_invalid", field)
        if field == "payment" and value not in PAYMENTS:
            raise NotCorrectable("value_invalid", field)


def newest_draft(intake: Intake) -> Draft | None:
    """The order as the newest delivery was read; None where it could not be."""
    if intake.delivery_id is None:
        return None
    for attempt in Attempt.objects.filter(intake=intake, delivery_id=intake.delivery_id).order_by("-number"):
        for step in json.loads(attempt.trace)["steps"]:
            if step["step"] == "read" and step["output"] and "lines" in step["output"]:
                return msgspec.convert(step["output"], Draft, strict=False)
    return None


def discard(access: Access, intake: Intake) -> None:
    """Never register this order, whatever versions of it come, until somebody says otherwise."""
    access.change()
    if intake.status in ("registered", "forwarding", "duplicate"):  # a duplicate is never registered anyway
        raise NotCorrectable("duplicate" if intake.status == "duplicate" else "registered")
    with transaction.atomic():
        requeue(Intake.objects.filter(pk=intake.pk), "discard")  # waits for a worker that has it in hand
        intake.refresh_from_db()
        if intake.status == "registered":
            raise NotCorrectable("registered")
        intake.discarded_at = timezone.now()
        intake.status, intake.cause = CODES["discarded"].status, "discarded"
        intake.save(update_fields=["discarded_at", "status", "cause"])
        Problem.objects.filter(intake=intake).delete()
        access.audit("discard", f"intake:{intake.pk}")
