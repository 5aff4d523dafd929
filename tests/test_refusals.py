"""The door's refusals: signatures, topics, methods, tokens, content types. Each is counted, and gives nothing away."""

import asyncio
import json

import pytest
from django.db import connection
from django.utils import timezone

from comanda.accounts.access import new_api_token
from comanda.inbox import targets
from comanda.inbox.models import Delivery, Refusal, in_quarantine
from comanda.integrations.connect import hook_url
from tests.cast import Cast, call, the_door
from tests.test_api import Api
from tests.test_bad_input import quiet_log, refused, stream  # noqa: F401 (a fixture)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (None, "signature_missing"),
        ("", "signature_missing"),
        ("  ", "signature_missing"),
        ("c2ltb24=", "signature_invalid"),
        ("ñandú", "signature_invalid"),
        ("💥" * 300, "signature_invalid"),
        ("=" * 5000, "signature_invalid"),
    ],
)
def test_a_bad_signature_is_quarantined(cast: Cast, signature: str | None, reason: str) -> None:
    raw = json.dumps(cast.order()).encode()
    headers = cast.signed(raw)
    del headers["x-shopify-hmac-sha256"]
    if signature is not None:
        headers["x-shopify-hmac-sha256"] = signature
    status, answer = call(cast.shop, raw, headers)
    assert (status, answer["error"]["code"]) == (401, reason)
    refused(cast, reason)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.verified, bytes(delivery.body)) == ("quarantined", False, raw)
    assert cast.work() == 0


@pytest.mark.parametrize("topic", ["products/update", "app/uninstalled", "", "💥", "a" * 5000])
def test_a_topic_that_is_not_ours_is_ignored_with_a_word(cast: Cast, topic: str) -> None:
    status, answer = cast.post(cast.order(), topic)
    assert (status, answer["status"]) == (200, "ignored")
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason) == ("ignored", "topic_ignored")
    assert cast.work() == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_another_method_is_refused(cast: Cast, method: str) -> None:
    raw = json.dumps(cast.order()).encode()
    status, answer = call(cast.shop, raw, cast.signed(raw), method)
    assert (status, answer["error"]["code"]) == (405, "method_not_allowed")
    refused(cast, "method_not_allowed")


def test_the_method_that_is_taken_is_named(cast: Cast) -> None:
    path = "/hooks/" + hook_url(cast.shop).rpartition("/")[2]
    sent, asked = asyncio.run(stream(path, 1, {}, "GET"))
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"allow"], asked) == (405, b"POST", 0)


@pytest.mark.parametrize("token", ["unknown", "", "../admin", "a" * 5000, "ñ", "%00", "\x00"])
def test_an_unknown_token_is_refused(cast: Cast, token: str) -> None:
    raw = json.dumps(cast.order()).encode()
    status, answer = the_door.ask(f"/hooks/{token}", raw, cast.signed(raw))
    assert (status, answer["error"]["code"]) == (404, "unknown_token")
    refusal = Refusal.objects.get()
    assert (refusal.account, refusal.integration, refusal.reason) == (None, None, "unknown_token")
    assert len(token) < 4 or token not in refusal.head


def test_a_binned_integration_is_gone(cast: Cast) -> None:
    cast.shop.binned_at = timezone.now()
    cast.shop.save()
    status, answer = cast.post(cast.order())
    assert (status, answer["error"]["code"]) == (410, "integration_binned")
    refused(cast, "integration_binned")


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/xml", 415),
        ("text/plain", 415),
        ("💥" * 1000, 415),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("application/vnd.api+json", 200),
        ("", 200),
        (None, 200),
    ],
)
def test_content_types(cast: Cast, content_type: str | None, expected: int) -> None:
    raw = json.dumps(cast.order()).encode()
    headers = cast.signed(raw)
    del headers["content-type"]
    status, answer = call(cast.shop, raw, headers | ({} if content_type is None else {"content-type": content_type}))
    assert status == expected
    if expected == 415:
        assert answer["error"]["code"] == "content_type_unsupported"
        refused(cast, "content_type_unsupported")


def test_a_refusal_is_counted_and_its_head_gives_nothing_away(cast: Cast) -> None:
    given = {
        "authorization": "Bearer geheim-1",
        "cookie": "session=geheim-2",
        "x-api-key": "geheim-3",
        "x-shopify-access-token": "geheim-4",
        "x-amz-security-token": "geheim-5",
        "x-csrf-token": "geheim-6",
        "proxy-authorization": "geheim-7",
        "x-shop-password": "geheim-8",
        "x-client-secret": "geheim-9",
        "referer": "https://x/hooks/geheim-10",
        "x-original-url": f"/hooks/{hook_url(cast.shop).rpartition('/')[2]}",
        "x-long": "l" * 100_000,
        "user-agent": "builder/1",
    }
    for _ in range(20):
        assert cast.post(b"{", headers=given)[0] == 400
    refusals = Refusal.objects.order_by("minute")
    assert 1 <= len(refusals) <= 2
    assert sum(refusal.count for refusal in refusals) == 20
    head = refusals[0].head
    assert "geheim" not in head
    assert hook_url(cast.shop).rpartition("/")[2] not in head
    assert json.loads(head)["headers"]["user-agent"] == "builder/1"
    assert (len(head) <= 4000, refusals[0].first_at <= refusals[0].last_at) == (True, True)


def test_a_refusal_with_endless_headers_is_shown(cast: Cast) -> None:
    given = {f"x-long-{n}": "}" * 600 for n in range(20)} | {f"x-quote-{n}": '"' * 600 for n in range(20)}
    assert cast.post(b"{", headers=given)[0] == 400
    status, answer = Api(new_api_token(cast.account, "test"))("GET", "/refusals")
    assert (status, answer["items"][0]["reason"]) == (200, "not_json")


def test_quarantine_is_bounded(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever knows the URL and not the secret is still refused and counted, but fills no disk."""
    monkeypatch.setattr(targets, "MOST_QUARANTINED", 3)
    for _ in range(5):
        assert cast.post(cast.order(), secret="falsa")[0] == 401
    assert Delivery.objects.filter(state="quarantined").count() == 3
    assert sum(Refusal.objects.values_list("count", flat=True)) == 5
    assert cast.post(cast.order())[0] == 200


def test_what_is_quarantined_is_counted_by_its_own_index(transactional_db: None) -> None:
    if connection.vendor == "sqlite":
        asked = in_quarantine().filter(integration=1).values_list("id")[:5001]
        assert "delivery_quarantined" in asked.explain()
