from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.life import LifeContract

from .life import WooLife
from .shop import ConnectedShop


class ShopLife(ConnectedShop, CommittedCase):
    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        # what is throttled need not wait in earnest
        adapter = cls.registry["channel.adapter.woocommerce"]
        cls.classPatch(adapter, "_sleep", lambda *_args: None)
        cls.life = WooLife(cls.shop, cls.as_new)


@tagged("post_install", "-at_install")
class TestShopLifeWithCompanion(LifeContract, ShopLife):
    """The base's contract for the life of orders: numbers are compared."""

    companion = True


@tagged("post_install", "-at_install")
class TestShopLifeWithoutCompanion(LifeContract, ShopLife):
    """The same where what is sent overwrites: both sides agree after one more pass of
    reconciliation, as ``channel.channel.guarantee`` has it, and not a word less."""
