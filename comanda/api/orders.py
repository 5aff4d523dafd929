"""/orders"""

import json
from typing import Any

from django.http import HttpRequest
from ninja import Router

from comanda.accounts.masking import OPEN, Veil
from comanda.api.answers import Page, answers
from comanda.api.answers import orders as kinds
from comanda.api.shapes import Limit, access, within
from comanda.history.search import Newest
from comanda.history.veil import over_order
from comanda.orders.models import Order
from comanda.orders.search import saying

router = Router(tags=["orders"])


def shown_order(order: Order, veil: Veil = OPEN) -> dict[str, Any]:
    customer, address = (veil.part(json.loads(part)) for part in (order.customer, order.shipping_address))
    return {
        "id": str(order.pk),
        "external_id": veil.text(order.key.external_id),
        "number": veil.text(order.number),
        "status": order.status,
        "total": order.total,
        "amount_due": order.amount_due,
        "currency": order.currency,
        "customer": customer,
        "shipping_address": address,
        "payment": {"method": order.payment, "gateway": order.gateway},
        "totals": {name: getattr(order, name) for name in ("subtotal", "shipping", "discount", "tax", "total")},
        "note": veil.field("note", order.note),
        "ordered_at": order.ordered_at,
        "registered_at": order.registered_at,
        "updated_at": order.updated_at,
        "intake": str(order.intake_id),
        "parts": [
            {
                "intake": str(part.intake_id),
                "number": veil.text(part.number),
                "status": part.status,
                "total": part.total,
            }
            for part in order.parts.all()
        ],
        "lines": [
            {
                "variant": str(line.variant_id),
                "sku": line.sku,
                "title": veil.text(line.title),
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "linked_by": line.linked_by,
            }
            for line in order.lines.all()
        ],
    }


@router.get("/orders", response=answers(Page[kinds.Order]))
def list_orders(request: HttpRequest, cursor: str = "", limit: Limit = 50, q: str = "") -> dict[str, Any]:
    who = access(request)
    rows = saying(who, q) if q else who.rows(Order)
    places, following = Newest(rows, at="registered_at").page(cursor, within(limit))
    found = rows.select_related("key").prefetch_related("lines", "parts").in_bulk([id_ for _, id_ in places])
    orders = [found[id_] for _, id_ in places if id_ in found]
    return {"items": [shown_order(each, over_order(who, each)) for each in orders], "next": following}


@router.get("/orders/{id}", response=answers(kinds.Order))
def show_order(request: HttpRequest, id: str) -> dict[str, Any]:
    who = access(request)
    order = who.get(Order, id)
    return shown_order(order, over_order(who, order))
