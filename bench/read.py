"""How fast each connector reads an order, beside bare decoding of the same bytes; and one of 30 lines through a mapping."""

import inspect
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bench.common import main, ratio, show

ROUNDS = 5


def measure(given: Namespace) -> None:
    from comanda.connectors import CONNECTORS

    rows = [("", "bytes", "orders/s", "of bare decoding", "of the target", "target")]
    for name, connector in sorted(CONNECTORS.items()):
        if not connector.mappable:
            rows.append(row(given, name, connector, fixture(connector), 15_000))
    rows.append(row(given, "custom, mapped, 30 lines", mapped(), LONG_ORDER, 2_000))
    show("read: bytes to Draft", rows)


def row(given: Namespace, name: str, connector: Any, body: bytes, target: int) -> tuple[str, ...]:
    topic = min(connector.creates)
    read = rate(given.orders, lambda: connector.parse(topic, body))
    bare = rate(given.orders, lambda: msgspec.json.decode(body))
    return (name, str(len(body)), f"{read:.0f}", f"{read / bare:.2f}", *ratio(read / target, 1))


def mapped() -> Any:
    """A tool whose every field is mapped, some by more than a path."""
    from comanda.connectors import configured
    from comanda.connectors.base import Setup

    return configured("custom", Setup(mapping=msgspec.json.encode(MAPPING).decode()))


MAPPING = {
    "order": {
        "external_id": "folio",
        "ordered_at": "fecha",
        "currency": "moneda",
        "total": "total",
        "shipping": "envio.costo",
        "payment": "pago.metodo",
        "name": "join(' ', [cliente.nombre, cliente.apellido])",
        "email": "cliente.correo",
        "phone": "cliente.telefono || cliente.celular",
        "document": "cliente.cedula",
        "address1": "envio.direccion",
        "city": "envio.ciudad",
        "region": "envio.departamento",
    },
    "lines": "productos",
    "line": {
        "product_id": "producto.id",
        "variant_id": "variante.id",
        "sku": "codigo",
        "title": "producto.nombre",
        "variant_title": "variante.nombre",
        "quantity": "cantidad",
        "unit_price": "precio.unitario",
    },
}
LONG_ORDER = msgspec.json.encode(
    {
        "folio": "A-1042",
        "fecha": "2026-11-20T10:00:00-05:00",
        "moneda": "COP",
        "total": 3309000,
        "cliente": {
            "nombre": "María José",
            "apellido": "Núñez",
            "correo": "maria@example.com",
            "telefono": None,
            "celular": "300 123 4567",
            "cedula": "52123456",
        },
        "envio": {"direccion": "Calle 10 # 43-21", "ciudad": "Medellín", "departamento": "Antioquia", "costo": 12000},
        "pago": {"metodo": "Contra entrega"},
        "productos": [
            {
                "producto": {"id": 7000 + number, "nombre": f"Producto {number}"},
                "variante": {"id": 70000 + number, "nombre": "Negro / M"},
                "codigo": f"SKU-{number}",
                "cantidad": 1,
                "precio": {"unitario": "109900.00"},
            }
            for number in range(30)
        ],
    }
)


def fixture(connector: Any) -> bytes:
    """Its whole order, without the blanks that make it easy to read in the repository."""
    path = Path(inspect.getfile(type(connector))).parent / "fixtures" / "order.json"
    return msgspec.json.format(path.read_bytes(), indent=-1)


def rate(times: int, act: Callable[[], Any]) -> float:
    """The best of some rounds, in calls a second."""
    best = 0.0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(times):
            act()
        best = max(best, times / (time.perf_counter() - started))
    return best


if __name__ == "__main__":
    main(measure, orders=3_000)
