"""Connecting a store: the integration, its secret URL, its secrets; On, Off, the bin."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from msgspec import to_builtins

from comanda.accounts import second_step
from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.catalogue.models import StoreVariant
from comanda.connectors import CONNECTORS
from comanda.connectors.reading import text
from comanda.connectors.verification import Verification
from comanda.history.models import Problem
from comanda.inbox.quarantine import reseal_headers, sweep
from comanda.integrations.models import FormerUrl, Integration, IntegrationSecret
from comanda.integrations.vault import digest, new_token, opened, reseal, seal, unseal
from comanda.orders.models import OrderKey
from comanda.repair.retry import wake

OVERLAP = timedelta(days=1)  # in which a rotated URL goes on answering


class NotAStore(Exception):  # noqa: N818
    """What was typed can be no store of this builder."""

    def __init__(self, platform: str) -> None:
        super().__init__(platform)
        self.platform = platform


def connect(account: Account, platform: str, name: str, store: str = "", secret: str = "") -> Integration:
    """A new integration, On, with a URL of its own. Raises NotAStore."""
    token = new_token()
    integration = Integration.objects.create(
        account=account,
        platform=platform,
        name=name,
        store_key=store_named(platform, store),
        token_digest=digest(token),
        token_sealed=seal(token),
    )
    if secret:
        add_secret(integration, secret)
    return integration


def store_named(platform: str, typed: str, known: str = "") -> str:
    """The store that a person means; `known`, the one that it is of already, stays what it is. Raises NotAStore."""
    given = text(typed)
    if not given or given == known:
        return given
    if key := CONNECTORS[platform].typed_store(given):
        return key
    raise NotAStore(platform)


def hook_url(integration: Integration) -> str:
    """The URL that the builder is given. Whoever knows it can send; it is shown to the account's own people only."""
    return f"{settings.BASE_URL}/hooks/{unseal(integration.token_sealed)}"


def shown_url(integration: Integration) -> str:
    """The URL, as often as it may be looked at; empty where it is the only secret, and was shown when it was made."""
    return "" if only_secret(integration) else hook_url(integration)


def only_secret(integration: Integration) -> bool:
    """Whether whoever knows the URL may send: the builder signs nothing, or a custom tool is not asked to."""
    connector = integration.connector
    if not connector.mappable:
        return connector.secret_url
    chosen = connector.setup.verification
    return chosen.kind == "none" if chosen else not integration.secrets.exists()


def rotate(access: Access, integration: Integration) -> datetime:
    """A new URL; the one before answers for a day more. Returns until when."""
    access.change()
    token, until = new_token(), timezone.now() + OVERLAP
    with transaction.atomic():
        row = Integration.objects.select_for_update(no_key=True).get(pk=integration.pk)
        FormerUrl.objects.create(integration=row, digest=row.token_digest, until=until)
        row.token_digest, row.token_sealed, row.former_until = digest(token), seal(token), until
        row.save(update_fields=["token_digest", "token_sealed", "former_until"])
    access.audit("rotate", f"integration:{integration.pk}", former_until=until)
    integration.refresh_from_db()
    return until


def end_former(access: Access, integration: Integration) -> int:
    """The URLs before stop at once, for one that has leaked; what is still sent to them is refused. Returns how many."""
    access.change()
    with transaction.atomic():
        count = integration.former_urls.filter(until__gt=timezone.now()).update(until=timezone.now())
        if count:
            access.audit("former_ended", f"integration:{integration.pk}", count=count)
    return count


def begin_again(access: Access, integration: Integration) -> datetime:
    """Connect it anew, with its history and its links: another URL (the one before answers for a day more). Its secrets
    count until a new one takes their place. Returns until when the URL before answers."""
    until = rotate(access, integration)
    access.audit("begin_again", f"integration:{integration.pk}")
    return until


def began(integration: Integration) -> datetime:
    """When the URL that it has now was made."""
    return integration.former_until - OVERLAP if integration.former_until else integration.created_at


def rename(access: Access, integration: Integration, name: str) -> None:
    access.change()
    with transaction.atomic():
        access.audit("rename", f"integration:{integration.pk}", old=integration.name, new=name)
        Integration.objects.filter(pk=integration.pk).update(name=name)
    integration.name = name


def choose_verification(access: Access, integration: Integration, chosen: Verification) -> int:
    """How a custom builder signs, from now on; returns how many quarantined deliveries that verifies."""
    access.change()
    with transaction.atomic():
        Integration.objects.filter(pk=integration.pk).update(
            verification=to_builtins(chosen), secret_version=F("secret_version") + 1
        )
        access.audit("verification", f"integration:{integration.pk}", kind=chosen.kind, header=chosen.header)
    return sweep(Integration.objects.get(pk=integration.pk))


def add_secret(integration: Integration, secret: str, *, replace: bool = False) -> int:
    """One more secret that counts from now on (or this one alone); returns how many quarantined deliveries it verified."""
    for row in integration.secrets.all():
        if replace or secret in opened([row.sealed]):
            row.delete()
    IntegrationSecret.objects.create(integration=integration, sealed=seal(secret))
    Integration.objects.filter(pk=integration.pk).update(secret_version=F("secret_version") + 1)
    integration.refresh_from_db()
    return sweep(integration)


def remove_secret(access: Access, integration: Integration, secret: IntegrationSecret) -> None:
    """One secret less, from now on. What is in quarantine is not looked at again: by what is taken away nothing is proved."""
    access.change()
    with transaction.atomic():
        access.audit("secret_removed", f"integration:{integration.pk}", saved_at=secret.created_at)
        secret.delete()


def reseal_all() -> int:
    """Encrypt every secret and token anew with the newest key, so that older ones may be taken away; returns how many.

    Those of people's second steps, too.
    """
    with transaction.atomic():
        secrets = list(IntegrationSecret.objects.select_for_update())
        for secret in secrets:
            secret.sealed = reseal(secret.sealed)
            secret.save(update_fields=["sealed"])
        integrations = list(Integration.objects.select_for_update())
        for integration in integrations:
            integration.token_sealed = reseal(integration.token_sealed)
            integration.save(update_fields=["token_sealed"])
        reseal_headers()
        steps = second_step.reseal_all()
    return len(secrets) + len(integrations) + steps


def same_store(integration: Integration) -> list[Integration]:
    """The account's other integrations of the same store that are On: each order comes twice, and counts once."""
    if not integration.store_key:
        return []
    others = Integration.objects.filter(
        account_id=integration.account_id,
        platform=integration.platform,
        store_key=integration.store_key,
        active=True,
        binned_at=None,
    )
    return list(others.exclude(pk=integration.pk))


def switch(access: Access, integration: Integration, *, active: bool) -> None:
    """On or Off. What was held is claimed by itself once it is On."""
    access.change()
    Integration.objects.filter(pk=integration.pk).update(active=active)
    access.audit("switch", f"integration:{integration.pk}", active=active)


def move_store(access: Access, integration: Integration, store: str) -> int:
    """Say which store this integration is of; what was taken for another store's is run again. Returns how many. Raises
    NotAStore."""
    access.change()
    key = store_named(integration.platform, store, integration.store_key)
    with transaction.atomic():
        Integration.objects.filter(pk=integration.pk).update(store_key=key)
        if key and not integration.store_key:
            name_store(integration, key)
        access.audit("store", f"integration:{integration.pk}", old=integration.store_key, new=key)
        blocked = Problem.objects.filter(code="wrong_store", subject=f"integration:{integration.pk}")
        return wake(blocked.filter(account_id=integration.account_id), "store", skip_busy=True)


def name_store(integration: Integration, key: str) -> None:
    """What came before the store had a name is the store's: its orders are not registered twice, its links go on."""
    nameless = f"integration:{integration.pk}"
    for table, column in ((OrderKey, "external_id"), (StoreVariant, "key")):
        rows = table._default_manager.filter(account_id=integration.account_id, platform=integration.platform)
        taken = rows.filter(store_key=key).values(column)
        rows.filter(store_key=nameless).exclude(**{f"{column}__in": taken}).update(store_key=key)


def bin_integration(access: Access, integration: Integration) -> None:
    """Into the bin: its URL answers 410, what waits is held; it can be restored."""
    access.change()
    with transaction.atomic():
        Integration.objects.filter(pk=integration.pk).update(binned_at=timezone.now())
        access.audit("bin", f"integration:{integration.pk}")
        look_again(integration, "bin")


def restore(access: Access, integration: Integration) -> None:
    access.change()
    with transaction.atomic():
        Integration.objects.filter(pk=integration.pk).update(binned_at=None)
        access.audit("restore", f"integration:{integration.pk}")
        look_again(integration, "restore")


def look_again(integration: Integration, trigger: str) -> None:
    """Run again what is held, so that it says what it waits for now: to be restored, or to be switched on."""
    held = Problem.objects.filter(code="integration_off", subject=f"integration:{integration.pk}")
    wake(held.filter(account_id=integration.account_id), trigger, skip_busy=True)
