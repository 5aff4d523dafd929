"""Orders as ShopTool may post them: it publishes no format. This one is invented: a form, with a token in a header."""

from urllib.parse import urlencode

from comanda.connectors.verification import Verification
from comanda.demo.builders.base import Builder
from comanda.demo.sale import Item, Sale

PAYMENTS = {"cod": ("Pago al recibir", ""), "paid": ("Tarjeta", "pagado"), "unpaid": ("Consignación", "pendiente")}


class ShopTool(Builder):
    name = "shoptool"
    content_type = "application/x-www-form-urlencoded"
    cannot = frozenset({"test_order", "wrong_store", "wrong_builder", "duplicate_order", "old_order"})
    verification = Verification(kind="token", header="X-ShopTool-Key")
    mapping = {
        "order": {
            "external_id": "order_id",
            "number": "order_number",
            "ordered_at": "created",
            "updated_at": "updated",
            "status": "order_status",
            "currency": "currency",
            "total": "total",
            "shipping": "shipping_cost",
            "payment": "join(' ', [payment_method, payment_status])",
            "name": "customer.name",
            "email": "customer.email",
            "phone": "customer.phone",
            "address1": "customer.address",
            "city": "customer.city",
            "region": "customer.state",
        },
        "lines": "products",
        "line": {
            "product_id": "id",
            "variant_id": "variant_id",
            "sku": "sku",
            "title": "name",
            "variant_title": "variant",
            "quantity": "qty",
            "unit_price": "price",
        },
    }

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        return {"x-shoptool-key": secret}

    def body(self, sale: Sale) -> bytes:
        return urlencode(self.form(sale)).encode()

    def form(self, sale: Sale) -> dict[str, str | int]:
        buyer, (method, status) = sale.buyer, PAYMENTS[sale.payment]
        order: dict[str, str | int] = {
            "order_id": sale.id,
            "order_number": f"#{sale.number}",
            "created": sale.at.isoformat(),
            "updated": (sale.changed_at or sale.at).isoformat(),
            "order_status": "cancelado" if sale.news == "cancelled" else "nuevo",
            "currency": sale.currency,
            "total": sale.total,
            "shipping_cost": sale.shipping,
            "payment_method": method,
            "payment_status": status,
            "customer[name]": f"{buyer.first} {buyer.last}",
            "customer[email]": buyer.email,
            "customer[phone]": buyer.phone,
            "customer[address]": buyer.street,
            "customer[city]": buyer.city,
            "customer[state]": buyer.region,
        }
        for index, item in enumerate(sale.items):
            order |= {f"products[{index}][{name}]": value for name, value in self.line(item).items()}
        return order

    def line(self, item: Item) -> dict[str, str | int]:
        return {
            "id": item.product,
            "variant_id": item.variant,
            "sku": item.sku,
            "name": item.title,
            "variant": item.variant_title,
            "qty": 1,
            "price": item.price,
        }
