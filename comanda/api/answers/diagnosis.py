"""Shapes of answers: what stops orders, and what came in."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NotRequired

from typing_extensions import TypedDict


class Cause(TypedDict):
    """`more`: there are more orders than were counted, and the amount is at least this; null where none has a total."""

    cause: str
    subject: str | None
    message: str
    todo: str
    orders: int
    more: bool
    amount: Decimal | None
    currency: str
    first_seen: datetime
    last_seen: datetime
    action: str
    article: str


class Action(TypedDict):
    code: str
    action: str
    label: str
    article: str


class Evidence(TypedDict):
    """`kind`: `intake`, an order that matches, with all of these; else what to look at, and the integration that it is of."""

    kind: str
    message: str
    id: NotRequired[str]
    number: NotRequired[str]
    customer: NotRequired[str]
    status: NotRequired[str]
    label: NotRequired[str]
    integration: NotRequired[str]
    received_at: NotRequired[datetime]
    todo: NotRequired[str]
    actions: NotRequired[list[Action]]


class Why(TypedDict):
    """`verdict`: the order's status, `several` or `not_seen`."""

    verdict: str
    message: str
    evidence: list[Evidence]


class Backlog(TypedDict):
    """Deliveries that are not yet through the journey."""

    pending: int
    oldest_seconds: float


class Refusal(TypedDict):
    """`head`: method and headers; a text where they were cut."""

    id: str
    integration: str
    reason: str
    status: int
    count: int
    head: Any
    first_at: datetime
    last_at: datetime


class Delivery(TypedDict):
    id: str
    integration: str
    topic: str
    state: str
    reason: str | None
    received_at: datetime
