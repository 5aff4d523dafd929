"""What an account may choose: how stock and prices count, what it calls cash on delivery, which orders become one."""

from dataclasses import dataclass, fields
from typing import Any

from django.db import transaction

from comanda.accounts.access import Access
from comanda.accounts.models import Account
from comanda.connectors.reading import COD_METHODS, fold, text
from comanda.history.models import Problem
from comanda.integrations.models import Integration
from comanda.repair.retry import wake

POLICIES = ("warn", "block")
MOST_MINUTES = 24 * 60


class NotChoosable(Exception):  # noqa: N818
    """A choice that cannot be made: the field and the reason."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True)
class Choices:
    """What is to be changed; None stays as it is. An empty list of names means the names that come with Comanda."""

    stock: str | None = None
    price: str | None = None
    cod_methods: list[str] | None = None
    group_minutes: int | None = None


def shown(account: Account) -> dict[str, Any]:
    return {
        "id": str(account.pk),
        "name": account.name,
        "country": account.country,
        "currency": account.currency,
        "stock": account.stock_policy,
        "price": account.price_policy,
        "cod_methods": account.cod_methods.splitlines() or list(COD_METHODS),
        "group_minutes": account.group_minutes,
    }


def choose(access: Access, chosen: Choices) -> int:
    """Change the account's choices; what waits for its payment is looked at again where the names of cash on delivery
    changed. Returns how many intakes that is. Raises NotChoosable."""
    account = access.change()
    check(chosen)
    with transaction.atomic():
        # Batches hold their integrations: whoever reads with the old choices has written before this goes on.
        list(Integration.objects.filter(account=account).order_by("id").select_for_update(no_key=True))
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        account.refresh_from_db()
        before = shown(account)
        lay(account, chosen)
        account.save()
        after = shown(account)
        access.audit("choose", f"account:{account.pk}", **{k: v for k, v in after.items() if v != before[k]})
        if after["cod_methods"] == before["cod_methods"]:
            return 0
        return wake(Problem.objects.filter(account=account, code="payment_pending"), "cod_methods", skip_busy=True)


def check(chosen: Choices) -> None:
    for field in ("stock", "price"):
        if getattr(chosen, field) not in (None, *POLICIES):
            raise NotChoosable(field, "It is warn or block.")
    if not 0 <= (chosen.group_minutes or 0) <= MOST_MINUTES:
        raise NotChoosable("group_minutes", f"Minutes from 0 (none are grouped) to {MOST_MINUTES}.")
    for name in chosen.cod_methods or []:
        if not fold(name) or text(name) != name.strip() or len(name) > 80:
            raise NotChoosable("cod_methods", "A name has letters or digits, and up to 80 characters.")
    if len(chosen.cod_methods or []) > 100:
        raise NotChoosable("cod_methods", "Up to 100 names.")


def lay(account: Account, chosen: Choices) -> None:
    columns = {"stock": "stock_policy", "price": "price_policy"}
    for field in fields(chosen):
        value = getattr(chosen, field.name)
        if value is not None:
            text = "\n".join(" ".join(name.split()) for name in value) if field.name == "cod_methods" else value
            setattr(account, columns.get(field.name, field.name), text)
