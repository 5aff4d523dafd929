"""ShopTool publishes no format: a preset over the custom builder, which reads Comanda's own format or whatever is mapped."""

from comanda.connectors.custom.connector import Custom


class ShopTool(Custom):
    name = "shoptool"
    label = "ShopTool"
    preset = True
