# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tests.common_marks import (
    MARK,
    Erased,
    find_marks,
)
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .shop import PLACES, Inbox, ShopCase


def address(who):
    words = ("first_name", "last_name", "company", "address1", "address2", "city")
    return {
        **{word: f"{MARK}.{who}.{word}" for word in words},
        "zip": f"{MARK}.{who}.zip",
        "phone": f"{MARK}.{who}.phone",
        "country_code": "DE",
    }


CART = {
    "customer": {
        "first_name": f"{MARK}.customer.first",
        "last_name": f"{MARK}.customer.last",
        "email": f"{MARK}@example.com",
        "phone": f"{MARK}.customer.phone",
        "note": f"{MARK}.customer.note",
    },
    "shipping_address": address("shipping"),
    "billing_address": address("billing"),
    "note": f"{MARK}.note",
    "attributes": {f"{MARK}.attribute": f"{MARK}.value"},
    "tags": [f"{MARK}.tag"],
    "shipping": {"title": f"{MARK}.delivery", "price": "5"},
}


@tagged("post_install", "-at_install")
class TestShopErasure(Erased, Sold, ShopCase):
    """What customers of a store wrote is nowhere in Odoo when its time is over."""

    def setUp(self):
        super().setUp()
        self.adapter_model._test_connection(self.channel)
        self.node.write({"external_id": self.place(PLACES[0]), "name": PLACES[0]})
        variant = self.shop.store.find_variant("SKU-1")
        self.listing.write(
            {"external_id": variant.gid, "stock_ref": self.item("SKU-1")}
        )
        self.plan()
        self.make_known(self.env, self.level, 10)
        self.shop.edit_stock("SKU-1", PLACES[0], quantity=10)
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        self.adapter_model._ensure_webhooks(self.channel, f"{self.inbox.url}/hook")

    def take_in(self):
        """By webhook and by poll, so that both bodies are there."""
        self.assertTrue(self.shop.webhooks.wait_idle())
        events = [
            self.adapter_model._verify_webhook(self.channel, headers, body)
            for headers, body in self.inbox.deliveries
        ]
        del self.inbox.deliveries[:]
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        self.intake()
        self.poll()
        self.intake()

    def tell(self):
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()

    def buy(self, **line):
        line = {"sku": "SKU-1", "quantity": 2, **line}
        return self.shop.checkout([line], **CART)

    def test_marked_order_that_was_shipped_and_refunded_leaves_nothing(self):
        sold = self.buy(properties={"Engraving": f"{MARK}.property"})
        self.take_in()
        order = self.order(sold.gid)
        self.assertTrue(order.sale_order_id, order.state)
        self.ship(self.env, order.sale_order_id)
        self.tell()
        self.shop.refund(sold, {"SKU-1": 1}, note=f"{MARK}.refund")
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

    def test_marked_order_with_a_custom_line_leaves_nothing_once_cancelled(self):
        custom = {"title": f"{MARK}.custom", "price": "3", "quantity": 1}
        sold = self.shop.checkout([{"sku": "SKU-1", "quantity": 1}, custom], **CART)
        self.take_in()
        order = self.order(sold.gid)
        self.assertEqual(order.state, "blocked")
        self.shop.cancel(sold)
        self.take_in()
        self.assertEqual(order.state, "cancelled")
        self.assertIn("channel_order_line.title", find_marks(self.env))
        self.elapse()
        self.retain()
        self.assertErased()
