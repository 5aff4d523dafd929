"""doctor: is this installation well?"""

import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta

import typer
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Sum
from django.utils import timezone

from comanda.accounts import second_step
from comanda.cli.output import Json, say
from comanda.cli.processes import unapplied
from comanda.inbox.models import PENDING, Delivery, Refusal, WorkerRun
from comanda.integrations.health import unreadable
from comanda.integrations.models import Integration, IntegrationSecret
from comanda.integrations.vault import unseal
from comanda.life import Life

ROOM = 50 * 10**6  # bytes: SQLite's log of writes alone may take half of it
Check = tuple[str, bool, str]


def doctor(as_json: Json = False) -> None:
    """Look at the database, the keys, the worker and the backlog; exit code 1 where something is wrong."""
    found = [{"check": name, "ok": ok, "detail": detail} for name, ok, detail in checks()]
    well = all(each["ok"] for each in found)
    words = "\n".join(f"{'✅' if each['ok'] else '❌'} {each['check']}: {each['detail']}" for each in found)
    say(as_json, {"ok": well, "checks": found}, words)
    if not well:
        raise typer.Exit(1)


def checks() -> Iterator[Check]:
    try:
        plan = unapplied()
    except DatabaseError as error:
        yield "database", False, str(error).strip()
        return
    yield "database", True, connection.vendor
    yield "migrations", not plan, f"{len(plan)} to apply: run `comanda migrate`" if plan else "up to date"
    if plan:
        return
    yield secrets()
    yield home()
    yield worker()
    yield readable()
    yield strays()


def secrets() -> Check:
    """Every stored secret must open with the encryption keys of now."""
    closed = 0
    tokens = Integration.objects.values_list("token_sealed", flat=True)
    others = tokens.union(IntegrationSecret.objects.values_list("sealed", flat=True))
    for sealed in [*others, *second_step.sealed_values()]:
        try:
            unseal(sealed)
        except InvalidToken:
            closed += 1
    return "secrets", not closed, f"{closed} cannot be decrypted with COMANDA_ENCRYPTION_KEYS" if closed else "all open"


def home() -> Check:
    """The keys that were made at the first start are for their owner's eyes only. SQLite needs room beside them."""
    for name in ("secret_key", "encryption_keys"):
        path = settings.HOME / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            return "home", False, f"{path} can be read by others: chmod 600 it"
    _, _, free = shutil.disk_usage(settings.HOME)
    if connection.vendor == "sqlite" and free < ROOM:
        return "home", False, f"{settings.HOME}: only {free // 10**6} MB is free there"
    return "home", True, str(settings.HOME)


def worker() -> Check:
    """Where a store is connected, one must run. Deliveries should not wait for long; where they do, it is stuck."""
    oldest = Delivery.objects.filter(state=PENDING).order_by("id").first()
    seconds = (timezone.now() - oldest.received_at).total_seconds() if oldest else 0
    running = sum(Life(run.pk).held() for run in WorkerRun.objects.all())
    waits = f"the oldest delivery waits for {seconds:.0f} s"
    if not running and Integration.objects.filter(binned_at=None).exists():
        return (
            "worker",
            False,
            f"none is running, {waits}: start `comanda serve`, or `comanda worker` beside `comanda web`",
        )
    return "worker", seconds < 60, f"{running} running, {waits}"


def readable() -> Check:
    """Orders that cannot be read tell of a builder that has changed, or of a mapping that no longer fits."""
    rows = Integration.objects.filter(binned_at=None).order_by("id")
    found = [
        f"integration {row.pk} “{row.name}”: {count} ({place})" for row in rows for count, place in unreadable(row)
    ]
    return "readable", not found, f"orders that cannot be read: {'; '.join(found)}" if found else "every order"


def strays() -> Check:
    """Requests to URLs of no integration are nobody's: only the operator can see that a store was given a wrong one."""
    week = timezone.now() - timedelta(days=7)
    count = Refusal.objects.filter(account=None, last_at__gte=week).aggregate(sum=Sum("count"))["sum"] or 0
    return "strays", True, f"{count} requests to unknown URLs in the last 7 days" if count else "none"
