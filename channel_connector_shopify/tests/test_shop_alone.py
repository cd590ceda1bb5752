# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import take_in

from .shop import PLACES, ShopCase


@tagged("post_install", "-at_install")
class TestShopAlone(ShopCase):
    """A connector needs stock alone: numbers go out and orders are held, whether or not
    anything is sold in Odoo."""

    def test_numbers_are_published_and_sales_are_held(self):
        self.channel.node_ids.external_id = self.place(PLACES[0])
        self.listing.write(
            {
                "external_id": self.shop.store.find_variant("SKU-2").gid,
                "stock_ref": self.item("SKU-2"),
                "sku": "SKU-2",
            }
        )
        self.plan()
        level = self.level
        self.assertEqual(level.target, 10)
        self.make_known(self.env, level, self.shown("SKU-2"))
        self.env["channel.level.pending"]._add(level)
        self.publish()
        self.assertEqual(self.shown("SKU-2"), 10)
        order = self.shop.checkout({"SKU-2": 3})
        event = self.adapter_model._fetch_order(self.channel, order.gid)
        self.env["channel.inbox.event"]._store(self.channel, [event], "fetch")
        self.env["channel.intake"]._capture_next(self.channel)
        self.plan()
        held = self.env["channel.order"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(held.hold_ids.mapped("stock_quantity"), [3])
        self.assertEqual(self.level.target, 7)
        take_in(self.env, self.channel)
        self.plan()
        self.assertEqual(self.level.target, 7)
