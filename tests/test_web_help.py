"""Ayuda and Soporte: articles and guides to find and to read, and whom to write to."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.test import Client

from comanda.accounts.models import User
from comanda.connectors import CONNECTORS
from comanda.diagnosis import explain
from comanda.problems import CODES, STEPS
from comanda.web import guides
from comanda.web.views import help, support
from tests.cast import Cast
from tests.test_versions import lines
from tests.test_web import hrefs, page, person, unlinked

ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def test_every_article_stands_in_a_group_and_can_be_read(db: None) -> None:
    html = page(Client(), "/ayuda/")
    assert help.GROUPS.keys() == set(STEPS)
    for code in CODES:
        assert html.count(f'href="/ayuda/{code}/"') == 1
        text = page(Client(), f"/ayuda/{code}/")
        assert (
            'class="card pad guide"' in text and "lang=" not in text.partition("<article")[2].partition("</article>")[0]
        )
    assert "No se sabe qué producto despachar" in html and "Conectar tu tienda" in html


def test_the_search_finds_by_any_word_however_it_is_accented(db: None) -> None:
    html = page(Client(), "/ayuda/?q=TELEFONO+valido")
    assert hrefs(html, "Teléfono que no es válido") == ["/ayuda/phone_invalid/"]
    assert "/ayuda/duplicate_order/" not in html
    assert "/ayuda/guias/shopify/" in page(Client(), "/ayuda/?q=shopify+webhooks")
    nothing = page(Client(), "/ayuda/?q=<b>zzz")
    assert "Nada habla de «&lt;b&gt;zzz»" in nothing and "Ver toda la ayuda" in nothing
    assert "Conectar tu tienda" in page(Client(), "/ayuda/?q=+%00")


def test_an_article_leads_on_to_its_neighbours(db: None) -> None:
    html = page(Client(), "/ayuda/product_not_linked/")
    assert 'rel="prev" href="/ayuda/product_inactive/"' in html and 'rel="next" href="/ayuda/sku_ambiguous/"' in html
    assert "Otras causas parecidas" in html and "¿Te pasa a ti?" not in html
    assert page(Client(), "/ayuda/no_es/", 404)


def test_an_article_says_whether_it_happens_to_the_reader(cast: Cast, ana: Client) -> None:
    assert "Ninguno de tus pedidos tiene esta causa" in page(ana, "/ayuda/product_not_linked/")
    unlinked(cast), unlinked(cast), unlinked(Cast("Berta"))
    cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=9, title="Masajeador") * 2))
    html = page(ana, "/ayuda/product_not_linked/")
    assert "3 pedidos con esta causa ahora." in html
    assert hrefs(html, "Ver esos pedidos") == ["/historial/?cause=product_not_linked"]


@pytest.mark.parametrize("platform", CONNECTORS)
def test_every_builder_has_its_guide_here(db: None, platform: str) -> None:
    html = page(Client(), f"/ayuda/guias/{platform}/")
    assert f"<h1>Conectar {'' if platform == 'custom' else CONNECTORS[platform].label}" in html
    assert "<script" not in html.partition("<main")[2]


def test_there_is_no_guide_of_a_builder_that_is_not_there(db: None) -> None:
    page(Client(), "/ayuda/guias/nadie/", 404)


def test_a_table_of_a_guide_is_one(db: None) -> None:
    assert "<table>" in page(Client(), "/ayuda/guias/custom/")


def test_what_nobody_has_translated_is_read_in_spanish_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: A\n---\n# Hola\n")
    (tmp_path / "b.md").write_text("# Hola")
    (tmp_path / "b.en.md").write_text("---\ntitle: B\n---\n# Hello <b>x</b>\n")
    assert explain.page(tmp_path, "a", "en") == explain.Page("# Hola", "es")
    assert explain.page(tmp_path, "b", "en") == explain.Page("# Hello <b>x</b>", "en")
    assert explain.page(tmp_path, "b", "es") == explain.Page("# Hola", "es")
    assert guides.markup(explain.page(tmp_path, "a", "en"), "en") == '<div lang="es"><h1>Hola</h1>\n</div>'
    assert guides.markup(explain.page(tmp_path, "b", "en"), "en") == "<h1>Hello &lt;b&gt;x&lt;/b&gt;</h1>\n"


def test_a_reader_of_english_gets_what_there_is(db: None) -> None:
    html = Client(**ENGLISH).get("/ayuda/product_not_linked/").content.decode()
    inside = html.partition("<article")[2].partition("</article>")[0]
    assert "<title>Product not linked" in html
    assert ('lang="es"' in inside) == (explain.article("product_not_linked", "en").language == "es")


# Soporte


def test_without_an_address_it_says_the_next_step(cast: Cast, ana: Client) -> None:
    html = page(ana, "/soporte/")
    assert "todavía no dice a dónde escribir" in html and hrefs(html, "Poner un correo") == [
        "/configuraciones/negocio/#soporte"
    ]
    assert "Ninguno de los últimos pedidos está detenido" in html
    agent = person(cast, "soporte@example.com", "support")
    assert "Poner un correo" not in page(agent, "/soporte/")


def write_to(cast: Cast, support: str) -> None:
    cast.account.support = support
    cast.account.save()


def test_a_mail_is_filled_in_with_the_order_and_its_problem(cast: Cast, ana: Client) -> None:
    write_to(cast, "ayuda@tienda.example")
    found = unlinked(cast, name="#1042")
    html = page(ana, f"/soporte/?pedido={found.pk}")
    (link,) = hrefs(html, "Escribir un correo")
    said = unquote(link)
    assert said.startswith("mailto:ayuda@tienda.example?subject=Ayuda con el pedido #1042&body=")
    assert "no está vinculado" in said and "(product_not_linked)" in said and str(found.pk) in said
    assert "María" not in said and "3001234567" not in said


@pytest.mark.parametrize("given", ["300 123 4567", "+57 300 1234567", "573001234567"])
def test_whatsapp_is_reached_by_the_number_as_people_write_it(cast: Cast, ana: Client, given: str) -> None:
    write_to(cast, given)
    (link,) = hrefs(page(ana, f"/soporte/?pedido={unlinked(cast).pk}"), "Escribir por WhatsApp")
    assert link.startswith("https://wa.me/573001234567?text=Ayuda%20con%20el%20pedido")


def test_a_page_of_support_is_opened_and_the_words_are_to_be_copied(cast: Cast, ana: Client) -> None:
    write_to(cast, "https://ayuda.example/tickets/")
    html = page(ana, f"/soporte/?pedido={unlinked(cast).pk}")
    assert hrefs(html, "Ir a soporte") == ["https://ayuda.example/tickets/"] and 'data-copy="#question"' in html


def test_nothing_but_a_page_is_opened(cast: Cast) -> None:
    write_to(cast, "javascript:alert(1)")
    found = support.contact(cast.account)
    assert found and found.href == "https://wa.me/1?text="


def test_one_chooses_the_order_to_ask_about(cast: Cast, ana: Client) -> None:
    cast.send(cast.order(name="#1"))
    found = unlinked(cast, name="#1042")
    html = page(ana, "/soporte/")
    assert hrefs(html, "Preguntar por #1042") == [f"?pedido={found.pk}"] and "Preguntar por #1<" not in html
    assert ana.get("/soporte/?pedido=x").status_code == 404
    berta = person(Cast("Berta"), "berta@example.com")
    assert berta.get(f"/soporte/?pedido={found.pk}").status_code == 404
    assert "#1042" not in page(berta, "/soporte/")


def test_it_asks_the_database_little(cast: Cast, ana: Client, django_assert_max_num_queries: object) -> None:
    for _ in range(6):
        unlinked(cast)
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        html = page(ana, "/soporte/")
    assert len(re.findall(r"Preguntar por #", html)) == 5
    User.objects.update(language="en")
    assert "is not linked" in page(ana, "/soporte/")
