"""JumpSeller. Facts: https://jumpseller.com/support/webhooks and openapi.json of github.com/Jumpseller/api-docs."""

import contextlib
import hashlib
import html
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from comanda.connectors.base import Connector, Envelope, normalise_store
from comanda.connectors.draft import Customer, Draft, Line, Payment, Totals
from comanda.connectors.jumpseller.address import address
from comanda.connectors.jumpseller.payload import Buyer, Item, Order, Payload, Place
from comanda.connectors.reading import (
    Scalar,
    decode,
    distinct,
    fold,
    form_fields,
    identifier,
    meant,
    money,
    number,
    optional_id,
    optional_when,
    text,
)
from comanda.connectors.verification import verify_hmac_base64
from comanda.problems import Problem

# `status` is in the store's language; these are its words where `status_enum` is missing.
WORDS = {
    "pending_payment": "pending|pending payment|pendiente|pendiente de pago|pago pendiente|pendente|pendente de pagamento"
    "|pagamento pendente|aguardando pagamento",
    "paid": "paid|pagado|pagada|pago|paga",
    "canceled": "canceled|cancelled|cancelado|cancelada|anulado|anulada",
    "abandoned": "abandoned|abandonado|abandonada",
}
STATUSES = {word: status for status, words in WORDS.items() for word in words.split("|")}
# What an event says of the order where the order itself says nothing.
TOLD = {f"order_{status}": status for status in WORDS}

Counted = tuple[Decimal, Decimal, Decimal]
NOTHING = Decimal(0)

# "Camiseta (Talla: M, Color: Negro)": the chosen options stand in the name of the line.
_WITH_OPTIONS = re.compile(r"(\S.*?) \(([^():]+: [^()]+)\)")
_CODE = re.compile(r"[^\s.@]+")
_NEXT_OPTION = re.compile(r", (?=[^,:]+: )")


class JumpSeller(Connector):
    name = "jumpseller"
    label = "JumpSeller"
    store_example = "mi-tienda.jumpseller.com"
    header_prefix = "jumpseller-"
    # An order that was placed before the integration was made, and is paid now, is to be shipped now.
    creates = frozenset({"order_pending_payment", "order_paid"})
    leaves_carts = True
    topics = creates | {"order_updated", "order_shipped", "order_canceled", "order_abandoned"}

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
        """The secret is the store's hooks token, not the token of its API."""
        verify_hmac_base64("jumpseller-hmac-sha256", headers, body, secrets)

    def envelope(self, headers: Mapping[str, str]) -> Envelope:
        triggered = None
        with contextlib.suppress(Problem):
            triggered = optional_when(headers.get("jumpseller-triggered-at"), "jumpseller-triggered-at")
        return Envelope(
            topic=headers.get("jumpseller-event", "").lower()[:120],
            store_key=self.store_key(headers.get("jumpseller-store-code", "")),
            triggered_at=triggered,
        )

    def once(self, headers: Mapping[str, str], body: bytes) -> str:
        """There is no event id, and an order that changed back has the body of before: when it happened tells them apart.

        Assumed, for no source says it: a retry has the Triggered-At of the first try. If it had its own, the retry would
        be an event that changes nothing.
        """
        triggered = headers.get("jumpseller-triggered-at", "").strip()
        return "sha256:" + hashlib.sha256(triggered.encode("utf-8", "replace") + b"\n" + body).hexdigest()

    def store_key(self, store: str) -> str:
        """A store is known by its code: `https://mi-tienda.jumpseller.com/admin` is `mi-tienda`."""
        return normalise_store(store).partition("/")[0].removesuffix(".jumpseller.com")

    def typed_store(self, store: str) -> str:
        """A domain of the merchant's own is no code."""
        key = self.store_key(store)
        return key if _CODE.fullmatch(key) else ""

    def recognises(self, data: Mapping[str, Any]) -> bool:
        order = data.get("order")
        if not isinstance(order, dict):
            return False
        products = order.get("products")
        line = products[0] if isinstance(products, list) and products else None
        counted = isinstance(line, dict) and {"qty", "price"} <= line.keys()
        return "status_enum" in order or counted or {"payment_method_name", "products"} <= order.keys()

    def outline(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        id_ = data["order"].get("id")
        return {"id": id_, "number": id_}

    def parse(self, topic: str, body: bytes) -> Draft:
        return read(decode(body, Payload).order, topic, self.is_cod)


def read(order: Order, topic: str, is_cod: Callable[[str], bool]) -> Draft:
    told = _told(order, topic)
    gateway = text(order.payment_method_name)
    payment: Payment = "prepaid" if told == "paid" else "cod" if is_cod(gateway) else "pending"
    attributes = _attributes(order)
    form = form_fields(attributes)
    id_ = identifier(order.id, "order.id")
    return Draft(
        external_id=id_,
        number=id_[:60],
        ordered_at=optional_when(order.created_at, "order.created_at")
        or optional_when(order.completed_at, "order.completed_at"),
        updated_at=optional_when(order.updated_at, "order.updated_at"),
        status=_status(told, topic),
        status_given=text(order.status, 60) or told,
        currency=text(order.currency, 3).upper(),
        totals=_totals(order, payment),
        payment=payment,
        gateway=gateway,
        customer=_customer(order, form),
        shipping_address=address(order, form),
        note=text(order.additional_information, 2000),
        attributes=attributes,
        lines=_lines(order),
    )


def _told(order: Order, topic: str) -> str:
    """JumpSeller's own word for the order's state; "" where it is neither told nor to be guessed."""
    given = text(order.status_enum, 60).lower()
    return given or STATUSES.get(fold(text(order.status, 60))) or TOLD.get(topic, "")


def _status(told: str, topic: str) -> Literal["open", "cancelled", "draft"]:
    if told == "canceled":
        return "cancelled"
    return "draft" if told == "abandoned" or topic == "order_abandoned" else "open"


def _attributes(order: Order) -> dict[str, str]:
    """The checkout's own fields. A label may come twice, for shipping and for billing: the first that is filled in counts."""
    found: dict[str, str] = {}
    for field in (order.additional_fields or ())[:100]:
        said = text(field.value, 500) if isinstance(field.value, str | int | float) else ""
        label = _label(text(field.label)) if said else ""
        if label:
            found.setdefault(label, said)
    return found


@lru_cache(4096)
def _label(given: str) -> str:
    """Labels hold HTML entities: "¿Desea factura&nbsp;?"."""
    return text(html.unescape(given), 120)


def _amount(value: Scalar, path: str) -> Decimal:
    return money(_plain(value), path) if value else NOTHING


def _plain(value: Scalar) -> Scalar:
    """Amounts are floats, and prices without their tax are quotients (8395.798319327731): as people write them."""
    if type(value) is not float:
        return value
    return int(value) if value.is_integer() else str(round(value, 4))


def _totals(order: Order, payment: Payment) -> Totals:
    """`discount` holds the discounts of the lines and `shipping_discount` too: subtotal + shipping - discount = total."""
    total = number(_plain(order.total), "order.total")
    return Totals(
        subtotal=_amount(order.subtotal, "order.subtotal"),
        shipping=_amount(order.shipping, "order.shipping"),
        discount=_amount(order.discount, "order.discount"),
        tax=_amount(order.tax, "order.tax") + _amount(order.shipping_tax, "order.shipping_tax"),
        total=total,
        due=NOTHING if payment == "prepaid" else total,
    )


def _customer(order: Order, form: Mapping[str, str]) -> Customer:
    """`fullname` is the buyer's e-mail address where JumpSeller knows no name."""
    shipping, billing = order.shipping_address or Place(), order.billing_address or Place()
    buyer = order.customer or Buyer()
    fullname = meant(buyer.fullname)
    return Customer(
        name=_name(shipping) or _form_name(form) or _name(billing) or ("" if "@" in fullname else fullname),
        email=meant(buyer.email) or form.get("email", ""),
        phones=distinct([_phone(buyer), form.get("phone", "")[:60]]),
        document=meant(billing.taxid, 40) or form.get("document", "")[:40],
    )


def _name(place: Place) -> str:
    return " ".join(filter(None, [meant(place.name), meant(place.surname)]))


def _form_name(form: Mapping[str, str]) -> str:
    return " ".join(filter(None, [form.get("name"), form.get("surname")]))


def _phone(buyer: Buyer) -> str:
    phone, prefix = meant(buyer.phone, 60), re.sub(r"\D", "", text(buyer.phone_prefix, 20))
    return f"+{prefix} {phone}" if phone and prefix and not phone.startswith(("+", "00")) else phone


def _lines(order: Order) -> tuple[Line, ...]:
    counted = [_counted(item, f"order.products[{index}]") for index, item in enumerate(order.products)]
    discounts = [discount for _, _, discount in counted]
    whole = any(discounts) and _of_whole_lines(order, counted)
    return tuple(_line(item, *each, whole) for item, each in zip(order.products, counted, strict=True))


def _counted(item: Item, path: str) -> Counted:
    """How many, the price of one, its discount."""
    return (
        number(_plain(item.qty), f"{path}.qty"),
        number(_plain(item.price), f"{path}.price"),
        _amount(item.discount, f"{path}.discount"),
    )


def _of_whole_lines(order: Order, counted: list[Counted]) -> bool:
    """A line's `discount` is of one piece, as its `tax` is. Where that is more than the order's own, it is of the line."""
    most = _amount(order.discount, "order.discount") - _amount(order.shipping_discount, "order.shipping_discount") + 1
    pieces = sum(quantity * discount for quantity, _, discount in counted)
    return pieces > most >= sum(discount for _, _, discount in counted)


def _line(item: Item, quantity: Decimal, price: Decimal, discount: Decimal, whole: bool) -> Line:
    """`unit_price` is what the buyer pays for one. `weight` is in a unit that the payload does not tell."""
    variant_id, name = optional_id(item.variant_id), text(item.name, 400)
    title, options = _options(name) if variant_id else (name, "")
    if discount:
        price -= round(discount / quantity, 4) if whole and quantity >= 1 else discount
    return Line(
        product_id=optional_id(item.id),
        variant_id=variant_id,
        sku=text(item.sku, 120),
        title=title,
        variant_title=options,
        quantity=quantity,
        unit_price=price,
    )


@lru_cache(4096)
def _options(name: str) -> tuple[str, str]:
    """`Camiseta (Talla: M, Color: Negro)` → `Camiseta`, `M / Negro`."""
    found = _WITH_OPTIONS.fullmatch(name) if name.endswith(")") else None
    if not found:
        return name, ""
    return found[1], " / ".join(option.partition(": ")[2] for option in _NEXT_OPTION.split(found[2]))
