"""`comanda demo`: from nothing to orders of every builder, registered or explained, and two causes mended."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from rich.console import Console

from comanda.connectors import CONNECTORS
from comanda.demo import words
from comanda.demo.account import SHOWS_ALL
from comanda.demo.builders import BUILDERS
from comanda.demo.story import Teller, story
from tests.postgres import free_port


@contextmanager
def installation(home: Path) -> Iterator[dict[str, str]]:
    """The environment of an installation of its own: its home, and with --postgres a new database."""
    there = {name: value for name, value in os.environ.items() if not name.startswith("COMANDA_")}
    there["COMANDA_HOME"] = str(home)
    if not (server := os.environ.get("COMANDA_DATABASE_URL")):
        yield there
        return
    name = f"demo_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield there | {"COMANDA_DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}"))}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with installation(tmp_path_factory.mktemp("demo")) as there:
        yield there


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "comanda", "demo", *arguments]


def run(place: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), env=place, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def first(place: dict[str, str]) -> dict[str, Any]:
    """What the first run says, on stdout and nothing else."""
    ended = run(place, "--exit", "--json", "--port", str(free_port()))
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) == 1
    return json.loads(ended.stdout)


def expected(mapped: bool) -> tuple[Counter[str], Counter[str]]:
    """The causes before the mending and after it: what is mapped later waits, and then has its own."""
    told = story(Teller(1001, datetime.now(UTC)), list(BUILDERS), SHOWS_ALL)
    unmapped = [scene for name, scene in told if BUILDERS[name].mapped_later and not mapped]
    own = Counter(scene.cause for _, scene in told)
    waiting = Counter({"unmapped": len(unmapped)}) if unmapped else Counter()
    return own - Counter(scene.cause for scene in unmapped) + waiting, own


def check(said: dict[str, Any], *, mapped: bool = False) -> None:
    before, causes = expected(mapped)
    registered, refused = causes.pop(""), causes.pop("signature_invalid")
    assert len(causes) >= 8
    del before[""], before["signature_invalid"]
    assert said["problems"] == before
    if mapped:
        assert said["mapped"] is None
    else:
        assert said["mapped"] | {"subject": ""} == {
            "code": "unmapped",
            "subject": "",
            "reprocessed": before["unmapped"],
            "registered": 3,
        }
    assert said["refused"] == {"signature_invalid": refused}
    assert said["mended"] | {"subject": ""} == {
        "code": "product_not_linked",
        "subject": "",
        "reprocessed": 3,
        "registered": 3,
    }
    assert set(said["registered"]) == set(CONNECTORS)
    assert all(said["registered"].values())
    assert sum(said["registered"].values()) == registered + 3
    shown = Counter(row["cause"] for row in said["history"])
    assert shown == causes - Counter({"product_not_linked": 3}) + Counter({None: registered + 3})
    messages = {row["cause"]: row["message"] for row in said["history"] if row["cause"]}
    assert all(messages.values())
    assert "llegado por «Tienda Demo»" in messages["duplicate_order"]


def test_every_builder_is_shown() -> None:
    assert set(BUILDERS) == set(CONNECTORS)


def test_it_shows_each_kind_of_failure_and_mends_two(first: dict[str, Any]) -> None:
    check(first)
    assert (first["email"], bool(first["password"])) == ("demo@comanda.example", True)


def test_the_shop_looks_lived_in_from_the_first_run(place: dict[str, str], first: dict[str, Any]) -> None:
    """A month of orders on days of their own, registered but for some of the last days; the second run adds none."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        asked = ["history", "--account", "Tienda Demo", "--limit", "200", "--cursor", cursor, "--json"]
        ended = subprocess.run([sys.executable, "-m", "comanda", *asked], env=place, capture_output=True, check=True)
        page = json.loads(ended.stdout)
        items, cursor = items + page["items"], page["next"]
    lately = datetime.now(UTC) - timedelta(hours=12)
    before = [item for item in items if datetime.fromisoformat(item["received_at"]) < lately]
    assert len({item["received_at"][:10] for item in before}) >= 28
    assert [item["received_at"] for item in items] == sorted((item["received_at"] for item in items), reverse=True)
    assert all(item["received_at"] >= item["ordered_at"] for item in before)
    causes = Counter(item["cause"] for item in before)
    assert causes[None] > 0.7 * len(before)
    assert set(causes) == {None, "product_not_linked", "phone_invalid", "order_cancelled"}


def test_a_second_run_sends_new_orders_of_the_same_account(place: dict[str, str], first: dict[str, Any]) -> None:
    ended = run(place, "--exit", "--json", "--port", str(free_port()))

    assert ended.returncode == 0, ended.stderr
    second = json.loads(ended.stdout)
    check(second, mapped=True)
    same = ("account", "token", "email", "password")
    assert [second[key] for key in same] == [first[key] for key in same]
    assert {row["number"] for row in second["history"]} & {row["number"] for row in first["history"]} <= {""}


def test_it_says_it_in_spanish(place: dict[str, str], first: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:  # taken: with --exit it takes another port by itself
        ended = run(place, "--exit", "--port", str(other.getsockname()[1]))

    assert ended.returncode == 0, ended.stderr
    assert "Mapeado" not in ended.stdout
    for each in ("❌ Fallido", "✅ Exitoso", "Vinculado: 3 pedidos registrados", first["token"], "comanda why"):
        assert each in ended.stdout


def test_a_port_that_is_taken_is_refused(place: dict[str, str], first: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ended = run(place, "--json", "--port", str(other.getsockname()[1]))

    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"]["code"] == "address_in_use"


@contextmanager
def staying(place: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A demo that serves, and what it said."""
    arguments = command("--json", "--port", str(free_port()))
    with subprocess.Popen(arguments, env=place, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, json.loads(process.stdout.readline())
            assert process.stdout.read() == ""
        finally:
            process.kill()


def test_a_first_run_that_stays_sends_the_orders_too(tmp_path: Path) -> None:
    with installation(tmp_path) as place, staying(place) as (process, said):
        check(said)
        process.terminate()
        assert process.wait(30) == 0
        assert not answers(said["url"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_later_run_that_stays_sends_nothing(
    place: dict[str, str], first: dict[str, Any], number: signal.Signals, code: int
) -> None:
    """A second demo beside it uses its server; however it ends, its server ends with it."""
    with staying(place) as (process, said):
        assert said["mended"] is None
        assert len(said["history"]) >= len(first["history"])
        beside = run(place, "--json", "--port", str(urlsplit(said["url"]).port))
        assert json.loads(beside.stdout) == said
        process.send_signal(number)
        assert process.wait(30) == code
    deadline = time.monotonic() + 20
    while answers(said["url"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True


def test_its_table_bears_long_rows() -> None:
    row = {"number": "#" + "9" * 80, "platform": "shopify", "customer": "Ñ" * 255, "status": "failed"}
    said = io.StringIO()
    Console(file=said, width=240).print(words.history([row | {"message": ", ".join(["Faja\nReductora"] * 200)}]))
    lines = said.getvalue().splitlines()
    assert len(lines) <= 3 and lines[1].count("…") >= 2 and "Shopify" in lines[1]
