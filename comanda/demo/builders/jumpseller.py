"""Orders as JumpSeller posts them (https://jumpseller.com/support/webhooks), from a store whose language is Spanish."""

from datetime import UTC, datetime
from typing import Any

from comanda.demo.builders.base import Builder, signature
from comanda.demo.sale import Buyer, Item, Sale

METHODS = {
    "cod": ("Pago contra entrega", "manual"),
    "paid": ("Mercado Pago", "mercado_pago"),
    "unpaid": ("Transferencia bancaria", "manual"),
}
WORDS = {"pending_payment": "Pago pendiente", "paid": "Pagado", "canceled": "Anulado"}
# JumpSeller names regions, where the demo has the codes of ISO 3166-2.
REGIONS = {
    "ANT": "Antioquia",
    "ATL": "Atlántico",
    "CAL": "Caldas",
    "DC": "Bogotá D.C.",
    "NAR": "Nariño",
    "RIS": "Risaralda",
    "SAN": "Santander",
    "TOL": "Tolima",
    "VAC": "Valle del Cauca",
}


class JumpSeller(Builder):
    name = "jumpseller"
    store = "tienda-demo-co"
    other_store = "tienda-de-otro"

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        created = "order_paid" if sale.payment == "paid" else "order_pending_payment"
        topics = {"created": created, "updated": "order_updated", "cancelled": "order_canceled"}
        return {
            "jumpseller-event": topics[sale.news],
            "jumpseller-store-code": store,
            "jumpseller-hmac-sha256": signature(secret, body),
            "jumpseller-triggered-at": plain(sale.changed_at or sale.at),
        }

    def payload(self, sale: Sale) -> dict[str, Any]:
        """JumpSeller knows no test orders."""
        method, kind = METHODS[sale.payment]
        state = "paid" if sale.payment == "paid" else "pending_payment"
        state = "canceled" if sale.news == "cancelled" else state
        order = {
            "id": sale.id,
            "created_at": plain(sale.at),
            "completed_at": plain(sale.at),
            **self.money(sale),
            "payment_method_name": method,
            "payment_method_type": kind,
            "payment_information": None,
            "additional_information": None,
            "coupons": None,
            "promotions": [],
            **self.people(sale.buyer),
            "products": [self.line(item) for item in sale.items],
            "additional_fields": [],
            "source": {"created_from": "checkout"},
            "status": WORDS[state],
            "status_name": WORDS[state],
            "status_enum": state,
            "shipping_option": "delivery",
            "shipment_status": "No Procesado",
            "shipment_status_enum": "unfulfilled",
        }
        return {"order": order}

    def money(self, sale: Sale) -> dict[str, Any]:
        return {
            "currency": sale.currency,
            "subtotal": float(sale.subtotal),
            "tax": 0.0,
            "shipping_tax": 0.0,
            "shipping": float(sale.shipping),
            "total": float(sale.total),
            "discount": 0.0,
            "shipping_discount": 0.0,
        }

    def people(self, buyer: Buyer) -> dict[str, Any]:
        """A Colombian address has the town as its `municipality`, and no `city`."""
        address = {
            "name": buyer.first,
            "surname": buyer.last,
            "address": buyer.street,
            "street_number": None,
            "complement": None,
            "municipality": buyer.city,
            "city": None,
            "region": REGIONS.get(buyer.region),
            "region_code": None,
            "country": buyer.country,
            "country_code": buyer.country,
            "postal": None,
        }
        fullname = f"{buyer.first} {buyer.last}"
        customer = {"id": "1", "email": buyer.email, "phone": buyer.phone, "phone_prefix": None, "fullname": fullname}
        return {"customer": customer, "shipping_address": address, "billing_address": address | {"taxid": None}}

    def line(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.product,
            "variant_id": item.variant if item.variant_title else None,
            "sku": item.sku or None,
            "name": f"{item.title} (Talla: {item.variant_title})" if item.variant_title else item.title,
            "qty": 1,
            "price": float(item.price),
            "discount": 0.0,
            "weight": 0.4,
        }


def plain(at: datetime) -> str:
    """`2026-11-04 14:05:11.829 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"
