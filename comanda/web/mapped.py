"""A mapping as a form: one row a field, with what may be chosen for it, what it gives on the sample, what is wrong."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from comanda.connectors.custom.choices import Choice, choices, line_choices, lists, shown
from comanda.connectors.custom.mapping import Fault
from comanda.connectors.custom.payload import ORDER_FIELDS
from comanda.integrations.mappings import Preview, first_line
from comanda.integrations.models import Integration
from comanda.web import fields
from comanda.web.reasons import place, reason

PLAIN = re.compile(r"[\w.]{1,80}")
FREE = "="  # chosen where an expression is written by hand


@dataclass(frozen=True)
class Option:
    """An expression that may be chosen, and what it is called."""

    expression: str
    words: str


@dataclass
class Row:
    """One field: its expression, the options, what it gives."""

    name: str
    label: str
    expression: str
    options: list[Option]
    value: str = ""
    nothing: str = ""  # said in place of a value
    problem: str = ""
    place: SafeString | str = ""
    needed: bool = False
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.name.replace(".", "-")

    @property
    def free(self) -> bool:
        return self.expression not in {each.expression for each in self.options}


def typed(post: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping that a form holds."""
    found: dict[str, Any] = {"order": {}, "lines": "", "line": {}}
    for name in fields.LABELS:
        chosen = post.get(name, "")
        expression = (post.get(f"{name}.text", "") if chosen == FREE else chosen).strip()
        part, _dot, inner = name.rpartition(".")
        if not part:
            found["lines"] = expression
        elif expression:
            found[part][inner] = expression
    return found


def expression(mapping: Mapping[str, Any], name: str) -> str:
    part, _dot, inner = name.rpartition(".")
    held = mapping.get(part) if part else mapping
    given = held.get(inner) if isinstance(held, dict) else None
    return given if isinstance(given, str) else ""


def rows(row: Integration, mapping: dict[str, Any], data: Any, seen: Preview) -> dict[str, Row]:
    """Every field, by its name. `data` is the decoded sample, None where there is none."""
    offered = options(mapping, data)
    known, faults = {each.field: each for each in seen.fields}, {field_of(each): each for each in seen.problems}
    found = {}
    for name in fields.LABELS:
        said, nothing = expression(mapping, name), str(fields.empty(name, row.account))
        fixed = [Option(each, str(words)) for each, words in fields.FIXED.get(name, ())]
        mine = Row(name, fields.label(name), said, [Option("", nothing), *fixed, *offered.get(name, [])])
        mine.needed = fields.needed(name)
        value(mine, known[name].value, known[name].problem, faults.get(name), data is not None)
        if mine.free and not mine.problem and PLAIN.fullmatch(said):  # a name that this sample does not hold
            mine.options.append(Option(said, said))
        found[name] = mine
    return found


def value(row: Row, given: Any, problem: str, fault: Fault | None, known: bool) -> None:
    """What the field gives on the sample, or why not."""
    if fault or problem:
        row.problem = reason(fault.message if fault else problem)
        row.place = place(fault) if fault else ""
    elif row.expression and known:
        row.value = written(given)
        row.nothing = "" if row.value else _("No viene en este pedido")


def written(given: Any) -> str:
    if isinstance(given, bool):
        return _("sí") if given else _("no")
    return "" if given is None else shown(given)


def field_of(fault: Fault) -> str:
    """The row that a fault is about: `lines[0].quantity` is `line.quantity`, `phone` is `order.phone`."""
    path = fault.field
    if path in fields.LABELS:
        return path
    inside, _dot, inner = path.rpartition(".")
    return f"line.{inner}" if inside.startswith("lines[") else f"order.{inner}"


def options(mapping: dict[str, Any], data: Any) -> dict[str, list[Option]]:
    """By field, what the sample offers."""
    if data is None:
        return {}
    lines = expression(mapping, "lines")
    found = {f"order.{name}": worded(each) for name, each in choices(data, ORDER_FIELDS, lines).items()}
    inside = line_choices(first_line(mapping, data))
    found |= {f"line.{name}": worded(each) for name, each in inside.items()}
    return found | {"lines": [Option(each.expression, counted(each)) for each in lists(data)]}


def worded(found: Iterable[Choice]) -> list[Option]:
    return [Option(each.expression, f"{each.expression} · {each.value}") for each in found]


def counted(each: Choice) -> str:
    return _("{path} · {count} en la lista").format(path=each.expression, count=each.value)


def grouped(found: dict[str, Row]) -> dict[str, Any]:
    """The rows as the page has them."""
    return {
        "groups": [(title, [found[name] for name in names]) for title, names in fields.GROUPS],
        "list_row": found["lines"],
        "line_rows": [found[name] for name in fields.LINES[1:]],
        "seldom": [found[name] for name in fields.SELDOM],
        "seldom_used": any(found[name].expression for name in fields.SELDOM),
    }
