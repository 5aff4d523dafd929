"""One product of a store: what it stops, how it is shipped, which orders wait for it, and who has said what about it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.accounts.access import Access
from comanda.accounts.masking import Veil
from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.catalogue.waiting import Stop, stop_of
from comanda.diagnosis.explain import NAMED, explain
from comanda.history import timeline
from comanda.history.models import Intake, Problem
from comanda.history.veil import veil_rows
from comanda.web.frame import access, entered
from comanda.web.language import reading
from comanda.web.offers import offers, places
from comanda.web.told import told
from comanda.web.views.registering import asked_line

SHOWN = 20


@entered
def store_product(request: HttpRequest, id: str) -> HttpResponse:
    who = access(request)
    row = who.get(StoreVariant, id)
    stop = stop_of(who, row.pk)
    made = who.rows(Link).filter(store_variant=row).prefetch_related("items__variant__product").first()
    of_sku = None if made else of_its_sku(who, row)
    (offer,) = offers(who, [row], {row.pk: stop} if stop else {}, ask=not made and not of_sku)
    entries = who.rows(AuditEntry).filter(target=f"store_variant:{row.pk}").order_by("-pk")[:SHOWN]
    shown = {
        "offer": offer,
        "row": row,
        "link": made,
        "of_sku": of_sku,
        "waiting": waiting(who, stop),
        "told": [told(who.account, each) for each in entries],
        "followed": asked_line(request),
    } | places(who)
    return render(request, "store_product.html", shown)


def of_its_sku(who: Access, row: StoreVariant) -> Variant | None:
    """The one active variant that has its SKU: it is shipped without a link."""
    if not row.sku:
        return None
    found = list(who.rows(Variant).filter(sku=row.sku, active=True).select_related("product")[:2])
    return found[0] if len(found) == 1 else None


def waiting(who: Access, stop: Stop | None) -> list[dict[str, Any]]:
    """The newest of the orders that wait for it."""
    if stop is None:
        return []
    mine = who.rows(Problem).filter(store_variant=stop.id).exclude(intake__status="pending").values("intake_id")
    rows = who.rows(Intake).filter(pk__in=mine).select_related("integration").prefetch_related("problem_rows")
    found = list(rows.order_by("-received_at", "-id")[:SHOWN])
    veils = veil_rows(who, found)
    return [{"intake": each, "message": besides(each, stop.id, veils[each.pk])} for each in found]


def besides(intake: Intake, store_variant: int, veil: Veil) -> str:
    """What else stops it."""
    others = [each for each in intake.problem_rows.all() if each.store_variant_id != store_variant]
    others = [each for each in others if each.code != "update_problem"]
    return " ".join(told.message for told in explain(map(veil.problem, timeline.rows(others)), reading(), NAMED))
