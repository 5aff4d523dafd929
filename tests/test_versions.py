"""An order is told many times, in any order, through any integration: one order, its newest version, nothing forgotten."""

import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.orders.models import Order
from tests.cast import SECRET, STORE, Cast
from tests.test_api import Api, api  # noqa: F401 (a fixture)

Message = tuple[dict[str, Any], str]


def version(order: dict[str, Any], minutes: int, **changes: Any) -> dict[str, Any]:
    """The order as it is so many minutes later."""
    at = datetime.fromisoformat(order["created_at"]) + timedelta(minutes=minutes)
    return order | {"updated_at": at.isoformat()} | changes


def lines(cast: Cast, quantity: int = 1, **changes: Any) -> list[dict[str, Any]]:
    return [cast.line(quantity=quantity, current_quantity=quantity, **changes)]


def transfer(cast: Cast, **changes: Any) -> dict[str, Any]:
    return cast.order(payment_gateway_names=["Bank Deposit"], tags="", financial_status="pending", **changes)


def stock(cast: Cast) -> int | None:
    cast.faja.refresh_from_db()
    return cast.faja.stock


def one_by_one(cast: Cast, messages: list[Message]) -> None:
    for body, topic in messages:
        assert cast.post(body, topic)[0] == 200
        cast.work()


def at_once(cast: Cast, messages: list[Message]) -> None:
    for body, topic in messages:
        assert cast.post(body, topic)[0] == 200
    cast.work()


in_both_ways = pytest.mark.parametrize("play", [one_by_one, at_once])
Play = Callable[[Cast, list[Message]], None]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"financial_status": "paid", "payment_gateway_names": ["Wompi"], "tags": ""}, "registered"),
        ({"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]}, "registered"),
        ({"financial_status": "pending", "payment_gateway_names": ["Bank Deposit"], "tags": ""}, "unpaid"),
        ({"financial_status": "pending", "payment_gateway_names": [], "tags": ""}, "unpaid"),
        ({"financial_status": "authorized", "payment_gateway_names": ["Wompi"], "tags": ""}, "unpaid"),
        ({"financial_status": "voided"}, "unpaid"),
        ({"financial_status": None, "payment_gateway_names": None, "tags": None}, "unpaid"),
        ({"financial_status": "refunded"}, "cancelled"),
    ],
)
def test_only_what_is_paid_or_collected_registers(cast: Cast, changes: dict[str, Any], status: str) -> None:
    intake = cast.send(cast.order(**changes))
    assert intake.status == status
    assert Order.objects.count() == (status == "registered")
    assert stock(cast) == 100 - (status == "registered")


@in_both_ways
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_created_paid_and_updated_in_any_order(cast: Cast, play: Play, order: tuple[int, ...]) -> None:
    created = transfer(cast)
    messages = [
        (created, "orders/create"),
        (version(created, 1, financial_status="paid"), "orders/paid"),
        (version(created, 2, financial_status="paid", line_items=lines(cast, 3)), "orders/updated"),
    ]
    play(cast, [messages[n] for n in order])

    intake, registered = Intake.objects.get(), Order.objects.get()
    assert (intake.status, intake.cause, intake.attempts) == ("registered", "", 3)
    assert (registered.payment, registered.amount_due, registered.lines.get().quantity) == ("prepaid", 0, 3)
    assert registered.version == datetime.fromisoformat(messages[2][0]["updated_at"])
    assert (stock(cast), Problem.objects.count()) == (97, 0)
    assert sorted(Attempt.objects.values_list("number", flat=True)) == [1, 2, 3]
    newest = Delivery.objects.get(pk=intake.delivery_id)
    assert json.loads(bytes(newest.body))["updated_at"] == messages[2][0]["updated_at"]


def test_the_paid_event_registers_what_waited(cast: Cast) -> None:
    created = transfer(cast)
    waiting = cast.send(created)
    assert (waiting.status, waiting.cause) == ("unpaid", "payment_pending")
    paid = cast.send(version(created, 1, financial_status="paid"), "orders/paid")
    assert (paid.pk, paid.status, paid.cause) == (waiting.pk, "registered", "")
    assert (Order.objects.get().payment, Intake.objects.count(), Problem.objects.count()) == ("prepaid", 1, 0)


def test_the_paid_event_of_the_same_second_registers_too(cast: Cast) -> None:
    created = transfer(cast)
    cast.send(created)
    assert cast.send(created | {"financial_status": "paid"}, "orders/paid").status == "registered"


def test_an_older_version_is_recorded_and_ignored(cast: Cast) -> None:
    created = cast.order()
    cast.send(version(created, 5, line_items=lines(cast, 2), note="nueva"), "orders/updated")
    late = version(created, 3, line_items=lines(cast, 7), note="vieja")
    cast.post(late, "orders/updated")
    cast.work()
    intake, order = Intake.objects.get(), Order.objects.get()
    assert (intake.status, intake.attempts, order.note, stock(cast)) == ("registered", 2, "nueva", 98)
    assert Attempt.objects.get(number=2).status == "superseded"
    assert not Delivery.objects.exclude(state="done").exists()


def cancelled(order: dict[str, Any], minutes: int) -> Message:
    at = version(order, minutes)["updated_at"]
    return version(order, minutes, cancelled_at=at, cancel_reason="customer"), "orders/cancelled"


@in_both_ways
@pytest.mark.parametrize("turned", [False, True])
def test_a_cancellation_before_the_registration(cast: Cast, play: Play, turned: bool) -> None:
    """The order waits for its payment, or it has not even come: its create tells an older version later."""
    created = transfer(cast)
    messages: list[Message] = [(created, "orders/create"), cancelled(created, 5)]
    play(cast, messages[::-1] if turned else messages)
    intake = Intake.objects.get()
    assert (intake.status, intake.cause, Order.objects.count(), stock(cast)) == ("cancelled", "order_cancelled", 0, 100)
    cast.post(version(created, 2, financial_status="paid"), "orders/paid")
    cast.work()
    assert (Intake.objects.get().status, Order.objects.count()) == ("cancelled", 0)


def test_a_cancellation_after_the_registration(cast: Cast) -> None:
    created = cast.order(line_items=lines(cast, 4))
    cast.send(created)
    assert stock(cast) == 96
    for _ in range(2):  # once more changes nothing
        intake = cast.send(*cancelled(created, 5))
        order = Order.objects.get()
        assert (intake.status, intake.cause, order.status, stock(cast)) == (
            "cancelled",
            "order_cancelled",
            "cancelled",
            100,
        )
        assert order.lines.get().quantity == 4


@in_both_ways
def test_a_cancelled_order_is_not_brought_back_by_what_is_older(cast: Cast, play: Play) -> None:
    created = cast.order()
    cast.send(created)
    play(cast, [cancelled(created, 5), (version(created, 4, line_items=lines(cast, 9)), "orders/updated")])
    assert (Order.objects.get().status, Intake.objects.get().status, stock(cast)) == ("cancelled", "cancelled", 100)


def test_the_same_again_changes_nothing(cast: Cast) -> None:
    created = cast.order()
    cast.send(created)
    before = Order.objects.values().get()
    for minutes in (0, 5):
        cast.post(version(created, minutes), "orders/updated")
        cast.work()
    assert Order.objects.values().get() | {"version": None} == before | {"version": None}
    assert (stock(cast), Intake.objects.get().attempts) == (99, 3)


@in_both_ways
@pytest.mark.parametrize("registered", [True, False])
def test_an_edit_is_recorded_on_the_order_it_names(cast: Cast, play: Play, registered: bool) -> None:
    created = cast.order() if registered else transfer(cast)
    edited = {"order_edit": {"id": 1, "order_id": created["id"], "line_items": {"additions": [], "removals": []}}}
    play(cast, [(created, "orders/create"), (edited, "orders/edited")])
    intake = Intake.objects.get()
    assert (intake.status, intake.attempts) == ("registered" if registered else "unpaid", 2)
    assert json.loads(bytes(Delivery.objects.get(pk=intake.delivery_id).body))["id"] == created["id"]
    assert Problem.objects.count() == (not registered)


def test_edits_and_deletions_of_unknown_orders_do_not_fail(cast: Cast, api: Api) -> None:  # noqa: F811
    edited = cast.send({"order_edit": {"order_id": 77}}, "orders/edited")
    deleted = cast.send({"id": 78}, "orders/delete")
    assert (edited.external_id, edited.status, deleted.external_id, deleted.status) == (
        "77",
        "ignored",
        "78",
        "cancelled",
    )
    for intake in (edited, deleted):
        status, shown = api("GET", f"/history/{intake.pk}")
        assert (status, bool(shown["message"])) == (200, True)


def test_a_deletion_before_the_registration_cancels(cast: Cast) -> None:
    created = transfer(cast)
    cast.send(created)
    cast.post({"id": created["id"]}, "orders/delete")
    cast.work()
    intake = Intake.objects.get()
    assert (intake.status, intake.cause, Order.objects.count()) == ("cancelled", "order_cancelled", 0)


def test_a_deletion_after_the_registration_leaves_the_order(cast: Cast) -> None:
    """Merchants tidy their shop up; what is already shipped is not called back by that."""
    created = cast.order()
    cast.send(created)
    cast.post({"id": created["id"]}, "orders/delete")
    cast.work()
    intake = Intake.objects.get()
    assert (intake.status, intake.attempts, Order.objects.get().status, stock(cast)) == ("registered", 2, "open", 99)


@pytest.mark.parametrize(("topic", "said"), [("orders/edited", "order_edit"), ("orders/delete", "id")])
def test_what_was_only_told_of_does_not_wait_for_ever(cast: Cast, api: Api, topic: str, said: str) -> None:  # noqa: F811
    """A retry of an intake that no whole order has come for ends too."""
    intake = cast.send({"id": 77, "order_edit": {"order_id": 77}}, topic)
    before = intake.status
    _, retry = api("POST", f"/history/{intake.pk}/retry", {"anyway": True})
    cast.work()
    intake.refresh_from_db()
    assert intake.status == before
    assert api("GET", f"/retries/{retry['id']}")[1] | {"id": ""} == {
        "id": "", "requested": 1, "pending": 0, "registered": 0, "failed": 0, "other": 1,
    }  # fmt: skip


def test_edited_quantities_move_the_stock_by_the_difference(cast: Cast) -> None:
    other = cast.product("Tónico", sku="TON", stock=10)
    created = cast.order(line_items=lines(cast, 5))
    cast.send(created)
    for minutes, faja, tonic in ((1, 2, 3), (2, 6, 0), (3, 1, 1)):
        items = lines(cast, faja) + (lines(cast, tonic, sku="TON", variant_id=8, product_id=8) if tonic else [])
        cast.send(version(created, minutes, line_items=items), "orders/updated")
        other.refresh_from_db()
        assert (stock(cast), other.stock) == (100 - faja, 10 - tonic)
        assert sorted(Order.objects.get().lines.values_list("quantity", flat=True)) == sorted(
            filter(None, [faja, tonic])
        )


def test_an_update_that_cannot_be_applied_keeps_what_is_registered(cast: Cast, api: Api) -> None:  # noqa: F811
    created = cast.order()
    first = cast.send(created)
    extra = cast.line(sku=None, variant_id=99, title="Masajeador Cervical", quantity=2, current_quantity=2)
    updated = version(created, 1, line_items=[*created["line_items"], extra], note="y dos masajeadores")
    updated["total_price"] = "129900.00"
    intake = cast.send(updated, "orders/updated")
    assert (intake.pk, intake.status, intake.cause) == (first.pk, "registered", "update_problem")
    assert set(Problem.objects.values_list("code", flat=True)) == {"update_problem", "product_not_linked"}
    order = Order.objects.get()
    assert (order.note, order.lines.count(), stock(cast)) == ("", 1, 99)
    assert (len(json.loads(intake.lines)), intake.total) == (1, 109900)  # as registered, not as it may become
    _, shown = api("GET", f"/history/{intake.pk}")
    assert "Masajeador Cervical" in " ".join(problem["message"] for problem in shown["problems"])
    assert [attempt["status"] for attempt in shown["attempts"]] == ["registered", "failed"]

    massager = cast.product("Masajeador", sku="MAS", stock=10)
    _, unlinked = api("GET", "/store-variants?linked=false")
    (wanted,) = [row for row in unlinked["items"] if row["blocked"]]
    status, linked = api(
        "POST", "/links", {"store_variant": wanted["id"], "items": [{"variant": str(massager.pk), "quantity": 1}]}
    )
    assert (status, linked["reprocessed"]) == (201, 1)
    cast.work()
    intake.refresh_from_db()
    order.refresh_from_db()
    massager.refresh_from_db()
    assert (intake.status, intake.cause, Problem.objects.count()) == ("registered", "", 0)
    assert (len(json.loads(intake.lines)), intake.total) == (2, 129900)
    assert list(Attempt.objects.order_by("number").values_list("status", flat=True))[-1] == "registered"
    assert (order.note, order.lines.count(), stock(cast), massager.stock) == ("y dos masajeadores", 2, 99, 8)


@in_both_ways
@pytest.mark.parametrize("pays", [True, False])
def test_a_version_that_cannot_be_read_is_told_of_and_waits(cast: Cast, play: Play, pays: bool) -> None:
    created = cast.order() if pays else transfer(cast)
    unreadable = version(created, 1, total_price="abc", line_items=lines(cast, 3))
    play(cast, [(created, "orders/create"), (unreadable, "orders/updated")])
    intake, problems = Intake.objects.get(), set(Problem.objects.values_list("code", flat=True))
    if pays:
        assert (intake.status, intake.cause, stock(cast)) == ("registered", "update_problem", 99)
        assert problems == {"update_problem", "order_unreadable"}
    else:
        assert (intake.status, intake.cause, problems) == ("failed", "order_unreadable", {"order_unreadable"})
    assert (intake.customer_name, intake.total, intake.attempts) == ("María José Núñez", 109900, 2)
    assert json.loads(bytes(Delivery.objects.get(pk=intake.delivery_id).body))["total_price"] == "abc"
    again = cast.send(version(created, 2, financial_status="paid", line_items=lines(cast, 3)), "orders/updated")
    assert (again.status, again.cause, stock(cast), Problem.objects.count()) == ("registered", "", 97, 0)


def test_a_cancellation_of_an_order_with_an_update_that_waits(cast: Cast) -> None:
    created = cast.order()
    cast.send(created)
    cast.send(version(created, 1, line_items=lines(cast, sku=None, variant_id=99)), "orders/updated")
    intake = cast.send(*cancelled(created, 2))
    assert (intake.status, intake.cause, stock(cast)) == ("cancelled", "order_cancelled", 100)
    assert set(Problem.objects.values_list("code", flat=True)) <= {"order_cancelled"}


@pytest.mark.parametrize("together", [True, False])
def test_through_a_second_integration_it_is_a_duplicate(cast: Cast, together: bool) -> None:
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    created = cast.order()
    cast.post(created)
    if not together:
        cast.work()
    cast.post(created, integration=second)
    cast.work()
    first, again = Intake.objects.get(integration=cast.shop), Intake.objects.get(integration=second)
    assert (first.status, again.status, again.cause) == ("registered", "duplicate", "duplicate_order")
    assert (again.first_id, Order.objects.get().intake_id, stock(cast)) == (first.pk, first.pk, 99)


def test_a_cancellation_through_the_second_integration_counts(cast: Cast) -> None:
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    created = cast.order()
    cast.send(created)
    cast.send(created, integration=second)
    body, topic = cancelled(created, 3)
    again = cast.send(body, topic, integration=second)
    first = Intake.objects.get(integration=cast.shop)
    assert (first.status, first.cause, again.status) == ("cancelled", "order_cancelled", "cancelled")
    assert (Order.objects.get().status, stock(cast), Order.objects.count()) == ("cancelled", 100, 1)


def test_a_cancellation_through_the_second_counts_before_the_first_has_brought_it(cast: Cast) -> None:
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    created = cast.order()
    body, topic = cancelled(created, 3)
    cast.send(body, topic, integration=second)
    assert (cast.send(created).status, Order.objects.count()) == ("cancelled", 0)


def test_a_newer_version_through_the_second_integration_applies(cast: Cast) -> None:
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    created = cast.order()
    cast.send(created)
    again = cast.send(version(created, 3, line_items=lines(cast, 2)), "orders/updated", integration=second)
    assert (again.status, Order.objects.get().lines.get().quantity, stock(cast)) == ("duplicate", 2, 98)
    cast.post(version(created, 1, line_items=lines(cast, 8)), "orders/updated")
    cast.work()
    assert (Order.objects.get().lines.get().quantity, stock(cast)) == (2, 98)
    assert Intake.objects.get(integration=cast.shop).status == "registered"
