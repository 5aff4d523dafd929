import base64
import hashlib
import hmac
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from comanda.connectors import glimpse
from comanda.connectors.base import Setup
from comanda.connectors.contract import GONE, Contract, edited, fixtures
from comanda.connectors.draft import Address, Customer, Draft, Line
from comanda.connectors.jumpseller.connector import JumpSeller
from comanda.problems import Problem

JUMP = JumpSeller()
FIXTURES = fixtures(JUMP)
ORDER = FIXTURES["order.json"]
SIGNATURE = "jumpseller-hmac-sha256"
HEADERS = {
    "content-type": "application/json",
    "jumpseller-event": "order_pending_payment",
    "jumpseller-store-code": "tienda-de-luz",
    "jumpseller-triggered-at": "2026-11-04 14:07:41.829 UTC",
}


def read(body: bytes = ORDER, topic: str = "order_updated", **changes: Any) -> Draft:
    """The order as read, with some of its fields changed: `shipping_address__city="Cali"`."""
    for path, value in changes.items():
        body = edited(body, "order." + path.replace("__", "."), value)
    draft = JUMP.parse(topic, body)
    assert isinstance(draft, Draft)
    return draft


def line(**values: Any) -> Line:
    given = {"name": "Termo", "qty": 1, "price": 100.0} | values
    return read(products=[given]).lines[0]


class TestContract(Contract):
    connector = JUMP
    topic = "order_pending_payment"
    signature = SIGNATURE
    headers = HEADERS
    required = (
        "order",
        "order.id",
        "order.total",
        "order.products",
        "order.products[0].name",
        "order.products[0].price",
        "order.products[1].qty",
    )
    amounts = (
        "order.total",
        "order.subtotal",
        "order.shipping",
        "order.shipping_discount",
        "order.tax",
        "order.products[0].price",
        "order.products[0].discount",
        "order.products[1].qty",
    )
    times = ("order.created_at", "order.updated_at")
    id_path = "order.id"

    def sign(self, body: bytes, secret: str) -> str:
        return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_reads_a_cod_order() -> None:
    draft = read()
    assert (draft.external_id, draft.number, draft.mark) == ("2047", "2047", "")
    assert draft.ordered_at == datetime(2026, 11, 4, 14, 5, 11, tzinfo=UTC)
    assert (draft.status, draft.status_given, draft.test) == ("open", "Pago pendiente", False)
    assert (draft.payment, draft.gateway, draft.currency) == ("cod", "Pago contra entrega 🚚", "COP")
    assert draft.note == "Dejar en portería ☕"
    assert draft.attributes == {"Cédula": "34.555.010", "¿Es un regalo\xa0?": "No"}
    assert draft.customer == Customer(
        name="Luz Dary Ñáñez",
        email="luz.dary@example.com",
        phones=("+57 310 555 01 01",),
        document="34.555.010",
    )
    assert draft.shipping_address == Address(
        address1="Calle 8 # 5-20",
        address2="Torre 2, apto 301, Ciudad Jardín",
        city="Popayán",
        region="Cauca",
        country="CO",
    )


def test_reads_lines_at_what_the_buyer_pays_for_one() -> None:
    assert read().lines == (
        Line(
            title="Faja moldeadora «Única»",
            variant_title="M / Negro",
            product_id="24510033",
            variant_id="98120077",
            sku="FAJA-NEGRA-M",
            quantity=Decimal(2),
            unit_price=Decimal(64900),
        ),
        Line(
            title="Masajeador cervical (4D)",
            product_id="24510090",
            quantity=Decimal(1),
            unit_price=Decimal("119900.5"),
        ),
    )


def test_the_orders_discount_holds_those_of_lines_and_shipping() -> None:
    totals = read().totals
    assert (totals.subtotal, totals.shipping, totals.discount) == (Decimal("259700.5"), 12000, 12000)
    assert totals.subtotal + totals.shipping + totals.tax - totals.discount == totals.total == totals.due


@pytest.mark.parametrize(
    ("quantity", "discount", "of_the_order", "unit"),
    [
        (1, 20.0, 20.0, "80"),
        (2, 20.0, 40.0, "80"),  # of one piece
        (2, 20.0, 20.0, "90"),  # of the line: of one piece, it would be more than the order's
        (3, 100.0, 100.0, "66.6667"),
        (2, 20.0, 39.5, "80"),  # within the rounding
        (2, 20.0, 19.0, "90"),
        (2, "20.0", None, "80"),
        (2, 0.0, 40.0, "100"),
        (2, None, 40.0, "100"),
        (0, 20.0, 20.0, "80"),
    ],
)
def test_a_lines_discount_is_of_one_piece_unless_that_cannot_be(
    quantity: int, discount: Any, of_the_order: Any, unit: str
) -> None:
    item = {"name": "Termo", "qty": quantity, "price": 100.0, "discount": discount}
    draft = read(products=[item], discount=of_the_order, shipping_discount=0)
    assert draft.lines[0].unit_price == Decimal(unit)


def test_a_line_of_no_pieces_has_no_share_in_its_discount() -> None:
    items = [{"name": "Termo", "qty": quantity, "price": 100.0, "discount": 20.0} for quantity in (4, 0, "1e-30")]
    lines = read(products=items, discount=60.0, shipping_discount=0).lines
    assert [each.unit_price for each in lines] == [95, 80, 80]


def test_a_discount_of_the_shipping_is_none_of_the_lines() -> None:
    item = {"name": "Termo", "qty": 2, "price": 100.0, "discount": 20.0}
    assert read(products=[item], discount=40.0, shipping_discount=20.0).lines[0].unit_price == 90


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (b"369.2", "369.2"),
        (b"150990.10", "150990.1"),
        (b"1e5", "100000"),
        (b"0.1", "0.1"),
        (b"8395.798319327731", "8395.7983"),
        (b'"150990.10"', "150990.10"),
        (b"99999999999999", "99999999999999"),
    ],
)
def test_floats_are_money_without_loss(given: bytes, exact: str) -> None:
    body = ORDER.replace(b'"total": 259700.5', b'"total": ' + given).replace(b'"price": 119900.5', b'"price": ' + given)
    draft = read(body)
    assert (draft.totals.total, draft.lines[1].unit_price) == (Decimal(exact), Decimal(exact))


def test_reads_a_paid_order_of_chile() -> None:
    draft = read(FIXTURES["order_paid.json"], "order_paid")
    assert (draft.external_id, draft.currency, draft.payment, draft.totals.due) == ("1311", "CLP", "prepaid", 0)
    totals = draft.totals
    assert (totals.tax, totals.total) == (Decimal("29258.119"), Decimal("183248.22"))
    assert abs(totals.subtotal + totals.shipping + totals.tax - totals.total) < 1
    assert draft.customer == Customer(
        name="Tomás Ibáñez Peña",
        email="tomas@example.com",
        phones=("+56 9 8765 4321",),
        document="11.111.111-1",
    )
    assert draft.shipping_address == Address(
        address1="Avenida Concha y Toro 1234",
        address2="Depto 52, Santiago",
        city="Puente Alto",
        region="Metropolitana",
        country="CL",
        postcode="8150000",
    )
    assert draft.lines[0].unit_price == Decimal("8388.339")
    assert draft.lines[1] == Line(title="Ampolleta", quantity=Decimal(1), unit_price=Decimal(0))


@pytest.mark.parametrize(
    ("enum", "status", "topic", "read_as", "payment"),
    [
        ("pending_payment", "Bezahlt", "order_updated", "open", "cod"),
        ("paid", "Pagamento Pendente", "order_updated", "open", "prepaid"),
        ("canceled", "Anulado", "order_updated", "cancelled", "cod"),
        ("abandoned", "Abandonado", "order_updated", "draft", "cod"),
        ("paid", "Paid", "order_canceled", "open", "prepaid"),
        ("canceled", "Canceled", "order_abandoned", "cancelled", "cod"),
        ("pending_payment", "Pending Payment", "order_abandoned", "draft", "cod"),
        ("refunded", "Pagado", "order_paid", "open", "cod"),
        (None, "Paid", "order_updated", "open", "prepaid"),
        (None, "PAGADO", "order_updated", "open", "prepaid"),
        (None, "Pago", "order_updated", "open", "prepaid"),
        (None, "Pago pendiente", "order_paid", "open", "cod"),
        (None, "Cancelada", "order_updated", "cancelled", "cod"),
        (None, "Pedido anulado", "order_canceled", "cancelled", "cod"),
        ("", "Abandonada", "order_updated", "draft", "cod"),
        (None, None, "order_paid", "open", "prepaid"),
        (None, "Bezahlt", "order_paid", "open", "prepaid"),
        (None, "Bezahlt", "order_updated", "open", "cod"),
        (None, None, "order_abandoned", "draft", "cod"),
    ],
)
def test_the_state_is_told_by_the_enum_then_by_its_words_then_by_the_event(
    enum: str | None, status: str | None, topic: str, read_as: str, payment: str
) -> None:
    draft = read(topic=topic, status_enum=enum, status=status)
    assert (draft.status, draft.payment) == (read_as, payment)
    assert draft.totals.due == (0 if payment == "prepaid" else Decimal("259700.5"))


@pytest.mark.parametrize(
    ("method", "payment"),
    [
        ("Contra entrega", "cod"),
        ("Pago contra reembolso", "cod"),
        ("Cash on Delivery", "cod"),
        ("Pago Manual (Transferencia Bancaria, Cheques, Giros...)", "pending"),
        ("Webpay Plus", "pending"),
        (None, "pending"),
    ],
)
def test_cash_on_delivery_is_a_manual_method_known_by_its_name(method: str | None, payment: str) -> None:
    assert read(payment_method_name=method).payment == payment
    assert read(payment_method_name=method, status_enum="paid").payment == "prepaid"


def test_an_account_may_have_names_of_its_own_for_cash_on_delivery() -> None:
    own = JumpSeller(Setup(cod_methods=("pago manual",)))
    draft = own.parse("order_updated", edited(ORDER, "order.payment_method_name", "Pago Manual (Cheques)"))
    assert draft.payment == "cod"
    assert own.parse("order_updated", ORDER).payment == "pending"


def test_a_version_is_known_by_the_event_for_the_order_has_none() -> None:
    assert read().updated_at is None
    told = read(updated_at="2026-11-04 15:00:00 UTC").updated_at
    assert told == datetime(2026, 11, 4, 15, tzinfo=UTC)


def test_an_order_may_have_no_date_or_that_of_its_completion() -> None:
    assert read(created_at=None).ordered_at == datetime(2026, 11, 4, 14, 7, 40, tzinfo=UTC)
    assert read(created_at=GONE, completed_at="").ordered_at is None


def test_options_are_told_from_the_name_where_a_variant_was_bought() -> None:
    for name, title, options in (
        ("Faja (Talla: M)", "Faja", "M"),
        ("Faja (Única) (Talla: M, Nota: a, b)", "Faja (Única)", "M / a, b"),
        ("Faja (Única)", "Faja (Única)", ""),
        ("(Talla: M)", "(Talla: M)", ""),
        ("Faja", "Faja", ""),
    ):
        read_as = line(name=name, variant_id=7)
        assert (read_as.title, read_as.variant_title) == (title, options)
    # Without a variant these are words of the buyer's, and another product for each buyer if they were its variant.
    assert line(name="Taza (Grabado: Ana)", variant_id=None, id=3).title == "Taza (Grabado: Ana)"


@pytest.mark.parametrize("nothing", [None, "", 0, "0"])
def test_ids_and_skus_may_be_missing(nothing: Any) -> None:
    found = line(id=nothing, variant_id=nothing, sku=None)
    assert (found.product_id, found.variant_id, found.sku) == ("", "", "")


def test_the_envelope_is_read_from_the_headers() -> None:
    envelope = JUMP.envelope(HEADERS)
    assert (envelope.topic, envelope.event_id, envelope.store_key) == ("order_pending_payment", "", "tienda-de-luz")
    assert envelope.triggered_at == datetime(2026, 11, 4, 14, 7, 41, 829_000, tzinfo=UTC)
    assert JUMP.envelope({"jumpseller-triggered-at": "ayer"}).triggered_at is None


@pytest.mark.parametrize(
    "store",
    [
        "mi-tienda",
        "MI-TIENDA",
        "mi-tienda.jumpseller.com",
        "https://Mi-Tienda.jumpseller.com/admin/es/orders",
        "http://mi-tienda/",
    ],
)
def test_a_store_is_known_by_its_code(store: str) -> None:
    assert JUMP.store_key(store) == JUMP.typed_store(store) == "mi-tienda"


@pytest.mark.parametrize("store", ["www.mitienda.cl", "tienda@correo.com", "mi tienda bonita", "http://["])
def test_what_is_no_code_names_no_store(store: str) -> None:
    """A domain of the merchant's own is in no header."""
    assert JUMP.typed_store(store) == ""


def test_the_same_order_at_another_time_is_another_event() -> None:
    first = JUMP.once(HEADERS, ORDER)
    assert JUMP.once(dict(HEADERS), ORDER) == first
    later = HEADERS | {"jumpseller-triggered-at": "2026-11-04 14:07:41.830 UTC"}
    others = {first, JUMP.once(later, ORDER), JUMP.once(HEADERS, ORDER + b"\n"), JUMP.once({}, ORDER)}
    assert len(others) == 4
    assert all(other.startswith("sha256:") for other in others)


def test_the_secret_is_the_hooks_token_in_base64() -> None:
    body, token = b'{"order":{"id":1}}', "9f1c4b7ce0a1"
    signature = "l3p4pdFRjqQrVAXs3XGiQ3ZOVn7xWzqKoPi5onWPgQ0="
    JUMP.verify({SIGNATURE: signature}, body, [token])
    with pytest.raises(Problem):
        JUMP.verify({f"x-{SIGNATURE}": signature}, body, [token])


def test_only_events_of_orders_concern_an_order() -> None:
    assert JUMP.creates == {"order_pending_payment", "order_paid"}
    assert all(topic.startswith("order_") for topic in JUMP.topics)
    assert len(JUMP.topics) == 6


def test_knows_its_orders_by_their_fields() -> None:
    assert JUMP.recognises({"order": {"status_enum": None}})
    assert JUMP.recognises({"order": {"products": [{"qty": 1, "price": 2}]}})
    assert JUMP.recognises({"order": {"products": [], "payment_method_name": "x"}})
    for other in ({}, {"order": []}, {"order": {"products": [1]}}, {"order": {"id": 1, "products": [{"quantity": 1}]}}):
        assert not JUMP.recognises(other)
    assert not JUMP.recognises(msgspec.json.decode(FIXTURES["product.json"]))


def test_an_order_that_cannot_be_read_is_found_by_its_id() -> None:
    assert glimpse(JUMP, edited(ORDER, "order.total", None)) == ("2047", "2047")
    assert glimpse(JUMP, edited(ORDER, "order.id", GONE)) == ("", "")
    assert glimpse(JUMP, edited(ORDER, "order.id", 1.5)) == ("", "")
    assert glimpse(JUMP, FIXTURES["product.json"]) == ("", "")
