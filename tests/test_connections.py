"""What the door and the worker do with their connections to PostgreSQL: kept patience, taken turns, a restart survived."""

import threading
import time
import uuid
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from comanda import sql, worker
from comanda.history.models import Intake
from comanda.inbox import commit
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from tests.cast import Cast
from tests.test_races import Thread

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server")


def arrival(row: Integration, event: str, topic: str = "order.created", pins: bool = False) -> commit.Arrival:
    head = (uuid.uuid4(), row.account_id, row.pk, topic, event, True, "pending", "", "webhook", 1, 0, 0)
    return commit.Arrival((*head, f"store{row.pk}.co", None, timezone.now(), "{}", b"{}"), pins)


def test_a_careful_worker_survives_a_restart_of_the_database(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.post(cast.order())
    cut, real = [], worker.turn_carefully

    def cut_off() -> int:
        if not cut:
            cut.append(sql.execute("SELECT pg_backend_pid()")[0][0])
            Thread(lambda: sql.execute("SELECT pg_terminate_backend(%s)", cut)).done()
        return real()

    monkeypatch.setattr(worker, "deaths", lambda: 1)
    monkeypatch.setattr(worker, "turn_carefully", cut_off)
    stop = threading.Event()
    working = Thread(lambda: worker.work(stop))
    deadline = time.monotonic() + 20
    while working.is_alive() and time.monotonic() < deadline and not Intake.objects.exists():
        time.sleep(0.1)
    stop.set()
    working.done()
    assert cut and Intake.objects.get().status == "registered"


def test_two_doors_that_pin_two_stores_take_turns(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (connect(cast.account, "woocommerce", name) for name in ("A", "B"))
    both, seen, real = threading.Barrier(2, timeout=2), threading.local(), Integration.objects.filter

    def filtered(*given: Any, **wanted: Any) -> Any:
        if getattr(seen, "first", False):
            seen.first = False
            with suppress(threading.BrokenBarrierError):  # the other one waits for us: it takes turns
                both.wait()
        else:
            seen.first = True
        return real(*given, **wanted)

    monkeypatch.setattr(Integration.objects, "filter", filtered)
    found: list[Any] = []
    doors = [[(one, "1"), (two, "2")], [(two, "3"), (one, "4")]]
    threads = [
        Thread(lambda door=door: found.extend(commit.settle([arrival(*each, pins=True) for each in door])))
        for door in doors
    ]
    for thread in threads:
        thread.done()
    assert len(found) == 4 and not [each for each in found if isinstance(each, Exception)]


def test_a_door_keeps_its_patience_after_a_refused_row(cast: Cast) -> None:
    told: list[str] = []

    def door() -> None:
        for entries in ([arrival(cast.shop, "1")], [arrival(cast.shop, "2", "t" * 200), arrival(cast.shop, "3")]):
            commit.settle(entries, hurried=True)
            told.append(sql.execute("SHOW statement_timeout")[0][0])
        connection.close()

    Thread(door).done()
    assert told == ["4s", "4s"]
