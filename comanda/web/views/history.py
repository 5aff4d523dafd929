"""Historial: the orders as they came, newest first, of all integrations or of one; an order's page."""

import json
from collections.abc import Iterator
from typing import Any
from unicodedata import bidirectional

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from comanda.accounts.access import Access
from comanda.connectors import CONNECTORS
from comanda.diagnosis.explain import explain
from comanda.history import timeline
from comanda.history.models import FINISHED, Intake
from comanda.history.search import Filter, causes, newest, numbers, page
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from comanda.problems import waivable
from comanda.repair.correct import NotCorrectable, correct, discard
from comanda.repair.models import Correction
from comanda.repair.retry import WAITING, NotRetriable, retry_one
from comanda.web.asked import SEVERAL, Asked, cause_title, read
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.mending import fields, places, where
from comanda.web.words import STATUSES

A_PAGE = 30
MOST_COUNTED = 1000
ALWAYS = ("failed", "registered", "held")  # the statuses that are offered even where there are none
FIRST = (*ALWAYS, "unpaid", "review", "pending")  # that stand in the row, not in the menu of the others


@entered
def listed(request: HttpRequest) -> HttpResponse:
    """The list; its filter is the URL's. htmx asks for the next rows alone."""
    who = access(request)
    asked = asking(request, who)
    cursor = request.GET.get("cursor", "")
    intakes, following = page(who, asked.wanted, cursor, A_PAGE)
    shown = {"rows": [row(each) for each in intakes], "following": following, "asked": asked}
    if asked_by_htmx(request):
        answer = render(request, "history_rows.html", shown | {"appended": True})
    else:
        shown |= headed(who, asked) | menus(who, asked) | {"later": cursor}
        answer = render(request, "history.html", shown | {"mark": "" if cursor else mark(who, asked, intakes)})
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def asking(request: HttpRequest, who: Access) -> Asked:
    """The filter of the URL, or of a form that is sent."""
    return read(request.POST or request.GET, who.account, list(who.rows(Integration).order_by("name", "id")))


def headed(who: Access, asked: Asked) -> dict[str, Any]:
    """What is kept up to date above the rows: the statuses to choose from, how many of those that fit may be retried."""
    found = list(statuses(who, asked))
    may = [each for each in found if each["value"] in WAITING and asked.wanted.status in ("", each["value"])]
    return {
        "statuses": [each for each in found if each["first"]],
        "others": [each for each in found if not each["first"]],
        "all": reverse("history") + asked.query(status=""),
        "retriable": sum(each["number"] for each in may),
        "uncounted": any(each["more"] or asked.wanted.q for each in may),
    }


def statuses(who: Access, asked: Asked) -> Iterator[dict[str, Any]]:
    """How many there are of each, counted up to a thousand; a text is not counted, because finding it may take long."""
    text = asked.wanted.q
    found = {} if text else numbers(who, asked.wanted, list(SEVERAL), MOST_COUNTED)
    for name, words in SEVERAL.items():
        number, more = found.get(name, (0, False))
        if number or text or name in ALWAYS or name == asked.wanted.status:
            _word, icon, colour = STATUSES[name]
            url, first = reverse("history") + asked.query(status=name), name in FIRST or name == asked.wanted.status
            told = {"value": name, "words": words, "number": number, "more": more, "first": first}
            yield told | {"icon": icon, "colour": colour, "url": url}


def menus(who: Access, asked: Asked) -> dict[str, Any]:
    """What may be chosen: an integration, a cause, a time; each with the URL that chooses it."""
    there = [each for each in asked.integrations if each.binned_at is None or each == asked.of]
    return {
        "integrations": [(each, asked.query(integration=str(each.pk))) for each in there],
        "all_integrations": asked.query(integration=""),
        "causes": sorted((cause_title(code), asked.query(cause=code, subject="")) for code in causes(who)),
        "periods": asked.periods(reverse("history")),
    }


def mark(who: Access, asked: Asked, intakes: list[Intake]) -> str:
    """When the newest order came that there is, whether it fits or not: what is newer is new to the reader."""
    scope = Filter(integration=asked.wanted.integration)
    if asked.wanted == scope:
        return intakes[0].received_at.isoformat() if intakes else ""
    first = newest(who, scope).first(1)
    return first[0][0].isoformat() if first else ""


def row(intake: Intake) -> dict[str, Any]:
    open_ = intake.status not in FINISHED
    return {"intake": intake, "products": products(intake), "titles": titles(intake), "open": open_}


def products(intake: Intake, most: int = 2) -> str:
    """`Faja Reductora M ×2, Gel ×1 y 3 más`."""
    lines = json.loads(intake.lines)
    said = [f"{apart(each['title'], each['variant'])} ×{each['quantity']}" for each in lines[:most]]
    more = len(lines) - most
    return ", ".join(said) + (ngettext(" y %(more)s más", " y %(more)s más", more) % {"more": more} if more > 0 else "")


def apart(*words: str) -> str:
    """A name; one that is written from right to left does not turn round what stands beside it."""
    name = " ".join(filter(None, words))
    return f"\u2068{name}\u2069" if any(bidirectional(each) in ("R", "AL") for each in name) else name


def titles(intake: Intake) -> str:
    """What is the matter, in short: `Producto sin vincular · Falta el teléfono`."""
    codes = [each.code for each in sorted(intake.problem_rows.all(), key=lambda each: each.pk)]
    return " · ".join(cause_title(code) for code in dict.fromkeys(codes or [intake.cause]) if code)


@entered
def choose(request: HttpRequest, platform: str) -> HttpResponse:
    """A builder's history: of its only integration, else of the one that is chosen here."""
    if platform not in CONNECTORS:
        raise Http404
    rows = list(access(request).rows(Integration).filter(platform=platform).order_by("name", "id"))
    there = [each for each in rows if each.binned_at is None]
    if len(there) == 1:
        return redirect(reverse("history") + f"?integration={there[0].pk}")
    binned = [each for each in rows if each.binned_at]
    return render(request, "history_choice.html", {"connector": CONNECTORS[platform], "rows": there, "binned": binned})


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
