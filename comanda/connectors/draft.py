"""The order as read, in one canonical shape for all builders."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

Payment = Literal["cod", "prepaid", "pending"]
MOST_LINES = 500  # of an order; whatever has more is none, and the others would wait for it


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the store's order; ids are text, `quantity` as sent (checked later), `unit_price` in the order's currency."""

    title: str
    quantity: Decimal
    unit_price: Decimal
    product_id: str = ""
    variant_id: str = ""
    sku: str = ""
    variant_title: str = ""
    grams: int = 0


class Customer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who buys. `phones` are all the numbers that came, the likeliest first; check keeps the first valid one as `phone`."""

    name: str = ""
    email: str = ""
    phone: str = ""
    phones: tuple[str, ...] = ()
    document: str = ""


class Address(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where it goes. Region and country as sent (name or code); check puts the official names in their place."""

    address1: str = ""
    address2: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    postcode: str = ""
    reference: str = ""


class Totals(Struct, frozen=True, kw_only=True):
    """Money of the order. `due` is what is still to be collected."""

    subtotal: Decimal
    shipping: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal
    due: Decimal


class Draft(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole order as one delivery tells it. `store_key` is the delivery's, put in by the journey.

    `external_id` is the store's own id, text. `updated_at` orders the versions. `mark` is a second identity where the
    builder has one (WooCommerce's order key). `status`: open, cancelled or draft, with the builder's word in
    `status_given`. `payment`: cod, prepaid, or pending (not paid yet, and not to be collected on delivery).
    """

    external_id: str
    number: str
    totals: Totals
    payment: Payment
    lines: tuple[Line, ...]
    ordered_at: datetime | None = None
    currency: str = ""
    store_key: str = ""
    updated_at: datetime | None = None
    status: Literal["open", "cancelled", "draft"] = "open"
    status_given: str = ""
    test: bool = False
    mark: str = ""
    gateway: str = ""
    customer: Customer = Customer()
    shipping_address: Address = Address()
    note: str = ""
    attributes: dict[str, str] = {}


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something a store says about an order without sending it whole.

    `kind`: edited, deleted, or error (the store could not build the order; `code` is the problem to show).
    `external_id` is empty where the notice names no order. `topic` is what it is about, where the body alone tells.
    """

    kind: Literal["edited", "deleted", "error"]
    external_id: str = ""
    code: str = "topic_ignored"
    said: str = ""
    topic: str = ""
