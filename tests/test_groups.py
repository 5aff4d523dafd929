"""One buyer's orders that come apart, minutes after one another, as one order: where the account says so."""

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from comanda import pipeline, worker
from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.preferences import Choices, choose
from comanda.catalogue.models import Variant
from comanda.connectors.shopify.connector import Shopify
from comanda.history.models import Attempt, Intake
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.orders.models import Order, OrderKey, OrderLine, OrderPart
from tests.cast import SECRET, STORE, Cast, call
from tests.test_api import Api
from tests.test_races import Thread, paused


@pytest.fixture
def funnel(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A builder that sends each offer as an order, and an account that makes one of them."""
    monkeypatch.setattr(Shopify, "splits", True)
    cast.cream = cast.product("Crema", sku="CREMA", price=30000, stock=50)  # type: ignore[attr-defined]
    choose(by_operator(cast.account), Choices(group_minutes=15))
    cast.account.refresh_from_db()
    return cast


def upsell(cast: Cast, **changes: Any) -> dict[str, Any]:
    line = cast.line(
        variant_id=70099, product_id=7009, sku="CREMA", title="Crema", variant_title=None, price="30000.00"
    )
    return cast.order(line_items=[line], total_price="30000.00", subtotal_price="30000.00", **changes)


def only_order() -> Order:
    order: Order = Order.objects.get()
    return order


def stock() -> dict[str, int | None]:
    return dict(Variant.objects.values_list("sku", "stock"))


def lines() -> list[tuple[str, int]]:
    return sorted(OrderLine.objects.values_list("sku", "quantity"))


def test_the_upsell_joins_the_main_offer(funnel: Cast) -> None:
    main, more = funnel.send(), funnel.send(upsell(funnel))

    assert (main.status, more.status) == ("registered", "registered")
    order = only_order()
    assert (order.total, order.amount_due, order.subtotal) == (139900, 139900, 139900)
    assert lines() == [("CREMA", 1), ("FAJA-M", 1)]
    assert stock() == {"FAJA-M": 99, "CREMA": 49}
    assert sorted(OrderPart.objects.values_list("number", "total")) == sorted(
        [(main.number, Decimal("109900.00")), (more.number, Decimal("30000.00"))]
    )


def test_the_history_shows_the_grouping_from_both_sides(funnel: Cast) -> None:
    main, more = funnel.send(), funnel.send(upsell(funnel))
    api = Api(new_api_token(funnel.account, "test"))

    _, first = api("GET", f"/history/{main.pk}")
    _, second = api("GET", f"/history/{more.pk}")
    assert first["order"]["id"] == second["order"]["id"]
    assert [part["number"] for part in second["order"]["parts"]] == [main.number, more.number]
    assert main.number in second["attempts"][0]["warnings"][0]
    register = second["attempts"][0]["steps"][-1]
    assert (register["status"], register["output"]["did"]) == ("ok", "joined")
    assert register["output"]["order"] == first["order"]["id"]


def test_the_api_finds_the_order_by_the_number_of_any_part(funnel: Cast) -> None:
    funnel.send(funnel.order(name="#5001")), funnel.send(upsell(funnel, name="#6002"))
    choose(by_operator(funnel.account), Choices(group_minutes=0))
    funnel.send(funnel.order(name="#7003"))
    api = Api(new_api_token(funnel.account, "test"))
    for asked in ("5001", "%236002"):
        _, found = api("GET", f"/orders?q={asked}")
        assert [each["number"] for each in found["items"]] == ["#5001"], asked


def test_both_in_one_batch_are_one_order(funnel: Cast) -> None:
    funnel.post(funnel.order())
    funnel.post(upsell(funnel))
    funnel.post(upsell(funnel))
    funnel.work()
    assert (only_order().total, OrderPart.objects.count()) == (169900, 3)
    assert set(Intake.objects.values_list("status", flat=True)) == {"registered"}


def test_off_by_default_and_only_where_the_builder_splits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.product("Crema", sku="CREMA", price=30000, stock=50)
    monkeypatch.setattr(Shopify, "splits", True)
    cast.send(), cast.send(upsell(cast))
    assert Order.objects.count() == 2
    monkeypatch.undo()
    choose(by_operator(cast.account), Choices(group_minutes=15))
    cast.send(), cast.send(upsell(cast))
    assert (Order.objects.count(), OrderPart.objects.count()) == (4, 0)


def test_another_buyer_another_store_and_another_hour_stay_apart(funnel: Cast) -> None:
    funnel.send()
    stranger = upsell(funnel)
    stranger["shipping_address"]["phone"] = "301 999 8877"
    funnel.send(stranger)
    assert Order.objects.count() == 2
    Intake.objects.update(received_at=datetime.now(UTC) - timedelta(minutes=16))
    funnel.send(upsell(funnel))
    assert (Order.objects.count(), OrderPart.objects.count()) == (3, 0)


def test_an_upsell_by_two_integrations_in_one_batch_leaves_the_main_offer_alone(funnel: Cast) -> None:
    second = connect(funnel.account, "shopify", "Otra vez", STORE, SECRET)
    funnel.send()
    order = upsell(funnel)
    funnel.post(order), funnel.post(order, integration=second)
    funnel.work()
    assert (only_order().total, lines()) == (139900, [("CREMA", 1), ("FAJA-M", 1)])
    assert stock() == {"FAJA-M": 99, "CREMA": 49}


def test_another_account_s_look_alike_is_left_alone(funnel: Cast) -> None:
    other = Cast("Berta")
    other.product("Crema", sku="CREMA", price=30000, stock=50)
    choose(by_operator(other.account), Choices(group_minutes=15))
    funnel.send()
    other.send(upsell(other))
    assert (Order.objects.count(), OrderPart.objects.count()) == (2, 0)


def test_an_upsell_that_fails_joins_once_it_is_mended(funnel: Cast) -> None:
    funnel.send()
    order = upsell(funnel)
    order["line_items"][0] |= {"sku": None, "title": "Sérum"}
    failed = funnel.send(order)
    assert (failed.status, failed.cause) == ("failed", "product_not_linked")
    api = Api(new_api_token(funnel.account, "test"))
    _, unlinked = api("GET", "/store-variants?linked=false")
    items = [{"variant": str(funnel.faja.pk), "quantity": 2}]
    assert api("POST", "/links", {"store_variant": unlinked["items"][0]["id"], "items": items})[0] == 201
    funnel.work()
    failed.refresh_from_db()
    assert failed.status == "registered"
    assert (only_order().total, stock()["FAJA-M"]) == (139900, 97)


def test_the_same_upsell_again_changes_nothing_and_a_new_version_does(funnel: Cast) -> None:
    funnel.send()
    order = upsell(funnel)
    funnel.send(order)
    again = funnel.send(order, "orders/paid")
    assert (again.status, only_order().total, stock()["CREMA"]) == ("registered", 139900, 49)
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    two = order | {"updated_at": later, "total_price": "60000.00", "subtotal_price": "60000.00"}
    two["line_items"] = [order["line_items"][0] | {"quantity": 2, "current_quantity": 2}]
    funnel.send(two, "orders/updated")
    assert (only_order().total, stock()["CREMA"]) == (169900, 48)
    assert lines() == [("CREMA", 2), ("FAJA-M", 1)]
    assert list(Attempt.objects.order_by("id").values_list("status", flat=True)) == ["registered"] * 4


def cancelled(order: dict[str, Any], minutes: int = 1) -> dict[str, Any]:
    later = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    return order | {"updated_at": later, "cancelled_at": later, "cancel_reason": "customer"}


@pytest.mark.parametrize("which", ["main", "upsell"])
def test_a_cancelled_part_leaves_the_order_and_the_rest_goes_on(funnel: Cast, which: str) -> None:
    orders = {"main": funnel.order(), "upsell": upsell(funnel)}
    intakes = {name: funnel.send(order) for name, order in orders.items()}
    gone = funnel.send(cancelled(orders[which]), "orders/cancelled")

    assert (gone.pk, gone.status) == (intakes[which].pk, "cancelled")
    order, rest = only_order(), {"main": 30000, "upsell": 109900}[which]
    assert (order.status, order.total, order.amount_due) == ("open", rest, rest)
    assert stock() == {"FAJA-M": 100 if which == "main" else 99, "CREMA": 49 if which == "main" else 50}
    assert len(lines()) == 1


def test_all_parts_cancelled_cancel_the_order_and_one_comes_back(funnel: Cast) -> None:
    main, more = funnel.order(), upsell(funnel)
    funnel.send(main), funnel.send(more)
    funnel.send(cancelled(main), "orders/cancelled")
    last = funnel.send(cancelled(more), "orders/cancelled")
    assert (last.status, only_order().status, stock()) == ("cancelled", "cancelled", {"FAJA-M": 100, "CREMA": 50})

    later = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    back = funnel.send(main | {"updated_at": later}, "orders/updated")
    assert (back.status, only_order().status, only_order().total) == ("registered", "open", 109900)
    assert (lines(), stock()) == ([("FAJA-M", 1)], {"FAJA-M": 99, "CREMA": 50})


def test_the_main_offer_is_updated_on_its_own(funnel: Cast) -> None:
    main = funnel.order()
    funnel.send(main), funnel.send(upsell(funnel))
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    changed = main | {"updated_at": later, "note": "Portería"}
    funnel.send(changed, "orders/updated")
    order = only_order()
    assert (order.note, order.total, len(lines())) == ("Portería", 139900, 2)


def test_cancelled_and_joined_in_one_batch(funnel: Cast) -> None:
    main = funnel.order()
    funnel.send(main)
    funnel.post(upsell(funnel))
    funnel.post(cancelled(main), "orders/cancelled")
    funnel.work()
    assert (only_order().status, only_order().total, lines()) == ("open", 30000, [("CREMA", 1)])
    assert stock() == {"FAJA-M": 100, "CREMA": 49}


def test_through_a_second_integration_a_part_is_a_duplicate(funnel: Cast) -> None:
    second = connect(funnel.account, "shopify", "Otra vez", STORE, SECRET)
    funnel.send()
    order = upsell(funnel)
    first = funnel.send(order)
    twin = funnel.send(order, integration=second)
    assert (twin.status, twin.first_id) == ("duplicate", first.pk)
    assert (only_order().total, OrderKey.objects.count(), Delivery.objects.count()) == (139900, 2, 3)


def test_two_parts_in_two_workers_are_one_order(funnel: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second worker has to wait for what the first one writes, or neither sees the other's."""
    funnel.post(funnel.order())
    funnel.post(upsell(funnel))
    monkeypatch.setattr(worker, "batch_size", lambda: 1)
    with paused(monkeypatch, pipeline, "record") as (reached, go):
        first = Thread(funnel.work)
        assert reached.wait(20)
        second = Thread(funnel.work)
        time.sleep(0.3)
        go.set()
        first.done()
        second.done()
    assert (Order.objects.count(), only_order().total) == (1, 139900)


def test_a_funnel_of_funnelish(cast: Cast) -> None:
    """As it comes: the main offer, its upsell two minutes later, products known by their names."""
    choose(by_operator(cast.account), Choices(group_minutes=15))
    cream = cast.product("Crema", sku="CREMA", price=30000, stock=50)
    integration = connect(cast.account, "funnelish", "Embudo")
    api = Api(new_api_token(cast.account, "test"))
    buyer = {"event": "purchase", "first_name": "María", "last_name": "Núñez", "phone": "3001234567"}
    buyer |= {"shipping_address": "Calle 10 # 43-21", "shipping_city": "Medellín", "shipping_state": "Antioquia"}
    for id_, name, amount in (("901", "Faja Reductora 🔥", 109900), ("902", "Crema de Noche", 30000)):
        body = buyer | {"id": id_, "products": [{"name": name, "amount": amount}]}
        assert call(integration, json.dumps(body).encode(), {"content-type": "application/json"})[0] == 200
    cast.work()
    for row in api("GET", "/store-variants?linked=false")[1]["items"]:
        variant = cream if "Crema" in row["title"] else cast.faja
        items = [{"variant": str(variant.pk), "quantity": 1}]
        assert api("POST", "/links", {"store_variant": row["id"], "items": items})[0] == 201
    cast.work()
    assert set(Intake.objects.values_list("number", "status")) == {("901", "registered"), ("902", "registered")}
    assert (only_order().total, only_order().number, lines()) == (139900, "901", [("CREMA", 1), ("FAJA-M", 1)])
