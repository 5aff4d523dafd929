"""The only writer of orders: registers each order once, applies its newer versions, cancels it."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

from comanda import sql
from comanda.catalogue import stock
from comanda.inbox.models import new_id
from comanda.orders import group
from comanda.orders.content import CONTENT, LINE, content, line_rows
from comanda.orders.models import Order, OrderKey, OrderLine
from comanda.problems import CODES, Problem
from comanda.run import Key, Run


class Changes:
    """What a batch does to the orders, written together at its end."""

    def __init__(self) -> None:
        self.new: list[Run] = []
        self.updated: list[Run] = []
        self.cancelled: list[Key] = []
        self.joined: list[Run] = []  # to orders that are there, or new in this batch


def register(runs: list[Run]) -> None:
    """Register, update or cancel, one order after the other in memory, then write all of it with one statement a table."""
    changes = Changes()
    by_key: dict[Any, list[Run]] = defaultdict(list)
    for run in runs:
        if run.key and run.draft and not run.superseded:
            by_key[run.key.id].append(run)
    for same in by_key.values():
        # The intake that registered it goes first, else the one that came first.
        same.sort(key=lambda run: (run.key.order_intake_id != run.intake_id, run.delivery.received_at))  # type: ignore[union-attr]
        for run in same:
            settle(run, run.key, changes)  # type: ignore[arg-type]
        for run in same:
            note_duplicate(run, run.key)  # type: ignore[arg-type]
    for run in runs:
        if run.trial and not run.problems:
            run.registered = "trial"
            run.note(Problem("test_order"))
    group.gather(changes.new, changes.joined)
    back = write(changes)
    for run in runs:
        run.back = back
    write_keys({run.key.id: run.key for run in runs if run.key and run.key.state != run.key.stored})


def settle(run: Run, key: Key, changes: Changes) -> None:
    """What this version means for its order."""
    cancelled = run.met("order_cancelled")
    if key.order_id is None:
        if not run.problems and run.order:
            key.order_id, key.order_intake_id = new_id(), run.intake_id
            key.order_status, key.order_integration = "open", run.integration.name
            run.registered = "created"
            changes.new.append(run)
        return
    outdated = key.version is not None and run.version < key.version  # another integration has brought a newer one
    if outdated and key.order_intake_id == run.intake_id and not key.cancelled_at:
        run.superseded = True
    elif cancelled:
        if key.order_status == "open" and not outdated:
            key.order_status = "cancelled"
            changes.cancelled.append(key)
        run.registered = "cancelled" if key.order_status == "cancelled" else ""
    elif not (run.problems or run.order is None or outdated):
        run.registered = "updated" if key.order_status == "open" else "reopened"
        key.order_status = "open"
        changes.updated.append(run)


def note_duplicate(run: Run, key: Key) -> None:
    """The order is registered by another intake: what else is the matter with this one matters only while it keeps a newer
    version from being applied."""
    if key.order_id and key.order_intake_id != run.intake_id and run.registered != "cancelled":
        first = str(key.order_intake_id)
        newer = key.order_version is not None and run.version > key.order_version and not run.superseded
        kept = [problem for problem in run.problems if newer and CODES[problem.code].step in ("check", "match")]
        duplicate = Problem("duplicate_order", f"intake:{first}", first=first, integration=key.order_integration)
        run.problems = [duplicate, *kept]


def write(changes: Changes) -> frozenset[int]:
    """New orders, then the versions that change something, then cancellations; stock last, in one statement. Returns the
    catalogue variants of which pieces came back."""
    taken: Counter[int] = Counter()
    now = datetime.now(UTC)
    insert_new(changes.new, now)
    for run in changes.new:
        taken.update(stock.pieces((each.variant_id, each.quantity) for each in run.shipped))
    parts = {run.key.id for run in changes.joined if run.key}  # in this very batch: the order is not theirs alone
    alone = [run for run in changes.updated if run.key and not run.key.part_id and run.key.id not in parts]
    taken.update(apply_updates(alone, now))
    taken.update(group.join(changes.joined, changes.cancelled, now))
    taken.update(group.apply_updates([run for run in changes.updated if run.key and run.key.part_id], now))
    taken.update(cancel([key for key in changes.cancelled if not key.part_id], now))
    taken.update(group.cancel([key for key in changes.cancelled if key.part_id], now))
    return stock.move(taken)


def insert_new(runs: list[Run], now: datetime) -> None:
    columns = ("id", "account_id", "key_id", "intake_id", *CONTENT, "registered_at", "updated_at")
    rows = []
    for run in runs:
        key = run.key
        assert key is not None
        rows.append((key.order_id, key.account_id, key.id, run.intake_id, *content(run), now, now))
    sql.insert(Order, columns, rows)
    insert_lines(runs)


def insert_lines(runs: list[Run]) -> None:
    sql.insert(OrderLine, LINE, [row for run in runs if run.key for row in line_rows(run)])


def apply_updates(runs: list[Run], now: datetime) -> Counter[int]:
    """Write the versions that say something new; returns the pieces that they take beyond what was taken."""
    stored = {
        sql.as_uuid(row[0]): (row[1], row[2])
        for row in sql.select(
            Order, "t.id, t.content, t.status", {"id": "uuid"}, [(run.key.order_id,) for run in runs if run.key]
        )
    }
    changed: dict[Any, tuple[Run, tuple[Any, ...]]] = {}
    for run in runs:
        values = content(run)
        assert run.key is not None and run.key.order_id is not None
        if stored[run.key.order_id] == (values[-1], "open"):
            run.registered = "unchanged"
        else:
            changed[run.key.order_id] = (run, values)
    if not changed:
        return Counter()
    taken: Counter[int] = Counter()
    for order_id, variant_id, quantity in old_lines(list(changed)):
        if stored[order_id][1] == "open":  # a cancelled order has given its pieces back
            taken[variant_id] -= quantity
    for run, _ in changed.values():
        taken.update(stock.pieces((each.variant_id, each.quantity) for each in run.shipped))
    OrderLine.objects.filter(order_id__in=changed).delete()
    sql.update(
        Order, ("id", *CONTENT, "updated_at"), [(id_, *values, now) for id_, (_, values) in sorted(changed.items())]
    )
    insert_lines([run for run, _ in changed.values()])
    return taken


def old_lines(order_ids: list[Any]) -> list[tuple[Any, int, int]]:
    rows = sql.select(
        OrderLine, "t.order_id, t.variant_id, t.quantity", {"order_id": "uuid"}, [(id_,) for id_ in order_ids]
    )
    return [(sql.as_uuid(row[0]), row[1], row[2]) for row in rows]


def cancel(keys: list[Key], now: datetime) -> Counter[int]:
    """Cancel registered orders; returns the pieces as taken, negative: they come back."""
    if not keys:
        return Counter()
    sql.update(Order, ("id", "status", "updated_at"), [(key.order_id, "cancelled", now) for key in keys])
    return stock.pieces(
        (variant_id, -quantity) for _, variant_id, quantity in old_lines([key.order_id for key in keys])
    )


def write_keys(keys: dict[Any, Key]) -> None:
    """Keep what the keys have learned: the newest version, a cancellation, the mark."""
    columns = ("id", "version", "cancelled_at", "cancel_reason", "mark")
    sql.update(OrderKey, columns, [(id_, *keys[id_].state) for id_ in sorted(keys)])
