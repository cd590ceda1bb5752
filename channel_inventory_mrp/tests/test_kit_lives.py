# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.odd_lives import OddLives

from .common import KitSetup


@tagged("post_install", "-at_install")
class TestKitLives(KitSetup, OddLives):
    """Kits whose components are sold by themselves, beside goods in packs."""

    numbers = (3, 1, 2)
    count = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls.make_product(cls.env, 4, 20, cls.warehouse)
        for house in cls.houses - cls.warehouse:
            cls.add_stock(cls.env, cls.part, house, 6)
        kit = cls.make_kit(cls.env, 3, [(cls.product, 1), (cls.part, 2)])
        kit.invoice_policy = "order"

    def test_nothing_is_lost_or_silent(self):
        self.live_all()

    def stocked(self):
        return super().stocked() | self.part
