"""What has come from each integration, and what became of it at the door: why an order may not be here.

Counts stop at MOST: nothing is read that grows with what has come in all the years.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from comanda import sql
from comanda.inbox.mismatch import mismatched
from comanda.inbox.models import HELD, PENDING, QUARANTINED, Delivery, Refusal, id_at, written
from comanda.integrations.models import Integration

MOST = 1000
WEEK = timedelta(days=7)


@dataclass
class Seen:
    """`states`: deliveries that are pending, held or quarantined; `ignored` by topic and `refused` by reason: of the week.

    `unverified` is the body of the newest that no secret verified; `mismatched`: the secret is not the store's.
    """

    last: datetime | None = None
    states: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unverified: bytes = b""
    mismatched: bool = False


def seen(rows: Sequence[Integration]) -> dict[int, Seen]:
    """Of integrations of one account."""
    found: dict[int, Seen] = defaultdict(Seen)
    mine = [Delivery.objects.filter(integration=row) for row in rows]
    for integration, at in sql.together(
        [each.order_by("-id").values_list("integration_id", "received_at")[:1] for each in mine]
    ):
        found[integration].last = sql.as_time(at)
    resting = [each.filter(state=written(state)) for each in mine for state in (HELD, QUARANTINED)]
    queued = [Delivery.objects.filter(account_id=row.account_id, state=written(PENDING)) for row in rows[:1]]
    for integration, state, count in sql.together([few(each) for each in resting + queued], BY_STATE):
        found[integration].states[state] = count
    unproved = [row for row in rows if found[row.pk].states[QUARANTINED]]
    for integration, body in unverified(unproved).items():
        found[integration].unverified = body
    for integration in mismatched(unproved):
        found[integration].mismatched = True
    lately = [each.filter(id__gte=id_at(timezone.now() - WEEK)) for each in mine]
    for integration, topic, count in sql.together([newest(each) for each in lately], BY_TOPIC):
        found[integration].ignored[topic or "?"] = count
    for integration, reason, count in refusals(rows):
        found[integration].refused[reason] = count
    return found


BY_STATE = "SELECT integration_id, state, COUNT(*) FROM arm GROUP BY integration_id, state"
BY_TOPIC = (
    "SELECT integration_id, topic, COUNT(*) FROM arm WHERE state = 'ignored' AND reason <> 'ping'"
    " GROUP BY integration_id, topic ORDER BY topic"
)


def few(found: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    """In order of their ids, as the partial indexes are."""
    return found.order_by("id").values_list("integration_id", "state")[: MOST + 1]


def newest(found: QuerySet[Delivery]) -> QuerySet[Any, Any]:
    return found.order_by("-id").values_list("integration_id", "topic", "state", "reason")[:MOST]


def unverified(rows: Sequence[Integration]) -> dict[int, bytes]:
    """Of each the body of the newest delivery that no secret verifies."""
    found = Delivery.objects.filter(state=written(QUARANTINED)).order_by("-id")
    bodies = sql.together([found.filter(integration=row).values_list("integration_id", "body")[:1] for row in rows])
    return {integration: bytes(body) for integration, body in bodies}


def refusals(rows: Sequence[Integration]) -> Iterable[tuple[int, str, int]]:
    week = Refusal.objects.filter(integration__in=rows, last_at__gte=timezone.now() - WEEK)
    return week.order_by("reason").values_list("integration", "reason").annotate(Sum("count"))
