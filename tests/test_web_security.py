"""What nobody may do on the screens: come in uninvited, see another's rows, act through somebody's browser, be led away.

tests/test_web_strangers.py tries it at every URL, with every row of another's.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core import mail
from django.test import Client, override_settings

from comanda.accounts.models import AuditEntry, User
from comanda.catalogue.models import StoreVariant
from tests.cast import Cast
from tests.installation import Installation
from tests.routes import CLOSED, filled
from tests.test_web import ana, page, person, unlinked  # noqa: F401 (a fixture)

PASSWORD = "una-clave-larga-9"


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
