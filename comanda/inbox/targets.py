"""Which integration a hook token belongs to: looked up in batches, remembered for at most two seconds."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from django.db import close_old_connections, connection
from django.db.models import Q
from django.utils import timezone

from comanda import sql
from comanda.connectors.base import Connector
from comanda.inbox.models import in_quarantine
from comanda.integrations.models import FormerUrl, Integration
from comanda.integrations.vault import digest, opened

SECONDS = 2.0
MOST = 20_000
MOST_QUARANTINED = 5_000  # whoever knows a URL and no secret must not fill the disk


@dataclass(slots=True, frozen=True)
class Target:
    """What the door needs of an integration."""

    id: int
    account_id: int
    connector: Connector
    secrets: tuple[str, ...]
    secret_version: int
    store_key: str
    active: bool
    binned: bool
    expired: bool = False  # asked for by a URL that was rotated away more than a day ago
    crowded: bool = False  # so many of its deliveries are quarantined that no more are kept


class Targets:
    """A cache in front of one look-up thread. Tokens that are asked for while it is busy are looked up together."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Target]] = {}
        self._waiting: dict[str, asyncio.Future[Target | None]] = {}
        self._busy = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="targets")

    async def find(self, token: str) -> Target | None:
        """The token's integration; None (never remembered) where there is none. Raises what the database raised."""
        known = self._known.get(token)
        if known and known[0] > time.monotonic():
            return known[1]
        if token not in self._waiting:
            self._waiting[token] = asyncio.get_running_loop().create_future()
            if not self._busy:
                self._busy = True
                asyncio.get_running_loop().create_task(self._look_up())
        return await asyncio.shield(self._waiting[token])

    async def _look_up(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            asked_at = time.monotonic()
            try:
                found = await loop.run_in_executor(self._thread, load, list(waiting))
            except Exception as error:
                for future in waiting.values():
                    future.set_exception(error)
                    future.exception()  # some may have hung up: then nobody asks
                continue
            if len(self._known) > MOST:
                self._known.clear()
            self._known |= {token: (asked_at + SECONDS, target) for token, target in found.items()}
            for token, future in waiting.items():
                future.set_result(found.get(token))
        self._busy = False

    def close(self) -> None:
        self._thread.submit(close).result()
        self._thread.shutdown()


def load(tokens: Sequence[str]) -> dict[str, Target]:
    close_old_connections()
    by_digest = {digest(token): token for token in tokens}
    former = {each.digest: each for each in FormerUrl.objects.filter(digest__in=by_digest)}
    named = Q(token_digest__in=by_digest) | Q(pk__in={each.integration_id for each in former.values()})
    rows = list(Integration.objects.filter(named).select_related("account").prefetch_related("secrets"))
    counts = sql.tally([in_quarantine().filter(integration=row).values_list("id") for row in rows], MOST_QUARANTINED)
    known = {row.pk: target(row, count) for row, count in zip(rows, counts, strict=True)}
    found = {by_digest[row.token_digest]: known[row.pk] for row in rows if row.token_digest in by_digest}
    now = timezone.now()
    return found | {by_digest[d]: replace(known[u.integration_id], expired=u.until <= now) for d, u in former.items()}


def close() -> None:
    """`connection` is another one in each thread: this must run in the one that used it."""
    connection.close()


def target(row: Integration, waiting: int) -> Target:
    return Target(
        id=row.pk,
        account_id=row.account_id,
        connector=row.connector,
        secrets=tuple(opened(secret.sealed for secret in row.secrets.all())),
        secret_version=row.secret_version,
        store_key=row.store_key,
        active=row.active,
        binned=row.binned_at is not None,
        crowded=waiting >= MOST_QUARANTINED,
    )
