"""What the matter is with an integration is said where it is listed, and to the operator."""

import json
import re
from decimal import Decimal

import pytest

from comanda.accounts.access import by_operator, new_api_token
from comanda.diagnosis.why import why
from comanda.history.models import Intake
from comanda.integrations.connect import connect
from comanda.integrations.health import warnings
from comanda.integrations.models import Integration
from comanda.integrations.pulse import pulses
from comanda.orders.models import Order
from tests.cast import SECRET, Cast, call, command
from tests.installation import Installation, until
from tests.test_api import Api
from tests.test_web import hrefs, page, person

MAPPING = {"order": {"external_id": "folio"}, "lines": "items", "line": {"title": "nombre", "quantity": "cant"}}
JSON = {"content-type": "application/json"}


def test_a_tool_that_changes_its_shape_is_told_until_the_mapping_is_mended(cast: Cast) -> None:
    api = Api(new_api_token(cast.account, "test"))
    tool = connect(cast.account, "mastertools", "Mi herramienta")
    assert api("PUT", f"/integrations/{tool.pk}/mapping", MAPPING)[0] == 200
    for folio in ("A-1", "A-2"):
        body = {"folio": folio, "items": [{"nombre": "Faja", "cantidad": 1}]}
        assert call(tool, json.dumps(body).encode(), JSON)[1]["status"] == "accepted"
    cast.work()

    (item,) = [each for each in api("GET", "/integrations")[1]["items"] if each["id"] == str(tool.pk)]
    assert item["warnings"] == ["2 orders cannot be read (lines[0].quantity)"]
    listed = json.loads(command("integration", "list", "--account", "Ana", "--json"))
    assert listed["items"][-1]["warnings"] == item["warnings"]
    checks = json.loads(command("doctor", "--json", code=1))["checks"]
    assert "2 (lines[0].quantity)" in next(each["detail"] for each in checks if each["check"] == "readable")

    mended = MAPPING | {"line": {"title": "nombre", "quantity": "cantidad"}}
    assert api("PUT", f"/integrations/{tool.pk}/mapping", mended)[1]["reprocessed"] == 2
    cast.work()
    assert all(not each["warnings"] for each in api("GET", "/integrations")[1]["items"])
    checks = json.loads(command("doctor", "--json", code=1))["checks"]
    assert [each["check"] for each in checks if not each["ok"]] == ["worker"]  # of which this test has none


def test_without_a_worker_nothing_is_well_once_there_is_something_to_do(installation: Installation) -> None:
    assert installation.run("doctor")["checks"][1]["detail"].endswith("to apply: run `comanda migrate`")
    installation.run("migrate")
    assert installation.run("doctor")["ok"]  # nothing has been connected yet
    hook = installation.hook("tienda-sin-nadie")
    said = installation.run("doctor")
    (wrong,) = [each for each in said["checks"] if not each["ok"]]
    assert not said["ok"] and wrong["check"] == "worker" and wrong["detail"].startswith("none is running")
    with installation.serving():
        until(lambda: installation.run("doctor")["ok"], 10, f"the worker of {hook}")


def test_a_currency_is_not_cut_to_another(cast: Cast) -> None:
    api = Api(new_api_token(cast.account, "test"))
    tool = connect(cast.account, "shoptool", "Mi tienda")
    order = {
        "external_id": "1",
        "payment": "cod",
        "lines": [{"title": "Faja", "sku": "FAJA-M", "quantity": 1, "unit_price": 89900}],
    }
    call(tool, json.dumps(order | {"currency": "pesos", "total": 89900}).encode(), JSON)
    cast.work()
    (item,) = api("GET", "/history?cause=currency_unexpected")[1]["items"]
    told = api("GET", f"/history/{item['id']}")[1]["problems"]
    assert "El pedido está en PESOS y tu negocio trabaja en COP." in [each["message"] for each in told]
    assert item["currency"] == ""
    refused = ("account", "create", "Berta", "--email", "b@example.com", "--password", "x" * 12, "--currency", "QQQ")
    assert "ISO 4217" in command(*refused, "--json", code=1)


def test_orders_that_are_not_read_are_led_to(cast: Cast) -> None:
    cast.send(cast.order(total_price="abc"))
    cast.send(cast.order(shipping_address=None))
    ana = person(cast)
    html = page(ana, "/configuraciones/integraciones/shopify/")
    (there,) = set(hrefs(html, "Ver los pedidos"))
    rows = page(ana, there.replace("&amp;", "&")).partition('id="rows"')[2]
    assert rows.count('<tr id="row-') == 1


def test_orders_that_wait_for_a_mapping_are_told(cast: Cast) -> None:
    tool = connect(cast.account, "shoptool", "Mi tienda")
    call(tool, b'{"folio": "A-1"}', JSON)
    cast.work()
    listed = json.loads(command("integration", "list", "--account", "Ana", "--json"))
    words = f"1 order waiting for a mapping of its fields: comanda integration map {tool.pk}"
    assert listed["items"][-1]["warnings"] == [words]


def test_an_order_that_waits_for_its_mapping_is_found_by_its_number(cast: Cast) -> None:
    tool = connect(cast.account, "mastertools", "Mi herramienta")
    call(tool, json.dumps({"folio": "A-1042", "cliente": {"nombre": "María"}, "items": []}).encode(), JSON)
    cast.work()
    said = json.loads(command("why", "A-1042", "--account", "Ana", "--json"))
    assert said["verdict"] == "held" and "guardado" in said["message"], said


def test_amounts_as_people_write_them(cast: Cast) -> None:
    tool = connect(cast.account, "shoptool", "Mi tienda")
    line = {"title": "Faja Reductora", "sku": "FAJA-M", "quantity": 2, "unit_price": "$ 89.900"}
    order = {"external_id": "1", "payment": "cod", "lines": [line], "shipping": "12.000,50", "total": "191,800.50"}
    order |= {"name": "María", "phone": "3001234567", "address1": "Calle 10 # 43-21", "city": "Medellín"}
    call(tool, json.dumps(order).encode(), JSON)
    cast.work()
    (found,) = Order.objects.values_list("subtotal", "shipping", "total")
    assert found == (179800, Decimal("12000.50"), Decimal("191800.50"))


def test_a_secret_that_is_not_asked_for_is_told(cast: Cast) -> None:
    api = Api(new_api_token(cast.account, "test"))
    tool = connect(cast.account, "custom", "Mi tienda", secret="clave")
    api("PATCH", f"/integrations/{tool.pk}", {"verification": {"kind": "none"}})
    (item,) = [each for each in api("GET", "/integrations")[1]["items"] if each["id"] == str(tool.pk)]
    assert item["warnings"] == [f"its secret is not asked for: comanda integration verify {tool.pk} hmac"]
    changed = {"name": "Otro", "store": "otra", "verification": {"kind": "rsa"}}
    assert api("PATCH", f"/integrations/{tool.pk}", changed)[0] == 400
    tool.refresh_from_db()
    assert (tool.name, tool.store_key) == ("Mi tienda", "")  # refused as a whole


def test_a_missing_secret_and_a_wrong_one_are_told(cast: Cast) -> None:
    """Nothing of these deliveries is in the history: whoever lists the integrations must see that they are there."""
    added = json.loads(command("integration", "add", "jumpseller", "--account", "Ana", "--name", "Mi Jump", "--json"))
    assert added["warnings"] == [f"it has no secret yet, so that nothing can be verified: {add(added['id'])}"]
    store = Integration.objects.get(pk=added["id"])
    assert call(store, b'{"order": {"id": 1}}', JSON | {"jumpseller-hmac-sha256": "x"})[0] == 401
    command("integration", "secret", added["id"], "--secret", "otra")
    assert warnings(store) == [f"1 delivery that no secret verifies: {add(added['id'])}"]
    assert warnings(store, "es") == ["1 entrega no se pudo verificar con la clave. Corrígela."]


def test_a_tool_that_must_sign_needs_a_secret(cast: Cast) -> None:
    tool = connect(cast.account, "mastertools", "Mi herramienta")
    assert not warnings(tool) and not warnings(connect(cast.account, "funnelish", "Embudo"))
    assert "no secret yet" in command("integration", "verify", str(tool.pk), "token", "--header", "X-Api-Key")
    assert "no secret yet" not in command("integration", "verify", str(tool.pk), "none")


def add(id_: str) -> str:
    return f"comanda integration secret {id_} --secret -"


def test_nothing_to_collect_at_the_door_is_not_shipped(cast: Cast) -> None:
    """What a mapping without a price would make of every order."""
    tool = connect(cast.account, "shoptool", "Mi tienda")
    line = {"title": "Faja Reductora", "sku": "FAJA-M", "quantity": 1, "unit_price": 0}
    order = {"external_id": "1", "payment": "cod", "lines": [line], "name": "María", "phone": "3001234567"}
    order |= {"address1": "Calle 10 # 43-21", "city": "Medellín"}
    for id_, payment in (("1", "cod"), ("2", "prepaid")):  # a gift that is paid may be free
        call(tool, json.dumps(order | {"external_id": id_, "payment": payment}).encode(), JSON)
    cast.work()
    found = dict(Intake.objects.values_list("external_id", "cause"))
    assert found == {"1": "price_invalid", "2": ""}


GOOD, FORGED, UNSIGNED = "good", "forged", "unsigned"


def arrive(cast: Cast, kinds: list[str]) -> None:
    for kind in kinds:
        headers = {"x-shopify-hmac-sha256": ""} if kind == UNSIGNED else None
        cast.post(cast.order(), secret=SECRET if kind == GOOD else "otra", headers=headers)


@pytest.mark.parametrize(
    ("kinds", "wrong"),
    [
        ([UNSIGNED], True),  # nothing of the store has verified yet
        ([FORGED], True),
        ([UNSIGNED, *[GOOD] * 4], False),
        ([FORGED, *[GOOD] * 4], False),
        ([GOOD, GOOD, UNSIGNED], False),  # somebody else's
        ([GOOD, GOOD, FORGED], True),  # the store may have another secret by now
        ([GOOD, GOOD, UNSIGNED, UNSIGNED, UNSIGNED], True),  # it no longer signs
        ([GOOD, UNSIGNED] * 4 + [GOOD], False),
        ([GOOD, FORGED] * 4 + [GOOD], True),  # two secrets, one of them unknown here
    ],
)
def test_a_secret_is_wrong_where_the_store_s_own_deliveries_do_not_verify(
    cast: Cast, kinds: list[str], wrong: bool
) -> None:
    arrive(cast, kinds)
    ana, row = person(cast), cast.shop
    assert bool(warnings(row)) == wrong
    (listed,) = pulses(by_operator(cast.account))
    assert (listed.state == "quarantined", bool(listed.refused)) == (wrong, wrong)
    inicio = page(ana, "/")
    assert ("Clave errada" in inicio, "no coincide con la firma" in inicio) == (wrong, wrong)
    assert ("verificar con la clave" in page(ana, "/configuraciones/integraciones/shopify/")) == wrong
    refused = page(ana, "/rechazos/")
    assert ("Corregir la clave" in refused, "la clave está bien" in refused) == (wrong, not wrong)
    evidence = {each["kind"] for each in why(by_operator(cast.account), "nadie").evidence}
    assert evidence & {"quarantined", "unproved"} == ({"quarantined"} if wrong else {"unproved"})


def test_a_test_order_of_ours_proves_nothing_of_the_secret(cast: Cast) -> None:
    arrive(cast, [UNSIGNED])
    person(cast).post(f"/configuraciones/integracion/{cast.shop.pk}/probar/")
    assert warnings(cast.shop)


def test_what_is_not_signed_is_not_said_to_be_signed_wrongly(cast: Cast) -> None:
    arrive(cast, [UNSIGNED, FORGED, FORGED])
    html = page(person(cast), "/rechazos/")
    assert re.search(r"1 envío</b>\s*<span>Falta de firma", html)
    assert re.search(r"2 envíos</b>\s*<span>Firma que no coincide", html)
