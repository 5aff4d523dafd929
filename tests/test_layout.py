"""The shape of the house: small files, small functions, one writer a table, tenants reached by Access."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import comanda

HOUSE = Path(comanda.__file__).parent
FILES = [path for path in sorted(HOUSE.rglob("*.py")) if "migrations" not in path.parts]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
NAMELESS = {"utils", "util", "helpers", "helper", "services", "service", "managers", "manager", "common", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def shown(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(TREES[path]) if isinstance(node, Function))


def length(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def test_files_are_small() -> None:
    counts = {shown(path): lines(path) for path in FILES}
    assert not {name: count for name, count in counts.items() if count > 400}
    assert sum(count < 300 for count in counts.values()) >= 0.9 * len(counts)


def test_functions_are_small() -> None:
    counts = {(shown(path), each.name): length(each) for path in FILES for each in functions(path)}
    assert not {name: count for name, count in counts.items() if count > 50}
    assert sum(count < 30 for count in counts.values()) >= 0.9 * len(counts)


def test_the_journey_fits_a_glance() -> None:
    (process,) = [each for each in functions(HOUSE / "pipeline.py") if each.name == "process"]
    assert length(process) < 30


def test_everything_is_named_for_the_domain() -> None:
    names = {part for path in FILES for part in (*path.relative_to(HOUSE).parts[:-1], path.stem)}
    assert not names & NAMELESS


def test_orders_and_attempts_have_one_writer_each() -> None:
    assert writers("Order") == {"orders/register.py"}
    assert writers("Attempt") == {"history/record.py"}


def writers(model: str) -> set[str]:
    """The files that make rows of a table: by `sql.insert(Model, …)`, `Model(…)` or `Model.objects.create(…)`."""

    def makes(call: ast.Call) -> bool:
        said = ast.unparse(call.func)
        by_hand = said in ("sql.insert", "insert") and bool(call.args) and ast.unparse(call.args[0]) == model
        by_orm = said.startswith(f"{model}.objects.") and ("create" in said or "save" in said)
        return by_hand or by_orm or said == model

    return {shown(path) for path in calls(makes) if not path.name.startswith("test_")}


def calls(wanted: Callable[[ast.Call], bool]) -> list[Path]:
    return [p for p, tree in TREES.items() if any(isinstance(n, ast.Call) and wanted(n) for n in ast.walk(tree))]


# Found by the key of an intake that was itself reached by Access.
REACHED = {("history.py", "Order.objects.filter"), ("history.py", "Correction.objects.filter")}


def test_the_api_reaches_tenants_rows_by_access() -> None:
    found = set()
    for path in sorted((HOUSE / "api").glob("*.py")):
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith((".objects", "._default_manager")):
                found.add((path.name, ast.unparse(node)))
    assert {each for each in found if not each[1].endswith(".objects.create")} <= REACHED
