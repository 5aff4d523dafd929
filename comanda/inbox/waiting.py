"""What did not come through, of an account: requests that were refused, what no secret verifies, what waits for its
integration, what is not about an order."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from comanda import sql
from comanda.accounts.access import Access
from comanda.history.models import Intake
from comanda.inbox.models import IGNORED, Delivery, Refusal, id_at, in_quarantine, written
from comanda.integrations.models import Integration

MOST = 1000  # that are counted of each
MOST_MINUTES = 2000  # of refusals: there is a row for each minute that had any
DAYS = 7  # for which what is not about an order is told


@dataclass
class Refused:
    """Requests of one integration that were refused for one reason."""

    integration: Integration
    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    status: int
    agent: str  # who sent the newest, as it called itself
    method: str


@dataclass
class Group:
    """So many things of one integration (`more`: at least), the newest when, and what they have in common."""

    integration: Integration
    count: int
    more: bool = False
    newest: datetime | None = None
    word: str = ""

    @property
    def plus(self) -> str:
        return "+" if self.more else ""


def refused(access: Access) -> list[Refused]:
    """The last month's, by integration and reason, the newest first. An unknown URL is nobody's; what only its signature
    kept out is quarantined, and told of there."""
    month = timezone.now() - timedelta(days=30)
    groups: dict[tuple[int, str], Refused] = {}
    for row in access.rows(Refusal).select_related("integration").order_by("-id")[:MOST_MINUTES]:
        if row.integration is None or row.last_at < month or row.reason.startswith("signature_"):
            continue
        group = groups.get((row.integration.pk, row.reason))
        if group is None:
            head = json.loads(row.head) if row.head.endswith("}") else {}
            agent = str(head.get("headers", {}).get("user-agent", ""))[:200]
            at, method = (row.first_at, row.last_at), str(head.get("method", ""))
            group = Refused(row.integration, row.reason, 0, *at, row.status, agent, method)
            groups[row.integration.pk, row.reason] = group
        group.count += row.count
        group.first_at, group.last_at = min(group.first_at, row.first_at), max(group.last_at, row.last_at)
    return sorted(groups.values(), key=lambda each: each.last_at, reverse=True)


def quarantined(rows: Sequence[Integration]) -> list[Group]:
    """What the secrets of each integration do not verify, by the reason, which is the word."""
    pairs = [(row, reason) for row in rows for reason in ("signature_invalid", "signature_missing")]
    waiting = [in_quarantine().filter(integration=row, reason=reason) for row, reason in pairs]
    numbers = sql.tally([each.values_list("id") for each in waiting], MOST)
    there = [(*pair, number, each) for pair, number, each in zip(pairs, numbers, waiting, strict=True) if number]
    newest = [each.order_by("-id").values_list("integration_id", "reason", "received_at")[:1] for *_, each in there]
    last = {(integration, reason): sql.as_time(at) for integration, reason, at in sql.together(newest)}
    return [
        Group(row, min(number, MOST), number > MOST, newest=last[row.pk, reason], word=reason)
        for row, reason, number, _ in there
        if (row.pk, reason) in last  # freed between the two looks
    ]


def ignored(rows: Sequence[Integration]) -> list[Group]:
    """The last days' word on anything but orders, by topic; of each integration the newest thousand."""
    mine, week = {row.pk: row for row in rows}, id_at(timezone.now() - timedelta(days=DAYS))
    wanted = Delivery.objects.filter(state=written(IGNORED), id__gte=week)
    fields = ("integration_id", "topic", "received_at")
    found: dict[tuple[int, str], Group] = {}
    for integration, topic, at in sql.together(
        [wanted.filter(integration=row).order_by("-id").values_list(*fields)[:MOST] for row in rows]
    ):
        group = found.setdefault((integration, topic), Group(mine[integration], 0, newest=sql.as_time(at), word=topic))
        group.count += 1
    for group in found.values():
        group.more = sum(each.count for each in found.values() if each.integration == group.integration) >= MOST
    return sorted(found.values(), key=lambda each: -each.count)


def held(rows: Sequence[Integration]) -> list[Group]:
    """Orders that wait: for their integration to be On, or for its fields to be mapped (then it is ready)."""
    waiting = Intake.objects.filter(status="held").exclude(status=written("registered"))
    found = sql.tally([waiting.filter(integration=row).values_list("id") for row in rows], MOST)
    pairs = zip(rows, found, strict=True)
    return [Group(row, min(number, MOST), number > MOST) for row, number in pairs if number]
