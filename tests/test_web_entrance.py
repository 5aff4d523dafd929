"""The entrance and Mi acceso: a forgotten password, the second step, keys, sessions; each in the reader's language."""

import json
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings

from comanda.accounts.models import AuditEntry, Member, User
from comanda.accounts.second_step import sealed_values
from comanda.integrations.vault import unseal
from tests.cast import Cast, command
from tests.test_web import ana, page, person  # noqa: F401 (a fixture)

PASSWORD, OTHER = "una-clave-larga-9", "cuatro palabras bien juntas"
MINE = "/configuraciones/acceso/"


def log_in(email: str = "ana@example.com", password: str = PASSWORD, **more: str) -> Client:
    client = Client(**more)  # type: ignore[arg-type]
    client.post("/cuenta/login/", {"login": email, "password": password})
    return client


def sure(client: Client) -> Client:
    """Somebody who has just said again who they are."""
    assert client.post("/cuenta/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def code_of(secret: str) -> str:
    """What an application on a telephone shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def switch_on(client: Client) -> str:
    """Activate codes; the secret."""
    html = page(sure(client), "/cuenta/2fa/totp/activate/")
    (secret,) = re.findall(r'id="totp-secret" value="(\w+)"', html)
    answer = client.post("/cuenta/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer["Location"] == "/cuenta/2fa/recovery-codes/"
    return str(secret)


# A forgotten password


@pytest.mark.parametrize(
    ("language", "subject"), [("es", "Pon otra contraseña en Comanda"), ("en", None)], ids=["spanish", "english"]
)
def test_a_forgotten_password(cast: Cast, language: str, subject: str | None) -> None:
    person(cast)
    stays = log_in()
    client = Client(headers={"accept-language": language})
    assert page(client, "/cuenta/password/reset/").count('lang="' + language) >= 1
    assert client.post("/cuenta/password/reset/", {"email": "ANA@example.com"}).status_code == 302
    (sent,) = mail.outbox
    assert sent.to == ["ana@example.com"] and (subject is None or sent.subject == subject)
    (link,) = re.findall(rf"{settings.BASE_URL}(/cuenta/password/reset/key/\S+)", str(sent.body))
    form = client.get(link)["Location"]
    assert "set-password" in form  # the key is not in the address any more
    assert client.post(form, {"password1": "corta"}).status_code == 200
    done = client.post(form, {"password1": OTHER}, follow=True)
    assert done.redirect_chain[-1][0] == "/cuenta/password/reset/key/done/"
    assert User.objects.get().check_password(OTHER)
    assert stays.get("/").status_code == 302  # the sessions of before are over
    assert "El enlace ya no sirve" in page(Client(), link)
    assert log_in(password=OTHER).get("/").status_code == 200


@pytest.mark.parametrize(
    ("sends", "words"), [(True, ("te enviamos", "Revisa tu correo")), (False, ("pídeselo", "Pide tu enlace"))]
)
def test_nobody_is_told_to_wait_for_a_letter_that_nobody_sends(db: None, sends: bool, words: tuple[str, str]) -> None:
    with override_settings(SENDS_MAIL=sends):
        assert words[0] in page(Client(), "/cuenta/password/reset/")
        assert words[1] in page(Client(), "/cuenta/password/reset/done/")


def test_a_mail_server_that_is_away_breaks_no_page(cast: Cast) -> None:
    person(cast)
    with override_settings(EMAIL_BACKEND="tests.test_web_team.Broken"):
        for email in ("ana@example.com", "nadie@example.com"):
            answer = Client().post("/cuenta/password/reset/", {"email": email})
            assert (answer.status_code, answer["Location"]) == (302, "/cuenta/password/reset/done/")


def test_asking_too_often_is_said(cast: Cast) -> None:
    person(cast)
    answers = [Client().post("/cuenta/password/reset/", {"email": "ana@example.com"}) for _ in range(6)]
    assert [each.status_code for each in answers] == [302] * 5 + [429]
    assert "Demasiados intentos" in answers[-1].content.decode() and len(mail.outbox) == 5


def test_failed_log_ins_are_counted_for_all_clients(cast: Cast) -> None:
    person(cast)
    for _ in range(5):
        log_in(password="otra")
    late = log_in()
    assert late.get("/").status_code == 302
    html = late.post("/cuenta/login/", {"login": "ana@example.com", "password": PASSWORD}).content.decode()
    assert "Hubo demasiados intentos" in html and 'value="ana@example.com"' in html
    cache.clear()
    assert log_in().get("/").status_code == 200


def test_the_first_words_after_a_log_in_are_the_page(cast: Cast) -> None:
    person(cast)
    html = (
        Client()
        .post("/cuenta/login/", {"login": "ana@example.com", "password": PASSWORD}, follow=True)
        .content.decode()
    )
    assert '<div id="notices" aria-live="polite"></div>' in html


def test_somebody_who_is_in_sees_no_entrance(cast: Cast, ana: Client) -> None:  # noqa: F811
    assert ana.get("/cuenta/login/?next=/pedidos/")["Location"] == "/pedidos/"


# Mi acceso


def test_a_new_password_ends_the_other_sessions(cast: Cast) -> None:
    person(cast)
    here, there = log_in(), log_in()
    wrong = here.post("/cuenta/password/change/", {"oldpassword": "otra", "password1": OTHER})
    assert "Esta no es tu contraseña de ahora" in wrong.content.decode()
    answer = here.post("/cuenta/password/change/", {"oldpassword": PASSWORD, "password1": OTHER}, follow=True)
    assert answer.redirect_chain == [(MINE, 302)] and "Tu contraseña es otra" in answer.content.decode()
    assert answer.content.decode().count('<li class="row keep pad line">') == 1
    assert there.get("/").status_code == 302 and here.get("/").status_code == 200


def test_sessions_are_listed_and_closed(cast: Cast) -> None:
    person(cast)
    person(cast, "berta@example.com")
    firefox = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    here, there = log_in(), log_in(headers=firefox)  # type: ignore[arg-type]
    others = log_in("berta@example.com")
    html = page(here, MINE)
    assert "Firefox en Windows" in html and html.count("Otro navegador") == 1 and html.count(">Esta<") == 1
    assert html.count('<li class="row keep pad line">') == 2
    done = here.post(f"{MINE}sesiones/", follow=True).content.decode()
    assert "Cerraste 1 sesión." in done and "Firefox" not in done and "Cerrar las demás" not in done
    assert there.get("/").status_code == 302 and others.get("/").status_code == 200
    assert "No había otras" in here.post(f"{MINE}sesiones/", follow=True).content.decode()
    assert UserSession.objects.filter(user__email="ana@example.com").count() == 1


def test_a_long_list_of_sessions_asks_no_more(cast: Cast, django_assert_max_num_queries: Any) -> None:
    person(cast)
    user = User.objects.get()
    client = log_in()
    UserSession.objects.bulk_create(
        UserSession(user=user, session_key=f"gone-{number}", ip="10.0.0.1", user_agent="x") for number in range(300)
    )
    with django_assert_max_num_queries(14):
        assert page(client, MINE).count('<li class="row keep pad line">') == 1
    assert UserSession.objects.count() == 1


def test_codes_on_and_off(cast: Cast) -> None:
    person(cast)
    client = log_in()
    assert "Sin activar" in page(client, MINE)
    assert client.get("/cuenta/2fa/totp/activate/")["Location"].startswith("/cuenta/reauthenticate/")
    secret = switch_on(client)
    html = page(client, "/cuenta/2fa/recovery-codes/")
    (codes,) = re.findall(r'id="codes"[^>]*>([\d\s]+)<', html)
    assert len(codes.split()) == 10
    assert "Te quedan 10" in page(client, MINE)

    asked = Client()
    answer = asked.post("/cuenta/login/", {"login": "ana@example.com", "password": PASSWORD, "next": "/pedidos/"})
    assert answer["Location"] == "/cuenta/2fa/authenticate/" and asked.get("/").status_code == 302
    wrong = asked.post("/cuenta/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert "El código no es correcto" in wrong and 'aria-invalid="true"' in wrong
    assert asked.post("/cuenta/2fa/authenticate/", {"code": codes.split()[0]})["Location"] == "/pedidos/"
    assert "Te quedan 9" in page(asked, MINE)
    again = log_in()
    assert again.post("/cuenta/2fa/authenticate/", {"code": codes.split()[0]}).status_code == 200  # each serves once
    cache.clear()
    assert again.post("/cuenta/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302

    assert client.post("/cuenta/2fa/recovery-codes/generate/")["Location"] == "/cuenta/2fa/recovery-codes/"
    assert codes.split()[1] not in page(client, "/cuenta/2fa/recovery-codes/")
    assert codes.split()[1] not in client.get("/cuenta/2fa/recovery-codes/download/").content.decode()
    page(client, "/cuenta/2fa/totp/deactivate/")
    html = client.post("/cuenta/2fa/totp/deactivate/", follow=True).content.decode()
    assert "Quitaste el código" in html and "Sin activar" in html
    assert log_in().get("/").status_code == 200 and not Authenticator.objects.exists()


def test_codes_can_be_switched_on_after_a_password_was_forgotten(cast: Cast) -> None:
    """Asking for a new one makes an address that nobody has confirmed; people come by invitation, so that is no hindrance."""
    person(cast)
    Client().post("/cuenta/password/reset/", {"email": "ana@example.com"})
    switch_on(log_in())


def test_secrets_of_the_second_step_are_sealed_and_move_to_a_new_key(cast: Cast) -> None:
    person(cast)
    client = log_in()
    secret = switch_on(client)
    values = sealed_values()
    assert len(values) == 2 and secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret in [unseal(value) for value in values]
    newer = Fernet.generate_key().decode()
    with override_settings(ENCRYPTION_KEYS=[newer, *settings.ENCRYPTION_KEYS]):
        assert json.loads(command("integration", "reseal", "--json"))["resealed"] >= 4
    with override_settings(ENCRYPTION_KEYS=[newer]):
        assert secret in [unseal(value) for value in sealed_values()]
        late = log_in()
        assert late.post("/cuenta/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    with pytest.raises(InvalidToken):
        unseal(sealed_values()[0])
    said = json.loads(command("doctor", "--json", code=1))
    assert "cannot be decrypted" in str(said)


@override_settings(ACCOUNT_EMAIL_NOTIFICATIONS=True)
def test_a_change_of_the_entrance_is_told_by_mail(cast: Cast) -> None:
    person(cast)
    client = log_in()
    switch_on(client)
    client.post("/cuenta/2fa/recovery-codes/generate/")
    client.post("/cuenta/2fa/totp/deactivate/")
    client.post("/cuenta/password/change/", {"oldpassword": PASSWORD, "password1": OTHER})
    assert [each.subject for each in mail.outbox] == [
        "El segundo paso está activo en Comanda",
        "Códigos de recuperación nuevos en Comanda",
        "Se quitó el segundo paso en Comanda",
        "Tu contraseña de Comanda cambió",
    ]
    for each in mail.outbox:
        body = str(each.body)
        assert f"{settings.BASE_URL}{MINE}" in body and "Otro navegador" in body and "&" not in body, body
        assert "\n\n\n" not in body and each.to == ["ana@example.com"]


def test_the_language_is_ones_own(cast: Cast, ana: Client) -> None:  # noqa: F811
    answer = ana.post("/idioma/", {"language": "en", "next": MINE})
    assert (answer["Location"], User.objects.get().language) == (MINE, "en")
    assert '<html lang="en">' in page(ana, MINE) and '<html lang="es">' in page(Client(), "/cuenta/login/")
    ana.post("/idioma/", {"language": "xx"})
    assert User.objects.get().language == "en"


def test_nothing_of_the_entrance_is_in_english_by_itself(cast: Cast, ana: Client) -> None:  # noqa: F811
    """Every page of allauth's that somebody may come to is in the words of this house."""
    sure(ana)
    paths = [
        "/cuenta/password/change/",
        "/cuenta/2fa/totp/activate/",
        "/cuenta/2fa/webauthn/add/",
        "/cuenta/reauthenticate/",
    ]
    html = "".join(page(ana, path) for path in [*paths, "/cuenta/logout/"])
    html += "".join(page(Client(), f"/cuenta/{path}/") for path in ("login", "signup", "password/reset", "inactive"))
    html += page(Client(), "/cuenta/password/reset/done/") + page(Client(), "/cuenta/password/reset/key/x-y/")
    text = re.sub(r"<(script|template)[^>]*>.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL).replace("English", "")
    assert not re.findall(r"\b(?:Password|Email|Sign|Your|the|Confirm|Cancel|Please|Code|Change|with)\b", text)


# The operator


def test_the_operator_gives_a_new_password(cast: Cast) -> None:
    person(cast)
    other = Cast("Berta")
    Member.objects.create(account=other.account, user=User.objects.get(), role="member")
    client = log_in()
    said = json.loads(
        command("account", "password", "ANA@example.com", "--password", "-", "--json", given=f"{OTHER}\n")
    )
    assert said == {"email": "ana@example.com", "second_step_forgotten": False}
    assert client.get("/").status_code == 302 and log_in(password=OTHER).get("/").status_code == 200
    entries = AuditEntry.objects.filter(action="password").order_by("account_id")
    assert [(each.account, each.actor) for each in entries] == [(cast.account, "operator"), (other.account, "operator")]
    assert "ana@example.com has a new password" in command(
        "account", "password", "ana@example.com", "--password", PASSWORD
    )


def test_the_operator_takes_a_lost_second_step_away(cast: Cast) -> None:
    person(cast)
    switch_on(log_in())
    asked = ("account", "password", "ana@example.com", "--password", OTHER)
    assert json.loads(command(*asked, "--json"))["second_step_forgotten"] is False
    assert log_in(password=OTHER).get("/").status_code == 302
    assert json.loads(command(*asked, "--forget-second-step", "--json"))["second_step_forgotten"] is True
    assert log_in(password=OTHER).get("/").status_code == 200
    assert AuditEntry.objects.filter(action="password").latest("id").difference["second_step"] == "forgotten"
    assert json.loads(command(*asked, "--forget-second-step", "--json"))["second_step_forgotten"] is False


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("nadie@example.com", OTHER, "not_found"),
        ("ana@example.com", "corta", "invalid"),
        ("ana@example.com", "ana@example.com", "invalid"),
    ],
)
def test_what_the_operator_is_refused(cast: Cast, email: str, password: str, code: str) -> None:
    person(cast)
    said = json.loads(command("account", "password", email, "--password", password, "--json", code=1))
    assert said["error"]["code"] == code
    assert User.objects.get().check_password(PASSWORD) and not AuditEntry.objects.exists()


def test_time_passes_and_one_is_asked_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changing how one comes in asks for the password again after five minutes."""
    person(cast)
    client = sure(log_in())
    page(client, "/cuenta/2fa/totp/activate/")
    later = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get("/cuenta/2fa/totp/activate/")["Location"].startswith("/cuenta/reauthenticate/")
