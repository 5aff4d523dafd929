"""What merchants read: sentences in their language, with their words and plain numbers."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from comanda.catalogue.models import Variant
from comanda.connectors.draft import Totals
from comanda.diagnosis.figures import amount
from comanda.diagnosis.terms import FIELDS, REFUSALS
from comanda.history.models import Intake, Problem
from comanda.inbox import receive
from comanda.inbox.models import Delivery
from comanda.repair import correct
from tests.cast import Cast, command
from tests.test_api import Api, api  # noqa: F401 (a fixture)


def says(api: Api, intake: Intake, language: str) -> str:  # noqa: F811
    api.headers["Accept-Language"] = language
    return str(api("GET", f"/history/{intake.pk}")[1]["message"])


@pytest.mark.parametrize(
    ("changes", "spanish", "english"),
    [
        (
            {"total_price": "1E+12"},
            "total: 1000000000000, por cobrar: 1000000000000",
            "total: 1000000000000, to be collected: 1000000000000",
        ),
        ({"total_price": -5}, "total: -5", "total: -5"),
        ({"total_tax": "-1e12"}, "impuestos: -1000000000000", "tax: -1000000000000"),
        ({"total_discounts": "1E+12"}, "descuento: 1000000000000", "discount: 1000000000000"),
        ({"price": "1E+12"}, "Faja Reductora: 1000000000000", "Faja Reductora: 1000000000000"),
    ],
)
def test_an_amount_that_cannot_be_is_named(
    cast: Cast,
    api: Api,  # noqa: F811
    changes: dict[str, Any],
    spanish: str,
    english: str,
) -> None:
    order = cast.order(line_items=[cast.line(**changes)]) if "price" in changes else cast.order(**changes)
    intake = cast.send(order)
    assert intake.cause == "price_invalid"
    assert says(api, intake, "es") == f"Hay precios o totales que no pueden ser: {spanish}."
    assert says(api, intake, "en") == f"There are prices or totals that cannot be: {english}."
    assert "E+" not in Problem.objects.get().facts


def test_a_quantity_that_cannot_be_is_named(cast: Cast, api: Api) -> None:  # noqa: F811
    intake = cast.send(cast.order(line_items=[cast.line(quantity="2E+5", current_quantity="2E+5")]))
    assert "Faja Reductora: 200000" in says(api, intake, "es")


def test_a_cost_is_written_as_money(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.account.price_policy = "block"
    cast.account.save()
    Variant.objects.update(cost=Decimal(60000))
    intake = cast.send(cast.order(line_items=[cast.line(price="1E+4")]))
    assert "se vendió a $\u00a010.000 y su costo es $\u00a060.000" in says(api, intake, "es")
    assert "at COP\u00a010,000 and its cost is COP\u00a060,000" in says(api, intake, "en")


def test_an_amount_is_written_as_at_home_in_its_currency() -> None:
    assert amount("69900.5", "MXN", "es") == "$\u00a069,900.50"
    assert amount("69900.5", "PEN", "es").endswith("69,900.50")
    assert amount("mucho", "COP", "es") == "mucho"


@pytest.mark.parametrize(
    ("city", "province", "said"),
    [
        ("Armenia", "", "«Armenia» no basta para saber la ciudad; puede ser: Armenia, Antioquia; Armenia, Quindío."),
        (
            "Cali",
            "Antioquia",
            "«Cali» (Antioquia) no está en la lista de ciudades; lo más parecido es Cali, Valle del Cauca.",
        ),
        ("Bogotá", "CAL", "«Bogotá» (Caldas) no está en la lista de ciudades; lo más parecido es Bogotá, Bogotá, D.C."),
    ],
)
def test_a_city_that_is_in_doubt(cast: Cast, api: Api, city: str, province: str, said: str) -> None:  # noqa: F811
    order = cast.order()
    order["shipping_address"] |= {"city": city, "province": province, "province_code": province}
    assert says(api, cast.send(order), "es") == said


def test_countries_days_and_quantities_as_the_reader_writes_them(cast: Cast, api: Api) -> None:  # noqa: F811
    abroad = cast.order()
    abroad["shipping_address"] |= {"country": "Ecuador", "country_code": "EC"}
    intake = cast.send(abroad)
    assert says(api, intake, "es") == "El pedido va a Ecuador y tu negocio envía a: Colombia."
    assert "ships to: Colombia" in says(api, intake, "en")
    half = cast.send(cast.order(line_items=[cast.line(quantity=1.5, current_quantity=1.5)]))
    assert "Faja Reductora: 1,5" in says(api, half, "es") and "Faja Reductora: 1.5" in says(api, half, "en")
    old = cast.order(created_at="2025-01-01T10:00:00-05:00")
    told = says(api, cast.send(old, "orders/updated"), "es")
    assert "es del 1 de enero de 2025, de antes de conectar la tienda (" in told and " de 20" in told.partition("(")[2]


def test_a_corrected_field_is_named_in_the_readers_language(cast: Cast, api: Api) -> None:  # noqa: F811
    order = cast.order(currency="USD")
    order["shipping_address"]["phone"] = "12"
    intake = cast.send(order)
    api("PATCH", f"/history/{intake.pk}/corrections", {"phone": "3001234567"})
    cast.work()
    order["shipping_address"]["phone"] = "34"
    later = cast.send(order, "orders/updated")
    told = Problem.objects.get(intake=later, code="correction_outdated")
    assert '"phone"' in told.facts
    problems = {each["code"]: each["message"] for each in api("GET", f"/history/{later.pk}")[1]["problems"]}
    assert "Corregiste «teléfono»" in problems["correction_outdated"]


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_field_has_a_name(language: str) -> None:
    assert {*Totals.__struct_fields__, *correct.FIELDS} <= FIELDS[language].keys()


def hints(api: Api, language: str) -> dict[str, str]:  # noqa: F811
    """What is said of each integration, for an order that never came."""
    api.headers["Accept-Language"] = language
    return {each["kind"]: each["message"] for each in api("GET", "/why?q=99887")[1]["evidence"]}


@pytest.mark.parametrize(
    ("seconds", "spanish", "english"),
    [
        (5, "hace menos de un minuto.", "less than a minute ago."),
        (65, "hace 1 minuto.", " 1 minute ago."),
        (125, "hace 2 minutos.", " 2 minutes ago."),
        (3700, "hace 1 hora.", " 1 hour ago."),
        (3 * 86400, "hace 3 días.", " 3 days ago."),
    ],
)
def test_how_long_ago_the_last_delivery_was(
    cast: Cast,
    api: Api,  # noqa: F811
    seconds: int,
    spanish: str,
    english: str,
) -> None:
    cast.send()
    Delivery.objects.update(received_at=datetime.now(UTC) - timedelta(seconds=seconds))
    assert hints(api, "es")["last"].endswith(spanish)
    assert hints(api, "en")["last"].endswith(english)


def test_why_names_the_reason_of_a_refusal(cast: Cast, api: Api) -> None:  # noqa: F811
    assert cast.post(b"{")[0] == 400
    assert hints(api, "es")["refused"].endswith("por contenido que no se puede leer: 1.")
    assert hints(api, "en")["refused"].endswith("for content that cannot be read: 1.")
    assert "pegada en Shopify" in hints(api, "es")["never"]


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_reason_of_the_door_has_words(language: str) -> None:
    door = Path(receive.__file__).read_text(encoding="utf-8")
    assert {*re.findall(r'Refused\(\d+, "(\w+)"', door), *receive.UNSIGNED} <= REFUSALS[language].keys()


def test_why_says_a_thing_once(cast: Cast, api: Api) -> None:  # noqa: F811
    for name in ("#1041", "#1042"):
        cast.send(cast.order(name=name, line_items=[cast.line(sku=None, title="Masajeador", variant_title="")]))
    one = api("GET", "/why?q=1042")[1]
    assert one["message"] == "«Masajeador» no está vinculado a ningún producto de tu catálogo."
    assert (one["evidence"][0]["message"], one["evidence"][0]["todo"][:8]) == ("", "Vincúlal")
    several = api("GET", "/why?q=maria")[1]
    assert [each["message"] for each in several["evidence"]] == [one["message"]] * 2
    assert command("why", "1042", "--account", "Ana").splitlines() == [
        "«Masajeador» no está vinculado a ningún producto de tu catálogo.",
        f"- #1042 María José Núñez: {one['evidence'][0]['todo']}",
    ]
    cast.send(cast.order(name="#1043"))
    assert command("why", "1043", "--account", "Ana") == "El pedido #1043 está registrado.\n"


def test_the_currency_that_is_not_expected_is_never_an_empty_one(cast: Cast, api: Api) -> None:  # noqa: F811
    """An order that names none is in the account's."""
    assert cast.send(cast.order(currency="")).currency == "COP"
    other = cast.send(cast.order(currency="USD"))
    assert says(api, other, "es") == "El pedido está en USD y tu negocio trabaja en COP."
