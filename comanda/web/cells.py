"""Fields of a variant as people type them, read by the rules of the import and of the API, and what is wrong in words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comanda.catalogue.models import Variant
from comanda.catalogue.sheet import LineError, Wrong, amount, pieces
from comanda.web.figures import written

LENGTHS = {"name": 255, "sku": 120}
FIELDS = ("name", "sku", "price", "cost", "stock", "active")
# The columns of a file as the reader calls them.
COLUMNS = {
    "product": gettext_lazy("producto"),
    "variant": gettext_lazy("variante"),
    "sku": gettext_lazy("sku"),
    "price": gettext_lazy("precio"),
    "cost": gettext_lazy("costo"),
    "stock": gettext_lazy("inventario"),
}
REASONS = {
    "empty_file": gettext_lazy("El archivo está vacío. Guarda tu hoja otra vez como CSV, o elige otro."),
    "not_text": gettext_lazy(
        "Esto no es un CSV. Guarda tu hoja como CSV: en Excel, Guardar como, tipo CSV UTF-8; en Google Sheets, Archivo, "
        "Descargar, CSV."
    ),
    "spreadsheet": gettext_lazy("Es un archivo de Excel. Ábrelo, elige Guardar como, y el tipo CSV UTF-8."),
    "header_lacks": gettext_lazy("A la primera línea le falta: {lacks}. Debe decir: {header}."),
    "too_many_cells": gettext_lazy(
        "La línea trae {count} celdas y la primera nombra {names}. Suele ser una coma de decimales sin comillas."
    ),
    "not_csv": gettext_lazy("La línea no se puede leer. Suele faltarle una comilla de cierre."),
    "no_products": gettext_lazy("El archivo no trae ningún producto."),
    "empty": gettext_lazy("Falta el nombre del producto."),
    "formula": gettext_lazy("Es una fórmula. Escríbelo como texto."),
    "too_long": gettext_lazy("Es muy largo: caben {limit} caracteres."),
    "not_a_number": gettext_lazy("No es un número. Escribe, por ejemplo, 109900 o 109.900,50."),
    "not_pieces": gettext_lazy("No son unidades. Escribe un número entero, o nada si no llevas la cuenta."),
    "out_of_range": gettext_lazy("No puede ser: va de 0 a 999.999.999.999."),
    "sku_twice": gettext_lazy("Este SKU ya está en la línea {other}."),
    "sku_shared": gettext_lazy(
        "{count} variantes de tu catálogo tienen este SKU. Escribe el producto y la variante de una, como están allá."
    ),
    "name_twice": gettext_lazy("Este producto ya está en la línea {other}, y ningún SKU los distingue."),
    "name_shared": gettext_lazy("Tu catálogo tiene {count} con este nombre. Escribe el SKU de la que es."),
}


def in_words(error: Wrong | LineError) -> str:
    """Why a cell or a line cannot be taken."""
    facts = dict(error.facts)
    if error.code == "header_lacks":
        facts["lacks"] = ", ".join(str(COLUMNS[name]) for name in facts["lacks"].split(", "))
        facts["header"] = ", ".join(map(str, COLUMNS.values()))
    return str(REASONS[error.code]).format(**facts)


def taken(name: str, text: str) -> Any:
    """A field's value; raises Wrong."""
    text = text.replace("\x00", "").strip()
    if name == "active":
        return bool(text)
    if name in ("price", "cost"):
        return amount(name, text)
    if name == "stock":
        return pieces(name, text)
    if len(text) > LENGTHS[name]:
        raise Wrong("too_long", name, text, limit=LENGTHS[name])
    return text


@dataclass
class Line:
    """A variant as a form shows it: what stands in its fields, what stood there, and what is wrong with it.

    `key` is the variant's id, or `n0`, `n1`… for those that are to be made.
    """

    key: str
    typed: dict[str, str]
    was: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def kept(self) -> str:
        """What the form remembers of what it showed, so that only what a person has touched is changed."""
        return json.dumps(self.was, ensure_ascii=False)

    @property
    def blank(self) -> bool:
        return not any(text.strip() for name, text in self.typed.items() if name != "active")

    def values(self) -> dict[str, Any]:
        """What is to be set; the faults are noted."""
        found = {}
        for name, text in self.typed.items():
            if self.was.get(name) == text:
                continue
            try:
                found[name] = taken(name, text)
            except Wrong as error:
                self.faults[name] = in_words(error)
        return found


def shown(variant: Variant) -> Line:
    texts = {name: written(getattr(variant, name)) for name in FIELDS}
    return Line(str(variant.pk), texts, dict(texts))


def empty(number: int, **texts: str) -> Line:
    return Line(f"n{number}", dict.fromkeys(FIELDS, "") | {"active": "1"} | texts)


def typed(given: Mapping[str, str], key: str) -> Line:
    """A line as a form brings it."""
    texts = {name: given.get(f"{name}-{key}", "") for name in FIELDS}
    try:
        was = json.loads(given.get(f"was-{key}", "") or "{}")
    except ValueError:
        was = {}
    return Line(key, texts, {name: str(was[name]) for name in FIELDS if name in was} if isinstance(was, dict) else {})


def is_kept(key: str) -> bool:
    """Whether a line's key is a variant's id."""
    return key.isdecimal() and len(key) < 19


def keys(given: Mapping[str, str]) -> Iterator[str]:
    """The lines that a form has, in its order."""
    return (name.removeprefix("was-") for name in given if name.startswith("was-"))


def name_fault(name: str) -> str:
    if not name:
        return _("Escribe el nombre del producto.")
    return _("Es muy largo: caben {limit} caracteres.").format(limit=255) if len(name) > 255 else ""
