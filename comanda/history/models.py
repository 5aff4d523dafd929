"""The history: each order as an integration brought it, every run of the journey, and what stands in the way."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from comanda.accounts.models import Account
from comanda.catalogue.models import StoreVariant
from comanda.inbox.models import new_id
from comanda.integrations.models import Integration
from comanda.orders.models import OrderKey

# What an intake may be. No `choices=`: old rows may hold words that newer code no longer writes.
STATUSES = frozenset(
    [
        "pending",
        "registered",
        "forwarding",
        "retrying",
        "failed",
        "duplicate",
        "review",
        "unpaid",
        "cancelled",
        "ignored",
        "held",
    ]
)
# The statuses in which nothing more is expected: their deliveries may be pruned.
FINISHED = ("registered", "duplicate", "cancelled", "ignored")


class Intake(models.Model):
    """One order as one integration brought it: a row of the history list."""

    id = models.UUIDField(primary_key=True, default=new_id)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, db_index=False)
    external_id = models.CharField(max_length=200)
    key = models.ForeignKey(OrderKey, on_delete=models.PROTECT, null=True, related_name="intakes", db_constraint=False)
    delivery_id = models.UUIDField(null=True)  # the newest version of the order: what a retry processes again
    first_id = models.UUIDField(null=True)  # a duplicate's first intake
    status = models.CharField(max_length=12)
    cause = models.CharField(max_length=40, default="")  # the first problem's code
    waived = models.JSONField(default=list)  # problem codes that a person has waived: "register anyway"
    discarded_at = models.DateTimeField(null=True)  # by a person; new versions stay ignored too
    attempts = models.IntegerField(default=0)
    number = models.CharField(max_length=120)
    customer_name = models.CharField(max_length=255)
    customer_email = models.CharField(max_length=255)
    customer_phone = models.CharField(max_length=60)
    lines = models.TextField()  # JSON: [{title, variant, quantity}]
    total = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    ordered_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    search = models.TextField()  # number, name, e-mail and phone, folded

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "external_id"], name="intake_once")]
        indexes = [
            models.Index(fields=["account", "received_at", "id"], name="intake_recent"),
            models.Index(fields=["integration", "received_at", "id"], name="intake_of_integration"),
            models.Index(fields=["delivery_id"], name="intake_of_delivery"),
            models.Index(
                fields=["account", "status", "received_at", "id"],
                condition=~Q(status="registered"),
                name="intake_open",
            ),
            models.Index(
                fields=["integration", "status", "received_at", "id"],
                condition=~Q(status="registered"),
                name="intake_open_of_integration",
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.external_id


class Attempt(models.Model):
    """One run of the journey for an intake, with its trace of steps. Never overwritten."""

    intake = models.ForeignKey(
        Intake, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="attempt_rows"
    )
    number = models.IntegerField()
    delivery_id = models.UUIDField()
    trigger = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    status = models.CharField(max_length=12)
    trace = models.TextField()  # JSON: see history/record.py, trace_of

    class Meta:
        constraints = [models.UniqueConstraint(fields=["intake", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"attempt {self.number}"


class Problem(models.Model):
    """Why an intake is not registered (or its update not applied), as of its last attempt. Wording is made at display."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="problem_rows")
    code = models.CharField(max_length=40)
    step = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)  # the thing to mend: "store_variant:7", "sku:FAJA-M", "integration:3"
    store_variant = models.ForeignKey(StoreVariant, on_delete=models.CASCADE, null=True)
    facts = models.TextField()  # JSON
    received_at = models.DateTimeField(db_default=Now())  # as its intake's: the list of a cause is in that order

    class Meta:
        indexes = [
            models.Index(fields=["account", "code", "subject", "received_at", "intake"], name="problem_cause"),
            models.Index(fields=["account", "code", "received_at", "intake"], name="problem_recent"),
        ]

    def __str__(self) -> str:
        return self.code
