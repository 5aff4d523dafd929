"""What a business is called, where it is, and where its people ask for help: how each is written, or that it cannot be."""

import unicodedata

import phonenumbers
from babel.numbers import list_currencies
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email

from comanda.accounts.region import ZONES, all_zones

LONGEST_NAME = 120
LONGEST_CONTACT = 255


def written_name(given: str) -> str | None:
    """A name without odd spaces and signs; None where it is none. Digits alone would be taken for an account's id."""
    name = " ".join("".join(c for c in unicodedata.normalize("NFKC", given) if c.isprintable()).split())
    return name if 0 < len(name) <= LONGEST_NAME and not name.isdecimal() else None


def written_country(given: str) -> str | None:
    """Two letters of a country whose towns are known."""
    return given.strip().upper() if given.strip().upper() in ZONES else None


def written_currency(given: str) -> str | None:
    """The three letters of ISO 4217."""
    return given.strip().upper() if given.strip().upper() in list_currencies() else None


def written_timezone(given: str) -> str | None:
    """A name of the time zone database; empty: the country's."""
    return given.strip() if given.strip() in {"", *all_zones()} else None


def written_support(given: str, country: str) -> str | None:
    """An e-mail address, a telephone with its country (`+57 300 1234567`), or a page (`https://…`); empty: none."""
    text = " ".join(given.split())
    if not text:
        return ""
    if text.startswith(("http://", "https://")):
        return valid(URLValidator(schemes=["http", "https"]), text)
    if "@" in text:
        return valid(validate_email, text)
    if any(c.isalpha() for c in text) and "." in text:
        return valid(URLValidator(schemes=["https"]), f"https://{text}")
    return telephone(text, country)


def valid(check: object, text: str) -> str | None:
    try:
        check(text)  # type: ignore[operator]
    except ValidationError:
        return None
    return text if len(text) <= LONGEST_CONTACT else None


def telephone(text: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
