"""How each builder tells of a sale. Adding one is a file here and a line below."""

from comanda.demo.builders.base import Builder
from comanda.demo.builders.custom import Custom
from comanda.demo.builders.funnelish import Funnelish
from comanda.demo.builders.jumpseller import JumpSeller
from comanda.demo.builders.mastertools import MasterTools
from comanda.demo.builders.shopify import Shopify
from comanda.demo.builders.shoptool import ShopTool
from comanda.demo.builders.woocommerce import WooCommerce

BUILDERS: dict[str, Builder] = {
    builder.name: builder
    for builder in (Shopify(), WooCommerce(), JumpSeller(), Funnelish(), Custom(), MasterTools(), ShopTool())
}
