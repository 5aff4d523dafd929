"""/orders"""

import json
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Router

from comanda.api.shapes import access, within
from comanda.history.search import cursor_of, parse
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
    rows = access(request).rows(Order).select_related("key").prefetch_related("lines", "parts")
    if q:
        rows = rows.filter(Q(number=q) | Q(number=f"#{q}") | Q(key__external_id=q))
    if cursor:
        at, id_ = parse(cursor)
        rows = rows.filter(Q(registered_at__lt=at) | Q(registered_at=at, id__lt=id_))
    found = list(rows.order_by("-registered_at", "-id")[: within(limit) + 1])
    last = found[within(limit) - 1] if len(found) > within(limit) else None
    return {
        "items": [shown_order(order) for order in found[: within(limit)]],
        "next": cursor_of(last.registered_at, last.pk) if last else None,
    }


@router.get("/orders/{id}")
def show_order(request: HttpRequest, id: str) -> dict[str, Any]:
    return shown_order(access(request).get(Order, id))
