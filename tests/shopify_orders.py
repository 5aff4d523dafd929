"""Signed Shopify orders as they cross the wire, for tests with real processes."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

SECRET = "shpss_una-clave"


def order(id_: int, **changes: Any) -> dict[str, Any]:
    now = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    place = {
        "name": "María José Núñez",
        "address1": "Calle 10 # 43-21",
        "phone": "3001234567",
        "city": "Medellín",
        "province": "Antioquia",
        "country_code": "CO",
    }
    line = {
        "product_id": 7001,
        "variant_id": 70011,
        "sku": "FAJA-M",
        "title": "Faja Reductora",
        "quantity": 1,
        "price": "109900.00",
    }
    return {
        "id": id_,
        "name": f"#{id_}",
        "created_at": now,
        "updated_at": now,
        "currency": "COP",
        "total_price": "109900.00",
        "subtotal_price": "109900.00",
        "financial_status": "pending",
        "payment_gateway_names": ["Cash on Delivery (COD)"],
        "email": "maria@example.com",
        "shipping_address": place,
        "line_items": [line],
    } | changes


def signed(
    body: dict[str, Any], topic: str = "orders/create", store: str = "tienda-uno"
) -> tuple[bytes, dict[str, str]]:
    """The raw body and its headers."""
    raw = json.dumps(body).encode()
    return raw, {
        "content-type": "application/json",
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": f"{store}.myshopify.com",
        "x-shopify-event-id": f"{topic}-{body['id']}-{body.get('updated_at')}",
        "x-shopify-hmac-sha256": base64.b64encode(hmac.digest(SECRET.encode(), raw, hashlib.sha256)).decode(),
    }
