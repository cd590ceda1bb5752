# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_position import PositionCase

COUNT, UNITS = 30, 40


@tagged("post_install", "-at_install")
class TestExternalDoubted(PositionCase):
    """A report of the warehouse that counts is its stock, unless it is more likely that
    the report is wrong. The second one that says the same is believed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.write(
            {
                "channel_authority": "external",
                "channel_fresh_minutes": 6000,
                "channel_silent_minutes": 60000,
            }
        )
        cls.products = cls.env["product.product"].create(
            [
                {"name": f"Kept {number}", "default_code": f"KEPT-{number}"}
                for number in range(COUNT)
            ]
        )

    def setUp(self):
        super().setUp()
        self.report([UNITS] * COUNT, hours=9)

    def report(self, quantities, hours, complete=False):
        rows = [
            {"product_id": product.id, "on_hand": quantity}
            for product, quantity in zip(self.products, quantities, strict=False)
        ]
        moment = fields.Datetime.now() - timedelta(hours=hours)
        return self.env["channel.external.stock"]._report(
            self.warehouse, rows, moment, "3PL", complete
        )

    def counted(self):
        self.env["channel.external.stock"].invalidate_model()
        rows = self.env["channel.external.stock"].search(
            [("warehouse_id", "=", self.warehouse.id)]
        )
        of_products = {row.product_id: row.on_hand for row in rows}
        return [of_products.get(product, 0) for product in self.products]

    def told(self):
        return self.env["channel.exception"].search(
            [
                ("category", "=", "stock_report"),
                ("state", "=", "open"),
                ("key", "=", f"stock:{self.warehouse.id}:False"),
            ]
        )

    def test_zeros_that_nobody_counted_empty_no_shelf(self):
        """woocommerce/woocommerce-square#529: 0 also where nothing was ever counted;
        one file of it emptied a shop."""
        report = self.report([0] * 20 + [UNITS + 1] * 10, hours=8)
        self.assertTrue(report.is_short)
        self.assertIn("there are none", report.problems)
        # what it tells otherwise counts
        self.assertEqual(self.counted(), [UNITS] * 20 + [UNITS + 1] * 10)
        self.report([0] * 20 + [UNITS + 2] * 10, hours=7)
        self.assertEqual(self.counted(), [0] * 20 + [UNITS + 2] * 10)

    def test_some_that_are_sold_out_are_believed(self):
        report = self.report([0] * 6 + [UNITS] * 24, hours=8)
        self.assertFalse(report.is_short)
        self.assertEqual(self.counted()[:7], [0] * 6 + [UNITS])

    def test_another_unit_is_not_believed(self):
        """Pieces for cases of twelve: all shelves twelve times as full."""
        report = self.report([UNITS * 12] * COUNT, hours=8)
        self.assertTrue(report.is_short)
        self.assertEqual((report.accepted_count, self.counted()), (0, [UNITS] * COUNT))
        self.assertIn("ten times", report.problems)
        self.assertTrue(self.told())
        self.report([UNITS] * COUNT, hours=7)
        self.assertFalse(self.told())

    def test_a_delivery_of_all_goods_is_believed(self):
        self.report([UNITS * 9] * COUNT, hours=8)
        self.assertEqual(self.counted(), [UNITS * 9] * COUNT)

    def test_half_a_file_empties_nothing(self):
        self.report([UNITS] * 15, hours=8, complete=True)
        self.assertEqual(self.counted(), [UNITS] * COUNT)

    def test_a_blank_quantity_is_no_zero(self):
        """openboxes/openboxes#1802: empty cells of a count were taken for 0."""
        report = self.report(["", None, " ", "-", *[UNITS] * 26], hours=8)
        self.assertEqual((report.problem_count, report.accepted_count), (4, 26))
        self.assertEqual(self.counted(), [UNITS] * COUNT)
