"""A test order of our own: the whole way, green on every step, and nothing of it is left but its history."""

import json
from typing import Any

import pytest
from django.test import Client

from comanda.accounts.access import Forbidden, by_operator, by_user, new_api_token
from comanda.accounts.models import Account, AuditEntry, Member, User
from comanda.catalogue.models import StoreVariant
from comanda.connectors import CONNECTORS
from comanda.connectors.verification import Verification
from comanda.history.models import Attempt, Intake
from comanda.integrations.connect import choose_verification, connect
from comanda.integrations.mappings import switch_on
from comanda.integrations.trial import CITIES, NotTriable, send_trial
from comanda.orders.models import Order, OrderKey
from comanda.repair.retry import retry_one
from tests.cast import Cast, call, command

WHOLE = ["receive", "verify", "read", "check", "match", "register"]


def tried(cast: Cast, platform: str, secret: str = "una-clave-larga", **how: Any) -> Intake:
    row = connect(cast.account, platform, f"De {platform}", secret=secret)
    delivery = send_trial(by_operator(cast.account), row)
    cast.work()
    return Intake.objects.get(delivery_id=delivery)


def outcome(intake: Intake) -> dict[str, str]:
    trace = json.loads(Attempt.objects.filter(intake=intake).order_by("-number")[0].trace)
    return {step["step"]: step["status"] for step in trace["steps"]}


@pytest.mark.parametrize("platform", CONNECTORS)
def test_it_is_green_on_every_step_and_never_registered(cast: Cast, platform: str) -> None:
    intake = tried(cast, platform, "" if CONNECTORS[platform].secret_url else "una-clave-larga")
    assert (intake.status, intake.cause, intake.key_id) == ("ignored", "test_order", None)
    assert outcome(intake) == {step: "ok" for step in WHOLE if step != "verify"}
    assert not Order.objects.exists() and not OrderKey.objects.exists() and not StoreVariant.objects.exists()
    assert AuditEntry.objects.get(action="trial").target == f"integration:{intake.integration_id}"
    intake.integration.refresh_from_db()
    assert intake.integration.store_key == ""


def test_no_step_says_that_it_was_registered(cast: Cast) -> None:
    """What is green did what it says, and an order exists only where it says so."""
    send_trial(by_operator(cast.account), cast.shop)
    cast.work()
    (row,) = Intake.objects.all()
    token = new_api_token(cast.account, "t")
    for language, labels in (
        ("es", "Sin vincular: es de prueba, Sin registrar: es de prueba"),
        ("en", "Not matched: it is a test, Not registered: it is a test"),
    ):
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        (attempt,) = Client().get(f"/api/v1/history/{row.pk}", headers=headers).json()["attempts"]
        assert {step["status"] for step in attempt["steps"]} == {"ok"}
        assert ", ".join(step["label"] for step in attempt["steps"][4:]) == labels
    assert "✅ Exitoso  Sin registrar: es de prueba" in command("history", "show", str(row.pk))


@pytest.mark.parametrize("country", CITIES)
def test_it_lives_in_the_country_of_the_account(cast: Cast, country: str) -> None:
    currency = {"MX": "MXN", "CL": "CLP"}.get(country, "USD")
    Account.objects.filter(pk=cast.account.pk).update(country=country, currency=currency)
    cast.account.refresh_from_db()
    assert set(outcome(tried(cast, "shopify")).values()) == {"ok"}


def test_running_it_again_does_not_register_it(cast: Cast) -> None:
    intake = tried(cast, "shopify")
    retry_one(by_operator(cast.account), intake, anyway=True)
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, intake.attempts, Order.objects.count()) == ("ignored", 2, 0)


def test_two_tests_are_two(cast: Cast) -> None:
    for _ in range(2):
        send_trial(by_operator(cast.account), cast.shop)
    cast.work()
    assert Intake.objects.filter(cause="test_order").count() == 2


def test_without_a_secret_it_says_so(cast: Cast) -> None:
    row = connect(cast.account, "shopify", "Sin clave")
    with pytest.raises(NotTriable, match="no_secret"):
        send_trial(by_operator(cast.account), row)
    assert not Intake.objects.exists()


@pytest.mark.parametrize("kind", ["none", "token", "hmac", "standard", "basic"])
def test_a_tool_of_ones_own_proves_itself_as_it_was_told(cast: Cast, kind: Any) -> None:
    row = connect(cast.account, "custom", "Mi herramienta", secret="dXN1YXJpbzpjbGF2ZQ")
    choose_verification(
        by_operator(cast.account), row, Verification(kind=kind, header="X-Firma", prefix="p=", encoding="base64")
    )
    row.refresh_from_db()
    delivery = send_trial(by_operator(cast.account), row)
    cast.work()
    assert set(outcome(Intake.objects.get(delivery_id=delivery)).values()) == {"ok"}


def test_what_a_mapped_tool_sent_last_is_tried_once_more(cast: Cast) -> None:
    row = connect(cast.account, "mastertools", "Mi MasterTools")
    who = by_operator(cast.account)
    mapping = {
        "order": {"external_id": "folio", "payment": "'cod'", "name": "n", "phone": "t", "address1": "d", "city": "c"},
        "lines": "[@]",
        "line": {"title": "p", "sku": "s", "unit_price": "v"},
    }
    switch_on(who, row, mapping)
    row.refresh_from_db()
    with pytest.raises(NotTriable, match="no_sample"):
        send_trial(who, row)
    order = {"folio": "A-1", "n": "Luis Peña", "t": "3105550101", "d": "Calle 10 # 43-21", "c": "Medellín"}
    body = json.dumps(order | {"p": "Faja", "s": "FAJA-M", "v": 109900}).encode()
    call(row, body, {"content-type": "application/json"})
    cast.work()
    assert Order.objects.count() == 1
    delivery = send_trial(who, row)
    cast.work()
    trial = Intake.objects.get(delivery_id=delivery)
    assert (trial.status, trial.number, Order.objects.count()) == ("ignored", "A-1", 1)
    assert Intake.objects.get(external_id="A-1").status == "registered"


def test_the_command_and_the_api_send_one(cast: Cast) -> None:
    said = json.loads(command("integration", "trial", str(cast.shop.pk), "--json"))
    token = new_api_token(cast.account, "t")
    answer = Client().post(f"/api/v1/integrations/{cast.shop.pk}/trial", headers={"Authorization": f"Bearer {token}"})
    cast.work()
    assert answer.status_code == 201
    sent = {said["delivery"], answer.json()["delivery"]}
    assert {str(each.delivery_id) for each in Intake.objects.all()} == sent
    bare = connect(cast.account, "shopify", "Sin clave")
    refused = Client().post(f"/api/v1/integrations/{bare.pk}/trial", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["error"]["facts"]) == (400, {"reason": "no_secret"})
    assert "no_secret" in command("integration", "trial", str(bare.pk), "--json", code=1)


def test_a_support_agent_sends_none(cast: Cast) -> None:
    user = User.objects.create_user("soporte@example.com")
    Member.objects.create(account=cast.account, user=user, role="support")
    with pytest.raises(Forbidden):
        send_trial(by_user(user), cast.shop)
