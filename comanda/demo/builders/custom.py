"""Orders as a merchant's own tool posts them: Comanda's own format (docs/order-format.md), signed."""

import hashlib
import hmac
from typing import Any

from comanda.demo.builders.base import Builder
from comanda.demo.sale import Item, Sale

PAYMENTS = {"cod": "cod", "paid": "prepaid", "unpaid": "pending"}


class Custom(Builder):
    name = "custom"
    store = "tienda-demo.example"
    cannot = frozenset({"wrong_store", "wrong_builder", "old_order"})

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        return {"x-comanda-signature": f"sha256={hmac.digest(secret.encode(), body, hashlib.sha256).hex()}"}

    def payload(self, sale: Sale) -> dict[str, Any]:
        buyer = sale.buyer
        return {
            "external_id": sale.id,
            "number": f"#{sale.number}",
            "ordered_at": sale.at.isoformat(),
            "updated_at": (sale.changed_at or sale.at).isoformat(),
            "status": "cancelled" if sale.news == "cancelled" else "open",
            "currency": sale.currency,
            "total": sale.total,
            "shipping": sale.shipping,
            "payment": PAYMENTS[sale.payment],
            "name": f"{buyer.first} {buyer.last}",
            "email": buyer.email,
            "phone": buyer.phone,
            "address1": buyer.street,
            "city": buyer.city,
            "region": buyer.region,
            "country": buyer.country,
            "test": sale.test,
            "lines": [self.line(item) for item in sale.items],
        }

    def line(self, item: Item) -> dict[str, Any]:
        return {
            "product_id": item.product,
            "variant_id": item.variant,
            "sku": item.sku,
            "title": item.title,
            "variant_title": item.variant_title,
            "quantity": 1,
            "unit_price": item.price,
        }
