"""The way of an order, from the signed webhook to the registered order or the explained failure."""

import json

from comanda.history.models import Attempt, Problem
from comanda.inbox.models import Delivery
from comanda.orders.models import Order
from tests.cast import Cast


def test_a_signed_order_is_registered(cast: Cast) -> None:
    intake = cast.send()

    order = Order.objects.get()
    assert intake.status == "registered"
    assert order.intake_id == intake.id
    assert json.loads(order.customer)["phone"] == "+573001234567"
    assert json.loads(order.shipping_address)["city"] == "Medellín"
    line = order.lines.get()
    assert (line.variant, line.quantity, line.linked_by) == (cast.faja, 1, "sku")
    trace = json.loads(Attempt.objects.get().trace)
    assert [(step["step"], step["status"]) for step in trace["steps"]] == [
        (step, "ok") for step in ("receive", "read", "check", "match", "register")
    ]
    assert Delivery.objects.get().state == "done"
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 99


def test_a_product_without_link_is_named(cast: Cast) -> None:
    intake = cast.send(
        cast.order(line_items=[cast.line(sku=None, title="Masajeador Cervical"), cast.line(variant_id=70012, sku="")])
    )

    assert (intake.status, intake.cause) == ("failed", "product_not_linked")
    assert not Order.objects.exists()
    assert [json.loads(problem.facts)["title"] for problem in Problem.objects.order_by("id")] == [
        "Masajeador Cervical",
        "Faja Reductora",
    ]
