"""The builders that Comanda speaks. Adding one is a folder here and a line below."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from comanda.connectors.base import Connector, Setup
from comanda.connectors.custom.connector import Custom
from comanda.connectors.funnelish.connector import Funnelish
from comanda.connectors.jumpseller.connector import JumpSeller
from comanda.connectors.mastertools.connector import MasterTools
from comanda.connectors.reading import text, whole
from comanda.connectors.shopify.connector import Shopify
from comanda.connectors.shoptool.connector import ShopTool
from comanda.connectors.woocommerce.connector import WooCommerce

# In the order in which people see them.
CONNECTORS: dict[str, Connector] = {
    connector.name: connector
    for connector in (Shopify(), Funnelish(), JumpSeller(), MasterTools(), ShopTool(), WooCommerce(), Custom())
}


@lru_cache(4096)
def configured(platform: str, setup: Setup) -> Connector:
    """The builder as an integration uses it."""
    return type(CONNECTORS[platform])(setup)


def glimpse(connector: Connector, body: bytes) -> tuple[str, str]:
    """The id and the number of an order that cannot be read whole, so that it is found; empty where they cannot be told."""
    try:
        data = msgspec.json.decode(whole(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        data = None
    known = isinstance(data, dict) and connector.recognises(data)
    order = connector.outline(data) if known else connector.guess(body)
    id_ = plain(order, "id", 121)
    return id_ if len(id_) <= 120 else "", plain(order, "name", 60) or plain(order, "number", 60) or id_[:60]


def plain(order: Mapping[str, Any], name: str, limit: int) -> str:
    """A text or a whole number by its name; whatever else stands there is neither an id nor a number."""
    return text(order[name], limit) if type(order.get(name)) in (int, str) else ""


def recognise(body: bytes) -> Connector | None:
    """The builder whose order this looks like, if any."""
    try:
        data = msgspec.json.decode(whole(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    known = (connector for connector in CONNECTORS.values() if not connector.preset)
    return next((connector for connector in known if connector.recognises(data)), None)
