"""Pedidos: what was registered; and the files that the lists are exported as."""

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry
from comanda.history import search
from comanda.history.models import Intake
from comanda.history.search import Filter, Newest
from comanda.orders.models import Order
from comanda.web import exported
from comanda.web.asked import Asked
from comanda.web.views import export
from comanda.web.views.orders import newest_orders
from tests.cast import Cast
from tests.test_groups import funnel, upsell  # noqa: F401 (a fixture)
from tests.test_versions import lines
from tests.test_web import hrefs, page, person, unlinked


@pytest.fixture
def ana(cast: Cast) -> Client:
    return person(cast)


def numbers(html: str) -> list[str]:
    return re.findall(r'<a class="whole"[^>]*><b>([^ <]+)', html)


def file(client: Client, path: str) -> list[list[str]]:
    """An exported file as a spreadsheet of Colombia reads it."""
    answer = client.get(path)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[a-z]+-\d{4}-\d\d-\d\d-\d{4}\.csv"', answer["Content-Disposition"])
    raw = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))


def columns(rows: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_a_row_says_what_is_to_be_shipped_and_collected(cast: Cast, ana: Client) -> None:
    found = cast.send(cast.order(name="#1"))
    cast.send(cast.order(name="#2", financial_status="paid", payment_gateway_names=["Wompi"], tags=""))
    html = page(ana, "/pedidos/")
    assert numbers(html) == ["#2", "#1"]
    for words in ("María José Núñez", "Medellín, Antioquia", "FAJA-M", "Faja Reductora", "×1", "Contra entrega"):
        assert words in html, words
    assert html.count("recaudar $\u00a0109.900") == 1 and "Pagado" in html
    assert hrefs(html, "#1") == [f"/historial/{found.pk}/"]


def test_a_cancelled_order_is_shown_as_such(cast: Cast, ana: Client) -> None:
    order = cast.order(name="#1")
    cast.send(order), cast.send(cast.order(name="#2"))
    later = order | {"cancelled_at": "2026-11-30T10:00:00-05:00", "updated_at": "2099-11-30T10:00:00-05:00"}
    cast.send(later, "orders/cancelled")
    for query, found in (("", ["#2", "#1"]), ("?status=cancelled", ["#1"]), ("?status=open", ["#2"])):
        assert numbers(page(ana, f"/pedidos/{query}")) == found, query
    assert page(ana, "/pedidos/?status=cancelled").count("tag dim") == 1


def test_orders_are_found_by_number_name_and_day(cast: Cast, ana: Client) -> None:
    cast.send(cast.order(name="#1")), unlinked(cast, name="#2")
    order = cast.order(name="#77001", email="lucia@example.com")
    order["shipping_address"] |= {"first_name": "Lucía", "last_name": "Gómez"}
    cast.send(order)
    Order.objects.filter(number="#1").update(registered_at=datetime(2026, 3, 11, 4, 0, tzinfo=UTC))
    for query, found in (
        ("q=77001", ["#77001"]),
        ("q=lucia", ["#77001"]),
        ("q=nadie", []),
        ("dates=7&q=maria", []),
        ("from=2026-03-10&to=2026-03-10", ["#1"]),
        ("from=2026-03-10&to=2026-03-10&q=maria", ["#1"]),
        ("q=maria&status=open", ["#1"]),
    ):
        assert numbers(page(ana, f"/pedidos/?{query}")) == found, query
    html = page(ana, "/pedidos/?status=open&q=lucia&dates=7")
    assert hrefs(html, "Quitar el filtro «lucia»") == ["/pedidos/?status=open&dates=7"]


def test_a_text_that_many_orders_have_is_found_in_any_of_them(
    cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few are found by their intakes; many by walking through the orders. Both ways find the same."""
    for number in range(4):
        cast.send(cast.order(name=f"#{number}"))
    unlinked(cast, name="#9")
    for few in (500, 2):
        monkeypatch.setattr("comanda.history.search.FEW", few)
        assert numbers(page(ana, "/pedidos/?q=maria")) == ["#3", "#2", "#1", "#0"]


def test_an_order_of_several_is_found_by_each_of_them(funnel: Cast) -> None:  # noqa: F811
    funnel.send(funnel.order(name="#main")), funnel.send(upsell(funnel, name="#upsell"))
    assert Order.objects.count() == 1
    ana = person(funnel)
    assert numbers(page(ana, "/pedidos/?q=main")) == numbers(page(ana, "/pedidos/?q=upsell")) == ["#main"]


def test_the_list_goes_on_where_it_ended(cast: Cast, ana: Client) -> None:
    for _ in range(33):
        cast.post(cast.order())
    cast.work()
    first = page(ana, "/pedidos/?status=open")
    (more,) = hrefs(first, "Cargar más")
    rest = ana.get(f"/pedidos/{more}", headers={"HX-Request": "true"}).content.decode()
    assert (len(numbers(first)), len(numbers(rest)), "<html" in rest) == (30, 3, False)
    assert "Ir a los más nuevos" in page(ana, f"/pedidos/{more}")
    page(ana, "/pedidos/?cursor=x", 404)


def test_the_list_asks_no_more_for_many(cast: Cast, ana: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(ana, "/pedidos/")
        return len(queries)

    cast.send()
    few = asked()
    for _ in range(8):
        cast.send(cast.order(line_items=lines(cast) + lines(cast, title="Otra")))
    assert asked() == few <= 7


def test_an_empty_list_says_the_next_step(cast: Cast, ana: Client) -> None:
    assert "Todavía no hay pedidos registrados" in page(ana, "/pedidos/")
    assert "coincide con este filtro" in page(ana, "/pedidos/?q=nadie")


def test_cancelled_orders_are_read_from_their_index(cast: Cast, ana: Client) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL's planner reads small tables whole")
    asked = Asked({}, Filter(status="cancelled"), cast.account, [])
    plan = newest_orders(by_operator(cast.account), asked).places[:31].explain()
    assert "INDEX order_cancelled" in plan and "ORDER BY" not in plan


@pytest.mark.parametrize("few", [search.FEW, 0])
def test_an_order_of_several_is_found_by_any_of_them(
    funnel: Cast,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    few: int,
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    funnel.send(funnel.order(name="MAIN-1")), funnel.send(upsell(funnel, name="UPSELL-2"))
    stranger = Cast("Berta")
    stranger.send(stranger.order(name="UPSELL-2"))
    other = funnel.order(name="#9", email="otra@example.com")
    other["shipping_address"] |= {"phone": "310 555 0101", "first_name": "Otra", "address1": "Carrera 9 # 1-2"}
    funnel.send(other)
    client = person(funnel)
    assert numbers(page(client, "/pedidos/")) == ["#9", "MAIN-1"]
    for asked in ("MAIN-1", "upsell-2"):
        assert numbers(page(client, f"/pedidos/?q={asked}")) == ["MAIN-1"], asked


def test_the_history_as_a_file(cast: Cast, ana: Client) -> None:
    found, _ = unlinked(cast, name="#1"), cast.send(cast.order(name="#2"))
    Intake.objects.filter(pk=found.pk).update(received_at=datetime(2026, 3, 11, 4, 0, 5, tzinfo=UTC))
    second, first = columns(file(ana, "/historial/exportar/"))
    assert (first["Estado"], first["Pedido"], first["Problema"]) == ("Fallido", "#1", "Producto sin vincular")
    assert first["Llegó (Bogotá)"] == "2026-03-10 23:00:05" and first["Qué pasó"].startswith("«Masajeador / M»")
    assert (first["Total"], first["Moneda"], first["Referencia"]) == ("109900,00", "COP", str(found.pk))
    assert (second["Estado"], second["Cliente"], second["Integración"]) == ("Exitoso", "María José Núñez", "Tienda Uno")
    assert [row["Pedido"] for row in columns(file(ana, "/historial/exportar/?status=failed"))] == ["#1"]
    assert [row["Pedido"] for row in columns(file(ana, "/historial/exportar/?cause=product_not_linked"))] == ["#1"]
    assert AuditEntry.objects.filter(action="export", target="history").count() == 3
    assert AuditEntry.objects.filter(difference={"status": "failed"}).count() == 1


def test_the_orders_as_a_file(cast: Cast, ana: Client) -> None:
    cast.send(cast.order(name="#1", note="Portería", line_items=lines(cast, quantity=2)))
    cast.send(cast.order(name="#2"))
    (row,) = columns(file(ana, "/pedidos/exportar/?q=%231"))[-1:]
    assert (row["Pedido"], row["Estado"], row["Productos"]) == ("#1", "Registrado", "FAJA-M ×2")
    assert (row["Ciudad"], row["Pago"], row["A recaudar"]) == ("Medellín", "Contra entrega", "109900,00")
    assert row["Teléfono"] == "'+573001234567" and "Registrado (Bogotá)" in row
    assert AuditEntry.objects.get(action="export").target == "orders"


def test_a_file_has_all_pages_in_order_and_is_read_in_parts(
    cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "A_PART", 2)
    for number in range(5):
        cast.send(cast.order(name=f"#{number}"))
    for path in ("/historial/exportar/", "/pedidos/exportar/"):
        assert [row["Pedido"] for row in columns(file(ana, path))] == ["#4", "#3", "#2", "#1", "#0"], path
    parts = list(Newest(Order.objects.all(), at="registered_at").parts(2))
    assert [len(each) for each in parts] == [2, 2, 1]


def test_a_file_is_in_the_reader_s_language_and_the_country_s_numbers(cast: Cast, ana: Client) -> None:
    unlinked(cast, name="#1")
    cast.account.country = "MX"
    cast.account.save()
    answer = ana.get("/historial/exportar/", headers={"Accept-Language": "en"})
    raw = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    (row,) = csv.DictReader(io.StringIO(raw))
    assert row["Total"] == "109900.00" and "Product not linked" in row.values()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+573001234567", "'+573001234567"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("#1042", "#1042"),
        ("", ""),
        (None, ""),
        (Decimal("-5.50"), "-5.50"),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_no_text_becomes_a_formula(cast: Cast, value: object, shown: str) -> None:
    assert exported.cell(value, cast.account) == shown


def test_what_a_buyer_writes_stays_in_its_cell(cast: Cast, ana: Client) -> None:
    order = cast.order(name='=HYPERLINK("http://x")', email='a;b"c@example.com')
    order["shipping_address"] |= {"first_name": "Línea\nuna;dos", "last_name": '"x"'}
    cast.send(order)
    (row,) = columns(file(ana, "/historial/exportar/"))
    assert row["Pedido"].startswith("'=") and row["Correo"] == 'a;b"c@example.com'
    assert row["Cliente"].endswith('una;dos "x"')


def test_support_takes_no_buyers_along(cast: Cast) -> None:
    cast.send()
    support = person(cast, "soporte@example.com", "support")
    for path in ("/historial/exportar/", "/pedidos/exportar/"):
        page(support, path, 403)
    assert "exportar" not in page(support, "/pedidos/")
    assert AuditEntry.objects.count() == 0


def test_nobody_exports_another_s_orders(cast: Cast, ana: Client) -> None:
    strange = Cast("Berta")
    strange.send(strange.order(name="#9"))
    for path in ("/historial/exportar/", "/pedidos/exportar/", f"/historial/exportar/?q={quote('#9')}"):
        assert len(file(ana, path)) == 1, path
    page(ana, f"/historial/exportar/?integration={strange.shop.pk}", 404)
