"""To say what is shipped for a store product: by searching the catalogue, as a pack of several variants, or not at all."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.catalogue.link import Part
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.catalogue.suggest import search, suggest
from comanda.history.models import Problem
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.offers import named
from comanda.web.views.linking import MOST_PARTS, amount, tie

FOUND = 20


@entered
def pick(request: HttpRequest, id: str) -> HttpResponse:
    """Search the catalogue for what a store product is shipped as: a window, or a page without JavaScript."""
    who = access(request)
    row = who.get(StoreVariant, id)
    words = request.GET.get("q", "").strip()[:200]
    part = ""
    if asked_by_htmx(request):
        part = "#found" if request.headers.get("HX-Target") == "found" else "#window"
    shown = about(request, row) | {"words": words, "found": likely(who, row, words), "alone": part == "#found"}
    return render(request, f"pick.html{part}", shown)


def likely(who: Access, row: StoreVariant, words: str) -> list[Variant]:
    """What the words say; without any, what the product probably is."""
    return search(who, words, FOUND) if words else [each.variant for each in suggest(who, row, 6)]


@entered
def ignore(request: HttpRequest, id: str) -> HttpResponse:
    """What it means to ignore a line, before it is done."""
    row = access(request).get(StoreVariant, id)
    return render(request, "ignore.html#window" if asked_by_htmx(request) else "ignore.html", about(request, row))


def about(request: HttpRequest, row: StoreVariant) -> dict[str, Any]:
    """The product that is asked about, the orders that wait for it, and where one came from."""
    given = request.POST if request.method == "POST" else request.GET
    orders = blocked(access(request), row)
    return {"row": row, "title": named(row), "orders": orders, "next": given.get("next", "")}


@entered
def pack(request: HttpRequest, id: str) -> HttpResponse:
    """Several variants with their quantities. Each button sends the form, which comes back with what was chosen so far."""
    who = access(request)
    row = who.get(StoreVariant, id)
    if request.method != "POST":
        return packing(request, row, linked(who, row))
    who.change()
    chosen = given(request, who)
    what, _colon, which = request.POST.get("do", "").partition(":")
    if what == "add" and all(each.id != which for each in chosen):
        chosen.append(Piece(who.get(Variant, which), "1"))
    if what == "remove":
        chosen = [each for each in chosen if each.id != which]
    fault = faults(chosen) if what == "link" else ""
    if what == "link" and not fault:
        return link_pack(request, row, chosen)
    return packing(request, row, chosen, fault=fault, focus=which if what == "add" else "words")


def packing(request: HttpRequest, row: StoreVariant, chosen: "list[Piece]", **more: str) -> HttpResponse:
    """What is in the pack so far, and what may be added."""
    who, words = access(request), request.POST.get("q", "").strip()[:200]
    inside = {each.variant.pk for each in chosen}
    found = [each for each in likely(who, row, words) if each.pk not in inside]
    shown = about(request, row) | {"chosen": chosen, "words": words, "found": found, "focus": "words"} | more
    if asked_by_htmx(request):
        return render(request, "pack.html#window", shown)
    return render(request, "pack.html", shown, status=400 if more.get("fault") else 200)


class Piece:
    """A variant of a pack, with its quantity as it was typed."""

    def __init__(self, variant: Variant, typed: str) -> None:
        self.variant, self.typed = variant, typed

    @property
    def id(self) -> str:
        return str(self.variant.pk)

    @property
    def quantity(self) -> int:
        return amount(self.typed.strip())


def given(request: HttpRequest, who: Access) -> list[Piece]:
    ids = request.POST.getlist("piece")[:MOST_PARTS]
    return [Piece(who.get(Variant, id_), request.POST.get(f"quantity-{id_}", "1")) for id_ in dict.fromkeys(ids)]


def linked(who: Access, row: StoreVariant) -> list[Piece]:
    """How it is shipped now, to begin with."""
    made = who.rows(Link).filter(store_variant=row).first()
    items = made.items.select_related("variant__product").order_by("pk") if made else []
    return [Piece(item.variant, str(item.quantity)) for item in items]


def faults(chosen: list[Piece]) -> str:
    if not chosen:
        return _("Agrega al menos un producto.")
    if not all(each.quantity for each in chosen):
        return _("Cada cantidad es un número entero, de 1 a 1.000.")
    return ""


def link_pack(request: HttpRequest, row: StoreVariant, chosen: list[Piece]) -> HttpResponse:
    to = tie(request, row, [Part(each.variant, each.quantity) for each in chosen])
    if asked_by_htmx(request):
        return HttpResponse(headers={"HX-Redirect": to})
    return redirect(to)


def blocked(who: Access, row: StoreVariant) -> int:
    """How many orders wait for it, up to a thousand."""
    waiting = who.rows(Problem).filter(store_variant=row).exclude(intake__status="pending")
    return waiting.order_by().values("intake_id").distinct()[:1000].count()
