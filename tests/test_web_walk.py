"""Every page of the screens, with much and with ugly things in it: it asks the database no more for many rows than for few,
and is small on the wire. The walk goes over every URL: a new one is walked by itself."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.invite import invite
from comanda.accounts.models import AuditEntry, Member, User
from comanda.catalogue.models import Link, LinkItem, Product, StoreVariant, Variant
from comanda.inbox.models import Refusal
from comanda.integrations.connect import connect
from tests.cast import SECRET
from tests.routes import pages
from tests.test_access import Shop
from tests.test_web import person

LONG = "Faja Reductora Colombiana Levanta Cola Efecto Segunda Piel Control Abdomen 3XL 💥"  # 80 letters
UGLY = (f"<b>{LONG}</b>", "مشد للخصر " * 8, "Largo" * 16)
ON_THE_WIRE = 60_000  # bytes
# What is counted or looked at by the way, whatever a page shows: the kind of a request, not the number of its rows.
SLACK = 1


def grow(shop: Shop, number: int) -> None:
    """So many of each thing that a page may list, each with names of its own that are long and odd."""
    cast, account = shop.cast, shop.cast.account
    for each in range(number):
        name, mark = f"{each} {UGLY[each % 3]}", f"{number}-{each}"
        store = f"{mark}.myshopify.com"
        other = connect(account, "shopify", name[:90], store, SECRET)
        things = [cast.line(sku=None, variant_id=f"{mark}{part}", title=name, variant_title=name) for part in (1, 2)]
        order = cast.order(name=f"#{mark}", line_items=things, email=f"{'correo.largo' * 4}@example.com")
        order["shipping_address"] |= {"first_name": name[:60], "phone": "12"}
        cast.post(order, integration=other, store=store), cast.post(cast.order(), integration=other, secret="otra")
        cast.post(cast.order(name=f"#{mark}"))
        now = timezone.now() - timedelta(minutes=each)
        head = {"account": account, "integration": other, "place": str(other.pk), "reason": "not_json", "status": 400}
        Refusal.objects.create(**head, minute=now, first_at=now, last_at=now, head="POST")
        catalogue(shop, name, mark)
        people(shop, name, mark)
    cast.work()
    for _ in range(number // 4):
        assert shop.owner("POST", f"/history/{shop.failed.pk}/retry", {"anyway": True})[0] < 300
        cast.work()
    assert shop.owner("POST", "/retries", {"filter": {"status": "failed"}})[0] == 201
    cast.work()


def catalogue(shop: Shop, name: str, mark: str) -> None:
    account, faja = shop.cast.account, shop.cast.faja.product
    made = Product.objects.create(account=account, name=name)
    sizes = [Variant(account=account, product=made, name=f"{size} {name}", sku=f"{mark}-{size}") for size in range(3)]
    more = Variant(account=account, product=faja, name=name, sku=mark)
    Variant.objects.bulk_create([*sizes, more])
    sold = StoreVariant.objects.create(account=account, platform="shopify", store_key="x", key=f"t:{mark}", title=name)
    link = Link.objects.create(account=account, store_variant=sold)
    LinkItem.objects.bulk_create([LinkItem(link=link, variant=each, quantity=2) for each in (sizes[0], more)])


def people(shop: Shop, name: str, mark: str) -> None:
    account = shop.cast.account
    member = User.objects.create_user(f"{mark}.{'largo' * 8}@example.com", "una-clave-larga-9")
    Member.objects.create(account=account, user=member, role="member")
    invite(by_operator(account), f"{mark}@example.com", "member")
    new_api_token(account, name[:80])
    what = {"actor": f"user:1:{name}", "action": "rename", "target": "account", "difference": {"name": [name, name]}}
    AuditEntry.objects.create(account=account, **what)


def queries(client: Client, path: str) -> int:
    client.get(path)  # what is asked once a minute
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    return len(asked)


@pytest.mark.pages
def test_no_page_asks_more_for_many_or_weighs_much(transactional_db: None) -> None:
    cache.clear()
    shop = Shop("Ana")
    ana, account = person(shop.cast), shop.cast.account
    grow(shop, 1)
    few = {route: queries(ana, path) for route, path in pages(account, ana).items()}
    grow(shop, 31)
    many = pages(account, ana)
    assert len(many) > 38 and set(many) == set(few)
    asked = {route: (few[route], queries(ana, path)) for route, path in many.items()}
    assert not {route: each for route, each in asked.items() if each[1] > each[0] + SLACK}
    weights = {route: len(ana.get(path, headers={"Accept-Encoding": "gzip"}).content) for route, path in many.items()}
    assert not {
        route: weight for route, weight in weights.items() if weight > ON_THE_WIRE / 4
    }  # real words differ more
