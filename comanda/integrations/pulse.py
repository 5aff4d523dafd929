"""How each integration is: its newest order, how often they usually come, and what keeps them away."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Exists, OuterRef
from django.utils import timezone

from comanda import sql
from comanda.accounts.access import Access
from comanda.history.models import Intake
from comanda.inbox.models import QUARANTINED, Delivery, id_at, written
from comanda.inbox.seen import unverified
from comanda.integrations.health import other_builder, signs
from comanda.integrations.models import Integration, IntegrationSecret

WEEK = timedelta(days=7)
QUIET = timedelta(days=1)  # a night, and a slow morning, are no silence
SEVERAL = 6  # times the usual pause
LOOKED_AT = 50  # of the newest orders
FEW = 5  # pauses that tell no rhythm
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
    """An integration. `state`: off, no_secret, refusing, silent, new (no order yet) or well."""

    row: Integration
    last: datetime | None
    rhythm: timedelta | None
    refused: Refused | None
    twin: Integration | None
    state: str


def pulses(access: Access) -> list[Pulse]:
    """Of each integration that is not in the bin; those that want looking after first."""
    signed = IntegrationSecret.objects.filter(integration=OuterRef("pk"))
    found = access.rows(Integration).filter(binned_at=None).select_related("account")
    rows = list(found.annotate(has_secret=Exists(signed)).order_by("-pk")[:MOST_INTEGRATIONS])
    orders, refusals = newest_orders(rows), refused(rows)
    made = [pulse(row, orders[row.pk], refusals.get(row.pk), twin_of(row, rows)) for row in rows]
    worst = ("refusing", "no_secret", "silent", "well", "new", "off")
    return sorted(made, key=lambda each: (worst.index(each.state), each.row.pk))


def pulse(row: Integration, orders: Sequence[datetime], waiting: Refused | None, twin: Integration | None) -> Pulse:
    last, usual = (orders[0] if orders else None), rhythm(orders)
    if not row.active:
        state = "off"
    elif signs(row) and not row.has_secret:  # type: ignore[attr-defined]
        state = "no_secret"
    elif waiting:
        state = "refusing"
    elif is_silent(last, usual):
        state = "silent"
    else:
        state = "well" if last else "new"
    return Pulse(row, last, usual, waiting, twin, state)


def rhythm(orders: Sequence[datetime]) -> timedelta | None:
    """The usual pause between two orders, the newest first; None where too few tell, or where they came all at once."""
    pauses = [(later - earlier).total_seconds() for later, earlier in pairwise(orders)]
    usual = statistics.median(pauses) if len(pauses) >= FEW else 0
    return timedelta(seconds=usual) if usual >= 60 else None


def is_silent(last: datetime | None, usual: timedelta | None) -> bool:
    return bool(last and usual and timezone.now() - last > max(QUIET, SEVERAL * usual))


def twin_of(row: Integration, rows: Iterable[Integration]) -> Integration | None:
    """Another one of the same store that is On beside this: each order comes twice, and counts once."""
    if not row.active or not row.store_key:
        return None
    here = (row.platform, row.store_key)
    return next(
        (each for each in rows if each.active and each != row and (each.platform, each.store_key) == here), None
    )


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
