"""Elegir para este pedido in a real browser: in the window, by one press; without JavaScript; on a phone."""

from playwright.sync_api import expect

from tests.browser import PHONE, accessible, enter, no_wider_than_the_screen, visit
from tests.installation import Installation, until
from tests.shopify_orders import order
from tests.test_browser_intake import EMAIL, PASSWORD, open_order, shop

UNCHOSEN = {
    "product_id": 7001,
    "variant_id": 70099,
    "sku": None,
    "title": "Faja Reductora",
    "variant_title": "SELECCIONA TU TALLA",
    "quantity": 1,
    "price": "109900.00",
}


def chosen(installation: Installation) -> int:
    return installation.count("SELECT count(*) FROM comanda_orderline WHERE linked_by = 'chosen'")


def test_one_press_in_the_window_registers_that_order_alone(installation: Installation) -> None:
    orders = (order(1080), order(1081, line_items=[UNCHOSEN]), order(1082, line_items=[UNCHOSEN]))
    with shop(installation, *orders) as (browser, url), visit(browser, url) as page:
        enter(page, EMAIL, PASSWORD)
        open_order(page, "#1081")
        accessible(page)
        page.get_by_role("link", name="Ver Vincular productos").click()
        window = page.get_by_role("dialog")
        expect(window).to_contain_text("elígela para este pedido")
        choose = window.get_by_role("link", name="Elegir para este pedido")
        choose.focus()
        page.keyboard.press("Enter")
        expect(window.get_by_role("heading", name="Las opciones de este producto")).to_be_visible()
        accessible(page)
        window.get_by_label("Nombre o SKU").fill("nada de esto")
        expect(window).to_contain_text("Nada de tu catálogo se llama")
        window.get_by_label("Nombre o SKU").fill("faja")
        window.get_by_role("button", name="Elegir Faja Reductora M").click()
        expect(page.get_by_text("solo en este pedido, que se está leyendo")).to_be_visible()
        expect(page.get_by_text("El pedido está registrado")).to_be_visible(timeout=10_000)  # by itself
        expect(page.get_by_text("Opción elegida para este pedido: Faja Reductora M")).to_be_visible()
        accessible(page)
        open_order(page, "#1082")
        expect(page.get_by_role("link", name="Elegir para este pedido")).to_be_visible()
    assert (chosen(installation), installation.count("SELECT count(*) FROM comanda_order")) == (1, 2)
    assert installation.count("SELECT count(*) FROM comanda_link") == 0


def test_it_is_chosen_on_a_phone_without_javascript(installation: Installation) -> None:
    with (
        shop(installation, order(1090, line_items=[UNCHOSEN, UNCHOSEN])) as (browser, url),
        visit(browser, url, viewport=PHONE, color_scheme="dark") as page,
        visit(browser, url, viewport=PHONE, java_script_enabled=False) as bare,
    ):
        enter(page, EMAIL, PASSWORD)
        open_order(page, "#1090")
        accessible(page)
        no_wider_than_the_screen(page)
        page.get_by_role("link", name="Elegir para este pedido: «Faja Reductora / SELECCIONA TU TALLA»").first.click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Elegir Faja Reductora M")).to_be_visible()
        accessible(page)
        no_wider_than_the_screen(page)
        enter(bare, EMAIL, PASSWORD)
        open_order(bare, "#1090")
        bare.get_by_role("link", name="Elegir para este pedido").first.click()
        bare.get_by_label("Nombre o SKU").fill("faja")
        bare.get_by_role("button", name="Buscar", exact=True).click()
        bare.get_by_role("button", name="Elegir Faja Reductora M").click()
        expect(bare.get_by_text("solo en este pedido")).to_be_visible()
        until(lambda: installation.count("SELECT count(*) FROM comanda_attempt") == 2, 20, "the worker")
        bare.goto(bare.url)
        bare.get_by_role("link", name="Elegir para este pedido").click()
        bare.get_by_role("button", name="Elegir Faja Reductora M").click()
        until(lambda: chosen(installation) == 2, 20, "the order")
