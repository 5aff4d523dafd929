"""The door: POST /hooks/<token>, raw ASGI. Finds the integration, verifies the signature over the raw bytes, queues."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings

from comanda import sql
from comanda.connectors import CONNECTORS
from comanda.connectors.base import Connector
from comanda.connectors.forms import check_form, looks_like_json
from comanda.connectors.reading import whole
from comanda.inbox.commit import Arrival, Committer, Full, Turned
from comanda.inbox.models import IGNORED, PENDING, QUARANTINED, SEALED, new_id
from comanda.inbox.targets import Target, Targets
from comanda.integrations.vault import seal
from comanda.problems import Problem

log = logging.getLogger("comanda.inbox")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_encode = msgspec.json.encode
_json = msgspec.json.Decoder(msgspec.Raw)


class Refused(Exception):  # noqa: N818
    """A request that is not taken: its status, its reason, what to say."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.message = status, reason, message


ANSWER_SECONDS, NOTE_SECONDS = 4.5, 1.0  # the most impatient store waits for 5
BODY_SECONDS = 30.0  # within which a body has to come; the stores themselves wait for 5 to 60

DRAINED, DRAIN_SECONDS = 16 * 1024 * 1024, 5.0

UNSIGNED = {
    "signature_missing": "The request is not signed: its signature header is missing or empty.",
    "signature_invalid": "The signature does not match any secret of this integration.",
}


class Door:
    """The ASGI application behind /hooks/."""

    def __init__(self) -> None:
        self.committer = Committer()
        self.targets = Targets()

    def close(self) -> None:
        self.committer.close()
        self.targets.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, body = await self.take(scope, receive)
        except Full:
            status, body = 503, error("busy", "Too much at once. Please send it again.")
        except Exception as failure:  # storage is away: never a 200 for what is not on disk
            log.error("not taken: %s", sql.reason(failure))
            status, body = 503, error("storage_unavailable", "The delivery could not be stored. Please send it again.")
        await reply(send, status, body)

    async def take(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        target = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                target = await self.find(scope)
            admit(target, scope)
            kept = shown_headers(target.connector, scope["headers"])
            given = Given(all_headers(scope["headers"]), kept, await read_body(scope, receive))
            arrival = examine(target, given)
            async with asyncio.timeout(
                ANSWER_SECONDS
            ):  # later on it may be committed all the same: then it is a duplicate
                receipt = await self.committer.submit(arrival)
            if arrival.row[6] == QUARANTINED:
                raise Refused(401, arrival.row[7], UNSIGNED[arrival.row[7]])
        except Refused as refused:
            await self.note(target, refused, scope)
            return refused.status, error(refused.reason, refused.message)
        status = "duplicate" if receipt.duplicate else word(arrival, target)
        return 200, _encode({"delivery": str(receipt.id), "status": status})

    async def find(self, scope: Scope) -> Target:
        """The integration of the URL's token. The token is a secret: it is neither logged nor kept."""
        target = await self.targets.find(scope["path"].removeprefix("/hooks/").rstrip("/"))
        if target is None:
            raise Refused(404, "unknown_token", "No integration has this URL.")
        return target

    async def note(self, target: Target | None, refused: Refused, scope: Scope) -> None:
        headers = shown_headers(target.connector if target else None, scope["headers"])
        head = _encode({"method": scope["method"], "headers": headers}).decode()[:4000]
        account, integration = (target.account_id, target.id) if target else (None, None)
        known = {"account": account, "integration": integration, "reason": refused.reason}
        log.info("refused: %s %s", refused.status, refused.reason, extra=known)
        turned = Turned(account, integration, refused.reason, refused.status, head, datetime.now(UTC))
        try:
            async with asyncio.timeout(NOTE_SECONDS):
                await self.committer.submit(turned)
        except Exception as failure:  # it is refused all the same
            log.error("a refusal was not recorded: %s", type(failure).__name__)


def admit(target: Target, scope: Scope) -> None:
    if target.expired:
        raise Refused(404, "unknown_token", "This URL was replaced by another one more than a day ago.")
    if scope["method"] != "POST":
        raise Refused(405, "method_not_allowed", "Send a POST.")
    if target.binned:
        raise Refused(410, "integration_binned", "This integration is in the bin, from which it can be restored.")


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The body, whose limit holds before it is read, where its length is declared, and while it streams in."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > settings.BODY_LIMIT):
        await drain(receive)
        raise Refused(413, "too_large", f"More than {settings.BODY_LIMIT} bytes.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await streamed(receive)
    except TimeoutError:
        raise Refused(408, "timeout", f"The body did not come within {BODY_SECONDS:g} seconds.") from None


async def drain(receive: Receive) -> None:
    """Let a body that is too large go by, up to a bound: whoever sends all of it before they listen would not hear why."""
    left = DRAINED
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return


async def streamed(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "disconnected", "The sender hung up.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > settings.BODY_LIMIT:
            await drain(receive)
            raise Refused(413, "too_large", f"More than {settings.BODY_LIMIT} bytes.")
        chunks.append(chunk)
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


@dataclass(slots=True, frozen=True)
class Given:
    """A request: every header, those of them that are kept to be shown, the body."""

    headers: dict[str, str]
    kept: dict[str, str]
    body: bytes


def examine(target: Target, given: Given) -> Arrival:
    """Can it be an order, is it signed, is it about an order?"""
    connector, headers, body = target.connector, given.headers, given.body
    if connector.is_ping(headers, body):
        return arrive(target, given, IGNORED, "ping")
    check_content(connector, headers.get("content-type", ""), body)
    try:
        connector.verify(headers, body, target.secrets)
    except Problem as problem:
        if target.crowded:
            raise Refused(401, problem.code, UNSIGNED[problem.code]) from None
        return arrive(target, given, QUARANTINED, problem.code)
    if connector.envelope(headers).topic not in connector.topics:
        return arrive(target, given, IGNORED, "topic_ignored")
    return arrive(target, given, PENDING)


FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def check_content(connector: Connector, content_type: str, body: bytes) -> None:
    """JSON, or a form where the builder may send one. Everything else is refused, in words."""
    kind = content_type.partition(";")[0].strip().lower()
    if connector.mappable and (kind in FORMS or not looks_like_json(body)):
        return refuse_unless_form(kind, body)
    if kind and not kind.endswith(("/json", "+json")) and not connector.mappable:
        raise Refused(415, "content_type_unsupported", f"Send application/json, not {kind[:80]}.")
    return check_json(body)


def refuse_unless_form(kind: str, body: bytes) -> None:
    """A form's body (or JSON that is called one), or the reason why it is neither."""
    if looks_like_json(body):
        return check_json(body)
    try:
        check_form(body)
    except Problem as problem:
        if "xml" in kind or "XML" in problem.facts["reason"]:
            raise Refused(415, "content_type_unsupported", "This is XML. Send JSON or a form.") from None
        raise Refused(400, "not_json", f"The body cannot be read: {problem.facts['reason']}.") from None


HIDDEN = "…"


def shown_headers(connector: Connector | None, raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers that are kept to be shown. A merchant's own tool may hold its secret in any of them, also in one that
    nobody has named yet: of those only the names are kept."""
    headers = kept_headers(raw)
    if connector and not connector.mappable:
        return headers
    named = connector.credentials if connector else ()
    return {name: value if name in _PLAIN and name not in named else HIDDEN for name, value in headers.items()}


def check_json(body: bytes) -> None:
    try:
        _json.decode(whole(body))
    except RecursionError:
        return  # JSON all the same; the journey says that it is nested too deeply
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Refused(400, "not_json", f"The body is not JSON: {fault}.") from None


def arrive(target: Target, given: Given, state: str, reason: str = "") -> Arrival:
    """The row of a delivery (inbox/commit.py COLUMNS). Only a verified one occupies its key and pins the store.

    One that does not verify keeps all of its headers, sealed: with other settings it may.
    """
    envelope = target.connector.envelope(given.headers)
    sealed = {SEALED: seal(_encode(given.headers).decode())} if state == QUARANTINED else {}
    verified = state == PENDING or reason == "topic_ignored"
    row = (
        new_id(),
        target.account_id,
        target.id,
        envelope.topic,
        target.connector.once(given.headers, given.body),
        verified,
        state,
        reason,
        "webhook",
        1,
        0,
        target.secret_version,
        envelope.store_key,
        envelope.triggered_at,
        datetime.now(UTC),
        _encode(given.kept | sealed).decode(),
        given.body,
    )
    return Arrival(row, pins=verified and not target.store_key and bool(envelope.store_key))


def word(arrival: Arrival, target: Target) -> str:
    if arrival.row[6] == IGNORED:
        return "ignored"
    return "accepted" if target.active else "held"


# Proxies repeat the request's URL in headers (X-Original-URL, X-Forwarded-Uri), and the URL holds the token.
_SECRET_WORDS = (
    "token",
    "secret",
    "auth",
    "cookie",
    "password",
    "api-key",
    "apikey",
    "credential",
    "url",
    "uri",
    "path",
)
PREFIXES = tuple({connector.header_prefix for connector in CONNECTORS.values()})
_PLAIN = frozenset({"content-type", "content-length", "user-agent", "date"})


@lru_cache(maxsize=2000)
def kept_name(name: bytes) -> str:
    """The header's name if it may be kept: what could carry a credential is not."""
    text = name.decode("latin-1").lower()
    keep = text in _PLAIN or (text.startswith(PREFIXES) and not any(word in text for word in _SECRET_WORDS))
    return text if keep else ""


def kept_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {kept: value.decode("latin-1")[:500] for name, value in raw if (kept := kept_name(name))}


def all_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1")[:2000] for name, value in raw}


def error(code: str, message: str) -> bytes:
    return _encode({"error": {"code": code, "message": message, "facts": {}}})


async def reply(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 405:
        headers.append((b"allow", b"POST"))
    if status == 503:
        headers.append((b"retry-after", b"5"))
    if status in (408, 413):
        headers.append((b"connection", b"close"))  # the rest of the body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
