"""Historial: the list and its filter, what is new by itself, the choice of an integration."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comanda.accounts.access import by_operator
from comanda.history.models import Intake, Problem
from comanda.history.search import Filter, find, newest, numbers
from comanda.history.search import page as page_of
from comanda.integrations.connect import connect, switch
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from comanda.repair.retry import retry_all
from tests.cast import Cast
from tests.test_versions import lines
from tests.test_web import NASTY, hrefs, page, person, unlinked


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def rows(html: str) -> list[str]:
    """The orders of a list, by their number."""
    return re.findall(r'<a class="whole"[^>]*><b>([^ <]+)', html)


def arrived(found: Intake, when: datetime) -> None:
    Intake.objects.filter(pk=found.pk).update(received_at=when)
    Problem.objects.filter(intake=found).update(received_at=when)


def chip(html: str, words: str) -> str:
    """What a chip says: `Fallidos 2`."""
    (found,) = re.findall(rf'<a class="chip[^>]*>(?:<svg.*?</svg>)?({words}.*?)</a>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_a_row_says_what_came_and_what_is_the_matter(cast: Cast, ana: Client) -> None:
    order = cast.order(name="#1042", line_items=lines(cast, sku=None, variant_id=9, title="Masajeador"))
    order["shipping_address"] |= {"phone": ""}
    cast.send(order)
    html = page(ana, "/historial/")
    for words in ("#1042", "María José Núñez", "maria@example.com", "Masajeador M ×1", "$\u00a0109.900", "Shopify"):
        assert words in html, words
    assert "Falta el teléfono · Producto sin vincular" in html
    assert re.search(r'<time datetime="[^"]+" title="[^"]+\(Bogotá\)" tabindex="0" data-ago>hace ', html)


def test_many_lines_are_told_in_short(cast: Cast, ana: Client) -> None:
    items = [line for n in range(5) for line in lines(cast, sku=None, variant_id=n, title=f"Cosa {n}", quantity=n + 1)]
    cast.send(cast.order(line_items=items))
    assert "Cosa 0 M ×1, Cosa 1 M ×2 y 3 más" in page(ana, "/historial/")


def test_a_name_from_right_to_left_turns_nothing_round(cast: Cast, ana: Client) -> None:
    order = cast.order(line_items=lines(cast, sku=None, variant_id=9, title="مساج", variant_title=""))
    order["shipping_address"] |= {"first_name": "محمد", "last_name": ""}
    cast.send(order)
    html = page(ana, "/historial/")
    assert "\u2068مساج\u2069 ×1" in html and "<bdi>محمد</bdi>" in html


def test_the_filter_is_the_url(cast: Cast, ana: Client) -> None:
    other = connect(cast.account, "shopify", "Otra", "otra.myshopify.com", "k")
    cast.send(cast.order(name="#1")), unlinked(cast, name="#2")
    cast.send(cast.order(name="#3"), integration=other, secret="k", store="otra.myshopify.com")
    order = cast.order(name="#4")
    order["shipping_address"] |= {"phone": ""}
    cast.send(order)
    for query, found in (
        ("", ["#4", "#3", "#2", "#1"]),
        ("?status=failed", ["#4", "#2"]),
        ("?status=registered", ["#3", "#1"]),
        (f"?integration={other.pk}", ["#3"]),
        (f"?integration={cast.shop.pk}&status=failed", ["#4", "#2"]),
        ("?cause=phone_missing", ["#4"]),
        ("?cause=phone_missing&status=registered", []),
        (f"?cause=product_not_linked&integration={cast.shop.pk}&q=maria", ["#2"]),
        ("?q=maria", ["#4", "#3", "#2", "#1"]),
        ("?q=lucia", []),
        ("?dates=today", ["#4", "#3", "#2", "#1"]),
        ("?from=2020-01-01&to=2020-01-02", []),
    ):
        assert rows(page(ana, f"/historial/{query}")) == found, query
    page(ana, "/historial/?integration=999999", 404)


def test_every_part_of_the_filter_can_be_taken_away(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    here = f"/historial/?status=failed&integration={cast.shop.pk}&cause=product_not_linked&q=maria&dates=7"
    html = page(ana, here)
    for words, gone in (
        ("Tienda Uno", "integration"),
        ("Producto sin vincular", "cause"),
        ("«maria»", "q"),
        ("7 días", "dates"),
    ):
        (without,) = hrefs(html, f'aria-label="Quitar el filtro {words}"')
        assert f"{gone}=" not in without and without.count("=") == 4, without
        assert rows(page(ana, without))
    assert hrefs(html, "Quitar todo") == ["/historial/"]
    assert {each for each in hrefs(html, "Todos") if "status" not in each and "cause" in each}
    assert 'name="cause" value="product_not_linked"' in html  # what the search of the filter keeps


def test_days_are_those_of_the_account(cast: Cast, ana: Client) -> None:
    """Bogotá is five hours behind: what came at four in the morning UTC came the evening before."""
    night = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
    arrived(unlinked(cast, name="#1"), night)
    for query, there in (
        ("from=2026-03-10&to=2026-03-10", True),
        ("from=2026-03-11", False),
        ("to=2026-03-09", False),
        ("from=2026-03-12&to=2026-03-09", True),  # the other way round is meant so, too
        ("cause=product_not_linked&from=2026-03-10&to=2026-03-10", True),
        ("cause=product_not_linked&from=2026-03-11", False),
    ):
        assert bool(rows(page(ana, f"/historial/?{query}"))) == there, query
    assert "10 mar 2026" in page(ana, "/historial/?from=2026-03-10&to=2026-03-10")
    cast.account.timezone = "Europe/Madrid"
    cast.account.save()
    assert rows(page(ana, "/historial/?from=2026-03-11&to=2026-03-11")) == ["#1"]


def test_a_date_that_is_none_is_said_and_kept(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    html = page(ana, "/historial/?from=ayer")
    assert 'value="ayer" aria-invalid="true" aria-describedby="from-fault"' in html
    assert "Escribe la fecha así" in html and rows(html)


def test_chips_count_and_no_further_than_a_thousand(cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    unlinked(cast), unlinked(cast), cast.send()
    monkeypatch.setattr("comanda.web.views.history.MOST_COUNTED", 1)
    html = page(ana, "/historial/")
    assert (chip(html, "Fallidos"), chip(html, "Exitosos"), chip(html, "En espera")) == (
        "Fallidos 1+",
        "Exitosos 1",
        "En espera",
    )
    assert "Reintentar los que coinciden" in html
    monkeypatch.undo()
    assert "Reintentar 2 pedidos" in page(ana, "/historial/?status=failed")
    assert "Reintentar" not in re.sub("Reintentos", "", page(ana, "/historial/?status=registered"))


def test_only_causes_that_there_are_are_offered(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    html = page(ana, "/historial/")
    assert hrefs(html, "Producto sin vincular") == ["/historial/?cause=product_not_linked"]
    assert not hrefs(html, "Falta el teléfono")


def test_every_cause_is_found_by_its_code(cast: Cast, ana: Client) -> None:
    """Also that of an order which another integration of the store cancels: the list of a cause is read from problems."""
    twin = connect(cast.account, "shopify", "Respaldo", "tienda-uno.myshopify.com", "k")
    order = cast.order(name="#1", line_items=lines(cast, sku=None, variant_id=9))
    cast.send(order)
    later = order | {"cancelled_at": "2026-11-30T10:00:00-05:00", "updated_at": "2099-11-30T10:00:00-05:00"}
    cast.send(later, "orders/cancelled", integration=twin, secret="k")
    assert set(Intake.objects.values_list("status", "cause")) == {("cancelled", "order_cancelled")}
    assert rows(page(ana, "/historial/?cause=order_cancelled")) == ["#1", "#1"]
    for found in Intake.objects.exclude(cause=""):
        problems = found.problem_rows.values_list("code", "received_at")
        assert (found.cause, found.received_at) in set(problems)


def test_the_list_of_one_thing_to_mend_names_it(cast: Cast, ana: Client) -> None:
    unlinked(cast, name="#1")
    cast.send(cast.order(name="#2", line_items=lines(cast, sku=None, variant_id=8, title="Otra cosa")))
    subject = Problem.objects.get(intake__number="#1").subject
    html = page(ana, f"/historial/?cause=product_not_linked&subject={subject}")
    assert rows(html) == ["#1"] and chip(html, "Fallidos") == "Fallidos 1"
    assert hrefs(html, "Quitar el filtro Producto sin vincular: Masajeador / M") == ["/historial/"]
    for other in ("store_variant:999999", "store_variant:x", "integration:x", "nada", "city:Armenia"):
        assert rows(page(ana, f"/historial/?cause=product_not_linked&subject={other}")) == [], other
    assert rows(page(ana, f"/historial/?subject={subject}&status=failed")) == ["#1"]


def test_an_order_with_two_problems_of_one_cause_stands_once(cast: Cast, ana: Client) -> None:
    items = lines(cast, sku=None, variant_id=8) + lines(cast, sku=None, variant_id=9)
    cast.send(cast.order(name="#1", line_items=items))
    assert Problem.objects.filter(code="product_not_linked").count() == 2
    html = page(ana, "/historial/?cause=product_not_linked")
    assert rows(html) == ["#1"] and chip(html, "Fallidos") == "Fallidos 1"


@pytest.mark.parametrize("query", ["", "cause=product_not_linked", "status=failed", "q=maria", "integration={shop}"])
def test_the_list_goes_on_where_it_ended(cast: Cast, ana: Client, query: str) -> None:
    for _ in range(33):
        cast.post(cast.order(line_items=lines(cast, sku=None, variant_id=9)))
    cast.work()
    first = page(ana, f"/historial/?{query.format(shop=cast.shop.pk)}")
    (more,) = hrefs(first, "Cargar más")
    plain = page(ana, f"/historial/{more}")
    answer = ana.get(f"/historial/{more}", headers={"HX-Request": "true"})
    rest = answer.content.decode()
    assert (len(rows(first)), len(rows(plain)), len(rows(rest)), "<html" in rest) == (30, 3, 3, False)
    assert not {*rows(first)} & {*rows(rest)} and not hrefs(rest, "Cargar más")
    assert "HX-Request" in answer["Vary"] and "data-mark" not in plain and "Ir a los más nuevos" in plain


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page(client, path)
    return len(asked)


def test_the_list_asks_no_more_for_many_rows_and_many_integrations(cast: Cast, ana: Client) -> None:
    unlinked(cast)
    few = queries(ana, "/historial/")
    for _ in range(25):
        unlinked(cast)
    for number in range(5):
        connect(cast.account, "shopify", f"Tienda {number}", f"{number}.myshopify.com", "k")
    assert queries(ana, "/historial/") == few <= 10
    assert queries(ana, f"/historial/?cause=product_not_linked&status=failed&integration={cast.shop.pk}&dates=7") <= 14


def test_nobody_else_s_orders_are_new_or_listed(cast: Cast, ana: Client) -> None:
    strange = Cast("Berta")
    mine, theirs = unlinked(cast, name="#1"), unlinked(strange, name="#2")
    assert rows(page(ana, "/historial/")) == ["#1"]
    assert rows(ana.get("/historial/nuevos/").content.decode()) == ["#1"]
    had = f"{mine.pk.hex},{theirs.pk.hex}:pending.0"
    assert ana.get(f"/historial/nuevos/?mark={quote(theirs.received_at.isoformat())}&have={had}").status_code == 204
    page(ana, f"/historial/?integration={strange.shop.pk}", 404)
    page(ana, f"/historial/nuevos/?integration={strange.shop.pk}", 404)


class Reader:
    """Somebody who has the list open, as live.js asks for what is new."""

    def __init__(self, client: Client, query: str = "") -> None:
        self.client, self.query = client, query
        html = page(client, f"/historial/?{query}")
        self.mark = re.findall(r'data-mark="([^"]*)"', html)[0]
        self.have = self.known(html)
        ends = re.findall(r'<tr id="row-(\w+)".*?<time datetime="([^"]+)"', html, re.DOTALL)
        self.end = "{1}|{0}".format(*ends[-1]) if hrefs(html, "Cargar más") else ""

    def known(self, html: str) -> dict[str, str]:
        found = re.findall(r'<tr id="row-(\w+)" data-state="([\w.]+)"( data-open)?', html)
        return {id_: f"{id_}:{state}" if open_ else id_ for id_, state, open_ in found}

    def ask(self) -> tuple[int, list[str], list[str]]:
        """The status, the numbers of what is new, the states of what has changed."""
        have = ",".join(self.have.values())
        answer = self.client.get(
            f"/historial/nuevos/?{self.query}&mark={quote(self.mark)}&have={have}&end={quote(self.end)}"
        )
        html = answer.content.decode()
        self.mark = answer["X-Mark"]
        new, _, changed = html.partition("<template data-changed>")
        changed = changed.partition("</template>")[0]
        self.have |= self.known(html)
        return answer.status_code, rows(new), re.findall(r'data-state="(\w+)', changed)


def test_what_is_new_comes_by_itself_and_once(cast: Cast, ana: Client) -> None:
    cast.send(cast.order(name="#1"))
    reader = Reader(ana)
    assert reader.ask() == (204, [], [])
    cast.send(cast.order(name="#2")), unlinked(cast, name="#3")
    assert reader.ask() == (200, ["#3", "#2"], [])
    assert reader.ask() == (204, [], [])


@pytest.mark.parametrize("query", ["", "status=registered", "q=maria"])
def test_what_stands_below_the_page_is_not_new(cast: Cast, ana: Client, query: str) -> None:
    for _ in range(57):
        cast.post(cast.order())
    cast.work()
    for at_once in (False, True):
        if at_once:
            Intake.objects.update(received_at=Intake.objects.latest("received_at").received_at)
        reader = Reader(ana, query)
        assert len(reader.have) == 30
        assert reader.ask() == (204, [], [])
        cast.send(cast.order(name="#9001"))
        assert reader.ask() == (200, ["#9001"], [])
        assert reader.ask() == (204, [], [])


def test_the_first_order_of_all_comes_by_itself(cast: Cast, ana: Client) -> None:
    reader = Reader(ana)
    assert reader.ask() == (204, [], [])
    cast.send(cast.order(name="#1"))
    assert reader.ask() == (200, ["#1"], [])


def test_what_two_workers_finish_out_of_order_is_new_all_the_same(cast: Cast, ana: Client) -> None:
    reader = Reader(ana)
    early, late = unlinked(cast, name="#1"), unlinked(cast, name="#2")
    arrived(late, early.received_at + timedelta(seconds=5))
    Intake.objects.filter(pk=early.pk).update(account=Cast("Nobody").account)  # not committed yet
    assert reader.ask() == (200, ["#2"], [])
    Intake.objects.filter(pk=early.pk).update(account=cast.account)
    assert reader.ask() == (200, ["#1"], [])
    assert reader.ask() == (204, [], [])


def test_the_filter_holds_for_what_is_new(cast: Cast, ana: Client) -> None:
    failed, text, today = Reader(ana, "status=failed"), Reader(ana, "q=lucia"), Reader(ana, "dates=today")
    cause, past = Reader(ana, "cause=product_not_linked"), Reader(ana, "to=2020-01-01")
    cast.send(cast.order(name="#1")), unlinked(cast, name="#2", email="lucia@example.com")
    assert failed.ask() == text.ask() == cause.ask() == (200, ["#2"], [])
    assert today.ask() == (200, ["#2", "#1"], [])
    assert past.ask() == (204, [], [])
    assert failed.mark == past.mark == Intake.objects.latest("received_at").received_at.isoformat()
    cast.send(cast.order(name="#3"))
    assert failed.ask()[0] == cause.ask()[0] == past.ask()[0] == 204


def test_a_row_is_brought_up_to_date_where_it_stands(cast: Cast, ana: Client) -> None:
    unlinked(cast, name="#1"), cast.send(cast.order(name="#2"))
    reader, failed = Reader(ana), Reader(ana, "status=failed")
    who = by_operator(cast.account)
    retry_all(who, find(who, Filter()), {})
    assert reader.ask() == failed.ask() == (200, [], ["pending"])
    assert reader.ask() == (204, [], [])
    cast.product("Masajeador", sku="MAS")
    Integration.objects.filter(pk=cast.shop.pk).update(name="Otra")
    cast.work()
    assert reader.ask() == failed.ask() == (200, [], ["failed"])
    assert reader.ask() == (204, [], [])


def test_nothing_new_costs_one_look(cast: Cast, ana: Client) -> None:
    """Besides who asks and for which integrations: one statement; one more where rows may still change."""
    for _ in range(5):
        cast.send()
    reader = Reader(ana)
    with CaptureQueriesContext(connection) as registered:
        assert reader.ask()[0] == 204
    unlinked(cast)
    reader = Reader(ana)
    with CaptureQueriesContext(connection) as failed:
        assert reader.ask()[0] == 204
    of_intakes = [
        [each["sql"] for each in asked if 'FROM "comanda_intake"' in each["sql"]] for asked in (registered, failed)
    ]
    assert [len(each) for each in of_intakes] == [1, 2]
    assert len(failed) <= 7


def test_too_much_at_once_is_read_anew(cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comanda.web.views.live.MOST_NEW", 2)
    reader = Reader(ana)
    for _ in range(3):
        cast.send()
    answer = ana.get(f"/historial/nuevos/?mark={quote(reader.mark)}").content.decode()
    assert "<template data-new data-many>" in answer and not rows(answer)
    assert "/historial/exportar/" in answer
    for _ in range(3):
        unlinked(cast)
    answer = ana.get(f"/historial/nuevos/?status=failed&mark={quote(reader.mark)}").content.decode()
    assert "data-many" in answer and "Reintentar 3 pedidos" in answer


@pytest.mark.parametrize(
    "query",
    ["mark=ayer", "mark=0001-01-01T00:00:30%2B14:00", "have=nadie", "have=1:2,3", "end=ayer|1", "end=2026-03-11"],
)
def test_what_no_page_has_given_is_not_found(ana: Client, query: str) -> None:
    page(ana, f"/historial/nuevos/?{query}", 404)


def test_support_sees_the_list_without_buyers_and_buttons(cast: Cast) -> None:
    unlinked(cast, name="#1"), cast.send(cast.order(name="#2"))
    support = person(cast, "soporte@example.com", "support")
    html = page(support, "/historial/")
    assert rows(html) == ["#2", "#1"] and rows(page(support, "/pedidos/")) == ["#2"]
    for path in ("/historial/", "/historial/nuevos/", "/pedidos/"):
        shown = page(support, path)
        assert "Núñez" not in shown and "maria@example.com" not in shown and "María J•••" in shown, path
    assert "/historial/reintentar/" not in html and "/historial/exportar/" not in html


def test_what_a_store_sends_is_never_markup(cast: Cast, ana: Client) -> None:
    cast.shop.name = NASTY[:120]
    cast.shop.save()
    order = cast.order(name=NASTY, line_items=lines(cast, sku=NASTY, variant_id=9, title=NASTY, variant_title=NASTY))
    order["shipping_address"] |= {"name": NASTY, "first_name": NASTY, "city": NASTY}
    cast.send(order | {"email": NASTY})
    for path in (
        "/historial/",
        f"/historial/?q={quote(NASTY)}",
        f"/historial/?integration={cast.shop.pk}&from={quote(NASTY)}",
        "/historial/nuevos/",
        "/historial/reintentar/?status=failed",
        "/configuraciones/integraciones/shopify/historial/",
        "/rechazos/",
    ):
        html = ana.get(path, follow=True).content.decode()
        assert "<script>alert" not in html and "<img src=x" not in html, path


def test_an_empty_list_says_the_next_step(cast: Cast, ana: Client) -> None:
    assert "Haz un pedido de prueba" in page(ana, "/historial/")
    assert "Ningún pedido coincide" in page(ana, "/historial/?status=review")
    cast.shop.delete()
    assert "Conecta tu tienda" in page(ana, "/historial/")


def test_the_history_of_a_builder_is_that_of_its_integration(cast: Cast, ana: Client) -> None:
    there = "/configuraciones/integraciones/shopify/historial/"
    assert ana.get(there)["Location"] == f"/historial/?integration={cast.shop.pk}"
    html = page(ana, f"/historial/?integration={cast.shop.pk}")
    assert "Historial de Tienda Uno" in html
    crumbs = html.partition('class="crumbs"')[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]+)">([^<]+)', crumbs) == [
        ("/configuraciones/", "Configuraciones"),
        ("/configuraciones/integraciones/", "Integraciones"),
        ("/configuraciones/integraciones/shopify/", "Shopify"),
    ]


def test_of_several_integrations_one_is_chosen_by_its_logo(cast: Cast, ana: Client) -> None:
    other = connect(cast.account, "shopify", "Respaldo", "otra.myshopify.com", "k")
    binned = connect(cast.account, "shopify", "Vieja", "vieja.myshopify.com", "k")
    Integration.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
    switch(by_operator(cast.account), other, active=False)
    html = page(ana, "/configuraciones/integraciones/shopify/historial/")
    assert html.count("logos/shopify.svg") == 3
    for name, row in (("Tienda Uno", cast.shop), ("Respaldo", other), ("Vieja", binned)):
        assert hrefs(html, name) == [f"/historial/?integration={row.pk}"]
    assert "Off" in html and "En la papelera" in html
    assert "Todavía no conectas" in page(ana, "/configuraciones/integraciones/woocommerce/historial/")
    page(ana, "/configuraciones/integraciones/nadie/historial/", 404)


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({}, "intake_recent"),
    ({"status": "failed"}, "intake_open"),
    ({"status": "failed", "since": datetime(2020, 1, 1, tzinfo=UTC)}, "intake_open"),
    ({"integration": "shop"}, "intake_of_integration"),
    ({"integration": "shop", "status": "held"}, "intake_open_of_integration"),
    ({"cause": "phone_missing"}, "problem_recent"),
    ({"cause": "phone_missing", "status": "failed", "integration": "shop"}, "problem_recent"),
    ({"since": datetime(2020, 1, 1, tzinfo=UTC)}, "intake_recent"),
]


@pytest.mark.parametrize(("wanted", "index"), FILTERS)
def test_a_page_is_read_from_an_index_in_its_order(cast: Cast, wanted: dict[str, Any], index: str) -> None:
    """However many there are: nothing is sorted, and nothing is read that an index does not have."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's planner reads small tables whole")
    given = {name: str(cast.shop.pk) if value == "shop" else value for name, value in wanted.items()}
    plan = newest(by_operator(cast.account), Filter(**given)).places[:31].explain()
    first = next(line for line in plan.splitlines() if "SEARCH" in line or "SCAN" in line)
    assert f"COVERING INDEX {index} " in first and "SEARCH" in first, plan
    assert "ORDER BY" not in plan, plan


@pytest.mark.parametrize("few", [2000, 0])
def test_a_text_is_found_whether_few_orders_have_it_or_many(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Few are taken by their ids, many are met on the way through the list: both ways find the same."""
    monkeypatch.setattr("comanda.history.search.FEW", few)
    who, shop = by_operator(cast.account), str(cast.shop.pk)
    other = connect(cast.account, "shopify", "Otra", "otra.myshopify.com", "k")
    old, failed, sent = unlinked(cast), unlinked(cast), cast.send()
    elsewhere = cast.send(integration=other, secret="k", store="otra.myshopify.com")
    strange = Cast("Berta")
    unlinked(strange, name=f"account{cast.account.pk}")
    arrived(old, datetime(2026, 3, 11, 4, 0, tzinfo=UTC))
    for wanted, found in (
        (Filter(q="maría"), [elsewhere, sent, failed, old]),
        (Filter(q="María", status="failed"), [failed, old]),
        (Filter(q="maria", integration=shop), [sent, failed, old]),
        (Filter(q="maria", integration="x"), []),
        (Filter(q="maria", cause="product_not_linked", integration=shop), [failed, old]),
        (Filter(q="maria", since=datetime(2026, 4, 1, tzinfo=UTC)), [elsewhere, sent, failed]),
        (Filter(q="maria", until=datetime(2026, 4, 1, tzinfo=UTC)), [old]),
        (Filter(q="maria", cause="product_not_linked", until=datetime(2026, 4, 1, tzinfo=UTC)), [old]),
        (Filter(q="zutano"), []),
        (Filter(q="#"), [elsewhere, sent, failed, old]),
    ):
        first, following = page_of(who, wanted, "", 2)
        rest, _ = page_of(who, wanted, following or "", 9) if following else ([], None)
        assert [each.pk for each in first + rest] == [each.pk for each in found], wanted


def test_counts_are_exact_up_to_their_limit(cast: Cast) -> None:
    who = by_operator(cast.account)
    for _ in range(3):
        unlinked(cast)
    order = cast.order(line_items=lines(cast, sku=None, variant_id=9))
    order["shipping_address"] |= {"phone": ""}
    cast.send(order), cast.send()
    names = ("failed", "registered", "held")
    for wanted, number in ((Filter(), 4), (Filter(cause="product_not_linked"), 4), (Filter(cause="phone_missing"), 1)):
        registered = int(not wanted.cause)
        assert numbers(who, wanted, names, 4) == dict(
            zip(names, ((number, False), (registered, False), (0, False)), strict=True)
        )
        assert numbers(who, wanted, names, 1) == dict(
            zip(names, ((1, number > 1), (registered, False), (0, False)), strict=True)
        )


@pytest.mark.parametrize(
    ("days", "told"),
    [(1, "hace 1 día"), (3, r"\d\d? \w{3}( \d{4})?, \d\d:\d\d"), (400, r"\d\d? \w{3} \d{4}, \d\d:\d\d")],
)
def test_what_is_old_bears_its_day_and_hour(cast: Cast, ana: Client, days: int, told: str) -> None:
    found = cast.send()
    Intake.objects.filter(pk=found.pk).update(received_at=found.received_at - timedelta(days=days))
    Order.objects.update(registered_at=found.received_at - timedelta(days=days))
    for path in ("/historial/", "/pedidos/"):
        assert re.search(rf'class="muted when"><time [^>]*>{told}</time>', page(ana, path)), path
