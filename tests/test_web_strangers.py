"""What a stranger finds behind any URL with any of another's ids, and what support changes: nothing. Every URL is walked."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import transaction
from django.test import Client

from comanda.accounts.access import by_operator
from comanda.accounts.invite import invite
from comanda.accounts.models import Account, AuditEntry, Member, User
from tests.routes import CLOSED, NOT_ROWS, OF_ROWS, PUBLIC, ROUTES, filled, keys_of, rows_of
from tests.test_access import Shop
from tests.test_web import person

PASSWORD = "una-clave-larga-9"


@pytest.fixture(scope="module")
def both(once: None) -> tuple[Shop, User]:
    """Ana's shop, in which everything is there once; and Berta, who owns an account with nothing in it.

    Berta's numbers are like no number of Ana's, so that each of Ana's may be tried.
    """
    berta_s = Account.objects.create(name="Berta")
    berta = User(pk=900_001, email="berta@example.com")
    berta.set_password(PASSWORD)
    berta.save()
    Member.objects.create(pk=900_001, account=berta_s, user=berta, role="owner")
    shop = Shop("Ana")
    for number in range(3):
        user = User.objects.create_user(f"ana{number}@example.com", PASSWORD)
        Member.objects.create(account=shop.cast.account, user=user, role="owner")
        if number:
            Authenticator.objects.create(user=user, type="webauthn", data={"name": "x", "credential": {}})
        invite(by_operator(shop.cast.account), f"i{number}@example.com", "member")
    return shop, berta


@pytest.fixture
def world(both: tuple[Shop, User], db: None) -> tuple[Shop, Client]:
    """Ana's shop, and a browser in which Berta has just given her password."""
    client = Client()
    client.force_login(both[1])
    client.post("/cuenta/reauthenticate/", {"password": PASSWORD})
    return both[0], client


def test_the_walk_goes_everywhere() -> None:
    assert len(ROUTES) > 70 and len(CLOSED) > 40 and len(OF_ROWS) >= 12
    assert {"", "historial/{id}/", "configuraciones/equipo/{id}/", "cuenta/2fa/webauthn/keys/{pk}/remove/"} <= set(
        CLOSED
    )


TRIES: dict[str, Any] = {
    "do": "bin", "variant": "ignore", "quantity": "1", "role": "owner", "name": "x", "phone": "3001234567", "active": "1",
}  # fmt: skip


@pytest.mark.pages
def test_a_stranger_finds_none_of_anothers_rows(world: tuple[Shop, Client]) -> None:
    """Whatever row of Ana's a URL may name, to Berta it is not there, and nothing is done to it."""
    shop, berta = world
    keys = sorted(rows_of(shop.cast.account))
    before = snapshot(shop)
    assert len(keys) > 12 and not set(keys) & rows_of(Account.objects.get(name="Berta"))
    for route, names in OF_ROWS:
        for number, key in enumerate(keys):
            path = filled(route, names, key)
            answers = tried(berta, path, DEEDS[number % len(DEEDS) :][:1])
            assert answers <= {404, 405} and 404 in answers, (path, answers)
    assert snapshot(shop) == before


@pytest.mark.pages
def test_the_owner_finds_a_row_by_each_of_those_urls(world: tuple[Shop, Client]) -> None:
    """Otherwise the walk above would prove nothing: what nobody finds is hidden from nobody."""
    shop, _ = world
    owner = Client()
    owner.force_login(User.objects.get(email="ana1@example.com"))
    owner.post("/cuenta/reauthenticate/", {"password": PASSWORD})
    missing = []
    for route, names in OF_ROWS:
        with transaction.atomic():
            if not any(tried(owner, filled(route, names, key)) - {404, 405} for key in some_of_each(shop)):
                missing.append(route)
            transaction.set_rollback(True)  # some of it is done to the row
    assert set(missing) == NOT_ROWS


DEEDS = ("bin", "remove", "withdraw")


def tried(client: Client, path: str, deeds: tuple[str, ...] = DEEDS) -> set[int]:
    """The statuses of what somebody is answered who looks, and who does what may be done there."""
    look = client.get(path)
    only_forms = look.status_code == 302 and path.startswith(look["Location"])  # whatever row: to the page above
    done = [client.post(path, TRIES | {"do": what}).status_code for what in deeds]
    return {405 if only_forms else look.status_code, *done}


def some_of_each(shop: Shop) -> list[str]:
    """The keys of some rows of each sort."""
    return [key for keys in keys_of(shop.cast.account) for key in keys[:3]]


def snapshot(shop: Shop) -> dict[str, Any]:
    """All of an account's rows, column by column."""
    found = {}
    for model in apps.get_app_config("comanda").get_models():
        if any(field.name == "account" for field in model._meta.get_fields()) and model is not Account:
            rows = model._default_manager.filter(account=shop.cast.account).order_by("pk")
            found[model.__name__] = [str(row) for row in rows.values()]
    return found


def test_lists_show_ones_own_alone(world: tuple[Shop, Client]) -> None:
    _, berta = world
    for route, names in ROUTES:
        if names or route.startswith(("api/", "cuenta/")):
            continue
        answer = berta.get("/" + route)
        if answer.status_code == 200 and not answer.streaming:
            html = answer.content.decode()
            assert "Masajeador" not in html and "#1042" not in html and "ana0@example.com" not in html, route


# Acting through somebody's browser


def test_nothing_is_posted_without_a_token(world: tuple[Shop, Client]) -> None:
    """Every URL but the API's, which asks for a bearer token and takes no cookies."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="ana0@example.com"))
    for route, names in ROUTES:
        if not route.startswith("api/"):
            answer = strict.post(filled(route, names), TRIES)
            assert answer.status_code == 403, (route, answer.status_code)
    html = answer.content.decode()
    assert "La página estuvo abierta mucho tiempo" in html and f'href="{answer.request["PATH_INFO"]}"' in html
    assert strict.get("/configuraciones/equipo/").status_code == 200


def test_the_api_takes_no_cookie(world: tuple[Shop, Client]) -> None:
    _, berta = world
    assert berta.get("/api/v1/account").status_code == 401
    assert berta.post("/api/v1/retries", {"filter": {}}, content_type="application/json").status_code == 401


def test_every_form_carries_its_token_and_every_page_its_policy(world: tuple[Shop, Client]) -> None:
    """Also the entrance's and those that say no."""
    shop, _ = world
    owner, nobody = Client(), Client()
    owner.force_login(User.objects.get(email="ana0@example.com"))
    _, token = invite(by_operator(shop.cast.account), "nueva@example.com", "member")
    plain = [f"/{route}" for route, names in ROUTES if not names and not route.startswith("api/")]
    seen = 0
    for client in (owner, nobody):
        for path in [*plain, f"/invitacion/{token}/", "/historial/x/"]:
            answer = client.get(path)
            assert "default-src 'none'" in answer["Content-Security-Policy"], path
            assert "unsafe" not in answer["Content-Security-Policy"] and answer["X-Frame-Options"] == "DENY", path
            assert answer["X-Content-Type-Options"] == "nosniff" and answer["Referrer-Policy"] == "same-origin", path
            if answer.streaming or "text/html" not in answer["Content-Type"]:
                continue
            html = answer.content.decode()
            assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", html), path
            assert not re.search(r'<script(?! src=| [^>]*type="application/json")', html), path
            for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.DOTALL):
                assert "csrfmiddlewaretoken" in form, (path, form[:200])
                seen += 1
    assert seen > 60


@pytest.mark.pages
def test_support_changes_nothing_anywhere(world: tuple[Shop, Client]) -> None:
    """Whatever is posted to whatever URL with whatever row: nothing of the account is other than before, but for the line
    that says that they have looked at an order's buyer."""
    shop, _ = world
    support = person(shop.cast, "soporte@example.com", "support")
    before = snapshot(shop)
    for route, names in ROUTES:
        if route.startswith(("api/", "cuenta/", "invitacion/")):
            continue
        for key in sorted(rows_of(shop.cast.account)) if set(names) - set(PUBLIC) else ["1"]:
            path = filled(route, names, key)
            if support.post(path, TRIES).status_code == 404:
                continue
            for what in ("off", "rotate", "secret", "remove", "role", "withdraw", "resend"):
                given = TRIES | {"do": what, "secret": "x", "role": "owner", "email": "x@example.com", "kind": "writes"}
                assert support.post(path, given).status_code < 500, (path, what)
    looks = AuditEntry.objects.filter(account=shop.cast.account, action="reveal")
    assert looks.filter(actor__contains="soporte@example.com").count() == looks.count() >= 1
    looks.delete()
    assert snapshot(shop) == before
