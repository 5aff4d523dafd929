"""Integration: one connected store of one builder, with its secret URL; the mappings that it has had."""

from functools import cached_property

import msgspec
from django.db import models

from comanda.accounts.models import Account
from comanda.connectors import configured
from comanda.connectors.base import Connector, Setup
from comanda.connectors.reading import fold
from comanda.connectors.verification import Verification


class Integration(models.Model):
    """One store of one builder. `store_key` is empty until `--store` or the first verified delivery pins it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="integrations")
    platform = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    store_key = models.CharField(max_length=255, default="", blank=True)
    token_digest = models.CharField(max_length=64, unique=True)
    token_sealed = models.TextField(blank=True)  # so that its URL can be shown again
    former_until = models.DateTimeField(null=True)  # until when the URL before the last rotation goes on answering
    active = models.BooleanField(default=True)
    binned_at = models.DateTimeField(null=True)
    # Raised by every change of the secrets; a quarantined delivery checked against an older one is checked again.
    secret_version = models.IntegerField(default=0)
    verification = models.JSONField(null=True)
    mapping = models.JSONField(null=True)
    mapping_version = models.IntegerField(db_default=0, default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "platform", "store_key"], name="integration_store"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ready(self) -> bool:
        """Whether its orders may be registered: switched on, and not in the bin."""
        return self.active and self.binned_at is None

    @cached_property
    def connector(self) -> Connector:
        """The builder, as this integration and its account use it."""
        names = (fold(name) for name in self.account.cod_methods.splitlines())
        return configured(
            self.platform,
            Setup(
                cod_methods=tuple(name for name in names if name),
                mapping=msgspec.json.encode(self.mapping).decode() if self.mapping else "",
                verification=msgspec.convert(self.verification, Verification) if self.verification else None,
            ),
        )


class FormerUrl(models.Model):
    """A URL that was rotated away: it answers for a day more, and is known afterwards, so that whoever still sends to it is
    told of."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="former_urls")
    digest = models.CharField(max_length=64, unique=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.integration_id} until {self.until:%Y-%m-%d}"


class Mapping(models.Model):
    """A mapping that an integration has, or had: which one counts is the integration's own."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="mappings")
    version = models.IntegerField()
    mapping = models.JSONField()
    author = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["integration", "version"], name="mapping_version_once")]

    def __str__(self) -> str:
        return f"{self.integration_id} v{self.version}"


class IntegrationSecret(models.Model):
    """One secret that signs this store's webhooks, encrypted; several may be valid at once."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"secret {self.pk}"
