"""What the demo knows of a builder: its store, its payload, its headers."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar

from comanda.demo.sale import Sale


class Builder:
    """One builder, from the sending side: what its servers would post for a sale."""

    name: ClassVar[str]
    store: ClassVar[str]  # the demo store, as the builder's own headers name it
    other_store: ClassVar[str]  # another merchant's

    def payload(self, sale: Sale) -> Mapping[str, Any]:
        """The JSON of its webhook."""
        raise NotImplementedError

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        """Topic, store and signature over the very bytes."""
        raise NotImplementedError


def signature(secret: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret, body)), as Shopify and WooCommerce sign."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
