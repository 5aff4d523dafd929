"""Integration: one connected store of one builder, with its secret URL."""

from django.db import models

from comanda.accounts.models import Account


class Integration(models.Model):
    """One store of one builder. `store_key` is empty until `--store` or the first verified delivery pins it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="integrations")
    platform = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    store_key = models.CharField(max_length=255, default="", blank=True)
    token_digest = models.CharField(max_length=64, unique=True)
    token_sealed = models.TextField()
    active = models.BooleanField(default=True)
    binned_at = models.DateTimeField(null=True)
    # Raised by every change of the secrets; a quarantined delivery checked against an older one is checked again.
    secret_version = models.IntegerField(default=0)
    mapping = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["account", "platform", "store_key"], name="integration_store")]

    def __str__(self) -> str:
        return self.name

    @property
    def ready(self) -> bool:
        """Whether its orders may be registered: switched on, and not in the bin."""
        return self.active and self.binned_at is None


class IntegrationSecret(models.Model):
    """One secret that signs this store's webhooks, encrypted; several may be valid at once."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"secret {self.pk}"
