"""Rechazos y retenidos: requests that were not taken, deliveries that wait for a secret or for their integration."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.inbox.backlog import backlog
from comanda.inbox.models import Refusal
from comanda.web.frame import access, entered

SHOWN = 50


@entered
def refused(request: HttpRequest) -> HttpResponse:
    who = access(request)
    refusals = who.rows(Refusal).select_related("integration").order_by("-id")[:SHOWN]
    return render(request, "refused.html", {"refusals": refusals, "backlog": backlog(who)})
