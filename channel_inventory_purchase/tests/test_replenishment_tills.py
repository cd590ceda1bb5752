# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest import SkipTest

from odoo.modules.registry import Registry
from odoo.tests import TransactionCase, tagged
from odoo.tests.common import get_db_name

try:
    from odoo.addons.channel_inventory_pos.tests.common_pos import TillCase
except ImportError:
    TillCase = TransactionCase


@tagged("post_install", "-at_install")
class TestReplenishmentTills(TillCase):
    """What open tills have sold is replenished before they close."""

    @classmethod
    def setUpClass(cls):
        if "channel.till.watch" not in Registry(get_db_name()):
            raise SkipTest("channel_inventory_pos is not installed")
        super().setUpClass()

    def follow(self):
        self.env.flush_all()
        self.env["stock.warehouse.orderpoint"]._follow_channels_all()
        self.env.invalidate_all()

    def test_sale_at_an_open_till_is_replenished_once(self):
        rule = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.product.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "product_min_qty": 5,
                "product_max_qty": 20,
                "trigger": "auto",
            }
        )
        self.ring((self.product, 8))
        self.follow()
        self.assertEqual(
            (rule.channel_held, rule.qty_forecast, rule.qty_to_order), (8, 2, 18)
        )
        self.session.action_pos_session_closing_control()
        self.follow()
        self.assertEqual(
            (rule.channel_held, rule.qty_forecast, rule.qty_to_order), (0, 2, 18)
        )
