"""A JumpSeller store's traffic: each order under several events, states in the store's language, no ids of events.

In the end every order is registered once, or explained.
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
from comanda.integrations.connect import add_secret, connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order, OrderLine
from tests.cast import Cast, call

TOKEN = "0d1f5a7c9e2b4860"
STORE = "tienda-de-luz"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
ENUMS = {
    "Pago pendiente": "pending_payment",
    "Pagado": "paid",
    "Anulado": "canceled",
    "Abandonado": "abandoned",
}


class Shop:
    """One store with its webhooks, whose clock has milliseconds."""

    def __init__(self, cast: Cast) -> None:
        self.integration: Integration = connect(cast.account, "jumpseller", "Mi JumpSeller", STORE, TOKEN)

    def order(self, id_: int, status: str = "Pago pendiente", **changes: Any) -> dict[str, Any]:
        address = {
            "name": "Óscar",
            "surname": "Peña",
            "address": "Carrera 23 # 62-39",
            "city": None,
            "municipality": "Manizales",
            "region": "Caldas",
            "region_code": "09",
            "country": "Colombia",
            "country_code": "CO",
            "street_number": None,
        }
        line = {"id": 501, "variant_id": None, "sku": "FAJA-M", "name": "Faja", "qty": 1, "price": 109900.0}
        order = {
            "id": id_,
            "created_at": START.strftime("%Y-%m-%d %H:%M:%S UTC"),
            "currency": "COP",
            "subtotal": 109900.0,
            "shipping": 0.0,
            "tax": 0.0,
            "discount": 0.0,
            "total": 109900.0,
            "payment_method_name": "Pago contra entrega",
            "payment_method_type": "manual",
            "customer": {"id": "9", "email": "oscar@example.com", "phone": "310 555 0106", "phone_prefix": "+57"},
            "shipping_address": address,
            "billing_address": address | {"taxid": "75.555.010"},
            "products": [line | {"discount": 0.0}],
            "additional_fields": [],
            "status": status,
            "status_enum": ENUMS.get(status),
            "shipping_option": "delivery",
        }
        return {"order": order | changes}

    def post(self, topic: str, body: Any, seconds: float = 0, **how: str) -> tuple[int, dict[str, Any]]:
        """Send as JumpSeller does; `token` and `store` may be another's."""
        raw = json.dumps(body).encode()
        digest = hmac.digest(how.get("token", TOKEN).encode(), raw, hashlib.sha256)
        at = START + timedelta(seconds=seconds)
        headers = {
            "content-type": "application/json",
            "jumpseller-event": topic,
            "jumpseller-store-code": how.get("store", STORE),
            "jumpseller-hmac-sha256": base64.b64encode(digest).decode(),
            "jumpseller-triggered-at": at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC",
        }
        return call(self.integration, raw, headers)


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return Shop(cast)


def status(id_: int) -> tuple[str, str]:
    intake = Intake.objects.get(external_id=str(id_), integration__platform="jumpseller")
    return intake.status, intake.cause


def facts() -> dict[str, Any]:
    """Those of the only problem."""
    return dict(json.loads(Problem.objects.get().facts))


def transfer(shop: Shop, id_: int, state: str) -> dict[str, Any]:
    return shop.order(id_, state, payment_method_name="Transferencia bancaria")


def test_a_cod_order_is_registered_with_all_that_it_says(cast: Cast, shop: Shop) -> None:
    answer = shop.post("order_pending_payment", shop.order(101))
    assert (answer[0], answer[1]["status"]) == (200, "accepted")
    cast.work()

    assert status(101) == ("registered", "")
    order = Order.objects.get()
    assert (order.number, order.payment, order.amount_due, order.total) == ("101", "cod", 109900, 109900)
    assert json.loads(order.customer)["phone"] == "+573105550106"
    assert json.loads(order.customer)["document"] == "75.555.010"
    address = json.loads(order.shipping_address)
    assert (address["city"], address["region"]) == ("Manizales", "Caldas")
    assert order.ordered_at == START
    line = OrderLine.objects.get()
    assert (line.variant_id, line.quantity, line.unit_price) == (cast.faja.id, 1, 109900)
    kept = Delivery.objects.get()
    assert kept.store_key == STORE
    assert kept.triggered_at == START
    assert {name for name in json.loads(kept.headers) if name.startswith("jumpseller-")} == {
        "jumpseller-event",
        "jumpseller-store-code",
        "jumpseller-hmac-sha256",
        "jumpseller-triggered-at",
    }


def test_the_same_order_under_three_events_is_one_order(cast: Cast, shop: Shop) -> None:
    body = shop.order(102, "Pagado")
    for topic in ("order_pending_payment", "order_updated", "order_paid"):
        assert shop.post(topic, body)[1]["status"] == "accepted"
        assert shop.post(topic, body)[1]["status"] == "duplicate"  # a retry
        cast.work()
    assert status(102) == ("registered", "")
    assert (Order.objects.count(), Intake.objects.count(), Delivery.objects.count()) == (1, 1, 3)
    assert Order.objects.get().amount_due == 0


def test_a_transfer_waits_until_it_is_paid(cast: Cast, shop: Shop) -> None:
    shop.post("order_pending_payment", transfer(shop, 103, "Pago pendiente"))
    shop.post("order_updated", transfer(shop, 103, "Pago pendiente"), 0.2)
    cast.work()
    assert status(103) == ("unpaid", "payment_pending")
    assert not Order.objects.exists()
    shop.post("order_paid", transfer(shop, 103, "Pagado"), 600)
    cast.work()
    assert status(103) == ("registered", "")
    assert (Order.objects.get().payment, Order.objects.get().amount_due) == ("prepaid", 0)


def test_an_order_of_before_the_integration_that_is_paid_now_is_shipped_now(cast: Cast, shop: Shop) -> None:
    before = (START - timedelta(days=5)).strftime("%Y-%m-%d %H:%M:%S UTC")
    for id_, topic in ((104, "order_paid"), (105, "order_updated")):
        body = transfer(shop, id_, "Pagado")
        body["order"]["created_at"] = before
        shop.post(topic, body)
    cast.work()
    assert status(104) == ("registered", "")
    assert status(105) == ("ignored", "old_order")
    assert Order.objects.get().number == "104"


def test_an_order_that_changes_back_ends_as_it_began(cast: Cast, shop: Shop) -> None:
    one, other = shop.order(106), shop.order(106)
    other["order"]["shipping_address"] = one["order"]["shipping_address"] | {"address": "Calle 1 # 1-11"}
    for seconds, body in enumerate((one, other, one)):
        assert shop.post("order_updated", body, seconds)[1]["status"] == "accepted"
        cast.work()
    assert json.loads(Order.objects.get().shipping_address)["address1"] == "Carrera 23 # 62-39"
    assert Delivery.objects.count() == 3


def test_an_event_that_comes_late_changes_nothing(cast: Cast, shop: Shop) -> None:
    shop.post("order_paid", transfer(shop, 107, "Pagado"), 60)
    cast.work()
    shop.post("order_pending_payment", transfer(shop, 107, "Pago pendiente"))  # its first tries had failed
    cast.work()
    assert status(107) == ("registered", "")
    assert (Order.objects.get().payment, Order.objects.get().status) == ("prepaid", "open")


def test_cancelled_before_and_after_it_was_registered(cast: Cast, shop: Shop) -> None:
    shop.post("order_canceled", shop.order(108, "Anulado"), 30)
    shop.post("order_pending_payment", shop.order(108))
    cast.work()
    assert status(108) == ("cancelled", "order_cancelled")
    assert not Order.objects.exists()
    assert facts()["reason"] == "Anulado"

    shop.post("order_pending_payment", shop.order(109))
    cast.work()
    assert status(109) == ("registered", "")
    for topic in ("order_canceled", "order_updated"):
        shop.post(topic, shop.order(109, "Anulado"), 60)
    cast.work()
    assert status(109) == ("cancelled", "order_cancelled")
    assert Order.objects.get().status == "cancelled"
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 100


def test_an_abandoned_cart_is_never_registered_unless_it_is_bought(cast: Cast, shop: Shop) -> None:
    shop.post("order_abandoned", shop.order(110, "Abandonado"))
    cast.work()
    assert status(110) == ("ignored", "draft_order")
    assert facts()["status"] == "Abandonado"
    shop.post("order_pending_payment", shop.order(110), 600)
    cast.work()
    assert status(110) == ("registered", "")


@pytest.mark.parametrize("said", ["Bezahlt", "Pagamento Pendente", "Anulado", "Pagado", "", None])
def test_what_a_state_is_called_in_the_stores_language_does_not_matter(cast: Cast, shop: Shop, said: Any) -> None:
    for id_, enum in ((111, "pending_payment"), (112, "paid")):
        body = transfer(shop, id_, said)
        body["order"]["status_enum"] = enum
        shop.post("order_updated", body)
    cast.work()
    assert status(111) == ("unpaid", "payment_pending")
    assert status(112) == ("registered", "")
    assert Order.objects.get().amount_due == 0


def test_an_order_of_another_store(cast: Cast, shop: Shop) -> None:
    shop.post("order_paid", shop.order(113), store="tienda-de-otro")
    cast.work()
    intake = Intake.objects.get()
    assert (intake.status, intake.cause) == ("failed", "wrong_store")
    assert facts() == {"store": "tienda-de-otro", "expected": STORE}
    shop.post("order_paid", shop.order(113), 60, store=STORE.upper())
    cast.work()
    assert status(113) == ("registered", "")


def test_a_product_that_is_not_linked_is_named_as_the_store_names_it(cast: Cast, shop: Shop) -> None:
    line = {"id": 77, "variant_id": 78, "sku": "", "name": "Tenis (Talla: 38, Color: Rojo)", "qty": 1, "price": 1.5}
    shop.post("order_pending_payment", shop.order(114, products=[line]))
    cast.work()
    assert status(114) == ("failed", "product_not_linked")
    found = facts()
    assert (found["title"], found["variant_title"]) == ("Tenis", "38 / Rojo")
    assert (found["product_id"], found["variant_id"]) == ("77", "78")


def test_an_order_to_be_fetched_in_the_store_is_explained(cast: Cast, shop: Shop) -> None:
    place = {"address": "Calle 85 # 12-10", "city": "Bogotá", "pickup_place_name": "Local del Virrey"}
    fetched = {"shipping_address": None, "shipping_option": "store_pickup", "pickup_address": place}
    shop.post("order_pending_payment", shop.order(115, **fetched))
    cast.work()
    assert status(115) == ("failed", "address_missing")
    assert set(Problem.objects.values_list("code", flat=True)) == {"address_missing", "city_missing"}


@pytest.mark.parametrize("topic", ["product_updated", "customer_created", "contact", ""])
def test_events_that_are_of_no_order_are_ignored_with_a_word(cast: Cast, shop: Shop, topic: str) -> None:
    answer = shop.post(topic, {"product": {"id": 1}})
    assert (answer[0], answer[1]["status"]) == (200, "ignored")
    assert cast.work() == 0
    assert (Delivery.objects.get().reason, Intake.objects.count()) == ("topic_ignored", 0)


def test_the_token_of_the_api_is_not_the_hooks_token(cast: Cast, shop: Shop) -> None:
    Integration.objects.get(pk=shop.integration.pk).secrets.all().delete()
    add_secret(shop.integration, "token-de-la-api")
    assert shop.post("order_paid", shop.order(116))[0] == 401
    cast.work()
    assert not Intake.objects.exists()
    assert add_secret(shop.integration, TOKEN) == 1
    cast.work()
    assert status(116) == ("registered", "")


def test_an_order_that_cannot_be_read_is_found_by_its_number(cast: Cast, shop: Shop) -> None:
    shop.post("order_paid", shop.order(117, total=None))
    cast.work()
    intake = Intake.objects.get()
    assert (intake.external_id, intake.number, intake.cause) == ("117", "117", "order_unreadable")
    assert facts()["path"] == "order.total"
    shop.post("order_paid", shop.order(117), 60)
    cast.work()
    assert status(117) == ("registered", "")


def test_an_order_on_another_builders_url(cast: Cast, shop: Shop) -> None:
    cast.send(shop.order(118))
    assert (Problem.objects.get().code, facts()["builder"]) == ("wrong_builder", "JumpSeller")


LIVES = (
    ["Pago pendiente"],
    ["Pago pendiente", "Pagado"],
    ["Pagado"],
    ["Abandonado"],
    ["Abandonado", "Pago pendiente"],
    ["Pago pendiente", "Anulado"],
    ["Pago pendiente", "Anulado", "Pago pendiente"],
)
EVENTS = {
    "Pago pendiente": "order_pending_payment",
    "Pagado": "order_paid",
    "Anulado": "order_canceled",
    "Abandonado": "order_abandoned",
}
ENDS = {"Abandonado": "ignored", "Anulado": "cancelled"}


@pytest.mark.parametrize("seed", range(4))
def test_a_day_of_traffic(cast: Cast, shop: Shop, seed: int) -> None:
    """Random lives of forty orders: each state under two events, repeated, swapped, and worked off in odd batches."""
    chance = random.Random(seed)
    sent: list[tuple[str, Any, float]] = []
    last: dict[int, str] = {}
    for id_ in range(200, 240):
        seconds = chance.random() * 60
        for state in chance.choice(LIVES):
            seconds += chance.choice((0.001, 1, 30))
            last[id_] = state
            for topic in (EVENTS[state], "order_updated"):
                sent += [(topic, shop.order(id_, state), round(seconds, 3))] * chance.choice((1, 1, 2))
    for place in range(0, len(sent) - 1, 3):
        if chance.random() < 0.4:
            sent[place], sent[place + 1] = sent[place + 1], sent[place]
    for delivery in sent:
        assert shop.post(*delivery)[0] == 200
        if chance.random() < 0.1:
            worker.turn(chance.randrange(1, 12))
    cast.work()

    for id_, state in last.items():
        assert status(id_)[0] == ENDS.get(state, "registered"), (id_, state)
    assert not Delivery.objects.filter(state="pending").exists()
    assert Attempt.objects.count() == Delivery.objects.filter(state="done").count()
    assert Order.objects.filter(status="open").count() == sum(state not in ENDS for state in last.values())
    assert Intake.objects.count() == len(last)
