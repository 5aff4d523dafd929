"""serve and web: what they say of themselves, where they listen, and what hinders them."""

import json
import socket
import subprocess
import sys

import httpx
import pytest
from django.db import OperationalError, connection
from django.test import override_settings

from comanda.cli.processes import elsewhere
from comanda.processes import listen
from tests.cast import Cast, command
from tests.installation import Installation, until


@pytest.mark.parametrize(
    ("base", "port", "warned"),
    [
        ("http://localhost:8000", 8100, True),
        ("http://localhost:8000", 8000, False),
        ("http://192.168.1.20:9000", 8000, True),
        ("http://localhost", 8000, False),  # a proxy
        ("https://comanda.example", 8000, False),
        ("https://comanda.example:8443", 8000, False),
        ("http://localhost:8000", 0, False),  # whatever port is free
        ("http://localhost:x", 8000, False),
    ],
)
def test_a_port_that_the_urls_do_not_name_is_warned_of(base: str, port: int, warned: bool) -> None:
    with override_settings(BASE_URL=base):
        found = elsewhere(port)
    assert bool(found) is warned
    if warned:
        assert base in found and f"--port {port}" in found and "COMANDA_BASE_URL" in found


def test_serve_says_it(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """And serves: it may be meant."""
    served = []

    class Served:
        def __init__(self, *given: object) -> None:
            served.append(given)

        def run(self) -> None:
            served.append("run")

    monkeypatch.setattr("comanda.processes.Supervisor", Served)
    monkeypatch.setattr("comanda.processes.listen", lambda *_: None)
    with override_settings(BASE_URL="http://localhost:8000"):
        said = json.loads(command("serve", "--port", "8123", "--json"))
        assert said["url"] == "http://localhost:8123" and "http://localhost:8000" in said["warnings"][0]
        assert json.loads(command("serve", "--port", "8000", "--json")) == {"url": "http://localhost:8000"}
        assert "COMANDA_BASE_URL" in command("serve", "--port", "8123")
    assert served[1::2] == ["run"] * 3


def test_those_who_start_at_once_migrate_once(installation: Installation) -> None:
    """Two machines, or two terminals, on one new database."""
    command = [sys.executable, "-m", "comanda", "migrate", "--json"]
    started = [subprocess.Popen(command, env=installation.env, stdout=subprocess.PIPE) for _ in range(3)]
    said = [json.loads(each.communicate(timeout=120)[0]) for each in started]
    assert [each.returncode for each in started] == [0, 0, 0]
    assert sorted(bool(each["applied"]) for each in said) == [False, False, True]


def test_a_port_that_is_taken_is_refused(installation: Installation) -> None:
    installation.run("migrate")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for name in ("serve", "web"):
            said = installation.run(name, "--port", str(port))["error"]
            assert (said["code"], said["message"]) == ("address_in_use", f"127.0.0.1:{port}: Address already in use")


@pytest.mark.parametrize("name", ["serve", "web"])
def test_it_listens_where_there_are_colons_in_the_address(installation: Installation, name: str) -> None:
    try:
        listen("::1", 0).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    installation.run("migrate")
    port = str(installation.port)
    with installation.started(name, "--host", "::1", "--port", port):
        until(lambda: answers(f"http://[::1]:{port}/hooks/nobody"), 30, "the server to answer")


def answers(url: str) -> bool:
    try:
        return httpx.post(url, content=b"{}", timeout=2).status_code == 404
    except httpx.TransportError:
        return False


def test_why_nothing_is_taken_stands_in_the_log(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("comanda.inbox.commit.write", full)
    assert cast.post(cast.order())[0] == 503
    assert "not committed: 1 entries: OperationalError: database or disk is full" in caplog.text


def test_a_disk_that_is_nearly_full_is_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: (10**9, 10**9 - 10**6, 10**6))
    checks = {each["check"]: each for each in json.loads(command("doctor", "--json", code=1))["checks"]}
    assert checks["home"]["ok"] is (connection.vendor != "sqlite") or checks["home"]["detail"].endswith(
        "only 1 MB is free there"
    )
