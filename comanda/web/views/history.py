"""Historial: the orders as they came, what became of each, and what may be done."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from comanda.diagnosis.explain import explain
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.history.search import Filter, find, page
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from comanda.problems import waivable
from comanda.repair.correct import NotCorrectable, correct, discard
from comanda.repair.models import Correction
from comanda.repair.retry import NotRetriable, retry_all, retry_one
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.mending import fields, places, where

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
    return asked(request.GET)


def asked(given: QueryDict) -> Filter:
    """The filter that a URL or a form says."""
    integration, status, cause, q = (given.get(name, "") for name in ("integration", "status", "cause", "q"))
    return Filter(integration, status, cause, q, subject=given.get("subject", ""))


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
def intake(request: HttpRequest, id: str) -> HttpResponse:
    """One order: what happened, its steps, its history."""
    return render(request, "intake.html", whole(access(request).get(Intake, id)))


def order_of(intake: Intake) -> Order | None:
    """The order that this intake registered, alone or as a part of it."""
    if intake.key_id is None:
        return None
    mine = Order.objects.filter(account_id=intake.account_id)
    return mine.filter(Q(key_id=intake.key_id) | Q(parts__key_id=intake.key_id)).first()


def whole(found: Intake) -> dict[str, Any]:
    problems = timeline.rows(list(found.problem_rows.order_by("id")))
    runs = timeline.attempts(found, "es")
    order = order_of(found)
    return {
        "intake": found,
        "told": [(each, where(each.action, found)) for each in explain(problems)],
        "fields": fields(found, problems),
        "places": places(problems),
        "unpaid": any(problem["code"] == "payment_pending" for problem in problems),
        "attempts": runs,
        "latest": runs[-1] if runs else None,
        "order": order,
        "address": json.loads(order.shipping_address) if order else None,
        "corrections": Correction.objects.filter(intake=found).order_by("id"),
        "waivable": any(waivable(problem["code"], problem["facts"]) for problem in problems),
        "lines": json.loads(found.lines),
        "delivery": runs[-1]["delivery"] if runs else "",
    }


@entered
def step(request: HttpRequest, id: str, attempt: int, step: str) -> HttpResponse:
    """The window of one step: what went in, what came out; a page of its own without JavaScript."""
    found = access(request).get(Intake, id)
    run = next((each for each in timeline.attempts(found, "es") if each["number"] == attempt), None)
    if run is None:
        raise Http404
    here = next((each for each in run["steps"] if each["step"] == step), None)
    if here is None:
        raise Http404
    told = explain([here["problem"]])[0] if here["problem"] else None
    shown = {"intake": found, "run": run, "step": here, "told": told, "side": request.GET.get("lado", "salida")}
    shown["where"] = where(told.action, found) if told else ""
    return render(request, "step.html#window" if asked_by_htmx(request) else "step.html", shown)


@entered
@require_POST
def retry(request: HttpRequest, id: str) -> HttpResponse:
    who = access(request)
    try:
        retry_one(who, who.get(Intake, id), anyway="anyway" in request.POST)
        messages.success(request, "El pedido se está leyendo de nuevo.")
    except NotRetriable:
        messages.info(request, "Este pedido ya está registrado: no hay nada que reintentar.")
    return redirect("intake", id=id)


@entered
@require_POST
def retry_many(request: HttpRequest) -> HttpResponse:
    """Run again all that the filter shows."""
    who = access(request)
    wanted = asked(request.POST)
    made = retry_all(who, find(who, wanted), wanted.said())
    count = made.items.count()
    messages.success(
        request, f"Se están leyendo de nuevo {count} pedidos." if count != 1 else "Se está leyendo de nuevo 1 pedido."
    )
    return redirect(
        request.POST.get("back", "") if request.POST.get("back", "").startswith("/historial/") else "/historial/"
    )


@entered
@require_POST
def mend(request: HttpRequest, id: str) -> HttpResponse:
    """Correct a field of the order, and run it again."""
    who = access(request)
    given = {name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken" and value}
    if place := given.pop("place", ""):
        given["city"], _, given["region"] = place.partition(", ")
    try:
        correct(who, who.get(Intake, id), given)
        messages.success(request, "Corregido: el pedido se está leyendo de nuevo.")
    except NotCorrectable as error:
        messages.error(request, f"No se pudo corregir: {error.code}.")
    return redirect("intake", id=id)


@entered
@require_POST
def drop(request: HttpRequest, id: str) -> HttpResponse:
    who = access(request)
    discard(who, who.get(Intake, id))
    messages.success(request, "Descartado: no se registrará, y queda en el historial.")
    return redirect("intake", id=id)
