"""What merchants read: sentences in their language, with their words and plain numbers."""

from decimal import Decimal
from typing import Any

import pytest

from comanda.catalogue.models import Variant
from comanda.connectors.draft import Totals
from comanda.diagnosis.terms import FIELDS
from comanda.history.models import Intake, Problem
from comanda.repair import correct
from tests.cast import Cast
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


def test_a_cost_is_written_in_plain_digits(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.account.price_policy = "block"
    cast.account.save()
    Variant.objects.update(cost=Decimal(60000))
    intake = cast.send(cast.order(line_items=[cast.line(price="1E+4")]))
    assert "se vendió a 10000 y su costo es 60000" in says(api, intake, "es")


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
