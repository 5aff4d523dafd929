"""Historial, kept up to date: what has come since, and what has become of the rows that somebody looks at."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.accounts.access import Access
from comanda.history.cursors import Place, moment, place, refusing
from comanda.history.models import Intake
from comanda.history.search import Filter, gather, newest
from comanda.web.asked import Asked
from comanda.web.frame import access, entered
from comanda.web.views.history import asking, headed, rows

MOST_NEW = 60  # that are put on top of a list; where more have come, it is to be read anew
MOST_ROWS = 200  # that a reader may say they have
# Two workers finish out of order: what came a little before the newest that the reader knows may be new to them.
OVERLAP = timedelta(seconds=15)
MARK = "X-Mark"


@entered
def fresh(request: HttpRequest) -> HttpResponse:
    """`?mark=` is the newest arrival that the reader knows of, `?have=` their rows: `id`, or `id:state` where that may
    change; `?end=` the time and id of the last of these, where the list goes on below it. 204 where there is nothing to
    tell: that costs one look into an index, two where rows may change."""
    who = access(request)
    asked, have, known = asking(request, who), rows_had(request.GET.get("have", "")), request.GET.get("mark", "")
    end = place(request.GET["end"]) if request.GET.get("end") else None
    arrived, new = arrivals(who, asked, known, have, end)
    changed = changes(who, have)
    if new or changed:
        many = len(new) > MOST_NEW
        shown = {"new": rows(who, gather([] if many else new)), "changed": rows(who, gather(changed))}
        answer = render(request, "history_live.html", shown | headed(who, asked) | {"many": many, "asked": asked})
    else:
        answer = HttpResponse(status=204)
    answer[MARK] = arrived.isoformat() if arrived else ""
    return answer


def rows_had(text: str) -> dict[UUID, str]:
    pairs = [each.partition(":") for each in text.split(",")[:MOST_ROWS] if each]
    with refusing():
        return {UUID(id_): state for id_, _, state in pairs}


def arrivals(
    who: Access, asked: Asked, known: str, have: dict[UUID, str], end: Place | None
) -> tuple[datetime | None, list[Place]]:
    """When the newest came that there is, and the places of what fits and is new: what stands below `end` is old."""
    with refusing():
        mark = moment(known) if known else None
        since = mark and mark - OVERLAP
    scope = Filter(integration=asked.wanted.integration)
    found = unknown(who, replace(scope, since=since), have, end)
    if not found:
        return mark, []
    newest_there = max(filter(None, (mark, found[0][0])))
    if asked.wanted != scope:
        later = max(filter(None, (since, asked.wanted.since)), default=None)
        found = unknown(who, replace(asked.wanted, since=later), have, end)
    return newest_there, found


def unknown(who: Access, wanted: Filter, have: dict[UUID, str], end: Place | None) -> list[Place]:
    there = newest(who, wanted).without(have)
    return (there.down_to(end) if end else there).first(MOST_NEW + 1)


def changes(who: Access, have: dict[UUID, str]) -> list[Place]:
    """The places of the reader's rows that are no longer as they know them."""
    open_ = {id_: state for id_, state in have.items() if state}
    if not open_:
        return []
    found = who.rows(Intake).filter(pk__in=open_).values_list("received_at", "pk", "status", "attempts")
    return [(at, id_) for at, id_, status, attempts in found if open_[id_] != f"{status}.{attempts}"]
