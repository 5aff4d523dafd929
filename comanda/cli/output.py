"""What every command says: one JSON object with --json, else a few words; refusals with their reason and exit code 1."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from typing import Annotated, Any, NoReturn

import typer
from django.core.serializers.json import DjangoJSONEncoder
from rich.console import Console
from rich.table import Table
from rich.text import Text

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
        words = words or json.dumps(data, ensure_ascii=False, indent=2, default=plain)
        console.print(harmless(words) if isinstance(words, str) else words, markup=False)


def whole_text(text: str) -> str:
    """Without halves of characters, which bodies may hold and terminals cannot be sent."""
    return text.encode("utf-8", "replace").decode()


def harmless(text: str) -> str:
    """Without signs that a terminal would obey, which names of customers and products may hold."""
    return _CONTROLS.sub(" ", text)


_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


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


def end(as_json: bool, code: str, message: str, status: int = 1) -> NoReturn:
    """Outside of a command: the same refusal, and the process ends."""
    told(as_json, code, message, {})
    sys.exit(status)


def refuse(as_json: bool, code: str, message: str, **facts: Any) -> NoReturn:
    """End with exit code 1 and the reason."""
    told(as_json, code, message, facts)
    raise typer.Exit(1)


def told(as_json: bool, code: str, message: str, facts: dict[str, Any]) -> None:
    if as_json:
        say(True, {"error": {"code": code, "message": message, "facts": facts}})
    else:
        sys.stderr.write(f"{message}\n")


plain = DjangoJSONEncoder().default  # times, amounts and ids are written as the API writes them


def table(*columns: str, rows: list[list[Any]]) -> Table:
    found = Table(box=None, pad_edge=False)
    for column in columns:
        found.add_column(column, overflow="fold")
    for row in rows:
        found.add_row(*[harmless(str(value)) if value is not None else "" for value in row])
    return found


def clipped(value: Any, most: int) -> str:
    """A cell in one line of so many letters; the whole is in --json."""
    text = Text(" ".join(str(value or "").split()))
    text.truncate(most, overflow="ellipsis")
    return text.plain


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
