"""serve: what it says of itself before it serves."""

import json

import pytest
from django.test import override_settings

from comanda.cli.processes import elsewhere
from tests.cast import command


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
    with override_settings(BASE_URL="http://localhost:8000"):
        said = json.loads(command("serve", "--port", "8123", "--json"))
        assert said["url"] == "http://localhost:8123" and "http://localhost:8000" in said["warnings"][0]
        assert json.loads(command("serve", "--port", "8000", "--json")) == {"url": "http://localhost:8000"}
        assert "COMANDA_BASE_URL" in command("serve", "--port", "8123")
    assert served[1::2] == ["run"] * 3
