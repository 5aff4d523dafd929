"""Shopify. Facts: https://shopify.dev/docs/api/webhooks and https://shopify.dev/docs/apps/build/webhooks."""

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import count
from typing import Any

from comanda.connectors.base import Connector, Envelope, normalise_store
from comanda.connectors.draft import Address, Customer, Draft, Line, Notice, Payment, Totals
from comanda.connectors.reading import (
    NOTHING,
    Scalar,
    decode,
    distinct,
    form_fields,
    identifier,
    meant,
    money,
    number,
    optional_id,
    optional_when,
    text,
    when,
)
from comanda.connectors.shopify.payload import Buyer, Deleted, Drafted, Edited, Item, Payload, Place, ShippingLine
from comanda.connectors.verification import verify_hmac_base64
from comanda.problems import Problem

COD_TAGS = frozenset({"releasit_cod_form", "easysell_cod_form"})
# Forms that a buyer began and left; the apps keep them as draft orders.
ABANDONED_TAGS = frozenset({"easysell-abandoned-checkout", "abandoned_checkout_releasit_cod_form"})
_PERMANENT = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
PAID = frozenset({"paid", "partially_refunded"})


class Shopify(Connector):
    name = "shopify"
    label = "Shopify"
    # As far as is known: 64 characters of the webhooks' own, `shpss_` and 32 of an app's.
    shortest_secret = 8
    store_example = "mi-tienda.myshopify.com"
    creates = frozenset({"orders/create"})
    topics = frozenset(
        {
            "orders/create",
            "orders/updated",
            "orders/paid",
            "orders/cancelled",
            "orders/fulfilled",
            "orders/partially_fulfilled",
            "orders/edited",
            "orders/delete",
            "draft_orders/create",
            "draft_orders/update",
        }
    )

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
        verify_hmac_base64("x-shopify-hmac-sha256", headers, body, secrets)

    def envelope(self, headers: Mapping[str, str]) -> Envelope:
        triggered = None
        with contextlib.suppress(Problem):
            triggered = optional_when(headers.get("x-shopify-triggered-at"), "x-shopify-triggered-at")
        return Envelope(
            topic=headers.get("x-shopify-topic", "").lower()[:120],
            event_id=text(headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id"), 150),
            store_key=self.store_key(headers.get("x-shopify-shop-domain", "")),
            triggered_at=triggered,
        )

    def store_key(self, store: str) -> str:
        """A shop is known by its permanent domain; `mi-tienda` alone means `mi-tienda.myshopify.com`."""
        key = normalise_store(store).partition("/")[0]
        return f"{key}.myshopify.com"[:255] if key and "." not in key else key

    def typed_store(self, store: str) -> str:
        """Also what stands in the address bar of Shopify's admin. A domain of the merchant's own is in no header."""
        key = self.store_key(normalise_store(store).removeprefix("admin.shopify.com/store/"))
        return key if _PERMANENT.fullmatch(key) else ""

    def recognises(self, data: Mapping[str, Any]) -> bool:
        return str(data.get("admin_graphql_api_id", "")).startswith("gid://shopify/")

    def parse(self, topic: str, body: bytes) -> Draft | Notice:
        if topic == "orders/edited":
            return Notice(
                kind="edited", external_id=identifier(decode(body, Edited).order_edit.order_id, "order_edit.order_id")
            )
        if topic == "orders/delete":
            return Notice(kind="deleted", external_id=identifier(decode(body, Deleted).id, "id"))
        if topic.startswith("draft_orders/"):
            draft_id = identifier(decode(body, Drafted).id, "id")
            return Notice(kind="edited", external_id=f"draft:{draft_id}", code="draft_order", said="draft")
        return read(decode(body, Payload), self.is_cod)


def read(order: Payload, is_cod: Callable[[str], bool]) -> Draft:
    tags = _tags(text(order.tags, 2000))
    attributes = {
        text(pair.name, 120): text(pair.value, 500) for pair in order.note_attributes or [] if text(pair.name)
    }
    form = form_fields(attributes)
    return Draft(
        external_id=identifier(order.id, "id"),
        number=text(order.name, 60) or text(order.id),
        ordered_at=when(order.created_at, "created_at"),
        updated_at=optional_when(order.updated_at, "updated_at"),
        status=_status(order, tags),
        status_given=text(order.cancel_reason, 60) if order.cancelled_at else text(order.financial_status, 60),
        test=order.test is True,
        currency=text(order.currency, 3).upper(),
        totals=_totals(order),
        payment=_payment(order, tags, is_cod),
        gateway=", ".join(text(name, 80) for name in order.payment_gateway_names or [])[:255],
        customer=_customer(order, form),
        shipping_address=_address(order, form),
        note=text(order.note, 2000),
        attributes=attributes,
        lines=_lines(order),
    )


@lru_cache(1024)  # what COD forms write
def _tags(given: str) -> frozenset[str]:
    return frozenset(tag.strip().lower() for tag in given.split(","))


def _status(order: Payload, tags: frozenset[str]) -> Any:
    if order.cancelled_at or order.financial_status == "refunded":
        return "cancelled"
    return "draft" if tags & ABANDONED_TAGS else "open"


def _payment(order: Payload, tags: frozenset[str], is_cod: Callable[[str], bool]) -> Payment:
    """COD is no flag of Shopify's: the gateway's name or the form's tag tells. "pending" alone may be a transfer."""
    gateways = [text(name, 120) for name in order.payment_gateway_names or []]
    if order.financial_status in PAID:
        return "prepaid"
    if order.financial_status != "voided" and (tags & COD_TAGS or any(map(is_cod, gateways))):
        return "cod"
    return "pending"


def _totals(order: Payload) -> Totals:
    if order.current_total_price is None:
        total = number(order.total_price, "total_price")
    else:
        total = money(order.current_total_price, "current_total_price")
    return Totals(
        subtotal=_now(order.current_subtotal_price, order.subtotal_price, "subtotal_price"),
        shipping=sum(map(_shipping, order.shipping_lines or (), count()), NOTHING),
        discount=_now(order.current_total_discounts, order.total_discounts, "total_discounts"),
        tax=_now(order.current_total_tax, order.total_tax, "total_tax"),
        total=total,
        due=_due(order, total),
    )


def _now(current: Scalar, at_first: Scalar, name: str) -> Decimal:
    """What holds now, after edits, before what held at first."""
    return money(at_first, name) if current is None else money(current, f"current_{name}")


def _shipping(line: ShippingLine, index: int) -> Decimal:
    if line.discounted_price is None:
        return money(line.price, f"shipping_lines[{index}].price")
    return money(line.discounted_price, f"shipping_lines[{index}].discounted_price")


def _due(order: Payload, total: Decimal) -> Decimal:
    if order.total_outstanding is not None:
        return max(money(order.total_outstanding, "total_outstanding"), NOTHING)  # negative: a refund is owed
    return NOTHING if order.financial_status in PAID else total


def _customer(order: Payload, form: Mapping[str, str]) -> Customer:
    shipping, billing, buyer = (
        order.shipping_address or Place(),
        order.billing_address or Place(),
        order.customer or Buyer(),
    )
    return Customer(
        name=_name(shipping) or _form_name(form) or _name(billing) or _joined(buyer),
        email=meant(order.email) or meant(order.contact_email) or meant(buyer.email) or form.get("email", ""),
        phones=distinct(
            meant(phone, 60) for phone in [order.phone, shipping.phone, buyer.phone, billing.phone, form.get("phone")]
        ),
        document=form.get("document", "")[:40],
    )


def _name(place: Place) -> str:
    return meant(place.name) or _joined(place)


def _joined(person: Place | Buyer) -> str:
    return " ".join(filter(None, [meant(person.first_name), meant(person.last_name)]))


def _form_name(form: Mapping[str, str]) -> str:
    return " ".join(filter(None, [form.get("name"), form.get("surname")]))


def _address(order: Payload, form: Mapping[str, str]) -> Address:
    """The shipping address, else the billing one; what it lacks, from the form."""
    places = [place for place in (order.shipping_address, order.billing_address) if place]
    place = next((each for each in places if text(each.address1) or text(each.city)), Place())
    return Address(
        address1=meant(place.address1) or form.get("address", ""),
        address2=meant(place.address2) or form.get("district", ""),
        city=meant(place.city) or form.get("city", ""),
        region=meant(place.province) or meant(place.province_code) or form.get("region", ""),
        country=text(place.country_code, 60) or text(place.country, 60),
        postcode=meant(place.zip, 20),
        reference=form.get("reference", ""),
    )


def _lines(order: Payload) -> tuple[Line, ...]:
    """Shopify keeps removed lines, with a current quantity of 0; they are left out."""
    return tuple(
        _line(item, f"line_items[{index}]")
        for index, item in enumerate(order.line_items)
        if item.current_quantity not in (0, "0") or item.quantity == 0
    )


def _line(item: Item, path: str) -> Line:
    counted = "quantity" if item.current_quantity is None else "current_quantity"
    variant_title = text(item.variant_title, 400)
    return Line(
        product_id=optional_id(item.product_id),
        variant_id=optional_id(item.variant_id),
        sku=text(item.sku, 120),
        title=text(item.title, 400),
        variant_title="" if variant_title == "Default Title" else variant_title,
        quantity=number(getattr(item, counted), f"{path}.{counted}"),
        unit_price=number(item.price, f"{path}.price"),
        grams=_grams(item.grams),
    )


def _grams(given: Scalar) -> int:
    """A weight that is none stops no order."""
    try:
        return int(money(given, "grams"))
    except Problem:
        return 0
