"""What a registered order ships for a line of the store's: decided when it was registered, whatever is linked since. A line
that asks for another number of pieces is a new one."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from comanda import sql
from comanda.catalogue.lookup import Item
from comanda.orders.models import OrderLine
from comanda.run import Run

COLUMNS = (
    "t.order_id, t.part_id, t.store_variant_id, t.variant_id, t.linked_by, t.sku, t.title, t.quantity, t.ordered,"
    " v.price, v.cost, v.stock"
)
Product = tuple[Any, int, int]  # an order's key, a store variant of it, and how many of that
Kept = dict[Product, tuple[str, list[Item]]]


def kept(runs: Iterable[Run]) -> Kept:
    """How each line is known, and what is shipped for one of its pieces. Left out: what a person has chosen, which stands on
    its own, and lines that are alike."""
    keys = {(run.key.order_id, run.key.part_id): run.key for run in runs if run.key and run.key.order_status == "open"}
    rows = sql.select(
        OrderLine,
        COLUMNS,
        {"order_id": "uuid"},
        [(order_id,) for order_id, _ in keys if order_id],
        "JOIN comanda_variant v ON v.id = t.variant_id ORDER BY t.id",
    )
    found: Kept = {}
    shipped = Counter[tuple[Product, int]]()
    left_out = set[Product]()
    for order_id, part_id, store_variant, variant, linked_by, sku, title, quantity, ordered, *money in rows:
        key = keys.get((sql.as_uuid(order_id), part_id and sql.as_uuid(part_id)))
        if key is None:
            continue
        product = key.id, store_variant, ordered
        shipped[product, variant] += 1
        if not ordered or quantity % ordered or linked_by == "chosen" or shipped[product, variant] > 1:
            left_out.add(product)
            continue
        price, cost, stock = sql.as_decimal(money[0]), sql.as_decimal(money[1]), money[2]
        each = Item(variant, sku, title, quantity // ordered, price, cost, stock, active=True)
        found.setdefault(product, (linked_by, []))[1].append(each)
    return {product: ways for product, ways in found.items() if product not in left_out}
