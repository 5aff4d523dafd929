"""Inicio: causes and what mends them, the last days, the integrations, the first steps; and what nobody else sees of it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comanda import connectors
from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import Link, StoreVariant
from comanda.diagnosis import causes
from comanda.history.models import Intake
from comanda.inbox.models import Delivery
from comanda.integrations.connect import add_secret, connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from comanda.web.views import home
from tests.cast import SECRET, STORE, Cast
from tests.test_versions import lines
from tests.test_web import NASTY, hrefs, page, person, unlinked


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


FIXTURES = Path(connectors.__file__).parent


@pytest.fixture(autouse=True)
def nothing_remembered(transactional_db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def cards(html: str) -> list[str]:
    return [re.sub(r"\s+", " ", each) for each in re.findall(r'<article class="cause.*?</article>', html, re.DOTALL)]


def said(card: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", card).split())


def wrong_phone(cast: Cast, **changes: Any) -> Intake:
    order = cast.order(**changes)
    order["shipping_address"] |= {"phone": "310 555"}
    return cast.send(order)


def other_product(cast: Cast, title: str = "Lámpara") -> Intake:
    return cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=77, title=title)))


def test_causes_with_their_orders_and_their_money(cast: Cast, ana: Client) -> None:
    stranger = Cast("Berta")
    for _ in range(4):
        unlinked(stranger), wrong_phone(stranger)
    for _ in range(3):
        unlinked(cast)
    wrong_phone(cast), wrong_phone(cast), other_product(cast)
    html = page(ana, "/")
    first, second, third = cards(html)
    assert "«Masajeador / M» no está vinculado" in first and "3 pedidos" in said(first)
    assert "Shopify · Tienda Uno" in said(first) and "$ 329.700" in first
    assert "2 pedidos con un teléfono que no es válido." in said(second) and "$ 219.800" in second
    assert "«Lámpara / M»" in third and "1 pedido" in said(third)
    assert "6 pedidos · <b>$\u00a0659.400</b> en espera" in html


def test_an_order_with_two_faults_waits_for_both_and_counts_once_in_all(cast: Cast, ana: Client) -> None:
    wrong_phone(cast, line_items=lines(cast, sku=None, variant_id=9, title="Masajeador"))
    html = page(ana, "/")
    assert len(cards(html)) == 2 and "1 pedido · <b>$\u00a0109.900</b> en espera" in html


def test_orders_of_one_cause_are_seen_together(cast: Cast, ana: Client) -> None:
    one, two = unlinked(cast, name="#2001"), unlinked(cast, name="#2002")
    other_product(cast), wrong_phone(cast, name="#2004"), wrong_phone(cast, name="#2005")
    found = cards(page(ana, "/"))
    (linking,) = [each for each in found if "Masajeador" in each]
    (phones,) = [each for each in found if "teléfono" in each]
    (seen,) = hrefs(linking, "Ver pedidos")
    row = StoreVariant.objects.get(key="v:9")
    assert seen == f"/historial/?cause=product_not_linked&subject=store_variant%3A{row.pk}"
    listed = page(ana, seen)
    assert all(f"/historial/{each.pk}/" in listed for each in (one, two)) and listed.count('class="whole"') == 2
    (seen,) = hrefs(phones, "Ver los 2 pedidos")
    assert seen == "/historial/?cause=phone_invalid"
    listed = page(ana, seen)
    assert "#2004" in listed and "#2005" in listed and "#2001" not in listed


def test_a_subject_is_the_accounts_own(cast: Cast, ana: Client) -> None:
    unlinked(cast, name="#2001")
    subject = f"store_variant:{StoreVariant.objects.get(key='v:9').pk}"
    berta = person(Cast("Berta"), "berta@example.com")
    assert "#2001" in page(ana, f"/historial/?subject={subject}")
    assert "#2001" not in page(berta, f"/historial/?subject={subject}")
    assert "#2001" not in page(ana, f"/historial/?cause=phone_invalid&subject={subject}")
    wrong_phone(cast, name="#2002", line_items=lines(cast, sku=None, variant_id=9, title="Masajeador"))
    assert "#2002" in page(ana, f"/historial/?cause=product_not_linked&subject={subject}")
    assert "#2002" not in page(ana, f"/historial/?cause=phone_invalid&subject={subject}")
    page(ana, "/historial/?subject=%00")


def test_one_order_is_mended_where_it_stands(cast: Cast, ana: Client) -> None:
    failed = wrong_phone(cast)
    (card,) = cards(page(ana, "/"))
    assert hrefs(card, "Corregir el teléfono") == [f"/historial/{failed.pk}/#corregir"]
    assert hrefs(card, "Ver el pedido") == [f"/historial/{failed.pk}/"]
    assert hrefs(card, "Cómo se arregla") == ["/ayuda/phone_invalid/"]
    assert "El teléfono «310 555» no es un número válido" in card


def pressed(client: Client, card: str) -> str:
    """The page after the button of a card's offer."""
    (path,) = re.findall(r'<form method="post" action="([^"]+)"', card)
    fields = dict(re.findall(r'<input type="hidden" name="(variant|next)" value="([^"]*)"', card))
    done = client.post(path, fields, follow=True)
    assert done.redirect_chain[0][0].startswith("/?seguir=")
    return done.content.decode()


def test_one_press_links_registers_and_can_be_taken_back(cast: Cast, ana: Client) -> None:
    for _ in range(3):
        unlinked(cast)
    mine = cast.product("Masajeador Cervical", sku="MAS-4D", price=109900)
    row = StoreVariant.objects.get(key="v:9")
    (card,) = cards(page(ana, "/"))
    assert "Vincular y registrar 3" in card
    assert hrefs(card, "Elegir otro") == [f"/productos/por-vincular/{row.pk}/"]
    assert "Con MAS-4D Masajeador Cervical Nombre muy parecido, mismo precio" in said(card)
    html = pressed(ana, card)
    assert "se despacha como Masajeador Cervical" in html and "3 pedidos se están registrando" in html
    assert not cards(html)  # at once: nobody waits for the worker to see it gone
    made = Link.objects.get(store_variant=row)
    assert [(item.variant, item.quantity) for item in made.items.all()] == [(mine, 1)]
    cast.work()
    assert Order.objects.count() == 3 and "Todo en orden" in page(ana, "/")
    undo = re.search(r'<form method="post" action="([^"]+)">.{1,400}?Deshacer', html, re.DOTALL)
    assert undo
    fields = dict(re.findall(r'<input type="hidden" name="(variant|next)" value="([^"]*)"', undo[0]))
    back = ana.post(undo[1], fields, follow=True)
    assert back.redirect_chain == [("/", 302)] and "ya no está vinculado" in back.content.decode()
    assert not Link.objects.exists() and Order.objects.count() == 3
    assert list(AuditEntry.objects.order_by("id").values_list("action", "target")) == [
        ("link", f"store_variant:{row.pk}"),
        ("unlink", f"store_variant:{row.pk}"),
    ]
    assert all("ana@example.com" in entry.actor for entry in AuditEntry.objects.all())


def test_nothing_is_offered_that_is_a_guess(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    cast.product("Masajeador", variant="Rojo", sku="R"), cast.product("Masajeador", variant="Azul", sku="A")
    (card,) = cards(page(ana, "/"))
    assert "<form" not in card and hrefs(card, "Vincular y registrar")
    cast.product("Masajeador", variant="M", sku="M", price=109900)  # the size and the price say which
    assert "<b>M</b> Masajeador M" in cards(page(ana, "/"))[0]


def test_support_is_offered_nothing(cast: Cast) -> None:
    unlinked(cast), cast.product("Masajeador Cervical", sku="MAS-4D")
    html = page(person(cast, "soporte@example.com", "support"), "/")
    assert cards(html) and "<form" not in cards(html)[0]


def test_whoever_only_looks_is_shown_the_orders_and_how_they_are_mended(cast: Cast, ana: Client) -> None:
    for _ in range(2):
        unlinked(cast), wrong_phone(cast)
    failed = cast.send(cast.order(shipping_address=cast.order()["shipping_address"] | {"city": ""}))
    held = connect(cast.account, "shopify", "Respaldo", "otra.myshopify.com", SECRET)
    Integration.objects.filter(pk=held.pk).update(active=False)
    cast.send(integration=held, store="otra.myshopify.com")
    assert cast.post(cast.order(), secret="otra")[0] == 401
    wanted = {"Corregir la clave", "Encender y procesar"}
    shown = "".join(cards(page(ana, "/")))
    assert all(each in shown for each in wanted) and 'href="/productos/' in shown
    found = cards(page(person(cast, "soporte@example.com", "support"), "/"))
    links = {re.sub(r"\d+", "n", each) for card in found for each in re.findall(r">([^<>]+)</a>", card)}
    assert len(found) == 5 and links == {"Ver los n pedidos", "Ver el pedido", "Cómo se arregla"}
    where = {each for card in found for each in re.findall(r'href="([^"]+)"', card)}
    assert f"/historial/{failed.pk}/" in where and not any("<button" in card or 'href=""' in card for card in found)
    assert all(each.startswith(("/historial/", "/ayuda/")) and "#" not in each for each in where)


def test_support_reads_no_buyers_data_in_a_cause(cast: Cast, ana: Client) -> None:
    wrong_phone(cast)
    assert "«310 555»" in page(ana, "/")
    assert "310 555" not in page(person(cast, "soporte@example.com", "support"), "/")


def test_what_is_held_while_off_comes_last(cast: Cast, ana: Client) -> None:
    other = connect(cast.account, "shopify", "Respaldo", "otra.myshopify.com", SECRET)
    Integration.objects.filter(pk=other.pk).update(active=False)
    for _ in range(2):
        cast.send(integration=other, store="otra.myshopify.com")
    unlinked(cast)
    linking, held = cards(page(ana, "/"))
    assert "Masajeador" in linking and 'class="cause w"' in held
    assert "La integración «Respaldo» está en Off: 2 pedidos llegaron" in held
    assert hrefs(held, "Encender y procesar") == ["/configuraciones/integraciones/shopify/"]


def test_unmapped_orders_are_one_cause_of_their_integration(cast: Cast, ana: Client) -> None:
    tool = connect(cast.account, "custom", "Mi CRM")
    for number in (1, 2):
        cast.post({"pedido_raro": number, "quien": "Luz"}, integration=tool)
    cast.work()
    (card,) = cards(page(ana, "/"))
    assert "2 pedidos llegaron completos" in card and "A medida · Mi CRM" in said(card)
    assert "Por mapear" in page(ana, "/")
    (mapping,) = hrefs(card, "Mapear los campos")
    assert mapping.startswith(f"/configuraciones/integracion/{tool.pk}/campos/")
    page(ana, mapping)


def test_what_is_kept_for_a_wrong_secret_needs_somebody(cast: Cast, ana: Client) -> None:
    stranger = Cast("Berta")
    assert stranger.post(stranger.order(), secret="otra")[0] == 401
    assert not cards(page(ana, "/"))
    for _ in range(2):
        assert cast.post(cast.order(), secret="otra")[0] == 401
    html = page(ana, "/")
    (card,) = cards(html)
    assert "La clave de «Tienda Uno» no coincide" in card and "2 envíos retenidos, ninguno perdido" in card
    assert hrefs(card, "Corregir la clave") == [f"/configuraciones/integracion/{cast.shop.pk}/#clave"]
    assert "Clave errada" in html
    add_secret(cast.shop, "otra")
    cast.work()
    html = page(ana, "/")
    assert not cards(html) and "Al día" in html and Order.objects.count() == 2


def test_without_a_secret_it_is_said_that_there_is_none(cast: Cast, ana: Client) -> None:
    bare = connect(cast.account, "shopify", "Nueva", "nueva.myshopify.com")
    assert cast.post(cast.order(), integration=bare, store="nueva.myshopify.com")[0] == 401
    html = page(ana, "/")
    assert "«Nueva» todavía no tiene clave" in cards(html)[0] and "Sin clave" in html


def test_orders_of_another_builder_are_not_a_matter_of_the_secret(cast: Cast, ana: Client) -> None:
    body = (FIXTURES / "woocommerce" / "fixtures" / "order.json").read_bytes()
    assert cast.post(body, secret="otra")[0] == 401
    html = page(ana, "/")
    (card,) = cards(html)
    assert "Otro constructor" in html
    assert "«Tienda Uno» es de Shopify y recibe envíos de WooCommerce" in card and hrefs(card, "Ver la URL")
    assert "recibe envíos de WooCommerce" in page(ana, "/buscar/?q=99999")


def test_an_update_that_a_registered_order_does_not_take_is_one_of_its_cause(cast: Cast, ana: Client) -> None:
    order = cast.order()
    cast.send(order)
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    more = [*order["line_items"], *lines(cast, sku=None, variant_id=9, title="Masajeador")]
    cast.send(order | {"updated_at": later, "line_items": more}, "orders/updated")
    assert Intake.objects.get().status == "registered" and Intake.objects.get().cause == "update_problem"
    html = page(ana, "/")
    (card,) = cards(html)
    assert "«Masajeador / M» no está vinculado" in card
    assert "$" not in said(card) and "en espera</p>" not in html  # its money does not wait


def test_orders_in_another_currency_say_theirs_and_are_no_part_of_the_sum(cast: Cast, ana: Client) -> None:
    cast.send(cast.order(currency="USD", total_price="25.00", subtotal_price="25.00"))
    html = page(ana, "/")
    assert "El pedido está en USD" in cards(html)[0] and "US$ 25" in cards(html)[0]
    assert "1 pedido en espera" in html


@pytest.mark.parametrize("total", ["-109900", "999999999999.00"])
def test_a_total_that_cannot_be_is_no_part_of_what_waits(cast: Cast, ana: Client, total: str) -> None:
    wrong_phone(cast), wrong_phone(cast)
    Intake.objects.filter(pk=wrong_phone(cast).pk).update(total=Decimal(total))
    html = page(ana, "/")
    assert "$ 219.800 3 pedidos" in said(cards(html)[0])
    assert "3 pedidos · <b>$\u00a0219.800</b> en espera" in html


def test_what_is_many_is_counted_so_far_and_no_further(
    cast: Cast,
    ana: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(4):
        unlinked(cast)
    monkeypatch.setattr(causes, "MOST", 2)
    monkeypatch.setattr(causes, "MOST_WAITING", 3)
    html = page(ana, "/")
    assert "2+ pedidos" in said(cards(html)[0]) and "$\u00a0329.700+" in html
    assert "Más de 3 pedidos · más de <b>$\u00a0439.600</b> en espera" in html


def test_many_causes_are_shown_when_asked_for(cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "SHOWN", 2)
    for number in range(4):
        cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=100 + number, title=f"Cosa {number}")))
    html = page(ana, "/")
    assert len(cards(html)) == 2 and hrefs(html, "Ver todas las causas") == ["?todas"]
    assert len(cards(page(ana, "/?todas"))) == 4


def test_a_cause_goes_when_its_order_does(cast: Cast, ana: Client) -> None:
    failed = wrong_phone(cast)
    assert cards(page(ana, "/"))
    ana.post(f"/historial/{failed.pk}/corregir/", {"phone": "3105550101"})
    assert not cards(page(ana, "/"))
    cast.work()
    assert Order.objects.exists() and "Todo en orden" in page(ana, "/")


def test_what_a_store_says_is_never_markup(cast: Cast, ana: Client) -> None:
    Integration.objects.filter(pk=cast.shop.pk).update(name=NASTY[:120])
    for _ in range(2):
        cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=9, title=NASTY, variant_title=NASTY)))
    cast.product(NASTY, sku=NASTY)
    html = page(ana, "/")
    html += pressed(ana, cards(html)[0])
    html += page(ana, "/")
    assert "<script>alert" not in html and "<img src=x" not in html and "&lt;script&gt;" in html


def test_inicio_reads_no_more_for_many(cast: Cast, ana: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(ana, "/")
        return len(queries)

    unlinked(cast), cast.product("Masajeador Cervical", sku="MAS")
    cast.post(cast.order(), secret="otra")
    asked()
    before = asked()
    for number in range(6):
        shop = connect(cast.account, "shopify", f"Tienda {number}", f"t{number}.myshopify.com", SECRET)
        things = lines(cast, sku=None, variant_id=50 + number, title=f"Masajeador {number}")
        cast.send(cast.order(line_items=things), integration=shop, store=f"t{number}.myshopify.com")
        cast.post(cast.order(), integration=shop, secret="otra", store=f"t{number}.myshopify.com")
    assert asked() == before <= 26


# The last thirty days


def at(found: Intake, moment: datetime, **changes: Any) -> None:
    Intake.objects.filter(pk=found.pk).update(received_at=moment, **changes)


def test_days_are_the_accounts_own_and_begin_at_its_midnight(cast: Cast, ana: Client) -> None:
    stranger = Cast("Berta")
    stranger.send(), unlinked(stranger)
    bogota = timezone.now().astimezone(home.zone(cast.account))
    midnight = bogota.replace(hour=0, minute=0, second=0, microsecond=0)
    at(cast.send(), midnight)
    at(cast.send(), midnight - timedelta(microseconds=1))
    at(unlinked(cast), midnight - timedelta(hours=2))
    at(cast.send(cast.order(payment_gateway_names=["Transferencia"], tags="")), midnight - timedelta(days=3))
    at(cast.send(), midnight - timedelta(days=3), status="duplicate")
    at(cast.send(), midnight - timedelta(days=29))
    at(cast.send(), midnight - timedelta(days=30, microseconds=-1))
    html = page(ana, "/inicio/dias/")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", html)
    counts = [[int(number) for number in re.findall(r">(\d+)</td>", cells)] for _, cells in rows]
    assert len(counts) == 30
    assert counts[:4] == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]]
    assert counts[29] == [1, 0, 0, 0] and sum(map(sum, counts)) == 6
    assert "3 registrados" in html and "1 fallido" in html and "1 sin terminar" in html


def drawn(client: Client) -> str:
    return client.get("/inicio/dias/", headers={"HX-Request": "true"}).content.decode()


def test_days_are_drawn_without_styles(cast: Cast, ana: Client) -> None:
    cast.send(), unlinked(cast)
    part = drawn(ana)
    assert "<html" not in part and "style=" not in part and '<rect class="ok"' in part and '<rect class="bad"' in part
    assert re.search(r'role="img" aria-label="[^"]*1 registrados, 1 fallidos', part)


def test_days_of_a_big_account_are_counted_once_a_minute(
    cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.send()
    before = drawn(ana)
    cast.send()
    small = drawn(ana)
    assert small != before
    monkeypatch.setattr(home, "BIG", 2)
    assert drawn(ana) == small
    cast.send()
    assert drawn(ana) == small
    cache.clear()
    assert drawn(ana) != small


def test_no_days_no_chart(ana: Client) -> None:
    html = page(ana, "/inicio/dias/")
    assert "En estos 30 días no llegó ningún pedido" in html and '<svg class="bars"' not in html


# The integrations


def orders_every(cast: Cast, pause: timedelta, last: timedelta) -> None:
    for number in range(7):
        at(cast.send(), timezone.now() - last - number * pause)


def test_a_silence_is_told_from_the_usual_pause(cast: Cast, ana: Client) -> None:
    orders_every(cast, timedelta(hours=3), timedelta(days=2))
    html = page(ana, "/")
    assert "En silencio" in html and "hace 2 días" in html and "lo usual es cada 3 horas" in html


def test_a_night_is_no_silence(cast: Cast, ana: Client) -> None:
    orders_every(cast, timedelta(hours=1), timedelta(hours=11))
    html = page(ana, "/")
    assert "Al día" in html and "cada hora" in html and "En silencio" not in html


def test_what_came_all_at_once_hides_no_rhythm(cast: Cast, ana: Client) -> None:
    """A campaign, or a store that sends again all that it kept."""
    orders_every(cast, timedelta(hours=3), timedelta(hours=1))
    for _ in range(12):
        cast.send()
    assert "cada 3 horas" in page(ana, "/")


def test_a_slow_shop_is_not_silent_after_a_day(cast: Cast, ana: Client) -> None:
    orders_every(cast, timedelta(days=1), timedelta(days=3))
    assert "Al día" in page(ana, "/")


def test_integrations_say_how_they_are(cast: Cast, ana: Client) -> None:
    cast.send()
    connect(cast.account, "shopify", "Otra vez", STORE, SECRET)
    off = connect(cast.account, "funnelish", "Embudo")
    binned = connect(cast.account, "funnelish", "En la papelera")
    Integration.objects.filter(pk=off.pk).update(active=False)
    Integration.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
    connect(Cast("Berta").account, "shopify", "De Berta")
    html = page(ana, "/")
    rows = dict(re.findall(r'<b>([^<]+)</b></a>.*?<span class="tag (\w+)">', html, re.DOTALL))
    assert rows == {"Tienda Uno": "ok", "Otra vez": "dim", "Embudo": "dim"}
    assert "Es la misma tienda que «Otra vez»" in html and "todavía no ha enviado ningún pedido" in html


# The first steps


def step_states(html: str) -> list[str]:
    return re.findall(r'<li class="line ?(\w*)">', html)


def test_the_first_steps_are_ticked_by_what_is_there(cast: Cast) -> None:
    new = Cast("Nueva")
    new.shop.delete(), new.faja.product.delete()
    client = person(new, "nueva@example.com")
    html = page(client, "/")
    assert "Primeros pasos" in html and step_states(html) == ["now", "", "", ""]
    assert "/configuraciones/integraciones/" in hrefs(html, "Conectar una tienda")
    new.shop = connect(new.account, "shopify", "Mi tienda", STORE, SECRET)
    html = page(client, "/")
    assert step_states(html) == ["done", "now", "", ""]
    trial = f"/configuraciones/integracion/{new.shop.pk}/probar/"
    assert f'action="{trial}"' in html
    assert client.post(trial).status_code == 302
    new.work()
    html = page(client, "/")
    assert step_states(html) == ["done", "done", "now", ""] and not cards(html)
    assert "todavía no ha enviado ningún pedido" in html  # the shop itself has not
    new.product("Faja Reductora", sku="FAJA-M", variant="M")
    assert step_states(page(client, "/")) == ["done", "done", "done", "now"]
    new.send()
    html = page(client, "/")
    assert not step_states(html) and "Todo en orden" in html and "por «Mi tienda»" in html


def test_a_newcomer_whose_first_order_fails_sees_both(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    html = page(ana, "/")
    assert "Necesita tu atención" in html and cards(html) and step_states(html) == ["done", "done", "done", "now"]


# The number in the menu, and the queue


def test_the_menu_says_how_many_causes_there_are(cast: Cast, ana: Client) -> None:
    unlinked(cast), wrong_phone(cast)
    assert 'hx-get="/inicio/causas/"' in page(ana, "/ayuda/") and 'hx-get="/inicio/causas/"' not in page(ana, "/")
    cache.clear()
    number = page(ana, "/inicio/causas/")
    assert "2 por resolver" in number and "<html" not in number
    assert page(person(Cast("Berta"), "berta@example.com"), "/inicio/causas/").strip() == ""
    other_product(cast)
    assert page(ana, "/inicio/causas/") == number  # kept for a moment
    page(ana, "/")
    assert "3 por resolver" in page(ana, "/inicio/causas/")


def test_a_queue_that_does_not_move_is_said(cast: Cast, ana: Client) -> None:
    cast.send()
    cast.post(cast.order())
    assert "Vamos atrasados" not in page(ana, "/")
    Delivery.objects.filter(state="pending").update(received_at=timezone.now() - timedelta(minutes=20))
    assert "Vamos atrasados" in page(ana, "/") and "hace 20 minutos" in page(ana, "/")
    cast.work()
    assert "Vamos atrasados" not in page(ana, "/")


def test_how_long_a_cause_has_stood_is_a_span(cast: Cast, ana: Client) -> None:
    first = wrong_phone(cast)
    wrong_phone(cast)
    at(first, timezone.now() - timedelta(days=5))
    assert "desde hace 5 días · el último hace" in said(cards(page(ana, "/"))[0])
    ana.post("/idioma/", {"language": "en", "next": "/"})
    assert "for 5 days · the last one" in said(cards(page(ana, "/"))[0])


def test_sentences_are_in_the_readers_language(cast: Cast, ana: Client) -> None:
    wrong_phone(cast), wrong_phone(cast)
    html = ana.get("/", headers={"Accept-Language": "en"}).content.decode()
    assert "2 orders with a phone that is not valid." in html


def test_amounts_are_exact(cast: Cast) -> None:
    assert causes.as_amount(4310000.1) == Decimal("4310000.10") and causes.as_amount(None) == 0


def seen_in(html: str) -> str:
    return re.findall(r'data-seen="(\w+)"', html)[0]


def ask(client: Client, seen: str, more: str = "") -> Any:
    return client.get(f"/inicio/ahora/?seen={seen}{more}")


def test_what_needs_somebody_is_told_again_when_it_changes(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    seen = seen_in(page(ana, "/"))
    assert ask(ana, seen).status_code == 204
    unlinked(cast), wrong_phone(cast)
    cache.clear()  # a moment later
    answer = ask(ana, seen)
    parts = dict(re.findall(r'<template data-part="([\w-]+)">(.*?)</template>', answer.content.decode(), re.DOTALL))
    assert answer.status_code == 200 and set(parts) == {"home-head", "now", "pulses"}
    first, second = cards(parts["now"])
    assert "2 pedidos" in said(first) and "no es un número válido" in second
    assert "3 pedidos" in said(parts["home-head"]) and '<span aria-hidden="true">2</span>' in answer.content.decode()
    assert ask(ana, answer["X-Seen"]).status_code == 204
    assert seen_in(page(ana, "/")) == answer["X-Seen"]


def test_the_integrations_are_told_again_with_the_causes(cast: Cast, ana: Client) -> None:
    cast.send()
    html = page(ana, "/")
    assert f'id="pulse-{cast.shop.pk}"' in html
    later = cast.send()
    at(later, later.received_at + timedelta(minutes=3))
    other = connect(cast.account, "funnelish", "Embudo")
    cache.clear()  # a moment later
    answer = ask(ana, seen_in(html))
    told = answer.content.decode().partition('<template data-part="pulses">')[2].partition("</template>")[0]
    assert "Al día" in told and f'id="pulse-{other.pk}"' in told and "Embudo" in told
    Integration.objects.filter(pk=other.pk).update(active=False)
    cache.clear()
    answer = ask(ana, answer["X-Seen"])
    assert answer.status_code == 200 and ask(ana, answer["X-Seen"]).status_code == 204


def test_the_chart_is_drawn_again_by_itself(cast: Cast, ana: Client) -> None:
    cast.send()
    assert 'hx-get="/inicio/dias/" hx-trigger="load"' in page(ana, "/")
    assert 'hx-get="/inicio/dias/" hx-trigger="every 60s"' in drawn(ana)
    assert "every 60s" not in page(ana, "/inicio/dias/")


def test_a_cause_is_known_again(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    before = re.findall(r'<article class="cause" id="([\w-]+)"', page(ana, "/"))
    unlinked(cast), wrong_phone(cast)
    html = page(ana, "/")
    ids = re.findall(r'<article class="cause" id="([\w-]+)"', html)
    assert len(set(ids)) == 2 and set(before) < set(ids)


def test_many_who_look_have_it_put_together_once(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    seen = seen_in(page(ana, "/"))
    assert ask(ana, seen).status_code == 204
    wrong_phone(cast)
    with CaptureQueriesContext(connection) as asked:
        assert ask(ana, seen).status_code == 204  # within the moment
    assert not [each for each in asked.captured_queries if "comanda_problem" in each["sql"]]
    assert len(asked.captured_queries) <= 5


def test_each_is_told_in_their_own_words(cast: Cast, ana: Client) -> None:
    """What one reader has is no answer for another, whose words are others: masked, in English, of another account."""
    wrong_phone(cast)
    seen = seen_in(page(ana, "/"))
    support = person(cast, "soporte@example.com", "support")
    assert ask(support, "").status_code == 200 and ask(ana, seen).status_code == 204
    answer = ana.get(f"/inicio/ahora/?seen={seen}&todas")
    assert answer.status_code in (200, 204)
    stranger = person(Cast("Berta"), "berta@example.com")
    assert "Masajeador" not in ask(stranger, "").content.decode() and ask(stranger, seen).status_code == 200
