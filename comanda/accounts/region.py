"""An account's place: its time zone, and how it writes numbers and dates."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import Locale, get_global
from babel.dates import get_timezone_location
from babel.numbers import get_currency_name, get_territory_currencies

from comanda.accounts.models import Account

# Of each country that is served: the zone in which most of it lives.
ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "BO": "America/La_Paz",
    "BR": "America/Sao_Paulo",
    "CL": "America/Santiago",
    "CO": "America/Bogota",
    "CR": "America/Costa_Rica",
    "DO": "America/Santo_Domingo",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "GT": "America/Guatemala",
    "HN": "America/Tegucigalpa",
    "MX": "America/Mexico_City",
    "NI": "America/Managua",
    "PA": "America/Panama",
    "PE": "America/Lima",
    "PY": "America/Asuncion",
    "SV": "America/El_Salvador",
    "UY": "America/Montevideo",
    "VE": "America/Caracas",
}


def zone(account: Account | None) -> ZoneInfo:
    if account is None:
        return ZoneInfo("UTC")
    return ZoneInfo(account.timezone or ZONES.get(account.country, "UTC"))


@cache
def all_zones() -> frozenset[str]:
    """Every name of the time zone database, which is looked for in the file system."""
    return frozenset(available_timezones())


def locale(country: str, language: str = "") -> str:
    """How numbers and dates are written there, as Babel names it: `es_CO`; in English with that country's zone alone."""
    if language.startswith("en"):
        return "en"
    return "pt_BR" if country == "BR" else f"es_{country}" if country in ZONES else "es"


def city(name: str, language: str) -> str:
    """What a zone is called: `Bogotá`."""
    return get_timezone_location(name, locale=language, return_city=True).rpartition("/")[2]


def countries(language: str) -> dict[str, str]:
    """The countries that are served, by their letters, in the order of their names."""
    names = Locale.parse(language).territories
    return dict(sorted(((code, names[code]) for code in ZONES), key=lambda pair: pair[1]))


def zones(country: str) -> list[str]:
    """A country's zones, the one in which most of it lives first."""
    first = ZONES.get(country, "")
    others = sorted(set(get_global("territory_zones").get(country, ())) - {first})
    return [first, *others] if first else others


def currencies(country: str, language: str) -> dict[str, str]:
    """The country's own first, then those of its neighbours, the dollar and the euro."""
    own = get_territory_currencies(country) if country in ZONES else []
    others = sorted({each for code in ZONES for each in get_territory_currencies(code)} | {"USD", "EUR"})
    return {code: get_currency_name(code, locale=language) for code in dict.fromkeys([*own, *others])}
