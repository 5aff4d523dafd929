from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from comanda.catalogue.lookup import store_variant_key
from comanda.connectors import configured, glimpse, recognise
from comanda.connectors.base import Setup
from comanda.connectors.contract import SecretUrl, edited, fixtures
from comanda.connectors.draft import Address, Customer, Draft, Line, Notice
from comanda.connectors.funnelish.connector import Funnelish, meaning_of
from comanda.orders.check import valid_phone
from comanda.problems import Problem

FUNNELISH = Funnelish()
FIXTURES = fixtures(FUNNELISH)
ORDER = FIXTURES["order.json"]
PLAIN: dict[str, Any] = {
    "event": "purchase",
    "id": 71,
    "first_name": "Ana",
    "phone": "3005550101",
    "address": "Calle 10 # 43-21",
    "city": "Medellín",
    "state": "Antioquia",
    "products": [{"name": "Faja", "amount": 109900}],
}


class TestContract(SecretUrl):
    connector = FUNNELISH
    topic = "purchase"
    headers = {"content-type": "application/json", "user-agent": "Funnelish"}
    required = ("id", "products", "products[0].name", "products[0].amount")
    amounts = ("products[0].amount", "products[1].quantity")
    times = ("created_at",)

    @pytest.mark.parametrize("junk", ["diez", "NaN", "1e999999", "9" * 40])
    @pytest.mark.parametrize("name", ["total", "order_total", "amount", "products[0].price"])
    def test_absurd_totals_are_named_too(self, name: str, junk: str) -> None:
        assert self.fault(edited(self.good(), name, junk)) == name


def said(**fields: Any) -> bytes:
    """A small purchase with other fields; those that are None are not sent."""
    return msgspec.json.encode({name: value for name, value in {**PLAIN, **fields}.items() if value is not None})


def read(body: bytes | None = None, **fields: Any) -> Draft:
    draft = FUNNELISH.parse("purchase", said(**fields) if body is None else body)
    assert isinstance(draft, Draft)
    return draft


def of_line(**product: Any) -> Line:
    (line,) = read(products=[{"name": "Faja", "amount": 109900} | product]).lines
    return line


def of_name(name: str, variant: str = "") -> str:
    return store_variant_key(of_line(name=name, variant_name=variant))


def test_reads_a_purchase() -> None:
    draft = read(ORDER)
    assert (draft.external_id, draft.number, draft.status, draft.test) == ("FN-900817", "FN-900817", "open", False)
    assert draft.ordered_at == datetime(2026, 11, 23, 9, 30, 5, tzinfo=timezone(timedelta(hours=-5)))
    assert (draft.updated_at, draft.currency) == (None, "")  # the journey fills in: the arrival, the account's
    assert draft.customer == Customer(
        name="María José Núñez",
        email="mariajose@example.com",
        phones=("57 300 555 0101",),
        document="1.020.304.050",
    )
    assert draft.shipping_address == Address(
        address1="Cra 43A # 1-50 Apto 301",
        address2="El Poblado",
        city="medellin",
        region="Antioquia",
        country="CO",
        reference="Frente al parque",
    )
    assert draft.lines == (
        Line(
            title="Faja  Reductora 🔥",
            variant_title="NEGRO / MUJER - M",
            quantity=Decimal(1),
            unit_price=Decimal(109900),
        ),
        Line(title="PACK X2 TÉ DETOX", quantity=Decimal(2), unit_price=Decimal(44950)),
    )
    assert (draft.totals.subtotal, draft.totals.total, draft.totals.due) == (199800, 199800, 199800)
    assert draft.payment == "cod"


def test_reads_one_that_is_paid_and_nests() -> None:
    draft = read(FIXTURES["order_online.json"])
    assert (draft.external_id, draft.number, draft.currency) == ("7731150", "20418", "COP")
    assert (draft.payment, draft.gateway, draft.status_given) == ("prepaid", "Stripe", "succeeded")
    assert (draft.totals.total, draft.totals.due) == (Decimal("154850.5"), 0)
    assert draft.ordered_at == datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC)
    assert draft.customer == Customer(name="Óscar Iván Muñoz", email="oscar@example.com", phones=("3105550106",))
    assert draft.shipping_address == Address(
        address1="Carrera 23 # 62-39",
        address2="Casa 4",
        city="Manizales",
        region="CAL",
        country="Colombia",
        postcode="170001",
    )
    assert draft.attributes == {"reference": "pi_3Qx0Test", "customer.customer_id": "9"}


@pytest.mark.parametrize("name", ["order.json", "order_online.json", "order_upsell.json"])
def test_nobody_else_takes_its_orders(name: str) -> None:
    assert isinstance(recognise(FIXTURES[name]), Funnelish)
    draft = read(FIXTURES[name])
    unreadable = edited(FIXTURES[name], "products[0].amount", {})
    data = msgspec.json.decode(FIXTURES[name])
    assert glimpse(FUNNELISH, unreadable) == (str(data.get("id", data.get("order_id"))), draft.number)
    nameless = msgspec.json.decode(unreadable) | {"id": 0, "order_id": None, "order_number": "", "reference": "R-7"}
    assert glimpse(FUNNELISH, msgspec.json.encode(nameless)) == ("R-7", "R-7")


@pytest.mark.parametrize(
    ("event", "meaning"),
    [
        ("purchase", "purchase"),
        ("On Purchase", "purchase"),
        ("newPurchase", "purchase"),
        ("", "purchase"),
        ("upsell_purchase", "purchase"),
        ("purchase_attempt", "attempt"),
        ("PurchaseAttempt", "attempt"),
        ("purchase failed", "attempt"),
        ("refund", "refund"),
        ("On Refund", "refund"),
        ("order.cancelled", "refund"),
        ("partial_refund", "other"),
        ("optin", "other"),
        ("Opt-In", "other"),
        ("recurring_payment", "other"),
        ("Recurring Payment Fails", "other"),
        ("new_subscription", "other"),
        ("Subscription Canceled", "other"),
        ("subscription_purchase", "other"),
        ("page_view", "other"),
    ],
)
def test_the_event_in_the_body_decides(event: str, meaning: str) -> None:
    assert meaning_of(event) == meaning


def test_a_body_without_an_event_is_a_purchase() -> None:
    assert read(event=None).status == "open"
    assert read(event=None, event_type="refund").status == "cancelled"
    assert read(event={"name": "refund"}).status == "cancelled"


def test_a_refund_takes_the_order_back() -> None:
    draft = read(FIXTURES["refund.json"])
    assert (draft.external_id, draft.status, draft.status_given) == ("FN-900817", "cancelled", "refund")
    assert (draft.customer.name, len(draft.lines)) == ("María José Núñez", 1)
    bare = read(FIXTURES["refund_bare.json"])
    assert (bare.external_id, bare.status, bare.lines) == ("FN-900817", "cancelled", ())
    assert read(event="refund", products=[{"name": None}]).status == "cancelled"
    assert read(payment_status="refunded").status == "cancelled"
    assert isinstance(FUNNELISH.parse("purchase", b'{"event":"refund","email":"ana@example.com"}'), Notice)


def test_an_attempt_is_a_draft_older_than_its_purchase() -> None:
    draft = read(FIXTURES["purchase_attempt.json"])
    assert (draft.status, draft.status_given) == ("draft", "purchase_attempt")
    assert draft.updated_at == datetime(1970, 1, 1, tzinfo=UTC)
    told = FUNNELISH.parse("purchase", b'{"event":"purchase_attempt","id":7,"products":"?"}')
    assert told == Notice(kind="edited", external_id="purchase attempt:7", topic="purchase_attempt")


@pytest.mark.parametrize("name", ["optin.json", "recurring_payment_fails.json"])
def test_what_is_no_purchase_is_a_word_and_no_failure(name: str) -> None:
    told = FUNNELISH.parse("purchase", FIXTURES[name])
    assert isinstance(told, Notice)
    assert (told.code, told.topic) == ("topic_ignored", name.partition(".")[0])
    assert told.external_id == ("optin:4411" if name == "optin.json" else "")
    assert FUNNELISH.parse("purchase", said(event="new_subscription")) == Notice(
        kind="edited", external_id="new subscription:71", topic="new_subscription"
    )


@pytest.mark.parametrize(
    ("fields", "id_", "number"),
    [
        ({"id": 71, "order_id": "A-1", "order_number": 9}, "71", "9"),
        ({"id": None, "order_id": "A-1"}, "A-1", "A-1"),
        ({"id": "-", "order_id": 0, "order_number": "#9", "reference": "pi_1"}, "#9", "#9"),
        ({"id": "", "reference": "pi_1"}, "pi_1", "pi_1"),
    ],
)
def test_an_order_is_known_by_the_first_id_that_it_has(fields: dict[str, Any], id_: str, number: str) -> None:
    draft = read(**fields)
    assert (draft.external_id, draft.number) == (id_, number)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"first_name": "Ana", "last_name": "Ríos"}, "Ana Ríos"),
        ({"first_name": "-", "full_name": "Ana Ríos"}, "Ana Ríos"),
        ({"first_name": None, "name": "Ana Ríos"}, "Ana Ríos"),
        ({"first_name": None, "name": "PACK X2", "customer": {"first_name": "Ana"}}, "Ana"),
        ({"first_name": None, "name": "PACK X2", "shipping": {"name": "Ana Ríos"}}, "Ana Ríos"),
        ({"first_name": None, "funnel_name": "Embudo 1", "meta": {"Nombre de la mascota": "Lulú"}}, ""),
    ],
)
def test_names_in_all_their_places(fields: dict[str, Any], name: str) -> None:
    assert read(**fields).customer.name == name


SPELLINGS = ["3005550101", "573005550101", "+57 300 555 0101", "57 300-555-0101", 573005550101, " 300 555 01 01 "]


@pytest.mark.parametrize("phone", SPELLINGS)
def test_phones_with_and_without_the_countrys_code(phone: str | int) -> None:
    (given,) = read(phone=phone).customer.phones
    assert valid_phone(given, "CO") == "+573005550101"


def test_every_phone_is_kept_and_none_is_no_fault() -> None:
    assert read(phone=None).customer.phones == ()
    assert read(phone="-", support_phone="6015550000").customer.phones == ()
    many = read(phone="0", customer={"phone": "3005550101"}, meta={"WhatsApp": "3015550102"})
    assert many.customer.phones == ("0", "3005550101", "3015550102")


@pytest.mark.parametrize(
    "email", ["sinemail@gmail.com", "no@tiene.com", "no-tiene-correo@x.co", "correo@correo.com", "noreply@x.co", "n/a"]
)
def test_an_email_that_is_made_up_is_none(email: str) -> None:
    assert read(optin_email=email).customer.email == ""
    assert read(optin_email=email, email="nora@example.com").customer.email == "nora@example.com"


def test_the_shipping_address_before_any_other() -> None:
    to = {"shipping_address": "Carrera 7 # 72-41", "shipping_city": "Bogotá", "shipping_state": "DC"}
    both = read(**to, address2="Apto 301", zip="050021").shipping_address
    assert both == Address(address1="Carrera 7 # 72-41", city="Bogotá", region="DC")
    mixed = read(city=None, state=None, shipping_city="Cali", shipping_state="Valle", country="CO").shipping_address
    assert mixed == Address(address1="Calle 10 # 43-21", city="Cali", region="Valle", country="CO")
    agreed = read(shipping_address={"address1": "CALLE 10 #43-21", "address2": "Casa 4"}).shipping_address
    assert agreed == Address(address1="CALLE 10 #43-21", address2="Casa 4", city="Medellín", region="Antioquia")
    nowhere = {"address": None, "city": None, "state": None}
    billed = read(**nowhere, billing={"address": "Calle 1", "city": "Cali"}, shipping=12000).shipping_address
    assert (billed.address1, billed.city) == ("Calle 1", "Cali")
    asked = read(**nowhere, form={"Dirección": "Calle 2", "Ciudad": "Pasto"}, utm_city="Lima", ip_city="Quito")
    assert (asked.shipping_address.address1, asked.shipping_address.city) == ("Calle 2", "Pasto")


def test_products_are_known_by_name_whatever_their_spelling() -> None:
    same = {
        of_name(title) for title in ("Faja  Reductora 🔥", "FAJA REDUCTORA", " faja reductóra ", "🔥Faja®  Reductora™️!")
    }
    assert same == {"t:faja reductora|"}
    assert of_name("Faja", "NEGRO / M") == of_name("FAJA 🔥", "Negro/m") == of_name("faja", " negro - M 🖤")
    assert of_name("Faja", "N/A") == of_name("Faja", "-") == of_name("Faja")
    assert len({of_name(title) for title in ("🔥", "💧", "❤️", "***", "+", "…")}) == 6
    assert of_name("❤️") == of_name(" ❤ ")
    assert len({of_name("Gorra", variant) for variant in ("🔴", "🔵", "")}) == 3
    assert len({of_name("PACK X2"), of_name("PACK X3"), of_name("PACK")}) == 3


def test_a_products_id_may_be_the_lines_and_is_let_be() -> None:
    assert store_variant_key(of_line(id=55)) == store_variant_key(of_line(id=56)) == "t:faja|"
    assert read(products=[{"id": 55, "name": "Faja", "amount": 1}]).attributes == {"products.0.id": "55"}


@pytest.mark.parametrize(
    ("product", "each"),
    [
        ({"amount": 130000}, 130000),
        ({"amount": 130000, "quantity": 2}, 65000),
        ({"amount": "130000", "quantity": "2", "price": "65000"}, 65000),
        ({"amount": 65000, "quantity": 2, "price": 65000}, 65000),
        ({"amount": None, "quantity": 2, "price": 65000}, 65000),
        ({"amount": 130000, "price": 159900}, 130000),
        ({"amount": 100000, "quantity": 3}, Decimal("33333.3333")),
        ({"amount": 0}, 0),
    ],
)
def test_an_amount_is_what_the_line_costs(product: dict[str, Any], each: int | Decimal) -> None:
    assert of_line(**product).unit_price == each


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("130.000", 130000),
        ("$ 130.000", 130000),
        ("1.130.000,50", Decimal("1130000.5")),
        ("COP 130,000.00", 130000),
        ("130000.5", Decimal("130000.5")),
        ("0.500", Decimal("0.5")),
        (" 19,9 ", Decimal("19.9")),
        (130000.0, 130000),
    ],
)
def test_amounts_as_people_write_them(written: Any, meant: int | Decimal) -> None:
    assert of_line(amount=written).unit_price == meant
    assert read(total=written).totals.total == meant


def test_the_total_is_what_is_told_else_the_lines() -> None:
    lines = [{"name": "Faja", "amount": 100000, "quantity": 3}, {"name": "Té", "price": 20000, "quantity": 2}]
    assert read(products=lines).totals.total == 140000
    for name in ("total", "amount", "order_total"):
        assert read(products=lines, **{name: "152000"}).totals.due == 152000
    assert [line.unit_price for line in read(total=90000, products=[{"name": "Faja"}]).lines] == [90000]
    assert [line.unit_price for line in read(total=90000, products=[{"name": "A"}, {"name": "B"}]).lines] == [0, 0]


@pytest.mark.parametrize(
    ("fields", "payment"),
    [
        ({}, "cod"),
        ({"payment_type": "one_time"}, "cod"),
        ({"gateway": "", "payment_status": None}, "cod"),
        ({"payment_method": "Pago Contra Entrega 🚚"}, "cod"),
        ({"payment_gateway": "cod", "payment_status": "succeeded"}, "cod"),
        ({"payment_type": "Contraentrega", "payment_status": "pending"}, "cod"),
        ({"payment_status": "succeeded"}, "prepaid"),
        ({"gateway": "Stripe", "payment_status": "Paid"}, "prepaid"),
        ({"payment_status": "PAGADO"}, "prepaid"),
        ({"paid": True}, "prepaid"),
        ({"payment": {"method": "card", "status": "captured"}}, "prepaid"),
        ({"payment": "Pago anticipado"}, "prepaid"),
        ({"payment_status": "pending"}, "pending"),
        ({"payment_status": "no pagado"}, "pending"),
        ({"payment_status": "partially_paid"}, "pending"),
        ({"payment_status": "failed"}, "pending"),
        ({"paid": False}, "pending"),
        ({"gateway": "Stripe"}, "pending"),
        ({"transaction": {"gateway": "Wompi", "paid": 0}}, "pending"),
    ],
)
def test_how_it_is_paid(fields: dict[str, Any], payment: str) -> None:
    draft = read(**fields)
    assert draft.payment == payment
    assert draft.totals.due == (0 if payment == "prepaid" else 109900)


def test_an_account_has_names_of_its_own_for_cash_on_delivery() -> None:
    ours = configured("funnelish", Setup(cod_methods=("pagas en casa",)))
    draft = ours.parse("purchase", said(gateway="Pagas en casa"))
    assert isinstance(draft, Draft)
    assert (draft.payment, read(gateway="Pagas en casa").payment) == ("cod", "pending")


def test_what_nobody_knows_is_kept_and_bounded() -> None:
    draft = read(ORDER)
    assert draft.attributes["funnel_name"] == "Embudo Fajas — Noviembre 🔥"
    assert draft.attributes["meta.cedula"] == "1.020.304.050"
    assert draft.attributes["extra_data.Punto de referencia"] == "Frente al parque"
    assert not {"first_name", "phone", "event", "id", "products", "shipping_city", "tags", "meta.fbclid"} & {
        *draft.attributes
    }
    deep: dict[str, Any] = {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}, "b": "ñ" * 900}
    many = read(meta=deep, **{f"campo_{number}": number for number in range(300)}).attributes
    assert (len(many), len(many["meta.b"]), "campo_98" in many) == (100, 500, True)
    odd = read(city={"name": "Medellín"}, customer={"phone": ["3005550101"]}).attributes
    assert odd == {"city.name": "Medellín", "customer.phone.0": "3005550101"}
    assert all(len(name) <= 120 for name in read(**{"x" * 900: 1}).attributes)


def test_a_test_purchase_says_so() -> None:
    assert [read(**flag).test for flag in ({"test": True}, {"is_test": "1"}, {"test_mode": "yes"})] == [True] * 3
    assert [read(**flag).test for flag in ({"test": False}, {"is_test": "0"}, {"test": None})] == [False] * 3


@pytest.mark.parametrize("given", ["2026-11-23T14:30:05Z", "2026-11-23 14:30:05", "1795444205", 1795444205])
def test_dates_in_all_their_spellings(given: Any) -> None:
    assert read(created_at=given).ordered_at == datetime(2026, 11, 23, 14, 30, 5, tzinfo=UTC)
    assert read(created_at="").ordered_at is None


@pytest.mark.parametrize("currency", ["cop", " COP "])
def test_a_currency_that_is_none_is_the_accounts(currency: str) -> None:
    assert (read(currency=currency).currency, read(currency="$").currency, read().currency) == ("COP", "", "")


def test_what_an_order_needs_is_named() -> None:
    with pytest.raises(Problem) as caught:
        read(products=[{"name": "Faja", "amount": 1}, {"name": "Té"}])
    assert caught.value.facts["path"] == "products[1].amount"
