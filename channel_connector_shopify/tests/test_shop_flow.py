# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .shop import PLACES, Inbox, ShopCase


@tagged("post_install", "-at_install")
class TestShopFlow(ShopCase):
    """The base's planner, publisher and intake over a running store."""

    def setUp(self):
        super().setUp()
        adapter = self.adapter_model
        adapter._test_connection(self.channel)
        self.node.write({"external_id": self.place(PLACES[0]), "name": PLACES[0]})
        variant = self.shop.store.find_variant("SKU-1")
        self.listing.write(
            {"external_id": variant.gid, "stock_ref": self.item("SKU-1")}
        )
        self.plan()
        self.make_known(self.env, self.level, 10)
        self.shop.edit_stock("SKU-1", PLACES[0], quantity=10)

    def add(self, quantity):
        self.add_stock(self.env, self.product, self.warehouse, quantity)
        self.plan()

    def receive(self, topic=None):
        """Hand the base what the store has delivered."""
        self.assertTrue(self.shop.webhooks.wait_idle())
        events = [
            self.adapter_model._verify_webhook(self.channel, headers, body)
            for headers, body in self.inbox.deliveries
            if topic in (None, headers["X-Shopify-Topic"])
        ]
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        self.intake()

    def subscribe(self):
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        self.adapter_model._ensure_webhooks(self.channel, f"{self.inbox.url}/hook")

    def test_stock_change_reaches_the_store(self):
        self.add(7)
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 17)
        self.assertEqual(self.env["channel.publication"].search([])[0].state, "done")

    def test_unseen_sale_is_never_overwritten(self):
        self.add(7)
        self.shop.checkout({"SKU-1": 3})
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 7)
        self.poll()
        self.intake()
        self.plan()
        for _look in range(2):
            self.observe()
            self.later(5)
        self.plan()
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 14)

    def test_sale_by_webhook_is_held_at_once_and_complete_soon(self):
        self.subscribe()
        order = self.shop.checkout({"SKU-1": 4}, shipping={"title": "S", "price": "5"})
        self.receive("orders/create")
        found = self.order(order.gid)
        self.assertTrue(found.complete)
        self.assertEqual(found.total, 45)
        self.plan()
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 6)
        self.assertEqual(self.level.target, 6)

    def test_webhooks_in_any_order_and_number_make_one_order(self):
        self.subscribe()
        order = self.shop.checkout({"SKU-1": 4}, payment="pending")
        self.shop.pay(order)
        self.shop.refund(order, {"SKU-1": 1}, restock="CANCEL")
        self.assertTrue(self.shop.webhooks.wait_idle())
        self.inbox.deliveries.reverse()
        self.inbox.deliveries += self.inbox.deliveries
        self.receive()
        self.poll()
        self.intake()
        found = self.order(order.gid)
        self.assertEqual(len(found), 1)
        self.assertEqual([line.quantity for line in found.line_ids], [3])
        self.plan()
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 7)

    def test_lost_answer_is_repeated_and_written_once(self):
        self.add(7)
        self.shop.faults.add(
            kind="reset_after_commit", next=4, operation="inventorySetQuantities"
        )
        self.patch(type(self.adapter_model), "_sleep", lambda adapter, seconds: None)
        try:
            self.publish()
        except Exception as error:
            self.assertIn("lost", str(error))
        self.shop.checkout({"SKU-1": 2})
        self.publish()
        self.assertEqual(self.shown("SKU-1"), 15)
        sent = self.env["channel.publication"].search([])
        self.assertEqual((len(sent), sent.state, sent.attempts), (1, "done", 2))
