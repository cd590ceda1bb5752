# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tests.common_marks import (
    MARK,
    Erased,
    find_marks,
)
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .shop import ShopCase


def address(who):
    words = ("first_name", "last_name", "company", "address_1", "address_2", "city")
    return {
        **{word: f"{MARK}.{who}.{word}" for word in words},
        "postcode": f"{MARK}.{who}.postcode",
        "phone": f"{MARK}.{who}.phone",
        "country": "DE",
    }


CART = {
    "billing": {**address("billing"), "email": f"{MARK}@example.com"},
    "shipping_address": address("shipping"),
    "note": f"{MARK}.note",
    "shipping": {"title": f"{MARK}.delivery", "price": "5"},
    "fees": [{"title": f"{MARK}.wrapping", "price": "2"}],
}


@tagged("post_install", "-at_install")
class TestShopErasure(Erased, Sold, ShopCase):
    """What customers of a shop wrote is nowhere in Odoo when its time is over."""

    def setUp(self):
        super().setUp()
        product = self.shop.store.find_product("SKU-1")
        ref = self.ref("SKU-1")
        self.listing.write({"external_id": str(product.id), "stock_ref": ref.stock_ref})
        self.plan()
        self.make_known(self.env, self.level, 10)

    def take_in(self):
        self.shop.store.clock.move(5)
        self.poll()
        self.intake()

    def tell(self):
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()

    def test_marked_order_that_was_shipped_and_refunded_leaves_nothing(self):
        from sandbox.woocommerce import orders

        sold = self.shop.checkout({"SKU-1": 2}, **CART)
        sold.meta.append({"id": 1, "key": "engraving", "value": f"{MARK}.meta"})
        sold.notes.append(f"{MARK}.private")
        self.take_in()
        order = self.order(str(sold.id))
        self.assertTrue(order.sale_order_id, order.state)
        self.ship(self.env, order.sale_order_id)
        self.tell()
        entry = (sold.lines[0], 1, None, None)
        orders.refund(self.shop.store, sold, [entry], reason=f"{MARK}.refund")
        self.take_in()
        self.tell()
        self.assertTrue(order.refund_ids)
        places = find_marks(self.env)
        for place in ("order.data", "inbox_event.body", "refund.note"):
            self.assertIn(f"channel_{place}", places)
        self.elapse()
        self.retain()
        self.assertTrue(order.blanked_at)
        self.assertErased()

    def test_marked_order_that_was_cancelled_leaves_nothing(self):
        sold = self.shop.checkout({"SKU-1": 1}, **CART)
        sold.lines[0].name = f"{MARK}.engraved"
        self.take_in()
        order = self.order(str(sold.id))
        self.assertIn("channel_order_line.title", find_marks(self.env))
        self.shop.cancel(sold)
        self.take_in()
        self.assertEqual(order.state, "cancelled")
        self.elapse()
        self.retain()
        self.assertErased()
