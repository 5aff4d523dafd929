"""Connecting a store, mapping what a tool sends, switching and mending it, in a real browser on a real server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PHONE, accessible, chromium, enter, no_wider_than_the_screen, visit
from tests.cast import Cast
from tests.custom_tool import foreign
from tests.installation import Installation, fresh_database, until

PERSON = ("ana@example.com", "una-clave-larga-9")
HOME = "/configuraciones/integraciones/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all: an account, its catalogue, a Shopify store that is connected."""
    found = Installation(Path(tmp_path_factory.mktemp("installation")), fresh_database())
    found.hook()
    with found.serving():
        yield found


def place(served: Installation) -> str:
    return f"http://localhost:{served.port}"


def hook(served: Installation, shown: str) -> str:
    """The URL that a page shows, on the port of this server."""
    return f"{served.url}/hooks/{shown.partition('/hooks/')[2]}"


def good(page: Page) -> None:
    accessible(page)
    no_wider_than_the_screen(page)


def connect(page: Page, builder: str, name: str) -> str:
    """By the card and the wizard's first step; returns the URL that is shown."""
    page.goto(HOME)
    page.get_by_role("link", name=f"Integraciones de {builder}").click()
    page.get_by_role("link", name="Nueva integración").or_(page.get_by_role("link", name="Conectar")).first.click()
    page.get_by_label("Nombre", exact=True).fill(name)
    page.get_by_role("button", name="Crear la integración").click()
    return page.get_by_label("URL", exact=True).input_value()


def sign(body: bytes, secret: str) -> dict[str, str]:
    return Cast.signed(_Ids(), body, secret=secret, store="otra-tienda.myshopify.com")  # type: ignore[arg-type]


class _Ids:
    """Of a cast only what signing needs; the database is the server's."""

    def __init__(self) -> None:
        self.ids = iter(range(10**15))


def order(number: str) -> bytes:
    cast: Any = type("", (), {"ids": iter(range(5_600_000_000_000, 10**15)), "line": Cast.line})()
    return json.dumps(Cast.order(cast, name=number)).encode()


def test_a_store_is_connected_and_its_first_order_turns_the_page_green(browser: Browser, served: Installation) -> None:
    with visit(browser, place(served)) as page:
        enter(page, *PERSON)
        url = hook(served, connect(page, "Shopify", "Otra tienda"))
        accessible(page)
        expect(page.locator(".stepper [aria-current=step]")).to_contain_text("Pegar la URL")
        page.get_by_role("link", name="Ya la pegué, seguir").click()
        page.get_by_label("Clave", exact=True).fill("shpss_la-de-otra")
        page.get_by_role("button", name="Guardar y seguir").click()
        expect(page.get_by_text("Esperando el primer pedido")).to_be_visible()
        accessible(page)
        body = order("#9001")
        forged = httpx.post(url, content=body, headers=sign(body, "mala"))
        assert forged.status_code == 401
        expect(page.get_by_text("su firma no coincide con la clave")).to_be_visible()
        assert httpx.post(url, content=body, headers=sign(body, "shpss_la-de-otra")).status_code == 200
        expect(page.get_by_text("la tienda está conectada")).to_be_visible()
        expect(page.locator("#arrival").get_by_role("link", name="#9001")).to_be_visible()
        accessible(page)

        page.get_by_role("button", name="Enviar pedido de prueba").click()
        expect(page.get_by_text("Todo bien: pasó por los seis pasos.")).to_be_visible()
        expect(page.locator(".steps").get_by_text("Exitoso")).to_have_count(6)
        accessible(page)
        page.get_by_role("link", name="Listo").click()
        expect(page.locator("#ultimos")).to_contain_text("Pedido de prueba")
        accessible(page)
    assert served.count("SELECT count(*) FROM comanda_order WHERE number = '#9001'") == 1
    assert served.count("SELECT count(*) FROM comanda_order") == served.count("SELECT count(*) FROM comanda_orderkey")


def test_a_merchant_maps_the_fields_and_all_that_waited_is_registered(browser: Browser, served: Installation) -> None:
    with visit(browser, place(served)) as page:
        enter(page, *PERSON)
        url = hook(served, connect(page, "MasterTools", "Mi página"))
        for number in range(10):
            body = json.dumps(foreign(folio=f"M-{number}", contacto="310 555 0101"))
            assert httpx.post(url, content=body, headers={"content-type": "application/json"}).status_code == 200
        waiting = "SELECT count(*) FROM comanda_intake WHERE status = 'held' AND cause = 'unmapped'"
        until(lambda: served.count(waiting) == 10, 20, "ten orders that are not mapped")

        page.goto(HOME)
        expect(page.get_by_role("region", name="MasterTools").get_by_text("Campos por mapear")).to_be_visible()
        page.get_by_role("link", name="Integraciones de MasterTools").click()
        page.get_by_role("link", name="Mapear los campos").click()
        expect(page.locator("#v-order-phone")).to_contain_text("300 123 4567")
        expect(page.get_by_text("Probado con los últimos 10:")).to_be_visible()
        accessible(page)

        # By choosing: what is chosen is looked at without a reload, and a fixed value is a choice like others.
        page.get_by_label("Teléfono", exact=True).select_option(label="contacto · 310 555 0101")
        expect(page.locator("#v-order-phone")).to_contain_text("310 555 0101")
        page.get_by_label("Forma de pago", exact=True).select_option("")
        expect(page.get_by_text("Se lee, y después se detendría")).to_be_visible()
        page.get_by_label("Forma de pago", exact=True).select_option(label="Siempre es contra entrega")
        expect(page.get_by_text("Se lee bien")).to_be_visible()

        # By writing: the field appears when it is chosen, and says where it goes wrong.
        written = page.get_by_label("Expresión avanzada de Nombre", exact=True)
        page.get_by_label("Nombre", exact=True).select_option("cliente.nombre")
        expect(written).to_be_hidden()
        page.get_by_label("Nombre", exact=True).select_option("=")
        written.fill("join(' ', [cliente.nombre, cliente.apellido]")
        expect(page.locator("#v-order-name")).to_contain_text("No se entiende")
        written.press("End")
        written.type(")")
        expect(page.locator("#v-order-name")).to_contain_text("María José Núñez")
        expect(written).to_be_focused()
        accessible(page)

        page.get_by_role("button", name="Guardar y encender: 10 pedidos se leen de nuevo").click()
        expect(page.get_by_text("El mapeo está encendido: 10 pedidos se leen de nuevo.")).to_be_visible()
        expect(page.locator("#ultimos").get_by_text("Exitoso")).to_have_count(10)
        accessible(page)
    assert served.count("SELECT count(*) FROM comanda_order WHERE number LIKE 'M-%'") == 10
    phones = served.rows("SELECT DISTINCT customer_phone FROM comanda_intake WHERE external_id LIKE 'M-%'")
    assert phones == [("+573105550101",)]


def test_what_is_wrong_is_said_where_it_was_typed(browser: Browser, served: Installation) -> None:
    page = browser.new_context(
        base_url=place(served), locale="es-CO"
    ).new_page()  # a refusal is an error of the console
    enter(page, *PERSON)
    page.goto(f"{HOME}shopify/nueva/")
    page.get_by_label("Nombre", exact=True).fill("Otra vez")
    page.get_by_label("Dirección de la tienda").fill("tienda-uno")
    page.get_by_role("button", name="Crear la integración").click()
    expect(page.get_by_text("Esa tienda ya está conectada como «tienda-uno»")).to_be_visible()
    good(page)
    page.get_by_role("link", name="Abrir «tienda-uno»").click()
    page.locator("#clave").get_by_text("Agregar otra clave").first.click()
    page.get_by_role("button", name="Guardar la clave").click()
    expect(page.get_by_label("Agregar otra clave")).to_have_accessible_description(
        "Se guarda cifrada y no se vuelve a mostrar. Falta la clave: pégala completa."
    )
    good(page)
    page.context.close()


def test_on_a_phone(browser: Browser, served: Installation) -> None:
    made = served.run("integration", "add", "custom", "--account", "Ana", "--name", "Mi herramienta " * 7)
    body = json.dumps(
        foreign(cliente={"nombre": "متجر الكتروني " * 6, "apellido": "👩🏽‍🚀", "celular": "300 123 4567"})
    )
    httpx.post(hook(served, made["hook_url"]), content=body, headers={"content-type": "application/json"})
    until(lambda: served.count("SELECT count(*) FROM comanda_intake WHERE cause = 'unmapped'") == 1, 20, "the order")
    one = f"/configuraciones/integracion/{made['id']}/"
    with visit(browser, place(served), viewport=PHONE, has_touch=True, color_scheme="dark") as page:
        enter(page, *PERSON)
        paths = [HOME, f"{HOME}custom/", f"{HOME}shopify/nueva/", one, f"{one}repetir/", f"{one}campos/"]
        for path in [*paths, f"{one}conectar/url/", f"{one}conectar/clave/", f"{one}conectar/prueba/"]:
            page.goto(path)
            good(page)
        page.goto(one)
        page.get_by_role("button", name="Enviar pedido de prueba").click()
        page.wait_for_url("**/probar/**")
        expect(page.get_by_text("Todo bien").or_(page.get_by_text("No pasó de aquí"))).to_be_visible()
        good(page)


def test_without_javascript_it_is_switched_binned_restored_and_given_a_key(
    browser: Browser, served: Installation
) -> None:
    made = served.run(
        "integration", "add", "woocommerce", "--account", "Ana", "--name", "Sin script", "--store", "s.example"
    )
    state = f"SELECT active, binned_at IS NULL FROM comanda_integration WHERE id = {made['id']}"
    with visit(browser, place(served), java_script_enabled=False) as page:
        enter(page, *PERSON)
        page.goto(f"{HOME}woocommerce/")
        page.get_by_role("switch", name="Sin script").click()
        expect(page.get_by_text("está en Off: lo que llegue se guarda y espera")).to_be_visible()
        assert tuple(map(bool, served.rows(state)[0])) == (False, True)
        page.get_by_role("button", name="Deshacer").click()
        assert tuple(map(bool, served.rows(state)[0])) == (True, True)
        page.get_by_role("button", name="Llevar Sin script a la papelera").click()
        assert tuple(map(bool, served.rows(state)[0])) == (True, False)
        page.get_by_text("Papelera (1)").click()
        page.get_by_role("button", name="Restaurar Sin script").click()
        assert tuple(map(bool, served.rows(state)[0])) == (True, True)
        page.get_by_role("link", name="Agregar la clave").click()
        page.get_by_label("Clave", exact=True).fill("una-clave")
        page.get_by_role("button", name="Guardar la clave").click()
        expect(page.get_by_text("Clave guardada.", exact=True)).to_be_visible()
        assert served.count(f"SELECT count(*) FROM comanda_integrationsecret WHERE integration_id = {made['id']}") == 1
        page.get_by_role("button", name="Enviar pedido de prueba").click()
        page.wait_for_url("**/probar/**")
        steps = page.locator(".steps").get_by_text("Exitoso")
        until(lambda: bool(page.reload()) and steps.count() == 6, 20, "six green steps")
