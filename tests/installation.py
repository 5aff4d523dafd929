"""A whole installation of its own: a home, a database, processes on a free port. For tests that kill them."""

import atexit
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.postgres import free_port

KEYS = ("COMANDA_HOME", "COMANDA_DATABASE_URL")


class Installation:
    """Commands, processes and rows of one installation."""

    def __init__(self, home: Path, database_url: str | None) -> None:
        self.home, self.database_url = home, database_url
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if name not in KEYS}
        self.env = kept | {"COMANDA_HOME": str(home), "PYTHONPATH": str(Path(__file__).parent.parent)}
        if database_url:
            self.env["COMANDA_DATABASE_URL"] = database_url

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str) -> Any:
        """A command with --json; its object, whatever its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "comanda", *arguments, "--json"],
            check=False,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def started(self, *arguments: str, script: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """A process of ours, ended at the end."""
        command = [sys.executable, script] if script else [sys.executable, "-m", "comanda"]
        process = subprocess.Popen([*command, *arguments], env=self.env)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.started("serve", "--port", str(self.port)) as process:
            self.wait_until_it_answers()
            yield process

    def wait_until_it_answers(self) -> None:
        until(self.answers, 30, "the server to answer")

    def answers(self) -> bool:
        try:
            return httpx.post(f"{self.url}/hooks/nobody", content=b"{}", timeout=2).status_code == 404
        except httpx.TransportError:
            return False

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(statement).fetchall()
        connection_ = sqlite3.connect(self.home / "comanda.sqlite3", timeout=30)
        try:
            return connection_.execute(statement).fetchall()
        finally:
            connection_.close()

    def count(self, statement: str) -> int:
        return int(self.rows(statement)[0][0])

    def hook(self, store: str = "tienda-uno") -> str:
        """An account with its catalogue and a Shopify integration; returns the integration's URL on this port. On SQLite it
        is made once for each store, and copied into whatever home is empty."""
        empty = not self.database_url and not any(self.home.iterdir())
        if empty and store in MADE:
            shutil.copytree(MADE[store][0], self.home, dirs_exist_ok=True)
            return self.url + MADE[store][1]
        path = self.connected(store)
        if empty:
            kept = Path(tempfile.mkdtemp(prefix="comanda-made-"))
            atexit.register(shutil.rmtree, kept, ignore_errors=True)
            shutil.copytree(self.home, kept, dirs_exist_ok=True)
            MADE[store] = kept, path
        return self.url + path

    def connected(self, store: str) -> str:
        self.run("migrate")
        if not self.count("SELECT count(*) FROM comanda_account"):
            self.run("account", "create", "Ana", "--email", "ana@example.com", "--password", "una-clave-larga-9")
            catalogue = self.home / "catalogue.csv"
            catalogue.write_text("product,variant,sku,price,cost,stock\nFaja Reductora,M,FAJA-M,109900,50000,\n")
            self.run("products", "import", str(catalogue), "--account", "Ana")
        names = ("--account", "Ana", "--name", store, "--store", store, "--secret", "shpss_una-clave")
        made = self.run("integration", "add", "shopify", *names)
        return "/hooks/" + str(made["hook_url"]).partition("/hooks/")[2]


MADE: dict[str, tuple[Path, str]] = {}  # by the store: the home, and the path of its URL


def children(process: subprocess.Popen[bytes], word: str) -> list[int]:
    """The process ids of a process's children whose command has this word."""
    listed = subprocess.run(
        ["pgrep", "-P", str(process.pid), "-f", f"comanda {word}"], capture_output=True, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split()]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def until(done: Any, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def fresh_database() -> str | None:
    """A new database on the session's PostgreSQL server; None where the session is on SQLite."""
    url = os.environ.get("COMANDA_DATABASE_URL")
    if not url:
        return None
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.rpartition("/")[0] + "/" + name
