"""Shapes of answers: what was registered."""

from datetime import datetime
from decimal import Decimal

from typing_extensions import TypedDict


class Buyer(TypedDict):
    document: str
    email: str
    name: str
    phone: str


class Address(TypedDict):
    address1: str
    address2: str
    city: str
    country: str
    postcode: str
    reference: str
    region: str


class Payment(TypedDict):
    method: str
    gateway: str


class Totals(TypedDict):
    subtotal: Decimal
    shipping: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal


class Part(TypedDict):
    """An order of the store that this one is made of, where several became one."""

    intake: str
    number: str
    status: str
    total: Decimal


class OrderLine(TypedDict):
    """`linked_by`: sku, link or chosen."""

    variant: str
    sku: str
    title: str
    quantity: int
    unit_price: Decimal
    linked_by: str


class Order(TypedDict):
    """What was registered: `open` or `cancelled`."""

    id: str
    external_id: str
    number: str
    status: str
    total: Decimal
    amount_due: Decimal
    currency: str
    customer: Buyer
    shipping_address: Address
    payment: Payment
    totals: Totals
    note: str
    ordered_at: datetime | None
    registered_at: datetime
    updated_at: datetime
    intake: str
    parts: list[Part]
    lines: list[OrderLine]
