"""kill -9, twenty times each, under load: nothing that was acknowledged is lost, nothing is registered twice."""

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.installation import Installation, children, kill, until
from tests.shopify_orders import order, signed

KILLS = 20


class Sender(threading.Thread):
    """Sends orders without pause, each until it is acknowledged, as a shop that retries."""

    def __init__(self, url: str, first: int) -> None:
        super().__init__(daemon=True)
        self.url, self.id, self.stop = url, first, threading.Event()
        self.acknowledged: dict[int, str] = {}

    def run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self.stop.is_set():
                self.send(client)

    def send(self, client: httpx.Client) -> None:
        raw, headers = signed(order(self.id))
        try:
            answer = client.post(self.url, content=raw, headers=headers)
        except httpx.TransportError:
            time.sleep(0.02)
            return
        if answer.status_code == 200:
            self.acknowledged[self.id] = answer.json()["delivery"]
            self.id += 1


def test_kill_9_loses_nothing_and_registers_nothing_twice(installation: Installation) -> None:
    url = installation.hook()
    with installation.serving() as serve:
        senders = [Sender(url, first) for first in (1_000_000, 2_000_000, 3_000_000, 4_000_000)]
        for sender in senders:
            sender.start()
        work = {
            "web": lambda: sum(len(sender.acknowledged) for sender in senders),
            "worker": lambda: installation.count("SELECT count(*) FROM comanda_order"),
        }
        for _ in range(KILLS):
            for word, done in work.items():
                kill_at_work(serve, word, done)
        for sender in senders:
            sender.stop.set()
        for sender in senders:
            sender.join(timeout=30)
        until(
            lambda: not installation.count("SELECT count(*) FROM comanda_delivery WHERE state = 'pending'"),
            90,
            "the worker",
        )

    acknowledged = {str(id_) for sender in senders for id_ in sender.acknowledged}
    registered = [
        row[0]
        for row in installation.rows(
            "SELECT k.external_id FROM comanda_order o JOIN comanda_orderkey k ON k.id = o.key_id"
        )
    ]
    assert acknowledged <= set(registered)
    assert len(registered) == len(set(registered))
    stored = {str(row[0]).replace("-", "") for row in installation.rows("SELECT id FROM comanda_delivery")}
    assert {id_.replace("-", "") for sender in senders for id_ in sender.acknowledged.values()} <= stored
    assert not installation.rows("SELECT id FROM comanda_intake WHERE status <> 'registered'")


def kill_at_work(serve: subprocess.Popen[bytes], word: str, done: Callable[[], int]) -> None:
    """Kills a child of serve once it has done some of its work since the last kill, however slowly it started."""
    before = done()
    until(lambda: done() >= before + 5, 60, f"the {word} to work")
    pids = children(serve, word)
    assert pids
    for pid in pids:
        kill(pid)


def test_killing_serve_takes_its_children_with_it(installation: Installation) -> None:
    installation.hook()
    with installation.serving() as serve:
        pids = children(serve, "web") + children(serve, "worker")
        assert len(pids) == 2
        kill(serve.pid)
        until(lambda: not any(alive(pid) for pid in pids), 40, "the children to end")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
