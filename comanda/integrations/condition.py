"""How integrations are, all of a list in one query: the last order of each, and what is the matter, as codes and counts."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from comanda.history.models import Intake, Problem
from comanda.inbox.mismatch import mismatched
from comanda.inbox.models import QUARANTINED, Delivery, id_at, written
from comanda.integrations.health import looks_like, signs
from comanda.integrations.models import Integration, IntegrationSecret

MOST = 1001  # of what is counted: beyond, "1.000+"
WEEK = timedelta(days=7)


class Few(Subquery):
    """How many rows, counted no further than the query goes."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) few)"
    output_field = IntegerField()


@dataclass(frozen=True)
class Fault:
    """`code`: no_secret, quarantined, wrong_builder, unreadable, unmapped, unasked, same_store. `other`: the name of the other
    integration, or of the builder whose orders come."""

    code: str
    count: int = 0
    other: str = ""


@dataclass(frozen=True)
class Condition:
    """One integration, as a list shows it."""

    row: Integration
    last: datetime | None  # when its newest order came; test orders of ours are none
    secrets: int
    faults: list[Fault]


def conditions(found: QuerySet[Integration]) -> list[Condition]:
    """Of integrations of one account, the oldest first. Those of one store are told where both are in the list."""
    rows = list(annotated(found).select_related("account").order_by("id"))
    wrong = mismatched([row for row in rows if known(row, "quarantined")])
    return [Condition(row, known(row, "last"), known(row, "secret_count"), faults(row, rows, wrong)) for row in rows]


def annotated(found: QuerySet[Integration]) -> QuerySet[Integration]:
    intakes = Intake.objects.filter(integration=OuterRef("pk")).exclude(external_id__startswith="trial:")
    waiting = Delivery.objects.filter(integration=OuterRef("pk"), state=written(QUARANTINED))
    lately = waiting.filter(id__gte=id_at(timezone.now() - WEEK))  # by its id, the partial index is taken
    return found.annotate(
        last=Subquery(intakes.order_by("-received_at", "-id").values("received_at")[:1]),
        secret_count=Few(few(IntegrationSecret.objects.filter(integration=OuterRef("pk")))),
        quarantined=Few(few(lately)),
        unmapped=Few(few(stopped("unmapped"))),
        unreadable=Few(few(stopped("order_unreadable"))),
    )


def few(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by().values("pk")[:MOST]


def stopped(*codes: str) -> QuerySet[Problem]:
    """What stands in the way of orders and is to be mended at the integration outside."""
    subject = Concat(Value("integration:"), Cast(OuterRef("pk"), CharField()))
    return Problem.objects.filter(account=OuterRef("account"), code__in=codes, subject=subject)


def known(row: Integration, name: str) -> Any:
    """What the query has found beside the row."""
    return getattr(row, name)


def faults(row: Integration, rows: Sequence[Integration], wrong: Container[int]) -> list[Fault]:
    """The gravest first. `wrong`: those whose secret is not the store's."""
    found = []
    secrets, chosen = known(row, "secret_count"), row.verification
    if signs(row) and not secrets:
        found.append(Fault("no_secret"))
    elif row.pk in wrong:
        found.append(Fault("quarantined", known(row, "quarantined")))
    found += [Fault(code, known(row, code)) for code in ("unreadable", "unmapped")]
    found = [fault for fault in found if fault.count or fault.code == "no_secret"]
    if secrets and chosen and chosen["kind"] == "none":
        found.append(Fault("unasked"))
    return found + [Fault("same_store", other=other.name) for other in rows if twins(row, other)]


def looked_into(each: Condition) -> Condition:
    """With what the newest of its quarantined deliveries is told by: another builder's, it needs another URL and no key."""
    week = id_at(timezone.now() - WEEK)
    waiting = Delivery.objects.filter(integration=each.row, state=written(QUARANTINED), id__gte=week)
    builder = looks_like(each.row, waiting) if any(fault.code == "quarantined" for fault in each.faults) else ""
    if not builder:
        return each
    other = Fault("wrong_builder", other=builder)
    return replace(each, faults=[other if fault.code == "quarantined" else fault for fault in each.faults])


def twins(one: Integration, other: Integration) -> bool:
    """Whether both are On for the same store: each order comes twice, and counts once."""
    same = one.platform == other.platform and one.store_key == other.store_key != ""
    return same and one.pk != other.pk and one.ready and other.ready
