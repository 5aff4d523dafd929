"""To choose what one line of one order is shipped as: the buyer said it elsewhere, and it holds for nobody else."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from comanda.accounts.access import Access, NotFound
from comanda.catalogue.lookup import store_variant_key
from comanda.catalogue.models import StoreVariant, Variant
from comanda.catalogue.suggest import options_of
from comanda.connectors.draft import Line
from comanda.history.models import Intake
from comanda.history.veil import over_rows
from comanda.repair.correct import NotCorrectable, correct, newest_draft
from comanda.web.frame import access, asked_by_htmx, done, entered
from comanda.web.offers import named
from comanda.web.views.linking import active
from comanda.web.views.mend import refused, undo_at
from comanda.web.views.picking import likely

MOST = 50  # options of a product


@entered
def choose(request: HttpRequest, id: str, line: int) -> HttpResponse:
    """The product's options, else a search of the catalogue; what is pressed is shipped in this order alone."""
    who = access(request)
    found = who.get(Intake, id)
    row, asked = line_at(who, found, line)
    if request.method == "POST":
        return chosen(request, found, line, row)
    words = request.GET.get("q", "").strip()[:200]
    options = [] if words else options_of(who, row, MOST)
    shown: dict[str, Any] = {
        "intake": found,
        "number": over_rows(who, [found])[found.pk].text(found.number),
        "place": line,
        "title": named(row),
        "quantity": asked.quantity,
        "price": asked.unit_price,
        "words": words,
        "options": bool(options),
        "found": options or likely(who, row, words),
    }
    part = ""
    if asked_by_htmx(request):
        part = "#found" if request.headers.get("HX-Target") == "found" else "#window"
    return render(request, f"choose.html{part}", shown | {"alone": part == "#found"})


def line_at(who: Access, intake: Intake, place: int) -> tuple[StoreVariant, Line]:
    """A line of the order as the newest delivery has it, and the store's product that it names."""
    draft = newest_draft(intake)
    if draft is None or place >= len(draft.lines) or intake.key is None:
        raise NotFound("line")
    line, key = draft.lines[place], intake.key
    rows = who.rows(StoreVariant).filter(platform=key.platform, store_key=key.store_key, key=store_variant_key(line))
    if (row := rows.first()) is None:
        raise NotFound("line")
    return row, line


def chosen(request: HttpRequest, intake: Intake, place: int, row: StoreVariant) -> HttpResponse:
    who, field = access(request), f"line:{place}"
    who.change()
    variant: Variant = active(who, request.POST.get("variant", ""))
    try:
        correct(who, intake, {field: str(variant.pk)})
    except NotCorrectable as error:
        messages.error(request, refused(error.code))
        return redirect("intake", id=intake.pk)
    said = _("«{title}» sale como {variant}, solo en este pedido, que se está leyendo de nuevo.")
    words = said.format(title=named(row), variant=variant)
    done(request, words, undo_at(intake, field), take_back=field)
    return redirect("intake", id=intake.pk)
