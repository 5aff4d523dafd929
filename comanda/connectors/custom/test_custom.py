import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from comanda.connectors import CONNECTORS, configured
from comanda.connectors.base import Setup
from comanda.connectors.contract import SECRET, Contract, SecretUrl, edited, fixtures
from comanda.connectors.custom.connector import Custom
from comanda.connectors.custom.payload import LINE_FIELDS, ORDER_FIELDS
from comanda.connectors.draft import Address, Customer, Draft, Line
from comanda.connectors.verification import Verification
from comanda.problems import Problem

CUSTOM = Custom()
FIXTURES = fixtures(CUSTOM)
ORDER = FIXTURES["order.json"]
# The same order in the same words, by way of a mapping.
ITSELF = {
    "order": {name: name for name in ORDER_FIELDS},
    "lines": "lines",
    "line": {name: name for name in LINE_FIELDS},
}
UNMAPPED = {
    "order": {
        "external_id": "data.pedido.codigo",
        "name": "join(' ', data.pedido.cliente.[nombre, apellido][?@])",
        "phone": "data.pedido.cliente.contacto.celular",
        "address1": "data.pedido.entrega[?tipo == 'envio'] | [0].direccion",
        "city": "data.pedido.entrega[0].ciudad",
        "payment": "'cod'",
    },
    "lines": "data.pedido.items.items",
    "line": {"title": "descripcion", "quantity": "cantidad", "unit_price": "to_number('69900')"},
}


def mapped(mapping: Any) -> Custom:
    return Custom(Setup(mapping=json.dumps(mapping)))


class Family(SecretUrl):
    """What custom builders share: without a mapping, whatever is not Comanda's own format is `unmapped`."""

    family = Custom
    topic = "order"
    headers = {"content-type": "application/json"}
    id_path = "external_id"
    required = ("lines[0].title", "lines[0].quantity", "lines[1].unit_price")
    amounts = ("total", "shipping", "discount", "tax", "lines[0].quantity", "lines[1].unit_price")
    times = ("ordered_at", "updated_at")

    def fault(self, body: bytes) -> str:
        try:
            self.connector.parse(self.topic, body)
        except Problem as problem:
            assert problem.code in ("order_unreadable", "unmapped")
            return str(problem.facts.get("path", "unmapped"))
        return ""

    def test_takes_what_comes_to_its_url(self) -> None:
        """As long as there is no secret."""
        for headers in ({}, self.headers, {"authorization": "Bearer x", "x-comanda-signature": "x"}):
            self.connector.verify(headers, self.good(), [])
        with pytest.raises(Problem):
            self.connector.verify({}, self.good(), [SECRET])

    def test_other_builders_orders_are_unmapped(self) -> None:
        for other in CONNECTORS.values():
            for name, body in fixtures(other).items():
                if not isinstance(other, Custom):
                    assert self.fault(body) == "unmapped", name

    @pytest.mark.parametrize("name", ["external_id", "lines"])
    def test_what_makes_an_order_may_be_null_and_not_missing(self, name: str) -> None:
        assert self.fault(edited(self.good(), name)) == "unmapped"
        assert self.fault(edited(self.good(), name, None)) == name


class TestContract(Family):
    connector = CUSTOM


class TestMapped(Family):
    """All of it holds of what a mapping reads: the paths are those of the order, whatever the body calls its fields."""

    connector = mapped(ITSELF)
    required = ("external_id", *Family.required)

    def test_what_makes_an_order_may_be_null_and_not_missing(self, name: str = "lines") -> None:
        assert self.fault(edited(self.good(), name)) == name

    def test_other_builders_orders_are_unmapped(self) -> None:
        for other in CONNECTORS.values():
            for name, body in fixtures(other).items():
                if not isinstance(other, Custom):
                    assert self.fault(body), name

    def test_reads_what_is_not_mapped(self) -> None:
        for body in self.bodies("order*.json").values():
            assert self.connector.parse("order", body) == CUSTOM.parse("order", body)


class TestSigned(Contract):
    """With HMAC, as the integration chose it."""

    family = Custom
    connector = Custom(Setup(verification=Verification(kind="hmac", header="X-Firma", encoding="base64", prefix="v1=")))
    topic, headers, tells, id_path = Family.topic, Family.headers, False, Family.id_path
    required, amounts, times = Family.required, Family.amounts, Family.times
    signature = "x-firma"
    fault = Family.fault

    def sign(self, body: bytes, secret: str) -> str:
        return "v1=" + base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()

    def misspelt(self, signature: str) -> list[str]:
        plain = signature.removeprefix("v1=")
        return [
            *super().misspelt(plain),
            plain,
            f"v1={base64.b64decode(plain).hex()}",
            f"V1={plain}",
            "v1=",
            f"v1={plain}!",
        ]

    def test_names_its_header(self) -> None:
        assert self.connector.credentials == ("x-firma",)


def read(**changes: Any) -> Draft:
    """The order as read, with some of its fields changed."""
    body = ORDER
    for path, value in changes.items():
        body = edited(body, path.replace("__", "."), value)
    return CUSTOM.parse("order", body)


def test_reads_comandas_own_format() -> None:
    draft = read()
    assert (draft.external_id, draft.number) == ("P-90071992547409931", "#1042")
    assert draft.ordered_at == datetime(2026, 11, 5, 5, 5, 11, tzinfo=UTC)
    assert draft.updated_at == datetime(2026, 11, 5, 0, 5, 13, tzinfo=UTC)
    assert (draft.status, draft.status_given, draft.test, draft.currency) == ("open", "nuevo", False, "COP")
    assert (draft.payment, draft.gateway, draft.note) == ("cod", "Pago contra entrega 🚚", "Dejar en portería ☕")
    assert draft.customer == Customer(
        name="Luz Dary  Ñáñez", email="luz.dary@example.com", phones=("3105550101",), document="1.020.304.050"
    )
    assert draft.shipping_address == Address(
        address1="Calle 8 # 5-20, Barrio Ciudad Jardín", city="Popayán", region="Cauca", country="Colombia"
    )
    assert draft.lines == (
        Line(
            title="Faja moldeadora «Única»",
            variant_title="Negro / M",
            product_id="8012345678901234563",
            variant_id="44123456789012345677",
            sku="FAJA-NEGRA-M",
            quantity=Decimal(2),
            unit_price=Decimal("69900.00"),
        ),
        Line(title="Seguro de Envío", quantity=Decimal(1), unit_price=Decimal(5000)),
    )
    totals = draft.totals
    assert (totals.subtotal, totals.shipping, totals.discount, totals.tax) == (144800, 12000, 5000, 0)
    assert (totals.total, totals.due) == (151800, 151800)


def test_what_is_left_out_is_told_by_the_rest() -> None:
    draft = CUSTOM.parse("order", FIXTURES["order_least.json"])
    assert (draft.external_id, draft.number, draft.payment, draft.status) == ("7", "7", "pending", "open")
    assert (draft.totals.total, draft.totals.due, draft.ordered_at) == (25000, 25000, None)
    cancelled = CUSTOM.parse("order", FIXTURES["order_cancelled.json"])
    assert (cancelled.status, cancelled.status_given, cancelled.lines) == ("cancelled", "Anulado por el cliente", ())
    assert read(total=None, discount="5000.00").totals.total == 151800
    assert read(payment="prepaid").totals.due == 0


@pytest.mark.parametrize(
    ("payment", "status", "expected"),
    [
        ("cod", None, "cod"),
        ("Pago Contra Entrega", "pagado", "cod"),
        ("prepaid", None, "prepaid"),
        ("Mercado Pago", "aprobado", "prepaid"),
        ("aprobado", "nuevo", "prepaid"),
        ("Transferencia", "nuevo", "pending"),
        ("pending", "completado", "pending"),
        ("no pagado", None, "pending"),
        ("Pix aprovado", None, "prepaid"),
        ("Pix pago", None, "prepaid"),
        ("Mercado Pago", None, "pending"),
        ("Medio de pago", None, "pending"),
        ("", None, "pending"),
        (None, "paid", "prepaid"),
        (True, False, "pending"),
        (5, 0, "pending"),
    ],
)
def test_reads_how_it_is_paid(payment: Any, status: Any, expected: str) -> None:
    assert read(payment=payment, status=status).payment == expected


def test_an_accounts_own_names_of_cash_on_delivery_are_known() -> None:
    own = Custom(Setup(cod_methods=("pago en caja",)))
    for payment, expected in (("Pago en Caja #2", "cod"), ("Contra entrega", "pending"), ("cod", "cod")):
        draft = own.parse("order", edited(edited(ORDER, "payment", payment), "status", None))
        assert draft.payment == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [("open", "open"), ("Cancelado", "cancelled"), ("REEMBOLSADO", "cancelled"), ("borrador", "draft"),
     ("abandonado", "draft"), ("draft", "draft"), ("carta", "open"), (None, "open"), (3, "open")],
)  # fmt: skip
def test_reads_states(status: Any, expected: str) -> None:
    assert read(status=status).status == expected


def test_reads_what_is_mapped() -> None:
    draft = mapped(UNMAPPED).parse("order", FIXTURES["unmapped.json"])
    assert (draft.external_id, draft.customer.name, draft.payment) == ("18446744073709551617", "Luz Dary", "cod")
    assert (draft.shipping_address.address1, draft.shipping_address.city) == ("Calle 8 # 5-20", "Popayán")
    assert draft.lines == (Line(title="Faja", quantity=Decimal(1), unit_price=Decimal(69900)),)


@pytest.mark.parametrize(
    ("field", "expression", "path"),
    [
        ("external_id", "nada", "external_id"),
        ("external_id", "data", "external_id"),
        ("external_id", "`1.5`", "external_id"),
        ("external_id", "`true`", "external_id"),
        ("total", "'mucho'", "total"),
        ("ordered_at", "'ayer'", "ordered_at"),
        ("test", "'sí'", "test"),
        ("phone", "data.pedido.cliente.contacto", "phone"),
    ],
)
def test_what_a_mapping_misreads_has_its_path_and_its_expression(field: str, expression: str, path: str) -> None:
    wrong = mapped(UNMAPPED | {"order": UNMAPPED["order"] | {field: expression}})  # type: ignore[dict-item,operator]
    with pytest.raises(Problem) as refused:
        wrong.parse("order", FIXTURES["unmapped.json"])
    assert refused.value.code == "order_unreadable"
    assert (refused.value.facts["path"], refused.value.facts["expression"]) == (path, expression)


@pytest.mark.parametrize(
    ("field", "expression"), [("title", "nada"), ("quantity", "'dos'"), ("unit_price", "@"), ("quantity", "null")]
)
def test_what_a_mapping_misreads_of_a_line_has_its_number(field: str, expression: str) -> None:
    wrong = mapped(UNMAPPED | {"line": UNMAPPED["line"] | {field: expression}})  # type: ignore[dict-item,operator]
    with pytest.raises(Problem) as refused:
        wrong.parse("order", FIXTURES["unmapped.json"])
    assert (refused.value.facts["path"], refused.value.facts["expression"]) == (f"lines[0].{field}", expression)


def test_a_broken_body_is_not_the_mappings_fault() -> None:
    with pytest.raises(Problem) as refused:
        mapped(UNMAPPED).parse("order", b'{"data":')
    assert "expression" not in refused.value.facts


def test_a_delivery_is_known_by_its_body_or_by_its_message_id() -> None:
    standard = Custom(Setup(verification=Verification(kind="standard")))
    assert CUSTOM.once({"webhook-id": "msg_1"}, b"a") == CUSTOM.once({}, b"a") != CUSTOM.once({}, b"b")
    assert standard.once({"webhook-id": "msg_1"}, b"a") == standard.once({"webhook-id": "msg_1"}, b"b") == "msg_1"
    assert standard.once({}, b"a") == CUSTOM.once({}, b"a")


def test_several_orders_in_one_body_are_refused_and_rows_of_one_are_not() -> None:
    mapping = {"order": {"external_id": "[0].pedido"}, "lines": "@", "line": {"title": "producto"}}
    tool = configured("custom", Setup(mapping=json.dumps(mapping)))
    rows = [{"pedido": "A-1", "producto": "Faja"}, {"pedido": "A-1", "producto": "Crema"}]
    read = tool.parse("order", json.dumps(rows).encode())
    assert isinstance(read, Draft) and [line.title for line in read.lines] == ["Faja", "Crema"]
    with pytest.raises(Problem) as caught:
        tool.parse("order", json.dumps([*rows, {"pedido": "A-2", "producto": "Aceite"}]).encode())
    assert caught.value.code == "order_unreadable" and "several orders" in str(caught.value.facts["reason"])
