"""A merchant's mapping: JMESPath expressions that make Comanda's order format of whatever their tool sends.

    {"order": {"external_id": "folio", "name": "cliente.nombre"}, "lines": "items", "line": {"title": "producto"}}

The expressions of `line` are asked of each element of `lines`. Compiled once; evaluated with bounded work.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError
from jmespath.visitor import TreeInterpreter
from msgspec import Struct

from comanda.connectors.custom.payload import LINE_FIELDS, ORDER_FIELDS
from comanda.problems import Problem

LONGEST = 1000  # characters of an expression
MOST_LINES = 500
MOST_WORK = 20_000  # nodes visited for one expression
MOST_WEIGHT = 500_000  # characters and values that an expression may yield or hold meanwhile
NEEDED = ("external_id", "title")

# What can only take a time that is bounded by the expression's own length.
_PLAIN = frozenset(
    {
        "and_expression",
        "comparator",
        "current",
        "field",
        "function_expression",
        "identity",
        "index",
        "index_expression",
        "key_val_pair",
        "literal",
        "multi_select_dict",
        "multi_select_list",
        "not_expression",
        "or_expression",
        "subexpression",
    }
)


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
    """Counts what it visits and weighs what that yields: `[@,@] | [@,@] | …` doubles with each step."""

    def __init__(self) -> None:
        super().__init__()
        self.visited = 0
        self.weights: dict[
            int, tuple[Any, int]
        ] = {}  # by identity; the values are kept, so that no identity is used again

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self.visited += 1
        found = super().visit(node, *args, **kwargs)
        if self.visited > MOST_WORK or self.weigh(found) > MOST_WEIGHT:
            raise TooMuch
        return found

    def weigh(self, value: Any) -> int:
        if isinstance(value, str):
            return len(value)
        if not isinstance(value, list | dict):
            return 1
        known = self.weights.get(id(value))
        if known is None:
            inner = value.values() if isinstance(value, dict) else value
            known = self.weights[id(value)] = (value, 1 + sum(map(self.weigh, inner)))
        return known[1]


_quick = TreeInterpreter()


class Expression:
    """One field's expression, compiled. Raises what jmespath raises of one that is none."""

    def __init__(self, field: str, expression: str) -> None:
        self.field, self.expression = field, expression
        tree = jmespath.compile(expression).parsed
        self.value = path(names(tree)) or self.evaluation(tree)

    def evaluation(self, tree: Any) -> Callable[[Any], Any]:
        plain = is_plain(tree)

        def evaluate(data: Any) -> Any:
            try:
                return (_quick if plain else Bounded()).visit(tree, data)
            except TooMuch:
                raise self.fault("too much work") from None
            except (JMESPathError, ArithmeticError, AttributeError, RecursionError, TypeError, ValueError) as error:
                raise self.fault(str(error)[:200]) from None

        return evaluate

    def scalar(self, data: Any) -> str | int | float | bool | None:
        """A text, a number or nothing. Raises order_unreadable."""
        found = self.value(data)
        if found.__class__ is list or found.__class__ is dict:
            kind = "a list" if isinstance(found, list) else "an object"
            raise self.fault(f"gives {kind} where a text or a number is due")
        return found  # type: ignore[no-any-return]

    def fault(self, reason: str) -> Problem:
        return Problem("order_unreadable", path=self.field, reason=reason, expression=self.expression)


def path(names: tuple[str, ...]) -> Callable[[Any], Any] | None:
    """What looks names up one in the other, as `cliente.nombre` means it: nearly all expressions are such, and need no
    interpreter."""
    if len(names) == 1:
        (only,) = names
        return lambda data: data.get(only) if data.__class__ is dict else None

    def look_up(data: Any) -> Any:
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


def is_plain(tree: Any) -> bool:
    kind, inner = tree["type"], [each for each in tree["children"] if isinstance(each, dict)]
    if kind == "subexpression" and any(each["type"] not in ("field", "subexpression") for each in inner):
        return False  # `a.[@, @]` binds anew
    return kind in _PLAIN and all(map(is_plain, inner))


@dataclass(frozen=True)
class Parts:
    """A mapping's expressions."""

    order: list[Expression]
    lines: Expression | None
    line: list[Expression]


class Compiled(Parts):
    """A mapping that is fit for use."""

    lines: Expression

    def apply(self, data: Any) -> dict[str, Any]:
        """The order in Comanda's format. Raises order_unreadable with the field at fault and its expression."""
        found: dict[str, Any] = {each.field: each.scalar(data) for each in self.order}
        found["lines"] = [self.row(item, index) for index, item in enumerate(self.items(data))]
        return found

    def row(self, item: Any, index: int) -> dict[str, Any]:
        try:
            return {each.field: each.scalar(item) for each in self.line}
        except Problem as problem:
            raise Problem(problem.code, **problem.facts | {"path": f"lines[{index}].{problem.facts['path']}"}) from None

    def items(self, data: Any) -> list[Any]:
        found = self.lines.value(data)
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
    faults += [Fault(str(name)[:80], "", "no such part") for name in mapping if name not in ("order", "lines", "line")]
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
    else:
        try:
            return Expression(field.rpartition(".")[2], expression)
        except (JMESPathError, RecursionError, ValueError) as error:
            place = getattr(error, "lex_position", None) or getattr(error, "lexer_position", None) or 0
            faults.append(Fault(field, expression, said(error), place))
    return None


def said(error: Exception) -> str:
    """What jmespath says, without the drawing of the place."""
    return re.split(r",? *for expression:|\n", str(error).strip())[0][:200] or "not JMESPath"


@lru_cache(4096)
def compiled(mapping: str) -> Compiled:
    """A stored mapping (JSON), compiled once."""
    return check(msgspec.json.decode(mapping))
