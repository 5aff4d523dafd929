"""What the benches share: a private database, a shop, signed orders, processes, and the way figures are printed."""

import argparse
import base64
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.postgres import free_port, postgres

DATABASES = ("sqlite", "postgres")
SECRET = "shpss_a-bench-secret"
STORE = "tienda-bench.myshopify.com"
PRODUCTS = 40
FIRST_ID = 6_012_345_000_000
PEOPLE = (
    ("María José", "Núñez", "300 123 4567", "Medellin", "Antioquia", "ANT"),
    ("Luz Dary", "Ñáñez", "+57 310 555 01 01", "Popayán", "Cauca", "CAU"),
    ("Andrés", "Gómez", "3155550102", "Bogotá", "Bogotá, D.C.", "DC"),
    ("Yuliana", "Ríos", "57 320 5550103", "Cali", "Valle del Cauca", "VAC"),
    ("Jhon Jairo", "Mejía", "(301) 555-0104", "Barranquilla", "Atlántico", "ATL"),
    ("Sandra Milena", "Peña", "304-5550105", "Bucaramanga", "Santander", "SAN"),
    ("Óscar", "Ibáñez", "3115550106", "Villavicencio", "Meta", "MET"),
    ("Leidy", "Castaño", "0057 312 5550107", "Pereira", "Risaralda", "RIS"),
)


def main(measure: Callable[[argparse.Namespace], None], **options: int) -> None:
    """Parse `--database` and the bench's own numbers, and measure on a fresh installation; `both` is one after the other."""
    parser = argparse.ArgumentParser(description=sys.modules[measure.__module__].__doc__)
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    for name, default in options.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    given = parser.parse_args()
    if given.database == "both":  # Django reads its settings once: a process each
        for database in DATABASES:
            command = [sys.executable, "-m", f"bench.{Path(sys.argv[0]).stem}", *sys.argv[1:], "--database", database]
            subprocess.run(command, check=True)
        return
    with installation(given.database):
        measure(given)


@contextmanager
def installation(database: str) -> Iterator[None]:
    """A home of its own with a migrated database, for this process and those that it starts."""
    with ExitStack() as stack:
        os.environ["COMANDA_HOME"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="comanda-bench-"))
        os.environ["COMANDA_DATABASE_URL"] = stack.enter_context(postgres()) if database == "postgres" else ""
        os.environ["COMANDA_LOG_LEVEL"] = "WARNING"
        os.environ["DJANGO_SETTINGS_MODULE"] = "comanda.settings"
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        stack.callback(connection.close)
        yield


def open_shop() -> Any:
    """An account with a catalogue and a Shopify store; returns the integration."""
    from comanda.accounts.models import Account
    from comanda.catalogue.models import Product, Variant
    from comanda.integrations.connect import connect

    account = Account.objects.create(name="Bench")
    for number in range(PRODUCTS):
        product = Product.objects.create(account=account, name=f"Producto {number}")
        sku, price = f"SKU-{number}", 49900 + number
        Variant.objects.create(account=account, product=product, sku=sku, price=price, cost=20000, stock=10**8)
    return connect(account, "shopify", "Tienda", STORE, SECRET)


def hook_path(integration: Any) -> str:
    from comanda.integrations.connect import hook_url

    return "/hooks/" + hook_url(integration).partition("/hooks/")[2]


def order(number: int) -> bytes:
    """A Shopify order of a Colombian shop, to be paid on delivery: about 3 KB, another id for every number."""
    first, last, phone, city, province, code = PEOPLE[number % len(PEOPLE)]
    lines = [line(number * 2 + position, 1 + number % 2) for position in range(1 + number % 2)]
    total = f"{sum(float(each['price']) * each['quantity'] for each in lines):.2f}"
    moment = f"2099-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}-05:00"
    address = {
        "first_name": first, "last_name": last, "name": f"{first} {last}", "company": None, "phone": phone,
        "address1": f"Calle {number % 170} # {number % 99}-21, Barrio La Esperanza", "address2": "Apartamento 302",
        "city": city, "province": province, "province_code": code, "zip": "050021", "country": "Colombia",
        "country_code": "CO", "latitude": 6.2442034, "longitude": -75.5812115,
    }  # fmt: skip
    email = f"cliente{number}@example.com"
    whole = {
        "id": FIRST_ID + number, "admin_graphql_api_id": f"gid://shopify/Order/{FIRST_ID + number}", "app_id": 1354745,
        "browser_ip": "181.49.12.7", "buyer_accepts_marketing": False, "cancel_reason": None, "cancelled_at": None,
        "cart_token": None, "checkout_id": 37_000_000_000 + number, "client_details": {"user_agent": "Mozilla/5.0"},
        "closed_at": None, "confirmed": True, "contact_email": email, "created_at": moment, "currency": "COP",
        "current_subtotal_price": total, "current_total_price": total, "current_total_discounts": "0.00",
        "current_total_tax": "0.00", "customer_locale": "es-CO", "discount_codes": [], "email": email,
        "financial_status": "pending", "fulfillment_status": None, "landing_site": "/products/faja?utm_source=fb",
        "name": f"#{number}", "note": "Llamar antes de entregar", "note_attributes": [], "number": number,
        "payment_gateway_names": ["Cash on Delivery (COD)"], "phone": None, "processed_at": moment,
        "referring_site": "https://www.facebook.com/", "subtotal_price": total, "tags": "releasit_cod_form",
        "test": False, "total_discounts": "0.00", "total_outstanding": total, "total_price": total,
        "total_tax": "0.00", "updated_at": moment, "billing_address": address, "shipping_address": address,
        "customer": {"id": 7_123_456_000_000 + number, "email": email, "first_name": first, "last_name": last,
                     "phone": None, "state": "disabled", "tags": "", "default_address": None},
        "line_items": lines, "shipping_lines": [{"id": number, "title": "Envío gratis", "price": "0.00"}],
    }  # fmt: skip
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def line(number: int, quantity: int) -> dict[str, Any]:
    which = number % PRODUCTS
    return {
        "id": FIRST_ID * 2 + number, "product_id": 7000 + which, "variant_id": 70000 + which, "sku": f"SKU-{which}",
        "title": f"Faja Reductora Colombiana Modelo {which}", "variant_title": "M / Beige", "vendor": "Tienda Bench",
        "name": f"Faja Reductora Colombiana Modelo {which} - M / Beige", "quantity": quantity, "grams": 300,
        "current_quantity": quantity, "price": f"{59900 + which}.00", "fulfillable_quantity": quantity,
        "fulfillment_service": "manual", "gift_card": False, "properties": [], "requires_shipping": True,
        "taxable": False, "total_discount": "0.00", "tax_lines": [], "duties": [], "discount_allocations": [],
    }  # fmt: skip


def signed(number: int) -> tuple[dict[str, str], bytes]:
    """Headers and body of one webhook, as Shopify signs it."""
    body = order(number)
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "user-agent": "Shopify-Captain-Hook",
        "x-shopify-api-version": "2026-10",
        "x-shopify-event-id": f"98880550-7158-44d4-b7cd-{number:012x}",
        "x-shopify-hmac-sha256": signature,
        "x-shopify-shop-domain": STORE,
        "x-shopify-topic": "orders/create",
        "x-shopify-triggered-at": "2099-01-01T05:00:00.123456789Z",
        "x-shopify-webhook-id": f"b54557e4-bdd9-4b37-8a5f-{number:012x}",
    }, body


@contextmanager
def process(*command: str, pipes: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, asked to end at the end."""
    pipe = subprocess.PIPE if pipes else None
    child = subprocess.Popen([sys.executable, "-m", *command], stdin=pipe, stdout=pipe)
    try:
        yield child
    finally:
        child.terminate()
        child.communicate(timeout=60)


@contextmanager
def server(*command: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A web process (`comanda web`, `bench.doors …`) on a free port; yields port and process once it answers."""
    port = free_port()
    with process(*command, "--port", str(port)) as child:
        wait_for(port)
        yield port, child


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/hooks/nobody", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")


@dataclass
class Load:
    """What the load generator saw: ids of the deliveries answered with 200, seconds, when it ended, sorted latencies."""

    delivered: list[str]
    refused: int
    seconds: float
    ended: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        return len(self.delivered) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def load(port: int, path: str, first: int, most: int, seconds: float = 3600.0) -> Load:
    """Send the orders from number `first` on, at most so many or so long, through 64 connections of another process."""
    with process("bench.load", str(port), path, str(first), str(most), str(seconds), pipes=True) as sender:
        output, _ = sender.communicate()
    return Load(**json.loads(output))


def megabytes(child: subprocess.Popen[bytes]) -> float:
    """What a process holds in memory (resident set)."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def show(title: str, rows: Sequence[tuple[str, ...]]) -> None:
    """A small table: the first row is its head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        print(
            "  " + row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            sep="  ",
        )
    sys.stdout.flush()


def ratio(value: float, target: float, most: bool = False) -> tuple[str, str]:
    """A ratio and its target, as two cells."""
    met = value <= target if most else value >= target
    return f"{value:.2f}", f"{'≤' if most else '≥'} {target:g} {'met' if met else 'MISSED'}"
