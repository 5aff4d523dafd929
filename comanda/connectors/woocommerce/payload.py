"""The fields of a WooCommerce order (REST v3) that are read; all others are let be."""

from typing import Any

from msgspec import Struct

from comanda.connectors.reading import Given, Scalar


class Meta(Struct):
    key: Scalar = None
    value: Any = None
    display_value: Any = None


# PHP writes an array with gaps in its keys as an object, and an empty object as [].
Metas = list[Meta] | dict[str, Meta] | None


class Place(Struct):
    first_name: Scalar = None
    last_name: Scalar = None
    address_1: Scalar = None
    address_2: Scalar = None
    city: Scalar = None
    state: Scalar = None
    postcode: Scalar = None
    country: Scalar = None
    email: Scalar = None
    phone: Scalar = None


class Item(Struct):
    name: Given
    quantity: Given
    parent_name: Scalar = None
    product_id: Scalar = None
    variation_id: Scalar = None
    sku: Scalar = None
    price: Scalar = None
    subtotal: Scalar = None
    total: Scalar = None
    meta_data: Metas = None


class Payload(Struct):
    id: str | int
    currency: str
    total: Given
    line_items: list[Item]
    number: Scalar = None
    order_key: Scalar = None
    status: Scalar = None
    date_created: Scalar = None
    date_created_gmt: Scalar = None
    date_modified_gmt: Scalar = None
    date_paid: Scalar = None
    date_paid_gmt: Scalar = None
    discount_total: Scalar = None
    shipping_total: Scalar = None
    total_tax: Scalar = None
    payment_method: Scalar = None
    payment_method_title: Scalar = None
    customer_note: Scalar = None
    billing: Place | list[Any] | None = None
    shipping: Place | list[Any] | None = None
    meta_data: Metas = None


class Deleted(Struct):
    id: str | int
