"""Orders as WooCommerce posts them (REST v3; class-wc-webhook.php), from a shop of Colombia."""

from datetime import UTC, datetime, timedelta
from typing import Any

from comanda.demo.builders.base import Builder, signature
from comanda.demo.sale import Item, Sale

METHODS = {
    "cod": ("cod", "Pago contra entrega", "processing"),
    "paid": ("woo-mercado-pago-basic", "Mercado Pago", "processing"),
    "unpaid": ("bacs", "Transferencia bancaria directa", "on-hold"),
}
HEADERS = {
    "user-agent": "WooCommerce/9.8.3 Hookshot (WordPress/6.8)",
    "x-wc-webhook-resource": "order",
    "x-wc-webhook-id": "7",
}


class WooCommerce(Builder):
    name = "woocommerce"
    store = "https://tiendademo.example/"
    other_store = "https://tiendadeotro.example/"

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        event = "created" if sale.news == "created" else "updated"
        return HEADERS | {
            "x-wc-webhook-event": event,
            "x-wc-webhook-topic": f"order.{event}",
            "x-wc-webhook-source": store,
            "x-wc-webhook-signature": signature(secret, body),
            "x-wc-webhook-delivery-id": f"{sale.id:032x}",
        }

    def payload(self, sale: Sale) -> dict[str, Any]:
        method, title, status = METHODS[sale.payment]
        return {
            "id": sale.id,
            "parent_id": 0,
            "number": str(sale.number),
            "order_key": f"wc_order_{sale.id:x}",
            "created_via": "checkout",
            "version": "9.8.3",
            "status": "cancelled" if sale.news == "cancelled" else status,
            **self.times(sale),
            "currency": sale.currency,
            "discount_total": "0",
            "shipping_total": str(sale.shipping),
            "total_tax": "0",
            "total": f"{sale.total}.00",
            "prices_include_tax": True,
            "customer_id": 0,
            "customer_note": "",
            "payment_method": method,
            "payment_method_title": title,
            "billing": self.place(sale),
            "shipping": {key: value for key, value in self.place(sale).items() if key != "email"},
            "meta_data": [{"id": sale.id + 1, "key": "is_vat_exempt", "value": "no"}],
            "line_items": [self.line(sale, item, number) for number, item in enumerate(sale.items)],
            "fee_lines": [],
            "coupon_lines": [],
            "refunds": [],
        }

    def times(self, sale: Sale) -> dict[str, str | None]:
        """Each time twice: the shop's own, and UTC under `_gmt`; both without an offset."""
        paid = sale.at if sale.payment == "paid" else None
        given = {"date_created": sale.at, "date_modified": sale.changed_at or sale.at, "date_paid": paid}
        local = {name: plain(at, -5) for name, at in given.items()}
        return local | {f"{name}_gmt": plain(at, 0) for name, at in given.items()}

    def place(self, sale: Sale) -> dict[str, str]:
        buyer = sale.buyer
        return {
            "first_name": buyer.first,
            "last_name": buyer.last,
            "company": "",
            "address_1": buyer.street,
            "address_2": "",
            "city": buyer.city,
            "state": f"{buyer.country}-{buyer.region}" if buyer.region else "",
            "postcode": "",
            "country": buyer.country,
            "email": buyer.email,
            "phone": buyer.phone,
        }

    def line(self, sale: Sale, item: Item, number: int) -> dict[str, Any]:
        size = {
            "key": "talla",
            "value": item.variant_title,
            "display_key": "Talla",
            "display_value": item.variant_title,
        }
        return {
            "id": sale.id * 10 + number,
            "name": f"{item.title} - {item.variant_title}" if item.variant_title else item.title,
            "product_id": item.product,
            "variation_id": item.variant if item.variant_title else 0,
            "quantity": 1,
            "subtotal": str(item.price),
            "total": str(item.price),
            "total_tax": "0",
            "sku": item.sku,
            "price": item.price,
            "meta_data": [{"id": sale.id * 10 + number, **size}] if item.variant_title else [],
        }


def plain(at: datetime | None, hours: int) -> str | None:
    return (at.astimezone(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S") if at else None
