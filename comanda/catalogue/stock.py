"""Stock: what an order asks for against what is there. Empty stock is not counted."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from comanda import sql
from comanda.catalogue.models import Variant
from comanda.history.models import Problem as ProblemRow
from comanda.problems import Problem
from comanda.repair.retry import wake
from comanda.run import Run

MOST_WAITING = 1000  # that are looked at when pieces come back


def note_stock(runs: list[Run]) -> None:
    """Warn where stock does not suffice, or stop the order where the account says so.

    Accounts that block have the variants' rows locked, in order, so that two workers never sell the same piece.
    """
    ids = sorted({each.variant_id for run in runs for each in run.shipped})
    strict = sorted({each.variant_id for run in runs for each in run.shipped if blocks(run)})
    if strict and not sql.on_sqlite():
        sql.select(
            Variant, "t.id", {"id": "bigint"}, [(id_,) for id_ in strict], "ORDER BY t.id FOR NO KEY UPDATE OF t"
        )
    left = {
        row[0]: row[1]
        for row in sql.select(Variant, "t.id, t.stock", {"id": "bigint"}, [(id_,) for id_ in ids])
        if row[1] is not None
    }
    supplied: set[object] = set()
    for run in runs:
        note_run(run, left, supplied)


def blocks(run: Run) -> bool:
    """An order that is registered already has taken its pieces; only new ones are stopped."""
    return run.integration.account.stock_policy == "block" and not (run.key and run.key.order_id)


def note_run(run: Run, left: dict[int, int], supplied: set[object]) -> None:
    """`supplied`: the orders whose pieces are out of `left`: another integration of the store may bring the same one."""
    if run.key and (run.key.order_id or run.key.id in supplied):
        return  # it has taken its pieces already
    wanted: dict[int, int] = {}
    for each in run.shipped:
        if each.variant_id in left:
            wanted[each.variant_id] = wanted.get(each.variant_id, 0) + each.quantity
    for id_, quantity in wanted.items():
        if left[id_] < quantity:
            note_short(run, id_, quantity, left[id_])
    if not run.problems:
        supplied.add(run.key and run.key.id)
        for id_, quantity in wanted.items():
            left[id_] -= quantity


def note_short(run: Run, variant_id: int, quantity: int, left: int) -> None:
    line = [each for each in run.shipped if each.variant_id == variant_id][-1]
    facts = {"title": line.title, "sku": line.sku, "stock": left, "quantity": quantity}
    at_line = f"store_variant:{line.store_variant_id}"
    run.note(Problem("out_of_stock", f"variant:{variant_id}", **facts, blocks=blocks(run), at_line=at_line))


def move(taken: Mapping[int, int]) -> frozenset[int]:
    """Take (or give back, where negative) the batch's pieces in one statement, rows locked in order. Returns the variants of
    which pieces came back."""
    if rows := sorted((id_, quantity) for id_, quantity in taken.items() if quantity):
        write(rows)
    return frozenset(id_ for id_, quantity in rows if quantity < 0)


def write(rows: list[tuple[int, int]]) -> None:
    if sql.on_sqlite():
        sql.raw_many(
            "UPDATE comanda_variant SET stock = stock - ? WHERE id = ? AND stock IS NOT NULL",
            [(q, id_) for id_, q in rows],
        )
        return
    sql.select(
        Variant,
        "t.id",
        {"id": "bigint"},
        [row[:1] for row in rows],
        "WHERE t.stock IS NOT NULL ORDER BY t.id FOR NO KEY UPDATE OF t",
    )
    sql.raw_arrays(
        "UPDATE comanda_variant v SET stock = v.stock - new.taken FROM unnest(%b::bigint[], %b::int[]) AS new(id, taken)"
        " WHERE v.id = new.id AND v.stock IS NOT NULL",
        rows,
    )


def hand_on(runs: list[Run]) -> None:
    """Pieces that came back go to the orders that wait for nothing else, the oldest first: those run again."""
    back = frozenset[int]().union(*(run.back for run in runs))
    if not back:
        return
    variants = Variant.objects.filter(pk__in=back, stock__gt=0)
    left = {f"variant:{id_}": stock or 0 for id_, stock in variants.values_list("pk", "stock")}
    waiting = ProblemRow.objects.filter(account__in=variants.values("account"), code="out_of_stock", subject__in=left)
    waiting = waiting.exclude(intake__in=ProblemRow.objects.exclude(code="out_of_stock").values("intake"))
    woken = []
    for id_, subject, facts in waiting.order_by("received_at").values_list("pk", "subject", "facts")[:MOST_WAITING]:
        quantity = msgspec.json.decode(facts, type=Short).quantity
        if quantity <= left[subject]:
            left[subject] -= quantity
            woken.append(id_)
    wake(ProblemRow.objects.filter(pk__in=woken), "stock", skip_busy=True)


class Short(msgspec.Struct):
    """Of a problem's facts: how many pieces the order asks for."""

    quantity: int


def pieces(shipped: Iterable[tuple[int, int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for id_, quantity in shipped:
        total[id_] += quantity
    return total
