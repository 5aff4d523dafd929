"""Stock: what an order asks for against what is there. Empty stock is not counted."""

from collections import Counter
from collections.abc import Iterable, Mapping

from comanda import sql
from comanda.catalogue.models import Variant
from comanda.problems import Problem
from comanda.run import Run


def note_stock(runs: list[Run]) -> None:
    """Warn where stock does not suffice, or stop the order where the account says so.

    Accounts that block have the variants' rows locked, in order, so that two workers never sell the same piece.
    """
    ids = sorted({each.variant_id for run in runs for each in run.shipped})
    strict = sorted({each.variant_id for run in runs for each in run.shipped if blocks(run)})
    if strict and not sql.on_sqlite():
        sql.select(Variant, "t.id", {"id": "bigint"}, [(id_,) for id_ in strict], "ORDER BY t.id FOR UPDATE OF t")
    left = {
        row[0]: row[1]
        for row in sql.select(Variant, "t.id, t.stock", {"id": "bigint"}, [(id_,) for id_ in ids])
        if row[1] is not None
    }
    for run in runs:
        note_run(run, left)


def blocks(run: Run) -> bool:
    """An order that is registered already has taken its pieces; only new ones are stopped."""
    return run.integration.account.stock_policy == "block" and not (run.key and run.key.order_id)


def note_run(run: Run, left: dict[int, int]) -> None:
    wanted: Counter[int] = Counter()
    for each in run.shipped:
        wanted[each.variant_id] += each.quantity
    names = {each.variant_id: each for each in run.shipped}
    for id_, quantity in wanted.items():
        if id_ in left and left[id_] < quantity and not (run.key and run.key.order_id):
            each = names[id_]
            facts = {"title": each.title, "sku": each.sku, "stock": left[id_]}
            at_line = f"store_variant:{each.store_variant_id}"
            problem = Problem(
                "out_of_stock", f"variant:{id_}", **facts, quantity=quantity, blocks=blocks(run), at_line=at_line
            )
            run.note(problem)
    if not run.problems and not (run.key and run.key.order_id):
        for id_ in wanted.keys() & left.keys():
            left[id_] -= wanted[id_]


def move(taken: Mapping[int, int]) -> None:
    """Take (or give back, where negative) the batch's pieces in one statement, rows locked in order."""
    rows = sorted((id_, quantity) for id_, quantity in taken.items() if quantity)
    if not rows:
        return
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
        "WHERE t.stock IS NOT NULL ORDER BY t.id FOR UPDATE OF t",
    )
    sql.raw_arrays(
        "UPDATE comanda_variant v SET stock = v.stock - new.taken FROM unnest(%b::bigint[], %b::int[]) AS new(id, taken)"
        " WHERE v.id = new.id AND v.stock IS NOT NULL",
        rows,
    )


def pieces(shipped: Iterable[tuple[int, int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for id_, quantity in shipped:
        total[id_] += quantity
    return total
