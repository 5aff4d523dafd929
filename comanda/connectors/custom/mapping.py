"""A merchant's mapping: JMESPath expressions that make Comanda's order format of whatever their tool sends.

    {"order": {"external_id": "folio", "name": "cliente.nombre"}, "lines": "items", "line": {"title": "producto"}}

The expressions of `line` are asked of each element of `lines`. Compiled once; evaluated with bounded work.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isfinite
from typing import Any

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter
from msgspec import Struct

from comanda.connectors.custom.payload import LINE_FIELDS, ORDER_FIELDS
from comanda.connectors.draft import MOST_LINES
from comanda.problems import Problem

LONGEST = 1000  # characters of an expression
DEEPEST = 80  # nodes of it in each other
MOST_WORK = 100_000  # of all expressions of an order together: see Bounded
MOST_FAULTS = 50
NEEDED = ("external_id", "title")


class Fault(Struct, frozen=True):
    """What is wrong with a mapping: the field ("lines", "order.phone"), its expression, the place in it, the reason."""

    field: str
    expression: str
    message: str
    place: int = 0


class BadMapping(Exception):  # noqa: N818
    """A mapping that cannot be used: its faults, and what of it could be compiled."""

    def __init__(self, faults: list[Fault], rest: "Parts") -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults, self.rest = faults, rest


class TooMuch(Exception):  # noqa: N818
    """An expression that asks for more work than an order can be worth."""


class Bounded(TreeInterpreter):
    """Counts what an order's expressions do: each node that is visited, each value that is put into a list, each hundred
    characters that a function reads. What may grow without being visited is counted before it is made."""

    def __init__(self) -> None:
        super().__init__()
        self.functions, self.work = Functions(), 0
        self.sizes: dict[int, tuple[Any, int]] = {}  # by identity; the values are kept, lest one be used again

    def spend(self, work: int) -> None:
        self.work += work
        if self.work > MOST_WORK:
            raise TooMuch

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self.spend(1)
        found = super().visit(node, *args, **kwargs)
        if found.__class__ is str:
            self.spend(len(found) // 1000)  # it may be compared
        return found

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self.spend(sum(len(each) if isinstance(each, list) else 1 for each in base))
        return [inner for each in base for inner in (each if isinstance(each, list) else (each,))]

    def visit_comparator(self, node: Any, value: Any) -> Any:
        left, right = (self.visit(child, value) for child in node["children"])
        self.spend(self.size(left))
        if node["value"] not in ("eq", "ne") and not (is_number(left) and is_number(right)):
            return None
        return self.COMPARATOR_FUNC[node["value"]](left, right)

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        given = [self.visit(child, value) for child in node["children"]]
        self.spend(sum(self.size(each) if node["value"] in DEEP else breadth(each) for each in given))
        if node["value"] == "join" and len(given) == 2 and isinstance(given[1], list):
            self.spend(breadth(given[0]) * len(given[1]))
        return self.functions.call_function(node["value"], given)

    def size(self, value: Any) -> int:
        """All that is in a value, at every depth, as often as it is there. What is counted is paid for."""
        if not isinstance(value, list | dict):
            return breadth(value)
        known = self.sizes.get(id(value))
        if known is None:
            self.spend(len(value))
            inner = value.values() if isinstance(value, dict) else value
            known = self.sizes[id(value)] = (value, len(value) + sum(map(self.size, inner)))
        return known[1]


DEEP = (
    "contains",
    "join",
    "max",
    "min",
    "sort",
    "to_string",
)  # the functions that look into what lists and objects hold


def breadth(value: Any) -> int:
    """What it costs to go through a value, without what it holds."""
    if isinstance(value, str):
        return 1 + len(value) // 100
    return len(value) if isinstance(value, list | dict) else 1


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Expression:
    """One field's expression, compiled. Raises what jmespath raises of one that is none."""

    def __init__(self, field: str, expression: str) -> None:
        self.field, self.expression = field, expression
        expression.encode()  # a UnicodeError, where it has half a character
        self.tree = jmespath.compile(expression).parsed
        check_tree(self.tree, expression)
        self.value = path(names(self.tree)) or self.evaluate

    def evaluate(self, data: Any, bounded: Bounded) -> Any:
        try:
            return bounded.visit(self.tree, data)
        except TooMuch:
            raise self.fault("too much work") from None
        except JMESPathTypeError as error:  # its own words hold the whole value
            wanted = " or ".join(error.expected_types)
            raise self.fault(f"{error.function_name}() is given {error.actual_type} instead of {wanted}") from None
        except (JMESPathError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise self.fault(said(error)) from None

    def scalar(self, data: Any, bounded: Bounded) -> str | int | float | bool | None:
        """A text, a number or nothing. Raises order_unreadable."""
        found = self.value(data, bounded)
        kind = found.__class__
        if kind is str or kind is int or found is None or kind is bool or (kind is float and isfinite(found)):
            return found  # type: ignore[no-any-return]
        raise self.fault(f"gives {NOT_SCALAR.get(kind, 'an expression')} where a text or a number is due")

    def fault(self, reason: str) -> Problem:
        return Problem("order_unreadable", path=self.field, reason=reason, expression=self.expression)


NOT_SCALAR: dict[type, str] = {list: "a list", dict: "an object", float: "no finite number"}


class Misuse(ValueError):  # noqa: N818
    """What parses and still can never work, with its place."""

    def __init__(self, message: str, place: int = 0) -> None:
        super().__init__(message)
        self.lex_position = place


def check_tree(tree: Any, expression: str) -> None:
    """Raise Misuse for functions that there are not, or with another number of arguments, and for broken characters."""
    for node in nodes(tree):
        name, given = node.get("value"), len(node["children"])
        if node["type"] == "literal":
            msgspec.json.encode(name)  # a UnicodeError, where it has half a character
        if node["type"] != "function_expression":
            continue
        place = re.search(rf"\b{name}\s*\(", expression)
        known = Functions.FUNCTION_TABLE.get(name)
        if not known:
            raise Misuse(f"there is no function {name}()", place.start() if place else 0)
        due, more = len(known["signature"]), bool(known["signature"][-1].get("variadic"))
        if given < due or (given > due and not more):
            raise Misuse(f"{name}() takes {due} arguments, not {given}", place.start() if place else 0)


def nodes(tree: Any, depth: int = 1) -> Iterator[Any]:
    """A tree's nodes. Raises RecursionError beyond DEEPEST, which another stack might not bear."""
    if depth > DEEPEST:
        raise RecursionError
    yield tree
    for child in tree["children"]:
        if isinstance(child, dict):
            yield from nodes(child, depth + 1)


def path(names: tuple[str, ...]) -> Callable[[Any, Bounded], Any] | None:
    """What looks names up one in the other, as `cliente.nombre` means it: nearly all expressions are such, and need no
    interpreter."""
    if len(names) == 1:
        (only,) = names
        return lambda data, bounded: data.get(only) if data.__class__ is dict else None

    def look_up(data: Any, bounded: Bounded) -> Any:
        for name in names:
            data = data.get(name) if data.__class__ is dict else None
        return data

    return look_up if names else None


def names(tree: Any) -> tuple[str, ...]:
    """The names of a plain path; empty for any other expression."""
    if tree["type"] == "field":
        return (tree["value"],)
    inner = [names(each) for each in tree["children"]] if tree["type"] == "subexpression" else []
    return tuple(name for each in inner for name in each) if all(inner) else ()


@dataclass(frozen=True)
class Parts:
    """A mapping's expressions."""

    order: list[Expression]
    lines: Expression | None
    line: list[Expression]


class Compiled(Parts):
    """A mapping that is fit for use."""

    lines: Expression

    @cached_property
    def spread(self) -> list[Expression]:
        """The order's id asked of all elements of a list in the place of the first: `pedidos[*].folio`."""
        identity = next(each.expression for each in self.order if each.field == "external_id")
        places = [match.span() for match in re.finditer(r"\[0\]", identity)]
        return [Expression("external_id", f"{identity[:start]}[*]{identity[end:]}") for start, end in places]

    def apply(self, data: Any) -> dict[str, Any]:
        """The order in Comanda's format. Raises order_unreadable with the field at fault and its expression."""
        bounded = Bounded()
        found: dict[str, Any] = {each.field: each.scalar(data, bounded) for each in self.order}
        items = self.items(data, bounded)
        found["lines"] = [self.row(item, index, bounded) for index, item in enumerate(items)]
        return found

    def named(self, data: Any) -> dict[str, Any]:
        """What the order is called, as far as it can be told."""
        found = {}
        for each in self.order:
            with suppress(Problem):
                if each.field in ("external_id", "number"):
                    found[each.field] = each.scalar(data, Bounded())
        return found

    def row(self, item: Any, index: int, bounded: Bounded) -> dict[str, Any]:
        try:
            return {each.field: each.scalar(item, bounded) for each in self.line}
        except Problem as problem:
            raise Problem(problem.code, **problem.facts | {"path": f"lines[{index}].{problem.facts['path']}"}) from None

    def items(self, data: Any, bounded: Bounded) -> list[Any]:
        found = self.lines.value(data, bounded)
        if not isinstance(found, list):
            raise self.lines.fault(f"gives {'nothing' if found is None else 'no list'} where the list of lines is due")
        if len(found) > MOST_LINES:
            raise self.lines.fault(f"gives more than {MOST_LINES} lines")
        return found

    def expression_of(self, path: str) -> str:
        """The expression behind a path of the order: `lines[2].quantity`."""
        name = path.rpartition(".")[2]
        where = self.line if path.startswith("lines[") else self.order
        return next((each.expression for each in where if each.field == name), self.lines.expression)


def check(mapping: Any) -> Compiled:
    """Compile a mapping, or raise BadMapping with all of its faults."""
    faults: list[Fault] = []
    if not isinstance(mapping, dict):
        raise BadMapping([Fault("mapping", "", "an object with order, lines and line is due")], Parts([], None, []))
    unknown = [str(name)[:80] for name in mapping if name not in ("order", "lines", "line")]
    faults += [Fault(name, "", "no such part; there are order, lines, line") for name in unknown[:MOST_FAULTS]]
    order = part(mapping.get("order"), "order", ORDER_FIELDS, faults)
    line = part(mapping.get("line"), "line", LINE_FIELDS, faults)
    lines = one("lines", mapping.get("lines"), faults)
    fields = {each.field for each in (*order, *line)}
    known = {fault.field.rpartition(".")[2] for fault in faults}
    for name in NEEDED:
        if name not in fields | known:
            faults.append(Fault(f"{'line' if name in LINE_FIELDS else 'order'}.{name}", "", "an expression is needed"))
    if faults or lines is None:
        raise BadMapping(faults, Parts(order, lines, line))
    return Compiled(order, lines, line)


def part(given: Any, name: str, allowed: tuple[str, ...], faults: list[Fault]) -> list[Expression]:
    if given is not None and not isinstance(given, Mapping):
        faults.append(Fault(name, "", "an object of fields and expressions is due"))
        return []
    found = []
    for field, expression in (given or {}).items():
        if len(faults) >= MOST_FAULTS:
            break
        if field not in allowed:
            faults.append(Fault(f"{name}.{field}"[:80], "", f"no such field; there are {', '.join(allowed)}"))
        elif expression not in (None, "") and (made := one(f"{name}.{field}", expression, faults)):
            found.append(made)
    return found


def one(field: str, expression: Any, faults: list[Fault]) -> Expression | None:
    """An expression compiled, or a fault noted."""
    if not isinstance(expression, str) or not expression.strip():
        faults.append(Fault(field, "", "an expression is needed"))
    elif len(expression) > LONGEST:
        faults.append(Fault(field, expression[:80], f"longer than {LONGEST} characters"))
    elif "\x00" in expression:
        faults.append(Fault(field, "", "a character that no text has", expression.index("\x00")))
    else:
        try:
            return Expression(field.rpartition(".")[2], expression)
        except (JMESPathError, RecursionError, ValueError) as error:
            place = getattr(error, "lex_position", None) or getattr(error, "lexer_position", None) or 0
            faults.append(Fault(field, expression, said(error), place))
    return None


def said(error: Exception) -> str:
    """What jmespath says, without the drawing of the place."""
    if isinstance(error, UnicodeError):
        return "half of a character"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return re.split(r",? *for expression:|\n", str(error).strip())[0][:200] or "not JMESPath"


@lru_cache(4096)
def compiled(mapping: str) -> Compiled:
    """A stored mapping (JSON), compiled once."""
    return check(msgspec.json.decode(mapping))
