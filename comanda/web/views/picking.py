"""To say what is shipped for a store product: by searching the catalogue, as a pack of several variants, or not at all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.catalogue.link import Part, link
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.catalogue.suggest import search, suggest
from comanda.history.models import Problem
from comanda.repair.retry import followed
from comanda.web.frame import access, asked_by_htmx, done, entered
from comanda.web.offers import named
from comanda.web.views.linking import MOST_PARTS, amount, following, said, shape, where_next

FOUND = 20


@entered
def pick(request: HttpRequest, id: str) -> HttpResponse:
    """Search the catalogue for what a store product is shipped as: a window, or a page without JavaScript."""
    who = access(request)
    row = who.get(StoreVariant, id)
    text = request.GET.get("q", "").strip()[:200]
    found = search(who, text, FOUND) if text else [each.variant for each in suggest(who, row, 6)]
    part = ""
    if asked_by_htmx(request):
        part = "#found" if request.headers.get("HX-Target") == "found" else "#window"
    shown = {
        "row": row,
        "title": named(row),
        "words": text,
        "found": found,
        "orders": blocked(who, row),
        "next": asked_next(request),
    }
    return render(request, f"pick.html{part}", shown)


@entered
def ignore(request: HttpRequest, id: str) -> HttpResponse:
    """What it means to ignore a line, before it is done."""
    who = access(request)
    row = who.get(StoreVariant, id)
    part = "#window" if asked_by_htmx(request) else ""
    shown = {"row": row, "title": named(row), "orders": blocked(who, row), "next": asked_next(request)}
    return render(request, f"ignore.html{part}", shown)


@entered
def pack(request: HttpRequest, id: str) -> HttpResponse:
    """Several variants with their quantities. Each button sends the form, which comes back with what was chosen so far."""
    who = access(request)
    row = who.get(StoreVariant, id)
    if request.method == "POST":
        who.change()
        chosen = given(request, who)
    else:
        chosen = linked(who, row)
    what, _colon, which = request.POST.get("do", "").partition(":")
    if what == "add" and all(str(each.variant.pk) != which for each in chosen):
        chosen.append(Piece(who.get(Variant, which), "1"))
    if what == "remove":
        chosen = [each for each in chosen if str(each.variant.pk) != which]
    fault = faults(chosen) if what == "link" else ""
    if what == "link" and not fault:
        return link_pack(request, row, chosen)
    words = request.POST.get("q", "").strip()[:200]
    shown = {
        "row": row,
        "title": named(row),
        "chosen": chosen,
        "words": words,
        "fault": fault,
        "orders": blocked(who, row),
    }
    found = search(who, words, FOUND) if words else [each.variant for each in suggest(who, row, 6)]
    shown |= {
        "found": [each for each in found if each not in [one.variant for one in chosen]],
        "next": asked_next(request),
    }
    part = "#window" if asked_by_htmx(request) else ""
    return render(request, f"pack.html{part}", shown, status=400 if fault and not part else 200)


class Piece:
    """A variant of a pack, with its quantity as it was typed."""

    def __init__(self, variant: Variant, typed: str) -> None:
        self.variant, self.typed = variant, typed

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
    who = access(request)
    parts = [Part(each.variant, each.quantity) for each in chosen]
    before, after = shape(who, row), where_next(request, reverse("to_link"))
    with followed(who, store_variant=str(row.pk)) as retry:
        link(who, row, parts, follow=retry)
    done(request, said(row, parts), undo=reverse("link", args=[row.pk]), next=after, **before)
    to = following(after, retry)
    if asked_by_htmx(request):
        return HttpResponse(headers={"HX-Redirect": to})
    return redirect(to)


def blocked(who: Access, row: StoreVariant) -> int:
    """How many orders wait for it, up to a thousand."""
    waiting = who.rows(Problem).filter(store_variant=row).exclude(intake__status="pending")
    return waiting.order_by().values("intake_id").distinct()[:1000].count()


def asked_next(request: HttpRequest) -> str:
    """Where to go on afterwards: the list or the product's page, whichever this was opened from."""
    return str((request.POST if request.method == "POST" else request.GET).get("next", ""))
