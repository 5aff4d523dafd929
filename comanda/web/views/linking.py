"""Productos › Por vincular: what the stores sell that stops orders, the one that stops most first."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from comanda.accounts.access import Access, NotFound
from comanda.catalogue.link import Part, link, unlink
from comanda.catalogue.lookup import hold_catalogue
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.catalogue.waiting import Stop, orders_of, share, stops, unlinked_without_orders
from comanda.history.cursors import BadCursor
from comanda.history.models import Intake
from comanda.history.veil import veil_rows
from comanda.repair.models import Retry
from comanda.repair.retry import followed
from comanda.web.frame import access, done, entered
from comanda.web.offers import named, names_of_stores, offers, places
from comanda.web.views.registering import asked_line

A_PAGE = 10
REST = 20
MOST_PARTS, MOST_PIECES = 50, 1000


@entered
def to_link(request: HttpRequest) -> HttpResponse:
    """`?pedido=ID` shows what stops that order alone."""
    who = access(request)
    found = stops(who)
    order = who.get(Intake, request.GET["pedido"]) if request.GET.get("pedido") else None
    if order:
        veil_rows(who, [order])
        found = [each for each in found if order.pk in each.intakes]
    here, following = page(found, request.GET.get("cursor", ""))
    rows = who.rows(StoreVariant).in_bulk([each.id for each in here])
    shown: dict[str, Any] = {
        "offers": offers(who, [rows[each.id] for each in here if each.id in rows], {each.id: each for each in here}),
        "following": following,
        "order": order,
        "products": len(found),
        "waiting": orders_of(found),
        "share": None if order else share(who),
        "followed": asked_line(request),
        "catalogue": who.rows(Variant).exists(),
    }
    if not following and not order:
        shown |= rest(who, [each.id for each in found], request.GET.get("resto", ""))
    return render(request, "to_link.html", shown | places(who, known=None if order else len(found)))


def page(found: Sequence[Stop], cursor: str) -> tuple[Sequence[Stop], str]:
    """The cursor is how many orders the last one stopped, and its id."""
    if cursor:
        orders, _dot, id_ = cursor.partition(".")
        if not (orders.isdecimal() and id_.isdecimal() and len(cursor) < 30):
            raise BadCursor
        found = [each for each in found if (-each.orders, each.id) > (-int(orders), int(id_))]
    last = found[A_PAGE - 1] if len(found) > A_PAGE else None
    return found[:A_PAGE], f"{last.orders}.{last.id}" if last else ""


def rest(who: Access, stopping: list[int], after: str) -> dict[str, Any]:
    """What is not linked and stops nothing."""
    if after and not (after.isdecimal() and len(after) < 19):
        raise BadCursor
    rows = unlinked_without_orders(who, stopping, int(after or 0), REST + 1)
    stores = names_of_stores(who)
    shown = [{"row": row, "store": stores.get((row.platform, row.store_key), row.store_key)} for row in rows[:REST]]
    return {"rest": shown, "rest_after": rows[REST - 1].pk if len(rows) > REST else ""}


@entered
@require_POST
def make_link(request: HttpRequest, id: str) -> HttpResponse:
    """Link, link anew, ignore, or take a link away; the page after it takes it back."""
    who = access(request)
    row = who.get(StoreVariant, id)
    who.change()
    wanted = request.POST.get("variant", "")
    if wanted == "none":
        return untie(request, who, row)
    parts = [] if wanted == "ignore" else chosen(request, who)
    if parts is None:
        messages.error(
            request, _("Elige con qué producto de tu catálogo se despacha «{title}».").format(title=named(row))
        )
        return redirect(where_next(request, reverse("store_product", args=[row.pk])))
    return redirect(tie(request, row, parts))


def tie(request: HttpRequest, row: StoreVariant, parts: Sequence[Part]) -> str:
    """Link it, and say on the page after it, which is returned, how it was; of what was just so, only that it is."""
    who, after = access(request), where_next(request, reverse("to_link"))
    with followed(who, store_variant=str(row.pk)) as retry:
        hold_catalogue(who.account.pk)  # so that a form that comes twice finds what it has done
        before = shape(who, row)
        link(who, row, parts, ignore=not parts, follow=retry)
        new = before != shape(who, row)
    if new:
        done(request, said(row, parts), undo=reverse("link", args=[row.pk]), next=after, **before)
    elif not len(messages.get_messages(request)):
        done(request, said(row, parts))
    return following(after, retry)


def untie(request: HttpRequest, who: Access, row: StoreVariant) -> HttpResponse:
    """Without its link, the product's next orders are stopped; those that are registered stay."""
    before, after = shape(who, row), where_next(request, reverse("to_link"))
    if made := who.rows(Link).filter(store_variant=row).first():
        unlink(who, made)
        words = _("«{title}» ya no está vinculado. Los pedidos que ya se registraron quedan como están.")
        done(request, words.format(title=named(row)), undo=reverse("link", args=[row.pk]), next=after, **before)
    return redirect(after)


def chosen(request: HttpRequest, who: Access) -> list[Part] | None:
    """One variant, or the parts of a pack (`12:2,15:1`); None where nothing, or too much, was chosen."""
    given = request.POST.get("parts", "") or f"{request.POST.get('variant', '')}:{request.POST.get('quantity', '1')}"
    pairs = [each.partition(":")[::2] for each in given.split(",")]
    if len(pairs) > MOST_PARTS or len(dict(pairs)) < len(pairs):
        return None
    if not all(id_ and amount(number) for id_, number in pairs):
        return None
    return [Part(active(who, id_), amount(number)) for id_, number in pairs]


def amount(text: str) -> int:
    """A number of pieces; 0 where it is none."""
    return int(text) if text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_PIECES else 0


def active(who: Access, id_: str) -> Variant:
    found = who.get(Variant, id_)
    if not found.active:
        raise NotFound("variant")
    return found


def shape(who: Access, row: StoreVariant) -> dict[str, str]:
    """How it is linked now, as the fields of the form that links it so again."""
    made = who.rows(Link).filter(store_variant=row).prefetch_related("items").first()
    if made is None:
        return {"variant": "none"}
    if made.ignore:
        return {"variant": "ignore"}
    return {"parts": ",".join(f"{item.variant_id}:{item.quantity}" for item in made.items.order_by("pk"))}


def said(row: StoreVariant, parts: Sequence[Part]) -> str:
    if not parts:
        return _("«{title}» se ignora: esa línea no se despacha.").format(title=named(row))
    items = " + ".join(
        str(each.variant) if each.quantity == 1 else f"{each.quantity} × {each.variant}" for each in parts
    )
    return _("«{title}» se despacha como {items}.").format(title=named(row), items=items)


def where_next(request: HttpRequest, otherwise: str) -> str:
    """The page that the form came from, without the line that it followed."""
    given = request.POST.get("next", "")
    safe = given.startswith("/") and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given.partition("#")[0] if safe else otherwise


def following(where: str, retry: Retry) -> str:
    """The page, with the line of what the mend set going."""
    path, _mark, query = where.partition("?")
    kept = [each for each in query.split("&") if each and not each.startswith(("seguir=", "cursor="))]
    kept += [f"seguir={retry.pk}"] if retry.pk else []
    return path + ("?" + "&".join(kept) if kept else "")
