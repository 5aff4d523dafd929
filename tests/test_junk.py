"""Any value of an order may be anything, or missing: every delivery still ends as an intake with a status."""

import asyncio
import base64
import contextlib
import functools
import hashlib
import hmac
import json
import operator
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import comanda.connectors
from comanda.history.models import Attempt, Intake, Problem
from comanda.inbox.models import Delivery
from comanda.inbox.receive import Door
from comanda.integrations.connect import connect, hook_url
from comanda.integrations.models import Integration
from comanda.orders.models import Order
from tests.cast import SECRET, STORE, Cast

BATCH = 60
STATUSES = {"registered", "failed", "duplicate", "review", "unpaid", "cancelled", "ignored"}

NOW = datetime.now(UTC).isoformat()
BUILDERS = Path(comanda.connectors.__file__).parent
WOOCOMMERCE = json.loads((BUILDERS / "woocommerce/fixtures/order.json").read_text())
WOOCOMMERCE |= {"id": 1, "date_created_gmt": NOW, "date_modified_gmt": NOW, "currency": "COP"}
SHOPIFY = json.loads((BUILDERS / "shopify/fixtures/order.json").read_text())
SHOPIFY |= {"id": 1, "created_at": NOW, "updated_at": NOW}

texts = ["", " ", "\x00", "-", "NaN", "1e400", "1_0", "ñ" * 300, "ß" * 300, "ŉŉŉ", "İ" * 90, "ﷺ" * 200, "\ud83d", "٣"]
texts += ["+" + "9" * 400, "0" * 200, "1E-29", "999999999999.999", "9999-12-31T23:59:59-23:59", "CO" * 200, "🇨🇴" * 200]
others = [0, -1, 0.5, 1e30, -1e308, 2**63, 10**40, True, False, None, [], {}, [[]], [None], [{}], {"": ""}, {"id": 1}]
edge = st.sampled_from([*texts, *others])
junk = edge | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the values of a JSON object stand, at every depth."""
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield from paths(each, (*at, step))


@st.composite
def ruined(draw: st.DrawFn, order: dict[str, Any]) -> dict[str, Any]:
    """The order with one to three of its values changed, or gone."""
    found = json.loads(json.dumps(order))
    for *above, last in draw(st.lists(st.sampled_from(list(paths(order))), min_size=1, max_size=3)):
        value = draw(st.just("gone") | junk)
        with contextlib.suppress(LookupError, TypeError):  # what stood above it is gone or changed
            place = functools.reduce(operator.getitem, above, found)
            if value == "gone" and isinstance(place, dict):
                del place[last]
            else:
                place[last] = value
    return found


async def post(door: Door, integration: Integration, raw: bytes, headers: dict[str, str]) -> dict[str, Any]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path = "/hooks/" + hook_url(integration).rpartition("/")[2]
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await door({"type": "http", "method": "POST", "path": path, "headers": pairs}, receive, send)
    assert sent[0]["status"] == 200, sent
    return json.loads(sent[1]["body"])  # type: ignore[no-any-return]


async def post_all(integration: Integration, requests: list[tuple[bytes, dict[str, str]]]) -> list[str]:
    door = Door()
    answers = await asyncio.gather(*(post(door, integration, raw, headers) for raw, headers in requests))
    door.close()
    return [answer["delivery"] for answer in answers]


def ends_well(cast: Cast, integration: Integration, requests: list[tuple[bytes, dict[str, str]]]) -> None:
    """Post all, work all off, and see that nothing is left over, lost, or our fault."""
    ids = set(asyncio.run(post_all(integration, requests)))
    cast.work()
    assert not Delivery.objects.exclude(state="done").exists()
    assert set(map(str, Attempt.objects.filter(delivery_id__in=ids).values_list("delivery_id", flat=True))) == ids
    faults = Problem.objects.filter(code="internal_error").values_list("facts", flat=True)
    assert not faults, json.loads(faults[0])["traceback"]
    for intake in Intake.objects.all():
        assert intake.status in STATUSES
        orders = Order.objects.filter(intake_id=intake.pk)
        assert (intake.status == "registered") == orders.filter(status="open").exists()
        assert (not intake.cause) == (intake.status == "registered")


def with_id(body: dict[str, Any], id_: int) -> dict[str, Any]:
    """An order of its own, unless it is the id that was ruined."""
    return body | {"id": id_} if body.get("id") == 1 else body


def slow(examples: int) -> Any:
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples, deadline=None, phases=[Phase.generate], suppress_health_check=checks, database=None
    )


@slow(8)
@given(bodies=st.lists(ruined(SHOPIFY), min_size=BATCH, max_size=BATCH))
def test_any_value_of_a_shopify_order_may_be_junk(cast: Cast, bodies: list[dict[str, Any]]) -> None:
    requests = []
    for number, body in enumerate(bodies):
        raw = json.dumps(with_id(body, next(cast.ids))).encode()
        topic = ["orders/create", "orders/updated", "orders/paid"][number % 3]
        requests.append((raw, cast.signed(raw, topic)))
    ends_well(cast, cast.shop, requests)


@slow(8)
@given(bodies=st.lists(ruined(WOOCOMMERCE), min_size=BATCH, max_size=BATCH))
def test_any_value_of_a_woocommerce_order_may_be_junk(cast: Cast, bodies: list[dict[str, Any]]) -> None:
    shop = Integration.objects.filter(platform="woocommerce").first()
    shop = shop or connect(cast.account, "woocommerce", "Woo", "tienda.example", SECRET)
    requests = []
    for number, body in enumerate(bodies):
        raw = json.dumps(with_id(body, next(cast.ids))).encode()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), raw, hashlib.sha256)).decode()
        topic = ["order.created", "order.updated", "order.restored"][number % 3]
        headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://tienda.example/"}
        requests.append((raw, headers | {"x-wc-webhook-signature": signature}))
    ends_well(cast, shop, requests)


def test_the_store_of_the_headers_may_be_junk(cast: Cast) -> None:
    """An integration that is not pinned yet, and a store that says odd things of itself."""
    shop = connect(cast.account, "shopify", "Sin tienda", "", SECRET)
    stores = ["💥", "a" * 600, "İ" * 300, "ß" * 300, "https://[", "//", "", "  ", "%00", STORE]
    raws = [json.dumps(cast.order()).encode() for _ in stores]
    requests = [(raw, cast.signed(raw, store=store)) for raw, store in zip(raws, stores, strict=True)]
    ends_well(cast, shop, requests)
    shop.refresh_from_db()
    assert shop.store_key
