"""A merchant's own tool, from its first order: held until it is mapped, then read; mapped anew when it changes."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations.models import Integration, Mapping
from comanda.orders.models import Order, OrderLine
from tests.cast import Cast, command
from tests.custom_tool import FORM, MAPPING, Tool, facts, foreign, own

BUILDERS = ["custom", "mastertools", "shoptool"]


@pytest.fixture
def tool(cast: Cast) -> Tool:
    return Tool(cast)


@pytest.mark.parametrize("builder", BUILDERS)
def test_comandas_own_format_needs_no_mapping(cast: Cast, builder: str) -> None:
    intake = Tool(cast, builder).send(own(external_id="P-1", number="#7"))
    assert (intake.status, intake.external_id, intake.number) == ("registered", "P-1", "#7")
    order = Order.objects.get()
    assert (order.key.platform, order.key.external_id, order.payment) == (builder, "P-1", "cod")
    line = OrderLine.objects.get()
    assert (line.sku, line.quantity, line.unit_price) == ("FAJA-M", 1, 109900)
    cast.faja.refresh_from_db()
    assert cast.faja.stock == 99


@pytest.mark.parametrize("builder", BUILDERS)
def test_what_is_not_mapped_is_held_shown_and_read_once_it_is(cast: Cast, builder: str) -> None:
    tool = Tool(cast, builder)
    intakes = [tool.send(foreign()) for _ in range(3)]
    assert {(each.status, each.cause) for each in intakes} == {("held", "unmapped")}
    assert Order.objects.count() == 0
    _, shown = tool.api("GET", f"/history/{intakes[0].pk}")
    (problem,) = shown["problems"]
    assert (problem["code"], problem["action"], shown["status"]) == ("unmapped", "map", "held")
    read = shown["attempts"][0]["steps"][2]
    assert (read["step"], read["input"]["pago"], read["action"]) == ("read", "Contra entrega", "map")

    status, answer = tool.put(MAPPING)
    assert (status, answer["version"], answer["reprocessed"]) == (200, 1, 3)
    assert cast.work() == 3
    assert tool.statuses() == ["registered"] * 3
    assert Order.objects.count() == OrderLine.objects.count() == 3
    assert not Problem.objects.exists()
    assert sorted(Attempt.objects.values_list("number", "status")) == [(1, "held")] * 3 + [(2, "registered")] * 3


def test_versions_of_one_order_that_waited_are_one_order(tool: Tool) -> None:
    """Each stood in the history by itself, for nobody could tell that they are the same."""
    order = foreign()
    for name in ("Ana", "Berta", "Carla"):
        tool.send(order | {"cliente": order["cliente"] | {"nombre": name}})
    assert tool.statuses() == ["held"] * 3
    tool.map()
    tool.cast.work()
    assert tool.statuses() == ["duplicate", "duplicate", "registered"]
    (registered,) = Order.objects.all()
    assert json.loads(registered.customer)["name"] == "Carla Núñez"
    first = Intake.objects.get(status="registered")
    assert (first.external_id, first.attempts) == (str(order["folio"]), 2)
    assert {each.first_id for each in Intake.objects.filter(status="duplicate")} == {first.pk}
    tool.send(order | {"cliente": order["cliente"] | {"nombre": "Diana"}})
    assert json.loads(Order.objects.get().customer)["name"] == "Diana Núñez"
    assert len(tool.statuses()) == 3


def test_the_same_body_again_is_a_duplicate(tool: Tool) -> None:
    order = own()
    first, again = tool.post(order)[1], tool.post(order)[1]
    assert (first["status"], again["status"], again["delivery"]) == ("accepted", "duplicate", first["delivery"])
    changed = tool.send(order | {"note": "Llamar antes"})
    assert (changed.status, Order.objects.get().note, Delivery.objects.count()) == ("registered", "Llamar antes", 2)


def test_an_order_of_another_builder_waits_and_is_named(tool: Tool) -> None:
    intake = tool.send(tool.cast.order())
    assert (intake.status, intake.cause, facts(intake)) == ("held", "unmapped", {"looks_like": "Shopify"})
    _, shown = tool.api("GET", f"/history/{intake.pk}")
    assert "Shopify" in shown["problems"][0]["message"]


def test_one_that_is_off_holds_what_is_mapped_too(tool: Tool) -> None:
    tool.send(foreign())
    assert tool.api("PATCH", tool.path, {"active": False})[0] == 200
    tool.map()
    tool.cast.work()
    assert list(Intake.objects.values_list("status", "cause")) == [("held", "integration_off")]
    assert tool.api("PATCH", tool.path, {"active": True})[0] == 200
    tool.cast.work()
    assert list(Intake.objects.values_list("status", "cause")) == [("registered", "")]


def test_a_preview_shows_every_field(tool: Tool) -> None:
    """Its expression, its value and its type, or the problem; those of a line on the first line."""
    mapping = MAPPING | {"order": MAPPING["order"] | {"note": "cliente", "email": "abs(pago)"}}
    status, answer = tool.preview(mapping=mapping, sample=foreign(folio=77))
    assert (status, answer["ready"], answer["lines"]) == (200, False, 1)
    fields = {each["field"]: each for each in answer["fields"]}
    assert fields["order.external_id"] == {
        "field": "order.external_id", "expression": "folio", "value": 77, "type": "number", "problem": "",
    }  # fmt: skip
    assert (fields["order.name"]["value"], fields["order.name"]["type"]) == ("María José Núñez", "text")
    assert fields["order.note"]["problem"] == "gives an object where a text or a number is due"
    assert fields["order.email"]["problem"] == "abs() is given string instead of number"
    assert (fields["lines"]["value"], fields["lines"]["type"]) == ("1", "list")
    assert (fields["line.title"]["value"], fields["line.variant_id"]["expression"]) == ("Faja Reductora", "")
    assert [each["field"] for each in answer["problems"]] == ["note"]
    assert tool.row.mapping is None and not Delivery.objects.exists()

    status, answer = tool.preview(mapping=MAPPING, sample=foreign(folio=77))
    assert (answer["ready"], answer["problems"], answer["order"]["external_id"]) == (True, [], "77")
    assert answer["order"]["totals"]["total"] == "109900"


def test_a_preview_proposes_from_what_came(tool: Tool) -> None:
    tool.send(foreign())
    status, answer = tool.preview()
    assert (status, answer["ready"]) == (200, True)
    assert answer["mapping"]["order"]["external_id"] == "folio"
    assert tool.put(answer["mapping"])[1]["reprocessed"] == 1
    tool.cast.work()
    assert tool.statuses() == ["registered"]


def test_a_preview_takes_a_delivery_a_text_or_the_newest(tool: Tool) -> None:
    first = tool.post(foreign(folio=1))[1]["delivery"]
    tool.post(foreign(folio=2))
    for given, expected in [({"delivery": first}, "1"), ({}, "2"), ({"sample": json.dumps(foreign(folio=3))}, "3")]:
        status, answer = tool.preview(mapping=MAPPING, **given)
        assert (status, answer["order"]["external_id"]) == (200, expected)


def test_a_preview_without_anything_says_so(tool: Tool) -> None:
    status, answer = tool.preview(mapping=MAPPING)
    assert (status, answer["error"]["code"]) == (409, "no_sample")
    shopify = tool.api("POST", f"/integrations/{tool.cast.shop.pk}/mapping/preview", {})
    assert (shopify[0], shopify[1]["error"]["code"]) == (409, "not_mappable")
    shopify = tool.api("PUT", f"/integrations/{tool.cast.shop.pk}/mapping", MAPPING)
    assert (shopify[0], shopify[1]["error"]["code"]) == (409, "not_mappable")


def test_a_mapping_is_tried_on_what_came_before_it_is_switched_on(tool: Tool) -> None:
    for order in (foreign(folio=1), own(external_id="P-1"), foreign(folio=2, total="mucho")):
        tool.post(order)
    _, answer = tool.preview(mapping=MAPPING, sample=foreign(), last=50)
    assert [(each["number"], each["total"], each["path"]) for each in answer["tried"]] == [
        ("", "", "total"), ("", "", "name"), ("1", "109900", ""),
    ]  # fmt: skip
    assert "mucho" in answer["tried"][0]["reason"]
    assert len(tool.preview(mapping=MAPPING, sample=foreign(), last=2)[1]["tried"]) == 2
    assert Integration.objects.get(pk=tool.row.pk).mapping is None
    assert not Attempt.objects.exists()


def test_every_version_is_kept(tool: Tool) -> None:
    other = MAPPING | {"order": MAPPING["order"] | {"number": "folio"}}
    assert [tool.put(each)[1]["version"] for each in (MAPPING, other)] == [1, 2]
    _, shown = tool.api("GET", f"{tool.path}/mapping")
    assert (shown["mapping"], shown["version"]) == (other, 2)
    assert [(each["version"], each["mapping"]) for each in shown["versions"]] == [(2, other), (1, MAPPING)]
    assert {each["author"].split()[-1] for each in shown["versions"]} == {"custom"}
    assert tool.api("PUT", f"{tool.path}/mapping", shown["versions"][1]["mapping"])[1]["version"] == 3
    assert list(Mapping.objects.values_list("version", flat=True).order_by("version")) == [1, 2, 3]
    assert tool.api("GET", tool.path.rpartition("/")[0])[1]["items"][0]["mapping_version"] == 3


def test_without_its_mapping_comandas_own_format_is_read_again(tool: Tool) -> None:
    tool.map()
    intake = tool.send(own(external_id="P-1"))
    assert (intake.status, intake.cause, facts(intake)["path"]) == ("failed", "order_unreadable", "name")
    status, answer = tool.api("DELETE", f"{tool.path}/mapping")
    assert (status, answer) == (200, {"mapping": None, "version": 2, "reprocessed": 1})
    tool.cast.work()
    assert tool.statuses() == ["registered"]
    assert tool.put(MAPPING)[1]["version"] == 3


def test_a_body_that_changes_shape_is_explained_and_read_once_the_mapping_is_mended(tool: Tool) -> None:
    tool.map()
    assert tool.send(foreign()).status == "registered"
    changed = foreign()
    changed["productos"] = [{"nombre": "Faja Reductora", "codigo": "FAJA-M", "cantidad": 1, "valor": "109900"}]
    intakes = [tool.send(changed), tool.send(changed | {"folio": 9})]
    assert {(each.status, each.cause) for each in intakes} == {("failed", "order_unreadable")}
    assert facts(intakes[0])["path"] == "lines[0].quantity"
    assert facts(intakes[0])["expression"] == "cant"
    _, shown = tool.api("GET", f"/history/{intakes[0].pk}")
    (problem,) = shown["problems"]
    assert (problem["action"], "lines[0].quantity" in problem["message"], "cant" in problem["message"]) == (
        "map", True, True,
    )  # fmt: skip
    assert bytes(Delivery.objects.get(pk=intakes[0].delivery_id).body) == json.dumps(changed).encode()
    mended = MAPPING | {"line": MAPPING["line"] | {"quantity": "cant || cantidad"}}
    assert tool.put(mended)[1]["reprocessed"] == 2
    tool.cast.work()
    assert tool.statuses() == ["registered"] * 3
    assert (Order.objects.count(), Problem.objects.count()) == (3, 0)


def test_a_mapping_needs_neither_quantity_nor_price(tool: Tool) -> None:
    tool.map({"order": MAPPING["order"], "lines": "[@]", "line": {"title": "productos[0].nombre", "sku": "'FAJA-M'"}})
    assert tool.send(foreign()).status == "registered"
    line = OrderLine.objects.get()
    assert (line.quantity, line.unit_price, Order.objects.get().total) == (1, 0, 109900)


def test_a_form_is_mapped_by_the_command_line(tool: Tool, tmp_path: Path) -> None:
    """`integration map ID --sample FILE --set FIELD=EXPRESSION` shows each field; --save switches it on."""
    raw = (
        b"folio=31&cliente%5Bnombre%5D=Mar%EDa&cliente[celular]=300+123+4567&dir=Calle+10+%23+43-21&ciudad=Medell%EDn"
        b"&pago=contraentrega&items[0][sku]=FAJA-M&items[0][nombre]=Faja&items[0][cant]=1&items[0][valor]=109900"
    )
    held = tool.send(raw, FORM)
    assert held.cause == "unmapped"
    sample = tmp_path / "sample.txt"
    sample.write_bytes(raw)
    line = ["title=nombre", "sku=sku", "quantity=cant", "unit_price=valor"]
    order = ["external_id=folio", "name=cliente.nombre", "phone=cliente.celular", "address1=dir", "city=ciudad"]
    sets = [*(f"line.{each}" for each in line), *order, "lines=items", "order.payment=pago"]
    options = [word for each in sets for word in ("--set", each)]
    said = command("integration", "map", str(tool.row.pk), "--sample", str(sample), *options)
    assert "order.name" in said and "cliente.nombre" in said and "María" in said and "Not switched on" in said
    assert Integration.objects.get(pk=tool.row.pk).mapping is None
    tried = json.loads(command("integration", "map", str(tool.row.pk), *options, "--last", "5", "--json"))
    assert (tried["saved"], tried["ready"], [each["number"] for each in tried["tried"]]) == (False, True, ["31"])
    assert {"order.city", "lines", "line.sku"} <= {each["field"] for each in tried["fields"]}

    said = command("integration", "map", str(tool.row.pk), *options, "--save")
    assert said.endswith("Switched on; 1 order runs again\n")
    tool.cast.work()
    assert tool.statuses() == ["registered"]
    assert json.loads(Order.objects.get().customer)["name"] == "María"


def test_the_command_line_begins_with_the_mapping_in_use_or_a_file(tool: Tool, tmp_path: Path) -> None:
    tool.map()
    tool.post(foreign(folio=5))
    changed = json.loads(command("integration", "map", str(tool.row.pk), "--set", "number=folio", "--json"))
    assert changed["mapping"] == MAPPING | {"order": MAPPING["order"] | {"number": "folio"}}
    without = json.loads(command("integration", "map", str(tool.row.pk), "--set", "order.total=", "--json"))
    assert without["order"]["totals"]["total"] == "109900.00" or without["ready"]
    file = tmp_path / "mapping.json"
    file.write_text(json.dumps(MAPPING | {"lines": "`[]`"}))
    assert json.loads(command("integration", "map", str(tool.row.pk), "--file", str(file), "--json"))["lines"] == 0


def test_what_a_mapping_may_still_get_wrong_is_said(tool: Tool, tmp_path: Path) -> None:
    tool.post({"another": "shape"})
    tool.post({"folio": "A-1", "pago": "contraentrega", "items": [{"producto": "Faja"}]})
    mapping = {"order": {"external_id": "folio", "payment": "pago"}, "lines": "items", "line": {"title": "producto"}}
    file = tmp_path / "mapping.json"
    file.write_text(json.dumps(mapping))
    said = command("integration", "map", str(tool.row.pk), "--file", str(file))
    assert "comes to 0" in said and "1 of the 2 newest deliveries cannot be read so" in said, said
    assert "add --save" in said and "add --save" not in command(
        "integration", "map", str(tool.row.pk), "--file", str(file), "--set", "external_id=folio..x"
    )
    tool.cast.work()
    assert "- A-1: Mapea" in command("why", "A-1", "--account", "Ana")


@pytest.mark.parametrize("format", ["own", "form", "mapped"])
def test_what_could_not_be_read_is_found_and_healed_when_it_comes_again(tool: Tool, format: str) -> None:
    """By the ids that the format gives it, never by those that a proposal would take for its own."""

    def body(quantity: str) -> Any:
        if format == "mapped":
            return foreign(folio="c13", productos=[foreign()["productos"][0] | {"cant": quantity}])
        line = own()["lines"][0] | {"quantity": quantity}
        order = own(external_id="c13", lines=json.dumps([line]) if format == "form" else [line])
        return urlencode(order).encode() if format == "form" else order

    if format == "mapped":
        tool.map()
    headers = FORM if format == "form" else None
    intake = tool.send(body("dos"), headers)
    assert (intake.external_id, intake.number, intake.cause) == ("c13", "c13", "order_unreadable")
    assert "lines[0].quantity" in command("why", "c13", "--account", "Ana")
    healed = tool.send(body("2"), headers)
    assert (healed.pk, healed.status, Intake.objects.count()) == (intake.pk, "registered", 1)
    assert not Problem.objects.exists()


def test_what_names_no_order_is_found_by_its_number(tool: Tool) -> None:
    intake = tool.send(own(external_id=True, number="#13"))
    assert (intake.external_id, intake.number) == (f"delivery:{intake.delivery_id}", "#13")


def test_several_orders_in_one_body_are_none_of_them(tool: Tool) -> None:
    order = {name: f"pedidos[0].{path}" for name, path in MAPPING["order"].items() if name != "name"}
    tool.map(MAPPING | {"order": order | {"name": "'Ana Ruiz'"}, "lines": "pedidos[0].productos"})
    first = tool.send({"pedidos": [foreign(folio="F-1")]})
    assert (first.status, first.external_id) == ("registered", "F-1")
    both = tool.send({"pedidos": [foreign(folio="F-1"), foreign(folio="F-2")]})
    assert (both.status, both.cause, Intake.objects.count()) == ("failed", "order_unreadable", 2)


@pytest.mark.parametrize("id_", ["delivery:55", "trial:9"])
def test_an_id_may_look_like_one_of_ours(cast: Cast, id_: str) -> None:
    Tool(cast).post(own(external_id=id_))
    cast.work()
    assert (Intake.objects.get().status, Order.objects.count()) == ("registered", 1)
