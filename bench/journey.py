"""How fast stored deliveries become registered orders: beside raw inserts of the same rows, and one order a transaction."""

import time
from argparse import Namespace
from contextlib import ExitStack
from typing import Any

from bench.common import hook_path, main, open_shop, process, ratio, show, signed


def measure(given: Namespace) -> None:
    path = hook_path(open_shop())
    rates: dict[str, float] = {}
    fill(path, 0, 2000)
    rates["single"] = 2000 / work(2000, 1, batch=1)
    fill(path, 2000, given.orders)
    rates["one"] = given.orders / work(given.orders + 2000, 1)
    if given.database == "postgres":
        fill(path, 2000 + given.orders, given.orders)
        rates["two"] = given.orders / work(2 * given.orders + 2000, 2)
    rates["raw"] = raw(given.orders)
    report(given.database, rates, given.orders)


def fill(path: str, first: int, count: int) -> None:
    """Deliveries as the door stores them."""
    from comanda.inbox.commit import settle
    from comanda.inbox.receive import Given, examine
    from comanda.inbox.targets import load

    token = path.removeprefix("/hooks/")
    target = load([token])[token]
    for start in range(first, first + count, 500):
        requests = (signed(number) for number in range(start, min(start + 500, first + count)))
        settle([examine(target, Given(headers, headers, body)) for headers, body in requests])


def work(expected: int, workers: int, batch: int = 0) -> float:
    """Seconds that the worker processes took until nothing is pending; afterwards there are so many orders."""
    from comanda.history.models import Attempt
    from comanda.orders.models import Order

    settle_down()
    with ExitStack() as stack:
        children = [stack.enter_context(process("bench.work", str(batch), pipes=True)) for _ in range(workers)]
        for child in children:
            assert child.stdout and child.stdout.readline() == b"ready\n"
        started = time.perf_counter()
        for child in children:
            assert child.stdin
            child.stdin.write(b"go\n")
            child.stdin.flush()
        for child in children:
            assert child.stdout
            child.stdout.readline()
        took = time.perf_counter() - started
    assert (
        Order.objects.filter(status="open").count() == Attempt.objects.filter(status="registered").count() == expected
    )
    return took


def settle_down() -> None:
    """What was written so far is checkpointed and counted, so that it is not paid for by what is measured next."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")


def raw(count: int) -> float:
    """Orders a second where the journey's own rows are inserted into the emptied tables, in the worker's own batches, and
    on SQLite into the index of words, which PostgreSQL keeps by itself."""
    from django.db import transaction

    from comanda import sql
    from comanda.history.models import Intake
    from comanda.history.words import gather
    from comanda.processes import spare_the_collector

    tables = kept(count)
    for model, _, _ in reversed(tables):
        table = model._meta.db_table
        sql.execute(f"DELETE FROM {table}" if sql.on_sqlite() else f"TRUNCATE {table} CASCADE")
    settle_down()
    spare_the_collector()
    started = time.perf_counter()
    for batch in range(len(tables[0][2])):
        with transaction.atomic():
            for model, columns, batches in tables:
                sql.insert(model, columns, batches[batch])
                if model is Intake:
                    gather(row[columns.index("id")] for row in batches[batch])
    took = time.perf_counter() - started
    assert all(model._default_manager.count() == sum(map(len, batches)) for model, _, batches in tables)
    return count / took


def kept(count: int) -> list[tuple[Any, tuple[str, ...], list[list[tuple[Any, ...]]]]]:
    """Of each table that the journey fills, parents first: the columns, and the rows of the last orders, batch by batch."""
    from comanda.history.models import Attempt, Intake
    from comanda.orders.models import Order, OrderKey, OrderLine
    from comanda.worker import batch_size

    orders = Order.objects.order_by("-registered_at", "-id")[:count].values_list("id", "key_id", "intake_id")
    batch_of = {id_: place // batch_size() for place, ids in enumerate(reversed(orders)) for id_ in ids}
    tables = []
    for model, by in ((OrderKey, "id"), (Intake, "id"), (Attempt, "intake_id"), (Order, "id"), (OrderLine, "order_id")):
        fields = [field for field in model._meta.local_concrete_fields if not is_counted(field)]
        columns = tuple(field.column for field in fields)
        place = columns.index(by)
        batches: list[list[tuple[Any, ...]]] = [[] for _ in range(-(-count // batch_size()))]
        for row in model._default_manager.order_by("pk").values_list(*columns):
            if row[place] in batch_of:
                batches[batch_of[row[place]]].append(as_written(fields, row))
        tables.append((model, columns, batches))
    return tables


def is_counted(field: Any) -> bool:
    return field.primary_key and field.get_internal_type() == "BigAutoField"


def as_written(fields: list[Any], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """JSON columns are text to the fast insert."""
    return tuple(
        "[]" if field.get_internal_type() == "JSONField" else value for field, value in zip(fields, row, strict=True)
    )


def report(database: str, rates: dict[str, float], count: int) -> None:
    one = rates["one"]
    rows = [
        ("", "orders/s", "ratio", "target"),
        ("the journey, one worker", f"{one:.0f}", "", ""),
        ("raw inserts of its rows", f"{rates['raw']:.0f}", *ratio(one / rates["raw"], 0.35)),
        ("one order a transaction", f"{rates['single']:.0f}", *ratio(one / rates["single"], 5)),
    ]
    if "two" in rates:
        rows.append(("two workers (two cores)", f"{rates['two']:.0f}", *ratio(rates["two"] / one, 1.6)))
    show(f"journey, {database}: {count} stored deliveries to registered orders with their traces", rows)


if __name__ == "__main__":
    main(measure, orders=50_000)
