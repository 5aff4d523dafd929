"""The API's contract: shapes, statuses, errors."""

import base64
import uuid
from typing import Any

import pytest
from django.test import Client

from comanda.accounts.access import new_api_token
from comanda.orders.models import Order
from tests.cast import Cast


@pytest.fixture
def api(cast: Cast) -> "Api":
    return Api(new_api_token(cast.account, "test"))


class Api:
    """A client with a token; answers are (status, body)."""

    def __init__(self, token: str) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else __import__("json").dumps(body),
            "application/json",
            headers=self.headers,
        )
        return answer.status_code, answer.json() if answer.content else None


def test_linking_registers_what_it_blocked(cast: Cast, api: Api) -> None:
    for _ in range(3):
        cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=9, title="Masajeador Cervical")]))
    masajeador = cast.product("Masajeador Cervical Eléctrico 4D", sku="MAS-4D")

    _, unlinked = api("GET", "/store-variants?linked=false")
    (store_variant,) = unlinked["items"]
    assert store_variant["blocked"] == 3
    _, suggestions = api("GET", f"/store-variants/{store_variant['id']}/suggestions")
    assert suggestions["items"][0]["variant"]["id"] == str(masajeador.pk)

    status, answer = api(
        "POST",
        "/links",
        {"store_variant": store_variant["id"], "items": [{"variant": str(masajeador.pk), "quantity": 1}]},
    )
    assert (status, answer["reprocessed"]) == (201, 3)
    cast.work()
    _, history = api("GET", "/history")
    assert [item["status"] for item in history["items"]] == ["registered"] * 3
    assert Order.objects.count() == 3


def test_an_intake_shows_its_steps(cast: Cast, api: Api) -> None:
    intake = cast.send(cast.order(line_items=[cast.line(sku=None, title="Masajeador Cervical")]))

    status, shown = api("GET", f"/history/{intake.pk}")
    assert status == 200
    assert shown["message"] == "«Masajeador Cervical / M» no está vinculado a ningún producto de tu catálogo."
    (attempt,) = shown["attempts"]
    assert [(step["step"], step["status"]) for step in attempt["steps"]] == [
        ("receive", "ok"),
        ("verify", "ok"),
        ("read", "ok"),
        ("check", "ok"),
        ("match", "failed"),
        ("register", "not_reached"),
    ]
    match = attempt["steps"][4]
    assert match["input"][0]["title"] == "Masajeador Cervical"
    assert match["action"] == "link"


def test_a_correction_mends_and_stays(cast: Cast, api: Api) -> None:
    order = cast.order()
    order["shipping_address"]["phone"] = "12"
    intake = cast.send(order)
    assert intake.cause == "phone_invalid"

    status, _ = api("PATCH", f"/history/{intake.pk}/corrections", {"phone": "3001234567"})
    assert status == 200
    cast.work()
    status, shown = api("GET", f"/history/{intake.pk}")
    assert shown["status"] == "registered"
    assert shown["corrections"][0]["old"] == "12"
    assert shown["order"]["customer"]["phone"] == "+573001234567"
    assert len(shown["attempts"]) == 2


def test_retry_counts_add_up(cast: Cast, api: Api) -> None:
    for _ in range(4):
        cast.send(cast.order(line_items=[cast.line(sku="NUEVO", variant_id=9)]))
    product = cast.product("Nuevo", sku="NUEVO")
    assert product.pk
    status, retry = api("POST", "/retries", {"filter": {"cause": "product_not_linked"}})
    assert (status, retry["requested"], retry["pending"]) == (201, 4, 4)
    cast.work()
    _, retry = api("GET", f"/retries/{retry['id']}")
    assert retry == {"id": retry["id"], "requested": 4, "pending": 0, "registered": 4, "failed": 0, "other": 0}


def test_why(cast: Cast, api: Api) -> None:
    intake = cast.send(cast.order(name="#1042", line_items=[cast.line(sku=None, title="Masajeador Cervical")]))
    _, answer = api("GET", "/why?q=1042")
    assert answer["verdict"] == "failed"
    assert "Masajeador" in answer["message"]
    assert answer["evidence"][0]["id"] == str(intake.pk)
    _, answer = api("GET", "/why?q=99887")
    assert answer["verdict"] == "not_seen"


EARLY = "0001-01-01T00:00:00+14:00"  # no year of UTC
LATE = "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize(
    "said", [f"{EARLY}|{uuid.uuid4()}", f"{LATE}|{uuid.uuid4()}", "2026-11-23", "2026-11-23|x", f"|{uuid.uuid4()}"]
)
@pytest.mark.parametrize("path", ["/history", "/orders"])
def test_a_cursor_made_by_hand_is_refused(cast: Cast, api: Api, path: str, said: str) -> None:
    status, answer = api("GET", f"{path}?cursor={base64.urlsafe_b64encode(said.encode()).decode()}")
    assert (status, answer["error"]["code"]) == (400, "invalid")


def test_a_cursor_of_the_release_before_goes_on(cast: Cast, api: Api) -> None:
    old, new = cast.send(), cast.send()
    former = base64.urlsafe_b64encode(f"{new.received_at.isoformat()}|{new.pk}".encode()).decode()
    assert [each["id"] for each in api("GET", f"/history?cursor={former}")[1]["items"]] == [str(old.pk)]


def test_an_id_of_many_digits_finds_nothing(cast: Cast, api: Api) -> None:
    cast.send()
    for digits in ("9" * 19, "9" * 5000):
        assert api("GET", f"/deliveries?integration={digits}") == (200, {"items": [], "next": None})


def test_a_product_has_a_name(cast: Cast, api: Api) -> None:
    status, answer = api("POST", "/products", {"name": "   ", "variants": [{"sku": "X"}]})
    assert (status, answer["error"]["code"]) == (400, "invalid")
    status, answer = api("POST", "/products", {"name": "  Faja Nueva ", "variants": [{"sku": "X"}]})
    assert (status, answer["name"]) == (201, "Faja Nueva")


def test_errors_have_one_shape(cast: Cast, api: Api) -> None:
    for method, path, body, expected in [
        ("GET", "/history/nothing", None, 404),
        ("GET", "/history?limit=x", None, 400),
        ("GET", "/history?cursor=%%%", None, 400),
        ("POST", "/links", {"store_variant": "1"}, 400),
        ("POST", "/retries", {"filter": {"colour": "red"}}, 400),
        ("POST", "/integrations", {"platform": "nope", "name": "x"}, 400),
    ]:
        status, answer = api(method, path, body)
        assert (path, status) == (path, expected)
        assert set(answer["error"]) == {"code", "message", "facts"}
    status, answer = Api("wrong")("GET", "/history")
    assert (status, answer["error"]["code"]) == (401, "unauthorized")


def test_the_articles_that_explanations_point_to_are_there(cast: Cast) -> None:
    client = Client()
    assert "Comanda" in client.get("/", follow=True).content.decode()
    assert "product_not_linked" in client.get("/ayuda/").content.decode()
    assert "<h1>" in client.get("/ayuda/product_not_linked/").content.decode()
    assert client.get("/ayuda/nothing/").status_code == 404


def test_what_was_ignored_can_be_seen(cast: Cast, api: Api) -> None:
    """A topic that is not about an order has no intake; it is in the list of deliveries, and `why` tells of it."""
    assert cast.post({"id": 1}, "products/update")[1]["status"] == "ignored"
    cast.send()
    _, ignored = api("GET", "/deliveries?state=ignored")
    assert [(item["topic"], item["reason"]) for item in ignored["items"]] == [("products/update", "topic_ignored")]
    _, first = api("GET", "/deliveries?limit=1")
    _, second = api("GET", f"/deliveries?limit=1&cursor={first['next']}")
    assert (first["items"][0]["topic"], second["items"][0]["topic"]) == ("orders/create", "products/update")
    _, answer = api("GET", "/why?q=99887")
    assert any("products/update" in each["message"] for each in answer["evidence"])


def test_what_is_out_of_range_is_refused(api: Api) -> None:
    for path in (
        "/deliveries?integration=9223372036854775808",
        "/history?from=0001-01-01T00:00:00%2B12:00",
        "/history?to=9999-12-31T23:59:59-12:00",
    ):
        status, _ = api("GET", path)
        assert status in (200, 400), path
