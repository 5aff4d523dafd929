"""Shapes of answers: orders as they arrived, and running them again."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from typing_extensions import TypedDict

from comanda.api.answers.orders import Order


class Customer(TypedDict):
    name: str
    email: str
    phone: str


class Bought(TypedDict):
    title: str
    variant: str
    quantity: float


class OfIntegration(TypedDict):
    id: str
    platform: str
    name: str


class Intake(TypedDict):
    """One order as one integration brought it. `cause`: the code of the first problem; `message`: all of them in words."""

    id: str
    external_id: str
    number: str
    status: str
    cause: str | None
    message: str | None
    customer: Customer
    lines: list[Bought]
    total: Decimal | None
    currency: str
    ordered_at: datetime | None
    received_at: datetime
    integration: OfIntegration


class Problem(TypedDict):
    """Why it is not registered. `subject` is the thing to mend, `action` what mends it, `article` the help about it."""

    code: str
    subject: str
    facts: dict[str, Any]
    message: str
    todo: str
    action: str
    article: str


class Correction(TypedDict):
    """`old` is what the store had sent."""

    field: str
    old: str
    new: str
    author: str
    created_at: datetime


class Found(TypedDict):
    """A problem as a step met it."""

    code: str
    subject: str
    facts: dict[str, Any]


class Step(TypedDict):
    """receive, verify, read, check, match or register: ok, failed, stopped or not_reached."""

    step: str
    label: str
    status: str
    started_at: datetime | None
    ms: float | None
    input: Any
    output: Any
    problem: Found | None
    message: str | None
    action: str | None
    article: str | None


class Attempt(TypedDict):
    """One run of the journey."""

    number: int
    trigger: str
    started_at: datetime
    topic: str
    status: str
    delivery: str
    notice: Any
    warnings: list[str]
    steps: list[Step]


class WholeIntake(Intake):
    """With all that is known of it. `first`: of a duplicate, the intake that counts."""

    order: Order | None
    first: str | None
    problems: list[Problem]
    corrections: list[Correction]
    attempts: list[Attempt]


class Retry(TypedDict):
    """requested = pending + registered + failed + other."""

    id: str
    requested: int
    pending: int
    registered: int
    failed: int
    other: int
