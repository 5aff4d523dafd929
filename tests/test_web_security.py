"""What nobody may do on the screens: come in uninvited, see another's rows, act through somebody's browser, be led away.

The walks go over every URL that the resolver knows: a new one is tried without a word here.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from comanda.accounts.access import by_operator
from comanda.accounts.invite import invite
from comanda.accounts.models import Account, AuditEntry, Member, User
from comanda.catalogue.models import StoreVariant
from tests.cast import Cast
from tests.installation import Installation
from tests.test_access import Shop
from tests.test_web import ana, page, person, unlinked  # noqa: F401 (a fixture)

PASSWORD = "una-clave-larga-9"

# Open to whoever comes: the entrance, the help, the language. The API has its own tests (tests/test_access.py).
OPEN = (
    "ayuda/",
    "idioma/",
    "invitacion/",
    "api/",
    "cuenta/login/",
    "cuenta/logout/",
    "cuenta/signup/",
    "cuenta/inactive/",
    "cuenta/password/reset/",
    "cuenta/2fa/authenticate/",
    "cuenta/2fa/webauthn/login/",
)
# Parameters that name no row: a builder, an article, a step of an order.
PUBLIC = {"platform": "shopify", "code": "phone_invalid", "step": "match", "attempt": "1", "line": "0", "slug": "x"}


def routes(patterns: Any = None, before: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every route, with its parameters as `{name}`."""
    for each in patterns or get_resolver().url_patterns:
        route = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern) and "^" not in route:
            yield route, tuple(re.findall(r"{(\w+)}", route))


# Named by no row: a file that waits to be imported (tests/test_web_products.py); what is closed to all.
NOT_ROWS = {"productos/importar/{token}/", "cuenta/confirm-email/{key}/"}
ROUTES = sorted(set(routes()))
CLOSED = [route for route, _ in ROUTES if not route.startswith(OPEN)]
OF_ROWS = [(route, names) for route, names in ROUTES if set(names) - set(PUBLIC) and not route.startswith(OPEN)]


def filled(route: str, names: tuple[str, ...], value: object = "1") -> str:
    of_a_wizard = {"step": "url"} if "integracion/" in route else {}
    return "/" + route.format(**{name: (PUBLIC | of_a_wizard).get(name, value) for name in names})


def keys_of(account: Account) -> Iterator[list[str]]:
    """The keys of the rows that belong to an account, table by table; of its people and their keys as well."""
    for model in apps.get_app_config("comanda").get_models():
        if any(field.name == "account" for field in model._meta.get_fields()) and model is not Account:
            keys = model._default_manager.filter(account=account).order_by("pk").values_list("pk", flat=True)
            yield [str(key) for key in keys]
    users = User.objects.filter(memberships__account=account)
    yield [str(key) for key in users.values_list("pk", flat=True)]
    yield [str(key) for key in Authenticator.objects.filter(user__in=users).values_list("pk", flat=True)]


def rows_of(account: Account) -> set[str]:
    return {key for keys in keys_of(account) for key in keys}


@pytest.fixture
def world(transactional_db: None) -> tuple[Shop, Client]:
    """Ana's shop, in which everything is there once; and Berta, who owns an account with nothing in it.

    Berta's numbers are like no number of Ana's, so that each of Ana's may be tried.
    """
    cache.clear()
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
    client = Client()
    client.force_login(berta)
    client.post("/cuenta/reauthenticate/", {"password": PASSWORD})
    return shop, client


def test_the_walk_goes_everywhere() -> None:
    assert len(ROUTES) > 70 and len(CLOSED) > 40 and len(OF_ROWS) >= 12
    assert {"", "historial/{id}/", "configuraciones/equipo/{id}/", "cuenta/2fa/webauthn/keys/{pk}/remove/"} <= set(
        CLOSED
    )


@pytest.mark.parametrize("route", CLOSED)
def test_whoever_is_not_logged_in_is_led_to_the_entrance(db: None, route: str) -> None:
    path = filled(route, tuple(re.findall(r"{(\w+)}", route)))
    for answer in (Client().get(path), Client().post(path)):
        if answer.status_code == 404:
            assert path.startswith("/cuenta/"), path  # a page of allauth's that is not ours
        elif answer.status_code != 405:
            assert led(answer).startswith(("/cuenta/login/", "/cuenta/reauthenticate/")), path


def led(answer: Any) -> str:
    """Where somebody comes to; pages of allauth's stand in Mi acceso."""
    assert answer.status_code in (301, 302), answer
    where = str(answer["Location"])
    return led(Client().get(where)) if where == "/configuraciones/acceso/" else where


def test_reauthenticating_is_for_whoever_is_logged_in(db: None) -> None:
    for way in ("reauthenticate/", "2fa/reauthenticate/", "2fa/webauthn/reauthenticate/"):
        assert Client().get(f"/cuenta/{way}")["Location"].startswith("/cuenta/login/")


TRIES: dict[str, Any] = {
    "do": "bin", "variant": "ignore", "quantity": "1", "role": "owner", "name": "x", "phone": "3001234567", "active": "1",
}  # fmt: skip


def test_a_stranger_finds_none_of_anothers_rows(world: tuple[Shop, Client]) -> None:
    """Whatever row of Ana's a URL may name, to Berta it is not there, and nothing is done to it."""
    shop, berta = world
    keys = sorted(rows_of(shop.cast.account))
    before = snapshot(shop)
    assert len(keys) > 12 and not set(keys) & rows_of(Account.objects.get(name="Berta"))
    for route, names in OF_ROWS:
        for key in keys:
            path = filled(route, names, key)
            answers = tried(berta, path)
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


def tried(client: Client, path: str) -> set[int]:
    """The statuses of what somebody is answered who looks, and who does what may be done there."""
    look = client.get(path)
    only_forms = look.status_code == 302 and path.startswith(look["Location"])  # whatever row: to the page above
    deeds = [client.post(path, TRIES | {"do": what}) for what in ("bin", "remove", "withdraw")]
    return {405 if only_forms else look.status_code, *(deed.status_code for deed in deeds)}


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


def test_a_stranger_sees_and_changes_nothing_by_name(cast: Cast, ana: Client) -> None:  # noqa: F811
    """The same with a full account of one's own: a look-alike beside it."""
    found = unlinked(cast)
    row = StoreVariant.objects.get(key="v:9")
    berta = person(Cast("Berta"), "berta@example.com")
    paths = [
        f"/historial/{found.pk}/",
        f"/historial/{found.pk}/1/match/",
        f"/configuraciones/integracion/{cast.shop.pk}/",
    ]
    for path in paths:
        page(ana, path)
        page(berta, path, 404)
    tries = [
        (f"/historial/{found.pk}/reintentar/", {}),
        (f"/historial/{found.pk}/corregir/", {"phone": "3001234567"}),
        (f"/historial/{found.pk}/descartar/", {}),
        (f"/configuraciones/integracion/{cast.shop.pk}/cambiar/", {"do": "bin"}),
        (f"/productos/por-vincular/{row.pk}/vincular/", {"variant": "ignore"}),
    ]
    for path, given in tries:
        assert berta.post(path, given).status_code == 404, path
    assert page(berta, "/buscar/?q=Masajeador").count(str(found.number)) == 0
    cast.shop.refresh_from_db()
    assert cast.shop.ready and not AuditEntry.objects.exists()


# Acting through somebody's browser


def test_nothing_is_posted_without_a_token(world: tuple[Shop, Client]) -> None:
    """Every URL but the API's, which asks for a bearer token and takes no cookies."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(email="ana0@example.com"))
    for route, names in ROUTES:
        if not route.startswith("api/"):
            answer = strict.post(filled(route, names), TRIES)
            assert answer.status_code == 403, (route, answer.status_code)
    assert "La página estuvo abierta mucho tiempo" in answer.content.decode()
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


ELSEWHERE = ["https://otro.example/", "//otro.example/", "/\\otro.example", "javascript:alert(1)", "https:otro.example"]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_led_away(cast: Cast, where: str) -> None:
    client = person(cast)
    outside = Client().post("/cuenta/login/", {"login": "ana@example.com", "password": PASSWORD, "next": where})
    assert outside["Location"] == "/"
    answers = [
        client.post("/idioma/", {"language": "es", "next": where}),
        client.post("/historial/reintentar/", {"back": where}),
        client.post(f"/cuenta/reauthenticate/?next={where}", {"password": PASSWORD, "next": where}),
        client.get(f"/cuenta/login/?next={where}"),
        client.post("/cuenta/logout/", {"next": where}),
    ]
    for answer in answers:
        assert answer.status_code == 302 and answer["Location"].startswith("/"), answer
        assert not answer["Location"].startswith(("//", "/\\")), answer["Location"]


# Coming in


def test_a_wrong_password_is_said_in_words_and_an_unknown_address_says_the_same(cast: Cast) -> None:
    person(cast)
    said = []
    for email in ("ana@example.com", "nadie@example.com"):
        answer = Client().post("/cuenta/login/", {"login": email, "password": "otra"})
        assert answer.status_code == 200 and "no son correctos" in answer.content.decode()
        said.append(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()).replace(email, ""))
    assert said[0] == said[1]


def test_asking_for_a_new_password_does_not_say_who_is_known(cast: Cast) -> None:
    person(cast)
    pages = []
    for email in ("ana@example.com", "nadie@example.com"):
        client = Client()
        answer = client.post("/cuenta/password/reset/", {"email": email})
        assert (answer.status_code, answer["Location"]) == (302, "/cuenta/password/reset/done/")
        pages.append(client.get(answer["Location"]).content.decode().replace(str(client.cookies.get("csrftoken")), ""))
    assert re.sub(r'value="\w{64}"', "", pages[0]) == re.sub(r'value="\w{64}"', "", pages[1])
    known, unknown = mail.outbox
    assert "/cuenta/password/reset/key/" in str(known.body) and "/cuenta/password/reset/key/" not in str(unknown.body)
    assert known.subject == "Pon otra contraseña en Comanda" and "signup" not in str(unknown.body)


def test_the_link_of_a_mail_leads_to_the_base_url_whatever_host_was_asked_for(cast: Cast) -> None:
    person(cast)
    with override_settings(BASE_URL="https://comanda.example", ALLOWED_HOSTS=["*"]):
        Client().post("/cuenta/password/reset/", {"email": "ana@example.com"}, headers={"host": "otro.example"})
    assert "https://comanda.example/cuenta/" in str(mail.outbox[0].body) and "otro.example" not in str(
        mail.outbox[0].body
    )


def test_a_log_in_gets_a_new_session(cast: Cast) -> None:
    """What somebody has planted in a browser before is not what is logged in."""
    person(cast)
    client = Client()
    client.session.save()
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies["sessionid"] = str(session.session_key)
    client.post("/cuenta/login/", {"login": "ana@example.com", "password": PASSWORD})
    assert client.cookies["sessionid"].value != session.session_key
    thief = Client()
    thief.cookies["sessionid"] = str(session.session_key)
    assert thief.get("/").status_code == 302


def test_cookies_are_not_for_scripts_nor_for_other_sites(cast: Cast) -> None:
    person(cast)
    client = Client()
    given = {"login": "ana@example.com", "password": PASSWORD}
    client.post("/cuenta/login/", given)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["max-age"]) == (True, "Lax", "", "")
    client.post("/cuenta/logout/")
    client.post("/cuenta/login/", given | {"remember": "on"})
    assert int(client.cookies["sessionid"]["max-age"]) > 24 * 3600
    client.get("/cuenta/password/reset/")
    assert client.cookies["csrftoken"]["samesite"] == "Lax"


@pytest.mark.parametrize(("url", "secure"), [("https://comanda.example", True), ("http://localhost:8000", False)])
def test_under_https_cookies_are_sent_over_tls_alone(tmp_path: Path, url: str, secure: bool) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "LANGUAGE_COOKIE_SECURE")
    code = f"import json; from comanda import settings as s; print(json.dumps([getattr(s, n) for n in {names}]))"
    env = os.environ | {
        "COMANDA_BASE_URL": url,
        "COMANDA_HOME": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [secure] * 3


def test_guessing_ends_soon_whichever_process_is_asked(installation: Installation) -> None:
    """Five wrong passwords over two web processes: the sixth is not looked at, though it is the right one."""
    installation.hook()
    with installation.started("serve", "--port", str(installation.port), "--workers", "2"):
        installation.wait_until_it_answers()
        answers = [log_in(installation, "otra")[0] for _ in range(5)]
        assert answers == [200] * 5
        status, html = log_in(installation, PASSWORD)
        assert status == 200 and "demasiados intentos" in html
    assert (
        installation.count(
            "SELECT count(*) FROM django_session WHERE session_key IN (SELECT session_key FROM usersessions_usersession)"
        )
        == 0
    )


def log_in(installation: Installation, password: str) -> tuple[int, str]:
    """On a connection of its own: either process may get it."""
    with httpx.Client(base_url=installation.url, trust_env=False, headers={"Accept-Language": "es"}) as browser:
        form = browser.get("/cuenta/login/").text
        (token,) = set(
            re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form.partition("<form")[2].partition("</form>")[0])
        )
        given = {"login": "ana@example.com", "password": password, "csrfmiddlewaretoken": token}
        answer = browser.post("/cuenta/login/", data=given)
        return answer.status_code, answer.text


def test_what_is_not_ours_is_closed(cast: Cast, ana: Client) -> None:  # noqa: F811
    """Nobody signs up, adds addresses (they would be taken for verified), or logs in by a code."""
    assert "por invitación" in page(Client(), "/cuenta/signup/")
    before = User.objects.count()
    Client().post("/cuenta/signup/", {"email": "mala@example.com", "password1": "cuatro palabras bien juntas"})
    assert User.objects.count() == before
    for path in ("/cuenta/email/", "/cuenta/confirm-email/", "/cuenta/confirm-email/x/", "/cuenta/login/code/confirm/"):
        page(ana, path, 404)
        assert ana.post(path, {"email": "jefe@example.com", "action_add": ""}).status_code == 404
    for path in ("/cuenta/2fa/", "/cuenta/sessions/", "/cuenta/2fa/webauthn/"):
        assert ana.get(path)["Location"] == "/configuraciones/acceso/"


# Support looks


def test_support_looks_and_changes_nothing(cast: Cast) -> None:
    found = unlinked(cast)
    support = person(cast, "soporte@example.com", "support")
    page(support, f"/historial/{found.pk}/")
    assert "Vincular y registrar" not in page(support, "/productos/por-vincular/")
    for path in (f"/historial/{found.pk}/reintentar/", f"/historial/{found.pk}/descartar/", "/historial/reintentar/"):
        assert support.post(path).status_code == 403, path
    assert support.post("/configuraciones/integraciones/shopify/nueva/", {"name": "x"}).status_code == 403
    assert AuditEntry.objects.count() == 0


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
