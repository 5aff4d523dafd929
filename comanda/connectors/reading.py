"""What connectors share: decoding with the path of the fault, text, money, times, the labels of forms, COD words."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from comanda.problems import Problem

T = TypeVar("T")
Scalar = str | int | float | bool | None
Given = str | int | float  # a scalar that must be there
NOTHING = Decimal(0)  # of any currency

# Also what turns round all that stands behind it (overrides and isolates); what joins emoji and letters stays.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_FILLERS = frozenset({"-", "--", ".", "..", "n/a", "na", "x", "xx", "null", "none", "undefined", "ninguno", "ninguna"})


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def decode(body: bytes, shape: type[T]) -> T:
    """Decode JSON bytes into a struct. What does not fit is `order_unreadable` with the path of the field."""
    decoder: msgspec.json.Decoder[T] = _decoders.get(shape) or _decoders.setdefault(shape, msgspec.json.Decoder(shape))
    try:
        return decoder.decode(whole(body))
    except msgspec.ValidationError as error:
        raise misfit(error) from None
    except UnicodeDecodeError as error:
        raise unreadable("$", f"not UTF-8: byte {error.object[error.start]:#x}") from None
    except RecursionError:
        raise unreadable("$", "nested too deeply") from None
    except msgspec.DecodeError as error:
        raise unreadable("$", str(error)) from None


_HALF = re.compile(rb"(\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def whole(body: bytes) -> bytes:
    """JSON without a byte order mark and without halves of characters: programs that cut a text in an emoji leave one."""
    found = body.removeprefix(b"\xef\xbb\xbf")
    if b"\\" not in found or (b"\\ud" not in found and b"\\uD" not in found):  # one sign is found much faster
        return found
    return _HALF.sub(lambda match: match[1] or rb"\ufffd", found)


def misfit(error: msgspec.ValidationError) -> Problem:
    """What msgspec says of a value that does not fit, as order_unreadable."""
    reason, _, place = str(error).partition(" - at ")
    return unreadable(_path(reason, place), reason.replace("`", ""))


def _path(reason: str, place: str) -> str:
    """msgspec names a missing field in its message, not in its path."""
    path = place.strip("`") or "$"
    missing = re.search(r"missing required field `([^`]+)`", reason)
    return (f"{path}.{missing[1]}" if missing else path).removeprefix("$.")


def unreadable(path: str, reason: str) -> Problem:
    return Problem("order_unreadable", path=path, reason=reason)


def text(value: Scalar, limit: int = 255) -> str:
    """Text without control characters and outer blanks; numbers as they read; null is empty."""
    if type(value) is not str:
        if value is None or value is False:
            return ""
        value = str(value)
    return (value if value.isprintable() else _CONTROL.sub("", value)).strip()[:limit]


def meant(value: Scalar, limit: int = 255) -> str:
    """Like `text`, and empty for what people type to get past a required field ("-", ".", "n/a")."""
    if value is None:
        return ""
    found = text(value, limit)
    return "" if len(found) < 10 and found.lower() in _FILLERS else found


def identifier(value: Scalar, path: str) -> str:
    """An id of the store as text. Ids pass 2^53, so they never go through a float."""
    if isinstance(value, bool | float) or not (found := text(value, 121)):
        raise unreadable(path, f"not an id: {value!r}")
    if len(found) > 120:  # cut off, it might be another order's
        raise unreadable(path, "an id of more than 120 characters")
    return found


def optional_id(value: Scalar) -> str:
    """An id, or empty where the store has none: null, "" and WooCommerce's 0."""
    found = text(value, 80)
    return "" if found == "0" else found


def money(value: Scalar, path: str) -> Decimal:
    """An amount in units of the order's currency ("32000", "150990.00", 1.5); null and "" are 0."""
    if value is None or value == "" or value is True or value is False:
        return NOTHING
    return number(value, path)


# "$130.000", "130.000,00", "COP 130,000.00", "R$ 109,90", "-10.000": three digits after a point are thousands, no cents.
_WRITTEN = re.compile(
    r"(-?)\s*(?:(?:us|r|rd|nt|c|b/|s/|bs|gs|q|l|mx)\.?\s*)?(?:[a-z]{3}\s*)?[$€₡₲]?u?\s*(-?)\s*"
    r"([1-9]\d{0,2}(?:[.,]\d{3})+|\d+)(?:[.,](\d{1,2}))?(?:\s*(?:[a-z]{3}|€))?",
    re.I,
)


def as_written(value: Scalar) -> Scalar:
    """An amount as people write it, as a number is written: `$ 89.900` → `89900`. Whatever else it is stays as it is."""
    if type(value) is not str or value.isdecimal() or len(value) > 60:  # its blanks are tried in every way
        return value
    if not (match := _WRITTEN.fullmatch(value.strip())):
        return value
    before, after, whole_part, cents = match.groups()
    sign = "-" if before or after else ""
    return sign + re.sub(r"\D", "", whole_part) + (f".{cents}" if cents else "")


def number(value: Scalar, path: str) -> Decimal:
    """A decimal number of at most 15 digits before the point and 30 after it, or order_unreadable."""
    if type(value) is str:
        if (plain := plainly(value)) is not None:
            return plain
    elif type(value) is int and -(10**15) < value < 10**15:
        return Decimal(value)
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        raise unreadable(path, f"not a number: {text(value, 40)!r}") from None
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -30 or exponent > 15 or found.adjusted() > 14:
        raise unreadable(path, f"not a number: {text(value, 40)!r}")
    return found


@lru_cache(8192)  # prices: mostly the same few
def plainly(value: str) -> Decimal | None:
    """A number as nearly all are written: at most 14 digits with a point; None for whatever has to be looked at closely."""
    return Decimal(value) if len(value) < 15 and value.replace(".", "", 1).isdecimal() else None


def when(value: Scalar, path: str) -> datetime:
    """An aware time: ISO 8601, `… UTC`, seconds or milliseconds since 1970, `23/11/2026 10:30`, RFC 2822.

    Without an offset it is taken as UTC (as WooCommerce's `_gmt` fields mean it).
    """
    given = text(value, 40).removesuffix(" UTC")
    try:
        found = _epoch(given) if given.isdecimal() and len(given) in (10, 13) else datetime.fromisoformat(given)
    except ValueError:
        found = _otherwise(given, path)
    if not 1970 <= found.year < 2200:
        raise unreadable(path, f"not a date: {text(value, 40)!r}")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _epoch(digits: str) -> datetime:
    return datetime.fromtimestamp(int(digits[:10]), UTC)


_DAY_FIRST = re.compile(r"(\d\d?)[/.-](\d\d?)[/.-](\d{4})(?:[ T,]+(\d\d?):(\d\d)(?::(\d\d))?)?")


def _otherwise(given: str, path: str) -> datetime:
    """Day before month, as Latin America writes it; else as e-mails do."""
    try:
        if match := _DAY_FIRST.fullmatch(given):
            day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return parsedate_to_datetime(given)
    except (ValueError, TypeError, OverflowError):
        raise unreadable(path, f"not a date: {given!r}") from None


def optional_when(value: Scalar, path: str) -> datetime | None:
    return when(value, path) if text(value) else None


@lru_cache(8192)  # towns, titles, labels: mostly the same few
def fold(value: str) -> str:
    """Case, accents, punctuation and blanks folded away: `  Número de WhatsApp:` → `numero de whatsapp`."""
    return " ".join(re.findall(r"[^\W_]+", unaccented(value)))


def unaccented(value: str) -> str:
    """Case and accents alone folded away: `Pedido Nº-Ñ12` → `pedido no-n12`."""
    if value.isascii():
        return value.lower()
    plain = unicodedata.normalize("NFKD", value.casefold()).casefold()  # `№` is `No` only then
    return "".join(c for c in plain if not unicodedata.combining(c))


# Names of payment methods that mean that the courier collects, folded. An account may keep a list of its own.
COD_METHODS = (
    "cash collection",
    "cash on delivery",
    "cod",
    "contra entrega",
    "contra reembolso",
    "contraentrega",
    "contrareembolso",
    "contrarreembolso",
    "efectivo al",
    "efectivo contra",
    "paga al recibir",
    "pagamento na entrega",
    "pagar al recibir",
    "pagas al recibir",
    "pago al recibir",
    "pago contra",
    "pago en casa",
    "pago en entrega",
    "pago en la entrega",
    "pague na entrega",
)


@lru_cache(4096)
def names_cash_on_delivery(method: str, names: tuple[str, ...] = COD_METHODS) -> bool:
    """Whether a payment method's name has one of the (folded) names in it, as whole words: "Pago contra entrega 🚚"."""
    words = f" {fold(method)} "
    return any(f" {name} " in words for name in names)


# What COD forms ask, under labels of the merchant's own: the first pattern that fits a label names its field.
_LABELS = (
    # "Tipo de documento", "IP address", "Referencia de pago" say nothing of the buyer
    ("", re.compile(r"\b(tipo|type|ip|pago|payment|utm)\b")),
    # "Dirección de correo", "Email address"
    ("email", re.compile(r"correo|e ?mail")),
    ("phone", re.compile(r"telefono|celular|whats ?app|phone|movil|\btel\b")),
    (
        "document",
        re.compile(
            r"cedula|documento?\b|identificacion|\b(tax|fiscal) id\b|^c ?[ci]$"
            r"|\b(dni|nit|rut|run|ruc|rfc|rif|cuit|cuil|cpf|cnpj|curp|nif|cif|dui|rtn)\b"
        ),
    ),
    # "Dirección y barrio", "Dirección con punto de referencia" hold the address itself
    ("address", re.compile(r"^(tu |su |la )?direccion")),
    ("reference", re.compile(r"referencia|indicaciones|punto de ref|^((billing|shipping|address) )?reference")),
    ("district", re.compile(r"\bbarrio|colonia|vereda|urbanizacion")),
    ("address", re.compile(r"direccion|domicilio|address|endereco")),
    ("city", re.compile(r"ciudad|municipio|\bcity\b|localidad|cidade|comuna")),
    ("region", re.compile(r"departamento|provincia|estado|\bregion\b|\bstate\b|province")),
    ("surname", re.compile(r"^apellidos?$|last name|surname")),
    ("name", re.compile(r"nombre|\bname\b|\bnome\b")),
)


@lru_cache(4096)
def _field_of(label: str) -> str:
    folded = fold(label)
    return next((field for field, pattern in _LABELS if pattern.search(folded)), "")


def form_fields(attributes: Mapping[str, str]) -> dict[str, str]:
    """The buyer's fields in a COD form's free attributes, by the meaning of their labels; the first of each counts."""
    found: dict[str, str] = {}
    for label, value in attributes.items():
        field = _field_of(label) if len(label) <= 80 else ""
        if field and field not in found and (said := meant(value)):
            found[field] = said
    return found


def first(values: Iterable[str]) -> str:
    """The first that is not empty."""
    return next((value for value in values if value), "")


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Without empties and repeats, in order."""
    return tuple(dict.fromkeys(value for value in values if value))
