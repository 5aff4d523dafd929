"""What every command says: one JSON object with --json, else a few words; refusals with their reason and exit code 1."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from typing import Annotated, Any, NoReturn

import typer
from django.core.serializers.json import DjangoJSONEncoder
from rich.console import Console
from rich.table import Table

from comanda.accounts.access import Access, Forbidden, NotFound, account_named, by_operator
from comanda.catalogue.link import NamedTwice
from comanda.history.cursors import BadCursor
from comanda.history.search import UnknownWord
from comanda.repair.retry import NotRetriable

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
AccountName = Annotated[str, typer.Option("--account", help="The account's id or its name.")]

console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 2000)  # a pipe gets whole lines


def say(as_json: bool, data: dict[str, Any], words: str | Table = "") -> None:
    if as_json:
        sys.stdout.write(whole_text(json.dumps(data, ensure_ascii=False, default=plain)) + "\n")
    else:
        console.print(words or json.dumps(data, ensure_ascii=False, indent=2, default=plain), markup=False)


def whole_text(text: str) -> str:
    """Without halves of characters, which bodies may hold and terminals cannot be sent."""
    return text.encode("utf-8", "replace").decode()


def unseen(parameter: typer.CallbackParam, value: str) -> str:
    """What an option was given; for `-`, a line of standard input, which is not shown where that is a terminal."""
    if value != "-":
        return value
    given = getpass(f"{parameter.name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise typer.BadParameter("nothing came by standard input")
    return given


def counted(number: int, one: str, many: str = "") -> str:
    """`1 order`, `2 orders`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def run_again(orders: int) -> str:
    return counted(orders, "order runs again", "orders run again")


def end(as_json: bool, code: str, message: str) -> NoReturn:
    """Outside of a command: the same refusal, and the process ends."""
    try:
        refuse(as_json, code, message)
    except typer.Exit as refusal:
        sys.exit(refusal.exit_code)


def refuse(as_json: bool, code: str, message: str, **facts: Any) -> NoReturn:
    """End with exit code 1 and the reason."""
    if as_json:
        say(True, {"error": {"code": code, "message": message, "facts": facts}})
    else:
        sys.stderr.write(f"{message}\n")
    raise typer.Exit(1)


plain = DjangoJSONEncoder().default  # times, amounts and ids are written as the API writes them


def table(*columns: str, rows: list[list[Any]]) -> Table:
    found = Table(box=None, pad_edge=False)
    for column in columns:
        found.add_column(column, overflow="fold")
    for row in rows:
        found.add_row(*[str(value) if value is not None else "" for value in row])
    return found


@contextmanager
def refusals(as_json: bool) -> Iterator[None]:
    """What the domain refuses, as a refusal of the command."""
    try:
        yield
    except NotFound as error:
        refuse(as_json, "not_found", f"There is no such {str(error).replace('_', ' ')}.", what=str(error))
    except Forbidden:
        refuse(as_json, "forbidden", "This may only be read.")
    except NotRetriable as error:
        refuse(as_json, "not_retriable", f"There is nothing to run again: {error}.", reason=str(error))
    except UnknownWord as error:
        refuse(as_json, "invalid", f"There is no such {error}.", field=str(error))
    except NamedTwice as error:
        refuse(as_json, "invalid", f"Variant {error} is named twice: give it once, with its quantity.")
    except BadCursor:
        refuse(as_json, "invalid", "The cursor is not one that a page has given.")


def operator(as_json: bool, account: str) -> Access:
    """The operator's access to an account, by its id or its name."""
    with refusals(as_json):
        return by_operator(account_named(account))
    raise AssertionError
