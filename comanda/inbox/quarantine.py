"""Deliveries whose signature did not verify: checked again, by themselves, once the integration's secrets have changed."""

import logging

import msgspec
from cryptography.fernet import InvalidToken
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from comanda.inbox.models import IGNORED, PENDING, QUARANTINED, SEALED, Delivery, written
from comanda.integrations.models import Integration
from comanda.integrations.vault import opened, reseal, unseal
from comanda.problems import Problem

log = logging.getLogger("comanda.inbox")


def sweep(integration: Integration | None = None) -> int:
    """Verify what was checked against older secrets than the integration has now; returns how many are now pending."""
    stale = Delivery.objects.filter(state=written(QUARANTINED), secret_version__lt=F("integration__secret_version"))
    if integration:
        stale = stale.filter(integration=integration)
    freed = 0
    for delivery in stale.select_related("integration__account").order_by("integration_id", "id")[
        :500
    ]:  # as its index is
        freed += verify_again(delivery)
    return freed


def verify_again(delivery: Delivery) -> int:
    """Its verified twin may have come meanwhile: then it has served, and is set aside."""
    integration = delivery.integration
    connector = integration.connector
    secrets = opened(row.sealed for row in integration.secrets.all())
    row = Delivery.objects.filter(pk=delivery.pk, state=QUARANTINED)
    try:
        connector.verify(all_headers(delivery), bytes(delivery.body), secrets)
    except Problem as problem:
        row.update(secret_version=integration.secret_version, reason=problem.code)
        return 0
    ours = delivery.topic in connector.topics
    try:
        return free(delivery, row, ours)
    except IntegrityError:  # the twin came this very moment; the next sweep sees it
        return 0


def all_headers(delivery: Delivery) -> dict[str, str]:
    """Its headers as they came, with those that are not shown."""
    kept, sealed = apart(delivery)
    try:
        return kept | (msgspec.json.decode(unseal(sealed)) if sealed else {})
    except InvalidToken:  # its key was taken away: nothing is proved by what is left
        log.warning("the headers of delivery %s do not open with any of the keys", delivery.pk)
        return kept


def apart(delivery: Delivery) -> tuple[dict[str, str], str]:
    """Its headers that are shown, and all of them, sealed."""
    kept: dict[str, str] = msgspec.json.decode(delivery.headers)
    return kept, kept.pop(SEALED, "")


def reseal_headers() -> None:
    """Encrypt what is quarantined anew with the newest key. Raises InvalidToken."""
    waiting = Delivery.objects.filter(state=written(QUARANTINED)).order_by("integration_id", "id").only("headers")
    for delivery in waiting.iterator():
        kept, sealed = apart(delivery)
        if sealed:
            headers = msgspec.json.encode(kept | {SEALED: reseal(sealed)}).decode()
            Delivery.objects.filter(pk=delivery.pk, state=QUARANTINED).update(headers=headers)


def free(delivery: Delivery, row: QuerySet[Delivery], ours: bool) -> int:
    """As any other, from now on: what was sealed to verify it again has served."""
    integration, headers = delivery.integration, msgspec.json.encode(apart(delivery)[0]).decode()
    twin = Delivery.objects.filter(integration=integration, topic=delivery.topic, key=delivery.key, verified=True)
    with transaction.atomic():
        if twin.exists():
            version = integration.secret_version
            row.update(state=IGNORED, reason="duplicate", secret_version=version, headers=headers)
            return 0
        if delivery.store_key:
            Integration.objects.filter(pk=integration.pk, store_key="").update(store_key=delivery.store_key)
        row.update(
            verified=True,
            state=PENDING if ours else IGNORED,
            reason="" if ours else "topic_ignored",
            trigger="secret",
            secret_version=integration.secret_version,
            headers=headers,
        )
    return 1
