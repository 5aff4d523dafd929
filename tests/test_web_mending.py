"""What an order's page offers so that it is mended: within reach however much is wrong, kept where it is refused, and nothing
that would do nothing."""

import re
from typing import Any

import pytest
from django.test import Client

from comanda.history.models import Intake
from comanda.problems import CODES
from tests.cast import Cast, command
from tests.test_web import hrefs, page, person
from tests.test_web_intake import order, words

THINGS = [f"Cinta {chr(65 + n // 10)}{n % 10}" for n in range(30)]


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def with_thirty_unlinked(cast: Cast) -> Intake:
    lines = [cast.line(sku=None, variant_id=900 + n, title=title, variant_title=None) for n, title in enumerate(THINGS)]
    return cast.send(cast.order(line_items=lines))


def unfolded(html: str) -> str:
    """What is read before anything is opened, down to the buttons."""
    shown = html.partition("<main")[2] or html
    return words(re.sub(r"<details.*?</details>", "", shown.partition('class="mending"')[0], flags=re.DOTALL))


def test_of_many_unlinked_products_the_first_are_named_and_the_others_folded(cast: Cast, ana: Client) -> None:
    found = with_thirty_unlinked(cast)
    window = ana.get(f"{order(found)}1/match/", headers={"HX-Request": "true"}).content.decode()
    for html in (page(ana, order(found)), window, page(ana, f"/buscar/?q={found.number.strip('#')}")):
        said = "30 productos no están vinculados a tu catálogo: «Cinta A0», «Cinta A1», «Cinta A2» y 27 más."
        assert said in unfolded(html) and "Cinta A3" not in unfolded(html)
        assert "Ver los otros 27" in html
        assert all(f"«{title}»" in words(html) for title in THINGS)
    assert "Problema: 30 productos" in (asked := page(ana, f"/soporte/?pedido={found.pk}")) and "Cinta C9" not in asked
    told = command("why", found.number, "--account", "Ana")
    assert all(title in told for title in THINGS) and "27" not in told


def test_four_are_named_and_nothing_is_folded_for_one(cast: Cast, ana: Client) -> None:
    lines = [cast.line(sku=None, variant_id=900 + n, title=title, variant_title=None) for n, title in enumerate(THINGS)]
    html = page(ana, order(cast.send(cast.order(line_items=lines[:4]))))
    assert "«Cinta A0», «Cinta A1», «Cinta A2», «Cinta A3»." in unfolded(html) and "Ver los otros" not in html


def test_of_many_quantities_that_cannot_be_the_first_are_named(cast: Cast, ana: Client) -> None:
    lines = [cast.line(title=title, quantity=0, current_quantity=-1) for title in THINGS]
    html = page(ana, order(cast.send(cast.order(line_items=lines))))
    assert "Cinta A2: -1 y 27 más." in unfolded(html) and "Cinta C9: -1" in words(html)


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "USD"},
        {"line_items": [{"title": "Faja", "sku": "FAJA-M", "quantity": 1, "current_quantity": -1, "price": "1"}]},
        {"total_price": "-5.00"},
    ],
)
def test_an_order_is_not_offered_to_be_looked_at_on_its_own_page(cast: Cast, ana: Client, changes: Any) -> None:
    found = cast.send(cast.order(**changes))
    (code,) = found.problem_rows.values_list("code", flat=True)
    assert CODES[code].action == "review" and page(ana, order(found)).count("Revisar el pedido") == 0
    window = ana.get(f"{order(found)}1/check/", headers={"HX-Request": "true"}).content.decode()
    assert "Revisar el pedido" not in window and 'class="say"' in window
    there = f"{order(found)}#productos"
    assert hrefs(page(ana, "/"), "Revisar el pedido") == [there] and 'id="productos"' in page(ana, order(found))
    assert hrefs(page(ana, f"/buscar/?q={found.number.strip('#')}"), "Revisar el pedido") == [there]
