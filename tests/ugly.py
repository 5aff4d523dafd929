"""An installation full of what real stores send and nobody draws a screen for: long, empty, foreign, hostile, many."""

import json
from typing import Any

import httpx

from tests.custom_tool import foreign
from tests.installation import Installation, until
from tests.shopify_orders import order, signed

PERSON = ("ana@example.com", "una-clave-larga-9")
ACCOUNT = "Ferretería y Variedades La Esperanza de los Andes Colombianos S.A.S. 🛠️"
LONG = "Juana Inés de la Cruz y Asbaje Ramírez de Santillana Fernández de Córdoba y Vélez"
TITLE = "Masajeador Cervical Eléctrico Recargable 4D con Calor Infrarrojo para Cuello y Espalda 💆‍♀️"
UNBROKEN = "FajaReductoraColombianaLevantaColaEfectoSegundaPielControlAbdomenAlto" * 2
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
ARABIC, ARABIC_TITLE = "مريم بنت علي الأنصاري", "مشد للخصر والبطن قطني"
MAIL = "una.direccion.de.correo.larguisima.que.nadie.quiere.escribir@subdominio.de.una.empresa.example"
PLACE: dict[str, Any] = order(1)["shipping_address"]
LINE: dict[str, Any] = order(1)["line_items"][0] | {"sku": ""}


def named(name: str, **changes: Any) -> dict[str, Any]:
    return PLACE | {"name": name} | changes


def orders() -> list[dict[str, Any]]:
    """Orders of Shopify, each ugly in its own way."""
    thirty = [LINE | {"variant_id": 400 + n, "title": f"{TITLE} {n}"} for n in range(30)]
    long = LINE | {"variant_id": 501, "title": TITLE, "variant_title": "Azul petróleo / Talla única / 110 V"}
    return [
        order(1, shipping_address=named(LONG), email=MAIL, line_items=[long], note="Llamar antes de ir 📞 " * 12),
        order(2, shipping_address=named(f"👩‍🦰 {ARABIC}", address1="شارع الملك فهد 12"), email=None,
              line_items=[LINE | {"variant_id": 502, "title": ARABIC_TITLE, "variant_title": "أحمر"}]),
        order(3, line_items=thirty),
        order(4, shipping_address=named(NASTY, city=NASTY, address1=NASTY), email=NASTY, note=NASTY, name=NASTY,
              line_items=[LINE | {"variant_id": 503, "title": NASTY, "variant_title": NASTY, "sku": NASTY}]),
        order(5, name="#100000000000000000042", line_items=[LINE | {"variant_id": 504, "title": UNBROKEN}]),
        order(6, shipping_address=named(LONG, phone="310 555"), email=MAIL),
        order(7, shipping_address=named(ARABIC, city="Armenia", province="")),
        order(8, shipping_address=named("", phone="12", city="", address1="-"), email=None, name=""),
        order(9, shipping_address=named(UNBROKEN), total_price="987654321098.00", subtotal_price="987654321098.00"),
        order(10, financial_status="pending", payment_gateway_names=["Transferencia " * 8]),
        order(11, test=True, shipping_address=named(f"{LONG} 💥")),
        order(12, cancelled_at="2026-01-01T00:00:00Z"),
    ]  # fmt: skip


def uglify(installation: Installation) -> None:
    """Send it all to a server that runs; the account's person is PERSON."""
    url = installation.hook()
    installation.run("account", "set", "Ana", "--name", ACCOUNT, "--support", MAIL)
    installation.run("token", "create", "--account", "1", "--name", NASTY)
    sheet = installation.home / "ugly.csv"
    sheet.write_text(f'product,variant,sku,price,cost,stock\n"{TITLE}",Azul petróleo,{UNBROKEN[:60]},987654321,1,0\n'
                     f'{ARABIC_TITLE},أحمر,ROJO,109900,52000,\n{TITLE} Pro,,,109900,,\n')  # fmt: skip
    installation.run("products", "import", str(sheet), "--account", "1")
    for each in orders():
        post(url, *signed(each))
    raw, headers = signed(order(20, shipping_address=named(LONG)))
    post(url, raw, headers | {"x-shopify-hmac-sha256": "mala"})
    post(url, b'{"hola": ["mundo", {"id": "x"}]}', signed({"id": 21})[1])
    second = add(installation, "shopify", f"{LONG} (otra vez)", "--store", "tienda-uno", "--secret", "shpss_una-clave")
    post(second, *signed(order(9)))
    off = add(installation, "shopify", ARABIC, "--store", "otra-tienda", "--secret", "shpss_una-clave")
    installation.run("integration", "off", str(installation.count("SELECT max(id) FROM comanda_integration")))
    post(off, *signed(order(30, shipping_address=named(LONG)), store="otra-tienda"))
    tool = add(installation, "custom", NASTY)
    buyer = {"nombre": ARABIC, "apellido": LONG, "celular": "300 123 4567"}
    post(tool, json.dumps(foreign(cliente=buyer, nota=UNBROKEN)).encode(), {"content-type": "application/json"})
    until(lambda: not installation.run("backlog", "--account", "1")["pending"], 30, "the worker")


def add(installation: Installation, builder: str, name: str, *more: str) -> str:
    """Another integration; its URL on this port."""
    made = installation.run("integration", "add", builder, "--account", "1", "--name", name, *more)
    return f"{installation.url}/hooks/{made['hook_url'].partition('/hooks/')[2]}"


def post(url: str, raw: bytes, headers: dict[str, str]) -> None:
    assert httpx.post(url, content=raw, headers=headers).status_code in (200, 400, 401)
