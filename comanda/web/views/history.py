"""Historial: the orders as they came, newest first, of all integrations or of one."""

import json
from collections.abc import Iterator
from typing import Any
from unicodedata import bidirectional

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import ngettext

from comanda.accounts.access import Access
from comanda.connectors import CONNECTORS
from comanda.history.models import FINISHED, Intake
from comanda.history.search import Filter, causes, newest, numbers, page
from comanda.history.veil import veil_rows
from comanda.integrations.models import Integration
from comanda.repair.retry import WAITING
from comanda.web.asked import SEVERAL, Asked, cause_title, read
from comanda.web.frame import access, asked_by_htmx, entered
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
    shown = {"rows": rows(who, intakes), "following": following, "asked": asked}
    if asked_by_htmx(request):
        answer = render(request, "history_rows.html", shown | {"appended": True})
    else:
        shown |= headed(who, asked) | menus(who, asked) | {"later": cursor}
        answer = render(request, "history.html", shown | {"mark": "" if cursor else mark(who, asked, intakes)})
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def asking(request: HttpRequest, who: Access) -> Asked:
    """The filter of the URL, or of a form that is sent."""
    return read(request.POST or request.GET, who, list(who.rows(Integration).order_by("name", "id")))


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


def rows(who: Access, intakes: list[Intake]) -> list[dict[str, Any]]:
    """What the list shows of each; of its buyer no more than the reader may see."""
    veil_rows(who, intakes)
    return [row(each) for each in intakes]


def row(intake: Intake) -> dict[str, Any]:
    open_ = intake.status not in FINISHED or intake.cause == "update_problem"
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
    """What is the matter, in short: `Producto sin vincular · Falta el teléfono`. That a change waits, its status says."""
    every = sorted(intake.problem_rows.all(), key=lambda each: each.pk)
    codes = [each.code for each in every if each.code != "update_problem"]
    return " · ".join(cause_title(code) for code in dict.fromkeys(codes or [intake.cause]) if code)


@entered
def choose(request: HttpRequest, platform: str) -> HttpResponse:
    """A builder's history: of its only integration, else of the one that is chosen here."""
    if platform not in CONNECTORS:
        raise Http404
    mine = list(access(request).rows(Integration).filter(platform=platform).order_by("name", "id"))
    there = [each for each in mine if each.binned_at is None]
    if len(there) == 1:
        return redirect(reverse("history") + f"?integration={there[0].pk}")
    binned = [each for each in mine if each.binned_at]
    return render(request, "history_choice.html", {"connector": CONNECTORS[platform], "rows": there, "binned": binned})
