"""Which variant of the catalogue each line of a file is about, and what the line makes of it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from comanda.accounts.access import Access
from comanda.catalogue.models import Variant
from comanda.catalogue.sheet import LineError, Row

T = TypeVar("T")
Name = tuple[str, str]


class Known:
    """The variants of an account beside the rows of a file. Whoever is to write them locks them, in the workers' order.

    `of` has the variant of each row that is not a new one, by the row's line; `errors` say of which rows nobody can tell.
    """

    def __init__(self, access: Access, rows: Sequence[Row], *, lock: bool = True) -> None:
        found = access.rows(Variant).select_related("product").order_by("pk")
        self.left = {v.pk: v for v in (found.select_for_update(of=("self",)) if lock else found)}  # of no row yet
        self.of: dict[int, Variant] = {}
        self.errors: list[LineError] = []
        self.alike(rows)
        alike = [row for row in rows if row.line in self.of]
        rest = self.by_sku(alike, [row for row in rows if row.line not in self.of])
        self.by_name(alike, rest)
        self.errors += [oversold(row) for row in rows if not may_be_oversold(row, self.of.get(row.line))]

    def take(self, row: Row, variant: Variant) -> None:
        self.of[row.line] = self.left.pop(variant.pk)

    def alike(self, rows: Sequence[Row]) -> None:
        """Rows with the SKU and the name of a variant, as an export has them. Several may be the same, if the catalogue has
        as many."""
        there = grouped(self.left.values(), lambda variant: (variant.sku, name_of(variant)))
        for key, same in grouped(rows, lambda row: (row.sku, (row.product, row.variant))).items():
            if len(same) == len(there.get(key, ())):
                for row, variant in paired(same, there[key]):
                    self.take(row, variant)

    def by_sku(self, alike: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
        """A SKU is one variant's, whatever the row calls it. Returns the rows in which it is not refused."""
        lines = first(alike, lambda row: row.sku)
        there = grouped(self.left.values(), lambda variant: variant.sku)
        going = []
        for row in rows:
            other, found = lines.setdefault(row.sku, row).line, there.get(row.sku, [])
            if not row.sku:
                going.append(row)
            elif other != row.line:
                self.refuse(row, "sku_twice", "sku", row.sku, other=other)
            elif len(found) > 1:
                self.refuse(row, "sku_shared", "sku", row.sku, count=len(found))
            else:
                going.append(row)
                if found:
                    self.take(row, found[0])
        return going

    def by_name(self, alike: Sequence[Row], rows: Sequence[Row]) -> None:
        """Where no SKU says it, the name does, if one variant alone has it."""
        namesakes = first(alike, lambda row: (row.product, row.variant))
        there = grouped(self.left.values(), name_of)
        for row in rows:
            namesake = namesakes.setdefault((row.product, row.variant), row)
            found = [] if row.line in self.of else there.get((row.product, row.variant), [])
            name = f"{row.product} {row.variant}".strip()
            if namesake is not row and not (row.sku and namesake.sku):
                self.refuse(row, "name_twice", "product", name, other=namesake.line)
            elif len(found) == 1:
                self.take(row, found.pop())
            elif found and not row.sku:
                self.refuse(row, "name_shared", "product", name, count=len(found))

    def refuse(self, row: Row, code: str, column: str, cell: str, **facts: int) -> None:
        self.errors.append(LineError(row.line, code, column, cell, facts))


def first(rows: Sequence[Row], key: Callable[[Row], Hashable]) -> dict[Hashable, Row]:
    return {key(row): row for row in reversed(rows)}


def grouped(things: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    found: dict[Hashable, list[T]] = defaultdict(list)
    for each in things:
        found[key(each)].append(each)
    return dict(found)


def name_of(variant: Variant) -> Name:
    return variant.product.name.strip(), variant.name.strip()


def paired(rows: Sequence[Row], variants: Sequence[Variant]) -> Iterator[tuple[Row, Variant]]:
    """As many of each that nobody can tell apart: those that are the same in all first, then in the order of an export."""
    same, other = grouped(variants, numbers), []
    for row in rows:
        if found := same.get(numbers(row)):
            yield row, found.pop(0)
        else:
            other.append(row)
    left = sorted((each for some in same.values() for each in some), key=lambda each: (each.product_id, each.pk))
    yield from zip(other, left, strict=True)


def numbers(of: Row | Variant) -> Hashable:
    return of.price, of.cost, of.stock


def may_be_oversold(row: Row, variant: Variant | None) -> bool:
    """Fewer pieces than none are made by orders alone: a file may say it where the catalogue does."""
    return row.stock is None or row.stock >= 0 or (variant is not None and (variant.stock or 0) < 0)


def oversold(row: Row) -> LineError:
    return LineError(row.line, "out_of_range", "stock", str(row.stock))


def values(row: Row, variant: Variant) -> dict[str, Any]:
    """What stands in a variant after its row. Empty cells leave what is there, and so does a stock below nothing."""
    stock = None if row.stock is None or row.stock < 0 else row.stock
    given = {"sku": row.sku or None, "price": row.price, "cost": row.cost, "stock": stock}
    kept = {name: getattr(variant, name) if value is None else value for name, value in given.items()}
    return {"product": row.product, "variant": row.variant, **kept}
