"""A funnel on Funnelish: nothing is signed, products are known by name, an upsell is an order of its own."""

import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from comanda.accounts.access import by_operator
from comanda.catalogue.link import Part, link
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.connectors import CONNECTORS
from comanda.connectors.draft import Draft
from comanda.demo.builders import BUILDERS
from comanda.demo.story import Teller, story
from comanda.history.models import Attempt, Intake, Problem
from comanda.history.timeline import message
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order, OrderLine
from comanda.repair.retry import retry_one
from tests.cast import Cast, call
from tests.installation import Installation, until

JSON = {"content-type": "application/json"}


class Funnel:
    """One integration of Funnelish, and what it sends."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.ids = itertools.count(900_001)
        self.integration: Integration = connect(cast.account, "funnelish", "Mi embudo")

    def purchase(self, name: str = "Faja Reductora", variant: str = "", **changes: Any) -> dict[str, Any]:
        return {
            "event": "purchase",
            "id": next(self.ids),
            "first_name": "María José",
            "last_name": "Núñez",
            "phone": "57 300 555 0101",
            "optin_email": "mariajose@example.com",
            "shipping_address": "Calle 10 # 43-21",
            "shipping_city": "medellin",
            "shipping_state": "Antioquia",
            "products": [{"name": name, "variant_name": variant, "amount": 109900}],
        } | changes

    def post(self, body: Any) -> tuple[int, dict[str, Any]]:
        return call(self.integration, json.dumps(body).encode(), JSON)

    def send(self, body: Any) -> Intake:
        """Post it, work it off, and return the intake that tells of it."""
        status, answer = self.post(body)
        assert status == 200, answer
        self.cast.work()
        return Intake.objects.get(id=Attempt.objects.filter(delivery_id=answer["delivery"]).latest("id").intake_id)

    def link(self, key: str, *parts: tuple[Variant, int]) -> int:
        access = by_operator(self.cast.account)
        store_variant = StoreVariant.objects.get(account=self.cast.account, platform="funnelish", key=key)
        count = link(access, store_variant, [Part(variant, quantity) for variant, quantity in parts])[1]
        self.cast.work()
        return count


@pytest.fixture
def funnel(cast: Cast) -> Funnel:
    return Funnel(cast)


def outcome(intake: Intake) -> tuple[str, str]:
    intake.refresh_from_db()
    return intake.status, intake.cause


def test_a_purchase_is_registered_unsigned(cast: Cast, funnel: Funnel) -> None:
    body = funnel.purchase(
        products=[{"name": "Faja Reductora", "variant_name": "M", "sku": "FAJA-M", "amount": 109900}]
    )
    intake = funnel.send(body)
    assert outcome(intake) == ("registered", "")
    order = Order.objects.get()
    assert (order.payment, order.currency, order.amount_due, order.total) == ("cod", "COP", 109900, 109900)
    assert json.loads(order.customer)["phone"] == "+573005550101"
    address = json.loads(order.shipping_address)
    assert (address["city"], address["region"]) == ("Medellín", "Antioquia")
    assert order.ordered_at == Delivery.objects.get().received_at
    assert OrderLine.objects.get().variant == cast.faja

    assert funnel.post(body)[1]["status"] == "duplicate"
    again = funnel.send(body | {"step_id": 7})  # the same purchase in another body
    assert (again, outcome(again)) == (intake, ("registered", ""))
    assert (Order.objects.count(), OrderLine.objects.count(), Delivery.objects.count()) == (1, 1, 2)


def test_a_product_is_linked_once_for_all_its_spellings(cast: Cast, funnel: Funnel) -> None:
    spellings = ["Faja  Reductora 🔥", "FAJA REDUCTORA", "faja reductóra ", "🔥 Faja Reductora 🔥", "Faja reductora"]
    waiting = [funnel.send(funnel.purchase(name, "Negro / M")) for name in spellings]
    other = funnel.send(funnel.purchase("Faja Reductora Premium", "Negro / M"))
    assert {outcome(each) for each in (*waiting, other)} == {("failed", "product_not_linked")}
    assert StoreVariant.objects.filter(platform="funnelish").count() == 2

    assert funnel.link("t:faja reductora|negro m", (cast.faja, 1)) == len(spellings)
    assert {outcome(each) for each in waiting} == {("registered", "")}
    assert outcome(other) == ("failed", "product_not_linked")
    assert outcome(funnel.send(funnel.purchase("FAJA REDUCTORA", "NEGRO - m"))) == ("registered", "")
    assert (Link.objects.count(), Order.objects.count()) == (1, len(spellings) + 1)


def test_a_pack_of_one_line_ships_both_of_its_colours(cast: Cast, funnel: Funnel) -> None:
    red, black = (cast.product("Gorra", sku=f"GOR-{name}", variant=name, price=65000) for name in ("ROJO", "NEGRO"))
    intake = funnel.send(funnel.purchase("PACK X2 TOYOTA", "ROJO / NEGRO / HOMBRE - M"))
    assert outcome(intake) == ("failed", "product_not_linked")
    funnel.link("t:pack x2 toyota|rojo negro hombre m", (red, 1), (black, 1))
    assert outcome(intake) == ("registered", "")
    shipped = OrderLine.objects.order_by("sku").values_list("sku", "quantity", "unit_price")
    assert list(shipped) == [("GOR-NEGRO", 1, 54950), ("GOR-ROJO", 1, 54950)]
    two = funnel.send(funnel.purchase("Pack X2 Toyota"))
    funnel.link("t:pack x2 toyota|", (red, 2))
    assert outcome(two) == ("registered", "")
    assert list(OrderLine.objects.filter(order__intake_id=two.pk).values_list("sku", "quantity")) == [("GOR-ROJO", 2)]


def test_main_offer_and_upsell_are_two_orders(funnel: Funnel) -> None:
    offer = [{"name": "Faja", "sku": "FAJA-M", "amount": 109900}]
    main, upsell = (funnel.send(funnel.purchase(products=offer, **each)) for each in ({}, {"event": "upsell purchase"}))
    assert main != upsell
    assert (outcome(main), outcome(upsell)) == (("registered", ""), ("registered", ""))
    assert Order.objects.count() == 2


@pytest.mark.parametrize(
    "said", ["Selecciona la talla", "ROJO / SELECCIONA TALLA", "Elige una opción", "Color: choose one"]
)
def test_a_placeholder_is_no_variant(funnel: Funnel, said: str) -> None:
    intake = funnel.send(funnel.purchase("Tenis", said))
    assert outcome(intake) == ("failed", "variant_not_chosen")
    assert said in message(intake, "es")


def test_a_refund_cancels_before_and_after_registering(cast: Cast, funnel: Funnel) -> None:
    offer = [{"name": "Faja", "sku": "FAJA-M", "amount": 109900}]
    first, second = funnel.purchase(products=offer), funnel.purchase(products=offer)
    whole, bare, waiting = funnel.send(first), funnel.send(second), funnel.send(funnel.purchase("Nuevo"))
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 98
    for intake, refund in (
        (whole, first | {"event": "refund"}),
        (bare, {"event": "On Refund", "id": second["id"], "amount": 109900}),
        (waiting, funnel.purchase("Nuevo", id=int(waiting.external_id), event="refund")),
    ):
        assert funnel.send(refund) == intake
        assert outcome(intake) == ("cancelled", "order_cancelled")
    assert set(Order.objects.values_list("status", flat=True)) == {"cancelled"}
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 100


@pytest.mark.parametrize("event", ["optin", "recurring_payment", "Recurring Payment Fails", "new_subscription"])
def test_what_is_no_purchase_is_explained_and_never_registered(funnel: Funnel, event: str) -> None:
    intake = funnel.send({"event": event, "id": 5, "first_name": "Luz", "optin_email": "luz@example.com", "phone": "0"})
    assert outcome(intake) == ("ignored", "topic_ignored")
    assert f"«{event}»" in message(intake, "es")
    assert not Order.objects.exists()


def test_the_id_of_an_optin_is_not_an_orders(funnel: Funnel) -> None:
    optin = funnel.send({"event": "optin", "id": 900_001, "optin_email": "luz@example.com"})
    purchase = funnel.send(funnel.purchase())
    assert (purchase.external_id, optin.external_id) == ("900001", "optin:900001")
    assert outcome(optin) == ("ignored", "topic_ignored")


def test_an_attempt_becomes_its_purchase_and_never_undoes_it(funnel: Funnel) -> None:
    offer = [{"name": "Faja", "sku": "FAJA-M", "amount": 109900}]
    purchase = funnel.purchase(products=offer)
    attempt = purchase | {"event": "purchase_attempt"}
    intake = funnel.send(attempt)
    assert outcome(intake) == ("ignored", "draft_order")
    assert "purchase_attempt" in message(intake, "es")
    assert not Order.objects.exists()
    assert funnel.send(purchase) == intake
    assert outcome(intake) == ("registered", "")
    assert funnel.send(attempt | {"step_id": 8}) == intake
    assert outcome(intake) == ("registered", "")
    assert Order.objects.get().status == "open"


def test_an_attempt_is_registered_all_the_same_if_somebody_says_so(cast: Cast, funnel: Funnel) -> None:
    offer = [{"name": "Faja", "sku": "FAJA-M", "amount": 109900}]
    purchase = funnel.purchase(products=offer)
    intake = funnel.send(purchase | {"event": "purchase_attempt"})
    retry_one(by_operator(cast.account), intake, anyway=True)
    cast.work()
    assert outcome(intake) == ("registered", "")
    assert funnel.send(purchase) == intake
    assert (outcome(intake), Order.objects.count()) == (("registered", ""), 1)


def test_a_missing_phone_is_asked_for(funnel: Funnel) -> None:
    body = funnel.purchase(products=[{"name": "Faja", "sku": "FAJA-M", "amount": 109900}])
    del body["phone"]
    assert outcome(funnel.send(body)) == ("failed", "phone_missing")


def test_another_builders_order_is_named(cast: Cast, funnel: Funnel) -> None:
    assert outcome(funnel.send(cast.order())) == ("failed", "wrong_builder")
    wrong = cast.send(funnel.purchase())
    assert outcome(wrong) == ("failed", "wrong_builder")
    assert json.loads(Problem.objects.get(intake=wrong).facts)["builder"] == "Funnelish"


def test_the_demo_plays_what_funnelish_can(funnel: Funnel) -> None:
    told = story(Teller(1001, datetime.now(UTC)), list(BUILDERS), "funnelish")
    scenes = [scene for name, scene in told if name == "funnelish"]
    assert {"variant_not_chosen", "test_order", "order_cancelled", "payment_pending"} <= {each.cause for each in scenes}
    assert not any(each.forged or each.foreign or each.second for each in scenes)
    for scene in scenes:
        draft = CONNECTORS["funnelish"].parse(
            "purchase", json.dumps(BUILDERS["funnelish"].payload(scene.sale)).encode()
        )
        assert isinstance(draft, Draft)
        expected = {"order_cancelled": "cancelled", "test_order": "test", "payment_pending": "pending"}
        found = {draft.status, draft.payment, "test" if draft.test else ""}
        assert expected.get(scene.cause, "open") in found


def test_the_url_stands_in_no_log(installation: Installation, tmp_path: Any) -> None:
    """A real installation, at its most talkative: taken, repeated, refused in all ways, and read by the worker."""
    installation.run("migrate")
    installation.run("account", "create", "Ana", "--email", "ana@example.com", "--password", "una-clave-larga-9")
    made = installation.run("integration", "add", "funnelish", "--account", "Ana", "--name", "Mi embudo")
    token = made["hook_url"].rpartition("/")[2]
    url = f"{installation.url}/hooks/{token}"
    log = tmp_path / "said.log"
    serve = [sys.executable, "-m", "comanda", "serve", "--port", str(installation.port)]
    with log.open("wb") as said:
        environment = installation.env | {"COMANDA_LOG_LEVEL": "DEBUG"}
        process = subprocess.Popen(serve, env=environment, stdout=said, stderr=said)
        try:
            installation.wait_until_it_answers()
            body = b'{"event":"purchase","id":1,"products":[{"name":"Faja","amount":1}]}'
            answers = [
                httpx.post(url, content=body, headers=JSON),
                httpx.post(url, content=body, headers=JSON | {"referer": url, "x-original-url": url}),
                httpx.post(url, content=b"{", headers=JSON),
                httpx.post(f"{url}x", content=body, headers=JSON),
                httpx.get(url),
                httpx.post(url, content=b"{}", headers=JSON),
            ]
            assert [each.status_code for each in answers] == [200, 200, 400, 404, 405, 200]
            until(lambda: installation.count("SELECT count(*) FROM comanda_attempt") == 2, 20, "the worker")
        finally:
            process.terminate()
            process.wait(40)
    assert b"refused" in log.read_bytes()
    assert token.encode() not in log.read_bytes()
    kept = installation.rows("SELECT headers FROM comanda_delivery")
    kept += installation.rows("SELECT head FROM comanda_refusal")
    assert len(kept) >= 5
    assert token not in str(kept)
