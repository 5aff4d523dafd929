"""A sale of the demo, before any builder has put it into words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Paid = Literal["cod", "paid", "unpaid"]


@dataclass(frozen=True)
class Item:
    """A product as the store sells it; prices are whole units of the order's currency."""

    title: str
    sku: str
    price: int
    product: int
    variant: int
    variant_title: str = ""


@dataclass(frozen=True)
class Buyer:
    """Somebody with an address; `region` is an ISO 3166-2 code without the country's, or empty."""

    first: str
    last: str
    email: str
    phone: str
    street: str
    city: str
    region: str
    country: str = "CO"


@dataclass(frozen=True)
class Sale:
    """One order; `news` is how the store tells of it: a new order, a change of one, a cancellation."""

    id: int
    number: int
    at: datetime
    buyer: Buyer
    items: tuple[Item, ...]
    payment: Paid = "cod"
    currency: str = "COP"
    test: bool = False
    news: Literal["created", "updated", "cancelled"] = "created"
    changed_at: datetime | None = None
    shipping: int = 0

    @property
    def subtotal(self) -> int:
        return sum(item.price for item in self.items)

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping
