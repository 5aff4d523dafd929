"""Historial in a real browser, on a real server: what is new, what is retried, on a phone, by keyboard, without a script."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser import PHONE, accessible, chromium, enter, no_wider_than_the_screen, visit
from tests.cast import Cast
from tests.installation import Installation, until

EMAIL, PASSWORD = "ana@example.com", "una-clave-larga-9"
STORE = "tienda-uno.myshopify.com"


class Shop:
    """A store that sends orders to the installation."""

    def __init__(self, installation: Installation) -> None:
        self.installation, self.hook = installation, installation.hook(STORE)
        self.cast = Cast.__new__(Cast)  # for its orders and signatures; the account is the installation's
        self.cast.ids = itertools.count(5_500_000_000_001)

    def sell(self, number: str, linked: bool = True, **changes: Any) -> None:
        line = self.cast.line() if linked else self.cast.line(sku=None, variant_id=9, title="Masajeador")
        raw = json.dumps(self.cast.order(name=number, line_items=[line], **changes)).encode()
        assert httpx.post(self.hook, content=raw, headers=self.cast.signed(raw, store=STORE)).status_code == 200

    def read(self, number: int) -> None:
        """Wait until so many orders are in the history."""
        count = "SELECT count(*) FROM comanda_intake WHERE status <> 'pending'"
        until(lambda: self.installation.count(count) == number, 20, f"{number} orders")


@pytest.fixture
def shop(installation: Installation) -> Iterator[Shop]:
    found = Shop(installation)
    with installation.serving():
        yield found


@contextmanager
def ana(shop: Shop, browser: Browser, **how: Any) -> Iterator[Page]:
    with visit(browser, f"http://localhost:{shop.installation.port}", **how) as page:
        enter(page, EMAIL, PASSWORD)
        yield page


def top_of(page: Page, row: str) -> float:
    return float(page.evaluate(f"document.getElementById('{row}').getBoundingClientRect().top"))


def test_new_orders_appear_and_move_nothing_that_is_read(shop: Shop) -> None:
    for number in range(24):
        shop.sell(f"#{1000 + number}")
    shop.read(24)
    with chromium() as browser, ana(shop, browser) as page:
        page.goto("/historial/")
        rows = page.locator("#rows tr[id]")
        expect(rows).to_have_count(24)
        page.mouse.move(2, 2)

        shop.sell("#2001")  # at rest at the top: it is simply there
        expect(rows).to_have_count(
            25, timeout=10_000
        )  # two seconds to look again; the worker and a busy machine besides
        expect(rows.first).to_contain_text("#2001")
        expect(page.locator("#said")).to_have_text("1 pedido nuevo")
        expect(page.locator("#pill")).to_be_hidden()
        expect(page.locator("#statuses")).to_contain_text("Exitosos 25")

        page.mouse.wheel(0, 500)
        page.wait_for_timeout(300)
        read = rows.nth(12).get_attribute("id") or ""
        before = top_of(page, read)
        shop.sell("#2002"), shop.sell("#2003", linked=False)
        expect(rows).to_have_count(27)
        assert top_of(page, read) == before
        pill = page.get_by_role("button", name="2 pedidos nuevos")
        expect(pill).to_be_visible()
        accessible(page)
        pill.click()
        expect(rows.first).to_be_in_viewport()
        expect(pill).to_be_hidden()
        assert page.evaluate("scrollY") == 0

        page.evaluate("document.activeElement.blur()")
        rows.nth(3).hover()
        read = rows.nth(3).get_attribute("id") or ""
        before = top_of(page, read)
        shop.sell("#2004")
        expect(rows).to_have_count(28)
        assert top_of(page, read) == before

        page.evaluate("scrollTo(0, 0)")
        page.mouse.move(2, 2)
        rows.nth(5).locator("a").focus()
        focused = rows.nth(5).get_attribute("id") or ""
        before = top_of(page, focused)
        shop.sell("#2005")
        expect(rows).to_have_count(29)
        assert top_of(page, focused) == before
        assert page.evaluate("document.activeElement.closest('tr').id") == focused


def test_a_short_list_moves_nothing_either_and_the_filter_holds(shop: Shop) -> None:
    shop.sell("#1", linked=False)
    shop.read(1)
    with chromium() as browser, ana(shop, browser) as page:
        page.goto("/historial/?status=failed")
        rows = page.locator("#rows tr[id]")
        rows.first.hover()
        row = rows.first.get_attribute("id") or ""
        before = top_of(page, row)
        shop.sell("#2"), shop.sell("#3", linked=False)
        expect(rows).to_have_count(2)
        assert top_of(page, row) == before
        expect(rows.first).to_contain_text("#3")
        page.goto("/historial/?q=nadie")
        expect(page.get_by_text("Ningún pedido coincide")).to_be_visible()
        shop.sell("#4", email="nadie@example.com")
        expect(page.locator("#rows tr[id]")).to_have_count(1)
        expect(page.get_by_text("Ningún pedido coincide")).to_be_hidden()


def test_all_that_match_are_retried_and_the_page_tells_how_far_it_is(shop: Shop) -> None:
    for number in range(3):
        shop.sell(f"#{number}", linked=False)
    shop.read(3)
    with chromium() as browser, ana(shop, browser) as page:
        page.goto("/historial/?status=failed")
        page.get_by_role("link", name="Reintentar 3 pedidos").click()
        window = page.get_by_role("dialog")
        expect(window).to_contain_text("Producto sin vincular 3")
        accessible(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="Reintentar 3 pedidos")).to_be_focused()
        shop.installation.run("products", "import", str(sheet(shop.installation)), "--account", "Ana")
        page.get_by_role("link", name="Reintentar 3 pedidos").press("Enter")
        window.get_by_role("button", name="Reintentar 3 pedidos").click()
        page.wait_for_url("**/reintentos/*/")
        expect(page.get_by_text("Terminado").first).to_be_visible()
        outcomes = page.locator(".outcomes dd")
        assert sum(int(each) for each in outcomes.all_inner_texts()) == 3
        accessible(page)
        page.reload()
        expect(page.get_by_text("Fallaron otra vez").first).to_be_visible()
        page.get_by_role("link", name="Reintentos").click()
        expect(page.get_by_role("main")).to_contain_text("ana@example.com")
        accessible(page)


def sheet(installation: Installation) -> Any:
    path = installation.home / "more.csv"
    path.write_text("product,variant,sku,price,cost,stock\nOtra cosa,,OTRA,1000,500,\n")
    return path


def test_a_row_in_sight_is_brought_up_to_date(shop: Shop) -> None:
    shop.sell("#1", linked=False)
    shop.read(1)
    with chromium() as browser, ana(shop, browser) as page:
        page.goto("/historial/?status=failed")
        row = page.locator("#rows tr[id]")
        expect(row).to_contain_text("Fallido")
        (variant,) = shop.installation.rows("SELECT id FROM comanda_variant WHERE sku = 'FAJA-M'")
        (found,) = shop.installation.rows("SELECT id FROM comanda_storevariant WHERE key = 'v:9'")
        linked = ("link", "add", "--account", "Ana", "--store-variant", str(found[0]), "--variant", str(variant[0]))
        shop.installation.run(*linked)
        expect(row).to_contain_text("Exitoso")
        expect(page.locator("#statuses")).not_to_contain_text("Fallidos 1")


def test_a_list_whose_session_has_ended_leads_to_the_entrance_by_itself(shop: Shop) -> None:
    shop.sell("#1")
    shop.read(1)
    with chromium() as browser, ana(shop, browser) as page:
        page.goto("/historial/")
        page.context.clear_cookies(name="sessionid")
        page.wait_for_url("**/cuenta/login/?next=/historial/")


def test_the_lists_on_a_phone_and_by_keyboard(shop: Shop) -> None:
    shop.sell("#1", linked=False), shop.sell("#2")
    shop.sell(
        "#100000000000042", email="un.correo.muy.largo.de.verdad.que.no.cabe@subdominio.example.com", note="x" * 80
    )
    shop.read(3)
    with chromium() as browser:
        with ana(shop, browser, viewport=PHONE) as page:
            for path in ("/historial/", "/pedidos/", "/rechazos/", "/reintentos/", "/historial/reintentar/"):
                page.goto(path)
                no_wider_than_the_screen(page)
                accessible(page)
            page.goto("/historial/")
            page.get_by_role("button", name="Filtros").click()
            page.locator("summary", has_text="Causa").click()
            accessible(page)
            page.get_by_role("link", name="Producto sin vincular").click()
            expect(page.locator("#rows tr[id]")).to_have_count(1)
            page.get_by_role("link", name="Quitar el filtro Producto sin vincular").click()
            expect(page.locator("#rows tr[id]")).to_have_count(3)
        with ana(shop, browser, color_scheme="dark") as page:
            page.goto("/historial/")
            accessible(page)
            menu = page.locator("summary", has_text="Fechas")
            menu.focus()
            page.keyboard.press("Enter")
            expect(page.get_by_role("link", name="7 días")).to_be_visible()
            page.keyboard.press("Escape")
            expect(menu).to_be_focused()
            expect(page.get_by_role("link", name="7 días")).to_be_hidden()
            page.locator("#rows a").first.press("Enter")
            page.wait_for_url("**/historial/*-*/")


def test_without_a_script_everything_is_links_and_forms(shop: Shop) -> None:
    for number in range(31):
        shop.sell(f"#{number}", linked=number > 0)
    shop.read(31)
    with chromium() as browser, ana(shop, browser, java_script_enabled=False) as page:
        page.goto("/historial/")
        page.get_by_role("link", name="Cargar más").click()
        expect(page.locator("#rows tr[id]")).to_have_count(1)
        page.get_by_role("link", name="Ir a los más nuevos").click()
        page.locator("summary", has_text="Fechas").click()
        page.get_by_label("Desde").fill("2020-01-01")
        page.get_by_role("button", name="Ver esas fechas").click()
        expect(page.get_by_role("link", name="Quitar el filtro desde el 1 ene 2020")).to_be_visible()
        page.get_by_role("link", name="Fallidos 1").click()
        page.get_by_role("link", name="Reintentar 1 pedido").click()
        page.get_by_role("button", name="Reintentar 1 pedido").click()
        page.wait_for_url("**/reintentos/*/")
        expect(page.get_by_role("heading", name="Reintento de 1 pedido")).to_be_visible()


def test_more_rows_are_loaded_where_one_stands_and_the_file_has_them_all(shop: Shop) -> None:
    for number in range(40):
        shop.sell(f"#{number}")
    shop.read(40)
    with chromium() as browser, ana(shop, browser) as page:
        page.goto("/historial/")
        page.get_by_role("link", name="Cargar más").click()
        expect(page.locator("#rows tr[id]")).to_have_count(40)
        assert page.evaluate("[...document.querySelectorAll('#rows a')].indexOf(document.activeElement)") == 30
        with page.expect_download() as begun:
            page.get_by_role("link", name="Exportar CSV").click()
        raw = begun.value.path().read_bytes()
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
        assert raw.startswith(b"\xef\xbb\xbf") and len(rows) == 41


def test_between_a_phone_and_a_desk_nothing_is_cut_or_squeezed(shop: Shop) -> None:
    shop.sell("#1", linked=False)
    shop.read(1)
    tablet: ViewportSize = {"width": 768, "height": 1024}
    with chromium() as browser, ana(shop, browser, viewport=PHONE) as page:
        page.goto("/historial/")
        page.get_by_role("link", name="#1").click()
        page.get_by_role("button", name="Reintentar").click()
        expect(page.locator("main")).to_contain_text("Intento 2 por un reintento")
        no_wider_than_the_screen(page)
        page.set_viewport_size(tablet)
        page.goto("/historial/")
        for name in ("Integración", "Causa", "Fechas"):
            page.locator("summary", has_text=name).click()
            box = page.locator("details[open] > .panel").bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= tablet["width"], (name, box)
