import base64
import hashlib
import hmac
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from comanda.connectors.contract import GONE, Contract, edited, fixtures
from comanda.connectors.draft import Address, Customer, Draft, Line, Notice
from comanda.connectors.shopify.connector import Shopify

SHOPIFY = Shopify()
FIXTURES = fixtures(SHOPIFY)
ORDER = FIXTURES["order.json"]
EASYSELL = FIXTURES["order_easysell.json"]
TRANSFER = FIXTURES["order_transfer.json"]
HEADERS = {
    "x-shopify-topic": "orders/create",
    "x-shopify-shop-domain": "Mi-Tienda.myshopify.com",
    "x-shopify-api-version": "2026-07",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
    "x-shopify-triggered-at": "2026-11-05T00:05:14.123456789Z",
}


def read(body: bytes = ORDER, **changes: Any) -> Draft:
    """The order as read, with some of its fields changed: `shipping_address__phone=None`."""
    for path, value in changes.items():
        body = edited(body, path.replace("__", "."), value)
    draft = SHOPIFY.parse("orders/create", body)
    assert isinstance(draft, Draft)
    return draft


class TestContract(Contract):
    connector = SHOPIFY
    topic = "orders/create"
    signature = "x-shopify-hmac-sha256"
    headers = HEADERS
    required = (
        "id",
        "created_at",
        "currency",
        "total_price",
        "line_items",
        "line_items[0].title",
        "line_items[0].quantity",
        "line_items[2].price",
    )

    amounts = (
        "current_total_price",
        "total_outstanding",
        "shipping_lines[0].discounted_price",
        "line_items[0].current_quantity",
        "line_items[0].price",
    )
    times = ("created_at", "updated_at")

    def sign(self, body: bytes, secret: str) -> str:
        return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_reads_a_releasit_order() -> None:
    draft = read()
    assert (draft.external_id, draft.number) == ("6012345678901234567", "#1042")
    assert draft.ordered_at == datetime(2026, 11, 5, 0, 5, 11, tzinfo=UTC)
    assert draft.updated_at == datetime(2026, 11, 5, 0, 5, 13, tzinfo=UTC)
    assert (draft.status, draft.status_given, draft.test) == ("open", "pending", False)
    assert (draft.payment, draft.gateway, draft.currency) == ("cod", "Cash on Delivery (COD)", "COP")
    assert draft.note == "Dejar en portería ☕"
    assert draft.customer == Customer(
        name="Luz Dary Ñáñez", email="luz.dary@example.com", phones=("+57 310 555 01 01",)
    )


def test_fillers_are_nothing() -> None:
    assert read().shipping_address == Address(
        address1="Calle 8 # 5-20, Barrio Ciudad Jardín", city="Popayán", region="Cauca", country="CO"
    )


def test_reads_current_quantities_and_leaves_removed_lines_out() -> None:
    assert read().lines == (
        Line(
            title="Faja moldeadora «Única»",
            variant_title="Negro / M",
            product_id="8012345678901234563",
            variant_id="44123456789012345677",
            sku="FAJA-NEGRA-M",
            quantity=Decimal(2),
            unit_price=Decimal("69900.00"),
            grams=350,
        ),
        Line(title="Seguro de Envío", quantity=Decimal(1), unit_price=Decimal("5000.00")),
    )


def test_a_quantity_of_nothing_is_kept_to_be_checked() -> None:
    line = {"title": "Termo", "price": "1", "quantity": 0, "current_quantity": 0}
    assert [line.quantity for line in read(line_items=[line]).lines] == [0]


def test_reads_the_totals_that_hold_now() -> None:
    totals = read().totals
    assert (totals.subtotal, totals.discount, totals.shipping, totals.tax) == (139800, 5000, 12000, 0)
    assert (totals.total, totals.due) == (151800, 151800)


@pytest.mark.parametrize(
    ("outstanding", "financial_status", "due"),
    [
        ("101800.00", "partially_paid", 101800),
        ("0.00", "paid", 0),
        ("-5000.00", "paid", 0),
        (GONE, "paid", 0),
        (None, "pending", 151800),
    ],
)
def test_what_is_outstanding_is_due(outstanding: Any, financial_status: str, due: int) -> None:
    assert read(total_outstanding=outstanding, financial_status=financial_status).totals.due == due


def test_a_variant_and_a_sku_may_be_null() -> None:
    assert read(TRANSFER).lines == (
        Line(title="Termo 1 L", product_id="8012345678901234799", quantity=Decimal(2), unit_price=Decimal("25000.00")),
    )


def test_the_only_variant_has_no_title() -> None:
    assert read(EASYSELL).lines[0].variant_title == ""


@pytest.mark.parametrize(
    "place",
    ["phone", "shipping_address__phone", "customer__phone", "billing_address__phone", "note_attributes"],
)
def test_finds_the_phone_in_each_of_five_places(place: str) -> None:
    body = edited(edited(ORDER, "shipping_address.phone", "-"), "billing_address", {"phone": None})
    value = [{"name": "Celular / WhatsApp", "value": "3105550101"}] if place == "note_attributes" else "3105550101"
    assert read(body).customer.phones == ()
    assert read(body, **{place: value}).customer.phones == ("3105550101",)


def test_all_phones_are_kept_in_order_without_repeats() -> None:
    draft = read(phone="300", customer__phone="300", billing_address={"phone": 3105550101})
    assert draft.customer.phones == ("300", "+57 310 555 01 01", "3105550101")


def test_reads_a_cod_forms_own_labels_when_there_is_no_address() -> None:
    draft = read(EASYSELL)
    assert draft.customer == Customer(
        name="José Ángel Ibarra",
        email="jose.angel@example.com",
        phones=("0991234567",),
        document="0102030405",
    )
    assert draft.shipping_address == Address(
        address1="Av. Amazonas N24-03 y Colón",
        city="Quito",
        region="Pichincha",
        reference="Edificio azul, piso 2",
    )
    assert draft.attributes["UTM campaign"] == "lanzamiento"
    assert draft.attributes["full_url"] == ""


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Dirección y barrio", "address1"),
        ("Dirección completa con punto de referencia", "address1"),
        ("Barrio", "address2"),
        ("Referencia de domicilio", "reference"),
        ("Municipio", "city"),
        ("Departamento", "region"),
        ("IP address", ""),
        ("Referencia de pago", ""),
    ],
)
def test_reads_a_form_by_the_meaning_of_its_labels(label: str, field: str) -> None:
    address = read(EASYSELL, note_attributes=[{"name": label, "value": "El Retiro"}]).shipping_address
    assert msgspec.structs.asdict(address) == msgspec.structs.asdict(Address()) | (
        {field: "El Retiro"} if field else {}
    )


def test_ships_to_the_billing_address_when_there_is_no_other() -> None:
    draft = read(TRANSFER)
    assert (draft.customer.name, draft.customer.phones) == ("Ana Gómez", ())
    assert draft.shipping_address == Address(
        address1="Cra 7 # 12-30", city="Cali", region="Valle del Cauca", country="CO"
    )


@pytest.mark.parametrize(
    ("tags", "gateways", "financial_status", "payment"),
    [
        ("releasit_cod_form", [], "pending", "cod"),
        ("vip, Releasit_COD_Form", [], "partially_paid", "cod"),
        ("easysell_cod_form", None, None, "cod"),
        ("", ["Pago contra entrega"], "pending", "cod"),
        ("", ["Cash on Delivery (COD)"], "pending", "cod"),
        ("", ["Depósito bancario"], "pending", "pending"),
        ("", [], "pending", "pending"),
        ("releasit_cod_form", [], "voided", "pending"),
        ("releasit_cod_form", ["Cash on Delivery (COD)"], "paid", "prepaid"),
        ("", ["Mercado Pago"], "paid", "prepaid"),
        ("", ["Mercado Pago"], "partially_refunded", "prepaid"),
    ],
)
def test_reads_how_it_is_paid(tags: str, gateways: Any, financial_status: str | None, payment: str) -> None:
    draft = read(tags=tags, payment_gateway_names=gateways, financial_status=financial_status)
    assert draft.payment == payment


def test_a_transfer_is_not_to_be_collected_by_the_courier() -> None:
    draft = read(TRANSFER)
    assert (draft.payment, draft.gateway, draft.totals.due) == ("pending", "Depósito bancario", 50000)


@pytest.mark.parametrize("tag", ["easysell-abandoned-checkout", "abandoned_checkout_releasit_cod_form"])
def test_an_abandoned_form_is_a_draft(tag: str) -> None:
    assert read(tags=f"easysell_cod_form, {tag}").status == "draft"


def test_cancelled_refunded_and_test_orders_say_so() -> None:
    cancelled = read(cancelled_at="2026-11-06T08:00:00-05:00", cancel_reason="customer")
    assert (cancelled.status, cancelled.status_given) == ("cancelled", "customer")
    assert read(financial_status="refunded").status == "cancelled"
    assert read(test=True).test is True


def test_what_is_not_a_whole_order_is_a_notice() -> None:
    order_id = "6012345678901234567"
    parse = SHOPIFY.parse
    assert parse("orders/edited", FIXTURES["edited.json"]) == Notice(kind="edited", external_id=order_id)
    assert parse("orders/delete", FIXTURES["deleted.json"]) == Notice(kind="deleted", external_id=order_id)
    for topic in ("draft_orders/create", "draft_orders/update"):
        assert parse(topic, FIXTURES["draft_order.json"]) == Notice(
            kind="edited", external_id="draft:1123456789012345678", code="draft_order", said="draft"
        )


def test_reads_the_headers() -> None:
    envelope = SHOPIFY.envelope(HEADERS)
    assert envelope.event_id == "98880550-7158-44d4-b7cd-2c97c8a091b5"
    assert envelope.store_key == "mi-tienda.myshopify.com"
    assert envelope.triggered_at == datetime(2026, 11, 5, 0, 5, 14, 123456, tzinfo=UTC)
    assert SHOPIFY.envelope({"x-shopify-webhook-id": "b545"}).event_id == "b545"
    assert SHOPIFY.envelope({"x-shopify-triggered-at": "ayer"}).triggered_at is None


@pytest.mark.parametrize("typed", ["mi-tienda", "https://MI-TIENDA.myshopify.com/admin", "www.mi-tienda.myshopify.com"])
def test_one_spelling_for_a_shop(typed: str) -> None:
    assert SHOPIFY.store_key(typed) == "mi-tienda.myshopify.com"


@pytest.mark.parametrize(
    "typed",
    [
        "https://admin.shopify.com/store/mi-tienda/orders?inContextTimeframe=today",
        "admin.shopify.com/store/Mi-Tienda",
        "mi-tienda",
        "https://MI-TIENDA.myshopify.com/admin",
    ],
)
def test_what_stands_in_the_address_bar_names_the_shop(typed: str) -> None:
    assert SHOPIFY.typed_store(typed) == "mi-tienda.myshopify.com"


@pytest.mark.parametrize(
    "typed",
    [
        "www.mitienda.com",
        "tienda@correo.com",
        "mi tienda bonita",
        "https://admin.shopify.com/",
        "admin.shopify.com/store/",
        "mi-tienda.myshopify.com.co",
        "mi_tienda",
        "http://[",
        ".",
    ],
)
def test_what_names_no_shop(typed: str) -> None:
    """No delivery comes from it: X-Shopify-Shop-Domain is the permanent domain."""
    assert SHOPIFY.typed_store(typed) == ""
