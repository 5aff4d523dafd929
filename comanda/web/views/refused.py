"""Rechazos y retenidos: what came and is not in the history, or waits there, each with its reason and what frees it."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.accounts.access import Access
from comanda.diagnosis.terms import REFUSALS
from comanda.inbox import waiting
from comanda.inbox.backlog import backlog
from comanda.inbox.mismatch import mismatched
from comanda.integrations.models import Integration
from comanda.problems import CODES
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.language import reading

SLOW_SECONDS = 10  # a delivery that waits longer is told of


@entered
def refused(request: HttpRequest) -> HttpResponse:
    """Looked at again every two seconds; 204 where all is as the reader has it."""
    shown = found(access(request))
    shown["seen"] = hashlib.sha256(repr(shown).encode()).hexdigest()[:12]
    if not asked_by_htmx(request):
        return render(request, "refused.html", shown)
    if request.GET.get("seen") == shown["seen"]:
        return HttpResponse(status=204)
    return render(request, "refused.html#waiting", shown)


def found(who: Access) -> dict[str, Any]:
    rows = list(who.rows(Integration).order_by("name", "id"))
    queue = backlog(who)
    held, unproved = waiting.held(rows), waiting.quarantined(rows)
    wrong = mismatched([each.integration for each in unproved])
    return {
        "pending": queue["pending"],
        "slow": int(queue["oldest_seconds"]) // 5 * 5 if queue["oldest_seconds"] >= SLOW_SECONDS else 0,
        "quarantined": [(each, said(each.word), each.integration.pk in wrong) for each in unproved],
        "off": [each for each in held if not each.integration.ready],
        "unmapped": [each for each in held if each.integration.ready],
        "refused": [(each, said(each.reason), each.reason in CODES) for each in waiting.refused(who)],
        "ignored": waiting.ignored(rows),
        "days": waiting.DAYS,
    }


def said(reason: str) -> str:
    words = REFUSALS[reading()].get(reason, reason)
    return words[:1].upper() + words[1:]
