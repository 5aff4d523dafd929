"""Orders of one customer that a builder sends apart, minutes after one another, as one order: where the account says so.

Each of the store's orders keeps its key, its intake and its history; it becomes a part of the order that was there first.
"""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from comanda import sql
from comanda.catalogue import stock
from comanda.history.models import Intake
from comanda.orders.content import CONTENT, LINE, MONEY, content, line_rows
from comanda.orders.models import Order, OrderLine, OrderPart
from comanda.problems import Problem
from comanda.run import Key, Run

GROUPS = 2  # the kind of advisory lock; 1 is the catalogue's


def groups(run: Run) -> bool:
    return run.connector.splits and run.integration.account.group_minutes > 0


def hold_groups(runs: list[Run]) -> None:
    """One batch of an account that groups at a time: two parts in two workers must see each other."""
    if not sql.on_sqlite():
        for account in sorted({run.integration.account_id for run in runs if groups(run)}):
            sql.execute("SELECT pg_advisory_xact_lock(%s, %s)", (GROUPS, account))


def gather(new: list[Run], joined: list[Run]) -> None:
    """Of the orders that are about to be created, move those that belong to another one to `joined`."""
    firsts: list[Run] = []
    for run in sorted((run for run in new if groups(run)), key=lambda run: run.delivery.received_at):
        found = first_of(run, firsts)
        firsts.append(run)
        if found is None or run.key is None:
            continue
        order_id, first, number = found
        run.key.order_id, run.registered = order_id, "joined"
        run.note(Problem("grouped", f"intake:{first}", first=str(first), number=number))
        new.remove(run)
        joined.append(run)


def first_of(run: Run, firsts: list[Run]) -> tuple[Any, Any, str] | None:
    """The order (id, its intake, its number) of the same buyer in the same store that came within the account's minutes."""
    window = timedelta(minutes=run.integration.account.group_minutes)
    for other in firsts:
        near = abs(other.delivery.received_at - run.delivery.received_at) <= window
        if near and buyer(other) == buyer(run) and other.key and other.order:
            return other.key.order_id, other.intake_id, other.order.number
    return registered_near(run, window)


def buyer(run: Run) -> tuple[Any, ...]:
    assert run.order is not None
    return run.integration.account_id, run.integration.platform, run.store_key, run.order.customer.phone


def registered_near(run: Run, window: timedelta) -> tuple[Any, Any, str] | None:
    account, platform, store, phone = buyer(run)
    at = run.delivery.received_at
    near = Intake.objects.filter(account_id=account, received_at__range=(at - window, at + window))
    near = near.filter(status="registered", customer_phone=phone, key__platform=platform, key__store_key=store)
    keys = list(near.exclude(external_id=run.external_id).order_by("received_at").values_list("key_id", flat=True))
    part = OrderPart.objects.filter(key_id__in=keys, status="open").select_related("order").first()
    order = part.order if part else Order.objects.filter(key_id__in=keys, status="open").first()
    return (order.pk, order.intake_id, order.number) if order else None


def join(runs: list[Run], cancelled: list[Key], now: datetime) -> Counter[int]:
    """Add these to their orders; returns the pieces that they take. Keys that are about to be cancelled learn their part."""
    taken: Counter[int] = Counter()
    for run in runs:
        assert run.key and run.key.order_id and run.intake_id
        order = Order.objects.select_for_update().get(pk=run.key.order_id)
        if not order.parts.exists():
            first = part_of(order)
            for key in cancelled:
                key.part_id = first.pk if key.id == first.key_id else key.part_id
        part = OrderPart.objects.create(order=order, key_id=run.key.id, intake_id=run.intake_id, **said(run))
        run.key.part_id = part.pk
        taken.update(ship(run, part))
        sum_up(order, now)
    return taken


def part_of(order: Order) -> OrderPart:
    """The order as it was alone, as its own first part."""
    same = {name: getattr(order, name) for name in (*MONEY, "number", "status", "payment", "version", "content")}
    part = OrderPart.objects.create(order=order, key_id=order.key_id, intake_id=order.intake_id, **same)
    order.lines.update(part=part)
    return part


def said(run: Run) -> dict[str, Any]:
    values = dict(zip(CONTENT, content(run), strict=True))
    return {name: values[name] for name in (*MONEY, "number", "status", "payment", "version", "content")}


def ship(run: Run, part: OrderPart) -> Counter[int]:
    sql.insert(OrderLine, (*LINE, "part_id"), [(*row, part.pk) for row in line_rows(run)])
    return stock.pieces((each.variant_id, each.quantity) for each in run.shipped)


def sum_up(order: Order, now: datetime) -> None:
    """The order's amounts are its open parts'. Without any it is cancelled, and stays as it was."""
    parts = list(order.parts.filter(status="open"))
    if not parts:
        Order.objects.filter(pk=order.pk).update(status="cancelled", updated_at=now)
        return
    OrderLine.objects.filter(order=order, part__status="cancelled").delete()
    sums = {name: sum((getattr(part, name) for part in parts), Decimal(0)) for name in MONEY}
    payment = "cod" if any(part.payment == "cod" for part in parts) else "prepaid"
    Order.objects.filter(pk=order.pk).update(**sums, payment=payment, status="open", updated_at=now)


def apply_updates(runs: list[Run], now: datetime) -> Counter[int]:
    """New versions of parts; returns the pieces that they take beyond what was taken."""
    taken: Counter[int] = Counter()
    for run in runs:
        assert run.key and run.key.part_id
        part = OrderPart.objects.select_related("order").select_for_update().get(pk=run.key.part_id)
        values = dict(zip(CONTENT, content(run), strict=True))
        if (part.content, part.status) == (values["content"], "open"):
            run.registered = "unchanged"
            continue
        taken.subtract(given_back(part))
        part.lines.all().delete()
        OrderPart.objects.filter(pk=part.pk).update(**said(run))
        taken.update(ship(run, part))
        if part.key_id == part.order.key_id:
            own = {name: value for name, value in values.items() if name not in MONEY}
            Order.objects.filter(pk=part.order_id).update(**own)
        sum_up(part.order, now)
    return taken


def cancel(keys: list[Key], now: datetime) -> Counter[int]:
    """Cancel parts; the order goes on with the others. Returns the pieces as taken, negative: they come back."""
    taken: Counter[int] = Counter()
    for key in keys:
        assert key.part_id
        part = OrderPart.objects.select_related("order").select_for_update().get(pk=key.part_id)
        taken.subtract(given_back(part))
        OrderPart.objects.filter(pk=part.pk).update(status="cancelled")
        sum_up(part.order, now)
    return taken


def given_back(part: OrderPart) -> Counter[int]:
    """What an open part has taken from stock."""
    return stock.pieces(part.lines.values_list("variant_id", "quantity")) if part.status == "open" else Counter()
