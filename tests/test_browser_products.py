"""Productos in a real browser: what stops orders is linked by one press, as a pack without JavaScript, a file by dropping it."""

from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.browser import PHONE, accessible, chromium, enter, no_wider_than_the_screen, visit
from tests.installation import Installation, until
from tests.shopify_orders import order, signed
from tests.test_web_products import FILE

LIST = "/productos/por-vincular/"


def send(hook: str, first: int, count: int, **line: object) -> None:
    for id_ in range(first, first + count):
        body = order(id_)
        body["line_items"] = [body["line_items"][0] | {"sku": "", "variant_title": ""} | line]
        raw, headers = signed(body)
        assert httpx.post(hook, content=raw, headers=headers).status_code == 200


def registered(installation: Installation) -> int:
    return installation.count("SELECT count(*) FROM comanda_order")


def here(installation: Installation) -> str:
    return f"http://localhost:{installation.port}"


def everywhere(page: Page, *paths: str) -> None:
    for path in paths:
        page.goto(path)
        accessible(page)
        no_wider_than_the_screen(page)


def test_what_stops_orders_is_linked(installation: Installation) -> None:
    hook = installation.hook()
    with installation.serving(), chromium() as browser:
        send(hook, 1, 3, title="Faja Reductora Premium", variant_id=901, product_id=91, variant_title="M")
        send(hook, 10, 1, title="Termo de Acero", variant_id=902, product_id=92)
        until(lambda: installation.count("SELECT count(*) FROM comanda_problem") == 4, 20, "the orders to be read")
        with visit(browser, here(installation)) as page:
            enter(page, "ana@example.com", "una-clave-larga-9")
            page.goto(LIST)
            accessible(page)
            page.get_by_role("button", name="Vincular y registrar 3").click()
            expect(page.locator("#registering")).to_contain_text("3 pedidos registrados", timeout=15_000)
            assert registered(installation) == 3
            page.get_by_role("button", name="Deshacer").click()
            expect(page.locator("#notices")).to_contain_text("ya no está vinculado")
            page.get_by_role("link", name="Buscar en el catálogo").first.click()
            page.wait_for_selector("dialog[open]")
            page.keyboard.type("faj")  # the field has the focus; the answers come as one types
            page.get_by_role("radio", name="Faja Reductora").check()
            accessible(page)
            page.get_by_role("button", name="Vincular y registrar 1").click()
            expect(page.locator("#registering")).to_contain_text("1 pedido registrado", timeout=15_000)
        with visit(browser, here(installation), viewport=PHONE) as page:
            enter(page, "ana@example.com", "una-clave-larga-9")
            everywhere(
                page,
                LIST,
                "/productos/",
                "/productos/vinculos/",
                "/productos/importar/",
                "/productos/nuevo/",
                f"{LIST}1/",
            )
            for path in ("buscar", "paquete", "ignorar"):
                everywhere(page, f"{LIST}1/{path}/")
            page.goto(f"{LIST}1/paquete/")
            page.get_by_label("Nombre o SKU de lo que lleva").fill("faja")
            page.keyboard.press("Enter")
            page.get_by_role("button", name="Agregar Faja Reductora M").click()
            expect(page.get_by_label("Cantidad de Faja Reductora M")).to_be_focused()
            expect(page.get_by_role("dialog")).to_have_count(0)  # it is a page of its own


def test_a_pack_without_javascript_and_a_file_with_it(installation: Installation, tmp_path: Path) -> None:
    hook = installation.hook()
    file = tmp_path / "productos.csv"
    file.write_text(FILE)
    with installation.serving(), chromium() as browser:
        send(hook, 1, 2, title="Kit Belleza", variant_id=901, product_id=91)
        until(lambda: installation.count("SELECT count(*) FROM comanda_problem") == 2, 20, "the orders to be read")
        with visit(browser, here(installation)) as page:
            enter(page, "ana@example.com", "una-clave-larga-9")
            page.goto("/productos/importar/")
            page.get_by_label("Arrastra tu archivo aquí").set_input_files(file)
            page.get_by_role("button", name="Revisar el archivo").click()
            accessible(page)
            page.get_by_role("button", name="Importar 3 variantes").click()
            expect(page.get_by_role("heading", name="Importado")).to_be_visible()
            accessible(page)
            page.goto("/productos/nuevo/")
            page.get_by_role("button", name="Agregar otra variante").click()
            expect(page.locator(".line-row")).to_have_count(2)  # without leaving the page
        with visit(browser, here(installation), java_script_enabled=False) as page:
            enter(page, "ana@example.com", "una-clave-larga-9")
            page.goto(LIST)
            page.get_by_role("link", name="Es un paquete o combo").click()
            page.get_by_label("Nombre o SKU de lo que lleva").fill("tonico")
            page.keyboard.press("Enter")
            page.get_by_role("button", name="Agregar Tónico").click()
            page.get_by_label("Cantidad de Tónico").fill("2")
            page.get_by_label("Nombre o SKU de lo que lleva").fill("FAJA-M")
            page.keyboard.press("Enter")
            page.get_by_role("button", name="Agregar Faja Reductora M").click()
            assert page.get_by_label("Cantidad de Tónico").input_value() == "2"
            page.get_by_role("button", name="Quitar Faja Reductora M").click()
            page.get_by_role("button", name="Agregar Faja Reductora M").click()
            page.get_by_role("button", name="Vincular y registrar 2").click()
            expect(page.locator("#notices")).to_contain_text("2 × Tónico + Faja Reductora M")
            until(lambda: registered(installation) == 2, 15, "the orders to be registered")
            page.reload()
            expect(page.locator("#registering")).to_contain_text("2 pedidos registrados")
    lines = installation.rows("SELECT sku, quantity FROM comanda_orderline ORDER BY sku, quantity")
    assert [tuple(each) for each in lines] == [("FAJA-M", 1), ("FAJA-M", 1), ("TON", 2), ("TON", 2)]
