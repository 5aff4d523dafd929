"""What a support agent sees of a buyer before they ask for it: enough to tell one from another, not enough to call or to visit.

Names, e-mail, phone, document and address are masked, and so is whatever a store sent that nobody has read yet: of a raw
body only what is known to be no buyer's is shown. City, region and country stay: without them nobody can help.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers

HIDDEN = "•••"

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?\s?(Z|UTC|[+-]\d\d:?\d\d)?")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SMALL = 1000  # quantities, positions, percentages; coordinates have a fraction
# How long a buyer's value must be to be looked for within other texts: a short one would be found where it is none.
_LOOKED_FOR = {"name": 4, "email": 4, "phone": 6, "phones": 6, "document": 6, "address1": 6}
_OTHERS = 10
_PHONE = 7  # digits
_BETWEEN = "[ ().-]{0,2}"  # the digits of a telephone


def mask_name(value: str) -> str:
    """`María José Núñez` → `María J•••`."""
    first, *others = value.split() or [""]
    if not others or not first.isalpha():
        return first[:1] + HIDDEN if first[:1].isalpha() else value and HIDDEN
    return f"{first} {others[0][:1]}{HIDDEN}"


def mask_email(value: str) -> str:
    """`maria@example.com` → `m•••@example.com`."""
    local, at, domain = value.rpartition("@")
    return f"{local[0]}{HIDDEN}@{domain}" if at and local and re.fullmatch(r"[\w.-]+", domain) else value and HIDDEN


def mask_phone(value: str) -> str:
    """`+57 300 123 4567` → `300 ••• ••67`; of a number too short to be one, its end alone."""
    digits = national(value) or digits_of(value)
    if len(digits) >= 9:
        return f"{digits[-10:][:3]} {HIDDEN} ••{digits[-2:]}"
    return f"{HIDDEN} {digits[-2:]}" if len(digits) > 4 else value and HIDDEN


def digits_of(value: str) -> str:
    return "".join(filter(str.isdigit, value))


def national(value: str) -> str:
    """The digits of a telephone that is written with its country's code, without that; of any other none."""
    try:
        return str(phonenumbers.parse(value, None).national_number) if value.strip().startswith("+") else ""
    except phonenumbers.NumberParseException:
        return ""


def bare(phone: str) -> set[str]:
    """A telephone's digits, as they may stand in other texts: all, the last ten, and without the country's code."""
    digits = digits_of(phone)
    return {each for each in (digits, digits[-10:], national(phone)) if len(each) >= _PHONE}


def mask_place(value: str) -> str:
    """A city's name as it is; an address that somebody typed in its place is hidden."""
    return value if len(value) <= 60 and not any(map(str.isdigit, value)) else HIDDEN


def hide(value: str) -> str:
    return value and HIDDEN


# Of each field that a person may correct, and that an order has of its buyer: how it is masked.
KINDS: dict[str, Callable[[str], str]] = {
    "name": mask_name,
    "email": mask_email,
    "phone": mask_phone,
    "phones": mask_phone,
    "document": hide,
    "address1": hide,
    "address2": hide,
    "postcode": hide,
    "reference": hide,
    "address": hide,
    "note": hide,
    "city": mask_place,
    "region": mask_place,
    "country": mask_place,
}
PLACES = frozenset({"city", "region", "country"})
# Facts of problems that say nothing of a buyer; what is not among them is hidden.
# fmt: off
PLAIN_FACTS = frozenset({
    "header", "secrets", "integration", "binned", "limit", "content_type", "builder", "expected", "path",
    "expression", "looks_like", "topic", "detail", "status", "at", "store", "ordered_at", "connected_at",
    "gateway", "financial_status", "served", "currency", "items", "title", "variant_title", "sku",
    "product_id", "variant_id", "candidates", "variant", "stock", "quantity", "price", "cost", "first",
    "other", "number", "inside", "fingerprint", "error", "total", "sum", "choices", "field", "blocks",
    "at_step", "at_line", "final", "chosen", "gone",
})
# fmt: on


class Veil:
    """Lays itself over what is shown of one order, or of none: a veil that is not `on` lets everything through.

    `personal` are the buyer's own values by their field, to be found in any text; `plain` are values of the order that are
    nobody's (ids, titles, amounts), which a raw body may show.
    """

    def __init__(self, on: bool, personal: Iterable[tuple[str, str]] = (), plain: Iterable[str] = ()) -> None:
        self.on = on
        if not on:
            return
        own = {value.strip(): field for field, value in personal if field not in PLACES}
        phones = {each for value, field in own.items() if field in ("phone", "phones") for each in bare(value)}
        own = dict.fromkeys(phones, "phone") | own
        self.numbers = {digits for value in own if len(digits := digits_of(value)) >= _PHONE}
        self.plain = {alike(value) for value in plain} - {alike(value) for value in own} - {""}
        self.places = {value for field, value in personal if field in PLACES and mask_place(value) == value}
        wanted = [value for value, field in own.items() if len(value) >= _LOOKED_FOR.get(field, _OTHERS)]
        self.own = {value.casefold(): KINDS.get(own[value], hide)(value) for value in wanted}
        longest_first = sorted(wanted, key=len, reverse=True)
        found = "|".join(_BETWEEN.join(each) if each in phones else re.escape(each) for each in longest_first)
        self.pattern = re.compile(rf"(?<!\w)(?:{found})(?!\w)", re.IGNORECASE) if found else None

    def field(self, field: str, value: Any) -> Any:
        """A value of this field: `phone`, `address1`…"""
        if not self.on or not isinstance(value, str):
            return value
        return KINDS[field](value) if field in KINDS else self.text(value)

    def text(self, value: str) -> str:
        """A text without the buyer's own values, and without any e-mail address."""
        if not self.on or not value:
            return value
        if self.pattern:
            value = self.pattern.sub(self.masked, value)
        return _EMAIL.sub(lambda match: mask_email(match[0]), value) if "@" in value else value

    def masked(self, match: re.Match[str]) -> str:
        return self.own.get(match[0].casefold()) or self.own.get(digits_of(match[0])) or HIDDEN

    def any(self, value: Any) -> Any:
        """What Comanda itself made (lines, ids, outcomes), with every text looked through."""
        if not self.on:
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.any(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.any(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def draft(self, value: Any) -> Any:
        """An order as it was read; a word about one has no buyer."""
        if not self.on or not isinstance(value, Mapping):
            return self.any(value)
        found = self.any(value)
        for place in ("customer", "shipping_address"):
            if isinstance(value.get(place), Mapping):
                found[place] = self.part(value[place])
        if "note" in value:
            found["note"] = self.field("note", value["note"])
        if isinstance(value.get("attributes"), Mapping):
            found["attributes"] = {self.text(key): HIDDEN for key in value["attributes"]}
        return found

    def part(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The customer of an order, or the address: every field of it."""
        return {key: self.every(key, each) for key, each in value.items()} if self.on else dict(value)

    def every(self, field: str, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self.field(field, each) for each in value]
        return KINDS.get(field, hide)(value) if isinstance(value, str) else HIDDEN

    def changes(self, value: Any) -> Any:
        """What the check step gave: `{"changes": {"phone": {"from", "to"}}, "corrections": …}`."""
        if not self.on or not isinstance(value, Mapping):
            return value
        return {
            kind: {field: self.change(field, each) for field, each in found.items()} for kind, found in value.items()
        }

    def change(self, field: str, change: Mapping[str, str]) -> dict[str, str]:
        return {key: each if key == "author" else self.field(field, each) for key, each in change.items()}

    def output(self, step: str, value: Any) -> Any:
        """What a step gave."""
        return {"read": self.draft, "check": self.changes}.get(step, self.any)(value)

    def given(self, step: str, value: Any) -> Any:
        """What went into a step."""
        return {"read": self.body, "check": self.draft}.get(step, self.any)(value)

    def body(self, value: Any) -> Any:
        """A raw body: its shape, and of its values those alone that are known to be nobody's."""
        if not self.on or value is None or isinstance(value, bool):
            return value
        if isinstance(value, Mapping):
            return {self.key(str(key)): self.body(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.body(each) for each in value]
        if isinstance(value, int | float):
            small = isinstance(value, int) and abs(value) < _SMALL
            return value if small or self.is_plain(str(value)) else HIDDEN
        if value in self.places or _TIME.fullmatch(value):
            return value
        return self.text(value) if self.is_plain(value) else hide(value)

    def is_plain(self, value: str) -> bool:
        digits = digits_of(value)
        a_phone = len(digits) >= _PHONE and any(own in digits or digits in own for own in self.numbers)
        return alike(value) in self.plain and not a_phone

    def key(self, name: str) -> str:
        """The name of a field, unless a buyer's value stands in its place."""
        return re.sub(r"\d{7,}", HIDDEN, self.text(name)) if len(name) <= 80 else HIDDEN

    def facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A problem's facts, from which its sentence is made."""
        if not self.on:
            return dict(facts)
        return {name: self.fact(name, value, str(facts.get("field", ""))) for name, value in facts.items()}

    def fact(self, name: str, value: Any, field: str) -> Any:
        if name in PLAIN_FACTS:
            return self.any(value)
        if name in ("old", "new", "incoming"):
            return self.field(field, value)
        if name == "reason" and isinstance(value, str):
            return _QUOTED.sub(HIDDEN, self.text(value))
        if name in KINDS:
            return self.every(name, value)
        return value if value is None or isinstance(value, bool) else HIDDEN

    def problem(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A problem's row of code, subject and facts. A subject may name a city as it was typed."""
        if not self.on:
            return dict(row)
        kind, colon, what = str(row["subject"]).partition(":")
        subject = f"city:{mask_place(what)}" if kind == "city" and colon else row["subject"]
        return {**row, "subject": self.text(str(subject)), "facts": self.facts(row["facts"])}


OPEN = Veil(on=False)


def alike(value: str) -> str:
    """`89900.00` and `89900` are one amount."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value.strip()
    return f"{number.normalize():f}" if number.is_finite() and abs(number.adjusted()) < 40 else value.strip()


def personal_of(draft: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The buyer's own values of an order as it was read."""
    found: list[tuple[str, str]] = []
    for place in ("customer", "shipping_address"):
        for field, value in (draft.get(place) or {}).items():
            values = value if isinstance(value, list | tuple) else [value]
            found += [(field, str(each)) for each in values if each and field in KINDS]
    return found + ([("note", str(draft["note"]))] if draft.get("note") else [])


def plain_of(value: Any) -> list[str]:
    """Every value of an order as it was read that is nobody's."""
    if isinstance(value, Mapping):
        apart = ("customer", "shipping_address", "note", "attributes")
        return [each for key, inside in value.items() if key not in apart for each in plain_of(inside)]
    if isinstance(value, list | tuple):
        return [each for inside in value for each in plain_of(inside)]
    return [] if value is None or isinstance(value, bool) else [str(value)]
