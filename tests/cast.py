"""A merchant to test with: ana sells from Medellín, with a small catalogue, a Shopify store and a secret."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from typer.testing import CliRunner

from comanda.accounts.models import Account
from comanda.catalogue.models import Product, Variant
from comanda.cli import app
from comanda.history.models import Intake
from comanda.inbox.receive import Door
from comanda.integrations.connect import connect, hook_url
from comanda.integrations.models import Integration
from comanda.worker import work_off

SECRET = "shpss_una-clave"
STORE = "tienda-uno.myshopify.com"


class Cast:
    """One account, one Shopify integration, and what they do most: send an order, let the worker work."""

    def __init__(self, name: str = "Ana") -> None:
        self.ids: Iterator[int] = itertools.count(5_500_000_000_001)
        self.account = Account.objects.create(name=name)
        self.shop = connect(self.account, "shopify", "Tienda Uno", STORE, SECRET)
        self.faja = self.product("Faja Reductora", sku="FAJA-M", price=109900, stock=100, variant="M")

    def product(self, name: str, sku: str = "", variant: str = "", **values: Any) -> Variant:
        product = Product.objects.create(account=self.account, name=name)
        return Variant.objects.create(account=self.account, product=product, name=variant, sku=sku, **values)

    def order(self, **changes: Any) -> dict[str, Any]:
        """A Shopify order as a Colombian COD shop sends it, with its changes."""
        now = datetime.now(UTC) - timedelta(minutes=1)
        id_ = next(self.ids)
        order = {
            "id": id_,
            "admin_graphql_api_id": f"gid://shopify/Order/{id_}",
            "name": f"#{id_ % 10000}",
            "created_at": now.isoformat(),
            "updated_at": now.isoformat(),
            "currency": "COP",
            "total_price": "109900.00",
            "subtotal_price": "109900.00",
            "total_tax": "0.00",
            "total_discounts": "0.00",
            "financial_status": "pending",
            "payment_gateway_names": ["Cash on Delivery (COD)"],
            "tags": "releasit_cod_form",
            "email": "maria@example.com",
            "phone": None,
            "customer": {"first_name": "María José", "last_name": "Núñez", "email": "maria@example.com", "phone": None},
            "shipping_address": {
                "first_name": "María José",
                "last_name": "Núñez",
                "address1": "Calle 10 # 43-21",
                "address2": "-",
                "phone": "300 123 4567",
                "city": "Medellin",
                "province": "Antioquia",
                "country": "Colombia",
                "zip": "050021",
                "country_code": "CO",
                "province_code": "ANT",
            },
            "line_items": [self.line()],
        }
        return order | changes

    def line(self, **changes: Any) -> dict[str, Any]:
        line = {
            "id": next(self.ids),
            "product_id": 7001,
            "variant_id": 70011,
            "sku": "FAJA-M",
            "title": "Faja Reductora",
            "variant_title": "M",
            "quantity": 1,
            "current_quantity": 1,
            "price": "109900.00",
            "grams": 300,
        }
        return line | changes

    def post(
        self,
        body: Any,
        topic: str = "orders/create",
        integration: Integration | None = None,
        secret: str = SECRET,
        headers: dict[str, str] | None = None,
        store: str = STORE,
    ) -> tuple[int, dict[str, Any]]:
        """Sign a body as Shopify does and bring it to the door."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return call(integration or self.shop, raw, self.signed(raw, topic, secret, store) | (headers or {}))

    def signed(
        self, raw: bytes, topic: str = "orders/create", secret: str = SECRET, store: str = STORE
    ) -> dict[str, str]:
        """The headers that Shopify sends with a body."""
        signature = base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode()
        return {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-hmac-sha256": signature,
            "x-shopify-shop-domain": store,
            "x-shopify-event-id": f"event-{next(self.ids)}",
        }

    def work(self) -> int:
        return work_off()

    def send(self, body: Any = None, topic: str = "orders/create", **how: Any) -> Intake:
        """Post an order, work it off, and return its intake."""
        body = body or self.order()
        status, answer = self.post(body, topic, **how)
        assert status == 200, answer
        self.work()
        integration = how.get("integration") or self.shop
        return Intake.objects.filter(integration=integration, delivery_id=answer["delivery"]).get()


def call(
    integration: Integration, raw: bytes, headers: dict[str, str], method: str = "POST"
) -> tuple[int, dict[str, Any]]:
    """One request to the door's ASGI application."""
    path = hook_url(integration).partition("/hooks/")[2]
    if threading.current_thread() is threading.main_thread():
        return the_door.ask(f"/hooks/{path}", raw, headers, method)
    with closing(SharedDoor()) as door:
        return door.ask(f"/hooks/{path}", raw, headers, method)


class SharedDoor:
    """The door of all tests of a thread, in one loop: its own threads keep their connections. It remembers no integration."""

    def __init__(self) -> None:
        self.loop, self.door = asyncio.new_event_loop(), Door()

    def ask(self, path: str, raw: bytes, headers: dict[str, str], method: str = "POST") -> tuple[int, dict[str, Any]]:
        self.door.targets._known.clear()
        return self.loop.run_until_complete(ask(self.door, path, raw, headers, method))

    def close(self) -> None:
        self.door.close()
        self.loop.close()


the_door = SharedDoor()


async def ask(
    door: Door, path: str, raw: bytes, headers: dict[str, str], method: str = "POST"
) -> tuple[int, dict[str, Any]]:
    sent = []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode("utf-8")) for name, value in headers.items()],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await door(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def command(*arguments: str, given: str | None = None, code: int = 0) -> str:
    """What a command of the command line prints; `given` is its standard input."""
    ended = CliRunner().invoke(app, arguments, input=given)
    assert ended.exit_code == code, ended.output
    return ended.stdout
