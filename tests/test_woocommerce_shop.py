"""A WooCommerce shop's traffic as it was seen on real ones: in odd order, merged, repeated, with errors in between.

In the end every order is registered or explained, none silently, none twice.
"""

import base64
import hashlib
import hmac
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from comanda import worker
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from tests.cast import Cast, call

SECRET = "woo-Secret&1"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


class Shop:
    """One shop with its webhooks; its clock has whole seconds."""

    def __init__(self, cast: Cast) -> None:
        self.integration: Integration = connect(cast.account, "woocommerce", "Mi Woo", "", SECRET)

    def order(self, id_: int, status: str, seconds: int, **changes: Any) -> dict[str, Any]:
        at = (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
        address = {
            "first_name": "Óscar",
            "last_name": "Peña",
            "address_1": "Carrera 23 # 62-39",
            "city": "Manizales",
            "state": "CO-CAL",
            "country": "CO",
            "phone": "310 555 0106",
        }
        line = {
            "name": "Faja Reductora",
            "product_id": 22,
            "variation_id": 0,
            "quantity": 1,
            "subtotal": "109900",
            "total": "109900",
            "sku": "FAJA-M",
            "price": 109900,
        }
        return {
            "id": id_,
            "number": str(id_),
            "order_key": f"wc_order_{id_}",
            "status": status,
            "currency": "COP",
            "date_created": at,
            "date_created_gmt": START.strftime("%Y-%m-%dT%H:%M:%S"),
            "date_modified_gmt": at,
            "date_paid_gmt": None,
            "total": "109900.00",
            "discount_total": "0",
            "shipping_total": "0.00",
            "total_tax": "0.00",
            "payment_method": "cod",
            "payment_method_title": "Contra reembolso",
            "billing": address | {"email": "oscar@example.com"},
            "shipping": {"address_1": "", "city": "", "phone": ""},
            "meta_data": [],
            "line_items": [line],
        } | changes

    def post(self, topic: str, body: Any, delivery_id: str = "d1") -> tuple[int, dict[str, Any]]:
        raw = json.dumps(body).encode()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), raw, hashlib.sha256)).decode()
        resource, _, event = topic.partition(".")
        headers = {
            "content-type": "application/json",
            "x-wc-webhook-source": "https://mi-woo.co/",
            "x-wc-webhook-topic": topic,
            "x-wc-webhook-resource": resource,
            "x-wc-webhook-event": event,
            "x-wc-webhook-signature": signature,
            "x-wc-webhook-id": "7",
            "x-wc-webhook-delivery-id": delivery_id,
        }
        return call(self.integration, raw, headers)


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return Shop(cast)


def status(id_: int) -> tuple[str, str]:
    intake = Intake.objects.get(external_id=str(id_), integration__platform="woocommerce")
    return intake.status, intake.cause


def test_the_ping_gets_exactly_200(shop: Shop) -> None:
    answer = call(shop.integration, b"webhook_id=7", {"content-type": "application/x-www-form-urlencoded"})
    assert (answer[0], answer[1]["status"]) == (200, "ignored")
    assert Delivery.objects.get().reason == "ping"


def test_updated_before_created_is_one_order(cast: Cast, shop: Shop) -> None:
    body = shop.order(101, "processing", 0)
    assert shop.post("order.updated", body)[1]["status"] == "accepted"
    assert shop.post("order.created", body)[1]["status"] == "accepted"
    assert shop.post("order.created", body, "another")[1]["status"] == "duplicate"
    cast.work()
    assert status(101) == ("registered", "")
    assert Order.objects.count() == 1


def test_a_checkout_draft_becomes_an_order(cast: Cast, shop: Shop) -> None:
    shop.post("order.created", shop.order(102, "checkout-draft", 0))
    cast.work()
    assert status(102) == ("ignored", "draft_order")
    shop.post("order.updated", shop.order(102, "processing", 60))
    cast.work()
    assert status(102) == ("registered", "")


def test_a_transfer_waits_until_it_is_paid(cast: Cast, shop: Shop) -> None:
    transfer = {"payment_method": "bacs", "payment_method_title": "Transferencia bancaria"}
    shop.post("order.created", shop.order(103, "on-hold", 0, **transfer))
    cast.work()
    assert status(103) == ("unpaid", "payment_pending")
    paid = shop.order(103, "processing", 600, date_paid_gmt="2026-11-20T10:00:00", **transfer)
    shop.post("order.updated", paid)
    cast.work()
    assert status(103) == ("registered", "")
    assert Order.objects.get().amount_due == 0


def test_the_trash_and_back(cast: Cast, shop: Shop) -> None:
    masajeador = {
        "line_items": [shop.order(1, "x", 0)["line_items"][0] | {"sku": "", "product_id": 9, "name": "Masajeador"}]
    }
    body = shop.order(104, "processing", 0, **masajeador)
    shop.post("order.created", body)
    cast.work()
    assert status(104) == ("failed", "product_not_linked")
    shop.post("order.deleted", {"id": 104}, "d2")
    cast.work()
    assert status(104) == ("cancelled", "order_cancelled")
    assert not Problem.objects.filter(code="product_not_linked").exists()
    shop.post("order.restored", body, "d3")
    cast.work()
    assert status(104) == ("failed", "product_not_linked")
    shop.post("order.deleted", {"id": 104}, "d4")
    cast.work()
    assert status(104) == ("cancelled", "order_cancelled")


def test_a_created_that_says_trash(cast: Cast, shop: Shop) -> None:
    shop.post("order.created", shop.order(105, "trash", 0))
    cast.work()
    assert status(105) == ("cancelled", "order_cancelled")


def test_two_states_in_one_second_end_at_the_last(cast: Cast, shop: Shop) -> None:
    shop.post("order.updated", shop.order(106, "completed", 10))
    cast.work()
    shop.post("order.updated", shop.order(106, "refunded", 10))
    cast.work()
    assert status(106) == ("cancelled", "order_cancelled")
    assert Order.objects.get().status == "cancelled"


def test_signed_errors_are_shown_and_not_failed(cast: Cast, shop: Shop) -> None:
    shop.post(
        "order.updated",
        {"code": "woocommerce_rest_shop_order_invalid_id", "message": "ID no válido.", "data": {"status": 404}},
    )
    shop.post(
        "order.updated", {"code": "woocommerce_rest_cannot_view", "message": "Lo siento", "data": {"status": 403}}, "d2"
    )
    shop.post(
        "order.updated", {"code": "rest_no_route", "message": "No se ha encontrado", "data": {"status": 404}}, "d3"
    )
    cast.work()
    found = sorted(Intake.objects.values_list("status", "cause"))
    assert found == [
        ("ignored", "store_order_not_found"),
        ("review", "store_unauthorized"),
        ("review", "store_unavailable"),
    ]


def test_a_restored_shop_reuses_a_number(cast: Cast, shop: Shop) -> None:
    shop.post("order.created", shop.order(107, "processing", 0))
    cast.work()
    other = shop.order(
        107,
        "processing",
        900,
        order_key="wc_order_other",
        billing=shop.order(1, "x", 0)["billing"] | {"first_name": "Otra"},
    )
    shop.post("order.created", other)
    cast.work()
    assert status(107) == ("registered", "")
    review = Intake.objects.get(status="review")
    assert (review.cause, review.customer_name.partition(" ")[0]) == ("possible_duplicate", "Otra")
    assert Order.objects.count() == 1


LIVES = (
    ["processing", "completed"],
    ["processing", "enviado", "completed"],
    ["checkout-draft", "processing"],
    ["pending", "processing", "cancelled"],
    ["on-hold", "processing"],
    ["processing", "trash"],
)


@pytest.mark.parametrize("seed", range(6))
def test_a_day_of_traffic(cast: Cast, shop: Shop, seed: int) -> None:
    """Random lives of forty orders: deliveries swapped, merged, repeated, with errors, and worked off in odd batches."""
    chance = random.Random(seed)
    sent: list[tuple[str, Any, str]] = []
    last: dict[int, str] = {}
    for id_ in range(200, 240):
        life = chance.choice(LIVES)
        known = life[chance.randrange(len(life)) :] if chance.random() < 0.2 else life  # some changes were merged
        seconds = 0
        for number, state in enumerate(known):
            seconds += chance.choice((1, 30))
            body = shop.order(id_, state, seconds)
            topic = "order.created" if number == 0 and chance.random() < 0.7 else "order.updated"
            sent.append((topic, body, f"d{chance.randrange(25)}"))
            if chance.random() < 0.3:
                sent.append(("order.updated", body, f"d{chance.randrange(25)}"))
        last[id_] = known[-1]
        if chance.random() < 0.1:
            sent.append(("order.updated", {"code": "rest_no_route", "message": "x", "data": {}}, f"e{id_}"))
    for place in range(0, len(sent) - 1, 3):
        if chance.random() < 0.4:
            sent[place], sent[place + 1] = sent[place + 1], sent[place]
    for topic, body, delivery_id in sent:
        assert shop.post(topic, body, delivery_id)[0] == 200
        if chance.random() < 0.1:
            worker.turn(chance.randrange(1, 12))
    cast.work()

    ends = {"checkout-draft": "ignored", "cancelled": "cancelled", "trash": "cancelled"}
    for id_, state in last.items():
        intake = Intake.objects.get(external_id=str(id_))
        assert intake.status == ends.get(state, "registered"), (id_, state)
        assert bool(intake.cause) == (intake.status != "registered")
    assert not Delivery.objects.filter(state="pending").exists()
    assert Attempt.objects.count() == Delivery.objects.filter(state="done").count()
    registered = Order.objects.filter(status="open")
    assert registered.count() == sum(state not in ends for state in last.values())
