"""A body sorted out: what is known by name, and what nobody knows, which is kept and asked what it says of the buyer."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from comanda.connectors.funnelish.payload import (
    DECODED,
    FLAGS,
    KNOWN,
    KNOWN_OF_PAYMENT,
    KNOWN_OF_PERSON,
    KNOWN_OF_PRODUCT,
    PAYMENTS,
    PEOPLE,
)
from comanda.connectors.reading import fold, form_fields, meant, text

Said = dict[str, str]  # by the body's own names; what says nothing is not there
NESTED = frozenset({dict, list})
MOST_FIELDS = 100
DEEPEST = 5

_LABEL, _VALUE = ("label", "name", "key", "question"), ("value", "answer")
# Names of things that are nobody's: `funnel_name`, `store_phone`, `utm_city`. `reference` alone is the payment's.
_NOT_THE_BUYERS = re.compile(
    r"\b(ads?|adset|affiliate|bank|brand|browser|business|campaign|card|company|device|domain|funnel|geo|landing|merchant"
    r"|page|products?|referr?er|seller|shop|site|step|store|support|team|tienda|upsell|urls?|utm|vendor|website)\b"
    r"|^reference$"
)


def told(data: Mapping[str, Any], names: Iterable[str]) -> str:
    """What the first of these fields says that says something."""
    said: Said = {}
    for name in names:
        note(said, name, data.get(name))
        if said:
            return said[name]
    return ""


def of(said: Mapping[str, str], names: Iterable[str]) -> str:
    """The same, of fields that are sorted."""
    for name in names:
        if name in said:
            return said[name]
    return ""


class Sorted:
    """`own`: the known fields of the body itself. `people`, `payments`: those of the objects within. `kept`: all the others,
    by dotted path, at most MOST_FIELDS. `asked`: those of them that may be the buyer's, by their labels."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.own: Said = {}
        self.people: dict[str, Said] = {}
        self.payments: list[Said] = []
        self.kept: dict[str, str] = {}
        self.asked: dict[str, str] = {}
        for name, value in data.items():
            kind = type(value)
            if kind is str and name in KNOWN:
                if found := meant(value):
                    self.own[name] = found
            elif kind is dict and name in PEOPLE:
                self.people[name] = self.sort(value, KNOWN_OF_PERSON, name)
            elif kind is dict and name in PAYMENTS:
                self.payments.append(self.sort(value, KNOWN_OF_PAYMENT, name))
            elif name == "products":
                self.keep_of_products(value)
            elif name in KNOWN and kind not in NESTED:
                note(self.own, name, value)
            elif name not in DECODED:
                self.keep(name, name, value, 1)

    def keep_of_products(self, products: list[dict[str, Any]]) -> None:
        for index, product in enumerate(products):
            for name in product:
                if name not in KNOWN_OF_PRODUCT:
                    self.keep(f"products.{index}.{name}", name, product[name], 2)

    def sort(self, source: Mapping[str, Any], known: Collection[str], path: str) -> Said:
        """The known fields of an object within; its others are kept."""
        said: Said = {}
        for name, value in source.items():
            if name in known and type(value) not in NESTED:
                note(said, name, value)
            else:
                self.keep(f"{path}.{name}", name, value, 2)
        return said

    def keep(self, path: str, label: str, value: Any, depth: int) -> None:
        """`{"meta": {"cedula": "1"}}` as `meta.cedula`; so too `{"meta": [{"name": "cedula", "value": "1"}]}`."""
        kind = type(value)
        if kind in NESTED:
            if depth < DEEPEST and len(self.kept) < MOST_FIELDS:
                for name, inner in value.items() if kind is dict else map(_pair, enumerate(value)):
                    self.keep(f"{path[:200]}.{name}", name, inner, depth + 1)
        elif value is not None and len(self.kept) < MOST_FIELDS and (found := text(value, 500)):
            name, buyers = judged(path[:200], label[:81])
            if name not in self.kept:
                self.kept[name] = found
            if buyers and label not in self.asked:
                self.asked[label] = found

    def form(self) -> dict[str, str]:
        """The buyer's fields among those that nobody knows, by the meaning of their labels."""
        return form_fields(self.asked)


def note(said: Said, name: str, value: Any) -> None:
    kind = type(value)
    if kind is str or kind is int or kind is float:
        if found := meant(value):
            said[name] = found
    elif kind is bool and name in FLAGS:
        said[name] = "yes" if value else "no"


@lru_cache(4096)
def judged(path: str, label: str) -> tuple[str, bool]:
    """A path as it is kept, and whether what stands there may say something of the buyer."""
    says = bool(form_fields({label: "something"}))
    return text(path, 120), says and len(path) <= 120 and not _NOT_THE_BUYERS.search(fold(path))


def _pair(numbered: tuple[int, Any]) -> tuple[str, Any]:
    """An element of a list: a labelled one by its label, another by its place."""
    index, element = numbered
    if type(element) is dict:
        label = next((each for name in _LABEL if (each := element.get(name)) and type(each) is str), "")
        for name in _VALUE:
            if label and name in element:
                return label[:80], element[name]
    return str(index), element
