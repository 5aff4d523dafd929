"""What a registered order says: its columns and its lines, as a run's order gives them."""

import hashlib
from typing import Any

import msgspec

from comanda.connectors.draft import Draft
from comanda.run import Run

_encode = msgspec.json.Encoder(order="deterministic").encode

CONTENT = (
    "number",
    "status",
    "currency",
    "subtotal",
    "shipping",
    "discount",
    "tax",
    "total",
    "amount_due",
    "payment",
    "gateway",
    "customer",
    "shipping_address",
    "note",
    "ordered_at",
    "version",
    "content",
)
LINE = ("order_id", "variant_id", "store_variant_id", "linked_by", "sku", "title", "quantity", "ordered", "unit_price")
MONEY = ("subtotal", "shipping", "discount", "tax", "total", "amount_due")


def content(run: Run) -> tuple[Any, ...]:
    """The columns of CONTENT for the order that a run registers."""
    order, version = run.order, run.version
    assert order is not None
    totals, customer, address = order.totals, order.customer, order.shipping_address
    said = {"name": customer.name, "email": customer.email, "phone": customer.phone, "document": customer.document}
    values = (
        order.number,
        "open",
        order.currency,
        totals.subtotal,
        totals.shipping,
        totals.discount,
        totals.tax,
        totals.total,
        amount_due(order),
        order.payment,
        order.gateway,
        _encode(said).decode(),
        _encode(msgspec.structs.asdict(address)).decode(),
        order.note,
        order.ordered_at,
    )
    shipped = [(each.variant_id, each.quantity, each.unit_price, each.store_variant_id) for each in run.shipped]
    digest = hashlib.sha256(_encode([values, shipped])).hexdigest()[:32]
    return (*values, version, digest)


def amount_due(order: Draft) -> Any:
    """What the courier collects: nothing of what is prepaid."""
    return order.totals.due if order.payment == "cod" else 0 * order.totals.due


def line_rows(run: Run) -> list[tuple[Any, ...]]:
    """The columns of LINE for each line of the order."""
    assert run.key is not None
    return [
        (
            run.key.order_id,
            each.variant_id,
            each.store_variant_id,
            each.linked_by,
            each.sku,
            each.title,
            each.quantity,
            each.ordered,
            each.unit_price,
        )
        for each in run.shipped
    ]
