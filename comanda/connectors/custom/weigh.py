"""What each value of a sample may be: for propose.py.

Every value near the top is weighed for each field: what its own name says, what holds it, whether it can be such a thing
at all.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from comanda.connectors.custom.plausible import plausible
from comanda.connectors.custom.words import (
    ALLOWED,
    GENERIC,
    GROUPS,
    HOLLOW,
    INDEX,
    LABELS,
    LIKED,
    LINE_PARTS,
    MESSAGE,
    NAMELESS,
    NAMES,
    PRICES,
    Words,
    words,
)

MOST_PLACES = 4000  # values looked at, from the top down
MOST_NAMES = 1000  # of one object
DEEPEST = 12
LONGEST_NAME = 60

Path = tuple[str | int, ...]
Leaf = tuple[Path, Any]


class Reading(NamedTuple):
    """One thing that a name may mean."""

    field: str
    step: int  # how far down the field's names in FIELDS
    skip: int  # 1: of a hollow name, what holds it was read
    rest: Words  # what the name says beside
    cost: int
    bare: bool  # it says nothing of its own


class Hit(NamedTuple):
    """A value that may be a field's. The cheapest is the likeliest; among equals the first of the document."""

    cost: int
    turn: int
    kin: tuple[Path, tuple[str, ...]]  # what holds it, and whose it is by its own name
    path: Path
    value: Any
    bare: bool


Hits = dict[str, list[Hit]]


def look(sample: Any) -> tuple[dict[Path, Any], list[Leaf]]:
    """Objects and lists, and the values in them, from the top down; of a list its first element."""
    holders: dict[Path, Any] = {}
    leaves: list[Leaf] = []
    waiting: deque[Leaf] = deque([((), sample)])
    room = MOST_PLACES
    while waiting:
        path, value = waiting.popleft()
        if not isinstance(value, dict | list):
            leaves.append((path, value))
            continue
        holders[path] = value
        inner: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value[:1])
        inside = list(islice(inner, min(room, MOST_NAMES) if len(path) < DEEPEST else 0))
        room -= len(inside)
        waiting.extend(((*path, step), each) for step, each in inside if len(str(step)) <= LONGEST_NAME)
    return holders, leaves


def hits(leaves: list[Leaf], base: Path, above: Words, around: Words = frozenset()) -> Hits:
    """By field, the values that may be its. `base` holds what is sought; `above` and `around`: what is known of the base."""
    found: Hits = {}
    for turn, (path, value) in enumerate(leaves):
        held = shared(path, base)
        names = [step for step in path[held:] if isinstance(step, str)]
        place = context(names[:-1], around)
        if not names or "foreign" in place or value in names[-2:-1]:
            continue  # `telefono: {id: "telefono", value: …}`: a label of its own
        stray = held < len(base)
        distance = len(path) - held + 5 * (len(path) - held - len(names)) + 50 * stray + 500 * (value in (None, ""))
        for each in readings(names, frozenset() if stray else above, place):
            if means_the_message(each, stray, names) or not plausible(each.field, value, each.step):
                continue
            cost = each.cost + distance + liking(each.field, place | groups(each.rest))
            kin = path[: len(path) - 1 - each.skip], tuple(sorted(each.rest))
            found.setdefault(each.field, []).append(Hit(cost, turn, kin, path, value, each.bare))
    return found


def readings(names: list[str], above: Words, around: Words) -> Iterator[Reading]:
    """What a value so named may be. A hollow name (`city: {name: …}`) may mean what holds it."""
    chain = [*(words(each) for each in reversed(names[-3:])), above]
    for skip in range(2 if chain[0] <= HOLLOW and len(names) > 1 else 1):
        here, up = chain[skip], chain[skip + 1]
        known = (each for word in here for each in INDEX.get(word, ()))
        for field, step, phrase in dict.fromkeys(known):
            own, rest, allowed = phrase & here, here - phrase, ALLOWED[field]
            bare = own <= GENERIC
            if not phrase <= here | up or not (rest <= allowed or field == "email"):
                continue
            if skip and chain[0] <= NAMES and field in NAMELESS:
                continue
            if (not bare or up - phrase <= allowed) and belongs(field, own, bare, around):
                cost = 10 * step + len(rest) - len(own) + skip * (5 if chain[0] & LABELS else 3)
                yield Reading(field, step, skip, rest, cost, bare)


def belongs(field: str, own: Words, bare: bool, around: Words) -> bool:
    """What is in a product is the line's; outside one only what says of itself that it is, or a price."""
    if field in LINE_PARTS:
        return "product" in around or not bare or own <= PRICES
    return "product" not in around


def means_the_message(reading: Reading, stray: bool, names: list[str]) -> bool:
    """Beside the object that is the order, a bare `id`, `status` or `date` is the message's."""
    return stray and reading.bare and len(names) == 1 and reading.field in MESSAGE


def groups(said: Words) -> Words:
    return frozenset(group for group, known in GROUPS.items() if said & known)


def context(names: Iterable[str], around: Words = frozenset()) -> Words:
    """Whose something in these is, outermost first. In a shop's order a customer is the order's, not the shop's."""
    for each in names:
        mine = groups(words(each))
        around = (around - {"foreign"} if mine & {"order", "buyer", "recipient"} else around) | mine
    return around


def liking(field: str, around: Words) -> int:
    """Of an order's several people and places the parcel's come first."""
    known = LIKED.get(field, {})
    if "billing" in around:
        return known.get("billing", 0)
    return min((known[group] for group in around & known.keys()), default=6 if known else 0)


def shared(one: Path, other: Path) -> int:
    """How many steps two paths go together."""
    return next(
        (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
