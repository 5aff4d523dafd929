"""An order, or a request, that breaks what touches it stands alone in the end: explained, and in nobody's way."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import OperationalError

from comanda import pipeline
from comanda.history.models import Intake, Problem
from comanda.inbox import commit
from comanda.inbox.commit import Committer
from comanda.inbox.models import Delivery
from comanda.inbox.receive import Door
from comanda.integrations.connect import hook_url
from comanda.run import Run
from tests.cast import Cast, ask, the_door
from tests.installation import Installation, kill, until
from tests.shopify_orders import order, signed


def test_an_order_that_kills_its_worker_is_given_up_at_the_third_death(installation: Installation) -> None:
    url = installation.hook()
    with installation.started("web", "--port", str(installation.port)):
        installation.wait_until_it_answers()
        for id_ in range(1, 7):
            raw, headers = signed(order(id_, note="POISON" if id_ == 3 else ""))
            assert httpx.post(url, content=raw, headers=headers).status_code == 200
    deaths = 0
    while pending(installation):
        deaths += dies(installation)
        assert deaths < 10
    assert deaths == 4  # in the first batch, and then three times alone
    statuses = installation.rows("SELECT status, cause FROM comanda_intake ORDER BY status")
    assert statuses == [("failed", "internal_error")] + [("registered", "")] * 5


def pending(installation: Installation) -> int:
    return installation.count("SELECT count(*) FROM comanda_delivery WHERE state = 'pending'")


def dies(installation: Installation) -> bool:
    """Whether a worker that POISON kills is killed; else it has done all that there was."""
    with installation.started(script=str(Path(__file__).parent / "deadly_worker.py")) as process:
        until(lambda: process.poll() is not None or not pending(installation), 60, "the worker to die or to be done")
    return process.returncode == -signal.SIGKILL


def test_workers_that_start_beside_others_take_nobody_for_dead(installation: Installation) -> None:
    installation.hook()
    with installation.started("worker") as first, installation.started("worker") as second:
        with installation.started("worker") as third:
            until(lambda: pids(installation) == {first.pid, second.pid, third.pid}, 20, "three workers")
            kill(third.pid)
        with installation.started("worker") as fourth:
            until(lambda: fourth.pid in pids(installation), 20, "the fourth")
            assert pids(installation) == {first.pid, second.pid, fourth.pid}


def pids(installation: Installation) -> set[int]:
    return {row[0] for row in installation.rows("SELECT pid FROM comanda_workerrun")}


def test_an_unforeseen_error_fails_its_own_order_only(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pipeline.match

    def match(runs: list[Run]) -> None:
        if any(run.draft and run.draft.number == "#666" for run in runs):
            raise RuntimeError("a bug of ours")
        real(runs)

    monkeypatch.setattr(pipeline, "match", match)
    for number in ("#1", "#2", "#666", "#4", "#5"):
        cast.post(cast.order(name=number))
    cast.work()
    assert list(Intake.objects.order_by("number").values_list("number", "status", "cause")) == [
        ("#1", "registered", ""),
        ("#2", "registered", ""),
        ("#4", "registered", ""),
        ("#5", "registered", ""),
        ("#666", "failed", "internal_error"),
    ]
    facts = json.loads(Problem.objects.get().facts)
    assert facts["error"] == "RuntimeError"
    assert "a bug of ours" in facts["traceback"]


def test_a_request_that_the_database_refuses_does_not_hinder_its_neighbours(cast: Cast) -> None:
    """A NUL cannot come in a header over HTTP; if something of the kind comes all the same, only it is refused."""

    async def together() -> list[int]:
        door = Door()
        path = "/hooks/" + hook_url(cast.shop).rpartition("/")[2]
        requests = []
        for number in range(5):
            raw, headers = signed(order(number + 1))
            if number == 2:
                headers["x-shopify-topic"] = "orders/create\x00"
            requests.append(ask(door, path, raw, headers))
        answers = await asyncio.gather(*requests)
        door.close()
        return [status for status, _ in answers]

    answers = asyncio.run(together())
    assert [status for number, status in enumerate(answers) if number != 2] == [200] * 4
    assert Delivery.objects.count() == answers.count(200)


def test_storage_that_is_away_is_never_a_200(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(commit, "write", away)
    status, answer = cast.post(cast.order())
    assert (status, answer["error"]["code"]) == (503, "storage_unavailable")
    assert not Delivery.objects.exists()


def test_a_full_queue_asks_to_come_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_door.door, "committer", Committer(entries=0))
    status, answer = cast.post(cast.order())
    assert (status, answer["error"]["code"]) == (503, "busy")
    assert not Delivery.objects.exists()
