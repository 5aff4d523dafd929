"""Configuraciones › Integraciones: cards, a builder's integrations, connecting, one integration, its test order."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry
from comanda.connectors import CONNECTORS, recognise
from comanda.connectors.shopify.connector import Shopify
from comanda.connectors.verification import Verification
from comanda.history.models import Intake
from comanda.inbox.models import Delivery
from comanda.inbox.quarantine import sweep
from comanda.integrations.connect import add_secret, choose_verification, connect, hook_url, switch
from comanda.integrations.models import FormerUrl, Integration, IntegrationSecret
from comanda.integrations.vault import unseal
from comanda.orders.models import Order
from comanda.web.guides import GUIDES, read
from tests.cast import STORE, Cast, call
from tests.custom_tool import Tool, foreign, own
from tests.test_web import NASTY, ana, hrefs, page, person  # noqa: F401 (a fixture)

HOME = "/configuraciones/integraciones/"
JSON = {"content-type": "application/json"}
HTMX = {"HX-Request": "true"}


def one(row: Integration) -> str:
    return f"/configuraciones/integracion/{row.pk}/"


def card(html: str, label: str) -> str:
    return html.partition(f'<section class="card builder" aria-label="{label}">')[2].partition("</section>")[0]


def url_in(html: str) -> str:
    found = re.search(r'value="(http[^"]+/hooks/[^"]+)"', html)
    return found[1] if found else ""


def post(client: Client, path: str, status: int = 200, **fields: Any) -> str:
    answer = client.post(path, fields, follow=True)
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


# Cards


def test_every_builder_has_a_card_also_one_that_was_just_added(
    cast: Cast,
    ana: Client,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Another(Shopify):
        name, label = "shopify", "Otro Constructor"

    monkeypatch.setitem(CONNECTORS, "another", Another())
    html = page(ana, HOME)
    assert re.findall(r'<section class="card builder" aria-label="([^"]+)"', html) == [
        each.label for each in CONNECTORS.values()
    ]
    assert len(hrefs(html, "Integraciones de ")) == len(CONNECTORS)


def test_a_preset_is_never_taken_for_the_tool_that_it_is_made_of() -> None:
    body = json.dumps(own()).encode()
    found = recognise(body)
    assert found is not None and found.name == "custom"
    assert list(CONNECTORS)[-1] == "custom"


def test_a_card_says_how_many_are_on_and_what_is_the_matter(cast: Cast, ana: Client) -> None:  # noqa: F811
    html = page(ana, HOME)
    assert "1 activa" in card(html, "Shopify") and "Sin conectar" in card(html, "Funnelish")
    assert "tag" not in card(html, "Shopify")
    again = connect(cast.account, "shopify", "Respaldo", STORE, "otra")
    off = connect(cast.account, "shopify", "Vieja")
    switch(by_operator(cast.account), off, active=False)
    cast.post(cast.order(), secret="mala")
    html = page(ana, HOME)
    words = re.sub(r"<[^>]+>", " ", card(html, "Shopify"))
    assert "2 activas · 1 en Off" in words
    for said in ("Firma que no coincide", "Dos de la misma tienda", "Sin clave"):
        assert words.count(said) == 1, said
    tool = Tool(cast, "mastertools")
    tool.send(foreign())
    assert "Campos por mapear" in card(page(ana, HOME), "MasterTools")
    assert again.pk


def test_cards_and_lists_ask_no_more_for_many(cast: Cast, ana: Client, django_assert_max_num_queries: Any) -> None:  # noqa: F811
    for number in range(12):
        row = connect(cast.account, "shopify", f"Tienda {number}", f"tienda-{number}")
        switch(by_operator(cast.account), row, active=False)
        call(row, b"{}", JSON)
    for path in (HOME, f"{HOME}shopify/"):
        with django_assert_max_num_queries(10):
            page(ana, path)


def test_what_is_counted_is_counted_no_further_than_a_thousand(
    cast: Cast,
    ana: Client,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("comanda.integrations.condition.MOST", "comanda.web.faults.MOST"):
        monkeypatch.setattr(name, 3)
    for _ in range(5):
        cast.post(cast.order(), secret="mala")
    assert "2+ envíos de esta semana" in page(ana, f"{HOME}shopify/")


# A builder's integrations


def test_off_on_bin_and_back_each_with_a_way_back(cast: Cast, ana: Client) -> None:  # noqa: F811
    path = f"{one(cast.shop)}cambiar/"
    for what, ready, undo in (
        ("off", False, "on"),
        ("on", True, "off"),
        ("bin", False, "restore"),
        ("restore", True, "bin"),
    ):
        html = post(ana, path, do=what)
        cast.shop.refresh_from_db()
        assert cast.shop.ready == ready and "Tienda Uno" in html
        notice = html.partition('<div id="notices"')[2].partition("</div>\n")[0]
        assert f'name="do" value="{undo}"' in notice and f'action="{path}"' in notice and "Deshacer" in notice
    assert [each.action for each in AuditEntry.objects.order_by("id")] == ["switch", "switch", "bin", "restore"]
    assert ana.post(path, {"do": "everything"}).status_code == 404


def test_what_is_done_on_its_page_leads_back_there(cast: Cast, ana: Client) -> None:  # noqa: F811
    answer = ana.post(f"{one(cast.shop)}cambiar/", {"do": "off", "back": "page"})
    assert answer["Location"] == one(cast.shop)
    html = page(ana, one(cast.shop))
    assert 'aria-checked="false"' in html and 'name="back" value="page"' in html


def test_a_builders_list_says_store_last_order_pause_and_bin(cast: Cast, ana: Client) -> None:  # noqa: F811
    cast.send()
    old = connect(cast.account, "shopify", "Vieja", "vieja")
    switch(by_operator(cast.account), old, active=False)
    gone = connect(cast.account, "shopify", "Ida", "ida")
    post(ana, f"{one(gone)}cambiar/", do="bin")
    html = page(ana, f"{HOME}shopify/")
    assert STORE in html and "último pedido" in html and "en pausa desde" in html and "Papelera (1)" in html
    assert html.index("Historial") < html.index("Nueva integración") < html.index("Tienda Uno")
    for words in ("Probar", "Editar", "Repetir desde cero", "Llevar Tienda Uno a la papelera", "Restaurar Ida"):
        assert words in html, words
    assert "de la misma tienda" not in html


def test_a_test_order_of_ours_is_no_last_order(cast: Cast, ana: Client) -> None:  # noqa: F811
    post(ana, f"{one(cast.shop)}probar/")
    cast.work()
    assert Intake.objects.count() == 1
    assert "todavía no llega ningún pedido" in page(ana, f"{HOME}shopify/")


@pytest.mark.parametrize("platform", CONNECTORS)
def test_only_a_store_that_orders_name_is_known_by_the_first(cast: Cast, ana: Client, platform: str) -> None:  # noqa: F811
    row = connect(cast.account, platform, "Nueva")
    named = platform in ("shopify", "woocommerce", "jumpseller")
    connect(cast.account, platform, "Otra")
    for path in (one(row), f"{HOME}{platform}/", f"{HOME}{platform}/historial/"):
        assert ("se conoce con el primer pedido" in page(ana, path)) == named, path


def test_two_of_one_store_are_warned_of_while_both_are_on(cast: Cast, ana: Client) -> None:  # noqa: F811
    other = connect(cast.account, "shopify", "Respaldo", STORE, "otra")
    html = page(ana, f"{HOME}shopify/")
    assert "2 integraciones de la misma tienda" in html and "«Tienda Uno», «Respaldo»" in html
    assert "Es la misma tienda que «Respaldo»" in page(ana, one(cast.shop))
    post(ana, f"{one(other)}cambiar/", do="off")
    assert "de la misma tienda" not in page(ana, f"{HOME}shopify/")
    assert "Es la misma tienda" not in page(ana, one(cast.shop))


@pytest.mark.parametrize("platform", ["custom", "mastertools", "shoptool", "funnelish"])
def test_a_url_is_the_only_secret_until_there_is_another(cast: Cast, ana: Client, platform: str) -> None:  # noqa: F811
    row, shown = start(ana, platform, name="Mi CRM")
    for html in (shown, page(ana, f"{one(row)}conectar/url/")):  # with the URL, and when it has been shown
        assert ("ientras no pongas una clave" in html) == (platform != "funnelish")
        assert ("s la única clave de esta integración" in html) == (platform == "funnelish")


def test_a_builder_without_integrations_says_what_to_do(ana: Client) -> None:  # noqa: F811
    html = page(ana, f"{HOME}funnelish/")
    assert "Todavía no conectas ninguna tienda de Funnelish" in html and "Conectar Funnelish" in html


# Connecting


def start(client: Client, platform: str, **fields: str) -> tuple[Integration, str]:
    """The first step; returns the integration and the page of the second."""
    html = post(client, f"{HOME}{platform}/nueva/", **{"name": "Mi tienda"} | fields)
    return Integration.objects.filter(platform=platform).latest("id"), html


def test_a_store_is_connected_step_by_step(cast: Cast, ana: Client) -> None:  # noqa: F811
    form = page(ana, f"{HOME}shopify/nueva/")
    assert "Conectar Shopify" in form and "Lo que suele fallar" in form and "mi-tienda.myshopify.com" in form
    assert [form.count(words) for words in ("Pegar la URL", 'aria-current="step"')] == [1, 1]
    row, html = start(ana, "shopify", store="otra-tienda")
    assert row.store_key == "otra-tienda.myshopify.com" and url_in(html) == hook_url(row)
    assert url_in(page(ana, f"{one(row)}conectar/url/")) == hook_url(row)  # it is not the only secret
    (onward,) = hrefs(html, "Ya la pegué")
    assert onward == f"{one(row)}conectar/clave/"
    empty = post(ana, onward, 400)
    assert "Falta la clave" in empty and 'aria-invalid="true"' in empty
    waiting = post(ana, onward, secret=" shpss_nueva ")
    assert "Clave guardada" in waiting and "Esperando el primer pedido" in waiting
    assert unseal(row.secrets.get().sealed) == "shpss_nueva"

    path = f"{one(row)}conectar/prueba/"
    seen = re.search(r'hx-get="(/configuraciones[^"]+)"', waiting)
    assert seen and ana.get(seen[1], headers=HTMX).status_code == 204
    cast.post(cast.order(), integration=row, secret="mala", store="otra-tienda.myshopify.com")
    assert "su firma no coincide" in ana.get(seen[1], headers=HTMX).content.decode()
    cast.post(cast.order(name="#5001"), integration=row, secret="shpss_nueva", store="otra-tienda.myshopify.com")
    assert "Se está leyendo" in page(ana, path)
    cast.work()
    done = page(ana, path)
    assert "la tienda está conectada" in done and "#5001" in done and "data-live" not in done
    assert [each.action for each in AuditEntry.objects.order_by("id")] == ["connect", "secret"]


def test_what_comes_first_is_told_as_it_is(cast: Cast, ana: Client) -> None:  # noqa: F811
    row, _ = start(ana, "custom")
    path = f"{one(row)}conectar/prueba/"
    call(row, b"<xml/>", {"content-type": "text/xml"})
    assert "se rechazó por tipo de contenido no admitido" in page(ana, path)
    call(row, json.dumps(foreign()).encode(), JSON)
    cast.work()
    html = page(ana, path)
    assert "la tienda está conectada" in html and "Mapear los campos" in html
    woo, _ = start(ana, "woocommerce")
    call(woo, b"webhook_id=7", {"content-type": "application/x-www-form-urlencoded"})
    assert "Tu tienda ya responde" in page(ana, f"{one(woo)}conectar/prueba/")


def test_a_test_order_of_ours_is_not_the_first_order(cast: Cast, ana: Client) -> None:  # noqa: F811
    row, _ = start(ana, "funnelish")
    post(ana, f"{one(row)}probar/")
    cast.work()
    assert "Esperando el primer pedido" in page(ana, f"{one(row)}conectar/prueba/")


@pytest.mark.parametrize("platform", ["funnelish", "custom", "mastertools"])
def test_a_url_that_is_the_only_secret_is_shown_once_and_lies_nowhere_in_clear(
    cast: Cast,
    ana: Client,  # noqa: F811
    platform: str,
) -> None:
    path = f"{HOME}{platform}/nueva/"
    made = ana.post(path, {"name": "Embudo"})
    row = Integration.objects.get(platform=platform)
    token = hook_url(row).rpartition("/")[2]
    kept = [each.get_decoded() for each in Session.objects.all()]
    assert token not in str(kept) and f"url-{row.pk}" in str(kept)
    html = page(ana, made["Location"])
    assert url_in(html) == hook_url(row) and "una sola vez" in html
    for again in (made["Location"], one(row)):
        assert "/hooks/" not in page(ana, again)
    assert f"url-{row.pk}" not in str([each.get_decoded() for each in Session.objects.all()])
    rotated = post(ana, one(row), do="rotate")
    assert url_in(rotated) != html and token not in rotated and "un día más" in rotated
    assert "Cerrar ya las URL anteriores" in rotated
    assert "ya no reciben nada" in post(ana, one(row), do="end_former")
    assert FormerUrl.objects.get().until <= timezone.now() and "Cerrar ya" not in page(ana, one(row))
    assert "/hooks/" not in page(ana, one(row))


def test_a_tools_url_may_be_looked_at_once_it_signs(cast: Cast, ana: Client) -> None:  # noqa: F811
    row, _ = start(ana, "custom")
    post(ana, f"{one(row)}conectar/clave/", kind="hmac", header="X-Firma", secret="una-clave")
    assert url_in(page(ana, one(row))) == hook_url(row)


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(cast: Cast, ana: Client) -> None:  # noqa: F811
    html = post(ana, f"{HOME}shopify/nueva/", 400, name=" ", store="mi-tienda")
    assert 'value="mi-tienda"' in html and 'aria-describedby="name-hint name-fault"' in html
    html = post(ana, f"{HOME}shopify/nueva/", 400, name="x", store="https://[tienda")
    assert "No parece la dirección de una tienda" in html and 'value="https://[tienda"' in html
    html = post(ana, f"{HOME}shopify/nueva/", 400, name="x", store="www.mitienda.com")
    assert "la que termina en .myshopify.com. En Shopify está en Configuración → Dominios" in html
    html = post(ana, one(cast.shop), 400, do="data", name="x", store="www.mitienda.com")
    assert ".myshopify.com" in html and 'id="store-fault"' in html
    assert Integration.objects.count() == 1


def test_a_store_that_is_connected_already_is_warned_of_before(cast: Cast, ana: Client) -> None:  # noqa: F811
    fields = {"name": "Otra vez", "store": "https://Tienda-Uno.myshopify.com/"}
    html = post(ana, f"{HOME}shopify/nueva/", 400, **fields)
    assert "ya está conectada como «Tienda Uno»" in html and hrefs(html, "Abrir «Tienda Uno»") == [one(cast.shop)]
    assert Integration.objects.count() == 1
    post(ana, f"{HOME}shopify/nueva/", **fields, again="1")
    assert Integration.objects.filter(store_key=STORE).count() == 2


@pytest.mark.parametrize("name", ["\x00" + "ñ" * 300, NASTY, "👩🏽‍🚀 متجر " * 9])
def test_names_are_text_whatever_they_are(cast: Cast, ana: Client, name: str) -> None:  # noqa: F811
    row, _ = start(ana, "woocommerce", name=name)
    assert 0 < len(row.name) <= 120 and "\x00" not in row.name
    for path in (HOME, f"{HOME}woocommerce/", one(row), f"{one(row)}conectar/clave/", f"{one(row)}repetir/"):
        html = page(ana, path)
        assert "<script>alert" not in html and "<img src=x" not in html, path


def test_steps_that_there_are_not(cast: Cast, ana: Client) -> None:  # noqa: F811
    row, html = start(ana, "funnelish")
    assert "Clave</li>" not in html and hrefs(html, "Ya la pegué") == [f"{one(row)}conectar/prueba/"]
    for step in ("clave", "datos", "nada"):
        page(ana, f"{one(row)}conectar/{step}/", 404)
    post(ana, f"{one(row)}cambiar/", do="bin")
    page(ana, f"{one(row)}repetir/", 404)


# Connecting anew


def test_it_is_connected_anew_with_its_history_and_links(cast: Cast, ana: Client) -> None:  # noqa: F811
    cast.send(cast.order(name="#1"))
    old = hook_url(cast.shop).rpartition("/")[2]
    form = page(ana, f"{one(cast.shop)}repetir/")
    assert 'value="Tienda Uno"' in form and f'value="{STORE}"' in form and "sirve un día más" in form
    html = post(ana, f"{one(cast.shop)}repetir/", name="Tienda Nueva", store=STORE)
    cast.shop.refresh_from_db()
    new = hook_url(cast.shop)
    assert url_in(html) == new and old not in new and cast.shop.name == "Tienda Nueva"
    assert cast.shop.former_until is not None and cast.shop.former_until > timezone.now() + timedelta(hours=23)
    assert f"{one(cast.shop)}repetir/clave/" in html
    assert cast.shop.secrets.count() == 1  # until the new one is there

    post(ana, f"{one(cast.shop)}repetir/clave/", secret="la-nueva")
    assert [unseal(each.sealed) for each in cast.shop.secrets.all()] == ["la-nueva"]
    assert "Esperando el primer pedido" in page(ana, f"{one(cast.shop)}repetir/prueba/")
    cast.post(cast.order(name="#2"), secret="la-nueva")
    cast.work()
    assert "la tienda está conectada" in page(ana, f"{one(cast.shop)}repetir/prueba/")
    assert Order.objects.count() == 2 and Intake.objects.filter(integration=cast.shop).count() == 2
    assert [each.action for each in AuditEntry.objects.order_by("id")] == ["rename", "rotate", "begin_again", "secret"]


def test_a_key_that_can_be_none_of_the_builder_is_questioned(cast: Cast, ana: Client) -> None:  # noqa: F811
    for path, fields in ((f"{one(cast.shop)}repetir/clave/", {}), (one(cast.shop), {"do": "proof"})):
        html = post(ana, path, 400, secret="ab", **fields)
        assert "No es la clave completa" in html and 'id="secret-fault"' in html
    assert [unseal(each.sealed) for each in cast.shop.secrets.all()] == ["shpss_una-clave"]
    woo, _ = start(ana, "woocommerce")  # there people make up their own
    post(ana, f"{one(woo)}conectar/clave/", secret="ab")
    assert woo.secrets.count() == 1


def test_the_key_that_it_has_may_be_given_again(cast: Cast, ana: Client) -> None:  # noqa: F811
    post(ana, f"{one(cast.shop)}repetir/clave/", secret="shpss_una-clave")
    assert [unseal(each.sealed) for each in cast.shop.secrets.all()] == ["shpss_una-clave"]


def test_the_store_of_a_stray_order_is_connected_with_its_address_filled_in(cast: Cast, ana: Client) -> None:  # noqa: F811
    intake = cast.send(cast.order(name="#77"), store="otra.myshopify.com")
    form = f"{HOME}shopify/nueva/?tienda=otra.myshopify.com"
    for path in ("/", "/buscar/?q=77", f"/historial/{intake.pk}/"):
        assert hrefs(page(ana, path), "Conectar esa tienda") == [form]
    assert 'name="store" maxlength="255" value="otra.myshopify.com"' in page(ana, form)
    support = person(cast, "soporte@example.com", "support")
    assert not hrefs(page(support, "/buscar/?q=77"), "Conectar esa tienda")


# One integration


def test_its_name_and_store_are_changed(cast: Cast, ana: Client) -> None:  # noqa: F811
    cast.post(cast.order(), store="otra.myshopify.com")
    cast.work()
    assert Intake.objects.get().cause == "wrong_store"
    post(ana, one(cast.shop), do="data", name="Otra", store="otra")
    cast.work()
    cast.shop.refresh_from_db()
    assert (cast.shop.name, cast.shop.store_key) == ("Otra", "otra.myshopify.com")
    assert Intake.objects.get().status == "registered"
    assert [each.action for each in AuditEntry.objects.order_by("id")] == ["rename", "store"]
    html = post(ana, one(cast.shop), 400, do="data", name="", store="x")
    assert 'id="name-fault"' in html and 'value="x"' in html
    assert AuditEntry.objects.count() == 2


def test_keys_are_added_counted_and_taken_away(cast: Cast, ana: Client) -> None:  # noqa: F811
    cast.post(cast.order(), secret="la-de-verdad")
    html = page(ana, one(cast.shop))
    assert "Firma que no coincide" in html and 'id="clave"' in html and "shpss" not in html
    html = post(ana, one(cast.shop), do="proof", secret="la-de-verdad")
    assert "1 envío que esperaba por ella se está leyendo" in html and "Valen todas" in html
    cast.work()
    assert Order.objects.count() == 1
    first = cast.shop.secrets.earliest("id")
    post(ana, one(cast.shop), do="unkey", key=str(first.pk))
    assert [unseal(each.sealed) for each in cast.shop.secrets.all()] == ["la-de-verdad"]
    assert AuditEntry.objects.latest("id").action == "secret_removed"
    html = page(ana, one(cast.shop))
    assert "Es la única: lo que llegue se guarda" in html
    for strange in ("", "x", "9" * 30, str(first.pk)):
        assert ana.post(one(cast.shop), {"do": "unkey", "key": strange}).status_code == 404


def test_another_integrations_key_is_out_of_reach(cast: Cast, ana: Client) -> None:  # noqa: F811
    other = connect(cast.account, "shopify", "Otra", "otra", "clave-de-otra")
    assert ana.post(one(cast.shop), {"do": "unkey", "key": str(other.secrets.get().pk)}).status_code == 404
    assert IntegrationSecret.objects.count() == 2


def test_what_was_forged_is_not_let_in_when_the_last_key_is_taken_away(cast: Cast, ana: Client) -> None:  # noqa: F811
    tool = Tool(cast, "custom", secret="una-clave")
    assert tool.post(own())[0] == 401
    post(ana, one(tool.row), do="unkey", key=str(tool.row.secrets.get().pk))
    assert sweep() == 0
    assert Delivery.objects.get().state == "quarantined" and not Intake.objects.exists()


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"kind": "hmac"}, "Falta la clave"),
        ({"kind": "none", "secret": "x"}, "Con «Ninguna» la clave no se usa"),
        ({"kind": "basic", "secret": "sin-dos-puntos"}, "usuario:contraseña"),
        ({"kind": "standard", "secret": "¿qué?"}, "No es una clave de Standard Webhooks"),
        ({"kind": "token", "header": "X Firma:", "secret": "x"}, "nombre de un encabezado"),
        ({"kind": "otra"}, "Elige una de las opciones"),
    ],
)
def test_a_way_that_cannot_be_is_refused_and_nothing_changes(
    cast: Cast,
    ana: Client,  # noqa: F811
    given: dict[str, str],
    fault: str,
) -> None:
    tool = Tool(cast)
    fields = {"header": "X-Firma", "algorithm": "sha1", "encoding": "base64", "prefix": "p="} | given
    html = post(ana, one(tool.row), 400, do="proof", **fields)
    assert fault in html.replace("&#x27;", "'") and 'value="p="' in html and 'aria-invalid="true"' in html
    tool.row.refresh_from_db()
    assert tool.row.verification is None and not tool.row.secrets.exists()
    assert not AuditEntry.objects.exists()


def test_a_tool_is_told_how_it_signs(cast: Cast, ana: Client) -> None:  # noqa: F811
    tool = Tool(cast)
    given = {"kind": "token", "header": "X-Api-Key", "prefix": "Bearer", "secret": "una-clave"}
    assert "Token, X-Api-Key" in post(ana, one(tool.row), do="proof", **given, algorithm="sha256", encoding="hex")
    tool.row.refresh_from_db()
    assert tool.row.verification == {
        "kind": "token",
        "header": "X-Api-Key",
        "algorithm": "sha256",
        "encoding": "hex",
        "prefix": "Bearer",
    }
    assert tool.post(own(), JSON)[0] == 401
    assert tool.post(own(), JSON | {"x-api-key": "Bearer una-clave"})[0] == 200
    post(ana, one(tool.row), do="proof", kind="none")
    assert tool.post(own(), JSON)[0] == 200
    assert "Tiene una clave que no se exige" in page(ana, one(tool.row))


def test_another_builders_orders_need_another_url_and_no_key(cast: Cast, ana: Client) -> None:  # noqa: F811
    row = connect(cast.account, "woocommerce", "Mi Woo", "", "una-clave")
    call(row, json.dumps(cast.order()).encode(), JSON)
    assert "Recibe envíos de Shopify y es de WooCommerce" in page(ana, one(row))
    assert "Firma que no coincide" in card(page(ana, HOME), "WooCommerce")


def test_what_came_of_late_is_told_in_words(cast: Cast, ana: Client) -> None:  # noqa: F811
    cast.send(cast.order(name="#1"))
    cast.post(cast.order(), secret="mala")
    cast.post({"id": 1}, topic="products/update")
    cast.post(cast.order(name="#2"))
    html = page(ana, one(cast.shop))
    came = re.sub(r"<[^>]+>", " ", html.partition('id="ultimos"')[2].partition("</section>")[0])
    for words in ("#1", "Exitoso", "Firma que no coincide", "No es un pedido", "Por leer"):
        assert words in came, words
    live = re.search(r'hx-get="([^"]+visto[^"]+)"', html)
    assert live and ana.get(live[1], headers=HTMX).status_code == 204
    cast.work()
    part = ana.get(live[1], headers=HTMX).content.decode()
    assert part.count("Exitoso") == 2 and "<html" not in part


def test_what_came_of_late_asks_no_more_for_many(cast: Cast, ana: Client, django_assert_max_num_queries: Any) -> None:  # noqa: F811
    for _ in range(15):
        cast.post(cast.order())
    cast.work()
    with django_assert_max_num_queries(16):
        assert page(ana, one(cast.shop)).count('<span class="what">') == 10


def test_support_reads_it_without_its_secrets(cast: Cast) -> None:
    cast.send(cast.order(name="#1"))
    support = person(cast, "soporte@example.com", "support")
    html = page(support, one(cast.shop))
    assert "#1" in html and "/hooks/" not in html and '<form method="post" class' not in html
    assert "Probar" not in page(support, f"{HOME}shopify/")
    for path in (one(cast.shop), f"{one(cast.shop)}cambiar/", f"{one(cast.shop)}probar/", f"{one(cast.shop)}repetir/"):
        assert support.post(path, {"do": "off", "name": "x"}).status_code == 403, path
    for path in (f"{one(cast.shop)}conectar/url/", f"{one(cast.shop)}repetir/clave/", f"{HOME}shopify/nueva/"):
        page(support, path, 403)
    assert not AuditEntry.objects.exists()


# The test order


def test_a_test_order_goes_the_whole_way_while_one_looks_on(cast: Cast, ana: Client) -> None:  # noqa: F811
    sent = ana.post(f"{one(cast.shop)}probar/")
    waiting = page(ana, sent["Location"])
    assert waiting.count("Esperando") == 6 and "data-live" in waiting
    assert ana.get(sent["Location"], headers=HTMX).status_code == 204
    cast.work()
    part = ana.get(sent["Location"], headers=HTMX).content.decode()
    assert part.count("Exitoso") == 6 and "pasó por los seis pasos" in part and "data-live" not in part
    assert "no dice si es la de tu tienda, ni si la URL está pegada allí" in part and "Registrar el pedido" not in part
    intake = Intake.objects.get()
    assert hrefs(part, "Ver el pedido") == [f"/historial/{intake.pk}/"] and not Order.objects.exists()
    page(ana, hrefs(part, "Ver Sin registrar: es de prueba")[0])


def test_a_test_order_says_where_it_stops(cast: Cast, ana: Client) -> None:  # noqa: F811
    tool = Tool(cast, "mastertools")
    tool.send(foreign())
    tool.map({"order": {"external_id": "folio"}, "lines": "productos", "line": {"title": "nombre"}})
    sent = ana.post(f"{one(tool.row)}probar/")
    cast.work()
    html = page(ana, sent["Location"])
    assert "No pasó de aquí" in html and "Fallido" in html and "No llegó" in html
    assert "teléfono" in html


@pytest.mark.parametrize(("platform", "words"), [("shopify", "Falta la clave"), ("shoptool", "no llega ningún pedido")])
def test_why_there_is_no_test_order(cast: Cast, ana: Client, platform: str, words: str) -> None:  # noqa: F811
    row = connect(cast.account, platform, "Nueva")
    if platform == "shoptool":
        row.mapping = {"order": {"external_id": "a"}, "lines": "b", "line": {"title": "c"}}
        row.save()
    assert words in post(ana, f"{one(row)}probar/")
    assert not Delivery.objects.exists()


def test_a_strangers_delivery_is_no_test_order_of_ours(cast: Cast, ana: Client) -> None:  # noqa: F811
    other = connect(cast.account, "funnelish", "Embudo")
    sent = ana.post(f"{one(other)}probar/")["Location"].partition("?")[2]
    page(ana, f"{one(other)}probar/?{sent}")
    for query in (sent, "entrega=x", "", "entrega=01a20b00-0000-7000-8000-000000000000"):
        page(ana, f"{one(cast.shop)}probar/?{query}", 404)
    post(ana, f"{one(other)}cambiar/", do="bin")
    assert "Está en la papelera" in post(ana, f"{one(other)}probar/")


# Guides


def test_a_guide_is_read_in_the_readers_language_where_there_is_one(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shopify").mkdir()
    (tmp_path / "shopify" / "guide.md").write_text("# Conectar\n\n## Pasos\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    monkeypatch.setattr("comanda.web.guides.GUIDES", tmp_path)
    read.cache_clear()
    spanish = read("shopify", "en")
    assert (spanish.title, spanish.language) == ("Conectar", "es") and "<h3>Pasos</h3>" in spanish.html
    assert "<table>" in spanish.html
    (tmp_path / "shopify" / "guide.en.md").write_text("# Connect\n\n## Steps\n")
    read.cache_clear()
    assert (read("shopify", "en").title, read("shopify", "en").language) == ("Connect", "en")
    read.cache_clear()
    assert GUIDES.name == "connectors"


def test_a_key_that_is_not_asked_for_is_told(cast: Cast, ana: Client) -> None:  # noqa: F811
    tool = Tool(cast)
    choose_verification(by_operator(cast.account), tool.row, Verification(kind="none"))
    add_secret(tool.row, "x")
    html = page(ana, one(tool.row))
    assert "Tiene una clave que no se exige" in html


def test_orders_that_cannot_be_read_are_the_ones_that_are_shown(cast: Cast, ana: Client) -> None:  # noqa: F811
    cast.send(cast.order(name="#1", total_price="abc"))
    cast.send(cast.order(name="#2", shipping_address=None, phone=None, billing_address=None, customer=None))
    [path] = set(hrefs(page(ana, f"{HOME}shopify/"), "Ver los pedidos"))
    html = page(ana, path)
    assert "#1" in html and "#2" not in html
