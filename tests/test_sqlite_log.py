"""SQLite's log of writes does not grow without end, and whoever reads for long keeps nobody from writing."""

import sqlite3
import time

import httpx
import pytest
from django.db import connection

from comanda.sqlite.log import LONG, PAGE
from comanda.worker import Worker
from tests.cast import Cast
from tests.installation import Installation, until
from tests.shopify_orders import order, signed


@pytest.fixture
def database(installation: Installation) -> sqlite3.Connection:
    if installation.database_url:
        pytest.skip("SQLite's")
    return sqlite3.connect(installation.home / "comanda.sqlite3", isolation_level=None)


def length(installation: Installation) -> int:
    return (installation.home / "comanda.sqlite3-wal").stat().st_size


def swell(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE IF NOT EXISTS much (bytes BLOB)")
    database.execute("INSERT INTO much VALUES (randomblob(?))", (LONG * PAGE * 2,))


def test_the_worker_puts_a_long_log_away(installation: Installation, database: sqlite3.Connection) -> None:
    with installation.serving():
        swell(database)
        until(lambda: length(installation) < PAGE * 100, 10, "the log is put away")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_whoever_reads_for_long_keeps_nobody_from_writing(
    installation: Installation, database: sqlite3.Connection
) -> None:
    url = installation.hook()
    with installation.serving():
        reader = sqlite3.connect(installation.home / "comanda.sqlite3", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM comanda_order").fetchone()
        swell(database)
        started = time.monotonic()
        for number in range(1_000_000, 1_000_050):
            raw, headers = signed(order(number))
            assert httpx.post(url, content=raw, headers=headers, timeout=10).status_code == 200
        until(lambda: installation.count("SELECT count(*) FROM comanda_intake") == 50, 10, "all are processed")
        assert time.monotonic() - started < 15
        assert length(installation) >= LONG * PAGE
        assert reader.execute("SELECT count(*) FROM comanda_order").fetchone() == (0,)
        reader.close()
        until(lambda: length(installation) < PAGE * 100, 10, "the log is put away")


def test_what_the_worker_wrote_is_on_the_disk_as_soon_as_it_has_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commits do not wait for the disk. Nobody else commits here: without a flush of its own they might never be there."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's")
    flushed: list[int] = []
    monkeypatch.setattr("comanda.sqlite.log.os.fdatasync", flushed.append)
    working = Worker()
    cast.post(cast.order())
    taken = [(working.step(), len(flushed)) for _ in range(3)]
    working.end()
    assert taken == [(1, 0), (0, 1), (0, 1)]
