"""One product and its variants: what it is called, what it costs, what is left of it; and a new one."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comanda.accounts.access import Access
from comanda.accounts.models import AuditEntry
from comanda.catalogue.edit import MOST_VARIANTS, Edit, SkuTwice, add, check_skus, save, with_sku
from comanda.catalogue.link import Part, link
from comanda.catalogue.models import LinkItem, Product, StoreVariant, Variant
from comanda.history.cursors import BadCursor
from comanda.repair.retry import followed
from comanda.web.cells import REASONS, Line, empty, is_kept, keys, name_fault, shown, typed
from comanda.web.figures import written
from comanda.web.frame import access, done, entered
from comanda.web.offers import named, places
from comanda.web.told import told
from comanda.web.views.linking import following
from comanda.web.views.registering import asked_line

A_PAGE = 30
SHOWN = 20


@entered
def product(request: HttpRequest, id: str) -> HttpResponse:
    who = access(request)
    row = who.get(Product, id)
    if request.method == "POST":
        return saved(request, row)
    after = request.GET.get("desde", "")
    if after and not (after.isdecimal() and len(after) < 19):
        raise BadCursor
    variants = list(row.variants.filter(pk__gt=int(after or 0)).order_by("pk")[: A_PAGE + 1])
    lines = [shown(each) for each in variants[:A_PAGE]]
    following_ = variants[A_PAGE - 1].pk if len(variants) > A_PAGE else ""
    return whole(request, row, row.name, lines, following_=following_)


def whole(request: HttpRequest, row: Product, name: str, lines: list[Line], **more: Any) -> HttpResponse:
    """The page, with what was typed in the place of what is kept."""
    who = access(request)
    note_repeated(who, lines)
    ids = [line.key for line in lines if is_kept(line.key)]
    targets = [f"product:{row.pk}", *(f"variant:{id_}" for id_ in ids)]
    entries = who.rows(AuditEntry).filter(target__in=targets).order_by("-pk")[:SHOWN]
    page = {
        "product": row,
        "name": name,
        "lines": lines,
        "sold_as": sold_as(who, row),
        "told": [told(who.account, each) for each in entries],
        "followed": asked_line(request),
    }
    faulty = more.get("fault") or any(line.faults for line in lines)
    return render(request, "product.html", page | places(who) | more, status=400 if faulty else 200)


def sold_as(who: Access, row: Product) -> list[LinkItem]:
    """The store products that are shipped as one of its variants, by a link."""
    items = LinkItem.objects.filter(variant__product=row, link__account__in=who.accounts)
    return list(items.select_related("link__store_variant", "variant").order_by("-pk")[:SHOWN])


def note_repeated(who: Access, lines: Sequence[Line]) -> None:
    """A SKU that another active variant has links nothing by itself."""
    same = with_sku(who, [line.typed["sku"] for line in lines])
    for line in lines:
        twins = [v for v in same if v.sku == line.typed["sku"] and str(v.pk) != line.key]
        if twins and line.typed["active"]:
            line.note = _("«{twin}» tiene el mismo SKU: así no se vincula solo.").format(twin=twins[0])


def saved(request: HttpRequest, row: Product) -> HttpResponse:
    """Only what a person has touched is changed: stock may have moved since the page was read."""
    who = access(request)
    who.change()
    name, lines = read(request)
    if request.POST.get("do") == "more":
        return whole(request, row, name, [*lines, empty(len(lines))], fresh=f"n{len(lines)}")
    changes = {line.key: line.values() for line in lines if is_kept(line.key)}
    new = [line.values() for line in lines if not is_kept(line.key) and not line.blank]
    fault = name_fault(name)
    if fault or any(line.faults for line in lines):
        return whole(request, row, name, lines, fault=fault)
    ids = {str(pk) for pk in who.rows(Variant).filter(pk__in=changes, product=row).values_list("pk", flat=True)}
    edit = Edit(name, {int(key): values for key, values in changes.items() if values and key in ids}, new)
    with followed(who, product=str(row.pk)) as retry:
        save(who, row, edit, retry)
    done(request, _("Guardado."))
    query = f"?desde={request.POST['desde']}" if request.POST.get("desde", "").isdecimal() else ""
    return redirect(following(reverse("product", args=[row.pk]) + query, retry))


def read(request: HttpRequest) -> tuple[str, list[Line]]:
    lines = [typed(request.POST, key) for key in keys(request.POST)]
    return request.POST.get("name", "").replace("\x00", "").strip(), lines[: A_PAGE * 2]


@entered
def new(request: HttpRequest) -> HttpResponse:
    """`?de=<store product>` begins with what the store calls it, and links it to what is made."""
    who = access(request)
    who.change()
    given = request.POST if request.method == "POST" else request.GET
    origin = who.get(StoreVariant, given["de"]) if given.get("de") else None
    if request.method != "POST":
        first = begun(origin) if origin else empty(0)
        name = origin.title if origin else ""
        return render(request, "product_new.html", {"name": name[:255], "lines": [first], "origin": origin})
    name, lines = read(request)
    if request.POST.get("do") == "more":
        lines.append(empty(len(lines)))
        more = {"name": name, "lines": lines, "origin": origin, "fresh": lines[-1].key}
        return render(request, "product_new.html", more)
    used = [line for line in lines if not line.blank] or lines[:1] or [empty(0)]
    variants, fault = [line.values() for line in used], name_fault(name)
    try:
        check_skus(variants)
    except SkuTwice as twice:
        used[twice.second].faults["sku"] = str(REASONS["sku_twice"]).format(other=twice.first + 1)
    if fault or any(line.faults for line in used) or len(used) > MOST_VARIANTS:
        shown_ = {"name": name, "lines": lines, "origin": origin, "fault": fault}
        return render(request, "product_new.html", shown_, status=400)
    return made(request, name, variants, origin)


def begun(origin: StoreVariant) -> Line:
    texts = {"name": origin.variant_title[:255], "sku": origin.sku, "price": written(origin.price)}
    return empty(0, **texts)


def made(request: HttpRequest, name: str, variants: list[dict[str, Any]], origin: StoreVariant | None) -> HttpResponse:
    who = access(request)
    said = {"store_variant": str(origin.pk)} if origin else {"product": name}
    with followed(who, **said) as retry:
        row, _count = add(who, name, variants, None if origin else retry)
        only = row.variants.get() if origin and len(variants) == 1 else None
        if origin and only:
            link(who, origin, [Part(only)], follow=retry)
    if origin and only:
        done(
            request,
            _("«{product}» está en tu catálogo y «{title}» se despacha con él.").format(
                product=name, title=named(origin)
            ),
        )
        return redirect(following(reverse("to_link"), retry))
    words = ngettext(
        "«{name}» está en tu catálogo.", "«{name}» está en tu catálogo, con {count} variantes.", len(variants)
    )
    done(request, words.format(name=name, count=len(variants)))
    where = reverse("store_product", args=[origin.pk]) if origin else reverse("product", args=[row.pk])
    return redirect(following(where, retry))
