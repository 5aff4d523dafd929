"""Mappings proposed from samples: fixtures/proposals holds ugly ones, each with the whole mapping, `[expression, value]`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jmespath
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comanda.connectors.base import Setup
from comanda.connectors.custom.connector import Custom
from comanda.connectors.custom.mapping import LONGEST, check
from comanda.connectors.custom.payload import LINE_FIELDS, ORDER_FIELDS
from comanda.connectors.custom.propose import MOST_LISTS, propose
from comanda.connectors.custom.weigh import MOST_PLACES, look
from comanda.connectors.custom.words import FIELDS, JOINS, PARTS, words
from comanda.connectors.draft import Draft
from comanda.connectors.forms import document

FOLDER = Path(__file__).parent / "fixtures/proposals"
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
# What a merchant still has to say: no number of its own, no product's name.
INCOMPLETE = {"elementor", "google_form"}


def body_of(name: str) -> bytes:
    sample = CASES[name]["sample"]
    return sample.encode() if isinstance(sample, str) else msgspec.json.encode(sample)


def evaluated(mapping: dict[str, Any], sample: Any) -> dict[str, Any]:
    """The mapping with the value of each expression beside it, those of a line on the first line."""
    found: dict[str, Any] = {"order": {}, "line": {}}
    if "lines" in mapping:
        items = jmespath.search(mapping["lines"], sample)
        assert isinstance(items, list)
        found["lines"] = [mapping["lines"], len(items)]
        found["line"] = {name: [each, jmespath.search(each, items[0])] for name, each in mapping["line"].items()}
    found["order"] = {name: [each, jmespath.search(each, sample)] for name, each in mapping["order"].items()}
    return found


@pytest.mark.parametrize("name", CASES)
def test_proposes_the_whole_mapping(name: str) -> None:
    sample = document(body_of(name))
    expected = {part: each for part, each in CASES[name].items() if part != "sample"}
    assert evaluated(propose(sample), sample) == expected


@pytest.mark.parametrize("name", sorted(CASES.keys() - INCOMPLETE))
def test_what_is_proposed_reads_its_sample(name: str) -> None:
    mapping = propose(document(body_of(name)))
    found = check(mapping).apply(document(body_of(name)))
    case = CASES[name]
    assert {field: found[field] for field in case["order"]} == {field: each[1] for field, each in case["order"].items()}
    assert found["lines"][0] == {field: each[1] for field, each in case["line"].items()}
    assert len(found["lines"]) == case["lines"][1]
    draft = Custom(Setup(mapping=json.dumps(mapping))).parse("order", body_of(name))
    assert isinstance(draft, Draft)
    assert (draft.external_id, draft.lines[0].title) == (str(found["external_id"]), found["lines"][0]["title"])


def order(**fields: Any) -> dict[str, str]:
    """What is proposed for an order of one piece with these fields."""
    mapping = propose({"pedido": "P-1", "productos": [{"nombre": "Faja", "cantidad": 1}], **fields})
    assert mapping["order"].pop("external_id") == "pedido"
    assert (mapping["lines"], mapping["line"]) == ("productos", {"title": "nombre", "quantity": "cantidad"})
    return dict(mapping["order"])


def test_a_value_that_cannot_be_is_not_proposed() -> None:
    assert order(correo="ana.x.co", telefono="12345", fecha="mañana", total="gratis", prueba="no", pais="CO+57") == {}
    assert (
        order(
            metodo_pago="pendiente", cliente="CLI-12345", cedula="Pasaporte", moneda="pesos", cp="n/a", envio="Gratis"
        )
        == {}
    )
    assert order(prueba="", telefono=3001234567.5, cliente="order.paid", barrio=None, talla=None) == {}
    assert order(direccion="https://maps.example/1", ciudad="x" * 500, estado="Nuevo León", depto="Cauca") == {
        "region": "depto"
    }
    assert order(total="$ 109.900", envio="12.50", descuento=9.875) == {
        "total": "total",
        "shipping": "envio",
        "discount": "descuento",
    }
    assert order(metodo_pago="Por pagar, contra entrega") == {"payment": "metodo_pago"}
    assert order(metodo_pago="Pago anticipado") == {"payment": "metodo_pago"}


def test_estado_is_a_state_or_a_place() -> None:
    assert order(estado="Nuevo León") == {"region": "estado"}
    assert order(estado="nuevo") == {"status": "estado"}
    assert order(estado="Pendiente de pago") == {"status": "estado"}
    assert order(cliente={"nombre": "Ana", "state": "enabled"}) == {"name": "cliente.nombre"}
    assert order(status="success", estado="SP") == {"status": "status", "region": "estado"}


def test_whose_a_name_is_says_what_holds_it() -> None:
    assert order(vendedor={"nombre": "Paola", "telefono": "3001234567"}, nombre_tienda="Mi tienda") == {}
    assert order(transportadora={"nombre": "Envía"}, cupon={"codigo": "X1", "valor": 5}, event={"id": "e1"}) == {}
    assert order(tienda={"nombre": "T", "cliente": {"nombre": "Ana"}}) == {"name": "tienda.cliente.nombre"}
    assert order(billing_address={"city": "Bello"}, customer={"city": "Cali"}) == {"city": "customer.city"}
    assert order(nombre="Ana", destinatario={"nombre": "Eva"}) == {"name": "destinatario.nombre"}
    assert order(cliente={"id": 5, "ciudad": "Cali"}, direccion_envio={"ciudad": {"id": 1, "nombre": "Bello"}}) == {
        "city": "direccion_envio.ciudad.nombre"
    }


def test_a_house_number_is_not_the_order_s() -> None:
    assert order(direccion="Rua das Flores", numero="120") == {"address1": "join(' ', [direccion, numero][?@])"}
    assert order(direccion="Calle 10 # 43-21", numero="120") == {"address1": "direccion", "number": "numero"}
    assert order(direccion="Rua das Flores", x=1, numero="120") == {"address1": "direccion", "number": "numero"}
    assert order(direccion="Rua das Flores", numero="3001234567") == {"address1": "direccion", "number": "numero"}
    assert order(entrega={"calle": "Calle 5", "x": 1, "numero": 7}) == {
        "address1": "join(' ', [entrega.calle, entrega.numero][?@].to_string(@))"
    }


def test_a_number_is_one_only_where_it_differs() -> None:
    assert propose({"id": 7, "folio": "7", "productos": []})["order"] == {"external_id": "id"}
    assert propose({"id": 7, "folio": "A7", "productos": []})["order"] == {"external_id": "id", "number": "folio"}
    assert propose({"_id": {"$oid": "7"}, "order_id": 8, "customer_id": 9})["order"] == {"external_id": "order_id"}


def test_a_surname_is_not_said_twice_and_may_be_missing() -> None:
    assert order(nombre="Ana Ruiz", apellido="Ruiz") == {"name": "nombre"}
    assert order(nombre="Ana", apellido=None) == {"name": "join(' ', [nombre, apellido][?@])"}
    assert order(nombre="Ana", apellido="Ruiz", nombre_completo="Ana Ruiz Paz") == {"name": "nombre_completo"}
    assert order(nombre="Ana", nombre_completo="Ana Ruiz Paz") == {"name": "nombre_completo"}
    assert order(fields={"nombre": {"value": "Ana"}, "apellido": {"value": "Ruiz"}}) == {
        "name": "join(' ', [fields.nombre.value, fields.apellido.value][?@])"
    }
    assert order(cliente="Ana R.", nombre="Ana", apellido="Ruiz") == {"name": "join(' ', [nombre, apellido][?@])"}


def test_parts_of_several_are_not_joined() -> None:
    assert order(nombre_cliente="Ana", apellido_contacto="Paz") == {"name": "nombre_cliente"}
    assert order(cliente={"nombre": "Ana"}, contacto={"apellido": "Paz"}) == {"name": "cliente.nombre"}
    assert order(color="Negro", cliente={"apellido": "Paz"}) == {}


def test_a_payment_is_a_method_a_state_or_both() -> None:
    assert order(pago="Efectivo") == {"payment": "pago"} == order(pago="aprobado")
    assert order(metodo_pago="Tarjeta", pago={"estado": "aprobado"}) == {
        "payment": "join(' ', [metodo_pago, pago.estado][?@])"
    }


def test_the_message_around_an_order_is_not_the_order() -> None:
    inner = {"id": 9, "folio": "F-1", "productos": [{"nombre": "Faja"}], "cliente": "Ana"}
    whole = {"id": "evt_1", "status": "success", "created_at": "2026-11-23", "code": 200}
    for name, at in (
        ("data", "data"),
        ("orden_de_compra", "orden_de_compra"),
        ("ordenes", "ordenes[0]"),
        ("data", "data[0]"),
    ):
        given = {**whole, name: [inner] if at.endswith("]") else inner}
        expected = {"external_id": f"{at}.id", "number": f"{at}.folio", "name": f"{at}.cliente"}
        assert propose(given)["order"] == expected
    assert propose({"x": inner})["order"] == {"external_id": "x.id", "number": "x.folio", "name": "x.cliente"}


def test_the_order_may_be_told_around_its_wrappers() -> None:
    rest = {"status": "nuevo", "cliente": {"nombre": "Ana", "tel": "3001234567", "correo": "a@b.co"}}
    expected = {"status": "status", "name": "cliente.nombre", "phone": "cliente.tel", "email": "cliente.correo"}
    assert propose({**rest, "compra": {"total": 5}})["order"] == {**expected, "total": "compra.total"}
    lines = [{"id": 3, "producto": "Faja", "cantidad": 1}]
    assert propose({**rest, "order": {"id": 1}, "items": lines})["order"] == {**expected, "external_id": "order.id"}
    held = {"id": 1, "items": lines, "envio": {"datos": {"correo": "a@b.co"}}}
    assert propose({"order": held, "correo": "soporte@x.co", "pago": {"total": 5}})["order"] == {
        "external_id": "order.id",
        "total": "pago.total",
        "email": "order.envio.datos.correo",
    }
    assert propose({**rest, "folio": 8, "compra": lines})["order"] == {**expected, "external_id": "folio"}
    assert propose({"producto": {"id": 7, "nombre": "Faja"}}) == {
        "order": {},
        "lines": "[producto]",
        "line": {"product_id": "id", "title": "nombre"},
    }


def test_other_lists_are_not_the_lines() -> None:
    fee = {"id": 1, "name": "Recargo", "price": 5}
    sample = {"id": 7, "fees": [fee], "recommended_products": [fee], "shipping_lines": [fee], "historial": [{"id": 1}]}
    assert propose(sample) == {"order": {"external_id": "id", "shipping": "shipping_lines[0].price"}, "line": {}}
    assert propose({**sample, "x": [{"nombre_producto": "Faja", "cantidad": 1}]})["lines"] == "x"
    bonus = {"producto": "Gorra", "cantidad": 1, "precio": 0, "sku": "G", "product_id": 2}
    assert propose({"id": 7, "bonos": [bonus], "productos": [{"nombre": "Faja"}]})["lines"] == "productos"
    assert propose({"id": 7, "bonos": [{"producto": "Gorra", "precio": 0}], "producto": "Faja"})["lines"] == "[@]"
    assert propose({"id": 7, "detalle": [{"cantidad": 2}], "producto": "Faja"})["lines"] == "[@]"
    assert propose({f"a {n}": [bonus] for n in range(60)} | {"productos": [bonus]})["lines"] == "productos"
    assert propose({**sample, "detalle": [fee]})["line"] == {"title": "name", "unit_price": "price"}


def test_orders_that_came_together_are_not_lines_of_one() -> None:
    line = {"cantidad": 1, "precio": 5}
    sheet = [{"pedido": "1", "producto": "Faja", **line}, {"pedido": "2", "producto": "Gorra", **line}]
    assert propose(sheet)["lines"] == propose(sheet[:1])["lines"] == "[[0]]"
    assert propose({"pedidos": sheet})["lines"] == "[pedidos[0]]"


def test_the_nearer_and_the_plainer_of_two_is_meant() -> None:
    assert order(otros=[{"correo": "b@x.co"}], x={"y": {"correo": "a@x.co"}}) == {"email": "x.y.correo"}
    assert order(direccion_datos="Calle 9 # 8-7", direccion="Calle 1 # 2-3") == {"address1": "direccion"}
    assert order(correo_para_la_factura="a@x.co") == {"email": "correo_para_la_factura"}
    assert propose({"producto": "Faja", "articulo": "F"})["line"] == {"title": "producto"}
    assert propose({"producto": {"nombre": "Faja"}, "cantidad": 2}) == {
        "order": {},
        "lines": "[@]",
        "line": {"title": "producto.nombre", "quantity": "cantidad"},
    }
    assert propose({"items": [{"nombre": "Faja", "cantidad": 0, "qty": 2}]})["line"]["quantity"] == "qty"


def test_what_is_no_order() -> None:
    assert propose({"id": 7, "cantidad": 2}) == {"order": {"external_id": "id"}, "line": {}}
    for sample in (
        None,
        True,
        5,
        "x",
        [],
        {},
        [[]],
        [[{}]],
        {"": ""},
        {"items": []},
        {"items": [None]},
        {"id": 1e30},
        {"id": 10**5000},
    ):
        assert propose(sample) == {"order": {}, "line": {}}


def test_no_name_is_listed_twice_in_a_field() -> None:
    """And parts are no fields, fields no parts."""
    for field, steps in FIELDS.items():
        said = [words(phrase) for step in steps for phrase in step.split(",")]
        assert all(said) and not [phrase for phrase in set(said) if said.count(phrase) > 1], field
    assert FIELDS.keys() | {"payment"} == {*ORDER_FIELDS, *LINE_FIELDS} | PARTS
    assert not PARTS & {*ORDER_FIELDS, *LINE_FIELDS} and JOINS.keys() <= {*ORDER_FIELDS, *LINE_FIELDS}


phrases = sorted({phrase.strip() for steps in FIELDS.values() for step in steps for phrase in step.split(",")})
holders = [
    "cliente",
    "envio",
    "data",
    "pedido",
    "items",
    "productos",
    "producto",
    "direccion",
    "tienda",
    "fields",
    "pago",
]
names = st.sampled_from(phrases) | st.sampled_from(holders) | st.text(max_size=5)
values = st.sampled_from(["Ana Ruiz", "3001234567", "a@b.co", "2026-11-23", "nuevo", "12", "", 7, 2**63, True, 0.5])
anything = st.recursive(
    st.none() | values | st.text(max_size=5) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=8),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(sample=anything)
def test_of_anything_every_expression_compiles_and_yields_a_scalar(sample: Any) -> None:
    mapping = propose(sample)
    found = evaluated(mapping, sample)
    assert mapping.keys() <= {"order", "lines", "line"} and ("lines" in mapping) == bool(mapping["line"])
    for each, value in (*found["order"].values(), *found["line"].values()):
        assert isinstance(value, str | int | float) and len(each) <= LONGEST
    if "external_id" in mapping["order"] and "title" in mapping["line"]:
        check(mapping)
        assert isinstance(found["order"]["external_id"][1], str | int)


def test_large_and_deep_samples_are_bounded() -> None:
    line = {"nombre": "Faja", "cantidad": 1, "valores": list(range(50))}
    large = {
        "id": 1,
        "nota": "x" * 1_000_000,
        "productos": [line] * 5000,
        **{f"campo {n}": "y" * 40 for n in range(30_000)},
    }
    assert len(msgspec.json.encode(large)) > 2_000_000
    assert propose(large)["line"] == {"title": "nombre", "quantity": "cantidad"}
    assert len(look(large)[1]) <= MOST_PLACES
    assert len(look({f"x{n}": {f"y{m}": 1 for m in range(900)} for n in range(20)})[1]) <= MOST_PLACES
    assert len(look({"items": list(range(50))})[1]) == 1
    assert propose({"correo " + "del cliente " * 9: "a@b.co"})["order"] == {}
    wrapped: Any = {"correo": "a@b.co", "nombre": "Ana", "apellido": "Ruiz"}
    for _ in range(10):
        wrapped = {"datos " * 9 + "info": wrapped, "a": None}
    assert propose(wrapped)["order"].keys() == {"email"}  # two such paths are more than an expression may hold
    for wrap in ("data", "pedido", "items", "x"):
        deep: Any = {"id": 1, "nombre": "Ana"}
        for _ in range(900):
            deep = {wrap: deep, "id": 2}
        assert propose(deep)["order"]["external_id"].endswith("id")
        assert propose([deep])["order"]["external_id"].endswith("id")
    lists: Any = []
    for _ in range(900):
        lists = [lists]
    assert propose(lists) == {"order": {}, "line": {}}


def test_few_lists_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    weighed: list[Any] = []
    monkeypatch.setattr("comanda.connectors.custom.propose.row_hits", lambda leaves, rows: weighed.append(rows) or {})
    propose({f"lista {n}": [{"nombre": "Faja"}] for n in range(900)})
    assert len(weighed) == MOST_LISTS


def test_is_the_same_in_every_process() -> None:
    """Sets of words have another order in each."""
    code = (
        "import json, sys; from comanda.connectors.custom.propose import propose; print(propose(json.load(sys.stdin)))"
    )
    sample = json.dumps(CASES["mercadolibre_like"]["sample"])
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=sample,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
