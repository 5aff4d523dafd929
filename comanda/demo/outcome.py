"""What became of the demo's orders, and mending one of the causes."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from comanda.accounts.access import Access
from comanda.catalogue.link import Part, link
from comanda.catalogue.models import StoreVariant
from comanda.catalogue.suggest import suggest
from comanda.demo.send import wait_for_worker
from comanda.history.models import Intake, Problem
from comanda.history.search import Filter, find
from comanda.history.timeline import message

MENDED = "product_not_linked"
MOST = 200


@dataclass(frozen=True)
class Mended:
    """A link that was made: how many orders it ran again, and how many of those are registered."""

    code: str
    subject: str
    title: str
    variant: str
    reprocessed: int
    registered: int


def intakes(access: Access, deliveries: Sequence[uuid.UUID] | None) -> QuerySet[Intake]:
    """The orders that these deliveries brought, newest first; all of the account's for None."""
    found = find(access, Filter())
    return found if deliveries is None else found.filter(delivery_id__in=deliveries)


def problems(found: QuerySet[Intake]) -> dict[str, int]:
    """How many of these orders each problem stands in the way of."""
    rows = Problem.objects.filter(intake__in=found.order_by().values("id")).values_list("code", "intake").distinct()
    return dict(Counter(code for code, _ in rows).most_common())


def registered(found: QuerySet[Intake], platforms: Sequence[str]) -> dict[str, int]:
    counted = Counter(found.filter(status="registered").values_list("integration__platform", flat=True))
    return {platform: counted[platform] for platform in platforms}


def listed(found: QuerySet[Intake]) -> list[dict[str, Any]]:
    """The newest as the history shows them."""
    rows = found.select_related("integration").prefetch_related("problem_rows")[:MOST]
    return [
        {
            "number": intake.number,
            "platform": intake.integration.platform,
            "customer": intake.customer_name,
            "status": intake.status,
            "cause": intake.cause or None,
            "message": message(intake, "es") or None,
        }
        for intake in rows
    ]


def mend(access: Access, found: QuerySet[Intake]) -> Mended | None:
    """Link the product that blocks most of these orders to what it is likeliest to be, and see them registered."""
    blocking = Problem.objects.filter(intake__in=found.order_by().values("id"), code=MENDED)
    most = blocking.values("store_variant").annotate(orders=Count("intake")).order_by("-orders", "store_variant").first()
    if not most:
        return None
    store_variant = access.get(StoreVariant, most["store_variant"])
    blocked = list(blocking.filter(store_variant=store_variant).values_list("intake_id", flat=True))
    variant = suggest(access, store_variant, most=1)[0].variant
    _, reprocessed = link(access, store_variant, [Part(variant)])
    wait_for_worker(access)
    now = access.rows(Intake).filter(id__in=blocked, status="registered").count()
    return Mended(MENDED, f"store_variant:{store_variant.pk}", store_variant.title, str(variant), reprocessed, now)
