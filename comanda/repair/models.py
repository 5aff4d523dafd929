"""Mending: retries with their items, and corrections."""

from django.db import models
from django.db.models import Q

from comanda.accounts.models import Account
from comanda.history.models import Intake


class Retry(models.Model):
    """A bulk retry: its filter and author. Its counts are counted from its items, so they are always true."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    filter = models.JSONField(default=dict)
    author = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"retry {self.pk}"


class RetryItem(models.Model):
    """One intake of a retry; `outcome` is the status that it ended with, empty while it is pending."""

    retry = models.ForeignKey(Retry, on_delete=models.CASCADE, related_name="items", db_index=False)
    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, db_index=False)
    outcome = models.CharField(max_length=12, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["retry", "intake"], name="retry_item_once")]
        indexes = [models.Index(fields=["intake"], condition=Q(outcome=""), name="retry_item_open")]

    def __str__(self) -> str:
        return self.outcome or "pending"


class Correction(models.Model):
    """What a person put in place of what the store sent: an overlay that applies while the store still sends `old`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="corrections")
    field = models.CharField(max_length=20)
    old = models.TextField()
    new = models.TextField()
    author = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.field}: {self.old} → {self.new}"
