"""Lists as files for a spreadsheet: CSV as the account's Excel reads it, sent row by row, however long it is."""

import csv
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from asgiref.sync import sync_to_async
from babel.numbers import get_decimal_symbol
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from comanda.accounts.models import Account
from comanda.accounts.region import locale, zone
from comanda.web.sheets import separator

BOM = "\ufeff"  # by which Excel knows UTF-8
# What makes a formula of a cell, written in full or half width, also behind blanks that spreadsheets drop.
FORMULA = tuple("=+-@\t\r\n|%＝＋－＠")


class Echo:
    """A file that gives back what is written."""

    def write(self, value: str) -> str:
        return value


def sent(request: HttpRequest, account: Account, name: str, *rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    """The answer that brings these rows, the heading first."""
    there = timezone.now().astimezone(zone(account))
    parts = written(chain.from_iterable(rows), account)
    content: Any = in_turn(parts) if isinstance(request, ASGIRequest) else parts
    answer = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{there:%Y-%m-%d-%H%M}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def written(rows: Iterable[list[Any]], account: Account) -> Iterator[bytes]:
    symbol = get_decimal_symbol(locale(account.country))
    writer = csv.writer(Echo(), delimiter=separator(account))
    yield BOM.encode()
    for row in rows:
        yield writer.writerow([cell(value, account, symbol) for value in row]).encode()


async def in_turn(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Django would gather a plain iterator whole before it sends it; some rows at a time are few hops between threads."""
    while some := await sync_to_async(gathered)(parts):
        yield some


def gathered(parts: Iterator[bytes], enough: int = 32_768) -> bytes:
    found, size = [], 0
    for part in parts:
        found.append(part)
        size += len(part)
        if size >= enough:
            break
    return b"".join(found)


def cell(value: Any, account: Account, symbol: str = ".") -> str:
    """Times in the account's zone, amounts with its decimal sign; a text that a spreadsheet would run is only a text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(zone(account)):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", symbol)
    text = str(value)
    return f"'{text}" if text.lstrip(" \u00a0\ufeff\u200b").startswith(FORMULA) else text
