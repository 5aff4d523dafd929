"""Which store an order is of: spelt in many ways, pinned, named late, another's."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from comanda.accounts.access import by_operator
from comanda.catalogue.link import Part, link
from comanda.catalogue.models import StoreVariant
from comanda.history.models import Intake
from comanda.inbox.retention import prune
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order, OrderKey
from tests.cast import SECRET, STORE, Cast, call, command
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_rules import outcome
from tests.test_versions import lines, version


def test_another_stores_order_is_not_taken(cast: Cast, api: Api) -> None:  # noqa: F811
    order = cast.order()
    intake = cast.send(order, store="otra-tienda.myshopify.com")
    assert outcome(intake) == ("failed", "wrong_store", 0)
    _, shown = api("GET", f"/history/{intake.pk}")
    assert "otra-tienda.myshopify.com" in shown["message"]
    assert outcome(cast.send(order)) == ("registered", "", 1)  # the same id in the right store is another order
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": "otra-tienda"})
    cast.work()
    assert outcome(intake)[0] == "registered"
    assert Order.objects.count() == 2


def test_another_stores_order_that_cannot_be_read_says_nothing_of_ours(cast: Cast, api: Api) -> None:  # noqa: F811
    order = cast.order()
    ours = cast.send(order)
    theirs = cast.send(version(order, 5, total_price="abc"), "orders/updated", store="otra-tienda.myshopify.com")
    assert (outcome(ours), outcome(theirs)) == (("registered", "", 1), ("failed", "wrong_store", 0))
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": "otra-tienda"})
    cast.work()
    assert (outcome(ours), outcome(theirs)) == (("registered", "", 1), ("failed", "order_unreadable", 0))


@pytest.mark.parametrize(
    "spelling", ["https://TIENDA-UNO.myshopify.com/", "www.tienda-uno.myshopify.com", "tienda-uno"]
)
def test_one_store_however_it_is_spelt(cast: Cast, spelling: str) -> None:
    assert outcome(cast.send(store=spelling)) == ("registered", "", 1)


def test_the_first_delivery_says_which_store_it_is(cast: Cast) -> None:
    loose = connect(cast.account, "shopify", "Sin tienda", "", SECRET)
    assert cast.post(cast.order(), integration=loose, secret="wrong", store="intruso.myshopify.com")[0] == 401
    loose.refresh_from_db()
    assert loose.store_key == ""
    assert outcome(cast.send(integration=loose, store="Tienda-Dos.myshopify.com")) == ("registered", "", 1)
    loose.refresh_from_db()
    assert loose.store_key == "tienda-dos.myshopify.com"
    assert outcome(cast.send(integration=loose))[1] == "wrong_store"


def test_the_address_bar_of_the_builder_names_the_store(cast: Cast, api: Api) -> None:  # noqa: F811
    bar = "https://admin.shopify.com/store/mi-tiendita/orders"
    made = api("POST", "/integrations", {"platform": "shopify", "name": "Otra", "store": bar})[1]
    assert made["store"] == "mi-tiendita.myshopify.com"
    command("integration", "store", str(cast.shop.pk), bar)
    cast.shop.refresh_from_db()
    assert cast.shop.store_key == "mi-tiendita.myshopify.com"


@pytest.mark.parametrize("store", ["www.mitienda.com", "tienda@correo.com", "mi tienda bonita", "https://[tienda"])
def test_what_can_be_no_store_is_refused_with_where_to_find_it(cast: Cast, api: Api, store: str) -> None:  # noqa: F811
    changed = {"name": "Nuevo", "store": store}
    for answer in (
        api("POST", "/integrations", {"platform": "shopify", **changed}),
        api("PATCH", f"/integrations/{cast.shop.pk}", changed),
    ):
        assert answer[0] == 400, answer
        assert (answer[1]["error"]["code"], answer[1]["error"]["facts"]) == ("invalid", {"field": "store"})
        assert ".myshopify.com" in answer[1]["error"]["message"]
    add = ("integration", "add", "shopify", "--account", "Ana", "--name", "Otra", "--store", store, "--json")
    for arguments in (add, ("integration", "store", str(cast.shop.pk), store, "--json")):
        assert ".myshopify.com" in json.loads(command(*arguments, code=1))["error"]["message"]
    row = Integration.objects.get()
    assert (row.name, row.store_key) == ("Tienda Uno", STORE)


def test_a_store_that_a_delivery_named_stays_whatever_it_is_called(cast: Cast, api: Api) -> None:  # noqa: F811
    loose = connect(cast.account, "shopify", "Sin tienda", "", SECRET)
    cast.post(cast.order(), integration=loose, store="pedidos.ejemplo.co")
    loose.refresh_from_db()
    answer = api("PATCH", f"/integrations/{loose.pk}", {"name": "Nuevo", "store": loose.store_key})
    assert (answer[0], answer[1]["store"], answer[1]["name"]) == (200, "pedidos.ejemplo.co", "Nuevo")


NAMELESS = {"x-shopify-shop-domain": ""}


@pytest.mark.parametrize("store", ["tienda-uno", ""])
def test_a_store_that_is_named_late_keeps_its_orders_and_links(cast: Cast, api: Api, store: str) -> None:  # noqa: F811
    loose = connect(cast.account, "shopify", "Sin nombre", "", SECRET)
    order = cast.order(line_items=lines(cast, sku="", variant_id=9))
    cast.post(order, integration=loose, headers=NAMELESS)
    cast.work()
    (unlinked,) = api("GET", "/store-variants")[1]["items"]
    assert unlinked["integration"] == str(loose.pk)
    items = [{"variant": str(cast.faja.pk), "quantity": 1}]
    api("POST", "/links", {"store_variant": unlinked["id"], "items": items})
    cast.work()
    assert Order.objects.count() == 1

    assert api("PATCH", f"/integrations/{loose.pk}", {"store": store})[0] == 200
    cast.post(
        version(order, 1, line_items=lines(cast, 2, sku="", variant_id=9)), "orders/updated", loose, headers=NAMELESS
    )
    cast.post(cast.order(line_items=lines(cast, sku="", variant_id=9)), "orders/create", loose, headers=NAMELESS)
    cast.work()
    assert sorted(Order.objects.values_list("lines__quantity", flat=True)) == [1, 2]
    assert (OrderKey.objects.count(), len(api("GET", "/store-variants")[1]["items"])) == (2, 1)


def test_one_order_number_in_two_accounts_is_two_orders(cast: Cast) -> None:
    other = Cast("Berta")
    order = cast.order()
    assert outcome(cast.send(order)) == ("registered", "", 1)
    assert outcome(other.send(order)) == ("registered", "", 1)
    assert (Order.objects.count(), OrderKey.objects.count()) == (2, 2)


def test_two_nameless_integrations_are_two_stores(cast: Cast) -> None:
    """A builder that gives no store: only a shared `store` makes them one."""
    order = cast.order()
    for name in ("Uno", "Dos"):
        loose = connect(cast.account, "shopify", name, "", SECRET)
        cast.post(order, integration=loose, headers=NAMELESS)
        cast.work()
    assert Order.objects.count() == 2


def test_a_newer_version_that_only_the_second_integration_brings_is_not_forgotten(cast: Cast) -> None:
    """It is a duplicate, and what keeps it from being applied is named; mending that applies it."""
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    body = cast.order()
    cast.send(body)
    later = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    lines = [*body["line_items"], cast.line(variant_id=9, sku=None, title="Masajeador")]
    again = cast.send(body | {"updated_at": later, "line_items": lines}, "orders/updated", integration=second)
    assert (again.status, again.cause) == ("duplicate", "duplicate_order")
    assert sorted(again.problem_rows.values_list("code", flat=True)) == ["duplicate_order", "product_not_linked"]

    while prune(datetime.now(UTC) + timedelta(days=1000)):
        pass
    variant = cast.product("Masajeador 4D", stock=5)
    _, count = link(by_operator(cast.account), StoreVariant.objects.get(variant_id="9"), [Part(variant)])
    cast.work()
    assert count == 1
    assert Order.objects.get().lines.count() == 2
    again.refresh_from_db()
    assert (again.status, list(again.problem_rows.values_list("code", flat=True))) == ("duplicate", ["duplicate_order"])


def test_a_store_that_cannot_build_an_order_is_quoted(cast: Cast) -> None:
    shop = connect(cast.account, "woocommerce", "Woo", "", SECRET)
    raw = json.dumps({"code": "woocommerce_rest_cannot_view", "message": "No puedes ver esto", "data": {}}).encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), raw, hashlib.sha256)).decode()
    headers = {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-signature": signature}
    assert call(shop, raw, headers)[0] == 200
    cast.work()
    intake = Intake.objects.get()
    assert (intake.status, intake.cause) == ("review", "store_unauthorized")
    assert json.loads(intake.problem_rows.get().facts)["said"] == "No puedes ver esto"


def test_the_same_id_after_the_store_was_changed_waits_for_a_person(cast: Cast, api: Api) -> None:  # noqa: F811
    """It may be the same order under a new domain, or another shop's: neither shipped twice nor put over the first."""
    body = cast.order()
    first = cast.send(body)
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": "otra-tienda"})
    again = cast.send(body, "orders/updated", store="otra-tienda.myshopify.com")
    assert (again.status, again.cause) == ("review", "possible_duplicate")
    first.refresh_from_db()
    assert (first.status, Order.objects.get().intake_id) == ("registered", first.pk)
    assert api("POST", f"/history/{again.pk}/retry", {"anyway": True})[0] == 200
    cast.work()
    again.refresh_from_db()
    assert (again.status, Order.objects.count()) == ("registered", 2)


@pytest.mark.parametrize("together", [True, False])
def test_what_a_person_corrected_holds_whichever_integration_tells_the_next_version(
    cast: Cast,
    api: Api,  # noqa: F811
    together: bool,
) -> None:
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    blue = cast.product("Faja Azul", sku="AZUL", stock=10)
    body = cast.order()
    first, twin = cast.send(body), cast.send(body, integration=second)
    api("PATCH", f"/history/{first.pk}/corrections", {"address1": "Carrera 80 # 1-2", "line:0": str(blue.pk)})
    cast.work()
    for minutes, integration in ((5, cast.shop), (5, second), (6, second), (6, cast.shop)):
        told = version(body, minutes, note=f"a las {minutes}")
        cast.post(told, "orders/updated", integration)
        if not together:
            cast.work()
            order = Order.objects.get()
            assert ("Carrera 80" in order.shipping_address, order.lines.get().variant_id) == (True, blue.pk)
    cast.work()
    order = Order.objects.get()
    assert ("Carrera 80" in order.shipping_address, order.lines.get().variant_id) == (True, blue.pk)
    assert (order.note, outcome(first)[0], outcome(twin)[0]) == ("a las 6", "registered", "duplicate")
    blue.refresh_from_db(), cast.faja.refresh_from_db()
    assert (blue.stock, cast.faja.stock) == (9, 100)


def test_a_correction_of_what_the_other_integration_sends_otherwise_waits_for_a_person(cast: Cast, api: Api) -> None:  # noqa: F811
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    body = cast.order()
    first = cast.send(body)
    api("PATCH", f"/history/{first.pk}/corrections", {"address1": "Carrera 80 # 1-2"})
    cast.work()
    place = body["shipping_address"] | {"address1": "Avenida 33 # 74-5"}
    twin = cast.send(version(body, 5, shipping_address=place), "orders/updated", integration=second)
    assert "Carrera 80" in Order.objects.get().shipping_address
    assert {each.code for each in twin.problem_rows.all()} == {"duplicate_order", "correction_outdated"}


@pytest.mark.parametrize("seen", [True, False])
def test_what_a_person_discarded_is_not_registered_by_another_integration(cast: Cast, api: Api, seen: bool) -> None:  # noqa: F811
    """Until somebody says otherwise, of whichever of the two."""
    second = connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    body = cast.order(line_items=lines(cast, sku="", variant_id=9))
    first = cast.send(body)
    twin = cast.send(body, integration=second) if seen else None
    assert api("POST", f"/history/{first.pk}/ignore")[0] == 200
    cast.work()
    (row,) = api("GET", "/store-variants?linked=false")[1]["items"]
    api("POST", "/links", {"store_variant": row["id"], "items": [{"variant": str(cast.faja.pk)}]})
    cast.work()
    twin = twin or cast.send(body, integration=second)
    assert (outcome(first), outcome(twin)) == (("ignored", "discarded", 0), ("ignored", "discarded", 0))
    api("POST", f"/history/{twin.pk}/retry", {"anyway": True})
    cast.work()
    assert (outcome(twin), Order.objects.get().intake_id) == (("registered", "", 1), twin.pk)
    assert outcome(cast.send(version(body, 5), "orders/updated"))[0] == "duplicate"


@pytest.mark.parametrize("unreadable", [True, False])
def test_a_word_about_the_same_id_of_the_new_store_says_nothing_of_the_old_ones(
    cast: Cast,
    api: Api,  # noqa: F811
    unreadable: bool,
) -> None:
    body = cast.order()
    ours = cast.send(body)
    api("PATCH", f"/integrations/{cast.shop.pk}", {"store": "otra-tienda"})
    told = (body | {"total_price": "abc"}, "orders/updated") if unreadable else ({"id": body["id"]}, "orders/delete")
    theirs = cast.send(*told, store="otra-tienda.myshopify.com")
    assert (outcome(ours), Order.objects.get().status) == (("registered", "", 1), "open")
    assert outcome(theirs) == (("failed", "order_unreadable", 0) if unreadable else ("cancelled", "order_cancelled", 0))
