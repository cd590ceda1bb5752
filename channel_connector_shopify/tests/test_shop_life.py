# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.fuzz import FuzzContract
from odoo.addons.channel_inventory_account.tests.life import (
    DeathContract,
    LifeContract,
    OutsideContract,
)
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .life import ShopifyLife
from .shop import ConnectedShop


class ShopLife(ConnectedShop, CommittedCase):
    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        # what is throttled need not wait in earnest
        adapter = cls.registry["channel.adapter.shopify"]
        cls.classPatch(adapter, "_sleep", lambda *_args: None)
        cls.life = ShopifyLife(cls.shop)


@tagged("post_install", "-at_install")
class TestShopLife(LifeContract, ShopLife):
    """The base's contract for the life of orders, against a running store."""


@tagged("post_install", "-at_install")
class TestShopDeaths(DeathContract, ShopLife):
    """A worker is killed at any commit, with a running store at the other end."""


@tagged("post_install", "-at_install")
class TestShopFuzz(FuzzContract, ShopLife):
    """Spoiled deliveries and answers of a running store."""


@tagged("post_install", "-at_install")
class TestShopOutside(OutsideContract, ShopLife):
    """No socket of a copy, no secret in anybody's words."""
