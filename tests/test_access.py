"""Every route of the API: strangers see nothing, readers change nothing, errors look alike, and what is done is written down."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from comanda.accounts.access import by_token, new_api_token, revoke
from comanda.accounts.models import ApiToken, AuditEntry
from comanda.api import api
from comanda.catalogue.models import Link, Product, StoreVariant, Variant
from comanda.history.models import Intake
from comanda.inbox.models import Delivery
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from comanda.repair.models import Retry
from tests.cast import SECRET, Cast, call
from tests.custom_tool import JSON, MAPPING, foreign
from tests.test_api import Api
from tests.test_versions import lines

Route = tuple[str, str]
PATHS = api.get_openapi_schema()["paths"]
ROUTES = sorted((method.upper(), path.removeprefix("/api/v1")) for path, methods in PATHS.items() for method in methods)
PREVIEW = ("POST", "/integrations/{id}/mapping/preview")  # changes nothing: whoever may read may ask
PUBLIC = ("GET", "/order-format.json")
WRITING = [route for route in ROUTES if route[0] != "GET" and route != PREVIEW]


class Shop:
    """An account in which each thing that a route may name is there once. Two of them look alike."""

    def __init__(self, name: str) -> None:
        self.cast = cast = Cast(name)
        cast.send(cast.order(id=1, name="#1042"))
        order = cast.order(id=2, name="#1043", line_items=lines(cast, sku=None, variant_id=9, title="Masajeador"))
        order["shipping_address"]["phone"] = "12"
        self.failed = cast.send(order)
        cast.send(cast.order(id=3, line_items=lines(cast, sku=None, variant_id=10, title="Tónico")))
        cast.post(b"{")
        self.tool = connect(cast.account, "custom", "Herramienta")
        call(self.tool, json.dumps(foreign(folio=77)).encode(), JSON)
        cast.work()
        self.owner = Api(new_api_token(cast.account, "owner"))
        self.reader = Api(new_api_token(cast.account, "support", "support"))
        tonic = self.row(StoreVariant, key="v:10")
        items = [{"variant": str(cast.faja.pk), "quantity": 1}]
        assert self.owner("POST", "/links", {"store_variant": tonic, "items": items})[0] == 201
        assert self.owner("POST", "/retries", {"filter": {"cause": "phone_invalid"}})[0] == 201
        cast.work()

    def row(self, model: Any, **which: Any) -> str:
        return str(model.objects.filter(account=self.cast.account, **which).order_by("pk")[0].pk)

    def path(self, path: str) -> str:
        """The path with the id of this account's own row in it, and with what it must be asked."""
        if path == "/why":
            return "/why?q=1042"
        mapped = "/mapping" in path
        named: dict[str, Callable[[], str]] = {
            "/integrations/": lambda: str(self.tool.pk) if mapped else self.row(Integration),
            "/history/": lambda: str(self.failed.pk),
            "/retries/": lambda: self.row(Retry),
            "/orders/": lambda: self.row(Order),
            "/store-variants/": lambda: self.row(StoreVariant, key="v:9"),
            "/links/": lambda: self.row(Link),
            "/products/": lambda: self.row(Product),
            "/variants/": lambda: self.row(Variant),
        }
        return re.sub(r"(/[\w-]+/)\{\w+\}", lambda found: found[1] + named[found[1]](), path)

    def body(self, route: Route) -> Any:
        """What each writing route may be sent; a route that is new needs its line here."""
        bodies: dict[Route, Any] = {
            ("POST", "/integrations"): {"platform": "shopify", "name": "Nueva", "secret": "clave-nueva"},
            ("PATCH", "/integrations/{id}"): {
                "active": False,
                "binned": False,
                "name": "Otra",
                "secret": "clave-2",
                "store": "dos",
            },
            ("DELETE", "/integrations/{id}"): None,
            ("POST", "/integrations/{id}/rotate"): None,
            ("POST", "/integrations/{id}/trial"): None,
            ("PUT", "/integrations/{id}/mapping"): MAPPING,
            ("DELETE", "/integrations/{id}/mapping"): None,
            PREVIEW: {
                "mapping": MAPPING,
                "sample": foreign(folio=77),
            },
            ("PATCH", "/account"): {
                "stock": "block",
                "price": "block",
                "cod_methods": ["Pago en caja"],
                "group_minutes": 30,
            },
            ("POST", "/history/{id}/retry"): {"anyway": True},
            ("PATCH", "/history/{id}/corrections"): {"phone": "3001234567"},
            ("POST", "/history/{id}/ignore"): None,
            ("POST", "/retries"): {"filter": {}},
            ("POST", "/products"): {"name": "Nuevo", "variants": [{"sku": "N"}]},
            ("PATCH", "/variants/{id}"): {"stock": 3, "active": True},
            ("POST", "/links"): {"store_variant": self.row(StoreVariant, key="v:9"), "ignore": True},
            ("DELETE", "/links/{id}"): None,
        }
        return bodies[route]

    def call(self, who: Api, route: Route) -> tuple[int, Any]:
        method, path = route
        return who(method, self.path(path), self.body(route) if method != "GET" else None)


@pytest.fixture(scope="module")
def two_shops(once: None) -> tuple[Shop, Shop]:
    return Shop("Ana"), Shop("Berta")


@pytest.fixture
def ana(two_shops: tuple[Shop, Shop], db: None) -> Shop:
    return two_shops[0]


@pytest.fixture
def berta(two_shops: tuple[Shop, Shop], db: None) -> Shop:
    return two_shops[1]


def snapshot(shop: Shop) -> dict[str, Any]:
    """Every row of an account, as text."""
    found = {}
    for model in apps.get_app_config("comanda").get_models():
        if any(field.name == "account" for field in model._meta.fields):
            rows = model._default_manager.filter(account=shop.cast.account).order_by("pk").values()
            found[model.__name__] = json.dumps(list(rows), default=str)
    return found


def ids(found: Any) -> set[str]:
    """Every id that an answer names."""
    if isinstance(found, dict):
        return {str(found["id"])} - {"None"} | ids(list(found.values())) if "id" in found else ids(list(found.values()))
    return set().union(*map(ids, found)) if isinstance(found, list) else set()


def shape(status: int, answer: Any) -> str:
    """The code of an error, whose shape is the same everywhere."""
    assert status >= 400
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "facts"}
    assert answer["error"]["code"] and answer["error"]["message"] and isinstance(answer["error"]["facts"], dict)
    return str(answer["error"]["code"])


def test_the_routes_are_those_that_are_promised() -> None:
    promised = {
        "/integrations", "/integrations/{id}", "/history", "/history/{id}", "/history/{id}/retry",
        "/history/{id}/corrections", "/history/{id}/ignore", "/retries", "/retries/{id}", "/orders", "/orders/{id}",
        "/products", "/store-variants", "/store-variants/{id}/suggestions", "/links", "/links/{id}", "/why", "/backlog",
        "/refusals", "/causes", "/account", "/integrations/{id}/mapping", "/integrations/{id}/mapping/preview",
        "/integrations/{id}/rotate", "/integrations/{id}/trial", "/order-format.json",
    }  # fmt: skip
    assert promised <= {path for _, path in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_the_owner_may(ana: Shop, route: Route) -> None:
    """Else the tests below would prove nothing."""
    status, _ = ana.call(ana.owner, route)
    assert status in (200, 201, 204)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_stranger_sees_and_changes_nothing(ana: Shop, berta: Shop, route: Route) -> None:
    before = snapshot(ana)
    method, path = route
    status, answer = ana.call(berta.owner, route)  # berta's token, ana's ids
    if "{" in path or route == ("POST", "/links"):
        assert (status, shape(status, answer)) == (404, "not_found")
    assert snapshot(ana) == before
    if method == "GET":
        mine = ids(ana.owner(method, ana.path(path))[1])
        assert not ids(answer) & mine - {str(ana.cast.account.pk)} or "{" not in path
        theirs = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", json.dumps(answer)))
        assert not theirs & set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", json.dumps(before)))


@pytest.mark.parametrize("query", ["/history?q=1042", "/orders?q=1042", "/why?q=1042", "/history?cause=phone_invalid"])
def test_a_search_finds_ones_own_alone(ana: Shop, berta: Shop, query: str) -> None:
    _, answer = berta.owner("GET", query)
    items = answer.get("items", answer.get("evidence"))
    assert len(items) == 1
    assert items[0]["id"] in json.dumps(snapshot(berta))
    assert items[0]["id"] not in json.dumps(snapshot(ana))


def test_a_filter_by_anothers_integration_finds_nothing(ana: Shop, berta: Shop) -> None:
    integration = ana.row(Integration)
    assert berta.owner("GET", f"/history?integration={integration}")[1]["items"] == []
    _, retry = berta.owner("POST", "/retries", {"filter": {"integration": integration}})
    assert retry["requested"] == 0


def test_a_link_to_anothers_variant_is_refused(ana: Shop, berta: Shop) -> None:
    wanted = berta.row(StoreVariant, key="v:9")
    items = [{"variant": str(ana.cast.faja.pk), "quantity": 1}]
    assert berta.owner("POST", "/links", {"store_variant": wanted, "items": items})[0] == 404
    assert not Link.objects.filter(store_variant_id=wanted).exists()


def test_a_cursor_of_anothers_page_shows_ones_own_rows(ana: Shop, berta: Shop) -> None:
    for path in ("/history", "/orders", "/store-variants", "/products", "/integrations"):
        _, page = ana.owner("GET", f"{path}?limit=1")
        _, answer = berta.owner("GET", f"{path}?limit=50&cursor={page['next'] or ''}")
        _, whole = berta.owner("GET", path)
        assert ids(answer) <= ids(whole)


@pytest.mark.parametrize("route", WRITING, ids=" ".join)
def test_a_reader_changes_nothing(ana: Shop, route: Route) -> None:
    before = snapshot(ana)
    status, answer = ana.call(ana.reader, route)
    assert (status, shape(status, answer)) == (403, "forbidden")
    assert snapshot(ana) == before


def test_a_reader_tries_a_mapping_and_switches_none_on(ana: Shop) -> None:
    before = snapshot(ana)
    status, answer = ana.call(ana.reader, PREVIEW)
    assert (status, answer["order"]["external_id"]) == (200, "77")
    assert snapshot(ana) == before


def test_a_preview_shows_ones_own_deliveries_alone(ana: Shop, berta: Shop) -> None:
    """Of one's own integration, with anothers' delivery; of another integration of one's own, too."""
    theirs = berta.row(Delivery, integration=berta.tool)
    ours = ana.row(Delivery, integration=ana.cast.shop)
    for delivery in (theirs, ours, "nothing", "0" * 32, "\ud83d"):
        status, answer = ana.owner("POST", f"/integrations/{ana.tool.pk}/mapping/preview", {"delivery": delivery})
        assert (status, shape(status, answer)) in ((404, "not_found"), (400, "invalid")), delivery
    others = {"mapping": MAPPING, "last": 50, "sample": foreign()}
    _, answer = ana.owner("POST", f"/integrations/{ana.tool.pk}/mapping/preview", others)
    assert {each["delivery"] for each in answer["tried"]} == {ana.row(Delivery, integration=ana.tool)}


def test_the_order_format_is_public() -> None:
    status, answer = Api("")("GET", PUBLIC[1])
    assert (status, answer["$defs"]["OrderFormat"]["required"]) == (200, ["external_id", "lines"])


@pytest.mark.parametrize("route", [route for route in ROUTES if route[0] == "GET"], ids=" ".join)
def test_a_reader_sees_all_but_what_lets_send(ana: Shop, route: Route) -> None:
    status, answer = ana.call(ana.reader, route)
    assert status == 200
    assert "/hooks/" not in json.dumps(answer)
    assert SECRET not in json.dumps(answer)
    hidden = {"•••"}  # numbers of a raw body that may be anybody's: see tests/test_masking_everywhere.py
    theirs = ids(ana.call(ana.owner, route)[1])
    assert ids(answer) == theirs or (ids(answer) - hidden < theirs and route == ("GET", "/history/{id}"))


@pytest.mark.parametrize("route", [route for route in ROUTES if route != PUBLIC], ids=" ".join)
def test_without_a_valid_token_there_is_nothing(ana: Shop, route: Route) -> None:
    before = snapshot(ana)
    token = new_api_token(ana.cast.account, "revoked")
    revoke(ApiToken.objects.get(name="revoked"))
    expected = snapshot(ana)
    for header in (f"Bearer {token}", "Bearer ", "Bearer wrong", "Basic YTpi", "", "Bearer \x00", "Bearer ñ" * 900):
        who = Api("")
        who.headers = {"Authorization": header} if header else {}
        status, answer = ana.call(who, route)
        assert (status, shape(status, answer)) == (401, "unauthorized")
    assert (snapshot(ana), by_token(token)) == (expected, None)
    assert {name for name in before if before[name] != expected[name]} <= {"ApiToken"}


@pytest.mark.parametrize("route", WRITING, ids=" ".join)
def test_what_is_done_is_written_down(ana: Shop, route: Route) -> None:
    last = AuditEntry.objects.latest("pk").pk
    assert ana.call(ana.owner, route)[0] in (200, 201, 204)
    entries = AuditEntry.objects.filter(pk__gt=last)
    assert entries
    for entry in entries:
        assert (entry.account, entry.actor.split()[1]) == (ana.cast.account, "owner")
        assert re.fullmatch(r"[a-z_]+:[\w-]+", entry.target) and entry.action
        assert "clave" not in json.dumps(entry.difference)
    if route == ("PATCH", "/integrations/{id}"):
        assert {entry.action for entry in entries} == {"switch", "restore", "rename", "secret", "store"}


JUNK_IDS = [
    "0",
    "-1",
    "nothing",
    "9" * 30,
    "1.5",
    "%00",
    "%F0%9F%92%A5",
    "null",
    "..%2f",
    "00000000-0000-0000-0000-000000000000",
]


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route[1]], ids=" ".join)
def test_an_id_that_is_none_is_not_found(ana: Shop, route: Route) -> None:
    before = snapshot(ana)
    for junk in JUNK_IDS:
        path = re.sub(r"\{\w+\}", junk, route[1])
        status, answer = ana.owner(route[0], path, ana.body(route) if route[0] != "GET" else None)
        assert (junk, status, shape(status, answer)) == (junk, 404, "not_found")
    assert snapshot(ana) == before


@pytest.mark.parametrize(
    "path", ["/history", "/orders", "/products", "/store-variants", "/integrations", "/refusals", "/why", "/backlog"]
)
def test_a_query_may_be_anything(ana: Shop, path: str) -> None:
    junk = [
        "%00",
        "%F0%9F%92%A5",
        "9" * 40,
        "'; DROP TABLE x; --",
        "%25",
        "-1",
        "2026-11-01",
        "%ff%fe",
        "x" * 5000,
        "()",
    ]
    names = ["q", "cursor", "limit", "status", "cause", "integration", "from", "to", "linked"]
    for name in names:
        for value in junk:
            status, answer = ana.owner("GET", f"{path}?{name}={value}")
            assert status == 200 or (status, shape(status, answer)) == (400, "invalid"), (name, value, answer)


@pytest.mark.parametrize("route", WRITING, ids=" ".join)
def test_a_body_may_be_anything(ana: Shop, route: Route) -> None:
    path = ana.path(route[1])
    good = ana.body(route)
    junk: list[Any] = [
        [],
        "text",
        5,
        {"\x00": "\x00"},
        {"filter": 5},
        {"name": ["x"]},
        {"phone": None},
        {"phone": "\x00"},
    ]
    junk += [
        good | {name: value} for name in good or {} for value in (None, [], {}, "\x00", "\ud83d", "x" * 9000, -1, 1e99)
    ]
    for body in junk:
        status, answer = ana.owner(route[0], path, body)
        assert status < 500, (body, answer)
        if status >= 400:
            shape(status, answer)
    for raw in (b"{", b"\xff", b"[" * 5000, b""):
        answer = ana.owner.client.generic(
            route[0], f"/api/v1{path}", raw, "application/json", headers=ana.owner.headers
        )
        assert answer.status_code < 500
        if answer.status_code >= 400:
            shape(answer.status_code, answer.json())


def test_what_is_no_route_has_the_shape_of_errors_too(ana: Shop) -> None:
    for method, path, expected in [("GET", "/nothing", 404), ("PUT", "/history", 405), ("DELETE", "/orders", 405)]:
        answer = ana.owner.client.generic(method, f"/api/v1{path}", headers=ana.owner.headers)
        assert answer.status_code == expected
        assert answer["content-type"].startswith("application/json"), (method, path)
        shape(expected, answer.json())


def test_two_who_look_alike_stay_two(ana: Shop, berta: Shop) -> None:
    """The tests above would prove nothing if the two did not look alike."""
    for model in (Intake, Order, StoreVariant, Integration, Link, Retry):
        counts = [model._default_manager.filter(account=shop.cast.account).count() for shop in (ana, berta)]
        assert counts[0] == counts[1] > 0
    assert names(ana) == names(berta)


def names(shop: Shop) -> set[str]:
    found = {item["external_id"] for item in shop.owner("GET", "/history")[1]["items"]}
    return {each for each in found if not each.startswith("delivery:")}
