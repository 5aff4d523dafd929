"""Files of products: how they are written for the spreadsheets of an account's country, and kept while an import is decided.

A file is kept in the cache, which all web processes share, from its upload until it is imported, an hour at most.
"""

import logging
import secrets
import threading
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.numbers import get_decimal_symbol
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.accounts.region import locale
from comanda.catalogue.load import load
from comanda.catalogue.plan import Plan
from comanda.repair.retry import followed

LIMIT = 5 * 1024 * 1024
KEPT = 3600
AT_ONCE = 5_000  # rows that are imported while the browser waits
LOST = timedelta(minutes=10)  # after which an import that says nothing has died with its process

log = logging.getLogger(__name__)
progress: dict[str, tuple[int, int]] = {}  # of this process's imports: rows done, rows in all


@dataclass(frozen=True)
class Upload:
    """A file that was read without an error, and what it would do."""

    name: str
    packed: bytes
    plan: Plan

    @property
    def raw(self) -> bytes:
        return zlib.decompress(self.packed)


@dataclass(frozen=True)
class State:
    """An import: running, done (so many new products, so many variants), failed or outdated (nothing was changed), lost.

    Of one that is lost nobody knows whether it did all or nothing.
    """

    state: str
    at: datetime
    products: int = 0
    variants: int = 0
    retry: int | None = None  # what it set going


def separator(account: Account) -> str:
    """What a spreadsheet of that country expects between cells: a semicolon where decimals take the comma."""
    return ";" if get_decimal_symbol(locale(account.country)) == "," else ","


def key(account: Account, token: str, what: str) -> str:
    return f"import:{account.pk}:{token}:{what}"


def keep(account: Account, name: str, raw: bytes, plan: Plan) -> str:
    """Keep it; returns what finds it again."""
    token = secrets.token_urlsafe(12)
    cache.set(key(account, token, "file"), Upload(name, zlib.compress(raw), plan), KEPT)
    return token


def kept(account: Account, token: str) -> Upload | None:
    found: Upload | None = cache.get(key(account, token, "file"))
    return found


def state(account: Account, token: str) -> State | None:
    found: State | None = cache.get(key(account, token, "state"))
    if found and found.state == "running" and timezone.now() - found.at > LOST:
        return State("lost", found.at)
    return found


def start(access: Access, token: str, upload: Upload) -> None:
    """Import it, once however often this is asked; a big one by a thread of its own, while its page shows how far it is."""
    account = access.change()
    running = State("running", timezone.now(), variants=upload.plan.variants)
    if not cache.add(key(account, token, "state"), running, KEPT):
        return
    if upload.plan.variants <= AT_ONCE:
        run(access, token, upload)
    else:
        threading.Thread(target=run_apart, args=(access, token, upload), name=f"import-{token}").start()


def run_apart(access: Access, token: str, upload: Upload) -> None:
    try:
        run(access, token, upload)
    finally:
        connections.close_all()


def run(access: Access, token: str, upload: Upload) -> None:
    """All of it, or nothing; then say what became of it."""

    def note(done: int, of: int) -> None:
        progress[token] = (done, of)

    account = access.account
    try:
        with followed(access, file=upload.name[:120]) as retry:
            loaded = load(access, upload.raw, note, retry)
        if loaded.errors:  # it could be taken when it was looked at
            cache.set(key(account, token, "state"), State("outdated", timezone.now()), KEPT)
            return
        ended: dict[str, Any] = {"products": loaded.products, "variants": loaded.variants, "retry": retry.pk}
        cache.set(key(account, token, "state"), State("done", timezone.now(), **ended), KEPT)
        cache.delete(key(account, token, "file"))
    except Exception:
        log.exception("The import of %s failed", upload.name)
        cache.set(key(account, token, "state"), State("failed", timezone.now()), KEPT)
    finally:
        progress.pop(token, None)


def how_far(token: str) -> int | None:
    """Percent of the rows; None where another process does it."""
    done, of = progress.get(token, (0, 0))
    return done * 100 // of if of else None
