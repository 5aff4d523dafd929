import base64
import hashlib
import hmac
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from comanda.connectors.contract import Contract, edited, fixtures
from comanda.connectors.draft import Address, Customer, Draft, Line, Notice
from comanda.connectors.woocommerce.connector import WooCommerce
from comanda.problems import Problem

WOO = WooCommerce()
FIXTURES = fixtures(WOO)
ORDER = FIXTURES["order.json"]
SIGNATURE = "x-wc-webhook-signature"
HEADERS = {
    "user-agent": "WooCommerce/9.8.3 Hookshot (WordPress/6.8)",
    "x-wc-webhook-source": "https://www.Tienda.example/colombia/",
    "x-wc-webhook-topic": "order.created",
    "x-wc-webhook-resource": "order",
    "x-wc-webhook-event": "created",
    "x-wc-webhook-id": "7",
    "x-wc-webhook-delivery-id": "e3b0c44298fc1c149afbf4c8996fb924",
}


def signed(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def read(body: bytes = ORDER, **changes: Any) -> Draft:
    """The order as read, with some of its fields changed: `billing__city="Cali"`."""
    for path, value in changes.items():
        body = edited(body, path.replace("__", "."), value)
    draft = WOO.parse("order.updated", body)
    assert isinstance(draft, Draft)
    return draft


class TestContract(Contract):
    connector = WOO
    topic = "order.created"
    signature = SIGNATURE
    headers = HEADERS
    required = ("id", "currency", "total", "line_items", "line_items[0].name", "line_items[1].quantity")
    amounts = ("total", "shipping_total", "line_items[0].quantity", "line_items[1].price", "line_items[1].subtotal")
    times = ("date_created_gmt", "date_modified_gmt")

    def sign(self, body: bytes, secret: str) -> str:
        return signed(body, secret)


def test_reads_a_cod_order() -> None:
    draft = read()
    assert (draft.external_id, draft.number, draft.mark) == ("4817", "PED-4817", "wc_order_Zk3nB1xYqWe8D")
    assert draft.ordered_at == datetime(2026, 11, 4, 2, 40, 7, tzinfo=UTC)
    assert draft.updated_at == datetime(2026, 11, 4, 2, 40, 9, tzinfo=UTC)
    assert (draft.status, draft.status_given, draft.test) == ("open", "processing", False)
    assert (draft.payment, draft.gateway, draft.currency) == ("cod", "Pago contra entrega", "COP")
    assert draft.note == "Llamar antes & timbrar: torre 2"
    assert draft.customer == Customer(
        name="María José Núñez & Hijas",
        email="mariajose@example.com",
        phones=("300 123 4567", "573007654321"),
        document="1.020.304.050",
    )
    assert draft.shipping_address == Address(
        address1="Cra 43A # 1-50 Apto 301",
        address2="El Poblado",
        city="Medellín",
        region="CO-ANT",
        country="CO",
        reference="Frente al parque",
    )


def test_reads_lines_as_the_buyer_saw_them() -> None:
    assert read().lines == (
        Line(
            title="Camiseta “Sol” – Niño",
            variant_title="Negro / M",
            product_id="93",
            variant_id="94",
            sku="CAM-SOL-N-M",
            quantity=Decimal(3),
            unit_price=Decimal("33333.3333"),
        ),
        Line(title="Lámpara de sal 2 kg", quantity=Decimal(1), unit_price=Decimal(55333)),
    )


@pytest.mark.parametrize(
    ("name", "parent", "options", "title"),
    [
        ("Faja Reductora - M", None, ["M"], "Faja Reductora"),  # parent_name came with WooCommerce 4.x
        ("Faja - Talla S - M", "Faja", ["Talla S - M"], "Faja"),
        ("Faja &amp; Cinta - Azul Rey, M", "Faja &amp; Cinta", ["azul-rey", "M"], "Faja & Cinta"),
        ("Faja - Negro, M", "Faja", ["M"], "Faja - Negro, M"),  # whatever the options do not say stays
        ("Faja", "Faja", ["Negro", "M", "Largo", "Liso"], "Faja"),  # more than three are not put behind it
        ("Faja - 🔥", None, [], "Faja - 🔥"),
        (" - M", "", ["M"], "- M"),
    ],
)
def test_the_options_are_not_told_twice(name: str, parent: str | None, options: list[str], title: str) -> None:
    metas = [{"key": f"pa_{index}", "value": "x", "display_value": each} for index, each in enumerate(options)]
    changed = {"name": name, "parent_name": parent, "meta_data": metas}
    body = edited(ORDER, "line_items[0]", msgspec.json.decode(ORDER)["line_items"][0] | changed)
    line = read(body).lines[0]
    assert (line.title, line.variant_title, line.variant_id) == (title, " / ".join(options), "94")


def test_reads_old_metas_without_display_values() -> None:
    old = [{"key": "pa_color", "value": "azul-rey"}, {"key": "size", "value": "XL"}, {"key": "pa_x", "value": ["a"]}]
    for metas, title in ((old, "azul-rey / XL"), ({"1": old[0]}, "azul-rey"), ([], ""), (None, "")):
        assert read(edited(ORDER, "line_items[0].meta_data", metas)).lines[0].variant_title == title


@pytest.mark.parametrize(
    ("price", "total", "quantity", "unit"),
    [
        (12, "99", 2, "12"),
        (12.5, "99", 2, "12.5"),
        ("12.50", "99", 2, "12.50"),
        (None, "99", 2, "49.5"),
        (None, "100", 3, "33.3333"),
        (None, "99", 0, "99"),
        (0, None, 1, "0"),
    ],
)
def test_takes_the_price_else_the_total_by_quantity(price: Any, total: Any, quantity: Any, unit: str) -> None:
    line = {"name": "Termo", "price": price, "total": total, "quantity": quantity}
    assert read(line_items=[line]).lines[0].unit_price == Decimal(unit)


def test_adds_up_the_totals_and_leaves_fees_to_the_total() -> None:
    totals = read().totals
    assert (totals.subtotal, totals.discount, totals.shipping) == (160333, 5000, 12000)
    assert (totals.tax, totals.total, totals.due) == (0, 170333, 170333)
    fee = totals.total - (totals.subtotal - totals.discount + totals.shipping + totals.tax)
    assert fee == 3000


def test_a_refund_does_not_lower_the_total() -> None:
    draft = read(FIXTURES["order_paid.json"])
    assert (draft.payment, draft.status, draft.status_given) == ("prepaid", "open", "enviado")
    assert (draft.totals.total, draft.totals.tax, draft.totals.due) == (Decimal("150990.00"), Decimal("24107.56"), 0)


def test_ships_to_the_shipping_address_as_one_whole() -> None:
    draft = read(FIXTURES["order_paid.json"])
    assert draft.customer.name == "Doña Inés de Peña"
    assert draft.customer.phones == ("+57 601 555 0101", "315-000-1122")
    assert draft.shipping_address == Address(
        address1="Vereda La Unión, finca El Guáimaro", address2="km 4", city="Armenia", country="CO"
    )


def test_lends_parts_only_between_addresses_that_do_not_differ() -> None:
    same = read(shipping__address_1="CRA 43A #1-50 Apto 301", shipping__city="-").shipping_address
    assert (same.city, same.region, same.country) == ("Medellín", "CO-ANT", "CO")
    other = read(shipping__address_1="Calle 9 # 3-21").shipping_address
    assert (other.city, other.region, other.country) == ("", "", "")
    elsewhere = read(shipping__city="Cali").shipping_address
    assert (elsewhere.address1, elsewhere.city, elsewhere.region) == ("", "Cali", "")


def test_an_order_without_any_buyer_is_still_read() -> None:
    draft = read(FIXTURES["order_checkout_draft.json"])
    assert (draft.status, draft.status_given, draft.payment) == ("draft", "checkout-draft", "pending")
    assert (draft.customer, draft.shipping_address) == (Customer(document="52.111.222"), Address())
    assert (draft.lines, draft.updated_at) == ((), None)
    assert read(billing=["php"], shipping=None).shipping_address == Address(
        address2="El Poblado", reference="Frente al parque"
    )


def test_control_characters_are_left_out() -> None:
    assert read(customer_note="a\x00b\nc&#0;", billing__city="\x1f").note == "ab\nc\ufffd"


def test_keeps_the_plain_metas_as_attributes() -> None:
    assert read().attributes == {
        "Barrio": "El Poblado",
        "billing_whatsapp": "573007654321",
        "tipo_documento": "CC",
        "document_url": "https://tienda.example/guia.pdf",
        "utm_campaign": "dia_sin_iva",
        "is_vat_exempt": "no",
    }


@pytest.mark.parametrize(
    ("key", "document"),
    [
        ("_billing_cedula", "52.111.222"),
        ("billing_document", "52.111.222"),
        ("Número de cédula", "52.111.222"),
        ("_wc_billing/whatsapp-shop/nit", "52.111.222"),
        ("_billing_address_index", ""),
        ("_dni_checked", ""),
        ("tipo_de_documento", ""),
    ],
)
def test_finds_the_document_by_the_label_of_its_meta(key: str, document: str) -> None:
    assert read(meta_data=[{"key": key, "value": "52.111.222"}]).customer.document == document


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("pending", "open"),
        ("failed", "open"),
        ("enviado", "open"),
        (None, "open"),
        ("cancelled", "cancelled"),
        ("refunded", "cancelled"),
        ("trash", "cancelled"),
        ("checkout-draft", "draft"),
        ("auto-draft", "draft"),
        ("draft", "draft"),
    ],
)
def test_reads_the_status(given: str | None, status: str) -> None:
    assert (read(status=given).status, read(status=given).status_given) == (status, given or "")


@pytest.mark.parametrize(
    ("method", "title", "status", "paid", "payment"),
    [
        ("cod", "Contra entrega", "processing", None, "cod"),
        ("cod", "Contra entrega", "on-hold", None, "cod"),
        ("cod", "Contra entrega", "enviado", "2026-11-05T10:00:00", "cod"),
        ("cod", "Contra entrega", "completed", "2026-11-05T10:00:00", "prepaid"),
        ("cod", "Contra entrega", "completed", None, "cod"),
        ("cod", "Contra entrega", "failed", None, "pending"),
        ("otro_cod_gateway", "", "processing", None, "cod"),
        ("custom_1", "Paga al recibir", "processing", None, "cod"),
        ("bacs", "Transferencia", "on-hold", None, "pending"),
        ("bacs", "Transferencia", "enviado", None, "pending"),
        ("bacs", "Transferencia", "processing", None, "prepaid"),
        ("wompi", "Nequi", "pending", None, "pending"),
        ("wompi", "Nequi", "failed", "2026-11-05T10:00:00", "pending"),
        ("wompi", "Nequi", "enviado", "2026-11-05T10:00:00", "prepaid"),
        ("", "", "processing", None, "prepaid"),
    ],
)
def test_reads_how_it_is_paid(method: str, title: str, status: str, paid: str | None, payment: str) -> None:
    draft = read(payment_method=method, payment_method_title=title, status=status, date_paid_gmt=paid)
    assert draft.payment == payment
    assert draft.totals.due == (0 if payment == "prepaid" else 170333)
    assert draft.gateway == title or method


def test_local_dates_stand_in_and_an_order_without_a_date_is_unreadable() -> None:
    assert read(date_created_gmt=None).ordered_at == datetime(2026, 11, 3, 21, 40, 7, tzinfo=UTC)
    with pytest.raises(Problem) as caught:
        read(date_created_gmt="", date_created=None)
    assert (caught.value.code, caught.value.facts["path"]) == ("order_unreadable", "date_created_gmt")


def test_a_deleted_order_is_a_notice_by_any_topic() -> None:
    for topic in ("order.deleted", "order.updated"):
        assert WOO.parse(topic, FIXTURES["deleted.json"]) == Notice(kind="deleted", external_id="4817")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("error_not_found.json", "store_order_not_found"),
        ("error_cannot_view.json", "store_unauthorized"),
        ("error_no_route.json", "store_unavailable"),
    ],
)
def test_the_shops_errors_are_notices_in_its_own_words(name: str, code: str) -> None:
    for topic in sorted(WOO.topics):
        notice = WOO.parse(topic, FIXTURES[name])
        assert isinstance(notice, Notice)
        assert (notice.kind, notice.code, notice.external_id) == ("error", code, "")
        assert notice.said == msgspec.json.decode(FIXTURES[name])["message"]


def test_an_error_may_name_its_order() -> None:
    notice = WOO.parse("order.updated", edited(FIXTURES["error_cannot_view.json"], "data", {"order_id": 4817}))
    assert isinstance(notice, Notice)
    assert notice.external_id == "4817"


def test_an_order_with_a_message_of_a_plugins_is_no_error() -> None:
    body = edited(edited(edited(ORDER, "code", "x"), "message", "y"), "total", None)
    with pytest.raises(Problem) as caught:
        WOO.parse("order.updated", body)
    assert caught.value.facts["path"] == "total"


def test_knows_an_order_by_its_key_or_by_its_fields() -> None:
    assert WOO.recognises({"order_key": "wc_order_1"})
    assert WOO.recognises({"order_key": "renamed", "billing": {}, "line_items": [], "date_created_gmt": None})
    assert not WOO.recognises({"order_key": None, "billing": {}, "line_items": []})


def test_the_delivery_id_is_no_event_id() -> None:
    envelope = WOO.envelope(HEADERS)
    assert (envelope.event_id, envelope.triggered_at) == ("", None)
    assert envelope.store_key == "tienda.example/colombia"
    assert WOO.envelope({"x-wc-webhook-topic": "Order.Updated"}).topic == "order.updated"


def test_a_ping_is_exactly_the_webhooks_number_unsigned() -> None:
    assert WOO.is_ping({"user-agent": "WooCommerce/9.8.3 Hookshot"}, b"webhook_id=123")
    for body in (
        b"webhook_id=",
        b"webhook_id=12a",
        b"webhook_id=1&x=2",
        b"webhook_id=1\n",
        b" webhook_id=1",
        b"",
        ORDER,
    ):
        assert not WOO.is_ping({}, body), body
    assert not WOO.is_ping({"x-wc-webhook-id": "123"}, b"webhook_id=123")


@pytest.mark.parametrize(
    ("typed", "signs"),
    [
        ("woo-Secret&1", "woo-Secret&1"),
        ("a&amp;b &quot;c&quot; &#039;d&#039; &lt;e&gt;", "a&b \"c\" 'd' <e>"),
        ("cl&ave'larga<1", "cl&amp;ave&#039;larga&lt;1"),
        ("a&amp;b  <i>por REST</i>", "a&b  <i>por REST</i>"),
        ("<b>clave-segura</b>", "clave-segura"),
        ("clave  con%20blancos ", "clave conblancos"),
        ("a&copy=secreto", "a&copy=secreto"),
        (" Gw}v 0~|x`P5&<W lR>#!kz%a ", " Gw}v 0~|x`P5&<W lR>#!kz%a "),
    ],
)
def test_verifies_a_secret_however_woocommerce_kept_it(typed: str, signs: str) -> None:
    WOO.verify({SIGNATURE: signed(ORDER, signs)}, ORDER, [typed])


def test_a_secret_in_brackets_is_not_guessable_by_what_is_left_of_it() -> None:
    for rest in ("x", ""):
        with pytest.raises(Problem):
            WOO.verify({SIGNATURE: signed(ORDER, rest)}, ORDER, ["<una-clave-muy-larga>" + rest])


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("https://www.mi-tienda.com/", "mi-tienda.com"),
        ("https://mi-tienda.com/wp-admin/edit.php?post_type=shop_order", "mi-tienda.com"),
        ("https://mi-tienda.com/tienda/wp-login.php", "mi-tienda.com/tienda"),
        ("localhost:8080", "localhost:8080"),
        ("tienda@correo.com", ""),
        ("mi tienda bonita", ""),
        ("http://[", ""),
    ],
)
def test_the_address_of_a_shop_as_it_is_typed(typed: str, key: str) -> None:
    """Pages of wp-admin are no part of it: X-WC-Webhook-Source is the home's address."""
    assert WOO.typed_store(typed) == key
