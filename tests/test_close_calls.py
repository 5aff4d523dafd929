"""Near misses: what once shipped the wrong thing, was never woken, was said not to be there, or was answered too late."""

import base64
import hmac
import http.client
import json
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry
from comanda.catalogue.models import StoreVariant
from comanda.connectors import CONNECTORS
from comanda.connectors.contract import fixtures
from comanda.history.models import Attempt, Intake
from comanda.integrations.connect import connect, hook_url
from comanda.integrations.mappings import switch_on
from comanda.integrations.models import FormerUrl
from comanda.logs import Text
from comanda.orders.models import Order
from comanda.repair.retry import retry_one
from tests.cast import Cast, call, command, the_door
from tests.custom_tool import MAPPING, Tool, foreign, own
from tests.installation import Installation
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_versions import lines


def bare(cast: Cast, **changes: Any) -> list[dict[str, Any]]:
    """A line that names a product and no variant."""
    return lines(cast, product_id=601, variant_id=None, variant_title="", **changes)


def test_products_that_share_an_id_are_told_apart_by_their_sku(cast: Cast, api: Api) -> None:  # noqa: F811
    """Shopify's own example has three products of one id, without variants."""
    first = cast.send(cast.order(line_items=bare(cast, sku="AV-1", title="Aviator")))
    second = cast.send(cast.order(line_items=bare(cast, sku="CT-1", title="Coffee table")))
    aviator = cast.product("Aviator")
    row = StoreVariant.objects.get(title="Aviator")
    _, done = api(
        "POST", "/links", {"store_variant": str(row.pk), "items": [{"variant": str(aviator.pk), "quantity": 1}]}
    )
    cast.work()
    assert done["reprocessed"] == 1
    assert [Intake.objects.get(pk=each.pk).status for each in (first, second)] == ["registered", "failed"]


def test_a_renamed_product_without_a_sku_stays_linked(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.send(cast.order(line_items=bare(cast, sku=None, title="Masajeador")))
    row = StoreVariant.objects.get(product_id="601")
    api("POST", "/links", {"store_variant": str(row.pk), "items": [{"variant": str(cast.faja.pk), "quantity": 1}]})
    assert cast.send(cast.order(line_items=bare(cast, sku=None, title="Masajeador OFERTA"))).status == "registered"


def test_the_sku_that_an_order_waits_for_wakes_it_whatever_came_since(cast: Cast, tmp_path: Path) -> None:
    waiting = cast.send(cast.order(line_items=lines(cast, variant_id=5011, sku="OLD-1")))
    cast.send(cast.order(line_items=lines(cast, variant_id=5011, sku="NEW-1")))
    path = tmp_path / "c.csv"
    path.write_text("product,variant,sku,price,cost,stock\nMasajeador,,OLD-1,1,1,\n")
    said = command("products", "import", str(path), "--account", "Ana", "--json")
    cast.work()
    waiting.refresh_from_db()
    assert waiting.status == "registered", said


CHUNKED = {"Transfer-Encoding": "chunked"}
OLD = {"created_at": "2025-01-05T10:00:00-05:00"}


@pytest.mark.parametrize("first", ["price", "draft"])
def test_an_old_order_that_could_not_be_taken_at_first_is_still_old(cast: Cast, first: str) -> None:
    order = cast.order(**OLD, updated_at="2026-11-01T10:00:00-05:00")
    wrong = {"price": {"total_price": "abc"}, "draft": {"tags": "abandoned_checkout_releasit_cod_form"}}[first]
    cast.send(order | wrong, "orders/updated")
    found = cast.send(order | {"updated_at": "2026-11-02T10:00:00-05:00"}, "orders/updated")
    assert (found.status, found.cause, Order.objects.count()) == ("ignored", "old_order", 0)


def test_an_old_order_of_another_store_is_still_old_once_the_store_is_named(cast: Cast) -> None:
    order = cast.order(**OLD, updated_at="2026-11-01T10:00:00-05:00")
    found = cast.send(order, "orders/updated", store="dos.myshopify.com")
    assert found.cause == "wrong_store"
    command("integration", "store", str(cast.shop.pk), "dos.myshopify.com", "--json")
    cast.work()
    found.refresh_from_db()
    assert (found.cause, Order.objects.count()) == ("old_order", 0)


def test_why_finds_the_very_number_among_others_that_hold_it(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.send(cast.order(name="#8842"))
    for number in range(12):
        cast.post(cast.order(id=6000000088420000 + number, name=f"#77{number:02}"))
    cast.work()
    _, answer = api("GET", "/why?q=%238842")
    assert (answer["verdict"], answer["evidence"][0]["number"]) == ("registered", "#8842")


def test_why_finds_what_could_not_be_read(cast: Cast, api: Api) -> None:  # noqa: F811
    nameless = cast.order(name="#NOID1")
    del nameless["id"]
    cast.send(nameless)
    cast.send(b"\xef\xbb\xbf" + json.dumps(cast.order(name="#20021", total_price="abc")).encode())
    cast.send(
        json.dumps(cast.order(name="#20022", total_price="abc"))
        .encode()
        .replace(b'"tags"', b'"note":"x\\ud83d","tags"')
    )
    for number in ("NOID1", "20021", "20022"):
        _, answer = api("GET", f"/why?q={number}")
        assert answer["verdict"] == "failed", number


def test_a_number_of_many_digits_is_no_telephone(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.send(cast.order(name="2026-0000123"))
    _, answer = api("GET", "/why?q=2026-0000123")
    assert answer["verdict"] == "registered"


def test_another_builders_requests_are_named_where_their_signature_fails(cast: Cast, api: Api) -> None:  # noqa: F811
    body = {
        "id": 7,
        "order_key": "wc_order_x",
        "billing": {},
        "line_items": [],
        "date_created_gmt": "2026-01-01T00:00:00",
    }
    headers = {"x-shopify-hmac-sha256": "", "x-shopify-topic": "", "x-wc-webhook-signature": "AAAA"}
    assert cast.post(body, headers=headers)[0] == 401
    _, listed = api("GET", "/integrations")
    assert any("WooCommerce" in each for each in listed["items"][0]["warnings"])
    _, answer = api("GET", "/why?q=7")
    said = " ".join(each["message"] for each in answer["evidence"])
    assert "WooCommerce" in said and "Corrige la clave" not in said


def test_half_a_character_is_shown_by_the_command_too(cast: Cast) -> None:
    body = json.dumps(cast.order()).encode().replace(b'"tags"', b'"note":"x\\ud83d","tags"')
    found = cast.send(body)
    shown = json.loads(command("history", "show", str(found.pk), "--json"))
    assert shown["number"] == found.number


def test_a_number_without_end_is_no_broken_json(cast: Cast, api: Api) -> None:  # noqa: F811
    found = cast.send(json.dumps(cast.order()).encode().replace(b'"tags"', b'"extra":1e400,"tags"'))
    shown = command("history", "show", str(found.pk), "--json")
    assert "Infinity" not in shown and json.loads(shown)


def test_a_discarded_order_that_was_held_stays_discarded(cast: Cast, api: Api) -> None:  # noqa: F811
    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": False})
    held = cast.send()
    assert held.status == "held"
    api("POST", f"/history/{held.pk}/ignore")
    cast.work()
    held.refresh_from_db()
    assert (held.status, held.cause) == ("ignored", "discarded")


def test_a_duplicate_is_not_discarded(cast: Cast, api: Api) -> None:  # noqa: F811
    second = connect(cast.account, "shopify", "Respaldo", "tienda-uno", "shpss_una-clave")
    order = cast.order()
    cast.send(order)
    twin = cast.send(order, integration=second)
    assert twin.status == "duplicate"
    status, said = api("POST", f"/history/{twin.pk}/ignore")
    assert (status, said["error"]["code"]) == (409, "duplicate")


@pytest.mark.parametrize("password", ["123", "", "password", "12345678901"])
def test_a_password_that_is_easily_guessed_is_refused(db: None, password: str) -> None:
    said = command("account", "create", "Zoe", "--email", "z@example.com", "--password", password, "--json", code=1)
    assert json.loads(said)["error"]["code"] == "invalid"


def test_the_billing_address_counts_where_the_shipping_one_is_empty(cast: Cast) -> None:
    order = cast.order()
    full = order["shipping_address"]
    found = cast.send(order | {"shipping_address": dict.fromkeys(full), "billing_address": full})
    assert found.status == "registered"


def test_nothing_to_collect_of_an_order_to_be_paid_at_the_door_is_asked_about(cast: Cast) -> None:
    found = cast.send(cast.order(total_outstanding="0.00"))
    assert (found.status, found.cause) == ("failed", "price_invalid")


def test_a_weight_that_is_none_does_not_stop_an_order(cast: Cast) -> None:
    assert cast.send(cast.order(line_items=lines(cast, grams="abc"))).status == "registered"


def test_stock_that_is_no_longer_counted(cast: Cast, api: Api) -> None:  # noqa: F811
    _, said = api("PATCH", f"/variants/{cast.faja.pk}", {"stock": None})
    cast.faja.refresh_from_db()
    assert (said["stock"], cast.faja.stock) == (None, None)
    assert AuditEntry.objects.get(action="change").difference == {"stock": "100 → –"}


def test_who_revoked_a_token_is_written_down(cast: Cast) -> None:
    command("token", "create", "--account", "Ana", "--json")
    (token,) = json.loads(command("token", "list", "--account", "Ana", "--json"))["items"]
    command("token", "revoke", token["id"], "--account", "Ana", "--json")
    assert AuditEntry.objects.filter(action="revoke", target=f"token:{token['id']}").count() == 1


@pytest.mark.parametrize("what", ["status=bogus", "cause=bogus"])
def test_a_filter_of_nothing_known_is_refused(cast: Cast, api: Api, what: str) -> None:  # noqa: F811
    name, _, value = what.partition("=")
    assert api("GET", f"/history?{what}")[0] == 400
    assert api("POST", "/retries", {"filter": {name: value}})[0] == 400
    command("history", "--account", "Ana", f"--{name}", value, "--json", code=1)
    command("retry", "--account", "Ana", "--cause", "bogus", "--json", code=1)


def test_the_413_of_ten_megabytes_is_heard_by_whoever_sends_before_listening(installation: Installation) -> None:
    hook = installation.hook()
    with installation.serving():
        for chunked in (False, True):
            door = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=20)
            body = iter([b"x" * 1_000_000] * 10) if chunked else b"x" * 10_000_000
            door.request(
                "POST",
                "/hooks/" + hook.rpartition("/")[2],
                body=body,
                encode_chunked=chunked,
                headers={"Transfer-Encoding": "chunked"} if chunked else {},
            )
            with closing(door):
                assert door.getresponse().status == 413


def lock_of(installation: Installation) -> Any:
    """A transaction of somebody else that lets nobody write."""
    if installation.database_url:
        lock: Any = psycopg.connect(installation.database_url)
        lock.execute("LOCK TABLE comanda_delivery, comanda_refusal IN ACCESS EXCLUSIVE MODE")
        return lock
    lock = sqlite3.connect(installation.home / "comanda.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    return lock


def test_a_locked_database_is_a_503_in_time(installation: Installation) -> None:
    hook = installation.hook()
    with installation.serving():
        lock = lock_of(installation)
        try:
            unknown = 503 if installation.database_url else 404  # PostgreSQL's lock hinders those who read as well
            for path, expected in ((hook.rpartition("/")[2], 503), ("nobody", unknown)):
                started = time.monotonic()
                door = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=20)
                door.request("POST", f"/hooks/{path}", body=b"{}", headers={"Content-Type": "application/json"})
                with closing(door):
                    assert (door.getresponse().status, time.monotonic() - started < 5) == (expected, True), path
        finally:
            lock.close()


# Tools of all kinds


@pytest.fixture
def tool(cast: Cast) -> Tool:
    return Tool(cast)


def test_several_orders_in_one_wrapped_body_are_not_lost(tool: Tool) -> None:
    """A mapping made of one order reads the first of two; the second must not vanish behind a 200."""
    order = {name: expression and f"pedidos[0].{expression}" for name, expression in MAPPING["order"].items()}
    order["name"] = "pedidos[0].cliente.nombre"
    switch_on(
        by_operator(tool.cast.account),
        tool.row,
        {"order": order, "lines": "pedidos[0].productos", "line": MAPPING["line"]},
    )
    tool.post({"pedidos": [foreign()]}), tool.post({"pedidos": [foreign(), foreign()]})
    tool.cast.work()
    assert sorted(Intake.objects.values_list("status", "cause")) == [("failed", "order_unreadable"), ("registered", "")]


@pytest.mark.parametrize(
    ("without", "stopped"),
    [("payment", "payment_pending"), ("phone", "phone_missing"), ("address1", "address_missing")],
)
def test_a_mapping_that_is_completed_runs_again_what_it_had_stopped(tool: Tool, without: str, stopped: str) -> None:
    who, whole = by_operator(tool.cast.account), MAPPING["order"]
    switch_on(who, tool.row, MAPPING | {"order": {k: v for k, v in whole.items() if k != without}})
    for _ in range(3):
        tool.post(foreign())
    tool.cast.work()
    assert set(Intake.objects.values_list("cause")) == {(stopped,)}
    assert switch_on(who, tool.row, MAPPING) == 3
    tool.cast.work()
    assert Order.objects.count() == 3


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_is_read_with_and_without_its_mark(tool: Tool, codec: str) -> None:
    kind = {"content-type": "application/json; charset=utf-16"}
    assert tool.post(json.dumps(own(name="María Ñáñez"), ensure_ascii=False).encode(codec), kind)[0] == 200
    tool.cast.work()
    assert Intake.objects.get().customer_name == "María Ñáñez"


@pytest.mark.parametrize(
    "label", ["RUC", "CUIT", "CUIL", "RFC", "CNPJ", "RUN", "C.C.", "Tax ID", "NIT", "Cédula", "CI"]
)
def test_a_tax_id_is_known_by_its_name_in_every_country(cast: Cast, label: str) -> None:
    cast.send(cast.order(note_attributes=[{"name": label, "value": "900123456-7"}]))
    assert json.loads(Order.objects.get().customer)["document"] == "900123456-7"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("R$ 109,90", "109.90"),
        ("US$ 20.00", "20"),
        ("S/ 89.90", "89.90"),
        ("$ 89.900", "89900"),
        ("RD$ 1,500.00", "1500"),
        ("Q 150", "150"),
        ("₡12.500", "12500"),
        ("1.234,50 €", "1234.50"),
    ],
)
def test_amounts_are_read_as_people_write_them(tool: Tool, written: str, meant: str) -> None:
    tool.post(own(total=written))
    tool.cast.work()
    assert Intake.objects.get().total == Decimal(meant)


def test_a_discount_is_taken_off_however_its_sign_is_written(tool: Tool) -> None:
    for discount in ("-10.000", "$ -10.000", "10.000", -10000):
        tool.post(own(discount=discount))
    tool.cast.work()
    assert set(Order.objects.values_list("total")) == {(Decimal(99900),)}


def test_a_cart_that_was_left_is_never_an_order(cast: Cast) -> None:
    row = connect(cast.account, "jumpseller", "Js", secret="clave-de-js")
    body = json.dumps(json.loads(fixtures(CONNECTORS["jumpseller"])["order.json"])).encode()
    signature = base64.b64encode(hmac.digest(b"clave-de-js", body, "sha256")).decode()
    call(
        row,
        body,
        {
            "content-type": "application/json",
            "jumpseller-event": "order_abandoned",
            "jumpseller-hmac-sha256": signature,
        },
    )
    cast.work()
    cart = Intake.objects.get(integration=row)
    assert cart.cause == "draft_order"
    retry_one(by_operator(cast.account), cart, anyway=True)
    cast.work()
    cart.refresh_from_db()
    assert (cart.status, Order.objects.count()) == ("ignored", 0)


def test_the_operator_sees_requests_to_unknown_urls(cast: Cast) -> None:
    the_door.ask("/hooks/nobody", b"{}", {"content-type": "application/json"})
    checks = {each["check"]: each["detail"] for each in json.loads(command("doctor", "--json", code=1))["checks"]}
    assert checks["strays"].startswith("1 requests")


def test_the_secret_url_is_shown_once_by_api_and_command(cast: Cast, api: Api) -> None:  # noqa: F811
    made = json.loads(command("integration", "add", "funnelish", "--account", "Ana", "--name", "Embudo", "--json"))
    token = made["hook_url"].rpartition("/")[2]
    shown = command("integration", "list", "--account", "Ana", "--json") + json.dumps(api("GET", "/integrations")[1])
    shown += json.dumps(api("PATCH", f"/integrations/{made['id']}", {"name": "Otro"})[1])
    assert token not in shown and hook_url(cast.shop) in shown


def test_a_url_that_was_rotated_away_answers_for_no_more_than_a_day(cast: Cast, api: Api) -> None:  # noqa: F811
    api("POST", f"/integrations/{cast.shop.pk}/rotate")
    assert FormerUrl.objects.get().until <= timezone.now() + timedelta(days=1, seconds=5)


def test_what_nobody_knows_of_a_funnel_is_kept_with_the_order(cast: Cast) -> None:
    row = connect(cast.account, "funnelish", "Embudo")
    body = json.loads(fixtures(CONNECTORS["funnelish"])["order.json"]) | {"color_de_ojos": "miel"}
    call(row, json.dumps(body).encode(), {"content-type": "application/json"})
    cast.work()
    (read,) = [s for s in json.loads(Attempt.objects.get().trace)["steps"] if s["step"] == "read"]
    assert read["output"]["attributes"]["color_de_ojos"] == "miel"


def test_a_tax_id_among_the_additional_fields_is_the_buyers(cast: Cast) -> None:
    row = connect(cast.account, "jumpseller", "Js", secret="clave-de-js")
    order = json.loads(fixtures(CONNECTORS["jumpseller"])["order.json"])
    order["order"]["additional_fields"] = [{"label": "RUC", "value": "20123456789"}]
    order["order"]["billing_address"] = (order["order"].get("billing_address") or {}) | {"taxid": None}
    body = json.dumps(order).encode()
    signature = base64.b64encode(hmac.digest(b"clave-de-js", body, "sha256")).decode()
    told = {"jumpseller-event": "order_pending_payment", "jumpseller-hmac-sha256": signature}
    call(row, body, {"content-type": "application/json"} | told)
    cast.work()
    (read,) = [s for s in json.loads(Attempt.objects.get().trace)["steps"] if s["step"] == "read"]
    assert read["output"]["customer"]["document"] == "20123456789"


def test_log_lines_say_what_they_are_about(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    cast.send(cast.order(line_items=lines(cast, sku=None, variant_id=9)))
    (record,) = [each for each in caplog.records if each.name == "comanda.worker"]
    said = Text("%(levelname)s %(message)s").format(record)
    assert said.startswith(
        f"INFO not registered: product_not_linked account={cast.account.pk} integration={cast.shop.pk} "
    )


def test_a_page_is_not_sent_gigabytes(installation: Installation) -> None:
    """Before a log-in is asked for, a body would be written to the disk whole."""
    installation.run("migrate")
    with installation.serving():
        page = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=5)
        with closing(page):
            page.request("POST", "/cuenta/login/", body=b"x", headers={"Content-Length": "30000000"})
            assert page.getresponse().status == 413
