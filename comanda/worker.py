"""The worker: claims batches of deliveries and takes them through the journey.

A claim is a row lock, so a dead worker's deliveries are free at once. SQLite has one writer: there the batch is read
without a lock, and what another worker finished meanwhile is left out when the write lock is taken.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import close_old_connections, transaction

from comanda import sql
from comanda.history.record import record
from comanda.inbox.models import DONE, Delivery, WorkerRun
from comanda.inbox.quarantine import sweep
from comanda.inbox.retention import prune
from comanda.integrations.models import Integration
from comanda.orders.versions import recall
from comanda.pipeline import process, read
from comanda.problems import CODES, Problem
from comanda.run import Claimed, Run, each, unforeseen

log = logging.getLogger("comanda.worker")

IDLE_SECONDS = 0.05
SWEEP_SECONDS = 1.0
DEATHS = 3

COLUMNS = (
    "t.id, t.topic, t.key, t.trigger, t.generation, t.claims, t.store_key, t.triggered_at, t.received_at, t.body,"
    " t.integration_id"
)
PENDING_ROWS = f"SELECT {COLUMNS} FROM comanda_delivery t WHERE t.state = 'pending' ORDER BY t.id LIMIT %s "
HELD_ROWS = (
    f"SELECT {COLUMNS} FROM comanda_delivery t"
    " JOIN comanda_integration i ON i.id = t.integration_id AND i.active AND i.binned_at IS NULL"
    " WHERE t.state = 'held' ORDER BY t.id LIMIT %s "
)


def batch_size() -> int:
    return 100 if sql.on_sqlite() else 300


class Claim:
    """Deliveries that are ours until the end of the transaction."""

    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs

    @contextmanager
    def writing(self) -> Iterator[list[Run]]:
        """The runs that are still ours, with the right to write."""
        if not sql.on_sqlite():
            yield self.runs
            return
        with transaction.atomic():
            rows = sql.select(
                Delivery, "t.id, t.generation, t.state", {"id": "uuid"}, [(run.delivery.id,) for run in self.runs]
            )
            ours = {sql.as_uuid(row[0]): row[1] for row in rows if row[2] in ("pending", "held")}
            yield [run for run in self.runs if ours.get(run.delivery.id) == run.delivery.generation]


def turn(limit: int) -> int:
    """Process one batch; returns how many deliveries it took."""
    ids: list[uuid.UUID] = []
    try:
        with transaction.atomic() if not sql.on_sqlite() else _nothing():
            runs = claim(limit)
            ids = [run.delivery.id for run in runs]
            if runs:
                process(Claim(runs))
        tell(runs)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("a batch of %s failed; taking it apart", len(ids))
        take_apart(ids, error)
    return len(ids)


def tell(runs: Sequence[Run]) -> None:
    """A log line for each order that could not be registered; which, where and why, and nothing of what is in it."""
    for run in runs:
        if run.problems and CODES[run.problems[0].code].status == "failed":
            code, account, integration = run.problems[0].code, run.integration.account_id, run.integration.pk
            known = {"account": account, "integration": integration, "delivery": str(run.delivery.id), "cause": code}
            log.info("not registered: %s (delivery %s)", code, run.delivery.id, extra=known)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def claim(limit: int, ids: Sequence[uuid.UUID] = ()) -> list[Run]:
    """Lock up to `limit` deliveries that are pending, or held by an integration that is on again (or just these)."""
    lock = "" if sql.on_sqlite() else "FOR UPDATE OF t SKIP LOCKED"
    if ids:
        return runs_of(sql.select(Delivery, COLUMNS, {"id": "uuid"}, [(id_,) for id_ in ids], lock))
    rows = sql.execute(PENDING_ROWS + lock, [limit])
    if len(rows) < limit:
        rows += sql.execute(HELD_ROWS + lock, [limit - len(rows)])
    return runs_of(rows)


def runs_of(rows: Sequence[sql.Row]) -> list[Run]:
    integrations = hold_integrations({row[-1] for row in rows})
    return [Run(claimed(row), integrations[row[-1]]) for row in rows]


def hold_integrations(ids: set[int]) -> dict[int, Integration]:
    """Read them under a share lock: whoever switches or mends one waits for this batch, and then finds what it noted."""
    if not ids:
        return {}
    if not sql.on_sqlite():
        sql.execute("SELECT 1 FROM comanda_integration WHERE id = ANY(%s) ORDER BY id FOR SHARE", (sorted(ids),))
    return Integration.objects.select_related("account").in_bulk(ids)


def claimed(row: sql.Row) -> Claimed:
    id_, topic, key, trigger, generation, claims, store_key, triggered_at, received_at, body, _ = row
    return Claimed(
        id=sql.as_uuid(id_),
        topic=topic,
        key=key,
        trigger=trigger,
        generation=generation,
        claims=claims,
        store_key=store_key,
        triggered_at=sql.as_optional_time(triggered_at),
        received_at=sql.as_time(received_at),
        body=bytes(body),
    )


def is_away(error: BaseException) -> bool:
    """The database is away, locked or full, or chose us to break a deadlock: the batch is whole, and is tried again."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"OperationalError", "InterfaceError"}) and "too many" not in str(error)


def take_apart(ids: Sequence[uuid.UUID], error: Exception) -> None:
    """Halve a batch that failed as a whole until the one at fault stands alone; that one is explained, not lost."""
    if len(ids) == 1:
        give_up(ids[0], error)
        return
    middle = len(ids) // 2
    for half in (ids[:middle], ids[middle:]):
        try:
            with transaction.atomic() if not sql.on_sqlite() else _nothing():
                process(Claim(claim(len(half), half)))
        except Exception as again:
            if is_away(again):
                raise
            take_apart(half, again)


def give_up(id_: uuid.UUID, error: BaseException | None) -> None:
    """Record a delivery as `internal_error`: on its order where that can be read, else by itself.

    One that killed its workers (no error) is not read again.
    """
    died = Problem("internal_error", "fingerprint:died", fingerprint="died", error="the worker died", at="read")
    for readable in (True, False) if error else (False,):
        try:
            with transaction.atomic():
                runs = claim(1, [id_])
                if readable:
                    each("read", runs, read)
                for run in runs:
                    run.problems = [unforeseen(error, "register") if error else died]
                recall(runs)
                record(runs)
            return
        except Exception:
            log.exception("delivery %s could not be recorded as an internal error", id_)
    Delivery.objects.filter(id=id_).update(state=DONE, reason="internal_error", claims=0)


def turn_carefully() -> int:
    """One delivery at a time, counted before it is touched: the one that kills its worker is given up at the third death."""
    rows = sql.execute("SELECT id, claims FROM comanda_delivery WHERE state = 'pending' ORDER BY id LIMIT 1")
    for id_, claims in ((sql.as_uuid(row[0]), row[1]) for row in rows):
        if claims >= DEATHS:
            give_up(id_, None)
        else:
            sql.execute("UPDATE comanda_delivery SET claims = claims + 1 WHERE id = %s", (id_,))
            turn(1)
    return len(rows)


def work(stop: threading.Event) -> None:
    """Work until told to stop. After an abnormal exit, the first batch is taken one delivery at a time."""
    careful = batch_size() if WorkerRun.objects.exists() else 0
    WorkerRun.objects.all().delete()
    mine = WorkerRun.objects.create(host=socket.gethostname()[:120], pid=os.getpid())
    swept = 0.0
    while not stop.is_set():
        try:
            if careful:
                careful = careful - 1 if turn_carefully() else 0
                continue
            if time.monotonic() - swept > SWEEP_SECONDS:
                sweep()
                prune()
                swept = time.monotonic()
            if not turn(batch_size()):
                stop.wait(IDLE_SECONDS)
        except Exception as error:
            log.warning("the database does not answer (%s); trying again", type(error).__name__)
            close_old_connections()
            stop.wait(1.0)
    WorkerRun.objects.filter(pk=mine.pk).delete()


def work_off() -> int:
    """Process all that is pending, then return; how many deliveries that were. For tests, and for `comanda worker --once`."""
    total = 0
    while taken := turn(batch_size()):
        total += taken
    return total
