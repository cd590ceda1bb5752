# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import KitCase


@tagged("post_install", "-at_install")
class TestKitShort(KitCase):
    """An order of kits whose component is counted down lacks whole kits."""

    def setUp(self):
        super().setUp()
        self.bundle = self.kit(5, (self.product, 2), (self.part, 1))
        self.go_live(10)
        self.fake.levels["item-5", "node-1"] = 5

    def lose(self, product, quantity):
        self.env["stock.quant"]._update_available_quantity(
            product, self.warehouse.lot_stock_id, -quantity
        )
        self.plan()

    def missing(self, order):
        self.env.invalidate_all()
        return order.line_ids.missing_quantity

    def short(self):
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("category", "=", "oversold"),
                ("state", "=", "open"),
            ]
        )

    def test_component_that_is_counted_down_leaves_kits_missing(self):
        name = self.fake.sell(3, stock_ref="item-5")
        self.capture(name)
        self.intake()
        self.plan()
        order = self.order(name)
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(self.missing(order), 0)
        # one of three kits can be made
        self.lose(self.part, 5)
        self.assertEqual(self.missing(order), 2)
        self.assertEqual(self.short()._record(), self.part)
        self.assertEqual(self.short().order_ids, order)
        # the other component lacks more: two of six units are left
        self.lose(self.product, 9)
        self.assertEqual(self.missing(order), 3)
        self.assertEqual(len(self.short()), 2)
        self.lose(self.product, -9)
        self.lose(self.part, -5)
        self.assertEqual(self.missing(order), 0)
        self.assertFalse(self.short())

    def test_kit_that_is_only_held_lacks_its_components_too(self):
        name = self.fake.sell(3, stock_ref="item-5", payment="pending")
        self.capture(name)
        self.intake()
        self.plan()
        order = self.order(name)
        self.assertEqual(order.sale_order_id.state, "draft")
        self.lose(self.part, 4)
        self.assertEqual(self.missing(order), 1)
        self.assertEqual(self.short().order_ids, order)
