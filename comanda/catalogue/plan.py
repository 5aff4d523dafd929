"""What an import would do, before it does it: which variants are new, which change and how, which stay as they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from comanda.accounts.access import Access
from comanda.catalogue.load import Known
from comanda.catalogue.models import Product, Variant
from comanda.catalogue.sheet import Row

SHOWN = 12  # rows of each sort


@dataclass(frozen=True)
class Difference:
    """A column that a row changes."""

    column: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Planned:
    """A row of the file, and what it does: new, changed or same."""

    row: Row
    kind: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Plan:
    """So many of each sort, and the first rows of those that do something."""

    products: int
    new: int
    changed: int
    same: int
    first: list[Planned]

    @property
    def variants(self) -> int:
        return self.new + self.changed + self.same


def plan(access: Access, rows: Sequence[Row]) -> Plan:
    """Look at the catalogue as it is now; nothing is locked, so that an import may find it changed."""
    names = set(access.rows(Product).values_list("name", flat=True))
    planned = list(each(Known(access, list(rows), lock=False), rows))
    kinds = [one.kind for one in planned]
    telling = [one for one in planned if one.kind != "same"]
    return Plan(
        products=len({row.product for row in rows} - names),
        new=kinds.count("new"),
        changed=kinds.count("changed"),
        same=kinds.count("same"),
        first=(telling or planned)[:SHOWN],
    )


def each(known: Known, rows: Sequence[Row]) -> Iterator[Planned]:
    for row in rows:
        variant = known.find(row)
        changes = tuple(differences(row, variant)) if variant else ()
        yield Planned(row, "changed" if changes else "same" if variant else "new", changes)


def differences(row: Row, variant: Variant) -> Iterator[Difference]:
    """Empty cells leave what is there, but for the variant's name."""
    pairs = {
        "product": (variant.product.name, row.product),
        "variant": (variant.name, row.variant),
        "sku": (variant.sku, row.sku or variant.sku),
        "price": (variant.price, variant.price if row.price is None else row.price),
        "cost": (variant.cost, variant.cost if row.cost is None else row.cost),
        "stock": (variant.stock, variant.stock if row.stock is None else row.stock),
    }
    return (Difference(name, before, after) for name, (before, after) in pairs.items() if before != after)
