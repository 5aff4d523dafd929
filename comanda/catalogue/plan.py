"""What an import would do, before it does it: which variants are new, which change and how, which stay as they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from comanda.accounts.access import Access
from comanda.catalogue.known import Known, values
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


def plan(access: Access, rows: Sequence[Row], known: Known) -> Plan:
    """Look at the catalogue as it is now; nothing is locked, so that an import may find it changed."""
    names = set(access.rows(Product).values_list("name", flat=True))
    planned = [planned_of(row, known.of.get(row.line)) for row in rows]
    kinds = [one.kind for one in planned]
    telling = [one for one in planned if one.kind != "same"]
    return Plan(
        products=len({row.product for row in rows} - names),
        new=kinds.count("new"),
        changed=kinds.count("changed"),
        same=kinds.count("same"),
        first=(telling or planned)[:SHOWN],
    )


def planned_of(row: Row, variant: Variant | None) -> Planned:
    changes = tuple(differences(row, variant)) if variant else ()
    return Planned(row, "changed" if changes else "same" if variant else "new", changes)


def differences(row: Row, variant: Variant) -> Iterator[Difference]:
    before = {"product": variant.product.name, "variant": variant.name}
    after = values(row, variant)
    before |= {name: getattr(variant, name) for name in after if name not in before}
    return (Difference(name, before[name], after[name]) for name in after if before[name] != after[name])
