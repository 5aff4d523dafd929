"""The fields of a mapping in a merchant's words: what each is called, what it means to leave it out, what may always hold."""

from typing import Any

from babel import Locale
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from comanda.accounts.models import Account

LABELS: dict[str, Any] = {
    "order.external_id": gettext_lazy("Identificador del pedido"),
    "order.number": gettext_lazy("Número que ve el cliente"),
    "order.ordered_at": gettext_lazy("Fecha del pedido"),
    "order.updated_at": gettext_lazy("Fecha del último cambio"),
    "order.status": gettext_lazy("Estado"),
    "order.currency": gettext_lazy("Moneda"),
    "order.total": gettext_lazy("Total"),
    "order.shipping": gettext_lazy("Costo del envío"),
    "order.discount": gettext_lazy("Descuento"),
    "order.tax": gettext_lazy("Impuestos"),
    "order.payment": gettext_lazy("Forma de pago"),
    "order.name": gettext_lazy("Nombre"),
    "order.email": gettext_lazy("Correo"),
    "order.phone": gettext_lazy("Teléfono"),
    "order.document": gettext_lazy("Documento"),
    "order.address1": gettext_lazy("Dirección"),
    "order.address2": gettext_lazy("Barrio o complemento"),
    "order.city": gettext_lazy("Ciudad"),
    "order.region": gettext_lazy("Departamento o estado"),
    "order.country": gettext_lazy("País"),
    "order.postcode": gettext_lazy("Código postal"),
    "order.note": gettext_lazy("Nota del cliente"),
    "order.test": gettext_lazy("Es de prueba"),
    "lines": gettext_lazy("Lista de productos"),
    "line.title": gettext_lazy("Nombre del producto"),
    "line.variant_title": gettext_lazy("Variante (talla, color)"),
    "line.quantity": gettext_lazy("Cantidad"),
    "line.unit_price": gettext_lazy("Precio de uno"),
    "line.sku": gettext_lazy("SKU"),
    "line.product_id": gettext_lazy("Identificador del producto"),
    "line.variant_id": gettext_lazy("Identificador de la variante"),
}
NEEDED = frozenset({"order.external_id", "lines", "line.title"})
# How they are grouped; those of the last group are seldom there, and folded.
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (gettext_lazy("El pedido"), ("order.external_id", "order.number", "order.ordered_at")),
    (gettext_lazy("Quién compra"), ("order.name", "order.phone", "order.email")),
    (gettext_lazy("A dónde va"), ("order.address1", "order.address2", "order.city", "order.region")),
    (gettext_lazy("Cuánto y cómo se paga"), ("order.payment", "order.total", "order.shipping")),
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
    "order.number": gettext_lazy("No viene: se usa el identificador"),
    "order.ordered_at": gettext_lazy("No viene: se usa la hora en que llega"),
    "order.updated_at": gettext_lazy("No viene: cuenta la última versión que llega"),
    "order.status": gettext_lazy("No viene: todos son pedidos nuevos"),
    "order.total": gettext_lazy("No viene: se suman los productos y el envío"),
    "order.shipping": gettext_lazy("No viene: el envío no se cobra aparte"),
    "order.payment": gettext_lazy("No viene: cada pedido espera a que digas si está pago"),
    "line.quantity": gettext_lazy("No viene: siempre es una pieza"),
    "line.unit_price": gettext_lazy("No viene: el precio es 0"),
    "line.sku": gettext_lazy("No viene: se vincula por el nombre"),
}
FIXED: dict[str, tuple[tuple[str, Any], ...]] = {
    "order.payment": (
        ("'cod'", gettext_lazy("Siempre es contra entrega")),
        ("'prepaid'", gettext_lazy("Siempre está pagado")),
    ),
    "lines": (("[@]", gettext_lazy("El pedido entero es un solo producto")),),
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
