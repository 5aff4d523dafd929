"""What came in: deliveries, kept as they came, and refusals."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from uuid_utils.compat import uuid7

from comanda.accounts.models import Account
from comanda.integrations.models import Integration

PENDING, HELD, DONE, IGNORED, QUARANTINED = STATES = "pending", "held", "done", "ignored", "quarantined"

# Among the headers of a quarantined delivery: all of them, encrypted.
SEALED = "sealed"


# The key of a test order begins so: it is never registered, however often it is run again.
TRIAL = "comanda-trial:"


def written(state: str) -> RawSQL:
    """For filters: SQLite uses a partial index only where the query spells the state out."""
    return RawSQL(f"'{state}'", ())  # noqa: S611 (one of the constants above)


def id_at(moment: datetime) -> uuid.UUID:
    """The smallest of the ids that are made at that time."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def new_id() -> uuid.UUID:
    """A UUIDv7: unique without asking anybody, and in order of time."""
    return uuid7()


class Delivery(models.Model):
    """One HTTP request of a builder, bytes as they came. The only thing that the worker claims.

    `state`: pending (to be processed), held (read, waits for the integration to be switched on), done, ignored
    (not ours; `reason` says why), quarantined (its signature did not verify).
    `generation` is raised by every retry: a worker finishes only the generation that it read.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, db_index=False)
    topic = models.CharField(max_length=120)
    key = models.CharField(max_length=160)  # the builder's event id, or a hash of the body
    verified = models.BooleanField()
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=40, default="")
    trigger = models.CharField(max_length=20, default="webhook")
    generation = models.IntegerField(default=1)
    claims = models.SmallIntegerField(default=0)  # by workers that died while they held it
    secret_version = models.IntegerField(default=0)  # the secrets it was verified against
    store_key = models.CharField(max_length=255, default="")
    triggered_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    headers = models.TextField()
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "topic", "key"], condition=Q(verified=True), name="delivery_once"
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=PENDING), name="delivery_pending"),
            models.Index(fields=["integration", "id"], condition=Q(state=HELD), name="delivery_held"),
            models.Index(fields=["integration", "id"], condition=Q(state=QUARANTINED), name="delivery_quarantined"),
            models.Index(fields=["integration", "id"], condition=Q(state=IGNORED), name="delivery_ignored"),
            models.Index(fields=["integration", "id"], name="delivery_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"


def in_quarantine() -> models.QuerySet[Delivery]:
    """For counting: SQLite goes through their own small index only where the id has a bound, else through all deliveries."""
    return Delivery.objects.filter(state=written(QUARANTINED), id__gte=uuid.UUID(int=0))


class Refusal(models.Model):
    """Requests that were not taken: one row a minute for each integration and reason, with a count and the first head."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, null=True)
    place = models.CharField(max_length=40)  # the integration's id, or "" for an unknown token
    reason = models.CharField(max_length=40)
    status = models.SmallIntegerField()
    minute = models.DateTimeField()
    count = models.IntegerField(default=1)
    head = models.TextField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "reason", "minute"], name="refusal_a_minute")]
        indexes = [models.Index(fields=["account", "-id"], name="refusal_recent")]

    def __str__(self) -> str:
        return f"{self.status} {self.reason} ×{self.count}"


class WorkerRun(models.Model):
    """A worker at work. A clean exit removes its row, so a row found at the start tells of a death (or of a neighbour)."""

    host = models.CharField(max_length=120)
    pid = models.IntegerField()
    started_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
