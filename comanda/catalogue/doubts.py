"""Prices that are probably a spreadsheet's doing: Excel reads `89.900` as 89.9 where its decimals have a point. They are taken,
and told of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from comanda.catalogue.models import Variant
from comanda.catalogue.sheet import Row

# Money in which nothing is sold for less than a thousand; what lost its thousands is always less.
WITHOUT_CENTS = frozenset({"CLP", "COP", "PYG"})
THOUSAND = 1000
LEAP = 100  # nobody changes a price so many times over


@dataclass(frozen=True)
class Doubt:
    """A price or a cost of a line, and what stood there before."""

    row: Row
    column: str
    before: Decimal | None
    after: Decimal

    @property
    def line(self) -> int:
        return self.row.line

    @property
    def message(self) -> str:
        before = f"it was {self.before}" if self.before else "nothing is sold for so little"
        return f"line {self.line}: {self.column} {self.after} looks as if its thousands were read as decimals; {before}"


def doubts(rows: Sequence[Row], known: Mapping[int, Variant], currency: str) -> Iterator[Doubt]:
    """`known` has the variant of each row that is not a new one, as it is before the row, by the row's line."""
    for row in rows:
        variant = known.get(row.line) or Variant()
        for column, before, after in (("price", variant.price, row.price), ("cost", variant.cost, row.cost)):
            if after and doubtful(before, after, currency):
                yield Doubt(row, column, before, after)


def doubtful(before: Decimal | None, after: Decimal, currency: str) -> bool:
    if before:
        return max(before, after) >= LEAP * min(before, after)
    return currency in WITHOUT_CENTS and after < THOUSAND
