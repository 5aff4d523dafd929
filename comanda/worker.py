"""The worker: claims batches of deliveries and takes them through the journey."""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Sequence

from django.db import connection

from comanda import sql
from comanda.claim import Claim, claim, claiming, is_away
from comanda.inbox.models import WorkerRun
from comanda.inbox.quarantine import sweep
from comanda.inbox.retention import BATCH, prune
from comanda.life import CAREFUL, Life
from comanda.pipeline import process
from comanda.problems import CODES
from comanda.rescue import give_up, take_apart
from comanda.run import Run
from comanda.sqlite.log import Log

log = logging.getLogger("comanda.worker")

IDLE_SECONDS = 0.05
SWEEP_SECONDS = 1.0
PRUNE_SECONDS = 3600.0
DEATHS = 3
ALARMING = frozenset({"order_unreadable", "internal_error"})  # a builder has changed, or we are wrong


def batch_size() -> int:
    return 100 if sql.on_sqlite() else 300


def turn(limit: int, only: Sequence[uuid.UUID] = ()) -> int:
    """Process one batch (or just these); returns how many deliveries it took."""
    ids: list[uuid.UUID] = []
    try:
        with claiming():
            runs = claim(limit, only)
            ids = [run.delivery.id for run in runs]
            if runs:
                process(Claim(runs))
        tell(runs)
    except Exception as error:
        if is_away(error) or not ids:
            raise
        log.exception("a batch of %s failed; taking it apart", len(ids))
        take_apart(ids, error)
    return len(ids)


def tell(runs: Sequence[Run]) -> None:
    """A log line for each order that could not be registered; which, where and why, and nothing of what is in it."""
    for run in runs:
        if run.problems and CODES[run.problems[0].code].status == "failed":
            code, account, integration = run.problems[0].code, run.integration.account_id, run.integration.id
            known = {"account": account, "integration": integration, "delivery": str(run.delivery.id), "cause": code}
            level = logging.WARNING if code in ALARMING else logging.INFO
            log.log(level, "not registered: %s", code, extra=known)


def turn_carefully() -> int:
    """One delivery at a time, counted before it is touched: the one that kills its worker is given up at the third death."""
    rows = sql.execute("SELECT id, claims FROM comanda_delivery WHERE state = 'pending' ORDER BY id LIMIT 1")
    for id_, claims in ((sql.as_uuid(row[0]), row[1]) for row in rows):
        if claims >= DEATHS:
            give_up(id_, None)
        else:
            sql.execute("UPDATE comanda_delivery SET claims = claims + 1 WHERE id = %s AND state = 'pending'", (id_,))
            turn(1, [id_])
    return len(rows)


def deaths() -> int:
    """How many workers have died since somebody last looked: they left a row, and nobody holds their life."""
    dead = [run for run in WorkerRun.objects.all() if not Life(run.pk).held()]
    for run in dead:
        Life(run.pk).forget()
        run.delete()
    return len(dead)


class Worker:
    """One worker's loop. After a death, as many deliveries as a batch holds are taken one at a time."""

    def __init__(self) -> None:
        self.careful = batch_size() if deaths() else 0
        self.row = WorkerRun.objects.create(host=socket.gethostname()[:120], pid=os.getpid())
        self.life, self.care = Life(self.row.pk), Life(CAREFUL)
        self.life.take()
        self.swept = self.prune_at = 0.0
        self.log = Log() if sql.on_sqlite() else None

    def step(self) -> int:
        """Do what is next; returns how many deliveries were taken."""
        if self.careful:
            return self.step_carefully()
        if time.monotonic() - self.swept > SWEEP_SECONDS:
            self.swept = time.monotonic()  # before it may fail: then there are other things to do as well
            sweep()
        if time.monotonic() >= self.prune_at:
            self.prune_at = time.monotonic() + SWEEP_SECONDS
            if prune() < BATCH:
                self.prune_at = time.monotonic() + PRUNE_SECONDS
        taken = turn(batch_size())
        if self.log:
            self.log.after(taken)
        return taken

    def step_carefully(self) -> int:
        """Only one worker is careful at a time, lest two count the same claim."""
        if not self.care.take():
            return 0
        try:
            taken = turn_carefully()
        finally:
            self.care.leave()
        self.careful = self.careful - 1 if taken else 0
        return taken or 1

    def end(self) -> None:
        WorkerRun.objects.filter(pk=self.row.pk).delete()
        self.life.forget()


def work(stop: threading.Event) -> None:
    """Work until told to stop, whatever the database does meanwhile."""
    worker = Worker()
    while not stop.is_set():
        try:
            if not worker.step():
                stop.wait(IDLE_SECONDS)
        except Exception as error:
            log.warning("the database does not answer (%s: %s); trying again", type(error).__name__, error)
            stop.wait(1.0)
            connection.close()
            worker.life.renew()
    worker.end()


def work_off() -> int:
    """Process all that is pending, then return how many deliveries that were."""
    total = 0
    while taken := turn(batch_size()):
        total += taken
    return total
