"""An account's place: its time zone, and how it writes numbers and dates."""

from zoneinfo import ZoneInfo

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


def locale(country: str, language: str = "") -> str:
    """How numbers and dates are written there, as Babel names it: `es_CO`; in English with that country's zone alone."""
    if language.startswith("en"):
        return "en"
    return "pt_BR" if country == "BR" else f"es_{country}" if country in ZONES else "es"
