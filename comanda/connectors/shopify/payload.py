"""The parts of Shopify's payloads that are read. Whatever Shopify may leave null is optional."""

from msgspec import Struct

from comanda.connectors.reading import Given, Scalar


class Named(Struct):
    name: Scalar = None
    value: Scalar = None


class Place(Struct):
    first_name: Scalar = None
    last_name: Scalar = None
    name: Scalar = None
    phone: Scalar = None
    company: Scalar = None
    address1: Scalar = None
    address2: Scalar = None
    city: Scalar = None
    province: Scalar = None
    province_code: Scalar = None
    country: Scalar = None
    country_code: Scalar = None
    zip: Scalar = None


class Buyer(Struct):
    first_name: Scalar = None
    last_name: Scalar = None
    email: Scalar = None
    phone: Scalar = None


class ShippingLine(Struct):
    discounted_price: Scalar = None
    price: Scalar = None


class Item(Struct):
    title: Given
    quantity: Given
    price: Given
    current_quantity: Scalar = None
    product_id: Scalar = None
    variant_id: Scalar = None
    sku: Scalar = None
    variant_title: Scalar = None
    grams: Scalar = None


class Payload(Struct):
    id: str | int
    created_at: str
    currency: str
    total_price: Given
    line_items: list[Item]
    name: Scalar = None
    updated_at: Scalar = None
    processed_at: Scalar = None
    cancelled_at: Scalar = None
    cancel_reason: Scalar = None
    test: bool | None = None
    tags: Scalar = None
    financial_status: Scalar = None
    payment_gateway_names: list[Scalar] | None = None
    subtotal_price: Scalar = None
    current_subtotal_price: Scalar = None
    current_total_price: Scalar = None
    total_discounts: Scalar = None
    current_total_discounts: Scalar = None
    total_tax: Scalar = None
    current_total_tax: Scalar = None
    total_outstanding: Scalar = None
    shipping_lines: list[ShippingLine] | None = None
    email: Scalar = None
    contact_email: Scalar = None
    phone: Scalar = None
    note: Scalar = None
    note_attributes: list[Named] | None = None
    customer: Buyer | None = None
    shipping_address: Place | None = None
    billing_address: Place | None = None


class Edit(Struct):
    order_id: str | int


class Edited(Struct):
    order_edit: Edit


class Deleted(Struct):
    id: str | int


class Drafted(Struct):
    id: str | int
