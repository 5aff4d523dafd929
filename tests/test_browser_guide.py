"""The guide's seven steps, word for word, in a real browser: once by pointing, once by keys alone, once without a script."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import accessible, chromium, visit
from tests.installation import Installation, fresh_database, until
from tests.shopify_orders import order, signed

EMAIL, PASSWORD = "ana@example.com", "una-clave-larga-9"
UNREAD = "SELECT count(*) FROM comanda_delivery WHERE state <> 'done'"


def unlinked(id_: int, variant: int, title: str) -> dict[str, Any]:
    line = {"product_id": variant // 10, "variant_id": variant, "sku": None, "title": title, "quantity": 1}
    return order(id_, line_items=[line | {"price": "89900.00"}])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Two Shopify stores, of which one has a registered order between two whose products are not linked."""
    found = Installation(Path(tmp_path_factory.mktemp("installation")), fresh_database())
    hook = found.hook()
    found.hook("respaldo")
    found.run("account", "set", "Ana", "--support", "ayuda@tienda.example")
    with found.serving():
        for each in (unlinked(1040, 98, "Termo de Acero"), order(1041), unlinked(1042, 99, "Masajeador Cervical")):
            raw, headers = signed(each)
            assert httpx.post(hook, content=raw, headers=headers).status_code == 200
            until(lambda: not found.count(UNREAD), 20, "the worker")
        yield found


def at(shop: Installation) -> str:
    return f"http://localhost:{shop.port}"


def box(found: Locator) -> dict[str, float]:
    place = found.bounding_box()
    assert place
    return {
        "left": place["x"],
        "top": place["y"],
        "right": place["x"] + place["width"],
        "bottom": place["y"] + place["height"],
    }


def is_colour(found: Locator, red: bool) -> None:
    colour = found.evaluate("each => getComputedStyle(each).color")
    r, g, b = (int(float(part)) for part in re.findall(r"[\d.]+", colour)[:3])
    assert (r > g and r > b) if red else (g > r and g > b), colour


def test_the_guide_word_for_word(browser: Browser, shop: Installation) -> None:
    with visit(browser, at(shop)) as page:
        # 1. Log in.
        page.goto("/")
        page.get_by_label("Correo").fill(EMAIL)
        page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Entrar", exact=True).click()
        # 2. The last option of the left menu; in the menu that appears at its right, Integraciones.
        menu = page.get_by_role("navigation", name="Menú")
        last = menu.get_by_role("link").last
        expect(last).to_have_text("Configuraciones")
        last.click()
        second = page.get_by_role("navigation", name="Configuraciones").get_by_role(
            "link", name="Integraciones", exact=True
        )
        assert box(second)["left"] >= box(menu)["right"]
        second.click()
        # 3. A card for each builder with its logo; at its bottom right the button Integraciones.
        card = page.get_by_role("region", name="Shopify")
        button = card.get_by_role("link", name="Integraciones de Shopify")
        expect(button).to_have_text("Integraciones")
        expect(card.locator("img, svg").first).to_be_visible()
        assert box(card)["right"] - box(button)["right"] < 32 and box(card)["bottom"] - box(button)["bottom"] < 32
        accessible(page)
        button.click()
        # 4. Top right Historial; the integration is chosen, told apart by the builder's logo.
        history = page.get_by_role("main").get_by_role("link", name="Historial").first
        assert box(history)["top"] < 200 and box(history)["left"] > 640
        history.click()
        expect(page.get_by_role("main").locator(".logo").first).to_be_visible()
        accessible(page)
        page.get_by_role("link", name=re.compile("tienda-uno")).first.click()
        # 5. Orders newest first: name and e-mail, date, product.
        rows = page.locator("#rows tr[id]")
        expect(rows).to_have_count(3)
        for words in ("#1042", "María José Núñez", "maria@example.com", "Masajeador Cervical", "hace"):
            expect(rows.first).to_contain_text(words)
        expect(rows.nth(1)).to_contain_text("#1041")
        rows.first.click()
        # 6. Its steps, Exitoso green or Fallido red, and 👁 at the right of each.
        steps = page.get_by_role("region", name="Pasos").get_by_role("listitem")
        expect(steps).to_have_count(6)
        good, bad = steps.filter(has_text="Exitoso"), steps.filter(has_text="Fallido")
        expect(good).to_have_count(4)
        expect(bad).to_have_count(1)
        expect(bad).to_contain_text("Vincular productos")
        is_colour(good.first.get_by_text("Exitoso"), red=False)
        is_colour(bad.get_by_text("Fallido"), red=True)
        eye = bad.get_by_role("link", name="Ver Vincular productos")
        assert box(bad)["right"] - box(eye)["right"] < 32
        eye.click()
        # 7. Two tabs; the second is open, with what is wrong, what to do, the article, the button that mends it, support.
        window = page.get_by_role("dialog")
        expect(window.get_by_role("link", name="Datos de entrada")).to_be_visible()
        expect(window.get_by_role("link", name="Datos de salida")).to_have_attribute("aria-current", "true")
        expect(window).to_contain_text("«Masajeador Cervical» no está vinculado")
        expect(window).to_contain_text("Qué hacer. Vincúlalo una vez")
        expect(window.get_by_role("link", name=re.compile("^Leer: "))).to_be_visible()
        expect(
            window.get_by_role("link", name="Elegir el producto").or_(window.get_by_role("button", name="Vincular"))
        ).to_be_visible()
        accessible(page)
        window.get_by_role("link", name="Contactar a soporte").click()
        letter = unquote(page.get_by_role("link", name="Escribir un correo").get_attribute("href") or "")
        assert (
            letter.startswith("mailto:ayuda@tienda.example?") and "#1042" in letter and "Masajeador Cervical" in letter
        )
        accessible(page)


OUTLINED = """each => {
  for (; each; each = each.parentElement) {
    const style = getComputedStyle(each);
    if (parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none") return true;
  }
  return false;
}"""


def press_to(page: Page, wanted: Locator) -> None:
    """Come to it by the tabulator alone, see that one sees where one is, and press Enter."""
    for _ in range(70):
        if wanted.count() == 1 and wanted.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
    assert wanted.evaluate("each => each.matches(':focus-visible')")
    assert wanted.evaluate(OUTLINED), "a focus that nobody sees"
    page.keyboard.press("Enter")


def test_the_guide_by_keys_alone(browser: Browser, shop: Installation) -> None:
    """From the address of the product to the order linked and registered, without a pointer."""
    into_the_catalogue(shop, "Masajeador Cervical Eléctrico")
    with visit(browser, at(shop)) as page:
        page.goto("/")
        page.keyboard.type(EMAIL)  # the field has the focus
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        main = page.get_by_role("main")
        press_to(page, page.get_by_role("navigation", name="Menú").get_by_role("link", name="Configuraciones"))
        press_to(
            page,
            page.get_by_role("navigation", name="Configuraciones").get_by_role(
                "link", name="Integraciones", exact=True
            ),
        )
        press_to(page, page.get_by_role("link", name="Integraciones de Shopify"))
        press_to(page, main.get_by_role("link", name="Historial").first)
        press_to(page, main.get_by_role("link", name=re.compile("tienda-uno")).first)
        press_to(page, page.locator("#rows tr[id] a").first)
        press_to(page, page.get_by_role("link", name="Ver Vincular productos"))
        window = page.get_by_role("dialog")
        press_to(page, window.get_by_role("button", name="Vincular y registrar"))
        expect(page.get_by_text("El pedido está registrado")).to_be_visible(timeout=10_000)
    assert shop.count("SELECT count(*) FROM comanda_order WHERE number = '#1042'") == 1


def into_the_catalogue(shop: Installation, name: str) -> None:
    path = shop.home / "more.csv"
    path.write_text(f"product,variant,sku,price,cost,stock\n{name},,{name[:3].upper()},89900,45000,\n")
    shop.run("products", "import", str(path), "--account", "Ana")


def test_the_guide_without_a_script(browser: Browser, shop: Installation) -> None:
    into_the_catalogue(shop, "Termo de Acero Inoxidable")
    with visit(browser, at(shop), java_script_enabled=False) as page:
        page.goto("/")
        page.get_by_label("Correo").fill(EMAIL)
        page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Entrar", exact=True).click()
        page.get_by_role("link", name="Configuraciones").click()
        page.get_by_role("link", name="Integraciones", exact=True).click()
        page.get_by_role("link", name="Integraciones de Shopify").click()
        page.get_by_role("main").get_by_role("link", name="Historial").first.click()
        page.get_by_role("link", name=re.compile("tienda-uno")).first.click()
        page.get_by_role("link", name=re.compile("#1040")).click()
        page.get_by_role("link", name="Ver Vincular productos").click()
        page.get_by_role("button", name="Vincular y registrar").click()
        until(lambda: shop.count("SELECT count(*) FROM comanda_order WHERE number = '#1040'") == 1, 20, "the order")
        page.reload()
        expect(page.get_by_text("El pedido está registrado")).to_be_visible()
