"""Group commit: everything that is queued goes down in one transaction, and only then does anybody get a 200."""

import asyncio
import logging
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from comanda import sql
from comanda.inbox.models import Delivery, Refusal
from comanda.integrations.models import Integration

log = logging.getLogger("comanda.inbox")

COLUMNS = (
    "id",
    "account_id",
    "integration_id",
    "topic",
    "key",
    "verified",
    "state",
    "reason",
    "trigger",
    "generation",
    "claims",
    "secret_version",
    "store_key",
    "triggered_at",
    "received_at",
    "headers",
    "body",
)


PATIENCE_SECONDS = 4.0


class Full(Exception):  # noqa: N818
    """The queue is full: the sender should come again later."""


@dataclass(slots=True)
class Arrival:
    """A delivery on its way to the disk: the values of COLUMNS, and who waits for it."""

    row: tuple[Any, ...]
    pins: bool  # whether its store should be pinned as the integration's
    done: "asyncio.Future[Receipt]" = field(init=False)

    @property
    def id(self) -> uuid.UUID:
        return self.row[0]  # type: ignore[no-any-return]

    @property
    def once(self) -> tuple[int, str, str]:
        return self.row[2], self.row[3], self.row[4]


@dataclass(slots=True)
class Turned:
    """A refused request on its way to the disk: integration, reason, status and redacted head."""

    account_id: int | None
    integration_id: int | None
    reason: str
    status: int
    head: str
    at: datetime
    done: "asyncio.Future[Receipt]" = field(init=False)


@dataclass(slots=True, frozen=True)
class Receipt:
    """What was committed: the delivery's id, and whether it was there before (then the id is the first one's)."""

    id: uuid.UUID | None = None
    duplicate: bool = False


Entry = Arrival | Turned


class Committer:
    """One thread that commits what the event loop queues. `submit` returns when it is on disk, or raises what hindered it."""

    def __init__(self, entries: int = 4096, megabytes: int = 48) -> None:
        self._most, self._most_bytes = entries, megabytes * 1024 * 1024
        self._queue: list[Entry] = []
        self._bytes = 0
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    async def submit(self, entry: Entry) -> Receipt:
        loop = asyncio.get_running_loop()
        entry.done = loop.create_future()
        size = len(entry.row[-1]) if isinstance(entry, Arrival) else len(entry.head)
        with self._wake:
            if len(self._queue) >= self._most or self._bytes + size > self._most_bytes:
                raise Full
            self._queue.append(entry)
            self._bytes += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, args=(loop,), name="committer", daemon=True)
                self._thread.start()
            self._wake.notify()
        return await entry.done

    def close(self) -> None:
        """Commit what is queued, and end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread:
            self._thread.join(timeout=30)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._stopping:
                    self._wake.wait()
                if not self._queue:
                    connection.close()
                    return
                entries, self._queue, self._bytes = self._queue, [], 0
            outcomes = settle(entries, hurried=True)
            loop.call_soon_threadsafe(answer, entries, outcomes)


def answer(entries: Sequence[Entry], outcomes: Sequence[Receipt | Exception]) -> None:
    for entry, outcome in zip(entries, outcomes, strict=True):
        if entry.done.cancelled():
            continue  # the sender has hung up; it is on disk all the same
        if isinstance(outcome, Exception):
            entry.done.set_exception(outcome)
        else:
            entry.done.set_result(outcome)


def hurry() -> None:
    """The door gives up in time to say so: whoever sends waits for some seconds only."""
    if sql.on_sqlite():
        connection.patience = PATIENCE_SECONDS  # type: ignore[attr-defined]
    elif connection.connection is None:
        connection.ensure_connection()
        sql.execute(f"SET statement_timeout = {int(PATIENCE_SECONDS * 1000)}")


def settle(entries: Sequence[Entry], *, hurried: bool = False) -> list[Receipt | Exception]:
    """Commit all; where the database refuses the whole, halve it until what it refuses stands alone."""
    try:
        if hurried:
            hurry()
        with transaction.atomic():
            return list(write(entries))
    except Exception as error:
        connection.close_if_unusable_or_obsolete()
        if len(entries) > 1 and sql.is_about_data(error):
            middle = len(entries) // 2
            return settle(entries[:middle], hurried=hurried) + settle(entries[middle:], hurried=hurried)
        log.error("not committed: %s entries: %s", len(entries), sql.reason(error))
        connection.close()
        return [error] * len(entries)


def write(entries: Sequence[Entry]) -> list[Receipt]:
    arrivals = [entry for entry in entries if isinstance(entry, Arrival)]
    in_order = sorted(arrivals, key=lambda arrival: arrival.once)  # so that two doors never wait for each other
    count = sql.insert(Delivery, COLUMNS, [arrival.row for arrival in in_order], "ON CONFLICT DO NOTHING")
    firsts = first_ids(arrivals) if count < len(arrivals) else {}
    pin_stores([arrival for arrival in arrivals if arrival.pins])
    write_refusals([entry for entry in entries if isinstance(entry, Turned)])
    return [
        Receipt(firsts.get(entry.id, entry.id), entry.id in firsts) if isinstance(entry, Arrival) else Receipt()
        for entry in entries
    ]


def first_ids(arrivals: Sequence[Arrival]) -> dict[uuid.UUID, uuid.UUID]:
    """Of each arrival that was there before, the delivery that was first."""
    rows = sql.select(
        Delivery,
        "t.integration_id, t.topic, t.key, t.id",
        {"integration_id": "bigint", "topic": "varchar", "key": "varchar"},
        [arrival.once for arrival in arrivals if arrival.row[5]],
        "AND t.verified",
    )
    stored = {(row[0], row[1], row[2]): sql.as_uuid(row[3]) for row in rows}
    return {a.id: stored[a.once] for a in arrivals if a.row[5] and stored[a.once] != a.id}


def pin_stores(arrivals: Sequence[Arrival]) -> None:
    """The first verified delivery says which store the integration is of. In order, lest two doors wait for each other."""
    for integration_id, store_key in sorted({each.row[2]: each.row[12] for each in reversed(arrivals)}.items()):
        Integration.objects.filter(pk=integration_id, store_key="").update(store_key=store_key)


def write_refusals(turned: Sequence[Turned]) -> None:
    """One row a minute for each integration and reason, however many there are."""
    groups: dict[tuple[str, str, datetime], list[Turned]] = {}
    for each in turned:
        minute = each.at.replace(second=0, microsecond=0)
        groups.setdefault((str(each.integration_id or ""), each.reason, minute), []).append(each)
    rows = [
        (g[0].account_id, g[0].integration_id, place, reason, g[0].status, minute, len(g), g[0].head, g[0].at, g[-1].at)
        for (place, reason, minute), g in sorted(groups.items())
    ]
    columns = (
        "account_id",
        "integration_id",
        "place",
        "reason",
        "status",
        "minute",
        "count",
        "head",
        "first_at",
        "last_at",
    )
    sql.insert(
        Refusal,
        columns,
        rows,
        "ON CONFLICT (place, reason, minute) DO UPDATE SET"
        " count = comanda_refusal.count + excluded.count, last_at = excluded.last_at",
    )
