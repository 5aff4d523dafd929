"""What became of the demo's orders, and mending two of the causes: a mapping, a link."""

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
from comanda.demo.builders import BUILDERS
from comanda.demo.send import wait_for_worker
from comanda.history.models import Intake, Problem
from comanda.history.search import Filter, find
from comanda.history.timeline import message
from comanda.integrations.mappings import switch_on

MOST = 200


@dataclass(frozen=True)
class Mended:
    """A cause that was mended: how many orders that ran again, and what those are now; `facts` are for the words.

    A link: `title` and `variant`. A mapping: `builder`.
    """

    code: str
    subject: str
    facts: dict[str, str]
    reprocessed: int
    orders: list[dict[str, Any]]

    @property
    def registered(self) -> int:
        return sum(row["status"] == "registered" for row in self.orders)

    def said(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "subject": self.subject,
            "reprocessed": self.reprocessed,
            "registered": self.registered,
        }


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


def map_what_waits(access: Access, found: QuerySet[Intake]) -> Mended | None:
    """Say what the fields mean of the builder whose orders came before anybody had, and see what they become."""
    waiting = Problem.objects.filter(intake__in=found.order_by().values("id"), code="unmapped").order_by("intake")
    first = waiting.select_related("intake__integration__account").first()
    mapping = BUILDERS[first.intake.integration.platform].mapping if first else None
    if first is None or mapping is None:
        return None
    integration = first.intake.integration
    blocked = list(waiting.filter(subject=first.subject).values_list("intake_id", flat=True))
    reprocessed = switch_on(access, integration, mapping)
    facts = {"builder": integration.connector.label}
    return Mended(first.code, first.subject, facts, reprocessed, outcome(access, blocked))


def link_what_blocks(access: Access, found: QuerySet[Intake]) -> Mended | None:
    """Link the product that blocks most of these orders to what it is likeliest to be, and see what they become."""
    blocking = Problem.objects.filter(intake__in=found.order_by().values("id"), code="product_not_linked")
    worst = blocking.values_list("store_variant").annotate(orders=Count("intake")).order_by("-orders", "store_variant")
    if not worst:
        return None
    store_variant = access.get(StoreVariant, worst[0][0])
    blocked = list(blocking.filter(store_variant=store_variant).values_list("intake_id", flat=True))
    likely = suggest(access, store_variant, most=1)
    if not likely:  # the catalogue is no longer the demo's
        return None
    variant = likely[0].variant
    _, reprocessed = link(access, store_variant, [Part(variant)])
    facts = {"title": store_variant.title, "variant": str(variant)}
    return Mended(
        "product_not_linked", f"store_variant:{store_variant.pk}", facts, reprocessed, outcome(access, blocked)
    )


def outcome(access: Access, blocked: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """What these have become, once the worker is through."""
    wait_for_worker(access)
    return listed(find(access, Filter()).filter(id__in=blocked))
