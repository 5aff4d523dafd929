"""What an order's page offers so that it is mended: within reach however much is wrong, kept where it is refused, and nothing
that would do nothing."""

import re
from typing import Any

import pytest
from django.test import Client

from comanda.history.models import Intake
from comanda.orders.models import Order
from comanda.problems import CODES
from comanda.repair.models import Correction
from tests.cast import Cast, command
from tests.test_line_choice import unchosen
from tests.test_web import hrefs, page, person
from tests.test_web_intake import fields_of, order, words, wrong

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


ARMENIA = {"city": "Armenia", "province": "", "province_code": ""}


def checked(html: str) -> list[str]:
    """The towns that are chosen."""
    return re.findall(r'name="place" value="([^"]+)"[^>]* checked', html)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"city": "", "region": ""}, "El pedido no dice a qué ciuda"),
        ({"city": "  "}, "El pedido no dice a qué ciuda"),
        ({"city": "Armenia", "region": ""}, "«Armenia» no basta para saber la ciudad"),
        ({}, "«Armenia» no basta para saber la ciudad"),
    ],
)
def test_another_town_that_nobody_typed_is_asked_for_where_it_is_typed(
    cast: Cast, ana: Client, typed: dict[str, str], said: str
) -> None:
    failed = wrong(cast, **ARMENIA)
    answer = ana.post(f"{order(failed)}corregir/", {"place": "other"} | typed)
    html = answer.content.decode()
    assert answer.status_code == 400 and not Correction.objects.exists()
    assert (
        checked(html) == ["other"]
        and f'id="why-city" name="city" value="{typed.get("city", "Armenia").strip()}"' in html
    )
    assert re.search(rf'id="why-city-fault">{said}', html)


def test_a_town_that_was_chosen_stays_chosen_where_something_else_is_wrong(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555", **ARMENIA)
    given = {"place": "Armenia, Quindío", "phone": "310 55", "city": "Armenia", "region": ""}
    html = ana.post(f"{order(failed)}corregir/", given).content.decode()
    assert checked(html) == ["Armenia, Quindío"] and 'id="why-phone-fault"' in html and "why-city-fault" not in html
    again = ana.post(f"{order(failed)}corregir/", {"city": "San Francisco", "region": ""}).content.decode()
    assert checked(again) == ["other"] and 'id="why-city-fault"' in again  # as the fields beside the order are sent


@pytest.mark.parametrize("field", ["name", "phone", "address1", "city"])
def test_what_an_order_cannot_do_without_is_not_emptied(cast: Cast, ana: Client, field: str) -> None:
    failed = wrong(cast, phone="310 555")
    answer = ana.post(f"{order(failed)}corregir/", {field: " ", "address2": "Apto 201"})
    assert answer.status_code == 400 and f'id="datos-{field}-fault"' in answer.content.decode()
    assert not Correction.objects.exists()


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


def undo_of(html: str) -> list[str]:
    """The fields that what was just said offers to take back."""
    said = html.partition('id="notices"')[2].partition('id="registering"')[0]
    return re.findall(r'name="take_back" value="([^"]+)"', said)


def test_a_correction_that_is_to_register_an_order_offers_no_undo_that_comes_too_late(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555")
    done = ana.post(f"{order(failed)}corregir/", {"phone": "3105550101"}, follow=True).content.decode()
    assert "Corregido: el pedido se está leyendo de nuevo." in done and undo_of(done) == []
    cast.work()
    assert Order.objects.count() == 1


def test_a_correction_that_mends_nothing_is_taken_back_before_and_after(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555")
    done = ana.post(f"{order(failed)}corregir/", {"address1": "Calle 11 # 5-20"}, follow=True).content.decode()
    assert undo_of(done) == ["address1"]
    cast.work()
    ana.post(f"{order(failed)}corregir/", {"phone": "3105550101"})
    cast.work()
    assert Order.objects.count() == 1
    said = ana.post(f"{order(failed)}corregir/", {"take_back": "address1"}, follow=True).content.decode()
    assert "Deshecho: cuenta otra vez" in said
    cast.work()
    assert '"Calle 10 # 43-21"' in Order.objects.get().shipping_address


def test_a_choice_that_is_to_register_an_order_offers_no_undo_either(cast: Cast, ana: Client) -> None:
    found = cast.send(cast.order(line_items=[unchosen(cast)]))
    done = ana.post(f"{order(found)}linea/0/", {"variant": cast.faja.pk}, follow=True).content.decode()
    assert "solo en este pedido" in done and undo_of(done) == []


def test_a_region_stands_in_its_field_by_its_name(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555", city="Bogota", province="CO-DC")
    html = page(ana, order(failed))
    assert re.search(r'name="region" value="Bogotá, D.C."', html)
    given = {"phone": "300 123 4567", "city": "Bogota", "region": "Bogotá, D.C."}
    ana.post(f"{order(failed)}corregir/", given)
    assert [row.field for row in Correction.objects.all()] == ["phone"]


# Two windows


def sent_from(html: str, found: Intake, **typed: str) -> dict[str, str]:
    """What the order's form sends, with what it was given to remember."""
    return fields_of(html, f"{order(found)}corregir/") | typed


@pytest.mark.parametrize("read", [True, False])
def test_a_window_that_is_old_asks_before_it_changes_what_was_changed_meanwhile(
    cast: Cast, ana: Client, read: bool
) -> None:
    found = wrong(cast, phone="310 555")
    old = page(ana, order(found))
    ana.post(f"{order(found)}corregir/", sent_from(old, found, phone="301 999 8877"))
    if read:
        cast.work()
        assert Order.objects.count() == 1

    asked = ana.post(f"{order(found)}corregir/", sent_from(old, found, phone="302 111 2233"))
    html = asked.content.decode()
    assert asked.status_code == 409 and "Mientras tanto se cambió a «301 999 8877»" in words(html)
    assert fields_of(html, f"{order(found)}corregir/")["phone"] == "302 111 2233"
    assert Correction.objects.get().new == "301 999 8877"

    ana.post(f"{order(found)}corregir/", sent_from(html, found))
    cast.work()
    assert '"+573021112233"' in Order.objects.get().customer
    history = words(page(ana, order(found)))
    assert "301 999 8877 → 302 111 2233" in history and "310 555 → 301 999 8877" in history


def test_a_window_that_is_old_changes_only_what_was_touched_in_it(cast: Cast, ana: Client) -> None:
    found = cast.send()
    old = page(ana, order(found))
    ana.post(f"{order(found)}corregir/", sent_from(old, found, phone="301 999 8877"))
    ana.post(f"{order(found)}corregir/", sent_from(old, found, name="Ana Ruiz"))
    cast.work()
    customer = Order.objects.get().customer
    assert "Ana Ruiz" in customer and "+573019998877" in customer
    again = ana.post(f"{order(found)}corregir/", sent_from(old, found, name="Ana Ruiz"), follow=True)
    assert "No cambiaste ningún dato." in again.content.decode()


def test_what_is_missing_and_left_empty_is_said_at_its_field(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="")
    answer = ana.post(f"{order(failed)}corregir/", {"phone": ""})
    html = answer.content.decode()
    assert answer.status_code == 400 and 'id="why-phone-fault"' in html and "No cambiaste" not in html
    good = cast.send()
    again = ana.post(f"{order(good)}corregir/", {"phone": "300 123 4567"}, follow=True).content.decode()
    assert "No cambiaste ningún dato" in again
