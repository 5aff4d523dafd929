"""Who buys and where it goes: the parts of JumpSeller's addresses, phones and free fields."""

from typing import Any

import pytest

from comanda.connectors.draft import Address, Customer
from comanda.connectors.jumpseller.test_jumpseller import FIXTURES, read


def test_an_order_to_be_fetched_goes_nowhere_and_says_where_it_is_fetched() -> None:
    draft = read(FIXTURES["order_pickup.json"])
    assert draft.shipping_address == Address(reference="Local del Virrey, Calle 85 12-10, Bogotá")
    assert (draft.customer.name, draft.customer.document, draft.payment) == ("", "900.123.456-7", "pending")
    assert read(shipping_address=None, shipping_option="no_shipping").shipping_address == Address()
    fetched = read(shipping_address=None, shipping_option=None, pickup_address={"city": "Cali"}).shipping_address
    assert fetched == Address(reference="Cali")


def test_without_a_shipping_address_the_billing_one_counts_as_a_whole() -> None:
    for nothing in (None, {}, {"name": "Luz", "country": "Colombia"}):
        address = read(shipping_address=nothing, billing_address__address="Calle 5 # 38-25").shipping_address
        assert (address.address1, address.city, address.region) == ("Calle 5 # 38-25", "Cali", "Valle del Cauca")
    kept = read(shipping_address={"address": "Calle 9 # 3-21"}).shipping_address
    assert kept == Address(address1="Calle 9 # 3-21")


def test_reads_a_cod_form_by_its_labels() -> None:
    draft = read(FIXTURES["order_form.json"], "order_pending_payment")
    assert (draft.payment, draft.status, draft.ordered_at, draft.currency) == ("cod", "open", None, "")
    assert draft.customer == Customer(
        name="Inés Cárdenas de Peña",
        email="ines@example.com",
        phones=("3115550107",),
        document="42.555.107",
    )
    assert draft.shipping_address == Address(
        address1="Calle 19 # 8-34",
        address2="Centro",
        city="Pereira",
        region="Risaralda",
        country="Colombia",
        reference="Frente al parque",
    )


def test_a_label_that_comes_twice_counts_where_it_is_first_filled_in() -> None:
    fields = [{"label": "NIT", "value": value, "area": "shipping"} for value in (None, " ", "900.1", "900.2")]
    assert read(additional_fields=fields).attributes == {"NIT": "900.1"}
    assert read(additional_fields=[{"value": "x"}, {"label": "", "value": "x"}]).attributes == {}


def test_the_tax_id_goes_before_the_forms_document() -> None:
    assert read(billing_address__taxid="900.1-2").customer.document == "900.1-2"
    assert read(billing_address__taxid="-").customer.document == "34.555.010"
    assert read(billing_address=None).customer.document == "34.555.010"


def test_a_name_stands_in_several_places() -> None:
    assert read(shipping_address__name=None, shipping_address__surname="").customer.name == "Comercial Ñáñez SAS"
    nameless = {"shipping_address__name": None, "shipping_address__surname": None, "billing_address__name": "-"}
    assert read(**nameless).customer.name == "Luz D. Ñáñez"
    assert read(customer__fullname="luz@example.com", **nameless).customer.name == ""
    assert read(customer=None).customer.email == ""


@pytest.mark.parametrize(
    ("prefix", "phone", "phones"),
    [
        ("+57", "310 555 01 01", ("+57 310 555 01 01",)),
        ("57", 3105550101, ("+57 3105550101",)),
        (57, "3105550101", ("+57 3105550101",)),
        (None, "310 555 01 01", ("310 555 01 01",)),
        ("CO", "310 555 01 01", ("310 555 01 01",)),
        ("+57", "+56 9 8765 4321", ("+56 9 8765 4321",)),
        ("+57", "0057 310 555 01 01", ("0057 310 555 01 01",)),
        ("+57", None, ()),
        ("+57", "-", ()),
    ],
)
def test_a_phone_has_its_prefix_in_front(prefix: Any, phone: Any, phones: tuple[str, ...]) -> None:
    assert read(customer__phone_prefix=prefix, customer__phone=phone).customer.phones == phones


@pytest.mark.parametrize(
    ("country", "region", "city", "municipality", "found", "rest"),
    [
        ("CL", "Metropolitana", None, "Providencia", "Providencia", ""),
        ("CL", "Valparaíso", "Valparaiso", "Quilpué", "Quilpué", ""),
        ("CL", "Metropolitana", "Santiago", "Colina", "Colina", "Santiago"),
        ("CL", "Metropolitana", "Santiago", None, "Santiago", ""),
        (None, "Metropolitana", "Santiago", "Colina", "Santiago", "Colina"),
        ("CO", "Antioquia", "Medellín", None, "Medellín", ""),
        ("CO", "Antioquia", None, "Medellín", "Medellín", ""),
        ("CO", "Antioquia", "antioquia", "Envigado", "Envigado", ""),
        ("CO", "Antioquia", "Medellín", "MEDELLIN", "Medellín", ""),
        ("CO", "Antioquia", "Medellín", "Medellín", "Medellín", ""),
        ("MX", "Jalisco", "Guadalajara", "Zapopan", "Guadalajara", "Zapopan"),
        ("CO", "", "-", "", "", ""),
    ],
)
def test_finds_the_town_among_city_and_municipality(
    country: str | None, region: str, city: str | None, municipality: str | None, found: str, rest: str
) -> None:
    given = {"address": "Calle 1", "city": city, "municipality": municipality, "region": region}
    address = read(shipping_address=given | {"country_code": country}).shipping_address
    assert (address.city, address.address2) == (found, rest)


def test_an_address_is_put_together_from_its_parts() -> None:
    parts = {"complement": "Casa 4", "neighbourhood": "Casa 4", "municipality": None}
    given = {"address": "Los Robles", "city": "Cali", "country": "Colombia"}
    for number, street in ((12, "Los Robles 12"), ("12-B", "Los Robles 12-B"), (12.5, "Los Robles 12.5")):
        address = read(shipping_address=given | parts | {"street_number": number}).shipping_address
        assert (address.address1, address.address2, address.country) == (street, "Casa 4", "Colombia")
    for nothing in (None, 0, "", "-", 0.0):
        assert read(shipping_address=given | {"street_number": nothing}).shipping_address.address1 == "Los Robles"
    assert read(shipping_address=given | {"address": "", "street_number": 12}).shipping_address.address1 == ""


def test_the_regions_code_is_of_another_standard() -> None:
    assert read(shipping_address__region=None).shipping_address.region == ""
    assert read(shipping_address__region="", shipping_address__region_code="CAU").shipping_address.region == "CAU"
