"""What runs again stays the intake that it is, whatever its order is called by now: nothing waits for ever, and nothing is
registered that a person was to decide about."""

from typing import Any

import pytest

from comanda.history.models import Intake
from comanda.integrations.connect import connect
from comanda.orders.models import Order
from tests.cast import SECRET, Cast
from tests.custom_tool import MAPPING, Tool, foreign
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_stores import NAMELESS
from tests.test_versions import lines, version

OTHER = "otra-tienda"


def unlinked(cast: Cast) -> list[dict[str, Any]]:
    return lines(cast, sku="", variant_id=9)


def again(cast: Cast, api: Api, intake: Intake, **how: Any) -> tuple[str, str]:  # noqa: F811
    """Retry it; the retry ends, and says what became of it."""
    _, retry = api("POST", f"/history/{intake.pk}/retry", how)
    cast.work()
    intake.refresh_from_db()
    assert api("GET", f"/retries/{retry['id']}")[1]["pending"] == 0
    return intake.status, intake.cause


def test_an_order_of_before_the_store_was_changed_says_whose_it_is(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(line_items=unlinked(cast)))
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": OTHER})
    assert again(cast, api, intake) == ("failed", "wrong_store")
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": "tienda-uno"})
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, intake.cause, Intake.objects.count()) == ("failed", "product_not_linked", 1)


@pytest.mark.parametrize("store", ["tienda-uno", ""])
def test_an_order_that_names_no_store_is_of_the_one_that_it_came_for(cast: Cast, api: Api, store: str) -> None:  # noqa: F811
    loose = connect(cast.account, "shopify", "Sin nombre", store, SECRET)
    cast.post(cast.order(line_items=unlinked(cast)), integration=loose, headers=NAMELESS)
    cast.work()
    intake = Intake.objects.get()
    api("PATCH", f"/integrations/{loose.pk}", {"store": OTHER})
    assert again(cast, api, intake) == ("failed", "product_not_linked")
    (row,) = api("GET", "/store-variants?linked=false")[1]["items"]
    api("POST", "/links", {"store_variant": row["id"], "items": [{"variant": str(cast.faja.pk)}]})
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, Intake.objects.count(), Order.objects.count()) == ("registered", 1, 1)


def test_what_is_registered_is_corrected_whatever_store_it_is_of_now(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send()
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": OTHER})
    api("PATCH", f"/history/{intake.pk}/corrections", {"address1": "Carrera 80 # 1-2"})
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, intake.cause, Intake.objects.count()) == ("registered", "", 1)
    assert "Carrera 80" in Order.objects.get().shipping_address


def test_a_retry_alone_does_not_decide_for_a_person(cast: Cast, api: Api) -> None:  # noqa: F811
    body = cast.order()
    cast.send(body)
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": OTHER})
    twin = cast.send(body, "orders/updated", store=f"{OTHER}.myshopify.com")
    for _ in range(2):
        assert again(cast, api, twin) == ("review", "possible_duplicate")
    assert again(cast, api, twin, anyway=True) == ("registered", "")
    assert (Order.objects.count(), Intake.objects.count()) == (2, 2)


def mapped(**order: str) -> dict[str, Any]:
    """MAPPING with other expressions; an empty one leaves the field out."""
    return MAPPING | {"order": {k: v for k, v in (MAPPING["order"] | order).items() if v}}


@pytest.mark.parametrize("phone", ["", "cliente.celular"])
def test_an_order_whose_id_is_mapped_anew_stays_the_same(cast: Cast, phone: str) -> None:
    """One that is registered is not registered once more, one that waits takes its new name."""
    tool = Tool(cast)
    tool.map(mapped(phone=phone))
    body = foreign(ref="R-77")
    intake = tool.send(body)
    assert (intake.status, intake.external_id) == ("registered" if phone else "failed", str(body["folio"]))
    tool.map(mapped(external_id="ref"))
    tool.api("PATCH", f"/history/{intake.pk}/corrections", {"note": "Timbre 3"})
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, Intake.objects.count(), Order.objects.get().note) == ("registered", 1, "Timbre 3")
    assert intake.external_id == (str(body["folio"]) if phone else "R-77")


def test_two_orders_that_a_mapping_gives_one_id_are_told_apart(cast: Cast) -> None:
    tool = Tool(cast)
    tool.map(mapped(phone=""))
    first, second = tool.send(foreign(ref="R-1")), tool.send(foreign(ref="R-1"))
    tool.map(mapped(external_id="ref"))
    cast.work()
    assert tool.statuses() == ["duplicate", "registered"]
    assert Intake.objects.filter(pk__in=[first.pk, second.pk]).count() == Intake.objects.count()


@pytest.mark.parametrize("registered", [True, False])
def test_an_order_that_can_no_longer_be_read_says_so(cast: Cast, registered: bool) -> None:
    tool = Tool(cast)
    tool.map(mapped(**({} if registered else {"phone": ""})))
    intake = tool.send(foreign())
    tool.map(mapped(external_id="nada", total="cliente"))
    tool.api("PATCH", f"/history/{intake.pk}/corrections", {"note": "Timbre 3"})
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, intake.cause) == (
        ("registered", "update_problem") if registered else ("failed", "order_unreadable")
    )
    tool.map(mapped())
    cast.work()
    intake.refresh_from_db()
    assert (intake.status, intake.cause, Intake.objects.count()) == ("registered", "", 1)


@pytest.mark.parametrize("waived", [True, False])
def test_what_a_person_has_let_through_is_not_asked_about_again(cast: Cast, api: Api, waived: bool) -> None:  # noqa: F811
    body = cast.order()
    cast.send(body)
    if waived:
        api("PATCH", f"/integrations/{cast.shop.pk}", {"store": OTHER})
    twin = cast.send(body, "orders/updated", store=f"{OTHER}.myshopify.com")
    if waived:
        again(cast, api, twin, anyway=True)
        Intake.objects.update(waived=[])
    else:
        api("PATCH", f"/integrations/{cast.shop.pk}", {"store": OTHER})
        cast.work()
    cast.send(version(body, 5, line_items=lines(cast, 3)), "orders/updated", store=f"{OTHER}.myshopify.com")
    api("PATCH", f"/history/{twin.pk}/corrections", {"note": "Timbre 3"})
    cast.work()
    twin.refresh_from_db()
    assert (twin.status, twin.cause, Intake.objects.count()) == ("registered", "", 2)
    assert Order.objects.get(intake_id=twin.pk).lines.get().quantity == 3
