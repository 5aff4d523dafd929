"""How much waits, and for how long."""

from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from comanda.accounts.access import Access
from comanda.inbox.models import PENDING, Delivery, written


def backlog(access: Access) -> dict[str, Any]:
    """The deliveries not yet through the journey: `{"pending": 3, "oldest_seconds": 0.4}`."""
    found = access.rows(Delivery).filter(state=written(PENDING)).aggregate(count=Count("id"), oldest=Min("received_at"))
    oldest = max(0.0, (timezone.now() - found["oldest"]).total_seconds()) if found["oldest"] else 0
    return {"pending": found["count"], "oldest_seconds": round(oldest, 3)}
