"""/deliveries: what came in, whatever became of it; also what has no order to show it on (ignored, quarantined)."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from comanda.api.answers import Page, answers
from comanda.api.answers import diagnosis as kinds
from comanda.api.shapes import Limit, access, within
from comanda.history.cursors import parse_id
from comanda.history.search import UnknownWord
from comanda.inbox.models import STATES, Delivery

router = Router(tags=["deliveries"])


@router.get("/deliveries", response=answers(Page[kinds.Delivery]))
def list_deliveries(
    request: HttpRequest, state: str = "", integration: str = "", cursor: str = "", limit: Limit = 50
) -> dict[str, Any]:
    """Newest first. States: pending, held, done, ignored, quarantined."""
    rows = access(request).rows(Delivery).defer("body", "headers").order_by("-id")
    if state and state not in STATES:
        raise UnknownWord("state")
    if integration and not integration.isdecimal():
        raise UnknownWord("integration")
    if state:
        rows = rows.filter(state=state)
    if integration:
        rows = rows.filter(integration_id=int(integration)) if len(integration) < 19 else rows.none()
    if cursor:
        rows = rows.filter(id__lt=parse_id(cursor))
    found = list(rows[: within(limit) + 1])
    more = len(found) > within(limit)
    found = found[: within(limit)]
    return {"items": [shown(row) for row in found], "next": str(found[-1].pk) if more else None}


def shown(row: Delivery) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "integration": str(row.integration_id),
        "topic": row.topic,
        "state": row.state,
        "reason": row.reason or None,
        "received_at": row.received_at,
    }
