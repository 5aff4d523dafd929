"""Purchases as Funnelish posts them: flat, unsigned, by the names of products. It publishes no format; see the connector."""

from typing import Any

from comanda.demo.builders.base import Builder
from comanda.demo.sale import Item, Sale

EVENTS = {"created": "purchase", "updated": "purchase", "cancelled": "refund"}
# Of what the courier collects nothing is said.
PAYMENTS = {
    "cod": {},
    "paid": {"payment_gateway": "Mercado Pago", "payment_status": "succeeded"},
    "unpaid": {"payment_gateway": "Transferencia bancaria", "payment_status": "pending"},
}


class Funnelish(Builder):
    name = "funnelish"
    signs = False
    cannot = frozenset({"signature_invalid", "wrong_store", "duplicate_order", "old_order"})

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        return {"user-agent": "Funnelish"}

    def payload(self, sale: Sale) -> dict[str, Any]:
        """Shipping is in the prices of a funnel."""
        buyer = sale.buyer
        return {
            "event": EVENTS[sale.news],
            "id": f"{sale.id:x}",
            "order_number": sale.number,
            "first_name": buyer.first,
            "last_name": buyer.last,
            "phone": buyer.phone,
            "optin_email": buyer.email,
            "shipping_address": buyer.street,
            "shipping_city": buyer.city,
            "shipping_state": buyer.region,
            "shipping_country": buyer.country,
            "currency": sale.currency,
            "created_at": int(sale.at.timestamp()),
            "test": sale.test,
            **PAYMENTS[sale.payment],
            "funnel_name": "Embudo de la Tienda Demo",
            "products": [self.product(item) for item in sale.items],
        }

    def product(self, item: Item) -> dict[str, Any]:
        return {"name": item.title, "variant_name": item.variant_title, "sku": item.sku, "amount": item.price}
