"""Equipo and API: owners take people in and out and make tokens; members look, support sees less, nobody climbs."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client, override_settings
from django.utils import timezone

from comanda.accounts import tokens
from comanda.accounts.access import Access, Forbidden, by_operator, by_user
from comanda.accounts.invite import Closed, accept, invite, opened, withdraw
from comanda.accounts.models import ApiToken, AuditEntry, Invitation, Member, User
from comanda.accounts.team import LastOwner, change_role, remove, take_in_again
from comanda.integrations.vault import digest
from tests.cast import Cast, command
from tests.test_api import Api
from tests.test_races import Thread
from tests.test_web import ana, page, person  # noqa: F401 (a fixture)

TEAM, API = "/configuraciones/equipo/", "/configuraciones/api/"
LINK = r"/invitacion/[\w-]{20}"
PASSWORD = "cuatro palabras bien juntas"


def send(client: Client, email: str = "berta@example.com", role: str = "member") -> str:
    """Invite somebody; the link, as the page shows it."""
    answer = client.post(TEAM, {"email": email, "role": role}, follow=True)
    assert answer.status_code == 200, answer.content.decode()
    assert not re.search(LINK, page(client, answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"]))
    (link,) = re.findall(r'value="http://localhost:8000(/invitacion/[^"]+/)"', answer.content.decode())
    return str(link)


def of(email: str) -> User:
    return User.objects.get(email=email)


def path_of(email: str) -> str:
    return f"{TEAM}{of(email).pk}/"


# Inviting


def test_a_new_person_comes_in_by_the_link(cast: Cast, ana: Client) -> None:  # noqa: F811
    link = send(ana, "  Berta@Example.com ")
    row = Invitation.objects.get()
    assert (row.email, row.role, row.digest) == ("berta@example.com", "member", digest(link.split("/")[2]))
    assert timedelta(days=6, hours=23) < row.expires_at - timezone.now() < timedelta(days=7)
    html = page(ana, TEAM)
    assert "berta@example.com" in html and link not in html  # it was shown once

    berta = Client()
    html = page(berta, link)
    assert "ana@example.com te invita" in html and "Elige una contraseña" in html and "<b>Miembro</b>" in html
    berta.get("/cuenta/login/")
    before = berta.cookies.get("sessionid")
    answer = berta.post(link, {"password": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/", 302)] and "Ya estás en «Ana» como Miembro" in answer.content.decode()
    assert berta.cookies["sessionid"].value != (before.value if before else "")
    member = Member.objects.get(user=of("berta@example.com"))
    assert (member.role, member.account, member.user.check_password(PASSWORD)) == ("member", cast.account, True)
    told = AuditEntry.objects.order_by("-id")[0]
    assert (told.action, told.actor) == ("join", f"user:{member.user_id} berta@example.com")
    assert "Otro navegador" in page(berta, "/configuraciones/acceso/")  # the session is among the open ones
    assert "ya se usó" in page(Client(), link, 410)


def test_a_known_person_logs_in_and_accepts(cast: Cast, ana: Client) -> None:  # noqa: F811
    other = Cast("Berta")
    person(other, "berta@example.com")
    link = send(ana, role="support")
    berta = Client()
    html = page(berta, link)
    assert "Ya tienes acceso" in html and f'href="/cuenta/login/?next={link}"' in html and "password" not in html
    assert berta.post(link, {"password": PASSWORD}).status_code == 200  # nothing happens to whoever is not logged in
    assert Member.objects.filter(user__email="berta@example.com").count() == 1
    given = {"login": "berta@example.com", "password": "una-clave-larga-9", "next": link}
    assert berta.post("/cuenta/login/", given)["Location"] == link
    assert "Aceptar" in page(berta, link)
    answer = berta.post(link, follow=True)
    assert "Ya estás en «Ana» como Soporte" in answer.content.decode()
    assert "Tienda Uno" in page(berta, "/configuraciones/integraciones/shopify/")
    assert AuditEntry.objects.get(action="join").account == cast.account
    assert berta.post(link).status_code == 410


def test_an_invitation_is_for_one_address(cast: Cast, ana: Client) -> None:  # noqa: F811
    """Somebody else who is logged in cannot take it; a new person cannot choose another address or role."""
    link = send(ana, role="support")
    carla = person(Cast("Carla"), "carla@example.com")
    assert "la invitación es para berta@example.com" in page(carla, link, 403)
    assert carla.post(link).status_code == 403
    Client().post(link, {"password": PASSWORD, "email": "mala@example.com", "role": "owner", "account": "1"})
    assert Member.objects.get(user__email="berta@example.com").role == "support"
    assert not User.objects.filter(email="mala@example.com").exists()
    assert not Member.objects.filter(account=cast.account, user__email="carla@example.com").exists()


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("corta", "demasiado corta"),
        ("1234567890123", "numérica"),
        ("contraseña12", ""),
        ("berta@example.com", "similar"),
        ("a\x00bcdefghijkl", "signo"),
    ],
)
def test_a_password_is_one_that_nobody_guesses(cast: Cast, ana: Client, password: str, said: str) -> None:  # noqa: F811
    link = send(ana)
    answer = Client().post(link, {"password": password})
    if not said:
        assert answer.status_code == 302
        return
    html = answer.content.decode()
    assert answer.status_code == 400 and said in html and 'aria-invalid="true"' in html
    assert not User.objects.filter(email="berta@example.com").exists()
    assert Client().post(link, {"password": PASSWORD}).status_code == 302  # the link is not used up


def test_a_link_that_opens_nothing_says_why(cast: Cast, ana: Client) -> None:  # noqa: F811
    assert "no existe" in page(Client(), "/invitacion/nada/", 410)
    link = send(ana)
    Invitation.objects.update(expires_at=timezone.now())
    assert "venció" in page(Client(), link, 410)
    assert "ya venció" in page(ana, TEAM)
    row = Invitation.objects.get()
    fresh = ana.post(f"{TEAM}invitacion/{row.pk}/", {"do": "resend"}, follow=True).content.decode()
    (again,) = re.findall(r'value="http://localhost:8000(/invitacion/[^"]+/)"', fresh)
    assert "se retiró" in page(Client(), link, 410) and "Elige una contraseña" in page(Client(), again)
    ana.post(f"{TEAM}invitacion/{Invitation.objects.latest('id').pk}/", {"do": "withdraw"})
    assert "se retiró" in page(Client(), again, 410)
    assert Client().post(again, {"password": PASSWORD}).status_code == 410
    assert "Invitaciones sin aceptar" not in page(ana, TEAM)
    assert [each.action for each in AuditEntry.objects.order_by("id")] == ["invite", "invite", "withdraw"]


def test_a_link_opens_once_also_for_two_at_once(cast: Cast) -> None:
    row, _ = invite(by_operator(cast.account), "berta@example.com", "owner")
    user = User.objects.create_user("berta@example.com", PASSWORD)

    came = list[bool]()

    def come() -> None:
        try:
            accept(Invitation.objects.get(pk=row.pk), User.objects.get(pk=user.pk))
            came.append(True)
        except Closed:
            came.append(False)

    for thread in [Thread(come) for _ in range(4)]:
        thread.done()
    assert sorted(came) == [False, False, False, True]
    assert Member.objects.filter(user=user).count() == 1 and AuditEntry.objects.filter(action="join").count() == 1


def test_who_is_in_the_account_stays_what_they_are(cast: Cast) -> None:
    row, token = invite(by_operator(cast.account), "berta@example.com", "owner")
    person(cast, "berta@example.com", "support")
    assert accept(opened(token), of("berta@example.com")).role == "support"
    with pytest.raises(Closed):
        accept(row, of("berta@example.com"))


def test_nobody_takes_the_place_of_another_address(cast: Cast) -> None:
    row, token = invite(by_operator(cast.account), "berta@example.com", "owner")
    mala = User.objects.create_user("mala@example.com", PASSWORD)
    with pytest.raises(Closed):
        accept(row, mala)
    assert opened(token) == row and not Member.objects.exists()


def test_mistakes_in_the_form_are_said(cast: Cast, ana: Client) -> None:  # noqa: F811
    for email, role, said in (
        ("berta", "member", "No es un correo"),
        ("", "member", "No es un correo"),
        ("ANA@example.com", "member", "ya está en el equipo"),
        ("berta@example.com", "jefe", "Elige qué podrá hacer"),
        (f"{'b' * 300}@example.com", "member", "No es un correo"),
    ):
        answer = ana.post(TEAM, {"email": email, "role": role})
        assert answer.status_code == 400 and said in answer.content.decode(), email
        assert f'value="{email[:254]}"' in answer.content.decode()
    assert not Invitation.objects.exists()


@override_settings(SENDS_MAIL=True, BASE_URL="https://comanda.example")
def test_with_a_mail_server_the_link_goes_by_mail_alone(cast: Cast, ana: Client) -> None:  # noqa: F811
    answer = ana.post(
        TEAM, {"email": "berta@example.com", "role": "member"}, follow=True, headers={"host": "localhost"}
    )
    html = answer.content.decode()
    assert "Le enviamos la invitación a berta@example.com" in html and not re.search(LINK, html)
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["berta@example.com"], "Te invitan a «Ana» en Comanda")
    body = str(sent.body)
    assert "ana@example.com te invita" in body and "como Miembro" in body and "\n\n\n" not in body
    (link,) = re.findall(r"https://comanda\.example(/invitacion/\S+/)", body)
    page(Client(), link)


class Broken(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError


@override_settings(SENDS_MAIL=True)
def test_a_mail_server_that_is_away_is_said(cast: Cast, ana: Client) -> None:  # noqa: F811
    with override_settings(EMAIL_BACKEND="tests.test_web_team.Broken"):
        answer = ana.post(TEAM, {"email": "berta@example.com", "role": "member"})
    html = answer.content.decode()
    assert (
        answer.status_code == 503 and "no se pudo enviar" in html and "/invitacion/" not in html.partition("<main")[0]
    )
    assert not re.search(r"/invitacion/[\w-]{20}", html)
    assert Invitation.objects.count() == 1


@override_settings(ACCOUNT_RATE_LIMITS={"invite": "2/h/user", "invitation": "3/m/ip"})
def test_inviting_and_guessing_have_their_limits(cast: Cast, ana: Client) -> None:  # noqa: F811
    send(ana, "a@example.com"), send(ana, "b@example.com")
    assert ana.post(TEAM, {"email": "c@example.com", "role": "member"}).status_code == 429
    assert Invitation.objects.count() == 2
    answers = [Client().get("/invitacion/nada/").status_code for _ in range(4)]
    assert answers == [410, 410, 410, 429]


# What each may do


def test_roles_change_and_people_go(cast: Cast, ana: Client) -> None:  # noqa: F811
    person(cast, "berta@example.com", "member")
    html = ana.post(path_of("berta@example.com"), {"do": "role", "role": "support"}, follow=True).content.decode()
    assert "berta@example.com ahora es: soporte" in html and "Deshacer" in html
    assert Member.objects.get(user__email="berta@example.com").role == "support"
    assert AuditEntry.objects.get(action="role").difference["role"] == ["member", "support"]
    asked = page(ana, path_of("berta@example.com"))
    assert "¿Quitar a berta@example.com del equipo?" in asked
    html = ana.post(path_of("berta@example.com"), {"do": "remove"}, follow=True).content.decode()
    assert "ya no está en el equipo" in html and not Member.objects.filter(user__email="berta@example.com").exists()
    ana.post(path_of("berta@example.com"), {"do": "restore"})
    assert Member.objects.get(user__email="berta@example.com").role == "support"
    page(ana, f"{TEAM}999999999999999999999999/", 404)
    assert ana.post(path_of("berta@example.com"), {"do": "everything"}).status_code == 404
    assert ana.post(path_of("berta@example.com"), {"do": "role", "role": "jefe"}).status_code == 404


def test_nobody_is_taken_in_who_was_not_just_taken_out(cast: Cast, ana: Client) -> None:  # noqa: F811
    """Undoing a removal is no way to somebody else's address, nor to somebody who left long ago."""
    person(Cast("Berta"), "berta@example.com")
    assert ana.post(path_of("berta@example.com"), {"do": "restore"}).status_code == 404
    person(cast, "carla@example.com", "member")
    carla = path_of("carla@example.com")
    ana.post(carla, {"do": "remove"})
    AuditEntry.objects.update(at=timezone.now() - timedelta(days=2))
    assert ana.post(carla, {"do": "restore"}).status_code == 404
    AuditEntry.objects.update(at=timezone.now())
    by_operator(cast.account).audit("password", f"user:{of('carla@example.com').pk}")  # something has happened since
    assert ana.post(carla, {"do": "restore"}).status_code == 404
    assert Member.objects.filter(account=cast.account).count() == 1


def test_somebody_who_is_removed_sees_nothing_any_more(cast: Cast, ana: Client) -> None:  # noqa: F811
    berta = person(cast, "berta@example.com", "owner")
    page(berta, TEAM)
    ana.post(path_of("berta@example.com"), {"do": "remove"})
    assert "Todavía no tienes una cuenta" in page(berta, TEAM, 403)
    page(berta, "/configuraciones/acceso/", 403)
    page(berta, "/cuenta/password/change/")  # what is theirs alone stays theirs


def test_there_is_always_an_owner(cast: Cast, ana: Client) -> None:  # noqa: F811
    for what in ({"do": "remove"}, {"do": "role", "role": "member"}):
        answer = ana.post(path_of("ana@example.com"), what)
        assert answer.status_code == 409 and "único dueño" in answer.content.decode()
    person(cast, "berta@example.com", "owner")
    assert "Saliste de" in ana.post(path_of("ana@example.com"), {"do": "remove"}, follow=True).content.decode()
    assert [row.user.email for row in Member.objects.filter(account=cast.account)] == ["berta@example.com"]


def test_two_owners_who_demote_each_other_at_once(cast: Cast) -> None:
    for email in ("ana@example.com", "berta@example.com"):
        person(cast, email, "owner")
    accesses = [
        (by_user(of("ana@example.com")), "berta@example.com"),
        (by_user(of("berta@example.com")), "ana@example.com"),
    ]
    went = list[bool]()

    def demote(who: Access, whom: str) -> None:
        try:
            change_role(who, of(whom).pk, "member")
            went.append(True)
        except LastOwner:
            went.append(False)

    for thread in [Thread(lambda pair=pair: demote(*pair)) for pair in accesses]:  # type: ignore[misc]
        thread.done()
    assert sorted(went) == [False, True]
    assert Member.objects.filter(account=cast.account, role="owner").count() == 1


@pytest.mark.parametrize("role", ["member", "support"])
def test_only_owners_manage(cast: Cast, role: str) -> None:
    owner, low = person(cast, "ana@example.com"), person(cast, "berta@example.com", role)
    row, token = invite(by_operator(cast.account), "carla@example.com", "member")
    made = owner.post(API, {"name": "Bodega", "kind": "writes"})
    assert made.status_code == 302
    html = page(low, TEAM)
    assert "ana@example.com" in html and "Invitar a alguien" not in html and "carla@example.com" not in html
    assert "<select" not in html.partition("<main")[2] and "Solo los dueños" in html
    before = AuditEntry.objects.count()
    tries = [
        (TEAM, {"email": "mala@example.com", "role": "owner"}),
        (path_of("ana@example.com"), {"do": "remove"}),
        (path_of("ana@example.com"), {"do": "role", "role": "support"}),
        (path_of("berta@example.com"), {"do": "role", "role": "owner"}),
        (path_of("berta@example.com"), {"do": "remove"}),
        (path_of("ana@example.com"), {"do": "restore"}),
        (f"{TEAM}invitacion/{row.pk}/", {"do": "resend"}),
        (f"{TEAM}invitacion/{row.pk}/", {"do": "withdraw"}),
        (API, {"name": "Mala", "kind": "writes"}),
        (f"{API}{ApiToken.objects.get().pk}/", {}),
    ]
    for path, given in tries:
        assert low.post(path, given).status_code == 403, (path, given)
    assert low.get(path_of("ana@example.com")).status_code == 403
    assert opened(token).pk == row.pk and AuditEntry.objects.count() == before
    assert Member.objects.get(user__email="berta@example.com").role == role and ApiToken.objects.count() == 1
    acts: list[Callable[[Access], object]] = [
        lambda who: invite(who, "x@example.com", "member"),
        lambda who: withdraw(who, row),
        lambda who: tokens.make(who, "Mala", read_only=False),
        lambda who: tokens.take_back(who, ApiToken.objects.get()),
        lambda who: change_role(who, of("ana@example.com").pk, "support"),
        lambda who: take_in_again(who, of("ana@example.com").pk),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act(by_user(of("berta@example.com")))


def test_another_accounts_people_are_not_there(cast: Cast, ana: Client) -> None:  # noqa: F811
    other = Cast("Berta")
    person(other, "berta@example.com")
    row, _ = invite(by_operator(other.account), "carla@example.com", "member")
    for path, given in (
        (path_of("berta@example.com"), {"do": "remove"}),
        (path_of("berta@example.com"), {"do": "role", "role": "support"}),
        (f"{TEAM}invitacion/{row.pk}/", {"do": "withdraw"}),
        (f"{TEAM}invitacion/{row.pk}/", {"do": "resend"}),
    ):
        assert ana.post(path, given).status_code == 404, path
    html = page(ana, TEAM)
    assert "berta@example.com" not in html and "carla@example.com" not in html
    assert Member.objects.get(user__email="berta@example.com").role == "owner"
    assert Invitation.objects.get().revoked_at is None


def test_the_domain_asks_who_it_is(cast: Cast) -> None:
    person(cast, "ana@example.com", "owner"), person(cast, "berta@example.com", "member")
    remove(by_user(of("ana@example.com")), of("berta@example.com").pk)
    with pytest.raises(LastOwner):
        remove(by_operator(cast.account), of("ana@example.com").pk)


# API tokens


def test_a_token_is_shown_once_and_works_until_it_is_revoked(cast: Cast, ana: Client) -> None:  # noqa: F811
    there = ana.post(API, {"name": " Bodega\x00 1 ", "kind": "writes"})["Location"]
    assert "cmd_" not in there + str(dict(ana.session.items())) and 'id="token"' not in page(
        person(cast, "b@x.co"), there
    )
    made = ana.get(there)
    html = made.content.decode()
    (token,) = re.findall(r'id="token" value="(cmd_[^"]+)"', html)
    assert made["Cache-Control"].startswith("max-age=0")
    row = ApiToken.objects.get()
    assert (row.name, row.role, row.digest) == ("Bodega 1", "owner", digest(token))
    assert token not in page(ana, API) + page(ana, there) and token not in str(dict(ana.session.items()))
    assert Api(token)("PATCH", "/account", {"stock": "block"})[0] == 200
    html = page(ana, API)
    assert "Lee y escribe" in html and "ana@example.com, <time" in html
    asked = page(ana, f"{API}{row.pk}/")
    assert "¿Revocar «Bodega 1»?" in asked
    assert "ya no abre nada" in ana.post(f"{API}{row.pk}/", follow=True).content.decode()
    assert Api(token)("GET", "/account")[0] == 401
    ana.post(f"{API}{row.pk}/")
    assert [each.action for each in AuditEntry.objects.filter(target=f"token:{row.pk}").order_by("id")] == [
        "create",
        "revoke",
    ]
    assert "Revocada" in page(ana, API)


def test_a_token_that_only_reads(cast: Cast, ana: Client) -> None:  # noqa: F811
    html = ana.post(API, {"name": "Informes", "kind": "reads"}, follow=True).content.decode()
    (token,) = re.findall(r'id="token" value="(cmd_[^"]+)"', html)
    assert Api(token)("GET", "/account")[0] == 200
    assert Api(token)("PATCH", "/account", {"stock": "block"})[0] == 403


def test_that_a_reading_token_sees_buyers_masked_is_said_before_it_is_made(cast: Cast, ana: Client) -> None:  # noqa: F811
    assert "Ve a tus clientes a medias" in page(ana, API)
    ana.post(API, {"name": "Informes", "kind": "reads"})
    assert "Solo lee, clientes ocultos" in page(ana, API)
    assert "buyers masked" in command("token", "list", "--account", "Ana")
    (told,) = json.loads(command("token", "list", "--account", "Ana", "--json"))["items"]
    assert told["kind"] == "reads" and "masked" in " ".join(command("token", "create", "--help").split())
    assert "masked" in ana.get("/api/v1/openapi.json").json()["info"]["description"]


def test_a_token_needs_a_name(cast: Cast, ana: Client) -> None:  # noqa: F811
    for given in ({"name": " ", "kind": "reads"}, {"name": "x", "kind": "all"}, {"kind": "reads"}):
        assert ana.post(API, given).status_code == 400
    assert not ApiToken.objects.exists()


def test_support_sees_how_the_api_is_used_and_no_token(cast: Cast, ana: Client) -> None:  # noqa: F811
    ana.post(API, {"name": "Bodega", "kind": "writes"})
    html = page(person(cast, "soporte@example.com", "support"), API)
    assert "/api/v1/history" in html and "Bodega" not in html
    html = page(person(cast, "carla@example.com", "member"), API)
    assert "Bodega" in html and "Revocar" not in html


def test_the_lists_ask_no_more_for_many(cast: Cast, ana: Client, django_assert_max_num_queries: Any) -> None:  # noqa: F811
    for number in range(12):
        person(cast, f"p{number}@example.com", "member")
        invite(by_operator(cast.account), f"i{number}@example.com", "member")
        ana.post(API, {"name": f"t{number}", "kind": "reads"})
    for path in (TEAM, API):
        with django_assert_max_num_queries(10):
            assert len(page(ana, path)) < 60_000
