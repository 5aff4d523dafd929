"""The fields of a JumpSeller order that are read (OrderFields of its openapi.json); all others are let be."""

from typing import Any

from msgspec import Struct

from comanda.connectors.reading import Given, Scalar


class Place(Struct):
    name: Scalar = None
    surname: Scalar = None
    taxid: Scalar = None  # of a billing address
    address: Scalar = None
    street_number: Scalar = None
    complement: Scalar = None
    neighbourhood: Scalar = None
    municipality: Scalar = None
    city: Scalar = None
    region: Scalar = None
    region_code: Scalar = None
    country: Scalar = None
    country_code: Scalar = None
    postal: Scalar = None
    pickup_place_name: Scalar = None  # of a pick-up address


class Buyer(Struct):
    email: Scalar = None
    phone: Scalar = None
    phone_prefix: Scalar = None
    fullname: Scalar = None


class Item(Struct):
    name: Given
    qty: Given
    price: Given
    id: Scalar = None
    variant_id: Scalar = None
    sku: Scalar = None
    discount: Scalar = None


class Field(Struct):
    label: Scalar = None
    value: Any = None


class Order(Struct):
    id: str | int
    total: Given
    products: list[Item]
    status_enum: Scalar = None
    status: Scalar = None
    created_at: Scalar = None
    completed_at: Scalar = None
    updated_at: Scalar = None
    currency: Scalar = None
    subtotal: Scalar = None
    shipping: Scalar = None
    discount: Scalar = None
    shipping_discount: Scalar = None
    tax: Scalar = None
    shipping_tax: Scalar = None
    payment_method_name: Scalar = None
    additional_information: Scalar = None
    shipping_option: Scalar = None
    customer: Buyer | None = None
    shipping_address: Place | None = None
    billing_address: Place | None = None
    pickup_address: Place | None = None
    additional_fields: list[Field] | None = None


class Payload(Struct):
    order: Order
