"""The whole way at once: 64 connections at full load, `comanda web` and one `comanda worker` beside it."""

import time
from argparse import Namespace

from bench.common import Load, hook_path, load, main, megabytes, open_shop, process, ratio, server, show

MOST_A_SECOND = 12_000  # requests are rendered before the load begins


def measure(given: Namespace) -> None:
    path = hook_path(open_shop())
    with server("comanda", "web") as (port, web), process("comanda", "worker") as worker:
        load(port, path, 0, 2000)  # warms up
        wait_for_orders(2000)
        seen = load(port, path, 2000, MOST_A_SECOND * given.seconds, given.seconds)
        wait_for_orders(2000 + len(seen.delivered))
        report(given, seen, time.time() - seen.ended, megabytes(web) + megabytes(worker))


def wait_for_orders(count: int) -> None:
    from comanda.orders.models import Order

    while Order.objects.count() < count:
        time.sleep(0.02)


def report(given: Namespace, seen: Load, after: float, memory: float) -> None:
    p50, p99 = seen.percentile(0.5), seen.percentile(0.99)
    registered = len(seen.delivered) / (seen.seconds + after)
    show(
        f"way, {given.database}: {given.seconds} s of full load, {len(seen.delivered)} orders, {seen.refused} refused",
        [
            ("", "measured", "target"),
            ("accepted/s", f"{seen.rate:.0f}", ""),
            ("p50 of the 200, ms", f"{p50:.1f}", ""),
            ("p99 of the 200, ms", *ratio(p99, 50, most=True)),
            ("registered/s until the last", *ratio(registered, 3000)),
            ("seconds from the load's end to the last", *ratio(after, 3, most=True)),
            ("MB of web and worker", *ratio(memory, 250, most=True)),
        ],
    )


if __name__ == "__main__":
    main(measure, seconds=6)
