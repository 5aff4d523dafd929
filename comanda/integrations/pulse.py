"""How each integration is: its newest order, how often they usually come, and what keeps them away."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from comanda import sql
from comanda.accounts.access import Access
from comanda.history.models import Intake
from comanda.inbox.models import QUARANTINED, Delivery, id_at, written
from comanda.inbox.seen import unverified
from comanda.integrations.condition import Condition, conditions, known
from comanda.integrations.health import other_builder
from comanda.integrations.models import Integration

WEEK = timedelta(days=7)
QUIET = timedelta(days=1)  # a night, and a slow morning, are no silence
SEVERAL = 6  # times the usual pause
LOOKED_AT = 50  # of the newest orders
FEW = 5  # pauses that tell no rhythm
AT_ONCE = 60  # seconds: a campaign, or a store that sends again all that it kept
MOST = 1000  # deliveries that are counted
MOST_INTEGRATIONS = 100


@dataclass(frozen=True)
class Refused:
    """Deliveries of the last week that wait for the right secret; `more` where there are more than were counted.

    `builder`: whose orders they are, where that is not the integration's own builder: then no secret will do.
    """

    count: int
    more: bool
    since: datetime
    last: datetime
    builder: str = ""


@dataclass(frozen=True)
class Pulse:
    """An integration. `state`: off, a fault that keeps its orders away (no_secret, quarantined, wrong_builder, unreadable,
    unmapped), silent, new (no order yet) or well. `twin`: another one of its store that is On beside it."""

    row: Integration
    last: datetime | None
    rhythm: timedelta | None
    refused: Refused | None
    twin: str
    state: str


GRAVE = ("no_secret", "quarantined", "unreadable", "unmapped")
WORST = ("quarantined", "wrong_builder", "no_secret", "unreadable", "unmapped", "silent", "well", "new", "off")


def pulses(access: Access) -> list[Pulse]:
    """Of each integration that is not in the bin; those that want looking after first."""
    there = access.rows(Integration).filter(binned_at=None)
    found = conditions(there.filter(pk__in=there.order_by("-pk").values("pk")[:MOST_INTEGRATIONS]))
    orders = newest_orders([each.row for each in found])
    refusals = refused([each.row for each in found if known(each.row, "quarantined") and is_kept_out(each)])
    made = [pulse(each, orders[each.row.pk], refusals.get(each.row.pk)) for each in found]
    return sorted(made, key=lambda each: (WORST.index(each.state), each.row.pk))


def is_kept_out(found: Condition) -> bool:
    """Whether the store's own deliveries do not verify."""
    return any(fault.code in ("no_secret", "quarantined") for fault in found.faults)


def pulse(found: Condition, orders: Sequence[datetime], waiting: Refused | None) -> Pulse:
    last, usual = (orders[0] if orders else None), rhythm(orders)
    faults = [fault.code for fault in found.faults if fault.code in GRAVE]
    if not found.row.active:
        state = "off"
    elif faults:
        state = "wrong_builder" if faults[0] == "quarantined" and waiting and waiting.builder else faults[0]
    elif is_silent(last, usual):
        state = "silent"
    else:
        state = "well" if last else "new"
    twins = [fault.other for fault in found.faults if fault.code == "same_store"]
    return Pulse(found.row, last, usual, waiting, twins[0] if twins else "", state)


def rhythm(orders: Sequence[datetime]) -> timedelta | None:
    """The usual pause between two orders, the newest first; None where too few tell. What came at once counts as one."""
    pauses = [(later - earlier).total_seconds() for later, earlier in pairwise(orders)]
    told = [pause for pause in pauses if pause >= AT_ONCE]
    return timedelta(seconds=statistics.median(told)) if len(told) >= FEW else None


def is_silent(last: datetime | None, usual: timedelta | None) -> bool:
    return bool(last and usual and timezone.now() - last > max(QUIET, SEVERAL * usual))


def newest_orders(rows: Sequence[Integration]) -> dict[int, list[datetime]]:
    """When the newest orders of each came, the newest first; test orders of ours are none."""
    orders = Intake.objects.exclude(external_id__startswith="trial:").order_by("-received_at", "-id")
    wanted = [orders.filter(integration=row).values_list("integration_id", "received_at")[:LOOKED_AT] for row in rows]
    found: dict[int, list[datetime]] = defaultdict(list)
    for integration, at in sql.together(wanted):
        found[integration].append(sql.as_time(at))
    return {row.pk: sorted(found[row.pk], reverse=True) for row in rows}


def refused(rows: Sequence[Integration]) -> dict[int, Refused]:
    """What of each waits for the right secret."""
    week = id_at(timezone.now() - WEEK)
    waiting = Delivery.objects.filter(state=written(QUARANTINED), id__gte=week).order_by("-id")
    columns = ("integration_id", "received_at")
    wanted = [waiting.filter(integration=row).values_list(*columns)[: MOST + 1] for row in rows]
    outer = "SELECT integration_id, COUNT(*), MIN(received_at), MAX(received_at) FROM arm GROUP BY integration_id"
    by_id = {row.pk: row for row in rows}
    found = [(by_id[integration], *rest) for integration, *rest in sql.together(wanted, outer)]
    bodies = unverified([row for row, *_ in found])
    return {
        row.pk: Refused(
            count=min(count, MOST),
            more=count > MOST,
            since=sql.as_time(since),
            last=sql.as_time(last),
            builder=other_builder(row, bodies.get(row.pk, b"")),
        )
        for row, count, since, last in found
    }
