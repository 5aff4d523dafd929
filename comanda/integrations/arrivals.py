"""What has come to an integration of late: the newest requests with the order that each became, the first one of a new URL."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from comanda.history.models import Intake
from comanda.inbox.models import HELD, IGNORED, QUARANTINED, TRIAL, Delivery, Refusal, id_at
from comanda.integrations.models import Integration

SHOWN = 10
LOOKED_AT = 20


@dataclass(frozen=True)
class Arrival:
    """`state`: waiting, refused (`refusal` says why), unverified, ignored, reading, read (`intake` is the order)."""

    state: str
    delivery: Delivery | None = None
    intake: Intake | None = None
    refusal: Refusal | None = None


def newest(row: Integration, count: int = SHOWN) -> list[tuple[Delivery, Intake | None]]:
    """The newest deliveries with what became of them; a body may be large, and is left where it is."""
    found = list(Delivery.objects.filter(integration=row).order_by("-id").defer("body", "headers")[:count])
    intakes = Intake.objects.filter(delivery_id__in=[each.pk for each in found])
    by_delivery: dict[uuid.UUID | None, Intake] = {each.delivery_id: each for each in intakes}
    return [(each, by_delivery.get(each.pk)) for each in found]


def orders_sent(row: Integration) -> list[tuple[Delivery, Intake | None]]:
    """The newest of those that the store itself has sent, as it proved."""
    return [(each, intake) for each, intake in newest(row, LOOKED_AT) if is_own(each)][:SHOWN]


def is_own(delivery: Delivery) -> bool:
    return delivery.verified and not delivery.key.startswith(TRIAL)


def first_since(row: Integration, moment: datetime) -> Arrival:
    """How far the first order of the store has come since then: what proves most counts. Test orders of ours prove nothing."""
    deliveries = Delivery.objects.filter(integration=row, id__gte=id_at(moment)).exclude(key__startswith=TRIAL)
    found = list(deliveries.order_by("-id").defer("body", "headers")[:LOOKED_AT])
    for each in found:
        if each.verified and each.state != IGNORED:
            return became(each)
    for each in found:
        if each.state == QUARANTINED:
            return Arrival("unverified", each)
    refusal = Refusal.objects.filter(account_id=row.account_id, integration=row, last_at__gte=moment).order_by("-id")
    if turned := refusal.first():
        return Arrival("refused", refusal=turned)
    return Arrival("ignored", found[0]) if found else Arrival("waiting")


def became(delivery: Delivery) -> Arrival:
    intake = Intake.objects.filter(delivery_id=delivery.pk).first()
    done = intake is not None and (intake.status != "pending" or delivery.state == HELD)
    return Arrival("read" if done else "reading", delivery, intake)
