"""What is registered, what waits, what is left alone, and who may say otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from comanda.accounts.access import by_operator
from comanda.connectors import CONNECTORS
from comanda.connectors.contract import fixtures
from comanda.diagnosis.why import why
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.orders.models import Order
from tests.cast import Cast
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_versions import lines, transfer, version

LONG_AGO = {"created_at": "2025-01-05T10:00:00-05:00", "updated_at": "2026-11-01T10:00:00-05:00"}
ABANDONED = {"tags": "abandoned_checkout_releasit_cod_form"}


def outcome(intake: Intake) -> tuple[str, str, int]:
    intake.refresh_from_db()
    return intake.status, intake.cause, Order.objects.filter(intake_id=intake.pk).count()


def anyway(api: Api, cast: Cast, intake: Intake) -> tuple[str, str, int]:  # noqa: F811
    status, _ = api("POST", f"/history/{intake.pk}/retry", {"anyway": True})
    assert status == 200
    cast.work()
    return outcome(intake)


def test_an_old_order_that_is_touched_is_left_alone(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(**LONG_AGO), "orders/updated")
    assert outcome(intake) == ("ignored", "old_order", 0)
    later = cast.order(id=int(intake.external_id), **LONG_AGO | {"updated_at": "2026-11-02T10:00:00-05:00"})
    assert outcome(cast.send(later, "orders/fulfilled")) == ("ignored", "old_order", 0)
    assert anyway(api, cast, intake) == ("registered", "", 1)


def test_an_old_order_stays_old_when_its_edit_was_told_first(cast: Cast) -> None:
    """Shopify sends orders/edited and orders/updated for one change, each in its own time."""
    old = cast.order(**LONG_AGO)
    cast.post({"order_edit": {"order_id": old["id"]}}, "orders/edited")
    cast.work()
    assert outcome(cast.send(old, "orders/updated")) == ("ignored", "old_order", 0)


def test_an_old_order_stays_old_when_the_integration_was_off(cast: Cast, api: Api) -> None:  # noqa: F811
    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": False})
    intake = cast.send(cast.order(**LONG_AGO), "orders/updated")
    assert Order.objects.count() == 0
    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": True})
    cast.work()
    assert outcome(intake) == ("ignored", "old_order", 0)
    assert anyway(api, cast, intake) == ("registered", "", 1)


def test_an_old_order_that_is_created_now_registers(cast: Cast) -> None:
    assert outcome(cast.send(cast.order(**LONG_AGO)))[0] == "registered"


def test_an_update_of_an_order_of_this_morning_registers(cast: Cast) -> None:
    at = (datetime.now(UTC) - timedelta(hours=20)).isoformat()
    assert outcome(cast.send(cast.order(created_at=at), "orders/updated"))[0] == "registered"


def test_an_abandoned_form_is_left_alone_and_registers_anyway(cast: Cast, api: Api) -> None:  # noqa: F811
    form = cast.order(**ABANDONED)
    intake = cast.send(form)
    assert outcome(intake) == ("ignored", "draft_order", 0)
    assert anyway(api, cast, intake) == ("registered", "", 1)
    again = cast.send(version(form, 1, line_items=lines(cast, 2)), "orders/updated")
    assert (outcome(again), Order.objects.get().lines.get().quantity) == (("registered", "", 1), 2)


def test_anyway_waives_no_more_than_it_may(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(**ABANDONED, line_items=lines(cast, sku=None, variant_id=9)))
    assert anyway(api, cast, intake) == ("failed", "product_not_linked", 0)


def test_a_test_order_is_never_registered(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(test=True))
    assert outcome(intake) == ("ignored", "test_order", 0)
    assert anyway(api, cast, intake) == ("ignored", "test_order", 0)


def test_a_draft_order_of_the_shop_is_told_of(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send({"id": 5, "name": "#D1", "line_items": []}, "draft_orders/create")
    assert outcome(intake) == ("ignored", "draft_order", 0)
    assert anyway(api, cast, intake) == ("ignored", "draft_order", 0)


def test_another_builders_order_is_recognised(cast: Cast, api: Api) -> None:  # noqa: F811
    body = fixtures(CONNECTORS["woocommerce"])["order.json"]
    for raw in (body, b"\xef\xbb\xbf" + body):
        intake = cast.send(raw)
        assert outcome(intake) == ("failed", "wrong_builder", 0)
        assert "WooCommerce" in api("GET", f"/history/{intake.pk}")[1]["message"]


def test_what_comes_while_off_is_held_and_found(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.send(cast.order(name="#1"))
    assert api("PATCH", f"/integrations/{cast.shop.pk}", {"active": False})[1]["active"] is False
    order = cast.order(name="#1042")
    assert cast.post(order)[1]["status"] == "held"
    assert cast.post(version(order, 1, line_items=lines(cast, 2)), "orders/updated")[1]["status"] == "held"
    cast.work()
    assert cast.work() == 0
    intake = Intake.objects.get(number="#1042")
    assert outcome(intake) == ("held", "integration_off", 0)
    _, history = api("GET", "/history?status=held&q=maria")
    assert [item["number"] for item in history["items"]] == ["#1042"]
    _, why = api("GET", "/why?q=1042")
    assert (why["verdict"], "Tienda Uno" in why["message"]) == ("held", True)

    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": True})
    cast.work()
    assert outcome(intake) == ("registered", "", 1)
    assert Order.objects.get(number="#1042").lines.get().quantity == 2
    assert (Order.objects.count(), Delivery.objects.exclude(state="done").count()) == (2, 0)


def test_what_is_cancelled_while_off_stays_cancelled(cast: Cast, api: Api) -> None:  # noqa: F811
    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": False})
    order = cast.order()
    cast.send(order)
    intake = cast.send(version(order, 1, cancelled_at="2026-11-01T10:00:00Z"), "orders/cancelled")
    assert outcome(intake) == ("cancelled", "order_cancelled", 0)
    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": True})
    cast.work()
    assert outcome(intake) == ("cancelled", "order_cancelled", 0)


def test_what_was_taken_before_the_bin_waits(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.post(cast.order())
    assert api("DELETE", f"/integrations/{cast.shop.pk}")[0] == 204
    cast.work()
    assert outcome(Intake.objects.get()) == ("held", "integration_off", 0)
    assert cast.post(cast.order())[0] == 410
    _, refusals = api("GET", "/refusals")
    assert [(item["reason"], item["count"]) for item in refusals["items"]] == [("integration_binned", 1)]


@pytest.mark.parametrize("resent", ["before", "after", "never"])
def test_a_mended_secret_processes_what_was_quarantined(cast: Cast, api: Api, resent: str) -> None:  # noqa: F811
    order, same = cast.order(), {"x-shopify-event-id": "the-same"}
    assert cast.post(order, secret="nueva", headers=same)[0] == 401
    if resent == "before":
        assert cast.post(order, secret="nueva", headers=same)[0] == 401
    assert (cast.work(), Intake.objects.count(), Delivery.objects.filter(verified=True).count()) == (0, 0, 0)
    assert api("GET", "/why?q=1042")[1]["verdict"] == "not_seen"
    assert "quarantined" in [each["kind"] for each in api("GET", "/why?q=1042")[1]["evidence"]]

    status, changed = api("PATCH", f"/integrations/{cast.shop.pk}", {"secret": "nueva"})
    assert (status, changed["verified"]) == (200, 1)
    if resent == "after":
        assert cast.post(order, secret="nueva", headers=same)[1]["status"] == "duplicate"
    cast.work()
    assert outcome(Intake.objects.get()) == ("registered", "", 1)
    assert (Attempt.objects.count(), Delivery.objects.filter(state="quarantined").count()) == (1, 0)
    assert cast.post(cast.order())[0] == 200  # the older secret counts too


def test_a_secret_that_does_not_fit_leaves_it_quarantined(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.post(cast.order(), secret="nueva")
    assert api("PATCH", f"/integrations/{cast.shop.pk}", {"secret": "otra"})[1]["verified"] == 0
    assert (cast.work(), Delivery.objects.get().state) == (0, "quarantined")


def test_a_discarded_order_stays_so(cast: Cast, api: Api) -> None:  # noqa: F811
    order = transfer(cast)
    intake = cast.send(order)
    assert api("POST", f"/history/{intake.pk}/ignore")[1]["status"] == "ignored"
    cast.work()
    assert outcome(intake) == ("ignored", "discarded", 0)
    assert outcome(cast.send(version(order, 1, financial_status="paid"), "orders/paid")) == ("ignored", "discarded", 0)
    assert api("POST", f"/history/{intake.pk}/retry", {})[0] == 200
    cast.work()
    assert outcome(intake) == ("ignored", "discarded", 0)
    assert anyway(api, cast, intake) == ("registered", "", 1)
    assert api("POST", f"/history/{intake.pk}/ignore")[0] == 409


def wrong_phone(cast: Cast, phone: str = "12", **changes: Any) -> dict[str, Any]:
    order = cast.order(**changes)
    order["shipping_address"]["phone"] = phone
    return order


def test_a_correction_that_no_longer_fits_goes_to_review(cast: Cast, api: Api) -> None:  # noqa: F811
    order = wrong_phone(cast, line_items=lines(cast, sku=None, variant_id=9))
    intake = cast.send(order)
    api("PATCH", f"/history/{intake.pk}/corrections", {"phone": "3001234567"})
    cast.work()
    assert outcome(intake) == ("failed", "product_not_linked", 0)
    changed = wrong_phone(cast, "34", id=order["id"], line_items=order["line_items"])
    assert outcome(cast.send(version(changed, 1), "orders/updated")) == ("review", "correction_outdated", 0)
    _, shown = api("GET", f"/history/{intake.pk}")
    assert shown["corrections"][0] | {"created_at": "", "author": ""} == {
        "field": "phone", "old": "12", "new": "3001234567", "created_at": "", "author": "",
    }  # fmt: skip
    api("PATCH", f"/history/{intake.pk}/corrections", {"phone": "3007654321"})
    cast.work()
    assert outcome(intake) == ("failed", "product_not_linked", 0)


def test_a_correction_goes_on_to_apply(cast: Cast, api: Api) -> None:  # noqa: F811
    order = wrong_phone(cast)
    intake = cast.send(order)
    api("PATCH", f"/history/{intake.pk}/corrections", {"phone": "3001234567"})
    cast.work()
    updated = cast.send(version(order, 1, line_items=lines(cast, 2)), "orders/updated")
    assert outcome(updated) == ("registered", "", 1)
    assert '"+573001234567"' in Order.objects.get().customer


@pytest.mark.parametrize("value", ["3" * 500, "x" * 500, "  ", "ñ", "💥", "{}", "{title}"])
@pytest.mark.parametrize("field", ["name", "email", "phone", "city", "country", "address1", "postcode", "note"])
def test_a_correction_may_be_anything(cast: Cast, api: Api, field: str, value: str) -> None:  # noqa: F811
    intake = cast.send(wrong_phone(cast))
    status, _ = api("PATCH", f"/history/{intake.pk}/corrections", {field: value})
    assert status in (200, 400)
    cast.work()
    assert outcome(intake)[0] in ("failed", "registered")
    assert outcome(intake)[1] != "internal_error"
    assert api("GET", f"/history/{intake.pk}")[0] == 200


def test_mark_as_paid_registers_what_waited(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(transfer(cast))
    assert api("PATCH", f"/history/{intake.pk}/corrections", {"payment": "prepaid"})[0] == 200
    cast.work()
    assert (outcome(intake), Order.objects.get().amount_due) == (("registered", "", 1), 0)


def counted(api: Api, retry: dict[str, Any]) -> tuple[int, ...]:  # noqa: F811
    _, now = api("GET", f"/retries/{retry['id']}")
    counts = tuple(now[name] for name in ("requested", "pending", "registered", "failed", "other"))
    assert counts[0] == sum(counts[1:])
    return counts


def test_the_counts_of_a_retry_add_up_whatever_becomes_of_it(cast: Cast, api: Api) -> None:  # noqa: F811
    def blocked(**changes: Any) -> dict[str, Any]:
        return cast.order(line_items=lines(cast, sku="NUEVO", variant_id=9), **changes)

    registering = [cast.send(blocked()) for _ in range(2)]
    failing = cast.send(wrong_phone(cast))
    waiting, discarded, cancelled, updated = cast.send(transfer(cast)), cast.send(blocked()), blocked(), cast.order()
    cast.send(cancelled)
    cast.send(updated)
    cast.send(version(updated, 1, line_items=lines(cast, sku=None, variant_id=10)), "orders/updated")
    cast.send(cast.order())  # registered: not asked again
    cast.send(cast.order(test=True))
    cast.product("Nuevo", sku="NUEVO")

    _, retry = api("POST", "/retries", {"filter": {}})
    assert counted(api, retry) == (7, 7, 0, 0, 0)
    assert api("POST", f"/history/{discarded.pk}/ignore")[0] == 200
    cast.post(version(cancelled, 2, cancelled_at="2026-11-01T10:00:00Z"), "orders/cancelled")
    _, second = api("POST", "/retries", {"filter": {"cause": "phone_invalid"}})
    cast.work()
    # registered: two, and the order whose update has a problem; other: unpaid, discarded, cancelled
    assert counted(api, retry) == (7, 0, 3, 1, 3)
    assert counted(api, second)[1] == 0
    assert [outcome(intake)[0] for intake in registering] == ["registered"] * 2
    assert (outcome(failing)[0], outcome(waiting)[0], outcome(discarded)[0]) == ("failed", "unpaid", "ignored")
    assert not Intake.objects.filter(status="pending").exists()


def test_problems_name_all_that_is_to_be_mended_at_once(cast: Cast) -> None:
    order = wrong_phone(cast, line_items=[*lines(cast, sku=None, variant_id=9), *lines(cast, quantity=0)])
    order["shipping_address"]["city"] = ""
    intake = cast.send(order)
    codes = list(Problem.objects.filter(intake=intake).order_by("id").values_list("code", flat=True))
    assert set(codes) == {"phone_invalid", "city_missing", "quantity_invalid", "product_not_linked"}
    assert intake.cause == codes[0]


def test_an_order_that_cannot_be_read_whole_is_found_by_its_number(cast: Cast) -> None:
    """And the version that can be read takes its place."""
    body = cast.order(name="#777")
    broken = cast.send(body | {"total_price": "abc"})
    assert (broken.status, broken.cause, broken.number) == ("failed", "order_unreadable", "#777")
    assert why(by_operator(cast.account), "777").verdict == "failed"
    mended = cast.send(body, "orders/updated")
    assert (mended.pk, mended.status) == (broken.pk, "registered")
    again = cast.send(body | {"total_price": "abc"}, "orders/updated")
    assert (again.pk, again.status, again.cause) == (broken.pk, "registered", "update_problem")
