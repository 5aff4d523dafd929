"""The catalogue as a file and back: an export that nobody touched changes nothing, whatever stands in the catalogue; what
was changed in it changes that alone; what nobody can tell apart is named."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from comanda.accounts.access import by_operator
from comanda.catalogue.load import Loaded, load
from comanda.catalogue.models import Product, Variant
from comanda.web import sheets
from tests.cast import Cast
from tests.test_web import page, person
from tests.test_web_products import IMPORT, upload

EXPORT = "/productos/catalogo.csv"
HEADER = "producto;variante;sku;precio;costo;inventario\n"


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def catalogue() -> list[Any]:
    return [*Product.objects.order_by("pk").values_list(), *Variant.objects.order_by("pk").values_list()]


def lines(client: Client) -> list[list[str]]:
    """The export's, the header first."""
    text = client.get(EXPORT).content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def brought(client: Client, rows: list[list[str]]) -> Any:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    return upload(client, out.getvalue())


def imported(client: Client, rows: list[list[str]]) -> None:
    answer = brought(client, rows)
    assert answer.status_code == 200, answer.content.decode().partition("<main")[2]
    client.post(answer.redirect_chain[-1][0])


def ugly(cast: Cast) -> None:
    """What forms, the API and time leave behind."""
    cast.product("Faja vieja", sku="FAJA-M", price=99000)  # one SKU, two things
    for price in (69900, 64900):
        cast.product("Humidificador", sku="HUM", price=price)  # made twice
        cast.product("Cinta", price=price)  # neither has a SKU
    Variant.objects.create(
        account=cast.account, product=cast.faja.product, name="M", price=1
    )  # the name of one that has
    cast.product("Tónico", sku="TON", stock=-3)  # sold out and sold on
    cast.product("=cmd()", sku="@X", variant="+1")
    cast.product("-cmd", sku="-1")
    cast.product("Té, verde; «fino»", variant='Bolsa "grande"\nroja', sku="'TE")


@pytest.mark.parametrize("country", ["CO", "MX"])
def test_an_export_that_nobody_touched_changes_nothing(cast: Cast, ana: Client, country: str) -> None:
    cast.account.country = country
    cast.account.save()
    ugly(cast)
    before = catalogue()
    answer = upload(ana, ana.get(EXPORT).content)
    html = answer.content.decode()
    assert answer.status_code == 200 and "Las primeras líneas: nada cambia" in html, html.partition("<main")[2]
    assert "<b>11</b><span>variantes quedan igual" in html
    ana.post(answer.redirect_chain[-1][0])
    assert catalogue() == before and "Importado" in page(ana, answer.redirect_chain[-1][0])


def test_in_another_order_it_changes_nothing_either(cast: Cast, ana: Client) -> None:
    ugly(cast)
    before, (header, *rows) = catalogue(), lines(ana)
    imported(ana, [header, *sorted(rows, key=lambda row: row[3])])
    assert catalogue() == before


def test_what_was_changed_in_it_changes_and_nothing_else(cast: Cast, ana: Client) -> None:
    ugly(cast)
    rows = lines(ana)
    changed = [[row[0], row[1], "FAJA-V", "1000", *row[4:]] if row[0] == "Faja vieja" else row for row in rows]
    before = Variant.objects.count()
    imported(ana, changed)
    old = Variant.objects.get(product__name="Faja vieja")
    cast.faja.refresh_from_db()
    assert (old.sku, old.price, cast.faja.sku, cast.faja.price) == ("FAJA-V", Decimal(1000), "FAJA-M", Decimal(109900))
    assert Variant.objects.count() == before
    of_two = [[*row[:3], "70000", *row[4:]] if row[2] == "HUM" and row[3] == "69900" else row for row in changed]
    imported(ana, of_two)
    assert sorted(Variant.objects.filter(sku="HUM").values_list("price", flat=True)) == [64900, 70000]
    assert Product.objects.filter(name="Humidificador").count() == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Otra faja;;FAJA-M;1;;", "2 variantes de tu catálogo tienen este SKU"),
        ("Humidificador;;HUM;1;;", "2 variantes de tu catálogo tienen este SKU"),
        ("Cinta;;;1;;", "Tu catálogo tiene 2 con este nombre"),
        ("Tónico;;TON;;;-5\nNuevo;;NUE;;;-1", "No puede ser"),
        ("Faja Reductora;M;FAJA-M;;;\nOtra faja;;FAJA-M;;;", "Este SKU ya está en la línea 2."),
        ("Otra faja;;FAJA-M;;;\nFaja Reductora;M;FAJA-M;;;", "Este SKU ya está en la línea 3."),
        ("Humidificador;;HUM;1;;\nHumidificador;;HUM;2;;\nHumidificador;;HUM;3;;", "Este SKU ya está en la línea 2."),
    ],
)
def test_what_cannot_be_told_apart_is_named_and_nothing_is_imported(
    cast: Cast, ana: Client, line: str, said: str
) -> None:
    ugly(cast)
    before = catalogue()
    answer = upload(ana, HEADER + line + "\nBuena;;BUE;1;;\n")
    assert answer.status_code == 400 and said in answer.content.decode()
    loaded = load(by_operator(cast.account), (HEADER + line + "\nBuena;;BUE;1;;\n").encode())
    assert loaded.errors and all(each.message for each in loaded.errors) and catalogue() == before


def test_a_sku_that_is_new_joins_no_namesake_of_several(cast: Cast, ana: Client) -> None:
    ugly(cast)
    assert load(by_operator(cast.account), (HEADER + "Humidificador;;HUM-3;1;;\n").encode()) == Loaded(0, 1, [])
    assert Variant.objects.filter(product__name="Humidificador").count() == 3


def test_a_catalogue_that_changes_before_the_file_is_imported_is_told(cast: Cast, ana: Client) -> None:
    path = upload(ana, HEADER + "Otra faja;;FAJA-M;1;;\n").redirect_chain[-1][0]
    cast.product("Faja vieja", sku="FAJA-M")
    before = catalogue()
    html = ana.post(path, follow=True).content.decode()
    assert "Tu catálogo cambió" in html and IMPORT in html and "Importado" not in html and catalogue() == before
    assert sheets.state(cast.account, path.strip("/").rpartition("/")[2]).state == "outdated"  # type: ignore[union-attr]
