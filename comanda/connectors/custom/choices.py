"""What a merchant may choose for a field of a mapping: the values of a sample, with the expressions that give them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from comanda.connectors.custom.payload import LINE_FIELDS
from comanda.connectors.custom.plausible import plausible
from comanda.connectors.custom.propose import rendered
from comanda.connectors.custom.weigh import Leaf, Path, look

MOST = 20  # of one field
MOST_NAMED = 200  # of a whole sample
LONGEST = 60  # characters of a value
# A method of payment may be any words.
LIKE = {"payment": "state"}


class Choice(NamedTuple):
    """An expression, and what it gives on the sample: a value, or how many elements a list has."""

    expression: str
    value: str


def choices(sample: Any, fields: Iterable[str], lines: str = "") -> dict[str, list[Choice]]:
    """By field, the values that may be its, as far down as they stand. What is in `lines` is no field of the order."""
    leaves = [leaf for leaf in look(sample)[1] if not lines or not within(leaf[0], lines)]
    return {field: [choice(leaf) for leaf in leaves if may_be(field, leaf)][:MOST] for field in fields}


def may_be(field: str, leaf: Leaf) -> bool:
    value = leaf[1]
    if value in (None, ""):
        return False
    return plausible(LIKE.get(field, field), value, 2 if field == "status" else 0)


def choice(leaf: Leaf) -> Choice:
    return Choice(rendered(leaf[0]), shown(leaf[1]))


def shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value).strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def within(path: Path, lines: str) -> bool:
    return any(rendered(path[:end]) == lines for end in range(1, len(path)))


def lists(sample: Any) -> list[Choice]:
    """The lists of a sample that may be an order's lines."""
    held = look(sample)[0].items()
    found = [Choice(rendered(path), str(len(each))) for path, each in held if isinstance(each, list) and each]
    return found[:MOST]


def line_choices(first: Any) -> dict[str, list[Choice]]:
    """By field, what may be chosen of the first line."""
    if isinstance(first, str | int):
        return {field: [Choice("@", shown(first))] if may_be(field, ((), first)) else [] for field in LINE_FIELDS}
    return choices(first, LINE_FIELDS)


def named(sample: Any) -> list[Choice]:
    """All that a sample holds, to be written by hand."""
    return [choice(leaf) for leaf in look(sample)[1][:MOST_NAMED]]
