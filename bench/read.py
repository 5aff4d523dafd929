"""How fast each connector reads an order of its fixtures, beside bare decoding of the same bytes."""

import inspect
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bench.common import main, ratio, show

ROUNDS = 5


def measure(given: Namespace) -> None:
    from comanda.connectors import CONNECTORS

    rows = [("", "bytes", "orders/s", "of bare decoding", "of 15000/s", "target")]
    for name, connector in sorted(CONNECTORS.items()):
        body, topic = fixture(connector), min(connector.creates)
        read = rate(given.orders, lambda body=body, topic=topic, of=connector: of.parse(topic, body))
        bare = rate(given.orders, lambda body=body: msgspec.json.decode(body))
        rows.append((name, str(len(body)), f"{read:.0f}", f"{read / bare:.2f}", *ratio(read / 15_000, 1)))
    show("read: bytes to Draft", rows)


def fixture(connector: Any) -> bytes:
    """Its whole order, without the blanks that make it easy to read in the repository."""
    path = Path(inspect.getfile(type(connector))).parent / "fixtures" / "order.json"
    return msgspec.json.format(path.read_bytes(), indent=-1)


def rate(times: int, act: Callable[[], Any]) -> float:
    """The best of some rounds, in calls a second."""
    best = 0.0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(times):
            act()
        best = max(best, times / (time.perf_counter() - started))
    return best


if __name__ == "__main__":
    main(measure, orders=5_000)
