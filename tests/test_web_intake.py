"""One order's page and its windows: what is said, what is done there, what is kept of it."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry, User
from comanda.catalogue.models import Link, LinkItem, StoreVariant, Variant
from comanda.history.models import Intake, Problem
from comanda.inbox.retention import prune
from comanda.integrations.connect import begin_again, connect, remove_secret, rename, rotate
from comanda.integrations.models import Integration
from comanda.orders.models import Order, OrderLine
from comanda.problems import CODES
from comanda.repair.correct import correct
from comanda.repair.models import Correction
from comanda.repair.retry import retry_one
from comanda.web.mending import where
from comanda.web.story import DONE, SPECIAL, UNTOLD
from tests.cast import SECRET, STORE, Cast
from tests.test_versions import lines
from tests.test_web import NASTY, hrefs, page, person, unlinked
from tests.test_web_business import audited


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def words(html: str) -> str:
    """What is read, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def order(intake: Intake) -> str:
    return f"/historial/{intake.pk}/"


def fields_of(html: str, place: str) -> dict[str, str]:
    """The names and values of the form that is sent to this place."""
    form = next(each for each in re.findall(r"<form .*?</form>", html, re.DOTALL) if f'action="{place}"' in each)
    inputs = re.findall(r'<(?:input|button)[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form)
    return {name: value for name, value in inputs if name != "csrfmiddlewaretoken"}


def wrong(cast: Cast, **address: str) -> Intake:
    sent = cast.order()
    sent["shipping_address"] |= address
    return cast.send(sent)


ARMENIA = {"city": "Armenia", "province": "", "province_code": ""}


# What the page says


def test_the_page_says_what_happened_and_shows_the_steps(cast: Cast, ana: Client) -> None:
    found = unlinked(cast, name="#1042")
    text = words(page(ana, order(found)))
    assert "#1042 · María José Núñez Fallido" in text
    assert "Qué pasó «Masajeador / M» no está vinculado a ningún producto de tu catálogo." in text
    assert "Recibir Exitoso Shopify «Tienda Uno»" in text and "Verificar el origen Exitoso La firma coincide" in text
    assert "Leer el pedido Exitoso 1 producto, $ 109.900" in text
    assert "Revisar los datos Exitoso «Medellin» → Medellín, Antioquia" in text
    assert "Vincular productos Fallido Producto sin vincular" in text and "Registrar el pedido No llegó" in text
    assert "Intento 1: fallido en «Vincular productos»: producto sin vincular" in text
    assert "+57 300 1234567" in text and "Contra entrega" in text


def test_each_step_has_an_eye_that_says_what_it_opens(cast: Cast, ana: Client) -> None:
    html = page(ana, order(unlinked(cast)))
    eyes = re.findall(r'class="eye"[^>]*aria-label="([^"]+)"', html)
    assert eyes == [
        f"Ver {step}"
        for step in ("Recibir", "Verificar el origen", "Leer el pedido", "Revisar los datos", "Vincular productos")
    ]


def test_a_registered_order_is_shown_with_its_lines(cast: Cast, ana: Client) -> None:
    found = cast.send(cast.order(note="Llamar antes"))
    text = words(page(ana, order(found)))
    assert "El pedido está registrado" in text and "Registrar el pedido Exitoso Se registró" in text
    assert "1× Faja Reductora M FAJA-M $ 109.900" in text and "A recaudar $ 109.900" in text
    assert "Intento 1: pedido registrado" in text and "Nota Llamar antes" in text
    assert "Reintentar" not in text and "Descartar" not in text


def test_the_window_opens_on_the_problem_and_what_mends_it(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    found = unlinked(cast)
    cast.product("Masajeador Cervical", sku="MAS", price=109900)
    (there,) = hrefs(page(ana, order(found)), "Ver Vincular productos")
    html = page(ana, there)
    assert "Vincular y registrar 2" in html and 'href="/ayuda/product_not_linked/"' in html
    assert (
        f'href="/soporte/?pedido={found.pk}"' in html and "product_not_linked" in html.partition("Detalle técnico")[2]
    )
    part = ana.get(there, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and 'id="window-title"' in part and "Cerrar" in part and "Cerrar" not in html
    assert "Masajeador / M" in words(page(ana, there + "?lado=entrada"))


def test_a_step_on_a_page_of_its_own_opens_no_window_over_itself(cast: Cast, ana: Client) -> None:
    there = f"{order(cast.send())}1/read/"
    for client in (ana, person(cast, "soporte@example.com", "support")):
        assert "#window" not in page(client, there).partition("<main")[2].partition("</main")[0]
        part = client.get(there, headers={"HX-Request": "true"}).content.decode()
        assert f'hx-get="{there}?lado=entrada" hx-target="#window"' in part
    assert part.count('hx-target="#window"') == 3  # the two sides, and what shows the buyer


def test_the_windows_read_as_people_do(cast: Cast, ana: Client) -> None:
    found = cast.send()
    steps = {
        step: words(page(ana, f"{order(found)}1/{step}/"))
        for step in ("receive", "verify", "read", "check", "match", "register")
    }
    assert "Tamaño" in steps["receive"] and "La firma coincide" in steps["verify"]
    assert "Nombre María José Núñez" in steps["read"] and "1× Faja Reductora / M FAJA-M" in steps["read"]
    assert "Ciudad Medellin → Medellín" in steps["check"]
    assert "1× Faja Reductora M FAJA-M · por su SKU $ 109.900" in steps["match"]
    assert f"Pedido {found.number} Resultado Se registró" in steps["register"]
    assert "x-shopify-topic" in words(page(ana, f"{order(found)}1/receive/?lado=entrada"))
    assert "financial_status" in page(ana, f"{order(found)}1/read/?lado=entrada")


def test_an_attempt_that_is_over_has_words_and_no_buttons(cast: Cast, ana: Client) -> None:
    found = unlinked(cast)
    cast.product("Masajeador Cervical", sku="MAS")
    ana.post(f"{order(found)}reintentar/")
    cast.work()
    old, new = (page(ana, f"{order(found)}{number}/match/") for number in (1, 2))
    assert "Este intento ya pasó" in old and "Vincular y registrar" not in old.partition("<main")[2]
    assert "Vincular y registrar" in new


def test_what_is_too_much_for_a_page_is_cut_and_can_be_downloaded(cast: Cast, ana: Client) -> None:
    found = cast.send(cast.order(note_attributes=[{"name": f"n{i}", "value": "x" * 1000} for i in range(100)]))
    html = page(ana, f"{order(found)}1/read/?lado=entrada")
    assert len(html) < 100_000 and "aquí está el comienzo" in html
    answer = ana.get(f"{order(found)}1/")
    assert answer["Content-Disposition"] == f'attachment; filename="{found.number.strip("#")}-1.json"'
    whole = json.loads(answer.content)
    assert len(whole["steps"]) == 6 and len(json.dumps(whole)) > 100_000
    original = page(ana, f"{order(found)}original/")
    assert "x-shopify-shop-domain" in original and "aquí está el comienzo" in original and len(original) < 100_000


def test_what_is_no_longer_kept_is_said(cast: Cast, ana: Client) -> None:
    found = cast.send()
    assert prune(datetime.now(UTC) + timedelta(days=200)) == 1
    html = page(ana, order(found))
    assert "ya no se conserva" in html and "Corregir datos" not in html
    assert "Ya no se conserva." in page(ana, f"{order(found)}original/")
    assert "Lo que envió la tienda ya no se conserva." in page(ana, f"{order(found)}1/read/?lado=entrada")
    assert "María José" in page(ana, f"{order(found)}1/read/")


def test_steps_and_attempts_that_are_not_there(cast: Cast, ana: Client) -> None:
    found = cast.send()
    for path in ("9/", "9/read/", "1/forward/", "1/nada/"):
        page(ana, order(found) + path, 404)


# What is mended


def test_linking_what_is_proposed_with_one_click_and_taking_it_back(cast: Cast, ana: Client) -> None:
    first, second = unlinked(cast), unlinked(cast)
    mine = cast.product("Masajeador Cervical", sku="MAS", price=109900)
    html = page(ana, order(first))
    assert "Vincular y registrar 2" in html and "mismo precio" in html
    place = f"/productos/por-vincular/{StoreVariant.objects.get(key='v:9').pk}/vincular/"
    given = fields_of(html, place)
    assert given == {"next": order(first), "variant": str(mine.pk)}
    answer = ana.post(place, given)
    assert answer["Location"].startswith(f"{order(first)}?seguir=")
    done = page(ana, answer["Location"])
    assert "se despacha como Masajeador Cervical" in done and "2 pedidos se están registrando" in done
    cast.work()
    assert Order.objects.filter(intake_id__in=(first.pk, second.pk)).count() == 2
    assert "2 pedidos registrados" in page(ana, answer["Location"])
    text = words(page(ana, order(first)))
    assert "Vinculado: «Masajeador / M» con 1 × Masajeador Cervical · Tú" in text and "Reintento" not in text
    undone = ana.post(place, fields_of(done, place), follow=True)
    assert "ya no está vinculado" in undone.content.decode() and undone.redirect_chain[-1][0].startswith(order(first))
    assert not Link.objects.exists() and Order.objects.count() == 2
    assert "Vínculo quitado: «Masajeador / M» · Tú" in words(page(ana, order(first)))


def test_several_with_the_sku_are_shown_and_none_is_chosen(cast: Cast, ana: Client) -> None:
    other = cast.product("Faja Premium", sku="FAJA-M")
    found = cast.send()
    html = page(ana, order(found))
    assert (
        "¿Cuál de estos es?" in html
        and html.count('type="radio" name="variant"') == 2
        and "checked" not in html.partition("<main")[2]
    )
    ana.post(f"/productos/por-vincular/{StoreVariant.objects.get().pk}/vincular/", {"variant": str(other.pk)})
    cast.work()
    assert Order.objects.get().lines.get().variant == other


def test_nothing_alike_leads_to_where_one_chooses(cast: Cast, ana: Client) -> None:
    html = page(ana, order(unlinked(cast)))
    assert hrefs(html.partition("<main")[2], "Elegir el producto") == [
        f"/productos/por-vincular/{StoreVariant.objects.get().pk}/"
    ]
    assert "Vincular y registrar" not in html


def test_a_phone_and_a_city_are_corrected_at_once(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555", **ARMENIA)
    html = page(ana, order(failed))
    assert 'name="phone" value="310 555"' in html and 'name="place" value="Armenia, Quindío"' in html
    done = ana.post(f"{order(failed)}corregir/", {"phone": "3105550101", "place": "Armenia, Quindío"}, follow=True)
    assert "Corregido" in done.content.decode()
    cast.work()
    address = json.loads(Order.objects.get().shipping_address)
    assert (address["city"], address["region"]) == ("Armenia", "Quindío")
    text = words(page(ana, order(failed)))
    assert "Teléfono: 310 555 → 3105550101" in text and "Dato corregido · Tú" in text
    assert Correction.objects.count() == 2  # the city's name did not change
    assert AuditEntry.objects.filter(action="correct", target=f"intake:{failed.pk}").count() == 2


def test_a_correction_that_would_not_do_is_said_at_once_and_keeps_what_was_typed(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555", **ARMENIA)
    answer = ana.post(f"{order(failed)}corregir/", {"phone": "310 556", "place": "other", "city": "San Francisco"})
    html = answer.content.decode()
    assert answer.status_code == 400 and Correction.objects.count() == 0
    assert 'value="310 556"' in html and 'value="San Francisco"' in html
    for at in ("why", "datos"):
        assert re.search(rf'id="{at}-phone"[^>]* aria-invalid="true" aria-describedby="{at}-phone-fault"', html)
        assert re.search(rf'id="{at}-phone-fault">El teléfono «310 556» no es un número válido', html)
        assert re.search(rf'id="{at}-city-fault">«San Francisco» no basta', html)
    long = ana.post(f"{order(failed)}corregir/", {"phone": "3" * 501})
    assert long.status_code == 400 and "3" * 501 in long.content.decode()


def test_nothing_changed_is_nothing_corrected(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555")
    done = ana.post(f"{order(failed)}corregir/", {"phone": "310 555"}, follow=True).content.decode()
    assert "No cambiaste ningún dato" in done and Correction.objects.count() == 0


def test_a_registered_order_is_corrected_and_that_is_taken_back(cast: Cast, ana: Client) -> None:
    found = cast.send()
    assert "Corregir datos" in page(ana, order(found))
    done = ana.post(
        f"{order(found)}corregir/", {"address1": "Calle 11 # 5-20", "name": "María José Núñez"}, follow=True
    )
    cast.work()
    assert json.loads(Order.objects.get().shipping_address)["address1"] == "Calle 11 # 5-20"
    place = f"{order(found)}corregir/"
    assert fields_of(done.content.decode(), place) == {"take_back": "address1"}
    assert "Deshacer" in page(ana, order(found))
    ana.post(place, {"take_back": "address1"})
    cast.work()
    assert json.loads(Order.objects.get().shipping_address)["address1"] == "Calle 10 # 43-21"
    text = words(page(ana, order(found)))
    assert "Corrección deshecha · Tú" in text and "Dirección: Calle 11 # 5-20 → Calle 10 # 43-21" in text
    assert "otra vez lo de la tienda" in text
    assert Correction.objects.count() == 2


def test_what_was_taken_back_does_not_come_between_when_the_store_changes_it(cast: Cast, ana: Client) -> None:
    sent = cast.order()
    found = cast.send(sent)
    for given in ({"address1": "Calle 11 # 5-20"}, {"take_back": "address1"}):
        ana.post(f"{order(found)}corregir/", given)
        cast.work()
    sent["shipping_address"]["address1"] = "Calle 12 # 8-30"
    cast.send(sent | {"updated_at": datetime.now(UTC).isoformat()}, "orders/updated")
    assert json.loads(Order.objects.get().shipping_address)["address1"] == "Calle 12 # 8-30"
    assert not Problem.objects.exists()


def test_a_correction_that_registered_an_order_is_not_taken_back(cast: Cast, ana: Client) -> None:
    failed = wrong(cast, phone="310 555")
    ana.post(f"{order(failed)}corregir/", {"phone": "3105550101"})
    cast.work()
    assert "Deshacer" not in page(ana, order(failed)).partition("Correcciones")[2]
    refused = ana.post(f"{order(failed)}corregir/", {"take_back": "phone"}, follow=True).content.decode()
    assert "ya se registró con ese dato" in refused and Correction.objects.count() == 1
    assert json.loads(Order.objects.get().customer)["phone"] == "+573105550101"


def test_of_a_correction_that_no_longer_fits_a_person_chooses(cast: Cast, ana: Client) -> None:
    sent = cast.order()
    sent["shipping_address"]["phone"] = "12"
    found = cast.send(sent)
    ana.post(f"{order(found)}corregir/", {"phone": "3105550101", "address1": "Calle 10 # 43-21"})
    sent["shipping_address"]["phone"] = "3005550199"
    later = cast.send(sent | {"updated_at": datetime.now(UTC).isoformat()}, "orders/updated")
    html = page(ana, order(later))
    assert "¿cuál vale?" in html and 'name="keep-phone" value="3105550101"' in html
    ana.post(f"{order(later)}corregir/", {"keep-phone": "3005550199"})
    cast.work()
    assert json.loads(Order.objects.get().customer)["phone"] == "+573005550199"


def test_an_unpaid_order_is_said_to_be_paid(cast: Cast, ana: Client) -> None:
    waiting = cast.send(cast.order(payment_gateway_names=["Transferencia"], tags=""))
    html = page(ana, order(waiting))
    assert waiting.status == "unpaid" and "Marcar como pagado" in html and "Es pago contra entrega" in html
    ana.post(f"{order(waiting)}corregir/", {"payment": "prepaid"})
    cast.work()
    assert Order.objects.get().payment == "prepaid"
    assert "Pago: Por confirmar → Pagado" in words(page(ana, order(waiting)))
    assert ana.post(f"{order(waiting)}corregir/", {"payment": "regalado"}).status_code in (302, 400)
    assert Correction.objects.count() == 1


def test_discarding_and_taking_that_back(cast: Cast, ana: Client) -> None:
    found = cast.send(cast.order(payment_gateway_names=["Transferencia"], tags="", financial_status="paid"))
    ana.post(f"{order(found)}descartar/")
    assert Order.objects.count() == 1  # registered: nothing to discard
    found = unlinked(cast)
    done = ana.post(f"{order(found)}descartar/", follow=True).content.decode()
    cast.work()
    found.refresh_from_db()
    assert "Descartado" in done and (found.status, found.cause) == ("ignored", "discarded")
    html = page(ana, order(found))
    assert "Alguien de tu equipo descartó este pedido" in html and "Registrar de todos modos" in html
    assert "Pedido descartado · Tú" in words(html)
    ana.post(f"{order(found)}reintentar/", fields_of(done, f"{order(found)}reintentar/"))
    cast.work()
    found.refresh_from_db()
    assert found.status == "failed"


def test_switching_on_from_the_order_and_back(cast: Cast, ana: Client) -> None:
    ana.post(f"/configuraciones/integracion/{cast.shop.pk}/cambiar/", {"do": "off"})
    held = cast.send()
    html = page(ana, order(held))
    assert held.status == "held" and "Encender y procesar" in html
    assert "Recibir Detenido Integración apagada" in words(html)
    assert "Encender y procesar" in page(ana, f"{order(held)}1/receive/")
    done = ana.post(f"{order(held)}encender/", {"do": "switch_on"}, follow=True).content.decode()
    assert "está en On" in done and "data-live" in done
    cast.work()
    assert Order.objects.count() == 1
    assert "Integración encendida · Tú" in words(page(ana, order(held)))
    ana.post(f"{order(held)}encender/", fields_of(done, f"{order(held)}encender/"))
    cast.shop.refresh_from_db()
    assert not cast.shop.active
    assert ana.post(f"{order(held)}encender/", {"do": "todo"}).status_code == 404


def test_every_button_leads_somewhere(cast: Cast, ana: Client) -> None:
    found = unlinked(cast)
    for action in {each.action for each in CODES.values()}:
        if path := where(action, found).partition("#")[0]:
            page(ana, path)


def test_support_does_not_follow_what_others_set_going(cast: Cast, ana: Client) -> None:
    """That line names other orders, and what is the matter with them."""
    first, row = unlinked(cast), StoreVariant.objects.get(key="v:9")
    given = {"variant": str(cast.faja.pk), "next": order(first)}
    there = ana.post(f"/productos/por-vincular/{row.pk}/vincular/", given)["Location"]
    assert "se están registrando" in page(ana, there) or "se está registrando" in page(ana, there)
    assert "se está registrando" not in page(person(cast, "soporte@example.com", "support"), there)


# Every kind of order


def test_an_order_that_cannot_be_read(cast: Cast, ana: Client) -> None:
    found = cast.send({"hola": ["mundo"]})
    html = page(ana, order(found))
    assert "Pedido sin número" in html and "No se conocen" in html
    (there,) = hrefs(html.partition("<main")[2], "Ver el dato")
    assert "mundo" in page(ana, there)


def test_duplicates_point_to_each_other(cast: Cast, ana: Client) -> None:
    again = connect(cast.account, "shopify", "Respaldo", STORE, SECRET)
    sent = cast.order()
    first = cast.send(sent)
    twin = cast.send(sent, integration=again)
    html = page(ana, order(twin))
    assert hrefs(html, "Ver el primero") == [order(first)] and "El primero, por «Tienda Uno»" in html
    assert "Pedido registrado" in html and "Corregir datos" not in html
    other = page(ana, order(first))
    assert order(twin) in hrefs(other, "El mismo, por «Respaldo»") and "El mismo pedido llegó por «Respaldo»" in other


def test_cancelled_and_test_orders(cast: Cast, ana: Client) -> None:
    gone = cast.send(cast.order(cancelled_at=datetime.now(UTC).isoformat(), cancel_reason="customer"))
    html = page(ana, order(gone))
    assert "Cancelado" in html and "lo pidió el cliente" in html and "Reintentar" not in html
    trial = cast.send(cast.order(test=True))
    text = words(page(ana, order(trial)))
    assert "Es un pedido de prueba" in text and "Intento 1: omitido: pedido de prueba" in text


def test_a_test_order_of_comandas_own_goes_the_whole_way(cast: Cast, ana: Client) -> None:
    ana.post(f"/configuraciones/integracion/{cast.shop.pk}/probar/")
    cast.work()
    text = words(page(ana, order(Intake.objects.get())))
    assert "Leer el pedido Exitoso" in text and "Sin vincular: es de prueba Exitoso" in text
    assert (
        "Sin registrar: es de prueba Exitoso" in text
        and "Registrar el pedido" not in text
        and "Es un pedido de prueba" in text
    )


def test_an_update_that_meets_a_problem(cast: Cast, ana: Client) -> None:
    sent = cast.order()
    found = cast.send(sent)
    extra = cast.line(sku=None, variant_id=9, title="Masajeador")
    cast.product("Masajeador Cervical", sku="MAS")
    later = sent | {"line_items": [*sent["line_items"], extra], "updated_at": datetime.now(UTC).isoformat()}
    cast.send(later, "orders/updated")
    html = page(ana, order(found))
    text = words(html)
    assert "El pedido sigue registrado como estaba" in text and "Vincular y registrar" in text and "Reintentar" in text
    assert "La tienda envió una versión nueva · un cambio por aplicar" in text
    assert "El pedido, como llegó · la versión que cuenta" in text
    assert "Pedido registrado" in text and "Exitoso Cambio por aplicar" in text
    assert "Intento 2: fallido en «Vincular productos»: producto sin vincular" in text
    (row,) = re.findall(r'<tr id="row-.*?</tr>', page(ana, "/historial/"), re.DOTALL)
    assert "Exitoso Cambio por aplicar" in words(row) and "$ 109.900" in words(row) and "data-open" in row


def test_a_correction_that_cannot_be_applied_is_not_said_to_be_the_shops(cast: Cast, ana: Client) -> None:
    found = cast.send()
    Variant.objects.update(sku="OTRO"), OrderLine.objects.update(ordered=None)  # registered before it was kept
    correct(by_operator(cast.account), found, {"city": "Cali", "region": "Valle del Cauca"})
    cast.work()
    text = words(page(ana, order(found)))
    assert "Cambio por aplicar" in text and "la tienda envió" not in text.lower()


def test_lines_add_up_to_the_subtotal(cast: Cast, ana: Client) -> None:
    watch = cast.product("Reloj", sku="REL", price=31000)
    sold = cast.line(sku=None, variant_id=9, title="Combo", price="69900.00")
    found = cast.send(cast.order(line_items=[sold], total_price="69900.00", subtotal_price="69900.00"))
    link = Link.objects.create(account=cast.account, store_variant=StoreVariant.objects.get(key="v:9"))
    for variant, quantity in ((cast.faja, 2), (watch, 1)):
        LinkItem.objects.create(link=link, variant=variant, quantity=quantity)
    retry_one(by_operator(cast.account), found)
    cast.work()
    part = page(ana, order(found)).partition('id="pedido"')[2].partition("</section>")[0]
    text = words(part).replace("\u00a0", " ")
    first, second = Order.objects.get().lines.order_by("-quantity")
    lost = 69900 - first.amount - second.amount
    assert lost == Decimal("0.01"), (first.unit_price, second.unit_price)
    shown = [spoken(each) for each in (first.unit_price, first.amount, second.amount, lost)]
    assert shown[0] + " c/u" in text and shown[1] in text and shown[2] in text and text.count("c/u") == 1
    assert f"Redondeo {shown[3]} Subtotal $ 69.900" in text


def spoken(amount: Decimal) -> str:
    return f"$ {amount:,.2f}".translate(str.maketrans(",.", ".,"))


def test_many_attempts_are_folded_and_all_can_be_seen(cast: Cast, ana: Client) -> None:
    found = unlinked(cast)
    for _ in range(22):
        ana.post(f"{order(found)}reintentar/")
        cast.work()
    html = page(ana, order(found))
    assert html.count('<details class="card drawer">') == 2 and "Ver los 20 intentos anteriores" in html
    assert "Intento 4 " in words(html) and "Intento 3 " not in words(html)
    assert page(ana, f"{order(found)}?todos").count('<details class="card drawer">') == 22


def test_a_bulk_retry_stands_in_the_story_of_each_order(cast: Cast, ana: Client) -> None:
    found = unlinked(cast)
    ana.post("/historial/reintentar/", {"status": "failed"})
    cast.work()
    text = words(page(ana, order(found)))
    assert "Reintento junto con otros pedidos · Tú" in text and "Intento 2 por un reintento: fallido" in text
    berto = person(cast, "berto@example.com")
    assert "Reintento junto con otros pedidos · ana@example.com" in words(page(berto, order(found)))


def test_what_was_done_to_its_integration_is_told_in_words(cast: Cast, ana: Client) -> None:
    held = connect(cast.account, "shopify", "Respaldo", "otra.myshopify.com", SECRET)
    Integration.objects.filter(pk=held.pk).update(active=False)
    found = cast.send(integration=held, store="otra.myshopify.com")
    who = by_operator(cast.account)
    rotate(who, held), begin_again(who, held)
    rename(who, held, "Otra")
    who.audit("trial", f"integration:{held.pk}", delivery="7")
    remove_secret(who, held, held.secrets.get())
    story = words(page(ana, order(found)).partition('id="historia"')[2].partition("</section>")[0])
    for each in (
        "URL de la integración cambiada",
        "Integración repetida desde cero",
        "Clave de la integración quitada",
    ):
        assert f"{each} · El operador" in story, each
    assert not [action for _kind, action in audited() if f" {action} ·" in story]


def test_all_that_is_done_has_words_in_a_story_or_is_left_out_knowingly() -> None:
    of_an_order = {action for kind, action in audited() if kind in ("intake", "store_variant", "integration")}
    assert {"correct", "reveal", "link", "trial", "map"} <= of_an_order
    assert of_an_order == DONE.keys() | SPECIAL.keys() | set(UNTOLD)


def test_the_story_is_in_order_of_time_by_day(cast: Cast, ana: Client) -> None:
    found = unlinked(cast)
    Intake.objects.filter(pk=found.pk).update(received_at=datetime.now(UTC) - timedelta(days=1))
    ana.post(f"{order(found)}reintentar/")
    cast.work()
    story = words(page(ana, order(found)).partition('id="historia"')[2].partition("</section>")[0])
    places = [
        story.index(each) for each in ("Ayer", "Llegó de Shopify", "Hoy", "Intento 1", "Reintento · Tú", "Intento 2")
    ]
    assert places == sorted(places)


# Live


def test_a_page_asks_again_while_its_order_is_being_read(cast: Cast, ana: Client) -> None:
    found = unlinked(cast)
    assert "data-live" not in page(ana, order(found))
    ana.post(f"{order(found)}reintentar/")
    html = page(ana, order(found))
    assert "Se está leyendo de nuevo" in html and f'data-live hx-get="{order(found)}"' in html
    assert "no está vinculado" not in words(html.partition("Pasos")[0]) and "Vincular y registrar" not in html
    part = ana.get(order(found), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "data-live" in part and "hx-swap-oob" not in part
    cast.work()
    part = ana.get(order(found), headers={"HX-Request": "true"}).content.decode()
    assert "data-live" not in part and 'hx-swap-oob="innerHTML:#said"' in part


# Safety and speed


def test_what_a_store_sends_is_never_markup_here(cast: Cast, ana: Client) -> None:
    sent = cast.order(
        name=NASTY,
        note=NASTY,
        email=NASTY,
        line_items=lines(cast, sku=NASTY, variant_id=9, title=NASTY, variant_title=NASTY),
    )
    sent["shipping_address"] |= {"name": NASTY, "first_name": NASTY, "city": NASTY, "address1": NASTY, "phone": NASTY}
    sent |= {"note_attributes": [{"name": NASTY, "value": NASTY}], "payment_gateway_names": [NASTY]}
    found = cast.send(sent, headers={"x-shopify-api-version": NASTY, "user-agent": NASTY})
    ana.post(f"{order(found)}corregir/", {"name": NASTY})
    cast.work()
    found.refresh_from_db()
    paths = [
        order(found),
        f"{order(found)}original/",
        f"{order(found)}?todos",
        f"/soporte/?pedido={found.pk}",
        "/soporte/",
    ]
    paths += [
        f"{order(found)}1/{step}/{side}"
        for step in ("receive", "verify", "read", "check", "match")
        for side in ("", "?lado=entrada")
    ]
    assert "alert(1)" in page(ana, f"{order(found)}original/")
    for path in paths:
        html = page(ana, path)
        assert "<script>alert" not in html and "<img src=x" not in html, path
    assert ana.get(f"{order(found)}1/")["Content-Type"] == "application/json"


def test_a_page_asks_the_same_few_questions_however_much_happened(
    cast: Cast, ana: Client, django_assert_max_num_queries: Any
) -> None:
    found = cast.send(
        cast.order(line_items=[cast.line(sku=None, variant_id=9000 + i, title=f"Cosa {i}") for i in range(30)])
    )
    for _ in range(10):
        ana.post(f"{order(found)}reintentar/")
        cast.work()
    with django_assert_max_num_queries(30):
        html = page(ana, order(found))
    assert len(html) < 60_000


def test_a_reader_of_english_reads_the_problems_in_english(cast: Cast, ana: Client) -> None:
    User.objects.update(language="en")
    found = unlinked(cast)
    html = page(ana, order(found))
    assert "“Masajeador / M” is not linked to any product of your catalogue." in html and "Match products" in html


def test_a_text_that_is_cut_in_an_emoji_is_shown_all_the_same(cast: Cast) -> None:
    body = json.dumps(cast.order(note="hola X")).replace("hola X", "hola \\ud83d").encode()
    found, ana = cast.send(body), person(cast)
    assert found.status == "registered"
    for path in ("original/", "1/read/?tab=in"):
        assert "hola" in page(ana, f"/historial/{found.pk}/{path}")
