"""How long deliveries are kept: COMANDA_RETENTION_DAYS, and for ever while their order is unfinished."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from comanda.history.models import FINISHED, Intake
from comanda.inbox.models import DONE, IGNORED, QUARANTINED, Delivery, Refusal, id_at

BATCH = 1000
SERVED = (DONE, IGNORED, QUARANTINED)


def prune(now: datetime | None = None) -> int:
    """Delete a batch of the oldest deliveries that have served; returns how many.

    Order keys and attempts stay: a pruned order is still a duplicate when it comes again, and still has its history.
    """
    limit = (now or timezone.now()) - timedelta(days=settings.RETENTION_DAYS)
    needed = Intake.objects.filter(delivery_id=OuterRef("id")).exclude(status__in=FINISHED)
    kept_back = Q(cause="update_problem") | Q(status="duplicate", problem_rows__step__in=("check", "match"))
    mending = Intake.objects.filter(kept_back, delivery_id=OuterRef("id"))  # versions that a mend is to apply
    served = Delivery.objects.filter(id__lt=id_at(limit), state__in=SERVED)
    ids = list(served.filter(~Exists(needed), ~Exists(mending)).order_by("id").values_list("id", flat=True)[:BATCH])
    Delivery.objects.filter(id__in=ids, state__in=SERVED).delete()  # one may have been asked for anew since
    Refusal.objects.filter(last_at__lt=limit).delete()
    return len(ids)
