"""Countries, days and amounts of facts, as the reader writes them."""

import re
from datetime import date
from decimal import Decimal
from functools import cache

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import format_currency, get_territory_currencies

from comanda.accounts.region import ZONES, locale

COUNTRIES = frozenset({"country", "served"})  # facts that name one
AMOUNTS = frozenset({"price", "cost", "total", "sum"})  # in the currency that is told beside them
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}.*")


def country(text: str, language: str) -> str:
    """`EC` → `Ecuador`; what is no country's letters stays as it was typed."""
    return str(Locale.parse(language).territories.get(text.upper(), text)) if len(text) == 2 else text


def day(text: str, language: str) -> str:
    """`2026-11-26T10:00:00Z` → `26 de noviembre de 2026`; another text as it is."""
    found = _MOMENT.fullmatch(text)
    return format_date(date.fromisoformat(found[1]), "long", locale=language) if found else text


def amount(text: str, currency: str, language: str) -> str:
    """`69900` → `$ 69.900`, as the currency's own country writes it."""
    if not _NUMBER.fullmatch(text):
        return text
    value = Decimal(text)
    pattern = "¤\u00a0#,##0" if value == value.to_integral_value() else "¤\u00a0#,##0.00"
    return format_currency(value, currency, pattern, locale=style(currency, language), currency_digits=False)


def number(text: str, language: str) -> str:
    """`1.5` → `1,5`: its digits as they came."""
    return text.replace(".", ",") if language == "es" and _NUMBER.fullmatch(text) else text


@cache
def style(currency: str, language: str) -> str:
    """How amounts are written where the currency is at home; those of several countries as in most."""
    own = [code for code in ZONES if currency in get_territory_currencies(code)]
    return locale(own[0] if len(own) == 1 else "CO", language)
