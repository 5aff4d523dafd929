"""What has come from each integration, and what became of it at the door: why an order may not be here.

Counts stop at MOST: nothing is read that grows with what has come in all the years.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from comanda import sql
from comanda.inbox.models import HELD, PENDING, QUARANTINED, Refusal, id_at
from comanda.integrations.models import Integration

MOST = 1000
WEEK = timedelta(days=7)


@dataclass
class Seen:
    """`states`: deliveries that are pending, held or quarantined; `ignored` by topic and `refused` by reason: of the week.

    `unverified` is the body of the newest that no secret verified.
    """

    last: datetime | None = None
    states: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unverified: bytes = b""


def seen(rows: Sequence[Integration]) -> dict[int, Seen]:
    """Of integrations of one account."""
    found: dict[int, Seen] = defaultdict(Seen)
    ids = [row.pk for row in rows]
    for integration, at in sql.of_each([(NEWEST, (id_,)) for id_ in ids]):
        found[integration].last = sql.as_time(at)
    waiting = [(at_rest(state), (id_,)) for id_ in ids for state in (HELD, QUARANTINED)]
    waiting += [(QUEUED, (rows[0].account_id,))] if rows else []
    for integration, state, count in sql.of_each(waiting, BY_STATE):
        found[integration].states[state] = count
    for integration, body in sql.of_each([(UNVERIFIED, (id_,)) for id_ in ids if found[id_].states[QUARANTINED]]):
        found[integration].unverified = bytes(body)
    week = timezone.now() - WEEK
    for integration, topic, count in sql.of_each([(LATELY, (id_, id_at(week))) for id_ in ids], BY_TOPIC):
        found[integration].ignored[topic or "?"] = count
    refusals = Refusal.objects.filter(integration__in=ids, last_at__gte=week).values("integration", "reason")
    for row in refusals.order_by("reason").annotate(total=Sum("count")):
        found[row["integration"]].refused[row["reason"]] = row["total"]
    return found


NEWEST = "SELECT integration_id, received_at FROM comanda_delivery WHERE integration_id = %s ORDER BY id DESC LIMIT 1"
# The partial index on what is pending is in order of id.
QUEUED = (
    f"SELECT integration_id, state FROM comanda_delivery WHERE account_id = %s AND state = '{PENDING}'"
    f" ORDER BY id LIMIT {MOST + 1}"
)
UNVERIFIED = (
    "SELECT integration_id, body FROM comanda_delivery WHERE integration_id = %s AND state = 'quarantined'"
    " ORDER BY id DESC LIMIT 1"
)
BY_STATE = "SELECT integration_id, state, COUNT(*) FROM arm GROUP BY integration_id, state"
LATELY = (
    "SELECT integration_id, topic, state, reason FROM comanda_delivery WHERE integration_id = %s AND id >= %s"
    f" ORDER BY id DESC LIMIT {MOST}"
)
BY_TOPIC = (
    "SELECT integration_id, topic, COUNT(*) FROM arm WHERE state = 'ignored' AND reason <> 'ping'"
    " GROUP BY integration_id, topic ORDER BY topic"
)


def at_rest(state: str) -> str:
    """Those of one state that has an index of its own."""
    return (
        "SELECT integration_id, state FROM comanda_delivery WHERE integration_id = %s"
        f" AND state = '{state}' ORDER BY id LIMIT {MOST + 1}"
    )
