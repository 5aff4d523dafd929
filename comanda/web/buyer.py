"""Who bought, where it goes, how it is paid: as registered, else as the newest attempt has read and checked it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers

from comanda.accounts.masking import Veil
from comanda.history.models import Intake
from comanda.history.timeline import Trace
from comanda.orders.models import Order
from comanda.web.mending import PAYMENTS, label

SHOWN = ("name", "phone", "email", "document", "address1", "address2", "reference", "city", "postcode")


@dataclass(frozen=True)
class Buyer:
    """Pairs of a field, its label and its value; `link` leads to the phone or the mail program, where the value is whole."""

    rows: list[dict[str, str]]
    payment: str
    gateway: str
    note: str


def buyer(intake: Intake, order: Order | None, traces: Sequence[Trace], veil: Veil) -> Buyer:
    values, told = known(intake, order, traces)
    rows = [
        {"label": label(name), "value": said, "link": "" if veil.on else link(name, str(values.get(name)))}
        for name in SHOWN
        if (said := shown(name, values, veil))
    ]
    payment = str(PAYMENTS.get(told.get("payment", ""), ""))
    return Buyer(rows, payment, veil.text(told.get("gateway", "")), veil.field("note", told.get("note", "")))


def shown(name: str, values: Mapping[str, Any], veil: Veil) -> str:
    """The city with its region; a phone as people write it."""
    value = veil.field(name, str(values.get(name) or ""))
    if name == "city":
        return ", ".join(filter(None, (value, veil.field("region", str(values.get("region") or "")))))
    return international(value) if name == "phone" and not veil.on else str(value)


def international(phone: str) -> str:
    """`+573001234567` → `+57 300 1234567`."""
    if not phone.startswith("+"):
        return phone
    try:
        return phonenumbers.format_number(phonenumbers.parse(phone, None), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return phone


def known(intake: Intake, order: Order | None, traces: Sequence[Trace]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Its fields, and what is said of payment and note."""
    if order:
        said = {"payment": order.payment, "gateway": order.gateway, "note": order.note}
        return json.loads(order.customer) | json.loads(order.shipping_address), said
    trace = next((each for each in traces if each.draft), None)
    own = {"name": intake.customer_name, "email": intake.customer_email, "phone": intake.customer_phone}
    if trace is None:
        return own, {}
    draft, output = trace.draft, trace.step("check").get("output") or {}
    values = dict(draft.get("shipping_address") or {}) | (draft.get("customer") or {}) | own
    for found in (output.get("corrections") or {}, output.get("changes") or {}):
        values |= {name: each["to"] for name, each in found.items()}
    return values, draft


def link(name: str, value: str) -> str:
    """A phone that is whole, in its international form; an e-mail address without blanks."""
    if name == "phone" and value.startswith("+") and value[1:].isdigit():
        return f"tel:{value}"
    return f"mailto:{value}" if name == "email" and value.count("@") == 1 and " " not in value else ""
