"""The first minutes of a newcomer, from the log-in to the first order, each step showing the next."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium, enter, visit
from tests.installation import Installation, fresh_database, until
from tests.shopify_orders import SECRET, order, signed

EMAIL, PASSWORD = "ana@example.com", "una-clave-larga-9"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An account in which there is nothing."""
    found = Installation(Path(tmp_path_factory.mktemp("installation")), fresh_database())
    found.run("migrate")
    found.run("account", "create", "Ana", "--email", EMAIL, "--password", PASSWORD)
    with found.serving():
        yield found


def at(place: Installation) -> str:
    return f"http://localhost:{place.port}"


def next_step(page: Page) -> None:
    """Back on Inicio, the one button that stands out among the first steps."""
    page.get_by_role("navigation", name="Menú").get_by_role("link", name="Inicio").click()
    steps = page.get_by_role("region", name="Primeros pasos")
    expect(steps.locator(".btn.main")).to_have_count(1)
    steps.locator(".btn.main").click()


def test_the_first_minutes(browser: Browser, empty: Installation, tmp_path: Path) -> None:
    with visit(browser, at(empty)) as page:
        enter(page, EMAIL, PASSWORD)
        next_step(page)
        page.get_by_role("link", name="Integraciones de Shopify").click()
        page.get_by_role("link", name=re.compile("Nueva integración|Conectar")).first.click()
        page.get_by_label("Nombre", exact=True).fill("Tienda Uno")
        page.get_by_role("button", name="Crear la integración").click()
        hook = page.get_by_label("URL", exact=True).input_value()
        page.get_by_role("link", name="Ya la pegué, seguir").click()
        page.get_by_label("Clave", exact=True).fill(SECRET)
        page.get_by_role("button", name="Guardar y seguir").click()
        expect(page.get_by_text("Esperando el primer pedido")).to_be_visible()

        next_step(page)  # the test order
        expect(page.get_by_text("Todo bien: pasó por los seis pasos.")).to_be_visible(timeout=15_000)
        expect(page.locator(".steps").get_by_text("Exitoso")).to_have_count(6)

        next_step(page)  # products
        file = tmp_path / "productos.csv"
        file.write_text("producto,variante,sku,precio,costo,inventario\nFaja Reductora,M,FAJA-M,109900,50000,10\n")
        page.get_by_role("link", name=re.compile("Importar")).first.click()
        page.get_by_label("Arrastra tu archivo aquí").set_input_files(file)
        page.get_by_role("button", name="Revisar el archivo").click()
        page.get_by_role("button", name=re.compile("^Importar 1 variante")).click()
        expect(page.get_by_role("heading", name="Importado")).to_be_visible()

        page.get_by_role("navigation", name="Menú").get_by_role("link", name="Inicio").click()
        expect(page.get_by_role("region", name="Primeros pasos")).to_be_visible()  # what is left is an order
        raw, headers = signed(order(1042))
        path = hook.partition("/hooks/")[2]
        assert httpx.post(f"{empty.url}/hooks/{path}", content=raw, headers=headers).status_code == 200
        until(lambda: empty.count("SELECT count(*) FROM comanda_order") == 1, 20, "the order")
        page.reload()
        expect(page.get_by_role("region", name="Primeros pasos")).to_have_count(0)
        expect(page.get_by_role("heading", name="Todo en orden")).to_be_visible()
