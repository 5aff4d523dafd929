"""Historial: the orders as they came, what became of each, and what may be done."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from comanda.connectors import CONNECTORS
from comanda.diagnosis.why import why
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.history.search import Filter, find, page
from comanda.integrations.models import Integration
from comanda.repair.retry import retry_all
from comanda.web.frame import access, asked_by_htmx, entered

A_PAGE = 30
CHIPS = (
    ("", "Todos"),
    ("failed", "Fallidos"),
    ("registered", "Exitosos"),
    ("held", "En espera"),
    ("unpaid", "Esperando pago"),
    ("review", "Por revisar"),
)
MOST_COUNTED = 1000


@entered
def listed(request: HttpRequest) -> HttpResponse:
    """The list; its filter is the URL's."""
    who = access(request)
    wanted = chosen(request)
    intakes, following = page(find(who, wanted), request.GET.get("cursor", ""), A_PAGE)
    integrations = list(who.rows(Integration).filter(binned_at=None).order_by("name"))
    of = next((each for each in integrations if str(each.pk) == wanted.integration), None)
    query = request.GET.copy()
    query.pop("cursor", None)
    rows = [row(each) for each in intakes]
    shown = {
        "rows": rows,
        "following": following,
        "wanted": wanted,
        "integrations": integrations,
        "of": of,
        "query": query,
    }
    return render(
        request,
        "history.html#rows" if asked_by_htmx(request) else "history.html",
        shown | {"chips": chips(who, wanted)},
    )


def chosen(request: HttpRequest) -> Filter:
    given = request.GET
    return Filter(given.get("integration", ""), given.get("status", ""), given.get("cause", ""), given.get("q", ""))


def chips(who: Any, wanted: Filter) -> list[dict[str, Any]]:
    """The statuses to choose from; how many are waiting is counted up to a thousand."""
    found = []
    for value, label in CHIPS:
        count = ""
        if value in ("failed", "held", "review", "unpaid"):
            number = find(who, Filter(wanted.integration, value)).order_by()[: MOST_COUNTED + 1].count()
            count = f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)
        found.append({"value": value, "label": label, "count": count, "on": wanted.status == value})
    return found


def row(intake: Intake) -> dict[str, Any]:
    lines = json.loads(intake.lines)
    products = ", ".join(f"{line['title']} ×{line['quantity']}" for line in lines[:2])
    more = f" y {len(lines) - 2} más" if len(lines) > 2 else ""
    return {"intake": intake, "products": products + more, "message": timeline.message(intake, "es")}


@entered
@require_POST
def retry_many(request: HttpRequest) -> HttpResponse:
    """Run again all that the filter shows."""
    who = access(request)
    given = request.POST
    wanted = Filter(given.get("integration", ""), given.get("status", ""), given.get("cause", ""), given.get("q", ""))
    made = retry_all(who, find(who, wanted), wanted.said())
    count = made.items.count()
    messages.success(
        request, f"Se están leyendo de nuevo {count} pedidos." if count != 1 else "Se está leyendo de nuevo 1 pedido."
    )
    return redirect(
        request.POST.get("back", "") if request.POST.get("back", "").startswith("/historial/") else "/historial/"
    )


@entered
def search(request: HttpRequest) -> HttpResponse:
    """The question in the header of every page: where is my order?"""
    query = request.GET.get("q", "").strip()[:200]
    return render(
        request,
        "search.html",
        {"q": query, "answer": why(access(request), query) if query else None, "builders": CONNECTORS},
    )
