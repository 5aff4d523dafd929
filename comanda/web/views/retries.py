"""Reintentos: all that a filter finds is run again. First what that is, then how far it is, and whatever failed again."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from comanda.accounts.access import Access
from comanda.accounts.actors import who_said
from comanda.history.search import find
from comanda.history.veil import veil_rows
from comanda.integrations.models import Integration
from comanda.repair.models import Retry, RetryItem
from comanda.repair.retry import planned, retry_all, summed
from comanda.web.asked import cause_title, spoken
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.views.history import asking, titles

A_PAGE = 20
MOST_CAUSES = 8


@entered
def retry_many(request: HttpRequest) -> HttpResponse:
    """GET says exactly what would be run again, in a window or as a page; POST to the same URL does it."""
    who = access(request)
    who.change()
    asked = asking(request, who)
    found = find(who, asked.wanted)
    if request.method == "POST":
        return redirect("retry_progress", id=retry_all(who, found, asked.wanted.said()).pk)
    plan = planned(who, found)
    shown = {
        "asked": asked,
        "words": spoken(asked.wanted.said(), stores(who), who.account),
        "requested": plan.total(),
        "statuses": grouped(plan, 0),
        "causes": [(cause_title(code), number) for code, number in grouped(plan, 1)[:MOST_CAUSES]],
    }
    return render(request, "retry_plan.html#window" if asked_by_htmx(request) else "retry_plan.html", shown)


def grouped(plan: Any, which: int) -> list[tuple[str, int]]:
    """A plan by status (0) or cause (1), the largest first."""
    sums: dict[str, int] = {}
    for key, number in plan.items():
        sums[key[which]] = sums.get(key[which], 0) + number
    return sorted(sums.items(), key=lambda each: -each[1])


def stores(who: Access) -> dict[str, str]:
    return {str(row.pk): row.name for row in who.rows(Integration)}


@entered
def one(request: HttpRequest, id: str) -> HttpResponse:
    """How far it is: the counts are those of its items, so they add up, whoever works at them."""
    who = access(request)
    retry = who.get(Retry, id)
    outcomes = dict(retry.items.values_list("outcome").annotate(Count("id")))
    numbers = summed(outcomes)
    done = numbers["requested"] - numbers["pending"]
    shown = {
        "retry": retry,
        "author": who_said(retry.author),
        "words": spoken(retry.filter, stores(who), who.account),
        "numbers": numbers,
        "done": done,
        "others": [(name, number) for name, number in outcomes.items() if name not in ("", "registered", "failed")],
        **again(who, retry, request.GET.get("after", "")),
    }
    return render(request, "retry.html#progress" if asked_by_htmx(request) else "retry.html", shown)


def again(who: Access, retry: Retry, after: str) -> dict[str, Any]:
    """Those that failed again: by cause as they are now, and one by one."""
    failed = RetryItem.objects.filter(retry=retry, outcome="failed")
    causes = failed.values_list("intake__cause").annotate(number=Count("id")).order_by("-number")[:MOST_CAUSES]
    rows = failed.select_related("intake__integration").prefetch_related("intake__problem_rows").order_by("id")
    if after.isdecimal() and len(after) < 19:
        rows = rows.filter(id__gt=int(after))
    found = list(rows[: A_PAGE + 1])
    veil_rows(who, [each.intake for each in found])
    return {
        "causes": [(code, cause_title(code), number) for code, number in causes if code],
        "failed": [{"intake": each.intake, "titles": titles(each.intake)} for each in found[:A_PAGE]],
        "following": found[A_PAGE - 1].pk if len(found) > A_PAGE else None,
        "after": after,
    }


@entered
def past(request: HttpRequest) -> HttpResponse:
    """Every retry of more than one order by its name, newest first: who asked for it, or mended what, and what became of it."""
    who, before = access(request), request.GET.get("before", "")
    rows = who.rows(Retry).exclude(filter__has_key="id").order_by("-id")  # with an id: of one order
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(id__lt=int(before))
    found = list(rows[: A_PAGE + 1])
    outcomes: dict[int, dict[str, int]] = {}
    items = RetryItem.objects.filter(retry__in=found[:A_PAGE])
    for retry, outcome, number in items.values_list("retry_id", "outcome").annotate(Count("id")):
        outcomes.setdefault(retry, {})[outcome] = number
    names = stores(who)
    shown = [
        {
            "retry": each,
            "author": who_said(each.author),
            "words": spoken(each.filter, names, who.account),
            "numbers": summed(outcomes.get(each.pk, {})),
        }
        for each in found[:A_PAGE]
    ]
    following = found[A_PAGE - 1].pk if len(found) > A_PAGE else None
    return render(request, "retries.html", {"rows": shown, "following": following})
