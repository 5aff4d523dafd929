"""Orders as Shopify posts them (https://shopify.dev/docs/api/webhooks), from a shop with a COD form."""

import uuid
from datetime import timedelta, timezone
from typing import Any

from comanda.demo.builders.base import Builder, signature
from comanda.demo.sale import Item, Sale

BOGOTA = timezone(timedelta(hours=-5))
TOPICS = {"created": "orders/create", "updated": "orders/updated", "cancelled": "orders/cancelled"}
GATEWAYS = {"cod": "Cash on Delivery (COD)", "paid": "Mercado Pago", "unpaid": "Transferencia bancaria"}


class Shopify(Builder):
    name = "shopify"
    store = "tienda-demo-co.myshopify.com"
    other_store = "tienda-de-otro.myshopify.com"

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        return {
            "user-agent": "Shopify-Captain-Hook",
            "x-shopify-topic": TOPICS[sale.news],
            "x-shopify-hmac-sha256": signature(secret, body),
            "x-shopify-shop-domain": store,
            "x-shopify-api-version": "2025-07",
            "x-shopify-event-id": str(uuid.uuid4()),
            "x-shopify-webhook-id": str(uuid.uuid4()),
            "x-shopify-triggered-at": (sale.changed_at or sale.at).isoformat(),
        }

    def payload(self, sale: Sale) -> dict[str, Any]:
        at, changed = (when.astimezone(BOGOTA).isoformat() for when in (sale.at, sale.changed_at or sale.at))
        cancelled = sale.news == "cancelled"
        return {
            "id": sale.id,
            "admin_graphql_api_id": f"gid://shopify/Order/{sale.id}",
            "name": f"#{sale.number}",
            "order_number": sale.number,
            "test": sale.test,
            "created_at": at,
            "processed_at": at,
            "updated_at": changed,
            "cancelled_at": changed if cancelled else None,
            "cancel_reason": "customer" if cancelled else None,
            "tags": "releasit_cod_form" if sale.payment == "cod" else "",
            "note": None,
            "note_attributes": [],
            **self.money(sale),
            **self.people(sale),
            "line_items": [self.line(sale, item, number) for number, item in enumerate(sale.items)],
        }

    def money(self, sale: Sale) -> dict[str, Any]:
        total = f"{sale.total}.00"
        return {
            "currency": sale.currency,
            "presentment_currency": sale.currency,
            "financial_status": "paid" if sale.payment == "paid" else "pending",
            "fulfillment_status": None,
            "payment_gateway_names": [GATEWAYS[sale.payment]],
            "subtotal_price": f"{sale.subtotal}.00",
            "total_line_items_price": f"{sale.subtotal}.00",
            "total_discounts": "0.00",
            "total_tax": "0.00",
            "taxes_included": True,
            "total_price": total,
            "current_total_price": total,
            "total_outstanding": "0.00" if sale.payment == "paid" else total,
            "shipping_lines": [{"title": "Envío nacional", "price": f"{sale.shipping}.00"}] if sale.shipping else [],
        }

    def people(self, sale: Sale) -> dict[str, Any]:
        buyer = sale.buyer
        names = {"first_name": buyer.first, "last_name": buyer.last}
        address = names | {
            "name": f"{buyer.first} {buyer.last}",
            "company": None,
            "address1": buyer.street,
            "address2": "",
            "phone": buyer.phone,
            "city": buyer.city,
            "province": None,
            "province_code": buyer.region or None,
            "country": buyer.country,
            "country_code": buyer.country,
            "zip": None,
        }
        return {
            "email": buyer.email,
            "contact_email": buyer.email,
            "phone": None,
            "customer": names | {"email": buyer.email, "phone": None},
            "billing_address": address,
            "shipping_address": address,
        }

    def line(self, sale: Sale, item: Item, number: int) -> dict[str, Any]:
        return {
            "id": sale.id * 10 + number,
            "product_id": item.product,
            "variant_id": item.variant,
            "sku": item.sku or None,
            "title": item.title,
            "name": f"{item.title} - {item.variant_title}" if item.variant_title else item.title,
            "variant_title": item.variant_title or None,
            "quantity": 1,
            "current_quantity": 1,
            "price": f"{item.price}.00",
            "total_discount": "0.00",
            "grams": 400,
            "requires_shipping": True,
            "vendor": "Tienda Demo",
        }
