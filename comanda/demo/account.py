"""The demo's account: made at the first run, found again by the later ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from comanda.accounts.access import Access, by_operator, by_token, new_api_token
from comanda.accounts.models import Account, Member, User
from comanda.catalogue.load import load
from comanda.catalogue.models import Product, Variant
from comanda.connectors import CONNECTORS
from comanda.demo.builders import BUILDERS
from comanda.integrations.connect import choose_verification, connect
from comanda.integrations.mappings import switch_on
from comanda.integrations.models import Integration
from comanda.integrations.vault import new_token

NAME, EMAIL, PASSWORD = "Tienda Demo", "demo@comanda.example", "cada-pedido-cuenta"
CATALOGUE = Path(__file__).parent / "catalogue.csv"
SHOWS_ALL = "shopify"  # the builder with which every kind of failure is shown


class NameTaken(Exception):  # noqa: N818
    """There is an account of this name, and it is not the demo's."""


@dataclass(frozen=True)
class Demo:
    """The account, the token, and the integrations by builder; `twin` is the second one of the same store.

    `password` is None where somebody has changed it.
    """

    access: Access
    token: str
    password: str | None
    integrations: dict[str, Integration]
    twin: Integration

    def integration(self, builder: str, second: bool) -> Integration:
        return self.twin if second else self.integrations[builder]


def prepare() -> Demo:
    """The demo account as it is, with whatever of it is missing."""
    with transaction.atomic():
        user = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, PASSWORD)
        access = by_operator(account_of(user))
        if not access.rows(Variant).exists():
            stock_up(access)
        first = {name: integrations_of(access, name, [NAME])[0] for name in BUILDERS}
        twin = integrations_of(access, SHOWS_ALL, [NAME, f"{NAME} (otra vez)"])[1]
        token = token_of(access)
    return Demo(access, token, PASSWORD if user.check_password(PASSWORD) else None, first, twin)


def account_of(user: User) -> Account:
    found = Account.objects.filter(name=NAME).first()
    if found is None:
        found = Account.objects.create(name=NAME, country="CO", currency="COP")
        Member.objects.create(account=found, user=user, role="owner")
    elif not Member.objects.filter(account=found, user=user).exists():
        raise NameTaken
    return found


def stock_up(access: Access) -> None:
    """The catalogue, and a SKU that somebody has given to two products by mistake."""
    loaded = load(access, CATALOGUE.read_bytes())
    assert not loaded.errors, loaded.errors
    twin = Product.objects.create(account=access.account, name="Corrector de Postura Premium")
    Variant.objects.create(account=access.account, product=twin, sku="COR-POS", price=64900, cost=24000, stock=80)


def integrations_of(access: Access, builder: str, names: Sequence[str]) -> list[Integration]:
    """The demo store's integrations, one a name; those that are missing are made, with a secret of their own where they sign."""
    key = CONNECTORS[builder].store_key(BUILDERS[builder].store)
    found = list(access.rows(Integration).filter(platform=builder, store_key=key, binned_at=None).order_by("id"))
    missing = names[len(found) :]
    return found + [set_up(access, builder, name) for name in missing]


def set_up(access: Access, builder: str, name: str) -> Integration:
    """A new integration; a custom builder's says how its tool signs, and what its fields mean where that is known already."""
    sender = BUILDERS[builder]
    made = connect(access.account, builder, name, sender.store, new_token() if sender.signs else "")
    if sender.verification:
        choose_verification(access, made, sender.verification)
    if sender.mapping and not sender.mapped_later:
        switch_on(access, made, sender.mapping)
    made.refresh_from_db()
    return made


def token_of(access: Access) -> str:
    """The API token. The database keeps its hash alone, so that the demo's own lies in the home, for its owner's eyes."""
    path = settings.HOME / "demo_token"
    token = path.read_text().strip() if path.exists() else ""
    known = by_token(token) if token else None
    if known and known.account == access.account and known.writes:
        return token
    token = new_api_token(access.account, "demo")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(token)
    return token
