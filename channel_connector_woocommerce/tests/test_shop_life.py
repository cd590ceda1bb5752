# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.fuzz import FuzzContract
from odoo.addons.channel_inventory_account.tests.life import (
    DeathContract,
    LifeContract,
    OutsideContract,
)
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

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


@tagged("post_install", "-at_install")
class TestShopDeathsWithCompanion(DeathContract, ShopLife):
    companion = True


@tagged("post_install", "-at_install")
class TestShopDeathsWithoutCompanion(DeathContract, ShopLife):
    """A number that was sent and lost may have overwritten a sale: it is mended all the
    same. What is told of orders takes the same way with the companion, see there."""

    test_contract_killed_at_any_commit_of_telling_a_cancellation = None
    test_contract_killed_at_any_commit_of_telling_a_refund = None
    test_contract_killed_at_any_commit_of_telling_parcels = None


@tagged("post_install", "-at_install")
class TestShopFuzz(FuzzContract, ShopLife):
    """Spoiled deliveries and answers of a running shop."""


@tagged("post_install", "-at_install")
class TestShopOutside(OutsideContract, ShopLife):
    """No socket of a copy, no secret in anybody's words."""
