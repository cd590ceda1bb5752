# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup, take_in
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .shop import PLACES, ConnectedShop


@tagged("post_install", "-at_install")
class TestShopTour(Sold, ConnectedShop, ChannelSetup, HttpCase):
    """Warehouse staff do their work in Inventory as always; the store learns of it."""

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.channel = cls.make_channel(cls.env)
        place = cls.shop.store.find_location(PLACES[0])
        cls.channel.node_ids.external_id = place.gid
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        variant = cls.shop.store.find_variant("SKU-1")
        cls.make_listing(
            cls.env,
            cls.channel,
            cls.product,
            external_id=variant.gid,
            stock_ref=variant.item.gid,
        )

    def setUp(self):
        super().setUp()
        if "carrier_tracking_ref" not in self.env["stock.picking"]._fields:
            self.skipTest("needs stock_delivery")

    def take_in(self, order):
        self.env.flush_all()
        self.env["channel.intake"]._poll(self.channel)
        take_in(self.env, self.channel)
        self.env.invalidate_all()
        return self.env["channel.order"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("external_id", "=", order.gid),
            ]
        )

    def test_two_parcels_are_two_fulfillments_with_tracking(self):
        order = self.shop.checkout({"SKU-1": 5})
        picking = self.take_in(order).sale_order_id.picking_ids
        self.pack(self.env, picking, 2, 3)
        new_test_user(
            self.env,
            login="worker",
            # Odoo's own delivery methods ask for the second
            groups="stock.group_stock_user,sales_team.group_sale_salesman",
        )
        self.start_tour(
            f"/odoo/action-stock.action_picking_tree_all/{picking.id}",
            "shopify_ship_two_parcels",
            login="worker",
        )
        self.assertEqual(picking.state, "done")
        self.env["channel.messenger"]._run(self.channel)
        shown = [
            (
                sum(quantity for _id, _line, quantity in parcel.lines),
                parcel.tracking[0]["number"],
            )
            for parcel in order.fulfillments
        ]
        self.assertEqual(shown, [(2, "1Z-FIRST"), (3, "1Z-SECOND")])
        self.assertFalse(any(line.unfulfilled for line in order.lines))
