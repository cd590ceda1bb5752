# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ChannelCase

PARTNER = {
    "push_levels": False,
    "read_levels": False,
    "orders": False,
    "nodes": False,
    "webhooks": False,
    "connects": True,
    "sells": False,
    "fetch": False,
}
"""A warehouse or a supplier: documents go to and fro, and nothing is sold there."""


@tagged("post_install", "-at_install")
class TestPartners(ChannelCase):
    """Accounts that are connected and neither take numbers nor have orders."""

    def partner(self):
        self.fake.more = PARTNER
        owner = self.make_user(self.env, "manager", "owner")
        channel = self.env["channel.channel"].create(
            {"name": "Dock 9", "exception_user_id": owner.id}
        )
        self.assertFalse(channel.node_ids)
        return channel

    def test_partner_goes_live_without_nodes_and_listings(self):
        channel = self.partner()
        channel.action_test_connection()
        self.assertEqual(channel.connection_state, "ok")
        channel.action_prepare()
        channel.action_go_live()
        self.assertEqual(channel.state, "live")

    def test_setup_asks_for_what_there_is(self):
        channel = self.partner()
        names = [step["name"] for step in channel.setup_steps]
        self.assertEqual(names, ["Connection", "Exception owner", "Start", "Live"])

    def test_owner_is_needed_all_the_same(self):
        channel = self.partner()
        channel.exception_user_id = False
        channel.action_test_connection()
        with self.assertRaisesRegex(UserError, "Exception Owner"):
            channel.action_go_live()

    def test_shop_needs_its_nodes_and_listings(self):
        self.channel.exception_user_id = self.make_user(self.env, "manager", "owner")
        self.channel.connection_state = "ok"
        self.channel.listing_ids.state = "unmapped"
        with self.assertRaisesRegex(UserError, "Match at least one listing"):
            self.channel.action_go_live()
        self.channel.node_ids.warehouse_ids = False
        with self.assertRaisesRegex(UserError, "warehouse"):
            self.channel.action_go_live()

    def test_type_without_a_connection_cannot_be_tested(self):
        self.fake.more = {**PARTNER, "connects": False}
        with self.assertRaisesRegex(UserError, "no connection"):
            self.channel.action_test_connection()

    def test_channel_that_has_orders_only_is_connected(self):
        self.channel.state = "draft"
        self.fake.more = {**PARTNER, "orders": True, "sells": True}
        self.channel.action_test_connection()
        names = [step["name"] for step in self.channel.setup_steps]
        self.assertIn("Warehouses", names)
        self.assertNotIn("Listings", names)

    # ---------------------------------------------------------------- fetch
    def test_order_is_not_fetched_where_none_can_be(self):
        """Word of it comes by documents; nobody may be asked."""
        self.go_live(shown=10)
        order = self.capture(self.fake.sell(1))
        before = order.wanted_version
        self.fake.more = {"fetch": False}
        order._want_fetch()
        self.assertEqual(order.wanted_version, before)
        # one that is known in part only waits, too
        order.complete = False
        self.env.flush_all()
        asked = list(self.fake.asked)
        self.assertIsNone(self.env["channel.intake"]._fetch(self.channel))
        self.assertFalse(self.env["channel.intake"]._fetch_next(self.channel))
        self.assertEqual(self.fake.asked, asked)
        self.assertEqual(self.channel._unprocessed_events(), 0)

    def test_order_is_fetched_where_it_can_be(self):
        self.go_live(shown=10)
        order = self.capture(self.fake.sell(1))
        order._want_fetch()
        self.env.flush_all()
        self.assertTrue(self.env["channel.intake"]._fetch_next(self.channel))

    # ---------------------------------------------------------------- sells
    def test_partners_that_do_not_sell_can_be_left_out(self):
        channels = self.env["channel.channel"]
        self.assertTrue(self.channel.sells)
        other = self.partner()
        self.env.flush_all()
        mine = [("id", "in", (self.channel + other).ids)]
        found = channels.search([*mine, ("sells", "=", True)])
        self.assertEqual(found, self.channel)

    # ------------------------------------------------------------- decimals
    def test_pack_of_a_hundredth_sells_weight(self):
        """A channel counts in whole units: 2.5 kg are 250 of 0.01 kg."""
        unit = self.env.ref("uom.product_uom_kgm")
        self.product.uom_id = unit
        self.listing.write({"uom_id": unit.id, "pack_qty": 0.01})
        self.add_stock(self.env, self.product, self.warehouse, 2.5 - self.on_hand())
        self.plan()
        self.assertEqual(self.level.target, 250)
        self.go_live(shown=250)
        self.capture(self.fake.sell(120))
        hold = self.env["channel.hold"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(hold.product_id, self.product)
        self.assertAlmostEqual(hold.stock_quantity, 1.2)
        self.plan()
        self.assertEqual(self.level.target, 130)

    def on_hand(self):
        return self.product.qty_available
