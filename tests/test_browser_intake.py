"""An order's page in a real browser: the window, keys, mending there, looking again by itself, without JavaScript, on a phone."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.browser import PHONE, accessible, chromium, enter, no_wider_than_the_screen, visit
from tests.installation import Installation, until
from tests.shopify_orders import order, signed

EMAIL, PASSWORD = "ana@example.com", "una-clave-larga-9"
OTHER = {
    "product_id": 9,
    "variant_id": 99,
    "sku": None,
    "title": "Faja Reductora Premium M",
    "quantity": 1,
    "price": "109900.00",
}


@contextmanager
def shop(installation: Installation, *orders: dict[str, Any]) -> Iterator[tuple[Browser, str]]:
    """A browser beside a server that has taken these orders; the server's address."""
    hook = installation.hook()
    with installation.serving(), chromium() as browser:
        for each in orders:
            raw, headers = signed(each)
            assert httpx.post(hook, content=raw, headers=headers).status_code == 200
        until(lambda: installation.count("SELECT count(*) FROM comanda_intake") == len(orders), 20, "the worker")
        yield browser, f"http://localhost:{installation.port}"


def unlinked(id_: int) -> dict[str, Any]:
    return order(id_, line_items=[OTHER])


def open_order(page: Page, number: str) -> None:
    page.goto(f"/historial/?q={number.strip('#')}")
    page.get_by_role("link", name=number).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def test_the_window_by_keyboard_and_the_order_mended_in_it(installation: Installation) -> None:
    with shop(installation, unlinked(1041), unlinked(1042)) as (browser, url), visit(browser, url) as page:
        enter(page, EMAIL, PASSWORD)
        open_order(page, "#1042")
        accessible(page)
        eye = page.get_by_role("link", name="Ver Vincular productos")
        eye.focus()
        page.keyboard.press("Enter")
        window = page.get_by_role("dialog")
        expect(window.get_by_role("heading", name="Vincular productos")).to_be_visible()
        expect(window).to_contain_text("no está vinculado a ningún producto de tu catálogo")
        accessible(page)

        given = window.get_by_role("link", name="Datos de entrada")
        given.focus()
        page.keyboard.press("Enter")
        expect(given).to_have_attribute("aria-current", "true")
        expect(given).to_be_focused()
        expect(window).to_contain_text("Faja Reductora Premium M")
        page.keyboard.press("Escape")
        expect(window).to_be_hidden()
        expect(eye).to_be_focused()

        page.keyboard.press("Enter")
        window.get_by_role("button", name="Vincular y registrar 2").click()
        expect(page.get_by_text("se despacha como Faja Reductora M")).to_be_visible()
        expect(page.get_by_text("El pedido está registrado")).to_be_visible(timeout=10_000)  # by itself
        assert not page.locator("[data-live]").count()
        accessible(page)
    assert installation.count("SELECT count(*) FROM comanda_order") == 2


def test_an_order_is_corrected_on_a_phone(installation: Installation) -> None:
    place = order(1)["shipping_address"] | {"phone": "310 555", "city": "Armenia", "province": ""}
    with (
        shop(installation, order(1050, shipping_address=place)) as (browser, url),
        visit(browser, url, viewport=PHONE, color_scheme="dark") as page,
    ):
        enter(page, EMAIL, PASSWORD)
        open_order(page, "#1050")
        no_wider_than_the_screen(page)
        accessible(page)
        form = page.get_by_role("region", name="Qué pasó")
        expect(form.get_by_label("Ciudad", exact=True)).to_be_hidden()  # until another one is to be typed
        form.get_by_label("Otra").check()
        expect(form.get_by_label("Ciudad", exact=True)).to_be_visible()
        form.get_by_label("Armenia, Quindío").check()
        form.get_by_label("Teléfono", exact=True).fill("310 55")
        form.get_by_role("button", name="Corregir y registrar").click()
        fault = form.get_by_text("El teléfono «310 55» no es un número válido")
        expect(fault.last).to_be_visible()
        expect(form.get_by_label("Teléfono", exact=True)).to_have_attribute("aria-invalid", "true")
        expect(form.get_by_label("Teléfono", exact=True)).to_be_focused()
        no_wider_than_the_screen(page)
        accessible(page)
        form.get_by_label("Armenia, Quindío").check()
        form.get_by_label("Teléfono", exact=True).fill("310 555 0101")
        form.get_by_role("button", name="Corregir y registrar").click()
        expect(page.get_by_text("El pedido está registrado")).to_be_visible(timeout=10_000)
        page.get_by_role("link", name="Ver Revisar los datos").first.click()
        expect(page.get_by_role("dialog").get_by_text("Quindío", exact=True)).to_be_visible()
        no_wider_than_the_screen(page)
        accessible(page)


def test_a_session_that_has_ended_leads_to_the_entrance(installation: Installation) -> None:
    with shop(installation, unlinked(1055)) as (browser, url), visit(browser, url) as page:
        enter(page, EMAIL, PASSWORD)
        open_order(page, "#1055")
        there = page.url
        page.context.clear_cookies()
        page.get_by_role("link", name="Ver Vincular productos").click()
        page.wait_for_url("**/cuenta/login/**")
        assert there.removeprefix(url) in page.url.replace("%2F", "/")


def test_all_of_it_works_without_javascript(installation: Installation) -> None:
    with (
        shop(installation, unlinked(1060)) as (browser, url),
        visit(browser, url, java_script_enabled=False) as page,
    ):
        enter(page, EMAIL, PASSWORD)
        open_order(page, "#1060")
        page.get_by_role("link", name="Ver Vincular productos").click()
        expect(page.get_by_role("heading", name="Vincular productos")).to_be_visible()
        expect(page.get_by_role("button", name="Cerrar")).to_have_count(0)
        page.get_by_role("link", name="Datos de entrada").click()
        expect(page.get_by_text("Faja Reductora Premium M").first).to_be_visible()
        page.get_by_role("link", name="Datos de salida").click()
        page.get_by_role("button", name="Vincular y registrar").click()
        expect(page.get_by_text("se despacha como Faja Reductora M")).to_be_visible()
        until(lambda: installation.count("SELECT count(*) FROM comanda_order") == 1, 20, "the order")
        page.goto(page.url)
        page.get_by_text("Detalle técnico").click()
        page.get_by_role("link", name="tal como llegó").click()
        expect(page.get_by_text("x-shopify-topic")).to_be_visible()


def test_support_asks_for_the_data_within_the_window(installation: Installation) -> None:
    with shop(installation, unlinked(1070)) as (browser, url), visit(browser, url) as page:
        add_support(installation)
        enter(page, "soporte@example.com", PASSWORD)
        open_order(page, "#1070")
        expect(page.get_by_role("heading", level=1)).to_contain_text("María J•••")
        accessible(page)
        page.get_by_role("link", name="Ver Leer el pedido").click()
        window = page.get_by_role("dialog")
        expect(window).to_contain_text("300 ••• ••67")
        accessible(page)
        window.get_by_role("button", name="Mostrar datos del cliente").click()
        expect(window).to_contain_text("María José Núñez")
        expect(window).to_contain_text("Calle 10 # 43-21")
        page.get_by_role("button", name="Cerrar").click()
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_contain_text("María José Núñez")
        page.get_by_text("Detalle técnico").click()
        page.get_by_role("link", name="tal como llegó").click()
        expect(page.locator("#body")).to_contain_text("Calle 10 # 43-21")
    assert installation.rows("SELECT action FROM comanda_auditentry WHERE actor LIKE '%soporte%'") == [("reveal",)]


def add_support(installation: Installation) -> None:
    """An agent of Ana's account, made as the operator would."""
    script = (
        "import django; django.setup()\n"
        "from comanda.accounts.models import Account, Member, User\n"
        f"user = User.objects.create_user('soporte@example.com', '{PASSWORD}')\n"
        "Member.objects.create(account=Account.objects.get(), user=user, role='support')\n"
    )
    there = installation.env | {"DJANGO_SETTINGS_MODULE": "comanda.settings"}
    subprocess.run([sys.executable, "-c", script], env=there, check=True, timeout=60)


def test_help_and_support_are_read_by_anybody(installation: Installation) -> None:
    with shop(installation) as (browser, url), visit(browser, url, viewport=PHONE) as page:
        page.goto("/ayuda/")
        no_wider_than_the_screen(page)
        accessible(page)
        page.get_by_label("Buscar en la ayuda").last.fill("telefono valido")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Teléfono que no es válido").click()
        no_wider_than_the_screen(page)
        accessible(page)
        page.goto("/ayuda/guias/custom/")
        no_wider_than_the_screen(page)
        accessible(page)
        enter(page, EMAIL, PASSWORD)
        page.goto("/soporte/")
        no_wider_than_the_screen(page)
        accessible(page)
