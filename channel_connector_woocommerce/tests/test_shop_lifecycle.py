# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from ..lib import marks
from .shop import ShopCase


@tagged("post_install", "-at_install")
class TestShopLifecycle(Sold, ShopCase):
    """From a sale in the shop to what Odoo does with it, and back to the shop."""

    def setUp(self):
        super().setUp()
        product = self.shop.store.find_product("SKU-1")
        ref = self.ref("SKU-1")
        self.listing.write({"external_id": str(product.id), "stock_ref": ref.stock_ref})
        self.plan()
        self.make_known(self.env, self.level, 10)
        self.sold = self.shop.checkout({"SKU-1": 4})
        self.take_in()
        self.known = self.order(str(self.sold.id))
        self.sale = self.known.sale_order_id

    def take_in(self):
        self.poll()
        self.intake()
        self.plan()
        self.publish()

    def tell(self):
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        states = self.known.notification_ids.mapped("state")
        self.assertEqual(
            set(states), {"done"}, self.known.notification_ids.mapped("error")
        )

    def later(self, seconds):
        self.shop.store.clock.move(seconds)

    def trouble(self):
        return (
            self.env["channel.exception"]
            .search([("channel_id", "=", self.channel.id), ("state", "=", "open")])
            .mapped("message")
        )

    def test_two_parcels_and_the_order_is_completed(self):
        self.ship(self.env, self.sale, 3)
        self.tell()
        self.assertEqual(self.sold.status, "processing")
        self.later(5)
        self.take_in()
        self.assertEqual(self.fetch(self.sold).lines[0].open_quantity, 1)
        self.ship(self.env, self.sale, 1)
        self.tell()
        self.assertEqual(self.sold.status, "completed")
        parcels = marks.parcels({"meta_data": self.sold.meta})
        self.assertEqual([sum(each["units"].values()) for each in parcels], [3, 1])
        # our own words come back as a changed order, and change nothing
        self.later(10)
        self.take_in()
        self.assertEqual(self.trouble(), [])
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (6, 6))

    def test_cancelled_in_odoo_is_cancelled_and_on_sale_in_the_shop(self):
        self.sale.with_context(disable_cancel_warning=True).action_cancel()
        self.tell()
        self.assertIn(self.sold.status, ("cancelled", "refunded"))
        self.later(5)
        self.take_in()
        self.assertEqual(self.known.state, "cancelled")
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (10, 10))

    def test_completed_by_somebody_in_the_shop_is_told_to_a_person(self):
        self.later(5)
        self.shop.set_status(self.sold, "completed")
        self.take_in()
        self.assertIn("shipped according to the channel", " ".join(self.trouble()))
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (6, 6))

    def test_refunded_in_the_shop_before_shipping_is_not_shipped(self):
        self.later(5)
        self.shop.refund(self.sold, {"SKU-1": 1}, restock=True)
        self.take_in()
        self.take_in()
        open_units = sum(
            move.product_uom_qty
            for move in self.sale.picking_ids.move_ids
            if move.state not in ("done", "cancel")
        )
        self.assertEqual(open_units, 3)
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (7, 7))

    def test_returned_and_refunded_in_the_shop_keeps_the_shipment(self):
        self.ship(self.env, self.sale)
        self.tell()
        self.assertEqual(self.sold.status, "completed")
        self.later(5)
        self.shop.refund(self.sold, {"SKU-1": 1}, restock=False)
        self.take_in()
        line = self.fetch(self.sold).lines[0]
        self.assertEqual((line.quantity, line.shipped_quantity), (3, 4))
        self.assertEqual(self.sale.order_line[:1].qty_delivered, 4)
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (6, 6))
