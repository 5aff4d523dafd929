"""What a mend set going: so many orders are being registered, then so many are, and why others are not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from comanda.accounts.access import Access
from comanda.diagnosis.explain import NAMED
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.history.veil import veil_rows
from comanda.repair.models import Retry
from comanda.repair.retry import counts
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.language import reading

SHOWN = 5  # of the orders that another thing stops


@entered
def registering(request: HttpRequest, id: str) -> HttpResponse:
    """The line by itself, which asks again every two seconds; without JavaScript it stands where the mend was made."""
    line = followed_line(access(request), id)
    if not asked_by_htmx(request):
        return redirect(reverse("to_link") + f"?seguir={id}")
    if request.GET.get("quedan") == str(line["pending"]):
        return HttpResponse(status=204)  # nothing is said again that has not changed
    return render(request, "registering.html", {"followed": line})


def asked_line(request: HttpRequest) -> dict[str, Any] | None:
    """The line of `?seguir=<retry>`, for the page that a mend leads to."""
    id_ = request.GET.get("seguir", "")
    return followed_line(access(request), id_) if id_ else None


def followed_line(who: Access, id_: str) -> dict[str, Any]:
    retry = who.get(Retry, id_)
    found = counts(retry)
    stopped = found["failed"] + found["other"]
    named = others(who, retry) if stopped and not found["pending"] else []
    more = {"done": found["requested"] - found["pending"], "stopped": stopped, "unsaid": stopped - len(named)}
    return found | more | {"retry": retry, "others": named}


def others(who: Access, retry: Retry) -> list[dict[str, Any]]:
    """The first of those that were not registered, each with its reason."""
    ids = retry.items.exclude(outcome__in=("", "registered")).values_list("intake_id", flat=True)[:SHOWN]
    found = Intake.objects.filter(account_id=retry.account_id, pk__in=list(ids)).prefetch_related("problem_rows")
    rows = list(found.order_by("-received_at"))
    veils = veil_rows(who, rows)
    return [{"intake": row, "message": timeline.message(row, reading(), veils[row.pk], NAMED)} for row in rows]
