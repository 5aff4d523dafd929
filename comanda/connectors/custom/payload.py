"""Comanda's own order format (docs/order-format.md): flat, with a list of lines. A mapping makes the same of any other body."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from comanda.connectors.reading import Given, Scalar


class OrderLine(Struct):
    """One product that was bought."""

    title: Annotated[Given, Meta(description="The product's name in the store.")]
    quantity: Annotated[Given, Meta(description="How many: a whole number from 1.")]
    unit_price: Annotated[
        Given, Meta(description='What one costs the buyer, in the order\'s currency: 89900 or "89900.00".')
    ]
    product_id: Annotated[Scalar, Meta(description="The store's id of the product.")] = None
    variant_id: Annotated[Scalar, Meta(description="The store's id of the variant.")] = None
    sku: Annotated[Scalar, Meta(description="The SKU. One that the catalogue has needs no link.")] = None
    variant_title: Annotated[Scalar, Meta(description='The variant in words: "Negro / M".')] = None


class OrderFormat(Struct):
    """One order of a store, whole: send it again whenever it changes."""

    external_id: Annotated[
        str | int, Meta(description="The store's own id of the order. It makes the order one, for ever.")
    ]
    lines: Annotated[list[OrderLine], Meta(description="What was bought, as it holds now.")]
    number: Annotated[Scalar, Meta(description="What buyer and merchant call it: #1042. Else the id.")] = None
    ordered_at: Annotated[
        Scalar, Meta(description="When it was ordered, ISO 8601 with an offset. Else when it arrived.")
    ] = None
    updated_at: Annotated[Scalar, Meta(description="When it was last changed: its version. Else when it arrived.")] = (
        None
    )
    status: Annotated[
        Scalar, Meta(description="open, cancelled or draft; words such as cancelado, borrador are known.")
    ] = None
    currency: Annotated[Scalar, Meta(description="Three letters: COP. Else the account's.")] = None
    total: Annotated[Scalar, Meta(description="What the buyer pays in all. Else lines and shipping together.")] = None
    shipping: Annotated[Scalar, Meta(description="What the buyer pays for shipping.")] = None
    discount: Annotated[Scalar, Meta(description="What was taken off, positive.")] = None
    tax: Annotated[Scalar, Meta(description="Taxes on top of the lines' prices.")] = None
    payment: Annotated[
        Scalar,
        Meta(description="cod, prepaid or pending; or the method's name (Contra entrega) or its state (pagado)."),
    ] = None
    name: Annotated[Scalar, Meta(description="The buyer's full name.")] = None
    email: Annotated[Scalar, Meta(description="The buyer's e-mail.")] = None
    phone: Annotated[Scalar, Meta(description="The buyer's phone, with or without the country's code.")] = None
    document: Annotated[Scalar, Meta(description="Cédula, NIT, DNI, CPF…")] = None
    address1: Annotated[Scalar, Meta(description="Street and number.")] = None
    address2: Annotated[Scalar, Meta(description="Apartment, quarter, reference.")] = None
    city: Annotated[Scalar, Meta(description="City or municipality.")] = None
    region: Annotated[Scalar, Meta(description="Department, state or province.")] = None
    country: Annotated[Scalar, Meta(description="Two letters or the name. Else the account's.")] = None
    postcode: Annotated[Scalar, Meta(description="Postal code.")] = None
    note: Annotated[Scalar, Meta(description="The buyer's note.")] = None
    test: Annotated[bool | None, Meta(description="true: it is shown, and never registered.")] = None


# What a mapping may fill, in the order in which it is shown.
ORDER_FIELDS = tuple(name for name in OrderFormat.__struct_fields__ if name != "lines")
LINE_FIELDS = ("product_id", "variant_id", "sku", "title", "variant_title", "quantity", "unit_price")


def json_schema() -> dict[str, Any]:
    """The format as JSON Schema (2020-12)."""
    schema = msgspec.json.schema(OrderFormat)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Comanda order", **schema}
