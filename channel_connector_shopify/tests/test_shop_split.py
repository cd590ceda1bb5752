# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .shop import PLACES, Inbox, ShopCase


@tagged("post_install", "-at_install")
class TestShopSplit(ShopCase):
    """A store with two locations: a sale needs no number of ours, for the store has
    taken it off itself, and the webhook does not say yet at which location."""

    def setUp(self):
        super().setUp()
        self.adapter_model._test_connection(self.channel)
        variant = self.shop.store.find_variant("SKU-1")
        self.listing.write(
            {"external_id": variant.gid, "stock_ref": self.item("SKU-1")}
        )
        self.second = self.make_warehouse(self.env, "CH2")
        self.node.write({"external_id": self.place(PLACES[0]), "name": PLACES[0]})
        self.env["channel.node"].create(
            {
                "channel_id": self.channel.id,
                "external_id": self.place(PLACES[1]),
                "name": PLACES[1],
                "warehouse_ids": [(6, 0, self.second.ids)],
            }
        )
        self.add_stock(self.env, self.product, self.warehouse, 40)
        self.add_stock(self.env, self.product, self.second, 50)
        self.shop.edit_stock("SKU-1", PLACES[0], quantity=50)
        self.shop.edit_stock("SKU-1", PLACES[1], quantity=50)
        self.plan()
        for level in self.env["channel.level"].search([]):
            self.make_known(self.env, level, 50)
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        self.adapter_model._ensure_webhooks(self.channel, f"{self.inbox.url}/hook")
        self.publish()

    def receive(self):
        self.assertTrue(self.shop.webhooks.wait_idle())
        events = [
            self.adapter_model._verify_webhook(self.channel, headers, body)
            for headers, body in self.inbox.deliveries
        ]
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        self.env.flush_all()

    def writes(self):
        return self.env["channel.publication"].search_count(
            [("channel_id", "=", self.channel.id)]
        )

    def test_sales_at_two_locations_write_no_number(self):
        before = self.writes()
        for number in range(24):
            units = 1 + number % 3
            self.shop.checkout({"SKU-1": units}, location=PLACES[number % 2])
            self.receive()
            while self.env["channel.intake"]._capture_next(self.channel):
                pass
            self.plan()
            self.publish()
            # the rest of the order is fetched, and a publisher comes before a planner
            self.intake()
            self.publish()
            self.plan()
            self.publish()
        self.assertEqual(self.writes(), before)
        shown = [self.shown("SKU-1", place) for place in PLACES]
        levels = self.env["channel.level"].search(
            [("listing_id", "=", self.listing.id)]
        )
        self.assertEqual(sorted(shown), sorted(levels.mapped("target")))

    def test_line_over_both_locations_is_held_at_both(self):
        self.shop.checkout({"SKU-1": 70})
        self.receive()
        self.intake()
        self.plan()
        self.publish()
        levels = self.env["channel.level"].search(
            [("listing_id", "=", self.listing.id)]
        )
        shown = {self.place(place): self.shown("SKU-1", place) for place in PLACES}
        self.assertEqual(
            {level.node_id.external_id: level.target for level in levels}, shown
        )
        self.assertEqual(sum(shown.values()), 30)

    def test_parts_shipped_from_both_locations_are_told_of_each(self):
        placed = self.shop.checkout({"SKU-1": 70})
        self.receive()
        self.intake()
        sale_order = self.order(placed.gid).sale_order_id
        self.assertEqual(len(sale_order.picking_ids), 2)
        for picking in sale_order.picking_ids:
            picking.move_ids.picked = True
            picking.button_validate()
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        told = self.env["channel.message"].search(
            [("kind", "=", "shipment"), ("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(told.mapped("state"), ["done", "done"])
