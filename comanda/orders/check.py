"""Check an order's own data: who, where, what, how much, how it is paid. Pure; every fault is named, not the first alone."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache

import msgspec
import phonenumbers
from phonenumbers import PhoneNumberFormat

from comanda.accounts.models import Account
from comanda.connectors.draft import Draft
from comanda.orders.places import City, find_city, find_region
from comanda.problems import Problem
from comanda.run import Run

Note = Callable[[Problem], None]
Changes = dict[str, dict[str, str]]

# Amounts and quantities beyond these are slips of a keyboard, and would not fit the tables.
MOST_MONEY = Decimal(10) ** 11
MOST_PIECES = 10_000
SLACK = Decimal(1)  # what rounding may make of a sum

_NO_DIGIT, _NO_LETTER = re.compile(r"\D"), re.compile(r"\W")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")


def mend(run: Run) -> dict[str, Changes]:
    """The check step: puts the order with what could be mended mended on the run, notes what could not."""
    assert run.draft is not None
    run.order, changes = check(run.draft, run.integration.account, run.note)
    return {"changes": changes}


def check(draft: Draft, account: Account, note: Note) -> tuple[Draft, Changes]:
    """Mend what can be mended without guessing and note the rest.

    Returns the order to register and what was changed, by field: `{"phone": {"from": "300 123-4567", "to": "+573001234567"}}`.
    """
    payment(draft, note)
    who(draft, note)
    country = served_country(draft, account, note)
    phone = pick_phone(draft, country, note)
    address = msgspec.structs.replace(draft.shipping_address, country=country, **where(draft, country, note))
    amounts(draft, account, note)
    order = msgspec.structs.replace(
        draft, customer=msgspec.structs.replace(draft.customer, phone=phone), shipping_address=address
    )
    return order, changes(draft, order)


def changes(draft: Draft, order: Draft) -> Changes:
    given, mended = draft.shipping_address, order.shipping_address
    fields = (
        ("phone", draft.customer.phones[0] if draft.customer.phones else "", order.customer.phone),
        ("city", given.city, mended.city),
        ("region", given.region, mended.region),
        ("country", given.country, mended.country),
    )
    return {field: {"from": old, "to": new} for field, old, new in fields if new and old != new}


def payment(draft: Draft, note: Note) -> None:
    """Only what is paid, or collected on delivery, may ship; the paid event brings the rest again."""
    if draft.payment == "pending":
        note(Problem("payment_pending", "order", gateway=draft.gateway, financial_status=draft.status_given))


def who(draft: Draft, note: Note) -> None:
    if not draft.customer.name:
        note(Problem("name_missing", "order"))
    if draft.customer.email and not _EMAIL.fullmatch(draft.customer.email):
        note(Problem("email_invalid", "order", email=draft.customer.email))


def served_country(draft: Draft, account: Account, note: Note) -> str:
    """The order's country as its two letters; what is not the account's own is not served."""
    given = draft.shipping_address.country.strip()
    names = {account.country.casefold(), *COUNTRY_NAMES.get(account.country, ())}
    if not given or given.casefold() in names:
        return account.country
    note(Problem("country_not_served", "order", country=given, served=account.country))
    return given.upper() if len(given) == 2 else ""


COUNTRY_NAMES = {
    "AR": ("argentina", "arg"),
    "BO": ("bolivia", "bol"),
    "BR": ("brasil", "brazil", "bra"),
    "CL": ("chile", "chl"),
    "CO": ("colombia", "col"),
    "CR": ("costa rica", "cri"),
    "DO": ("república dominicana", "republica dominicana", "dominican republic", "dom"),
    "EC": ("ecuador", "ecu"),
    "ES": ("españa", "espana", "spain", "esp"),
    "GT": ("guatemala", "gtm"),
    "HN": ("honduras", "hnd"),
    "MX": ("méxico", "mexico", "mex"),
    "NI": ("nicaragua", "nic"),
    "PA": ("panamá", "panama", "pan"),
    "PE": ("perú", "peru", "per"),
    "PY": ("paraguay", "pry"),
    "SV": ("el salvador", "slv"),
    "UY": ("uruguay", "ury"),
    "VE": ("venezuela", "ven"),
}


def pick_phone(draft: Draft, country: str, note: Note) -> str:
    """The first valid number of the places it may stand in, as `+573001234567`; "" with a problem where there is none."""
    for given in draft.customer.phones:
        if found := valid_phone(given, country):
            return found
    if draft.customer.phones:
        note(Problem("phone_invalid", "order", phones=list(draft.customer.phones), country=country))
    else:
        note(Problem("phone_missing", "order"))
    return ""


def valid_phone(given: str, country: str) -> str:
    """E.164, or "" if no reading of the digits is a valid number."""
    digits = ("+" if given.strip().startswith("+") else "") + _NO_DIGIT.sub("", given)
    if usual := usual_mobile(country).fullmatch(digits):
        return f"+{calling_code(country)}{usual['mobile']}"
    for spelling in spellings(given, country):
        try:
            number = phonenumbers.parse(spelling, country or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return ""


@cache
def usual_mobile(country: str) -> re.Pattern[str]:
    """A mobile number with nothing to strip but the country's code: what nearly always comes, told without a whole parse."""
    about = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if about is None or about.mobile is None or about.general_desc is None:
        return re.compile("(?!)")
    code, prefix = about.country_code, about.national_prefix_for_parsing or "(?!)"
    whole, mobile = about.general_desc.national_number_pattern, about.mobile.national_number_pattern
    return re.compile(rf"(?:(?:\+|00){code}|(?!(?:{whole})\Z){code}|(?!{code}))(?!{prefix})(?P<mobile>{mobile})")


@cache
def calling_code(country: str) -> str:
    return str(phonenumbers.country_code_for_region(country))


def spellings(given: str, country: str) -> list[str]:
    """How a typed number may be meant: as it is, without a doubled country code, without a 0 after it, without 00."""
    digits = _NO_DIGIT.sub("", given)
    if not 7 <= len(digits) <= 18:
        return []
    code = calling_code(country) if country else ""
    found = [f"+{digits}" if given.strip().startswith("+") else digits]
    local = digits.removeprefix("00")
    while code != "0" and code and local.startswith(code) and len(local) > 10:
        local = local.removeprefix(code).lstrip("0")
        found.append(local)
    return [*found, digits.lstrip("0")]


def where(draft: Draft, country: str, note: Note) -> dict[str, str]:
    """The official names of city and region, as far as they are known; the address must be there and say something."""
    given = draft.shipping_address
    street = _NO_LETTER.sub("", given.address1)
    if not street:
        note(Problem("address_missing", "order"))
    elif len(street) < 4:
        note(Problem("address_too_short", "order", address=given.address1))
    if not given.city:
        note(Problem("city_missing", "order"))
        return {}
    region = find_region(country, given.region) if given.region else None
    match = find_city(country, given.city, region)
    if match.city is not None:
        return {"city": match.city.name, "region": match.city.region.name}
    if match.kind == "several":
        choices = [place_name(city) for city in match.choices]
        facts = {"city": given.city, "region": region.name if region else given.region, "choices": choices}
        note(Problem("city_unknown", f"city:{given.city[:80]}", **facts, one=len(choices) == 1))
    elif given.region and region is None and served_places(country):
        note(Problem("region_unknown", "order", region=given.region, city=given.city))
    else:
        said = region.name if region else given.region
        note(Problem("city_not_in_gazetteer", "order", city=given.city, region=said))
    return {"region": region.name} if region else {}


def served_places(country: str) -> bool:
    return country in COUNTRY_NAMES


def place_name(city: City) -> str:
    return f"{city.name}, {city.region.name}"


def amounts(draft: Draft, account: Account, note: Note) -> None:
    """Currency, lines and totals: what cannot be right stops the order, a sum that does not add up only warns."""
    if draft.currency != account.currency:
        note(Problem("currency_unexpected", "order", currency=draft.currency, expected=account.currency))
    if not draft.lines:
        note(Problem("no_lines", "order"))
    odd = [line for line in draft.lines if line.quantity % 1 or not 0 < line.quantity <= MOST_PIECES]
    if odd:
        items = [{"title": line.title, "quantity": f"{line.quantity:f}"} for line in odd]
        note(Problem("quantity_invalid", "order", items=items))
    if bad := impossible(draft):
        note(Problem("price_invalid", "order", items=bad))
    elif draft.lines and not adds_up(draft):
        total = draft.totals
        summed = total.subtotal + total.shipping + total.tax - total.discount
        facts = {"total": f"{total.total:f}", "sum": f"{summed:f}", "currency": draft.currency}
        note(Problem("total_mismatch", "order", **facts))


def impossible(draft: Draft) -> list[dict[str, str]]:
    """The amounts that cannot be, in plain digits: prices of lines by their title, totals by the name of their field.

    Nothing to collect at the door is one of them: most often a price that was not mapped.
    """
    prices = [
        {"title": line.title, "price": f"{line.unit_price:f}"}
        for line in draft.lines
        if not 0 <= line.unit_price < MOST_MONEY
    ]
    totals = msgspec.structs.asdict(draft.totals)
    nothing_of = ("due" if draft.totals.total else "total") if draft.payment == "cod" else ""
    return prices + [
        {"field": name, "price": f"{amount:f}"}
        for name, amount in totals.items()
        if abs(amount) >= MOST_MONEY or (name == "total" and amount < 0) or (name == nothing_of and amount == 0)
    ]


def adds_up(draft: Draft) -> bool:
    """Whether the total is any of the usual sums: with or without the discount and the tax counted in the subtotal."""
    total = draft.totals
    if abs(total.total - total.subtotal - total.shipping - total.tax + total.discount) <= SLACK:
        return True  # as it nearly always is
    bases = (total.subtotal, sum((line.unit_price * line.quantity for line in draft.lines), Decimal(0)))
    sums = [
        base + total.shipping + tax - discount
        for base in bases
        for tax in (Decimal(0), total.tax)
        for discount in (Decimal(0), total.discount)
    ]
    return any(abs(total.total - each) <= SLACK for each in sums)
