"""Inicio and the search in a real browser: link and register, take it back, the chart, a phone, no JavaScript."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import PHONE, accessible, chromium, enter, no_wider_than_the_screen, visit
from tests.installation import Installation, until
from tests.shopify_orders import order, signed

ANA = ("ana@example.com", "una-clave-larga-9")
LONG = "Faja Reductora Colombiana Levanta Cola Efecto Segunda Piel Control Abdomen Alto 3XL 💥"
UGLY: list[dict[str, Any]] = [
    {"title": LONG, "variant_title": "<script>alert(1)</script>"},
    {"title": "مشد للخصر", "variant_title": "أحمر"},
    {"title": "FajaReductoraColombianaLevantaColaEfectoSegundaPielControlAbdomenAlto" * 2},
]


def send(installation: Installation, hook: str, numbers: range, **line: Any) -> None:
    """Orders of a product without a SKU, through to the end of their journey."""
    for number in numbers:
        body = order(number)
        body["line_items"][0] |= {"sku": "", "variant_id": 90, "variant_title": "M"} | line
        raw, headers = signed(body)
        assert httpx.post(hook, content=raw, headers=headers).status_code == 200
    done = "SELECT count(*) FROM comanda_delivery WHERE state = 'done'"
    all_ = "SELECT count(*) FROM comanda_delivery"
    until(lambda: installation.count(done) == installation.count(all_), 20, "the worker")


def registered(installation: Installation) -> int:
    return installation.count("SELECT count(*) FROM comanda_order")


def at_home(installation: Installation) -> str:
    return installation.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def hook(installation: Installation) -> str:
    return installation.hook()


def test_a_cause_is_mended_with_one_press_and_taken_back(installation: Installation, hook: str) -> None:
    with installation.serving(), chromium() as browser, visit(browser, at_home(installation)) as page:
        enter(page, *ANA)
        expect(page.get_by_role("heading", name="Primeros pasos")).to_be_visible()
        accessible(page)
        send(installation, hook, range(1, 4))
        page.reload()
        card = page.get_by_role("article").filter(has_text="«Faja Reductora / M» no está vinculado")
        expect(card).to_contain_text("3 pedidos")
        accessible(page)
        card.get_by_role("button", name="Vincular y registrar 3").click()
        expect(page.locator("#notices")).to_contain_text("se despacha como Faja Reductora M")
        expect(page.get_by_role("article")).to_have_count(0)
        expect(page.locator("#registering")).to_contain_text("3 pedidos registrados")  # without a reload
        page.get_by_role("button", name="Deshacer").click()
        expect(page.locator("#notices")).to_contain_text("ya no está vinculado")
        assert registered(installation) == 3 and installation.count("SELECT count(*) FROM comanda_link") == 0
        expect(page.get_by_role("heading", name="Todo en orden")).to_be_visible()
        the_chart_is_there(page)
        accessible(page)


def the_chart_is_there(page: Page) -> None:
    expect(page.get_by_role("img", name="Pedidos de los últimos 30 días: 3 registrados")).to_be_visible()
    page.get_by_text("Ver como tabla").click()
    table = page.get_by_role("region", name="Pedidos de cada día").get_by_role("row")
    expect(table).to_have_count(31)
    expect(table.nth(1)).to_contain_text("3")


def test_a_phone_with_ugly_orders(installation: Installation, hook: str) -> None:
    with installation.serving(), chromium() as browser:
        for place, line in enumerate(UGLY):
            send(installation, hook, range(10 * place + 1, 10 * place + 3), variant_id=100 + place, **line)
        for scheme in ("light", "dark"):
            with visit(browser, at_home(installation), viewport=PHONE, color_scheme=scheme) as page:
                enter(page, *ANA)
                expect(page.get_by_role("article")).to_have_count(3)
                expect(page.locator("svg.bars")).to_be_visible()
                no_wider_than_the_screen(page)
                accessible(page)
                page.get_by_role("link", name="Ayuda").click()
                expect(page.get_by_role("link", name="Inicio 3 por resolver")).to_be_visible()
                for asked in ("maria", "11", "nadie"):
                    page.goto(f"/buscar/?q={asked}")
                    no_wider_than_the_screen(page)
                    accessible(page)


def test_all_of_it_works_without_javascript(installation: Installation, hook: str) -> None:
    how = {"java_script_enabled": False}
    with installation.serving(), chromium() as browser, visit(browser, at_home(installation), **how) as page:
        send(installation, hook, range(1, 3))
        enter(page, *ANA)
        page.get_by_role("link", name="Ver los pedidos de cada día").click()
        expect(page.get_by_role("img", name="0 registrados, 2 fallidos")).to_be_visible()
        page.get_by_role("link", name="Inicio").first.click()
        page.get_by_role("button", name="Vincular y registrar 2").click()
        expect(page.locator("#notices")).to_contain_text("se despacha como Faja Reductora M")
        until(lambda: registered(installation) == 2, 20, "the orders")
        page.get_by_role("searchbox", name="Busca un pedido").fill("#2")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Pedido #2")).to_be_visible()
        expect(page.get_by_text("Está registrado: no tienes que hacer nada.")).to_be_visible()
        page.get_by_role("link", name="Ver el pedido y sus pasos").click()
        expect(page.get_by_text("Registrar el pedido").first).to_be_visible()


def test_the_answer_by_keyboard_alone(installation: Installation, hook: str) -> None:
    with installation.serving(), chromium() as browser, visit(browser, at_home(installation)) as page:
        send(installation, hook, range(1, 2))
        enter(page, *ANA)
        page.keyboard.press("/")
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Pedido #1")).to_be_visible()
        accessible(page)
        page.get_by_role("link", name="Vincular y registrar").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/productos/por-vincular/**")


def top_of(page: Page, words: str) -> float:
    box = page.get_by_role("article").filter(has_text=words).bounding_box()
    assert box
    return box["y"]


def test_causes_come_by_themselves_and_nothing_moves_under_a_reader(installation: Installation, hook: str) -> None:
    with installation.serving(), chromium() as browser, visit(browser, at_home(installation)) as page:
        enter(page, *ANA)
        cards = page.get_by_role("article")
        send(installation, hook, range(1, 3))
        expect(cards).to_have_count(1, timeout=15_000)  # without a reload
        expect(page.locator("#home-head")).to_contain_text("2 pedidos")
        expect(page.locator("#said")).to_have_text("Algo nuevo necesita tu atención.")
        expect(page.locator('.item[href="/"] .badge')).to_contain_text("1")
        expect(page.locator("#pulses")).to_contain_text("último pedido hace")

        # Somebody stands on a link: it keeps the focus and its place, although a greater cause comes above it.
        mine = cards.first.get_by_role("link", name="Cómo se arregla")
        mine.focus()
        before = top_of(page, "Faja Reductora / M")
        send(installation, hook, range(10, 14), title="Lámpara", variant_id=91)
        expect(cards).to_have_count(2, timeout=20_000)
        expect(cards.first).to_contain_text("Lámpara")
        expect(cards.nth(1).get_by_role("link", name="Cómo se arregla")).to_be_focused()
        assert abs(top_of(page, "Faja Reductora / M") - before) <= 1
        expect(page.locator("#pill")).to_be_hidden()

        # The cause above goes: the card cannot stand still at the head of the page, so that it waits until it is asked for.
        page.evaluate("scrollTo(0, 0)")
        before = top_of(page, "Faja Reductora / M")
        installation.run(
            "link", "add", "--account", "Ana", "--store-variant", row_of(installation, "v:91"), "--variant", "1"
        )
        expect(page.locator("#pill")).to_be_visible(timeout=20_000)
        assert abs(top_of(page, "Faja Reductora / M") - before) <= 1
        expect(cards.nth(1).get_by_role("link", name="Cómo se arregla")).to_be_focused()
        accessible(page)
        page.locator("#pill").press("Enter")
        expect(cards).to_have_count(1)
        expect(page.locator("#pill")).to_be_hidden()


def row_of(installation: Installation, key: str) -> str:
    return str(installation.count(f"SELECT id FROM comanda_storevariant WHERE key = '{key}'"))
