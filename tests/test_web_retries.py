"""Reintentos: what would be run again, exactly; how far it is; what failed again; who asked for it."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import Link, LinkItem, StoreVariant
from comanda.history.models import Intake
from comanda.history.search import Filter, find
from comanda.orders.models import Order
from comanda.repair.models import Retry, RetryItem
from comanda.repair.retry import planned, retry_all, retry_one
from tests.cast import Cast
from tests.test_versions import lines
from tests.test_web import hrefs, page, person, unlinked

PLAN = "/historial/reintentar/"


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def without_phone(cast: Cast) -> Intake:
    order = cast.order()
    order["shipping_address"] |= {"phone": ""}
    return cast.send(order)


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


def outcome(html: str) -> list[int]:
    """Registered, failed, other, pending."""
    return [int(each) for each in re.findall(r"<dd>(\d+)</dd>", html.partition('class="outcomes"')[2])]


def test_what_would_be_run_again_is_said_first(cast: Cast, ana: Client) -> None:
    unlinked(cast), unlinked(cast), without_phone(cast), cast.send()
    cast.send(cast.order(payment_gateway_names=["Transferencia"], tags=""))
    said = text(page(ana, PLAN))
    assert "Reintentar 4 pedidos" in said and "Fallido 3 Esperando pago 1" in said
    assert "Producto sin vincular 2" in said and "Falta el teléfono 1" in said
    html = page(ana, f"{PLAN}?cause=phone_missing&status=failed&integration={cast.shop.pk}")
    assert "Fallidos · Tienda Uno · Falta el teléfono" in html and "Reintentar 1 pedido" in html
    window = ana.get(PLAN, headers={"HX-Request": "true"}).content.decode()
    assert 'id="window-title"' in window and "<html" not in window
    assert RetryItem.objects.count() == Retry.objects.count() == 0


def test_all_that_match_are_run_again(cast: Cast, ana: Client) -> None:
    unlinked(cast), unlinked(cast), without_phone(cast), cast.send()
    html = page(ana, f"{PLAN}?cause=product_not_linked&q=maria")
    given = dict(re.findall(r'type="hidden" name="(cause|q|status)" value="([^"]*)"', html))
    assert given == {"cause": "product_not_linked", "q": "maria"}
    made = ana.post(PLAN, given, follow=True)
    retry = Retry.objects.get()
    assert made.redirect_chain == [(f"/reintentos/{retry.pk}/", 302)]
    assert (retry.filter, retry.author) == (given, AuditEntry.objects.get(action="retry").actor)
    assert outcome(made.content.decode()) == [0, 0, 0, 2] and "0 de 2" in text(made.content.decode())
    assert set(Intake.objects.values_list("status", "cause")) == {
        ("pending", "product_not_linked"),
        ("failed", "phone_missing"),
        ("registered", ""),
    }


def test_a_filter_in_the_url_counts_as_much_as_one_in_a_form(cast: Cast, ana: Client) -> None:
    unlinked(cast), without_phone(cast)
    ana.post(f"{PLAN}?cause=phone_missing")
    assert Retry.objects.get().items.count() == 1


def test_the_counts_move_and_always_add_up(cast: Cast, ana: Client) -> None:
    mended, still = unlinked(cast, name="#1"), without_phone(cast)
    unpaid = cast.send(cast.order(payment_gateway_names=["Transferencia"], tags=""))
    ana.post(PLAN)
    there = f"/reintentos/{Retry.objects.get().pk}/"
    assert 'hx-trigger="tick"' in page(ana, there) and outcome(page(ana, there)) == [0, 0, 0, 3]
    RetryItem.objects.filter(intake=mended).update(outcome="registered")
    assert outcome(page(ana, there)) == [1, 0, 0, 2]
    cast.work()
    part = ana.get(there, headers={"HX-Request": "true"}).content.decode()
    assert outcome(part) == [1, 1, 1, 0] and "<html" not in part and "tick" not in part
    assert "Terminado" in part and "Esperando pago" in part
    assert hrefs(part, "Falta el teléfono")[0].startswith("/historial/?status=failed")
    assert f"/historial/{still.pk}/" in part and f"/historial/{unpaid.pk}/" not in part


def test_a_retry_registers_what_was_mended(cast: Cast, ana: Client) -> None:
    unlinked(cast, name="#1")
    link = Link.objects.create(account=cast.account, store_variant=StoreVariant.objects.get(key="v:9"))
    LinkItem.objects.create(link=link, variant=cast.faja)
    ana.post(PLAN)
    cast.work()
    html = page(ana, f"/reintentos/{Retry.objects.get().pk}/")
    assert outcome(html) == [1, 0, 0, 0] and Order.objects.count() == 1
    assert "Fallaron otra vez 0" in text(html) and 'id="again"' not in html


def test_changes_that_could_not_be_applied_are_run_again_too(cast: Cast, ana: Client) -> None:
    order = cast.order(name="#1")
    cast.send(order)
    later = order | {"updated_at": "2099-01-01T10:00:00-05:00", "line_items": lines(cast, sku=None, variant_id=9)}
    cast.send(later, "orders/updated")
    assert set(Intake.objects.values_list("status", "cause")) == {("registered", "update_problem")}
    unlinked(cast)
    assert "Reintentar 2 pedidos" in page(ana, PLAN) and "Reintentar 1 pedido" in page(ana, f"{PLAN}?status=registered")
    who = by_operator(cast.account)
    assert planned(who, find(who, Filter())).total() == retry_all(who, find(who, Filter()), {}).items.count() == 2


def test_nothing_to_retry_is_said(cast: Cast, ana: Client) -> None:
    cast.send()
    html = page(ana, PLAN)
    assert "se puede reintentar" in html and '<button class="btn main"' not in html
    made = ana.post(PLAN, follow=True).content.decode()
    assert "No había nada que reintentar" in made


def test_many_that_failed_again_are_listed_by_pages(cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comanda.web.views.retries.A_PAGE", 2)
    for number in range(3):
        unlinked(cast, name=f"#{number}")
    ana.post(PLAN)
    cast.work()
    there = f"/reintentos/{Retry.objects.get().pk}/"
    first = page(ana, there)
    (following,) = hrefs(first, "Ver los siguientes")
    second = page(ana, there + following)
    assert "#0" in first and "#1" in first and "#2" not in first and "#2" in second and "#0 " not in second
    assert page(ana, f"{there}?after=x") and page(ana, f"{there}?after={'9' * 40}")


def test_past_retries_tell_who_asked_for_what(cast: Cast, ana: Client) -> None:
    assert "Todavía no has reintentado" in page(ana, "/reintentos/")
    found = unlinked(cast)
    retry_one(by_operator(cast.account), found)  # of one order: it is told in its own history
    cast.work()
    ana.post(PLAN, {"status": "failed", "dates": "today"})
    cast.work()
    html = page(ana, "/reintentos/")
    assert text(html).count("1 pedido") == 1 and "ana@example.com" in html
    assert re.search(r"1 pedido · Fallidos · desde el \d+ \w+ \d{4}", text(html))
    assert "Fallaron otra vez 1" in text(html)


def test_past_retries_ask_no_more_for_many(cast: Cast, ana: Client) -> None:
    unlinked(cast)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(ana, "/reintentos/")
        return len(queries)

    ana.post(PLAN)
    few = asked()
    for _ in range(6):
        cast.work()
        ana.post(PLAN)
    assert asked() == few <= 8


def test_support_looks_at_retries_and_makes_none(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    ana.post(PLAN)
    support = person(cast, "soporte@example.com", "support")
    assert "1 pedido" in page(support, "/reintentos/")
    cast.work()
    there = page(support, f"/reintentos/{Retry.objects.get().pk}/")
    assert "María J•••" in there and "Núñez" not in there
    page(support, PLAN, 403)
    assert support.post(PLAN).status_code == 403 and Retry.objects.count() == 1


def test_a_stranger_s_retry_is_not_there(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    ana.post(PLAN)
    berta = person(Cast("Berta"), "berta@example.com")
    page(berta, f"/reintentos/{Retry.objects.get().pk}/", 404)
    page(berta, f"{PLAN}?integration={cast.shop.pk}", 404)
    assert "Todavía no has reintentado" in page(berta, "/reintentos/")
    berta.post(PLAN, follow=True)
    assert [each.items.count() for each in Retry.objects.order_by("id")] == [1, 0]
    page(ana, "/reintentos/x/", 404)


def test_the_progress_asks_the_same_for_many(cast: Cast, ana: Client) -> None:
    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(ana, path)
        return len(queries)

    unlinked(cast)
    ana.post(PLAN)
    cast.work()
    few = asked(f"/reintentos/{Retry.objects.latest('id').pk}/")
    for _ in range(8):
        unlinked(cast)
    ana.post(PLAN)
    cast.work()
    assert asked(f"/reintentos/{Retry.objects.latest('id').pk}/") == few <= 12
