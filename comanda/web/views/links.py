"""Productos › Vínculos: what each store product is shipped as, who said so, and how to say otherwise."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access
from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import StoreVariant, Variant
from comanda.catalogue.suggest import folded, linked_by_sku
from comanda.connectors.reading import fold
from comanda.history.cursors import BadCursor
from comanda.web.frame import access, entered
from comanda.web.offers import names_of_stores, places
from comanda.web.told import told

A_PAGE = 25
MOST_FOUND = 500
VIEWS = {
    "": gettext_lazy("Elegidos"),
    "sku": gettext_lazy("Por su SKU"),
    "ignorados": gettext_lazy("Ignorados"),
}


@entered
def listed(request: HttpRequest) -> HttpResponse:
    who = access(request)
    view, words = request.GET.get("ver", ""), request.GET.get("q", "").strip()[:200]
    rows = linked_by_sku(who) if view == "sku" else chosen(who, ignore=view == "ignorados")
    if words:
        rows = rows.filter(pk__in=called(who, words))
    found, following = page(rows, request.GET.get("cursor", ""))
    shown = {
        "rows": described(who, found),
        "following": following,
        "views": [(name, said, name == view) for name, said in VIEWS.items()],
        "view": view,
        "words": words,
    }
    return render(request, "links.html", shown | places(who))


def chosen(who: Access, *, ignore: bool) -> QuerySet[StoreVariant]:
    """What a person has linked."""
    return who.rows(StoreVariant).filter(link__ignore=ignore)


def called(who: Access, words: str) -> list[int]:
    """The store products whose name or SKU has these words, however they are accented."""
    wanted, typed = fold(words).split(), words.casefold()
    rows = who.rows(StoreVariant).order_by("-pk").values_list("pk", "title", "variant_title", "sku")
    found = (
        pk
        for pk, title, variant, sku in rows.iterator()
        if (wanted and all(word in folded(f"{title} {variant}") for word in wanted)) or typed in sku.casefold()
    )
    return [pk for pk, _ in zip(found, range(MOST_FOUND), strict=False)]


def page(rows: QuerySet[StoreVariant], cursor: str) -> tuple[list[StoreVariant], str]:
    if cursor:
        if not (cursor.isdecimal() and len(cursor) < 19):
            raise BadCursor
        rows = rows.filter(pk__lt=int(cursor))
    rows = rows.select_related("link").prefetch_related("link__items__variant__product")
    found = list(rows.order_by("-pk")[: A_PAGE + 1])
    return found[:A_PAGE], str(found[A_PAGE - 1].pk) if len(found) > A_PAGE else ""


def described(who: Access, rows: Sequence[StoreVariant]) -> list[dict[str, Any]]:
    """Each with its store, what is shipped for it, and who said so."""
    stores, entries = names_of_stores(who), makers(who, rows)
    skus = [row.sku for row in rows if not hasattr(row, "link")]
    of_sku = {v.sku: v for v in who.rows(Variant).filter(sku__in=skus, active=True).select_related("product")}
    return [
        {
            "row": row,
            "store": stores.get((row.platform, row.store_key), row.store_key),
            "link": getattr(row, "link", None),
            "of_sku": of_sku.get(row.sku) if not hasattr(row, "link") else None,
            "told": entries.get(f"store_variant:{row.pk}"),
        }
        for row in rows
    ]


def makers(who: Access, rows: Sequence[StoreVariant]) -> dict[str, dict[str, Any]]:
    """Who made each link last, by its target."""
    targets = [f"store_variant:{row.pk}" for row in rows]
    entries = who.rows(AuditEntry).filter(action="link", target__in=targets).order_by("pk")
    return {entry.target: told(who.account, entry) for entry in entries}
