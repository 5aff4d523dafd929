"""/account: what the account chooses."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from comanda.accounts.preferences import Choices, NotChoosable, choose, shown
from comanda.api.answers import answers
from comanda.api.answers.account import Account, ChangedAccount
from comanda.api.shapes import Refused, access
from comanda.api.strict import StrictSchema

router = Router(tags=["account"])


class Chosen(StrictSchema):
    stock: str | None = None
    price: str | None = None
    cod_methods: list[str] | None = None
    group_minutes: int | None = None
    name: str | None = None
    country: str | None = None
    currency: str | None = None
    timezone: str | None = None
    support: str | None = None


@router.get("/account", response=answers(Account))
def show_account(request: HttpRequest) -> dict[str, Any]:
    return shown(access(request).account)


@router.patch("/account", response=answers(ChangedAccount))
def change_account(request: HttpRequest, body: Chosen) -> dict[str, Any]:
    who = access(request)
    try:
        count = choose(who, Choices(**body.dict()))
    except NotChoosable as error:
        raise Refused(400, "invalid", error.message, field=error.field) from None
    return shown(who.account) | {"reprocessed": count}
