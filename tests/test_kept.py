"""What is registered stays as it is: a link that is changed afterwards decides for orders to come, not for those that are
packed already and are only told to be paid, or sent."""

from typing import Any

import pytest

from comanda.history.models import Problem
from comanda.orders.models import Order
from tests.cast import Cast
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_versions import lines, stock, version

PAID = {"financial_status": "paid", "total_outstanding": "0.00"}


def link(api: Api, items: list[dict[str, Any]]) -> str:  # noqa: F811
    row = next(each for each in api("GET", "/store-variants")[1]["items"] if each["variant_id"] == "9")
    return str(api("POST", "/links", {"store_variant": row["id"], "items": items})[1]["id"])


@pytest.fixture
def order(cast: Cast, api: Api) -> dict[str, Any]:  # noqa: F811
    """Registered: two packs of three."""
    body = cast.order(line_items=lines(cast, 2, sku="", variant_id=9))
    cast.send(body)
    link(api, [{"variant": str(cast.faja.pk), "quantity": 3}])
    cast.work()
    assert (Order.objects.get().status, stock(cast)) == ("open", 94)
    return body


@pytest.mark.parametrize("change", ["linked anew", "unlinked", "switched off", "ignored"])
def test_a_registered_order_ships_what_it_was_registered_with(
    cast: Cast,
    api: Api,  # noqa: F811
    order: dict[str, Any],
    change: str,
) -> None:
    blue = cast.product("Faja Azul", stock=10)
    if change == "linked anew":
        link(api, [{"variant": str(blue.pk), "quantity": 1}])
    elif change == "ignored":
        row = api("GET", "/store-variants")[1]["items"][0]
        api("POST", "/links", {"store_variant": row["id"], "ignore": True})
    elif change == "unlinked":
        api("DELETE", f"/links/{link(api, [{'variant': str(blue.pk)}])}")
    else:
        api("PATCH", f"/variants/{cast.faja.pk}", {"active": False})
    intake = cast.send(version(order, 5, **PAID), "orders/paid")
    registered = Order.objects.get()
    assert (intake.status, intake.cause, registered.amount_due, Problem.objects.count()) == ("registered", "", 0, 0)
    assert registered.lines.values_list("variant_id", "quantity").get() == (cast.faja.pk, 6)
    blue.refresh_from_db()
    assert (stock(cast), blue.stock) == (94, 10)


def test_the_next_order_and_a_new_product_of_the_same_go_by_the_new_link(cast: Cast, api: Api, order: Any) -> None:  # noqa: F811
    blue = cast.product("Faja Azul", sku="AZUL", stock=10)
    link(api, [{"variant": str(blue.pk), "quantity": 1}])
    more = [*lines(cast, 2, sku="", variant_id=9), *lines(cast, sku="AZUL", variant_id=10)]
    cast.send(version(order, 5, line_items=more), "orders/updated")
    assert set(Order.objects.get().lines.values_list("variant_id", "quantity")) == {(cast.faja.pk, 6), (blue.pk, 1)}
    cast.send(cast.order(line_items=lines(cast, 1, sku="", variant_id=9)))
    blue.refresh_from_db()
    assert (stock(cast), blue.stock) == (94, 8)


def test_what_a_person_chose_and_took_back_goes_by_the_link(cast: Cast, api: Api, order: Any) -> None:  # noqa: F811
    intake, blue = Order.objects.get().intake_id, cast.product("Faja Azul", stock=10)
    known = f"{order['line_items'][0]['title']} / M (v:9)"
    for value, variant, pieces in ((str(blue.pk), blue.pk, 2), (known, cast.faja.pk, 6)):
        status, said = api("PATCH", f"/history/{intake}/corrections", {"line:0": value})
        assert status == 200, said
        cast.work()
        assert Order.objects.get().lines.values_list("variant_id", "quantity").get() == (variant, pieces)
