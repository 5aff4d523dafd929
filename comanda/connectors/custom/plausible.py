"""Whether a value can be what its name says: for propose.py."""

import re
from collections.abc import Callable
from typing import Any

from comanda.connectors.custom.states import CANCELLED, DRAFT, PENDING, PREPAID
from comanda.connectors.custom.words import PARTS
from comanda.connectors.reading import as_written, fold, names_cash_on_delivery, number, when
from comanda.problems import Problem

_MONEY = ("total", "shipping", "discount", "tax", "unit_price")
MOST = 400  # characters of anything but a note
MOST_OF_AN_ID = 80
_IDS = ("external_id", "number", "product_id", "variant_id")
_NUMBERS = (*_MONEY, "quantity")
# Where "" is no value.
_NEEDED = ("external_id", "number", "title", "quantity", "unit_price", "first", "street", "area", "test")

# States of orders, folded, beside those that the connector knows; Nuevo León is a place.
_UNDERWAY = re.compile(
    r"(new|nuev[oa]|nov[oa]|open|abiert[oa]|abert[oa]|ok|activ[oa]|active|enabled|disabled|invited|processing|procesando"
    r"|en proceso|em processamento|confirm\w*|complete|created|cread[oa]|criad[oa]|recibid[oa]|enviad[oa]|despachad[oa]"
    r"|entregad[oa]|entregue|shipped|delivered|fulfilled|unfulfilled|on hold|en espera|list[oa]|ready|por confirmar)"
    r"( order| orden| pedido)?"
)
_CODE = re.compile(r"[a-z]+([._/:-][a-z]+)+")  # "order.created"
_HANDLE = re.compile(r"[a-z]+_[A-Za-z]*\d\w*")  # "prod_9"
_AHEAD = re.compile(r"anticipad|prepa(id|go)")


def plausible(field: str, value: Any, step: int) -> bool:
    """Whether `value` may be the field's; `step`: how far down its names in FIELDS that was found."""
    if value is None or value == "":
        return field in PARTS if value is None else field not in _NEEDED
    if isinstance(value, bool) or field == "test":
        return isinstance(value, bool) and field == "test"
    if field == "note" or (isinstance(value, int) and value.bit_length() > 400):
        return isinstance(value, str)
    told = str(value)
    if field in _IDS:
        return not isinstance(value, float) and 0 < len(told.strip()) <= MOST_OF_AN_ID  # a float has been rounded
    return (field in _NUMBERS or not isinstance(value, float)) and _could_be(field, told, step)


def _could_be(field: str, told: str, step: int) -> bool:
    if len(told) > MOST or not told.strip() or "://" in told:
        return False
    if field == "status" and step == 2:
        return is_state(told)  # `estado` may be a place
    return _CHECKS.get(field, bool)(told)


def is_state(told: str) -> bool:
    folded = fold(told)
    known = any(each.search(folded) for each in (CANCELLED, DRAFT, PENDING, PREPAID))
    return known or bool(_UNDERWAY.fullmatch(folded))


def _letters(told: str) -> int:
    return sum(each.isalpha() for each in told)


def _digits(told: str) -> int:
    return sum(each.isdecimal() for each in told)


def _name(told: str) -> bool:
    return _letters(told) > 1 and _digits(told) < 3 and "@" not in told and not _CODE.fullmatch(told)


def _phone(told: str) -> bool:
    return 7 <= _digits(told) <= 20 and _letters(told) < 8


def _document(told: str) -> bool:
    return _digits(told) >= 4 and 5 <= len(told) <= 25 and "@" not in told


def _place(told: str) -> bool:
    return _letters(told) > 1 and "@" not in told


def _date(told: str) -> bool:
    try:
        return bool(when(told, ""))
    except (Problem, ValueError, OverflowError):
        return False


def _money(told: str) -> bool:
    try:
        return number(as_written(told), "") is not None
    except Problem:
        return False


def _quantity(told: str) -> bool:
    try:
        return 0 < number(told, "") < 100_000
    except Problem:
        return False


def _method(told: str) -> bool:
    """A state is no method, but "Pago anticipado" and "Por pagar, contra entrega" are."""
    folded = fold(told)
    return _letters(told) > 1 and bool(not is_state(told) or _AHEAD.search(folded) or names_cash_on_delivery(told))


def _house(told: str) -> bool:
    return len(told) <= 8 and (_digits(told) > 0 or fold(told) in ("s n", "sn"))


_CHECKS: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(_MONEY, _money),
    **dict.fromkeys(("ordered_at", "updated_at"), _date),
    **dict.fromkeys(("name", "first", "middle", "last", "second"), _name),
    **dict.fromkeys(("city", "quarter"), _place),
    "status": lambda told: _letters(told) > 1,
    "currency": lambda told: len(told) == _letters(told) == 3,
    "email": lambda told: "@" in told,
    "phone": _phone,
    "local": lambda told: _phone(told) or _digits(told) == 6,
    "area": lambda told: _digits(told) <= 5 and not _letters(told),
    "document": _document,
    "address1": lambda told: len(told) > 3 and "@" not in told,
    "street": lambda told: _letters(told) > 2 and "@" not in told,
    "house": _house,
    "region": lambda told: _place(told) and not is_state(told),
    "country": lambda told: _place(told) and not _digits(told),
    "postcode": lambda told: _digits(told) > 2 and len(told) < 13,
    "title": lambda told: _letters(told) > 0 and not _HANDLE.fullmatch(told),
    "quantity": _quantity,
    "method": _method,
    "state": lambda told: _letters(told) > 1,
}
