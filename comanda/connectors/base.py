"""What every connector is: pure code that knows one builder. Headers and bytes in, frozen structs out."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from msgspec import Struct

from comanda.connectors.draft import Draft, Notice
from comanda.problems import Problem


class Envelope(Struct, frozen=True, kw_only=True):
    """What the headers tell of a delivery. `event_id` is empty where the builder gives none that is unique."""

    topic: str
    event_id: str = ""
    store_key: str = ""
    triggered_at: datetime | None = None


class Connector:
    """One builder. Header names are lower case; bodies are the raw bytes."""

    name: ClassVar[str]
    label: ClassVar[str]
    topics: ClassVar[frozenset[str]]  # the topics that concern an order; all others are ignored, with a word
    creates: ClassVar[frozenset[str]]  # those that tell of a new order
    restores: ClassVar[frozenset[str]] = frozenset()  # those that take a deletion back

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        """An unsigned request that the builder sends to see whether the URL answers."""
        return False

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
        """Raise signature_missing or signature_invalid unless the request was signed with one of the secrets."""
        raise NotImplementedError

    def envelope(self, headers: Mapping[str, str]) -> Envelope:
        """Read the headers. Never raises: what is absent is empty."""
        raise NotImplementedError

    def once(self, headers: Mapping[str, str], body: bytes) -> str:
        """What is the same when a delivery is sent again, and only then: the builder's event id, else a hash of the body."""
        return self.envelope(headers).event_id or "sha256:" + hashlib.sha256(body).hexdigest()

    def parse(self, topic: str, body: bytes) -> Draft | Notice:
        """Read one order. Raises Problem order_unreadable with the path of the field at fault."""
        raise NotImplementedError

    def store_key(self, store: str) -> str:
        """One spelling for a store, however it was typed: no scheme, no `www.`, no slash at the end, lower case."""
        return normalise_store(store)

    def recognises(self, data: Mapping[str, Any]) -> bool:
        """Whether a JSON object looks like an order of this builder (it came to another builder's URL)."""
        return False


def normalise_store(store: str) -> str:
    """`HTTPS://www.Mi-Tienda.com/` → `mi-tienda.com`."""
    try:
        parts = urlsplit(store if "://" in store else f"//{store}")
    except ValueError:  # "https://[tienda"
        return ""
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    return (host + parts.path.rstrip("/"))[:255]


def verify_hmac_base64(header: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
    """Check base64(HMAC-SHA256(secret, body)) in constant time, against each of the secrets."""
    given = headers.get(header, "").strip()
    if not given:
        raise Problem("signature_missing", header=header)
    try:
        signature = base64.b64decode(given.encode(), validate=True)
    except (binascii.Error, ValueError):
        raise Problem("signature_invalid", secrets=len(secrets)) from None
    matches = [
        hmac.compare_digest(hmac.digest(secret.encode(), body, hashlib.sha256), signature)
        for secret in secrets
        if secret
    ]
    if not any(matches):
        raise Problem("signature_invalid", secrets=len(secrets))
