# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestOddProducts(ChannelCase):
    """Listings whose product Odoo does not count, or has archived."""

    def told(self, key):
        self.env.flush_all()
        self.env["channel.channel"]._cron_sweep()
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("key", "=", key),
                ("state", "=", "open"),
            ]
        )

    def test_product_that_is_not_tracked_gets_no_number_and_is_told(self):
        """Whenever it is found out: when it is matched, or later."""
        for number, kind in ((2, "consu"), (3, "service")):
            product = self.make_product(self.env, number, type=kind, is_storable=False)
            listing = self.make_listing(self.env, self.channel, product, number)
            self.plan()
            self.assertFalse(listing.level_ids, kind)
        told = self.told("uncounted")
        self.assertIn("2 listings", told.message)
        count = told.count
        self.assertEqual(self.told("uncounted").count, count, "it is told once")
        # following the advice ends it
        self.env["product.product"].search([("default_code", "=", "SKU-2")]).write(
            {"is_storable": True}
        )
        self.assertIn("1 listings", self.told("uncounted").message)
        listing.action_ignore()
        self.assertFalse(self.told("uncounted"))
        self.plan()
        levels = self.env["channel.level"].search([])
        self.assertIn("SKU-2", levels.mapped("sku"))

    def test_number_of_a_product_that_is_tracked_no_more_is_not_sent(self):
        self.go_live(10)
        self.product.stock_quant_ids.sudo().unlink()
        self.env.cr.execute(
            "UPDATE product_template SET is_storable = false WHERE id = %s",
            (self.product.product_tmpl_id.id,),
        )
        self.env.invalidate_all()
        self.listing._compute_uncounted()
        self.plan()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertTrue(self.told("uncounted"))

    def test_archived_product_is_told_and_the_channel_decides(self):
        self.go_live(10)
        self.publish()
        self.product.active = False
        self.plan()
        self.assertEqual(self.level.target, 10)
        self.assertIn("Sell remaining stock", self.told("archived").message)
        self.channel.archived_policy = "stop"
        self.plan()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 0)
        self.assertTrue(self.level.why)
        told = self.told("archived")
        self.assertEqual(len(told), 1)
        self.assertIn("Stop selling", told.message)
        self.product.active = True
        self.plan()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertFalse(self.told("archived"))

    def test_policy_of_one_channel_is_not_that_of_another(self):
        other = self.make_channel(self.env, "OTH", archived_policy="stop")
        other.node_ids.warehouse_ids = self.warehouse
        listing = self.make_listing(self.env, other, self.product, 1)
        self.product.active = False
        self.plan()
        targets = self.env["channel.level"].search([])
        self.assertEqual(
            {each.listing_id: each.target for each in targets},
            {self.listing: 10, listing: 0},
        )
