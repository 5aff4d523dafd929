"""Elegir para este pedido: on the order's page, in the step's window, and what is kept and shown of it."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.models import AuditEntry
from comanda.catalogue.link import Part
from comanda.catalogue.link import link as make_link
from comanda.catalogue.models import Link, StoreVariant, Variant
from comanda.history.models import Intake
from comanda.orders.models import Order, OrderLine
from comanda.repair.models import Correction
from tests.cast import Cast
from tests.test_api import Api
from tests.test_line_choice import MENU, unchosen
from tests.test_versions import version
from tests.test_web import NASTY, hrefs, page, person
from tests.test_web_intake import order, words

CHOOSE, ALONE = "Elegir para este pedido", "Elegir solo para este pedido"


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def stopped(cast: Cast, *lines: dict[str, Any], **changes: Any) -> Intake:
    return cast.send(cast.order(line_items=list(lines) or [unchosen(cast)], **changes))


def place(intake: Intake, line: int = 0) -> str:
    return f"{order(intake)}linea/{line}/"


def offered(html: str) -> list[str]:
    """What one may choose: the buttons, by their names."""
    return re.findall(r'<button class="btn" name="variant"[^>]*aria-label="Elegir ([^"]+)"', html)


def test_the_order_and_its_window_offer_the_choice_first(cast: Cast, ana: Client) -> None:
    found = stopped(cast)
    html = page(ana, order(found)).partition("<main")[2]
    assert f'<a class="btn main" href="{place(found)}" hx-get="{place(found)}" hx-target="#window">{CHOOSE}<' in html
    assert re.search(r'<a class="btn" href="/productos/por-vincular/\d+/">Elegir una para todos<', html)
    assert "elígela para este pedido" in words(html)
    window = ana.get(f"{order(found)}1/match/", headers={"HX-Request": "true"}).content.decode()
    assert hrefs(window, CHOOSE) == [place(found)]


def test_a_product_that_is_not_linked_is_linked_first(cast: Cast, ana: Client) -> None:
    cast.product("Masajeador Cervical", sku="MAS")
    found = stopped(cast, cast.line(sku=None, variant_id=9, title="Masajeador Cervical"))
    html = page(ana, order(found)).partition("<main")[2]
    assert f'<a class="btn" href="{place(found)}"' in html and hrefs(html, ALONE) == [place(found)]
    assert html.index("Vincular y registrar") < html.index(ALONE)


def test_the_products_options_are_offered_and_one_press_registers(cast: Cast, ana: Client) -> None:
    """Those of what its other options are shipped as, known by their SKU or by a link."""
    cast.send()  # M, by its SKU
    large = Variant.objects.create(account=cast.account, product=cast.faja.product, name="L", sku="FAJA-L")
    Variant.objects.create(account=cast.account, product=cast.faja.product, name="S", active=False)
    cast.product("Tónico", sku="TON")
    found, other = stopped(cast, cast.line(), unchosen(cast)), stopped(cast)
    html = page(ana, place(found, 1))
    assert offered(html) == ["Faja Reductora M", "Faja Reductora L"]
    assert "Las opciones de este producto" in html and f"1× Faja Reductora / {MENU}" in words(html)
    done = ana.post(place(found, 1), {"variant": large.pk}, follow=True)
    assert done.redirect_chain == [(order(found), 302)]
    assert f"«Faja Reductora / {MENU}» sale como Faja Reductora L, solo en este pedido" in words(done.content.decode())
    cast.work()
    made = Order.objects.get(intake_id=found.pk).lines.order_by("pk")
    assert list(made.values_list("variant", "linked_by")) == [(cast.faja.pk, "sku"), (large.pk, "chosen")]
    other.refresh_from_db()
    assert (other.status, Link.objects.count(), Correction.objects.count()) == ("failed", 0, 1)
    assert AuditEntry.objects.get(action="correct").target == f"intake:{found.pk}"


def test_options_that_are_linked_are_offered(cast: Cast, ana: Client) -> None:
    cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=70012, variant_title="L")]))
    tonic = cast.product("Tónico")
    make_link(by_operator(cast.account), StoreVariant.objects.get(), [Part(tonic)])
    assert offered(page(ana, place(stopped(cast)))) == ["Tónico"]


def test_without_options_the_catalogue_is_searched(cast: Cast, ana: Client) -> None:
    cast.product("Tónico Capilar", sku="TON")
    found = stopped(cast)
    assert offered(page(ana, place(found))) == ["Faja Reductora M"]  # what is most alike
    assert offered(page(ana, f"{place(found)}?q=tonico")) == ["Tónico Capilar"]
    asked = {"HX-Request": "true", "HX-Target": "found"}
    part = ana.get(f"{place(found)}?q=tonico", headers=asked).content.decode()
    assert offered(part) == ["Tónico Capilar"] and "window-title" not in part and "1 coincide" in part
    assert "Nada de tu catálogo se llama «zapato»" in page(ana, f"{place(found)}?q=zapato")


def test_what_was_chosen_is_told_and_chosen_anew(cast: Cast, ana: Client) -> None:
    found = stopped(cast)
    done = ana.post(place(found), {"variant": cast.faja.pk}, follow=True).content.decode()
    assert "sale como Faja Reductora M, solo en este pedido" in done and 'value="line:0"' not in done
    cast.work()
    html = page(ana, order(found))
    text = words(html)
    assert "Opción elegida para este pedido: Faja Reductora M · Tú" in text
    assert f"Línea 1: Faja Reductora / {MENU} → Faja Reductora M" in text and "v:70099" not in text
    assert "Intento 2 por una corrección: pedido registrado" in text
    assert "elegido solo para este pedido" in words(page(ana, f"{order(found)}2/match/"))
    check = words(page(ana, f"{order(found)}2/check/"))
    assert f"Línea 1 Faja Reductora / {MENU} → Faja Reductora M" in check
    assert "Corregido: línea 1" in text
    log = words(page(ana, "/configuraciones/registro/"))
    assert f"Línea 1 Faja Reductora / {MENU} Faja Reductora M" in log.replace("→ ", "").replace(": ", " "), log
    tonic = cast.product("Tónico", sku="TON")
    assert hrefs(html.partition("Correcciones")[2], "Elegir otra") == [place(found)]
    ana.post(place(found), {"variant": tonic.pk})
    cast.work()
    assert OrderLine.objects.get().variant == tonic


def test_a_choice_is_taken_back_while_it_waits_and_not_once_it_registered(cast: Cast, ana: Client) -> None:
    found = stopped(cast, unchosen(cast), cast.line(sku=None, variant_id=9, title="Masajeador"))
    mend = f"{order(found)}corregir/"
    ana.post(place(found), {"variant": cast.faja.pk})
    cast.work()
    html = page(ana, order(found))
    assert "Elegir para este pedido" not in html and hrefs(html, ALONE) == [place(found, 1)]  # line 0 is chosen
    assert 'value="line:0" aria-label="Deshacer la corrección: Línea 1"' in html
    ana.post(mend, {"take_back": "line:0"})
    cast.work()
    text = words(page(ana, order(found)))
    assert "Línea 1: otra vez lo de la tienda" in text and "Corrección deshecha · Tú" in text
    assert f"Línea 1: Faja Reductora M → Faja Reductora / {MENU}" in text
    assert set(found.problem_rows.values_list("code", flat=True)) == {"variant_not_chosen", "product_not_linked"}
    for line in (0, 1):
        ana.post(place(found, line), {"variant": cast.faja.pk})
    cast.work()
    refused = ana.post(mend, {"take_back": "line:0"}, follow=True).content.decode()
    assert "ya se registró con esa opción" in refused and Correction.objects.count() == 4
    assert Order.objects.get().lines.count() == 2


@pytest.mark.parametrize(("value", "by"), [("ours", "chosen"), ("theirs", "sku")])
def test_of_a_line_that_the_store_changed_a_person_chooses(cast: Cast, ana: Client, value: str, by: str) -> None:
    sent = cast.order(line_items=[unchosen(cast)])
    found = cast.send(sent)
    tonic = cast.product("Tónico", sku="TON")
    ana.post(place(found), {"variant": tonic.pk})
    cast.send(version(sent, 1, line_items=[cast.line()]), "orders/updated")
    html = page(ana, order(found))
    text = words(html)
    assert "En la línea 1 elegiste «Tónico», pero después la tienda la cambió por «Faja Reductora / M»" in text
    assert "Línea 1: ¿cuál vale? Tónico tu elección para este pedido Faja Reductora / M" in text
    assert f'name="keep-line:0" value="{tonic.pk}"' in html and 'name="keep-line:0" value=""' in html
    ana.post(f"{order(found)}corregir/", {"keep-line:0": str(tonic.pk) if value == "ours" else ""})
    cast.work()
    assert (OrderLine.objects.get().linked_by, found.problem_rows.count()) == (by, 0)


def test_of_a_line_that_is_gone_the_choice_is_given_up(cast: Cast, ana: Client) -> None:
    sent = cast.order(line_items=[cast.line(), unchosen(cast)])
    found = cast.send(sent)
    ana.post(place(found, 1), {"variant": cast.faja.pk})
    cast.send(version(sent, 1, line_items=[cast.line()]), "orders/updated")
    assert "la tienda quitó esa línea" in page(ana, order(found))
    ana.post(f"{order(found)}corregir/", {"keep-line:1": ""})
    cast.work()
    assert Order.objects.get().lines.count() == 1


def test_strangers_and_support(cast: Cast, ana: Client) -> None:
    stranger, found = Cast("Otra"), stopped(cast)
    theirs = stranger.send(stranger.order(line_items=[unchosen(stranger)]))
    off = cast.product("Vieja", active=False)
    for variant in (stranger.faja.pk, off.pk, "", "x", 10**30):
        assert ana.post(place(found), {"variant": variant}).status_code == 404
    assert ana.get(place(theirs)).status_code == ana.get(place(found, 1)).status_code == 404
    assert ana.post(place(theirs), {"variant": cast.faja.pk}).status_code == 404
    bea = person(cast, "bea@example.com", "support")
    assert CHOOSE not in page(bea, order(found)) and offered(page(bea, place(found))) == []
    assert bea.post(place(found), {"variant": cast.faja.pk}).status_code == 403
    assert not Correction.objects.exists() and not Order.objects.exists()


def test_what_support_reads_of_a_choice_names_products_and_no_buyer(cast: Cast, ana: Client) -> None:
    found = stopped(cast)
    ana.post(place(found), {"variant": cast.faja.pk})
    cast.work()
    text = words(page(person(cast, "bea@example.com", "support"), order(found)))
    assert f"Línea 1: Faja Reductora / {MENU} → Faja Reductora M" in text and "Faja Reductora M FAJA-M" in text
    assert "María J•••" in text and "Núñez" not in text
    _, shown = Api(new_api_token(cast.account, "support", "support"))("GET", f"/history/{found.pk}")
    (made,) = shown["corrections"]
    assert (made["old"], made["new"]) == (f"Faja Reductora / {MENU} (v:70099)", str(cast.faja.pk))


def test_of_two_lines_alike_the_one_that_is_not_chosen_is_offered(cast: Cast, ana: Client) -> None:
    found = stopped(cast, unchosen(cast), unchosen(cast))
    assert hrefs(page(ana, order(found)), CHOOSE) == [place(found), place(found, 1)]
    ana.post(place(found), {"variant": cast.faja.pk})
    cast.work()
    assert hrefs(page(ana, order(found)), CHOOSE) == [place(found, 1)]


def test_ugly_lines_and_many(cast: Cast, ana: Client) -> None:
    title = f"{NASTY} 🔥 {'muy ' * 30}larga"
    found = stopped(cast, *(unchosen(cast, title=title, variant_id=80000 + n) for n in range(30)))
    html = page(ana, order(found))
    assert html.count(f'hx-get="{order(found)}linea/') == 3 and NASTY not in html
    assert NASTY not in page(ana, place(found, 29))


def test_what_is_no_longer_kept_is_said(cast: Cast, ana: Client) -> None:
    found = stopped(cast)
    Intake.objects.update(delivery_id=None)
    assert ana.get(place(found)).status_code == 404
    assert json.loads(Intake.objects.get().lines)[0]["variant"] == MENU
