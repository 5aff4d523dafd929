"""What an account may choose: what it is and where, how stock and prices count, what it calls cash on delivery, which
orders become one."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db import IntegrityError, transaction

from comanda.accounts.access import Access
from comanda.accounts.business import (
    written_country,
    written_currency,
    written_name,
    written_support,
    written_timezone,
)
from comanda.accounts.models import Account
from comanda.connectors.reading import COD_METHODS, fold, text
from comanda.history.models import Problem
from comanda.integrations.models import Integration
from comanda.repair.models import Retry
from comanda.repair.retry import wake

POLICIES = ("warn", "block")
MOST_MINUTES = 24 * 60
COLUMNS = {"stock": "stock_policy", "price": "price_policy"}

# What each choice may have stopped, which is looked at again when it changes.
STOPS = {
    "cod_methods": ("payment_pending",),
    "country": ("country_not_served", "phone_invalid", "city_unknown", "region_unknown"),
    "currency": ("currency_unexpected",),
    "stock": ("out_of_stock",),
    "price": ("price_below_cost",),
}


class NotChoosable(Exception):  # noqa: N818
    """A choice that cannot be made: the field, the reason in words, and where several are possible which it is."""

    def __init__(self, field: str, message: str, reason: str = "invalid") -> None:
        super().__init__(message)
        self.field, self.message, self.reason = field, message, reason


@dataclass(frozen=True)
class Choices:
    """What is to be changed; None stays as it is. An empty list of names means the names that come with Comanda."""

    stock: str | None = None
    price: str | None = None
    cod_methods: list[str] | None = None
    group_minutes: int | None = None
    name: str | None = None
    country: str | None = None
    currency: str | None = None
    timezone: str | None = None  # empty: the country's
    support: str | None = None  # empty: the installation's


def shown(account: Account) -> dict[str, Any]:
    return {
        "id": str(account.pk),
        "name": account.name,
        "country": account.country,
        "currency": account.currency,
        "timezone": account.timezone,
        "support": account.support,
        "stock": account.stock_policy,
        "price": account.price_policy,
        "cod_methods": account.cod_methods.splitlines() or list(COD_METHODS),
        "group_minutes": account.group_minutes,
    }


def choose(access: Access, chosen: Choices, follow: Retry | None = None) -> int:
    """Change the account's choices; what they stopped is looked at again. Returns how many intakes that is, which `follow`
    keeps. Raises NotChoosable."""
    account = access.change()
    for fault in faults(account, chosen):
        raise fault
    try:
        with transaction.atomic():
            # Batches hold their integrations: whoever reads with the old choices has written before this goes on.
            list(Integration.objects.filter(account=account).order_by("id").select_for_update(no_key=True))
            Account.objects.select_for_update(no_key=True).get(pk=account.pk)
            account.refresh_from_db()
            before = shown(account)
            lay(account, as_written(account, chosen))
            account.save()
            after = shown(account)
            changed = {name: (before[name], after[name]) for name in after if after[name] != before[name]}
            if not changed:
                return 0
            access.audit("choose", f"account:{account.pk}", **changed)
            return look_again(account, set(changed), follow)
    except IntegrityError:  # somebody has taken it meanwhile
        account.refresh_from_db()
        raise taken(chosen.name or "") from None


def look_again(account: Account, changed: set[str], follow: Retry | None) -> int:
    codes = [code for field, stopped in STOPS.items() if field in changed for code in stopped]
    trigger = "cod_methods" if "cod_methods" in changed else "choices"
    stopped = Problem.objects.filter(account=account, code__in=codes)
    return wake(stopped, trigger, skip_busy=True, follow=follow) if codes else 0


def faults(account: Account, chosen: Choices) -> Iterator[NotChoosable]:
    """All that cannot be chosen of this."""
    for field in ("stock", "price"):
        if getattr(chosen, field) not in (None, *POLICIES):
            yield NotChoosable(field, "It is warn or block.")
    if not 0 <= (chosen.group_minutes or 0) <= MOST_MINUTES:
        yield NotChoosable("group_minutes", f"Minutes from 0 (none are grouped) to {MOST_MINUTES}.")
    yield from faults_of_names(chosen.cod_methods or [])
    written = as_written(account, chosen)
    for field, message in {
        "name": "A name of up to 120 characters, not digits alone.",
        "country": "Two letters of a country that is served.",
        "currency": "Three letters of a currency.",
        "timezone": "A time zone such as America/Bogota; empty for the country's.",
        "support": "An e-mail address, a telephone or a page.",
    }.items():
        if getattr(chosen, field) is not None and getattr(written, field) is None:
            yield NotChoosable(field, message)
    if written.name and Account.objects.filter(name__iexact=written.name).exclude(pk=account.pk).exists():
        yield taken(written.name)


def taken(name: str) -> NotChoosable:
    return NotChoosable("name", f"There is an account {name} already.", "taken")


def faults_of_names(names: list[str]) -> Iterator[NotChoosable]:
    if any(not fold(name) or text(name) != name.strip() or len(name) > 80 for name in names):
        yield NotChoosable("cod_methods", "A name has letters or digits, and up to 80 characters.")
    if len(names) > 100:
        yield NotChoosable("cod_methods", "Up to 100 names.", "many")


def as_written(account: Account, chosen: Choices) -> Choices:
    """The same choices as they are kept; None for what cannot be."""
    country = written_country(chosen.country) if chosen.country is not None else None
    return replace(
        chosen,
        name=None if chosen.name is None else written_name(chosen.name),
        # Whatever is there may stay, also a country whose towns are not known.
        country=account.country if chosen.country == account.country else country,
        currency=None if chosen.currency is None else written_currency(chosen.currency),
        timezone=None if chosen.timezone is None else written_timezone(chosen.timezone),
        support=None if chosen.support is None else written_support(chosen.support, country or account.country),
    )


def lay(account: Account, chosen: Choices) -> None:
    for field in fields(chosen):
        value = getattr(chosen, field.name)
        if value is not None:
            text = "\n".join(" ".join(name.split()) for name in value) if field.name == "cod_methods" else value
            setattr(account, COLUMNS.get(field.name, field.name), text)
