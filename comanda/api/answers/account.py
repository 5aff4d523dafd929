"""Shapes of answers: what the account chooses."""

from typing_extensions import TypedDict


class Account(TypedDict):
    id: str
    name: str
    country: str
    currency: str
    timezone: str
    support: str
    stock: str
    price: str
    cod_methods: list[str]
    group_minutes: int


class ChangedAccount(Account):
    reprocessed: int
