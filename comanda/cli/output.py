"""What every command says: one JSON object with --json, else a few words; refusals with their reason and exit code 1."""

import json
import sys
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
AccountName = Annotated[str, typer.Option("--account", help="The account's id or its name.")]

console = Console(soft_wrap=True)


def say(as_json: bool, data: dict[str, Any], words: str | Table = "") -> None:
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    else:
        console.print(words or json.dumps(data, ensure_ascii=False, indent=2, default=str), markup=False)


def refuse(as_json: bool, code: str, message: str, **facts: Any) -> NoReturn:
    """End with exit code 1 and the reason."""
    if as_json:
        say(True, {"error": {"code": code, "message": message, "facts": facts}})
    else:
        sys.stderr.write(f"{message}\n")
    raise typer.Exit(1)


def table(*columns: str, rows: list[list[Any]]) -> Table:
    found = Table(box=None, pad_edge=False)
    for column in columns:
        found.add_column(column)
    for row in rows:
        found.add_row(*[str(value) if value is not None else "" for value in row])
    return found
