"""What every connector is: pure code that knows one builder. Headers and bytes in, frozen structs out."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from msgspec import Struct

from comanda.connectors.draft import Draft, Notice
from comanda.connectors.reading import COD_METHODS, names_cash_on_delivery
from comanda.connectors.verification import Verification


class Envelope(Struct, frozen=True, kw_only=True):
    """What the headers tell of a delivery. `event_id` is empty where the builder gives none that is unique."""

    topic: str
    event_id: str = ""
    store_key: str = ""
    triggered_at: datetime | None = None


class Setup(Struct, frozen=True, kw_only=True):
    """How one integration uses its builder. Empty: as the builder comes.

    `cod_methods`: the account's own names of cash on delivery, folded; none means `COD_METHODS`.
    `mapping` (JSON) and `verification` are the custom builders'.
    """

    cod_methods: tuple[str, ...] = ()
    mapping: str = ""
    verification: Verification | None = None


class Connector:
    """One builder, as one integration uses it. Header names are lower case; bodies are the raw bytes."""

    name: ClassVar[str]
    label: ClassVar[str]
    topics: ClassVar[frozenset[str]]  # the topics that concern an order; all others are ignored, with a word
    creates: ClassVar[frozenset[str]]  # those that tell of a new order
    restores: ClassVar[frozenset[str]] = frozenset()  # those that take a deletion back
    header_prefix: ClassVar[str] = "x-"  # of the headers that the door keeps for it
    secret_url: ClassVar[bool] = False  # nothing is signed: whoever knows the URL may send, so it is shown once
    splits: ClassVar[bool] = False  # what a buyer takes together may come as several orders, minutes apart
    leaves_carts: ClassVar[bool] = False  # what it calls a draft is a cart that a buyer left: never an order
    preset: ClassVar[bool] = False  # another builder's code under a name of its own: no order tells the two apart
    shortest_secret: ClassVar[int] = 1  # what is shorter is no key of this builder: it was not copied whole
    store_example: ClassVar[str] = ""  # how its stores are named; empty where nothing that comes names one
    mappable: ClassVar[bool] = False  # it reads whatever is sent, JSON or a form, once that is mapped

    def __init__(self, setup: Setup = Setup()) -> None:  # noqa: B008 (frozen)
        self.setup = setup

    @property
    def credentials(self) -> tuple[str, ...]:
        """Headers that `verify` reads and that may hold the secret itself: the door does not keep them where they are shown."""
        return ()

    def is_cod(self, method: str) -> bool:
        """Whether a payment method's name means that the courier collects."""
        return names_cash_on_delivery(method, self.setup.cod_methods or COD_METHODS)

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

    def typed_store(self, store: str) -> str:
        """The store that a person means; empty where what was typed can be none of this builder's."""
        return self.store_key(store)

    def recognises(self, data: Mapping[str, Any]) -> bool:
        """Whether a JSON object looks like an order of this builder (it came to another builder's URL)."""
        return False

    def guess(self, body: bytes) -> Mapping[str, Any]:
        """The outline of an order that is not plainly this builder's; empty where none can be told."""
        return {}

    def outline(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where a recognised order has its `id`, and its `name` or `number`: by them it is found when it cannot be read."""
        return data


def normalise_store(store: str) -> str:
    """`HTTPS://www.Mi-Tienda.com/` → `mi-tienda.com`."""
    try:
        parts = urlsplit(store if "://" in store else f"//{store}")
    except ValueError:  # "https://[tienda"
        return ""
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    return (host + parts.path.rstrip("/"))[:255]
