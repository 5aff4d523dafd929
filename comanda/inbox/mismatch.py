"""Whether an integration's secret is wrong: what it did not verify, weighed against what it did.

Whoever knows a URL may send to it without a signature, or with one of their own: where the store's own deliveries verify,
that is told among the refusals and is no fault of the secret.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from comanda import sql
from comanda.inbox.models import TRIAL, Delivery, id_at
from comanda.integrations.models import Integration

WEEK = timedelta(days=7)
LOOKED_AT = 1000  # of the newest deliveries of each
SEVERAL = 3  # beyond chance
SHARE = 10  # times as many verify beside those of another secret, where these are not the store's
WEIGHED = (
    "SELECT u.integration_id, v.number, COUNT(CASE WHEN u.reason = 'signature_invalid' THEN 1 END),"
    " COUNT(CASE WHEN v.number IS NULL OR u.received_at > v.last THEN 1 END),"
    " COUNT(CASE WHEN u.reason = 'signature_invalid' AND u.received_at > v.last THEN 1 END)"
    " FROM arm u LEFT JOIN (SELECT integration_id, COUNT(*) AS number, MAX(received_at) AS last FROM arm WHERE verified"
    " GROUP BY integration_id) v ON v.integration_id = u.integration_id"
    " WHERE u.state = 'quarantined' GROUP BY u.integration_id, v.number"
)


def mismatched(rows: Sequence[Integration]) -> set[int]:
    """The integrations whose secret is not, or no longer, the one that the store signs with; or not the only one."""
    lately = Delivery.objects.filter(id__gte=id_at(timezone.now() - WEEK)).exclude(key__startswith=TRIAL)
    fields = ("integration_id", "state", "reason", "verified", "received_at")
    newest = [lately.filter(integration=row).order_by("-id").values_list(*fields)[:LOOKED_AT] for row in rows]
    return {integration for integration, *numbers in sql.together(newest, WEIGHED) if wrong(*numbers)}


def wrong(verified: int | None, forged: int, since: int, forged_since: int) -> bool:
    """`forged`: signed with another secret; `since`: what came after the newest that verified, signed or not."""
    if not verified or forged_since or since >= SEVERAL:
        return True
    return forged >= SEVERAL and forged * SHARE >= verified
