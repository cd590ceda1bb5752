# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tools.poisson import chance_of_more

from .common import ReconcileCase


@tagged("post_install", "-at_install")
class TestExposure(ReconcileCase):
    """What all channels together could still sell, beside what is there."""

    def setUp(self):
        super().setUp()
        self.add_stock(self.env, self.product, self.warehouse, -5)
        self.channels = self.channel
        for number in (2, 3):
            channel = self.make_channel(self.env, code=f"CH{number}")
            channel.node_ids.warehouse_ids = self.warehouse
            self.make_listing(self.env, channel, self.product)
            self.channels += channel
        self.plan()
        for channel in self.channels:
            level = self.env["channel.level"].search([("channel_id", "=", channel.id)])
            self.make_known(self.env, level, 5)
        self.channels.publish_latency = 60
        self.env["channel.sales.rate"].create(
            {
                "product_id": self.product.id,
                "company_id": self.channel.company_id.id,
                "per_day": 240,
                "measured_at": "2026-01-01 00:00:00",
            }
        )
        self.env.flush_all()

    def row(self):
        self.env.flush_all()
        self.env["channel.exposure"].invalidate_model()
        return self.env["channel.exposure"].search(
            [("product_id", "=", self.product.id)]
        )

    def oracle(self, mean, available, surplus):
        units = range(available, available + surplus)
        return sum(chance_of_more(mean, number) for number in units)

    def test_16_three_channels_show_five_of_five(self):
        row = self.row()
        self.assertEqual(row.channel_count, 3)
        self.assertEqual((row.exposure, row.available, row.surplus), (15, 5, 10))
        mean = 10 / 60
        self.assertAlmostEqual(row.expected_units, self.oracle(mean, 5, 10), places=12)
        self.channels.publish_latency = 3600
        row = self.row()
        self.assertAlmostEqual(row.expected_units, self.oracle(10, 5, 10), places=6)
        self.assertAlmostEqual(
            row.expected_value, 10 * self.oracle(10, 5, 10), places=4
        )

    def test_one_channel_that_shows_what_is_there_is_not_exposed(self):
        (self.channels - self.channel).write({"state": "paused"})
        self.assertFalse(self.row())

    def test_packs_count_in_stock_units(self):
        listing = self.env["channel.listing"].search(
            [("channel_id", "=", self.channels[1].id)]
        )
        listing.pack_qty = 2
        self.assertEqual(self.row().exposure, 20)

    def test_a_buffer_is_suggested(self):
        action = self.row().action_suggest_rule()
        rule = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((rule.kind, rule.value, rule.state), ("risk", 1, "draft"))
        self.assertEqual(rule.product_id, self.product)
