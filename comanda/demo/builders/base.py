"""What the demo knows of a builder: its store, its payload, its headers."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from comanda.connectors.verification import Verification
from comanda.demo.sale import Sale


class Builder:
    """One builder, from the sending side: what its servers would post for a sale."""

    name: ClassVar[str]
    store: ClassVar[str] = ""  # the demo store, as the builder's own headers name it
    other_store: ClassVar[str] = ""  # another merchant's
    # Causes of the scenes that it cannot play: who signs nothing has no forged signature, who names no store no wrong one.
    cannot: ClassVar[frozenset[str]] = frozenset()
    content_type: ClassVar[str] = "application/json"
    signs: ClassVar[bool] = True
    # A custom builder's, as the demo's merchant sets them; `mapped_later`: once the first orders have come, and wait.
    verification: ClassVar[Verification | None] = None
    mapping: ClassVar[dict[str, Any] | None] = None
    mapped_later: ClassVar[bool] = False

    def payload(self, sale: Sale) -> Mapping[str, Any]:
        """The JSON of its webhook."""
        raise NotImplementedError

    def body(self, sale: Sale) -> bytes:
        """What it posts."""
        return msgspec.json.encode(self.payload(sale))

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        """Topic, store and signature over the very bytes."""
        raise NotImplementedError


def signature(secret: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret, body)), as Shopify and WooCommerce sign."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
