"""A first mapping, from one sample of what a merchant's tool sends, by the names of its fields (words.py, weigh.py).

The cheapest value of each field is proposed; no value serves two.
"""

import json
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

from comanda.connectors.custom.mapping import LONGEST
from comanda.connectors.custom.payload import LINE_FIELDS, ORDER_FIELDS
from comanda.connectors.custom.weigh import MOST_NAMES, Hit, Hits, Leaf, Path, context, hits, look, shared
from comanda.connectors.custom.words import (
    ALONE,
    GROUPS,
    JOINS,
    LISTS,
    NEUTRAL,
    ORDERS,
    PLAIN_LISTS,
    WRAPPERS,
    Words,
    words,
)
from comanda.connectors.reading import fold

MOST_LISTS = 40
# What an element that is a line holds, and how much each says.
SIGNS = {"title": 3, "quantity": 2, "sku": 2, "product_id": 2, "unit_price": 1}
FIRST = ("address1", "external_id")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def propose(sample: Any) -> dict[str, Any]:
    """{"order": {field: expression}, "lines": expression, "line": {field: expression}}, as far as found in a decoded sample.

    An expression yields a text, a number or a boolean on the sample; that of "lines" a list, and it is left out where
    nothing looks like a product.
    """
    holders, leaves = look(sample)
    if any(path[-1:] == ("livemode",) for path, _ in leaves):  # Stripe's amounts are cents, and JMESPath cannot divide
        leaves = [leaf for leaf in leaves if "amount" not in words(name(leaf[0]))]
    rows = rows_of(holders, leaves)
    base = base_of(holders, leaves, rows)
    mine = [leaf for leaf in leaves if rows is None or leaf[0][: len(rows)] != rows]
    choice = Choice(hits(mine, base, words(name(base)) & GROUPS["order"]))
    order = choice.expressions(ORDER_FIELDS)
    if rows is None:
        lines, line = only_line(holders, choice, base)
    else:
        lines, line = rendered(rows), Choice(row_hits(leaves, rows)).expressions(LINE_FIELDS, (*rows, 0))
    return {"order": order} | ({"lines": lines} if line else {}) | {"line": line}


# Where the order and its lines are


def name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")


def list_name(path: Path) -> Words:
    """What a list is called; `line_items: {data: []}` is called by what holds it."""
    names = [words(step) for step in path if isinstance(step, str)]
    return next((each for each in reversed(names) if not each <= PLAIN_LISTS), frozenset())


def is_rows(path: Path) -> bool:
    said = list_name(path)
    return bool(said & LISTS) and said <= LISTS | GROUPS["order"] | NEUTRAL


def row_hits(leaves: list[Leaf], rows: Path) -> Hits:
    each = (*rows, 0)
    inside = [leaf for leaf in leaves if leaf[0][: len(each)] == each]
    return hits(inside, each, list_name(rows), frozenset({"product"}))


def rows_of(holders: dict[Path, Any], leaves: list[Leaf]) -> Path | None:
    """The list of lines: by its name, and by what its first element holds."""
    lists = [
        path for path, held in holders.items() if path and isinstance(held, list) and is_object(holders, (*path, 0))
    ]
    lists = [path for path in lists if is_rows(path) or not words(name(path)) <= ORDERS]
    lists = sorted(lists, key=is_rows, reverse=True)[:MOST_LISTS]
    worths = {path: worth(path, row_hits(leaves, path)) for path in lists}
    best = max(lists, key=lambda path: worths[path], default=None)
    return best if best is not None and worths[best] else None


def worth(path: Path, found: Hits) -> int:
    holds = sum(points for field, points in SIGNS.items() if field in found)
    named = is_rows(path)
    if ("title" not in found and holds < 4) or (not named and holds < 5):
        return 0
    return holds + 10 * named


def is_object(holders: dict[Path, Any], path: Path) -> bool:
    return isinstance(holders.get(path), dict)


def base_of(holders: dict[Path, Any], leaves: list[Leaf], rows: Path | None) -> Path:
    """What holds the order: the innermost wrapper with an id, else the innermost that holds most of it all."""
    chain: list[Path] = [()]
    while inner := unwrapped(holders, leaves, chain[-1], rows):
        chain.append(inner)
    for path in reversed(chain):
        own = [leaf for leaf in leaves if leaf[0][:-1] == path]
        if "external_id" in hits(own, path, frozenset()):
            return path
    return [path for path in chain if not path or 2 * inside(leaves, path) > len(leaves)][-1]


def unwrapped(holders: dict[Path, Any], leaves: list[Leaf], path: Path, rows: Path | None) -> Path:
    """One step further in: `{"data": …}`, `{"pedido": …}`, `[…]`; empty where there is none."""
    held = holders.get(path)
    if isinstance(held, list):
        return (*path, 0) if is_object(holders, (*path, 0)) else ()
    inner = [(*path, step) for step in islice(held or (), MOST_NAMES) if (*path, step) in holders]
    inner = [each for each in inner if is_wrapper(each, alone=len(held or ()) == 1)]
    if rows is not None:
        inner = [each for each in inner if each == rows[: len(each)] and each != rows]
    return max(inner, key=lambda each: inside(leaves, each), default=())


def is_wrapper(path: Path, alone: bool) -> bool:
    said = words(name(path))
    return (bool(said) and said <= WRAPPERS) or (alone and not said & LISTS)


def inside(leaves: list[Leaf], path: Path) -> int:
    return sum(each[: len(path)] == path for each, _ in leaves)


# Which it is, and how that is written


class Choice:
    """The likeliest for each field; what serves one field serves no other."""

    def __init__(self, found: Hits) -> None:
        self.found = found
        self.used: set[Path] = set()
        self.taken: dict[str, list[Hit]] = {}

    def expressions(self, fields: Iterable[str], base: Path = ()) -> dict[str, str]:
        self.take(fields)
        made = {field: expression(field, self.taken[field], base) for field in fields if field in self.taken}
        return {field: each for field, each in made.items() if len(each) <= LONGEST}

    def take(self, fields: Iterable[str]) -> None:
        """The clearest first; before all a street with its number, which may look like the order's, and the id."""
        firm = {field: index for index, field in enumerate(FIRST)}
        sure = {
            field: min((hit.cost for hit in self.likeliest(field)), default=0)
            for field in fields
            if field not in self.taken
        }
        for field in sorted(sure, key=lambda each: (firm.get(each, len(FIRST)), sure[each])):
            chosen = self.likeliest(field)
            if chosen:
                self.taken[field] = chosen
                self.used |= {hit.path for hit in chosen}

    def likeliest(self, field: str) -> list[Hit]:
        parts = self.parts(field) if field in JOINS else []
        apart = {hit.path for hit in parts} if len(parts) > 1 else set()
        whole = min((hit for hit in self.open(field) if hit.path not in apart), key=rank, default=None)
        if whole and not (parts and min(hit.cost for hit in parts) + 3 < whole.cost):
            return [whole]
        return parts

    def open(self, field: str) -> list[Hit]:
        """What may still be chosen."""
        other = str(self.taken["external_id"][0].value) if field == "number" and "external_id" in self.taken else None
        return [hit for hit in self.found.get(field, ()) if hit.path not in self.used and str(hit.value) != other]

    def parts(self, field: str) -> list[Hit]:
        """`nombre` and `apellido` of one person; empty where there is nothing to join."""
        names = JOINS[field][1]
        known = [hit for each in names for hit in self.open(each) if hit.value is not None]
        anchor = min(known, key=rank, default=None)
        found: list[Hit] = []
        for each in names if anchor else ():
            akin = [hit for hit in self.open(each) if field == "payment" or (anchor and hit.kin == anchor.kin)]
            akin = [
                hit for hit in akin if all(hit.path != other.path for other in found) and goes_with(each, hit, found)
            ]
            found += [min(akin, key=rank)] if akin else []
            if not found and field not in ALONE:
                return []
        return found if len(found) > 1 or field in ALONE else []


def rank(hit: Hit) -> Any:
    return hit[:3]


def goes_with(part: str, hit: Hit, found: list[Hit]) -> bool:
    """A bare `numero` is the house's in an address, or right behind a street that has none; a surname is not said twice."""
    if (
        part == "house"
        and hit.bare
        and not context(map(str, hit.path[:-1])) & {"address", "shipping", "recipient", "billing"}
    ):
        return hit.turn == found[0].turn + 1 and not any(each.isdecimal() for each in str(found[0].value))
    if part == "last" and found and hit.value:
        return not set(fold(str(hit.value)).split()) <= set(fold(str(found[0].value)).split())
    return True


def expression(field: str, chosen: list[Hit], base: Path) -> str:
    paths = [rendered(hit.path[len(base) :]) for hit in chosen]
    if len(paths) == 1:
        return paths[0]
    texts = all(isinstance(hit.value, str | None) for hit in chosen)
    return f"join('{JOINS[field][0]}', [{', '.join(paths)}][?@]{'' if texts else '.to_string(@)'})"


def rendered(path: Path) -> str:
    """A path in JMESPath; `@` for none."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{quoted(step)}" for step in path]
    return "".join(steps).removeprefix(".") or "@"


def quoted(step: str) -> str:
    return step if _BARE.fullmatch(step) else json.dumps(step, ensure_ascii=False)


def only_line(holders: dict[Path, Any], choice: Choice, base: Path) -> tuple[str, dict[str, str]]:
    """The lines of an order without a list of objects: names alone, or the one product that it is of."""
    plain = [path for path, held in holders.items() if isinstance(held, list) and held and is_rows(path)]
    for path in plain:
        if isinstance(holders[path][0], str):
            return rendered(path), {"title": "@"}
    choice.take(LINE_FIELDS)
    chosen = [choice.taken[field] for field in LINE_FIELDS if field in choice.taken]
    if not choice.taken.keys() & {"title", "sku", "product_id"}:
        return "", {}
    if is_one_order(holders, choice, base):
        return rendered(base[:-1]), choice.expressions(LINE_FIELDS, base)
    held = chosen[0][0].path[:-1]
    for hit in (hit for each in chosen for hit in each):
        held = held[: shared(held, hit.path[:-1])]
    return f"[{rendered(held)}]", choice.expressions(LINE_FIELDS, held)


def is_one_order(holders: dict[Path, Any], choice: Choice, base: Path) -> bool:
    """Whether a list of flat objects is one order's rows: several, all with the same id."""
    rows = holders[base[:-1]] if base[-1:] == (0,) else []
    if len(rows) < 2 or "external_id" not in choice.taken:
        return False
    (step, *deeper) = choice.taken["external_id"][0].path[len(base) :]
    first = choice.taken["external_id"][0].value
    return not deeper and all(isinstance(each, dict) and each.get(step) == first for each in rows)
