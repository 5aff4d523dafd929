"""Rechazos y retenidos: what did not come through, why, from whom, and what frees it."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comanda.accounts.access import by_operator
from comanda.diagnosis.terms import REFUSALS
from comanda.history.models import Intake
from comanda.inbox import waiting
from comanda.inbox.models import Delivery, Refusal
from comanda.integrations.connect import bin_integration, connect, switch
from comanda.integrations.models import Integration
from tests.cast import Cast, call
from tests.test_web import hrefs, page, person


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def text(html: str) -> str:
    """What the page says, without its pictures."""
    inside = re.sub(r"<svg.*?</svg>", "", html.partition("<main")[2], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", inside).split())


def test_nothing_is_said_where_there_is_nothing(cast: Cast, ana: Client) -> None:
    cast.send()
    said = text(page(ana, "/rechazos/"))
    assert "Nada rechazado y nada retenido" in said and "Al día" in said


def test_a_refusal_is_told_with_its_reason_and_sender(cast: Cast, ana: Client) -> None:
    raw = json.dumps(cast.order()).encode()
    for _ in range(3):
        assert call(cast.shop, raw, cast.signed(raw) | {"user-agent": "Shopify-Captain-Hook"}, "PUT")[0] == 405
    cast.post(b"<xml/>", headers={"content-type": "text/xml"})
    html = page(ana, "/rechazos/")
    assert "Método distinto de POST · 3 veces" in text(html) and "Tipo de contenido no admitido · 1 vez" in text(html)
    assert "Lo envió «Shopify-Captain-Hook»" in html and "PUT 405" in html and "Tienda Uno" in html
    assert hrefs(html, "Por qué pasa") == ["/ayuda/content_type_unsupported/"]
    page(ana, "/ayuda/content_type_unsupported/")


def test_refusals_of_many_minutes_are_one_line(cast: Cast, ana: Client) -> None:
    now = timezone.now()
    for minutes, count in ((5, 2), (60, 3), (60 * 24 * 40, 100)):
        at = now - timedelta(minutes=minutes)
        Refusal.objects.create(
            account=cast.account, integration=cast.shop, place=str(cast.shop.pk), reason="too_large", status=413,
            minute=at, count=count, head="{", first_at=at, last_at=at,
        )  # fmt: skip
    (found,) = waiting.refused(by_operator(cast.account))
    assert (found.count, found.first_at, found.last_at) == (5, now - timedelta(hours=1), now - timedelta(minutes=5))
    assert "Tamaño excesivo · 5 veces" in text(page(ana, "/rechazos/"))


def test_every_reason_has_words_in_both_languages(cast: Cast, ana: Client) -> None:
    assert REFUSALS["es"].keys() == REFUSALS["en"].keys()
    cast.post(b"{", headers={"content-type": "application/json"})
    english = ana.get("/rechazos/", headers={"Accept-Language": "en"}).content.decode()
    assert "Content that cannot be read" in english


def test_an_unknown_url_is_nobody_s(cast: Cast, ana: Client) -> None:
    Refusal.objects.create(
        place="", reason="unknown_token", status=404, minute=timezone.now(), head="{}",
        first_at=timezone.now(), last_at=timezone.now(),
    )  # fmt: skip
    said = text(page(ana, "/rechazos/"))
    assert "URL desconocida" not in said and "revisa la URL" in said


def test_a_wrong_secret_is_told_and_mended(cast: Cast, ana: Client) -> None:
    """Once the secret is right, what waited is verified by itself and goes its way."""
    for _ in range(2):
        assert cast.post(cast.order(), secret="otra-clave")[0] == 401
    html = page(ana, "/rechazos/")
    assert "Tienda Uno · 2 envíos" in text(html) and "se verifican otra vez solos" in text(html)
    assert "Firma que no coincide" in html and "Rechazados en la puerta" not in html
    (mend,) = hrefs(html, "Corregir la clave")
    assert str(cast.shop.pk) in mend and page(ana, mend)
    ana.post(mend.partition("#")[0], {"do": "proof", "secret": "otra-clave"})
    assert "Nada rechazado y nada retenido" in page(ana, "/rechazos/")
    cast.work()
    assert Intake.objects.filter(status="registered").count() == 2


def test_what_waits_for_its_integration_is_freed_by_the_button(cast: Cast, ana: Client) -> None:
    other = connect(cast.account, "shopify", "Respaldo", "otra.myshopify.com", "k")
    who = by_operator(cast.account)
    switch(who, cast.shop, active=False)
    cast.send(), cast.send()
    cast.post(cast.order(), integration=other, secret="k", store="otra.myshopify.com")
    bin_integration(who, other)
    cast.work()
    html = page(ana, "/rechazos/")
    assert "Tienda Uno · 2 pedidos" in text(html) and "Está en Off" in html
    assert "Respaldo · 1 pedido" in text(html) and "Está en la papelera" in html
    assert f"/historial/?status=held&integration={cast.shop.pk}" in hrefs(html, "Tienda Uno")
    buttons = dict(re.findall(r'id="free-(\d+)" name="do" value="(\w+)"', html))
    assert buttons == {str(cast.shop.pk): "on", str(other.pk): "restore"}
    for id_, do in buttons.items():
        ana.post(f"/configuraciones/integracion/{id_}/cambiar/", {"do": do})
    cast.work()
    assert Intake.objects.filter(status="registered").count() == 3
    assert "Nada rechazado y nada retenido" in page(ana, "/rechazos/")


def test_what_waits_for_a_mapping_is_told(cast: Cast, ana: Client) -> None:
    tool = connect(cast.account, "custom", "Mi herramienta", "", "")
    call(tool, json.dumps({"folio": "77"}).encode(), {"content-type": "application/json"})
    cast.work()
    html = page(ana, "/rechazos/")
    assert "Mi herramienta · 1 pedido" in text(html) and "Indicar los campos" in html
    page(ana, hrefs(html, "Indicar los campos")[0])


def test_topics_that_are_not_ours_are_told_for_a_week(cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        cast.post(cast.order(), "products/update")
    cast.post(cast.order(), "app/uninstalled")
    html = page(ana, "/rechazos/")
    assert "products/update Tienda Uno · 3 avisos" in text(html) and "app/uninstalled Tienda Uno · 1 aviso" in text(
        html
    )
    monkeypatch.setattr(waiting, "MOST", 2)
    assert [(each.count, each.plus) for each in waiting.ignored([cast.shop])] == [(1, "+"), (1, "+")]
    monkeypatch.setattr(waiting, "DAYS", -1)
    assert waiting.ignored([cast.shop]) == []


def test_many_that_are_quarantined_are_counted_no_further_than_a_thousand(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        cast.post(cast.order(), secret="otra")
    monkeypatch.setattr(waiting, "MOST", 2)
    ((integration, count, more),) = [(g.integration, g.count, g.more) for g in waiting.quarantined([cast.shop])]
    assert (integration, count, more) == (cast.shop, 2, True)
    assert waiting.quarantined([]) == waiting.ignored([]) == waiting.held([]) == []


def test_a_queue_that_grows_old_is_told(cast: Cast, ana: Client) -> None:
    cast.post(cast.order()), cast.post(cast.order())
    assert "Al día" in page(ana, "/rechazos/")
    Delivery.objects.update(received_at=timezone.now() - timedelta(seconds=63))
    assert "2 envíos esperan turno; el más antiguo, hace 60 segundos." in text(page(ana, "/rechazos/"))


def test_the_page_is_looked_at_again_and_only_changes_when_it_must(cast: Cast, ana: Client) -> None:
    html = page(ana, "/rechazos/")
    (again,) = re.findall(r'hx-get="([^"]+)" hx-trigger="tick"', html)
    quiet = ana.get(again, headers={"HX-Request": "true"})
    assert quiet.status_code == 204
    cast.post(cast.order(), secret="otra")
    told = ana.get(again, headers={"HX-Request": "true"})
    assert told.status_code == 200 and "Corregir la clave" in told.content.decode()
    assert "<html" not in told.content.decode()


def test_many_integrations_ask_no_more(cast: Cast, ana: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(ana, "/rechazos/")
        return len(queries)

    cast.post(cast.order(), secret="otra"), cast.post(cast.order(), "products/update")
    few = asked()
    for number in range(5):
        shop = connect(cast.account, "shopify", f"Tienda {number}", f"{number}.myshopify.com", "k")
        cast.post(cast.order(), secret="otra", integration=shop)
        cast.post(cast.order(), "products/update", secret="k", integration=shop, store=f"{number}.myshopify.com")
    assert asked() == few <= 12


def test_support_sees_the_reasons_and_no_button(cast: Cast) -> None:
    cast.post(cast.order(), secret="otra")
    switch(by_operator(cast.account), cast.shop, active=False)
    cast.send()
    html = page(person(cast, "soporte@example.com", "support"), "/rechazos/")
    assert "Firma que no coincide" in html and "Está en Off" in html
    assert "Corregir la clave" not in html and "Encender" not in html


def test_a_stranger_s_are_not_shown(cast: Cast, ana: Client) -> None:
    strange = Cast("Berta")
    Integration.objects.filter(pk=strange.shop.pk).update(name="Ajena")
    strange.post(strange.order(), secret="otra", integration=strange.shop)
    strange.post(strange.order(), "products/update", integration=strange.shop)
    strange.post(b"{", integration=strange.shop)
    switch(by_operator(strange.account), strange.shop, active=False)
    strange.send()
    html = page(ana, "/rechazos/")
    assert "Ajena" not in html and "Nada rechazado y nada retenido" in html
