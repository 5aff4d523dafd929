"""Productos › Catálogo: what the merchant can ship."""

import csv
import io
from collections import defaultdict
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access
from comanda.catalogue.models import Product, Variant
from comanda.catalogue.suggest import Names
from comanda.history.cursors import BadCursor, Id, Text, decode, encode
from comanda.web.cells import COLUMNS
from comanda.web.figures import written
from comanda.web.frame import access, entered
from comanda.web.offers import places
from comanda.web.sheets import separator

A_PAGE = 20
MOST_FOUND = 500
MOST_COUNTED = 1000
SHOWN = 4  # variants of one product
# What may be looked at: its name in the URL, the words, which variants.
VIEWS: dict[str, tuple[Any, Q]] = {
    "": (gettext_lazy("Todos"), Q()),
    "activos": (gettext_lazy("Activos"), Q(active=True)),
    "inactivos": (gettext_lazy("Desactivados"), Q(active=False)),
    "agotados": (gettext_lazy("Agotados"), Q(active=True, stock__lte=0)),
    "bajo-costo": (gettext_lazy("Costo mayor que el precio"), Q(active=True, cost__gt=F("price"))),
}


@entered
def listed(request: HttpRequest) -> HttpResponse:
    """By name; `?q=` looks in names and SKUs, the best first."""
    who = access(request)
    view = request.GET.get("ver", "")
    which = VIEWS.get(view, VIEWS[""])[1]
    words = request.GET.get("q", "").strip()[:200]
    cursor = request.GET.get("cursor", "")
    products = who.rows(Product)
    if which:
        products = products.filter(Exists(Variant.objects.filter(which, product=OuterRef("pk"))))
    found, following = searched(who, products, words, cursor) if words else by_name(products, cursor)
    count = who.rows(Variant)[: MOST_COUNTED + 1].count()
    shown = {
        "rows": with_variants(who, found, which),
        "following": following,
        "views": [(name, words_, name == view) for name, (words_, _which) in VIEWS.items()],
        "view": view,
        "words": words,
        "count": min(count, MOST_COUNTED),
        "more": count > MOST_COUNTED,
    }
    return render(request, "catalogue.html", shown | places(who))


def by_name(products: QuerySet[Product], cursor: str) -> tuple[list[Product], str]:
    if cursor:
        name, id_ = decode(cursor, tuple[Text, Id])
        products = products.filter(Q(name__gt=name) | Q(name=name, pk__gt=id_))
    found = list(products.order_by("name", "pk")[: A_PAGE + 1])
    last = found[A_PAGE - 1] if len(found) > A_PAGE else None
    return found[:A_PAGE], encode((last.name, last.pk)) if last else ""


def searched(who: Access, products: QuerySet[Product], words: str, cursor: str) -> tuple[list[Product], str]:
    """The best first, however they are accented or nearly spelt; the cursor is how many were shown."""
    if cursor and not (cursor.isdecimal() and len(cursor) < 6):
        raise BadCursor
    start = int(cursor or 0)
    variants = Names(who, active=False).search(words, MOST_FOUND)
    of = dict(who.rows(Variant).filter(pk__in=variants).values_list("pk", "product_id"))
    ids = list(dict.fromkeys(of[each] for each in variants if each in of))
    found = products.in_bulk(ids)
    there = [found[id_] for id_ in ids if id_ in found]
    return there[start : start + A_PAGE], str(start + A_PAGE) if len(there) > start + A_PAGE else ""


def with_variants(who: Access, products: list[Product], which: Q) -> list[dict[str, Any]]:
    """Each product with the first of its variants that are looked at."""
    variants: dict[int, list[Variant]] = defaultdict(list)
    for each in who.rows(Variant).filter(which, product__in=products).order_by("pk"):
        variants[each.product_id].append(each)
    return [
        {
            "product": product,
            "variants": variants[product.pk][:SHOWN],
            "more": max(0, len(variants[product.pk]) - SHOWN),
        }
        for product in products
    ]


@entered
def export(request: HttpRequest) -> HttpResponse:
    """The whole catalogue as the file that an import takes."""
    who = access(request)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator(who.account))
    writer.writerow([str(name) for name in COLUMNS.values()])
    columns = ("product__name", "name", "sku", "price", "cost", "stock")
    for row in who.rows(Variant).order_by("product__name", "product", "pk").values_list(*columns):
        writer.writerow([harmless(written(cell)) for cell in row])
    return as_file(out.getvalue(), "catalogo.csv")


def harmless(cell: str) -> str:
    """A spreadsheet must not take a name for a formula."""
    return (
        f"'{cell}" if cell[:1] in ("=", "@", "+", "\t", "\r") or (cell[:1] == "-" and not cell[1:2].isdigit()) else cell
    )


def as_file(text: str, name: str) -> HttpResponse:
    """With a mark by which Excel knows UTF-8."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8", headers=headers)
