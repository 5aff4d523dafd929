"""Every page of the screens, with much and with ugly things in it: it asks the database no more for many rows than for few,
is small on the wire, and takes whatever is typed or asked. The walk goes over every URL: a new one is walked by itself."""

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urljoin

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.invite import invite
from comanda.accounts.models import AuditEntry, Member, User
from comanda.catalogue.models import Link, LinkItem, Product, StoreVariant, Variant
from comanda.inbox.models import Refusal
from comanda.integrations.connect import connect
from tests.cast import SECRET
from tests.test_access import Shop
from tests.test_web import person
from tests.test_web_security import PUBLIC, ROUTES, filled, keys_of

LONG = "Faja Reductora Colombiana Levanta Cola Efecto Segunda Piel Control Abdomen 3XL 💥"  # 80 letters
UGLY = (f"<b>{LONG}</b>", "مشد للخصر " * 8, "Largo" * 16)
ON_THE_WIRE = 60_000  # bytes
NO_PAGES = ("api/", "cuenta/", "invitacion/")
# What is counted or looked at by the way, whatever a page shows: the kind of a request, not the number of its rows.
SLACK = 1


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    cache.clear()
    return Shop("Ana")


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


def pages(shop: Shop, client: Client) -> dict[str, str]:
    """For each route that is there, the path of a page: of the row that has most to show."""
    found, keys = {}, [[*each[:2], *each[2:][-3:]] for each in keys_of(shop.cast.account)]
    for route, names in ROUTES:
        if not route.startswith(NO_PAGES):
            of_rows = set(names) - set(PUBLIC)
            sizes: dict[str, int] = {}
            for some in keys if of_rows else [["1"]]:
                sizes |= weighed(client, [path for key in some if (path := filled(route, names, key)) not in sizes])
            if sizes:
                found[route] = max(sizes, key=lambda path: sizes[path])
    return found


def weighed(client: Client, paths: list[str]) -> dict[str, int]:
    """Of these, the pages that there are; nobody looks at the others where the first is none."""
    found = {}
    for path in paths:
        answer = client.get(path)
        if answer.status_code == 200 and not answer.streaming and "html" in answer["Content-Type"]:
            found[path] = len(answer.content)
        elif not found and path != paths[0]:
            return {}
    return found


def queries(client: Client, path: str) -> int:
    client.get(path)  # what is asked once a minute
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    return len(asked)


@pytest.mark.pages
def test_no_page_asks_more_for_many_or_weighs_much(shop: Shop) -> None:
    ana = person(shop.cast)
    grow(shop, 1)
    few = {route: queries(ana, path) for route, path in pages(shop, ana).items()}
    grow(shop, 31)
    many = pages(shop, ana)
    assert len(many) > 38 and set(many) == set(few)
    asked = {route: (few[route], queries(ana, path)) for route, path in many.items()}
    assert not {route: each for route, each in asked.items() if each[1] > each[0] + SLACK}
    weights = {route: len(ana.get(path, headers={"Accept-Encoding": "gzip"}).content) for route, path in many.items()}
    assert not {
        route: weight for route, weight in weights.items() if weight > ON_THE_WIRE / 4
    }  # real words differ more


# Whatever is asked and typed


def asked_for(path: str) -> set[str]:
    """The names of all that the view of a page reads from its URL, itself or by what it imports of the screens'."""
    source = source_of(resolve(path).func.__module__)
    for name in re.findall(r"^from (comanda\.web[\w.]*) import", source, re.MULTILINE):
        source += source_of(name)
    of_lists = {*FILTER} if "comanda.web.asked" in source else set()
    return of_lists | set(re.findall(r'GET(?:\.get\(|\[)"([^"]+)"', source))


def source_of(module: str) -> str:
    return Path(str(sys.modules[module].__file__)).read_text()


FILTER = ("q", "status", "integration", "cause", "subject", "dates", "from", "to")


def test_a_page_may_be_asked_anything(shop: Shop) -> None:
    ana, seen = person(shop.cast), set()
    for path in pages(shop, ana).values():
        for name in sorted(asked_for(path)):
            seen.add(name)
            for junk in ("9\x00" + "9" * 20, "²", "0001-01-01"):
                answer = ana.get(f"{path}?{name}={quote(junk)}")
                assert answer.status_code in (200, 204, 302, 404), (path, name, junk)
    assert len(seen) > 20


class Forms(HTMLParser):
    """The forms of a page: where each goes, how, and what it sends as it stands, button by button."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str], list[dict[str, str]]]] = []
        self.typed: list[set[str]] = []
        self.select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.found.append((given.get("action", ""), given.get("method", "get"), {}, []))
            self.typed.append(set())
        elif self.found and (name := given.get("name")):
            _action, _method, fields, buttons = self.found[-1]
            if tag == "button":
                buttons.append({name: given.get("value", "")})
            elif tag in ("input", "textarea") and (
                given.get("type") not in ("checkbox", "radio") or "checked" in given
            ):
                fields.setdefault(name, given.get("value", ""))
                if tag == "input" and given.get("type", "text") in ("text", "email", "tel", "number", "url", "search"):
                    self.typed[-1].add(name)
            elif tag == "select":
                self.select = name
                fields.setdefault(name, "")
        elif tag == "option" and self.select and ("selected" in given or not self.found[-1][2][self.select]):
            self.found[-1][2][self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""


ELSEWHERE = ("/idioma/", "/cuenta/logout/", "/configuraciones/cuenta/")


def posts(shop: Shop, client: Client) -> Iterator[tuple[str, dict[str, str], set[str]]]:
    """Each form of each page that changes something, once for each of its buttons; and what is typed into it."""
    seen = set()
    for path in pages(shop, client).values():
        page = Forms(client.get(path).content.decode())
        for (action, method, fields, buttons), typed in zip(page.found, page.typed, strict=True):
            where = urljoin(path, action or path)
            if method != "post" or where in ELSEWHERE:
                continue
            fields.pop("csrfmiddlewaretoken")
            for button in buttons or [{}]:
                kind = (re.sub(r"\d+|[0-9a-f-]{30,}", "", where), *sorted(fields), *button.items())
                if kind not in seen:
                    seen.add(kind)
                    yield where, fields | button, typed
    assert len(seen) > 25


def test_a_form_takes_whatever_is_typed_and_keeps_what_it_refuses(shop: Shop) -> None:
    ana = person(shop.cast)
    for where, fields, typed in posts(shop, ana):
        for name in fields:
            for junk in ("no \x00 vale", "9" * 30):
                with transaction.atomic():
                    cache.clear()
                    answer = ana.post(where, fields | {name: junk})
                    assert answer.status_code < 429, (where, name, junk, answer.status_code)
                    if answer.status_code == 400 and name in typed:
                        kept = escape(junk.replace("\x00", ""))
                        assert f'value="{kept}"' in answer.content.decode(), (where, name, junk)
                    transaction.set_rollback(True)


def test_a_form_that_is_sent_from_two_windows_breaks_nothing(shop: Shop) -> None:
    """The second is done again, or says that there is nothing left to do, and the page that it leads to is there."""
    ana = person(shop.cast)
    for where, fields, _typed in posts(shop, ana):
        with transaction.atomic():
            cache.clear()
            for _window in range(2):
                answer = ana.post(where, fields)
                assert answer.status_code in (200, 302, 400, 409), (where, fields, answer.status_code)
                if answer.status_code == 302:
                    assert ana.get(answer["Location"], follow=True).status_code == 200, (where, fields)
            transaction.set_rollback(True)
