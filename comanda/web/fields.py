"""The fields of a mapping in a merchant's words: what each is called, what it means to leave it out, what may always hold."""

from typing import Any

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from comanda.accounts.models import Account

LABELS: dict[str, Any] = {
    "order.external_id": lazy("Identificador del pedido"),
    "order.number": lazy("Número que ve el cliente"),
    "order.ordered_at": lazy("Fecha del pedido"),
    "order.updated_at": lazy("Fecha del último cambio"),
    "order.status": lazy("Estado"),
    "order.currency": lazy("Moneda"),
    "order.total": lazy("Total"),
    "order.shipping": lazy("Costo del envío"),
    "order.discount": lazy("Descuento"),
    "order.tax": lazy("Impuestos"),
    "order.payment": lazy("Forma de pago"),
    "order.name": lazy("Nombre"),
    "order.email": lazy("Correo"),
    "order.phone": lazy("Teléfono"),
    "order.document": lazy("Documento"),
    "order.address1": lazy("Dirección"),
    "order.address2": lazy("Barrio o complemento"),
    "order.city": lazy("Ciudad"),
    "order.region": lazy("Departamento o estado"),
    "order.country": lazy("País"),
    "order.postcode": lazy("Código postal"),
    "order.note": lazy("Nota del cliente"),
    "order.test": lazy("Es de prueba"),
    "lines": lazy("Lista de productos"),
    "line.title": lazy("Nombre del producto"),
    "line.variant_title": lazy("Variante (talla, color)"),
    "line.quantity": lazy("Cantidad"),
    "line.unit_price": lazy("Precio de uno"),
    "line.sku": lazy("SKU"),
    "line.product_id": lazy("Identificador del producto"),
    "line.variant_id": lazy("Identificador de la variante"),
}
NEEDED = frozenset({"order.external_id", "lines", "line.title"})
# How they are grouped; those of the last group are seldom there, and folded.
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (lazy("El pedido"), ("order.external_id", "order.number", "order.ordered_at")),
    (lazy("Quién compra"), ("order.name", "order.phone", "order.email")),
    (lazy("A dónde va"), ("order.address1", "order.address2", "order.city", "order.region")),
    (lazy("Cuánto y cómo se paga"), ("order.payment", "order.total", "order.shipping")),
)
LINES = (
    "lines",
    "line.title",
    "line.variant_title",
    "line.sku",
    "line.quantity",
    "line.unit_price",
    "line.product_id",
    "line.variant_id",
)
SELDOM = (
    "order.status",
    "order.updated_at",
    "order.currency",
    "order.country",
    "order.discount",
    "order.tax",
    "order.document",
    "order.postcode",
    "order.note",
    "order.test",
)
EMPTY: dict[str, Any] = {
    "order.number": lazy("No viene: se usa el identificador"),
    "order.ordered_at": lazy("No viene: se usa la hora en que llega"),
    "order.updated_at": lazy("No viene: cuenta la última versión que llega"),
    "order.status": lazy("No viene: todos son pedidos nuevos"),
    "order.total": lazy("No viene: se suman los productos y el envío"),
    "order.shipping": lazy("No viene: el envío no se cobra aparte"),
    "order.payment": lazy("No viene: cada pedido espera a que digas si está pago"),
    "line.quantity": lazy("No viene: siempre es una pieza"),
    "line.unit_price": lazy("No viene: el precio es 0"),
    "line.sku": lazy("No viene: se vincula por el nombre"),
}
FIXED: dict[str, tuple[tuple[str, Any], ...]] = {
    "order.payment": (("'cod'", lazy("Siempre es contra entrega")), ("'prepaid'", lazy("Siempre está pagado"))),
    "lines": (("[@]", lazy("El pedido entero es un solo producto")),),
}


def empty(field: str, account: Account) -> Any:
    """What it means that a field is not mapped."""
    if field == "order.currency":
        return _("No viene: siempre {currency}").format(currency=account.currency)
    if field == "order.country":
        names = Locale.parse(get_language() or "es", sep="-").territories
        return _("No viene: siempre {country}").format(country=names.get(account.country, account.country))
    return _("Falta elegir") if field in NEEDED else EMPTY.get(field, _("No viene"))


def label(path: str) -> str:
    """A field's name by its place in a mapping (`line.title`) or in the order's format (`lines[0].title`)."""
    if path in LABELS:
        return str(LABELS[path])
    inside, _dot, name = path.rpartition(".")
    if inside.startswith("lines["):
        number = inside.removeprefix("lines[").rstrip("]")
        place = str(int(number) + 1) if number.isdecimal() else "1"
        return _("Producto {number}: {label}").format(number=place, label=LABELS.get(f"line.{name}", name))
    return str(LABELS.get(f"order.{name}") or LABELS.get(f"line.{name}") or _("El contenido entero"))


def needed(field: str) -> bool:
    return field in NEEDED
