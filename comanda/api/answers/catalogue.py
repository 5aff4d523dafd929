"""Shapes of answers: products, links, and what the stores sell."""

from decimal import Decimal

from typing_extensions import TypedDict


class Variant(TypedDict):
    id: str
    sku: str
    name: str
    price: Decimal | None
    cost: Decimal | None
    stock: int | None
    active: bool


class SavedVariant(Variant):
    """`reprocessed`: how many orders run again, here and in other answers."""

    reprocessed: int


class Product(TypedDict):
    id: str
    name: str
    variants: list[Variant]


class MadeProduct(Product):
    reprocessed: int
    warnings: list[str]


class LinkItem(TypedDict):
    variant: str
    quantity: int


class Link(TypedDict):
    id: str
    ignore: bool
    items: list[LinkItem]


class MadeLink(TypedDict):
    id: str
    reprocessed: int


class StoreVariant(TypedDict):
    """A product as the store names it. `blocked`: how many orders wait for it."""

    id: str
    integration: str | None
    platform: str
    store: str
    product_id: str
    variant_id: str
    sku: str
    title: str
    variant_title: str
    price: Decimal | None
    blocked: int
    link: Link | None


class SuggestedVariant(Variant):
    product: str


class Suggestion(TypedDict):
    """`reason`: same_sku or similar_title, with a score of 0 to 100."""

    variant: SuggestedVariant
    reason: str
    score: float
    same_price: bool
