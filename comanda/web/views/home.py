"""Inicio: what needs somebody now. Causes, not orders."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.accounts.access import Access
from comanda.diagnosis.explain import Told, explain
from comanda.history.models import Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations.health import warnings
from comanda.integrations.models import Integration
from comanda.web.frame import access, entered

MOST = 2000  # problems that are grouped for the page
SHOWN = 20
STOPPED = ("failed", "review", "held")


@dataclass
class Cause:
    """One thing to mend, and the orders that wait for it."""

    told: Told
    orders: int = 0
    amount: Decimal = Decimal(0)
    currency: str = ""
    since: Any = None
    intakes: set[Any] = field(default_factory=set)


@entered
def home(request: HttpRequest) -> HttpResponse:
    who = access(request)
    found = causes(who)
    integrations = [
        (row, warnings(row, "es"), last_delivery(row))
        for row in who.rows(Integration).filter(binned_at=None).order_by("id")
    ]
    shown = {"causes": found[:SHOWN], "more": max(0, len(found) - SHOWN), "integrations": integrations}
    return render(request, "home.html", shown)


def causes(who: Access) -> list[Cause]:
    """What stops orders, by code and subject: the thing that stops most first."""
    problems = who.rows(Problem).filter(intake__status__in=STOPPED).select_related("intake").order_by("-id")[:MOST]
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        subject = str(problem.intake_id) if problem.subject == "order" else problem.subject
        groups.setdefault((problem.code, subject), []).append(problem)
    return sorted(map(cause, groups.values()), key=lambda each: -each.orders)


def cause(group: list[Problem]) -> Cause:
    newest = group[0]
    told = explain([{"code": newest.code, "subject": newest.subject, "facts": json.loads(newest.facts)}])[0]
    intakes: dict[Any, Intake] = {each.intake_id: each.intake for each in group}
    amount = sum((each.total or Decimal(0) for each in intakes.values()), Decimal(0))
    since = min(each.received_at for each in intakes.values())
    return Cause(told, len(intakes), amount, newest.intake.currency, since, set(intakes))


def last_delivery(row: Integration) -> Any:
    return Delivery.objects.filter(integration=row).order_by("-id").values_list("received_at", flat=True).first()
