"""/orders"""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Router

from comanda.api.shapes import access, within
from comanda.history.search import Newest
from comanda.orders.models import Order

router = Router(tags=["orders"])


def shown_order(order: Order) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "external_id": order.key.external_id,
        "number": order.number,
        "status": order.status,
        "total": order.total,
        "amount_due": order.amount_due,
        "currency": order.currency,
        "customer": json.loads(order.customer),
        "shipping_address": json.loads(order.shipping_address),
        "payment": {"method": order.payment, "gateway": order.gateway},
        "totals": {name: getattr(order, name) for name in ("subtotal", "shipping", "discount", "tax", "total")},
        "note": order.note,
        "ordered_at": order.ordered_at,
        "registered_at": order.registered_at,
        "updated_at": order.updated_at,
        "intake": str(order.intake_id),
        "parts": [
            {"intake": str(part.intake_id), "number": part.number, "status": part.status, "total": part.total}
            for part in order.parts.all()
        ],
        "lines": [
            {
                "variant": str(line.variant_id),
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "linked_by": line.linked_by,
            }
            for line in order.lines.all()
        ],
    }


@router.get("/orders")
def list_orders(request: HttpRequest, cursor: str = "", limit: int = 50, q: str = "") -> dict[str, Any]:
    rows = access(request).rows(Order)
    if q:
        rows = rows.filter(Q(number=q) | Q(number=f"#{q}") | Q(key__external_id=q))
    places, following = Newest(rows, at="registered_at").page(cursor, within(limit))
    found = rows.select_related("key").prefetch_related("lines", "parts").in_bulk([id_ for _, id_ in places])
    return {"items": [shown_order(found[id_]) for _, id_ in places if id_ in found], "next": following}


@router.get("/orders/{id}")
def show_order(request: HttpRequest, id: str) -> dict[str, Any]:
    return shown_order(access(request).get(Order, id))
