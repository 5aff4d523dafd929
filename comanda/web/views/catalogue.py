"""Productos › Por vincular: what the stores sell that nobody knows how to ship, the one that stops most first."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from comanda.accounts.access import Access
from comanda.catalogue.link import Part, link
from comanda.catalogue.models import StoreVariant, Variant
from comanda.catalogue.suggest import Suggestion, suggest, unlinked
from comanda.connectors import CONNECTORS
from comanda.web.frame import access, entered

SHOWN = 20


@entered
def to_link(request: HttpRequest) -> HttpResponse:
    who = access(request)
    rows = unlinked(who).annotate(blocked=Count("problem__intake", distinct=True)).order_by("-blocked", "id")[:SHOWN]
    variants = who.rows(Variant).filter(active=True)
    shown = {"rows": [described(who, row) for row in rows], "catalogue": variants.count(), "writes": who.writes}
    return render(
        request, "products.html", shown | {"skus": variants.exclude(sku="").values_list("sku", flat=True)[:1000]}
    )


def described(who: Access, row: StoreVariant) -> dict[str, Any]:
    found = [{"variant": each.variant, "words": words(each)} for each in suggest(who, row, 3)]
    label = CONNECTORS[row.platform].label
    return {"row": row, "label": label, "blocked": row.blocked, "suggestions": found}  # type: ignore[attr-defined]


def words(each: Suggestion) -> str:
    """Why it is suggested."""
    if each.reason == "same_sku":
        return "mismo SKU"
    return ("nombre muy parecido" if each.score >= 85 else "nombre parecido") + (
        ", mismo precio" if each.same_price else ""
    )


@entered
@require_POST
def make_link(request: HttpRequest, id: str) -> HttpResponse:
    who = access(request)
    row = who.get(StoreVariant, id)
    chosen = request.POST.get("variant", "")
    if chosen == "ignore":
        _, count = link(who, row, [], ignore=True)
    else:
        variant = by_sku(who, request.POST.get("sku", "")) if chosen == "sku" else who.get(Variant, chosen)
        if variant is None:
            messages.error(request, "Ningún producto activo de tu catálogo tiene ese SKU, o lo tienen varios.")
            return redirect("to_link")
        quantity = request.POST.get("quantity", "1")
        _, count = link(
            who, row, [Part(variant, min(int(quantity), 100) if quantity.isdecimal() and int(quantity) else 1)]
        )
    messages.success(request, f"Vinculado: {waited(count)}." if count else "Vinculado.")
    return redirect("to_link")


def waited(count: int) -> str:
    if count == 1:
        return "1 pedido que esperaba por él se está registrando"
    return f"{count} pedidos que esperaban por él se están registrando"


def by_sku(who: Access, sku: str) -> Variant | None:
    found = list(who.rows(Variant).filter(sku=sku.strip(), active=True)[:2]) if sku.strip() else []
    return found[0] if len(found) == 1 else None
