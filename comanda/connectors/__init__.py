"""The builders that Comanda speaks. Adding one is a folder here and a line below."""

import msgspec

from comanda.connectors.base import Connector
from comanda.connectors.reading import whole
from comanda.connectors.shopify.connector import Shopify
from comanda.connectors.woocommerce.connector import WooCommerce

CONNECTORS: dict[str, Connector] = {connector.name: connector for connector in (Shopify(), WooCommerce())}


def recognise(body: bytes) -> Connector | None:
    """The builder whose order this looks like, if any."""
    try:
        data = msgspec.json.decode(whole(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    return next((connector for connector in CONNECTORS.values() if connector.recognises(data)), None)
