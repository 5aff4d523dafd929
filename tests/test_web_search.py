"""The search that answers: one order with its remedy, several to choose from, none and why."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comanda.inbox import seen
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from tests.cast import SECRET, Cast
from tests.test_versions import lines
from tests.test_web import NASTY, hrefs, page, person, unlinked


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def test_an_order_is_found_by_whatever_is_known_of_it(cast: Cast, ana: Client) -> None:
    stranger = Cast("Berta")
    stranger.send(stranger.order(name="#1042"))
    order = cast.order(name="#1042", email="luz@example.com")
    order["shipping_address"] |= {"first_name": "Luz", "last_name": "Ñáñez", "phone": "310 555 01 01"}
    mine = cast.send(order)
    cast.send(cast.order(name=f"#{order['id']}7"))
    for asked in (
        "1042",
        "%231042",
        "luz+nanez",
        "LUZ@example.com",
        "310-555-0101",
        "%2B57 310 5550101",
        order["id"],
    ):
        html = page(ana, f"/buscar/?q={asked}")
        assert hrefs(html, "Ver el pedido y sus pasos") == [f"/historial/{mine.pk}/"], asked
        assert "Exitoso" in html and "no tienes que hacer nada" in html and "Faja Reductora M ×1" in html


def test_one_order_says_what_is_the_matter_and_what_to_do(cast: Cast, ana: Client) -> None:
    order = cast.order(name="#1042", line_items=lines(cast, sku=None, variant_id=9, title="Masajeador"))
    order["shipping_address"] |= {"phone": "310 555"}
    found = cast.send(order)
    html = page(ana, "/buscar/?q=1042")
    assert "Fallido" in html and "«310 555» no es un número válido" in html and "«Masajeador / M» no está" in html
    assert hrefs(html, "Corregir el teléfono") == [f"/historial/{found.pk}/#corregir"]
    assert hrefs(html, "Vincular y registrar")[0].startswith("/productos/")
    assert hrefs(html, "Leer el artículo") == ["/ayuda/phone_invalid/", "/ayuda/product_not_linked/"]
    assert hrefs(html, "Contactar a soporte") == [f"/soporte/?pedido={found.pk}"]


def test_the_very_number_comes_before_those_that_contain_it(cast: Cast, ana: Client) -> None:
    exact = cast.send(cast.order(name="#104"))
    for number in range(12):
        cast.post(cast.order(name=f"#104{number}"))
    cast.work()
    assert hrefs(page(ana, "/buscar/?q=104"), "Ver el pedido y sus pasos") == [f"/historial/{exact.pk}/"]
    assert "#1041 ·" in page(ana, "/buscar/?q=1041") or "Pedido #1041" in page(ana, "/buscar/?q=1041")


def test_several_are_listed_and_many_lead_to_the_history(cast: Cast, ana: Client) -> None:
    for _ in range(3):
        unlinked(cast)
    html = page(ana, "/buscar/?q=maria")
    assert "3 pedidos con «maria»" in html and html.count('class="whole"') == 3
    assert "Producto sin vincular" in html and "Ver todos en el historial" not in html
    for _ in range(8):
        cast.post(cast.order())
    cast.work()
    html = page(ana, "/buscar/?q=maria")
    assert "Más de 10 pedidos con «maria»" in html and html.count('class="whole"') == 10
    assert hrefs(html, "Ver todos en el historial") == ["/historial/?q=maria"]


def test_an_order_that_is_not_here_is_looked_for_in_every_integration(cast: Cast, ana: Client) -> None:
    stranger = Cast("Berta")
    stranger.post(stranger.order(), secret="otra")
    cast.send()
    cast.post(cast.order(), secret="otra")
    new = connect(cast.account, "woocommerce", "Mi Woo", "mi-woo.example", SECRET)
    off = connect(cast.account, "funnelish", "Embudo")
    binned = connect(cast.account, "jumpseller", "Vieja", "vieja", SECRET)
    Integration.objects.filter(pk=off.pk).update(active=False)
    Integration.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
    html = page(ana, "/buscar/?q=99999")
    assert "Ningún pedido con «99999»" in html
    assert (
        "con una firma que no coincide: 1." in html and "Solicitudes que" not in html
    )  # the one request is told of once
    at = "/configuraciones/integracion/"
    assert hrefs(html, "Corregir la clave") == [f"{at}{cast.shop.pk}/#clave"]
    assert f"{at}{new.pk}/" in hrefs(html, "Ver la URL")
    assert hrefs(html, "Encender") == ["/configuraciones/integraciones/funnelish/"]
    assert hrefs(html, "Restaurar") == ["/configuraciones/integraciones/jumpseller/"]
    assert f"/historial/?integration={cast.shop.pk}" in hrefs(html, "Ver su historial")
    assert "/rechazos/" in hrefs(html, "Ver rechazos y retenidos")
    for path in {href for words in ("Corregir", "Ver la URL", "Encender", "Restaurar") for href in hrefs(html, words)}:
        page(ana, path)


def test_without_a_store_the_next_step_is_to_connect_one(cast: Cast) -> None:
    new = Cast("Nueva")
    new.shop.delete()
    html = page(person(new, "nueva@example.com"), "/buscar/?q=1042")
    assert "Todavía no hay ninguna integración" in html
    assert "/configuraciones/integraciones/" in hrefs(html, "Conectar una tienda")


def test_nothing_is_found_of_a_stranger(cast: Cast) -> None:
    found = unlinked(cast, name="#1042")
    berta = person(Cast("Berta"), "berta@example.com")
    for asked in ("1042", "maria", "maria@example.com", "3001234567", found.external_id):
        html = page(berta, f"/buscar/?q={asked}")
        assert str(found.pk) not in html and "Masajeador" not in html and "Ningún pedido" in html


def test_what_is_asked_and_what_is_found_is_never_markup(cast: Cast, ana: Client) -> None:
    Integration.objects.filter(pk=cast.shop.pk).update(name=NASTY[:120])
    order = cast.order(name=NASTY, line_items=lines(cast, sku=None, variant_id=9, title=NASTY, variant_title=NASTY))
    order["shipping_address"] |= {"first_name": NASTY, "last_name": NASTY}
    for _ in range(2):
        cast.send(order | {"email": NASTY, "id": order["id"] + 1})
    cast.send(order)
    htmls = [ana.get("/buscar/", {"q": asked}).content.decode() for asked in (NASTY, "script", "xyz", order["id"])]
    for html in htmls:
        assert "<script>alert" not in html and "<img src=x" not in html
    assert "&lt;script&gt;" in htmls[1]


@pytest.mark.parametrize("asked", ["", "   ", "\x00", "%", "_", "'", "#", "\u202e", "😀", "x" * 5000, "1" * 300])
def test_anything_may_be_asked(cast: Cast, ana: Client, asked: str) -> None:
    cast.send()
    answer = ana.get("/buscar/", {"q": asked})
    assert answer.status_code == 200
    if not asked.strip("\x00 "):
        assert "Busca un pedido" in answer.content.decode()


def test_the_search_reads_no_more_for_many_integrations(cast: Cast, ana: Client) -> None:
    def asked(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(ana, f"/buscar/?q={query}")
        return len(queries)

    unlinked(cast), unlinked(cast)
    none, several = asked("99999"), asked("maria")
    for number in range(5):
        connect(cast.account, "woocommerce", f"Woo {number}", f"woo{number}.example", SECRET)
        unlinked(cast)
    assert (asked("99999"), asked("maria")) == (none, several)
    assert max(none, several) <= 18


def test_what_waits_is_counted_so_far_and_no_further(
    cast: Cast,
    ana: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(4):
        cast.post(cast.order(), secret="otra")
    assert "con una firma que no coincide: 4." in page(ana, "/buscar/?q=99999")
    monkeypatch.setattr("comanda.inbox.seen.MOST", 2)
    monkeypatch.setattr("comanda.diagnosis.why.MOST_SEEN", 2)
    assert "con una firma que no coincide: 2+." in page(ana, "/buscar/?q=99999")


def test_what_is_seen_is_of_the_account_and_of_the_week(cast: Cast) -> None:
    stranger = Cast("Berta")
    stranger.post(stranger.order())
    cast.post(cast.order())
    cast.post({"id": 1}, topic="products/update")
    assert list(seen.seen([cast.shop])) == [cast.shop.pk]
    came = seen.seen([cast.shop])[cast.shop.pk]
    assert came.last and dict(came.states) == {"pending": 1} and dict(came.ignored) == {"products/update": 1}
    old = seen.id_at(timezone.now() - timedelta(days=8))
    Delivery.objects.filter(state="ignored").update(id=old)
    assert not seen.seen([cast.shop])[cast.shop.pk].ignored
    assert seen.seen([]) == {}


def test_the_answer_is_in_the_readers_language(cast: Cast, ana: Client) -> None:
    unlinked(cast, name="#1042")
    english = {"Accept-Language": "en"}
    assert "is not linked to any product" in ana.get("/buscar/?q=1042", headers=english).content.decode()
    assert "had its last delivery" in ana.get("/buscar/?q=99999", headers=english).content.decode()


def test_support_sees_the_answer_and_is_offered_no_change(cast: Cast) -> None:
    unlinked(cast, name="#1042")
    support = person(cast, "soporte@example.com", "support")
    html = page(support, "/buscar/?q=1042")
    assert "no está vinculado" in html and "btn main" not in html
    assert "María" in html and "Núñez" not in html
    unlinked(cast)
    html = page(support, "/buscar/?q=maria")
    assert "2 pedidos" in html and "Núñez" not in html and "maria@example.com" not in html
