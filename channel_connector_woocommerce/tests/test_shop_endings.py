# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from dataclasses import replace

from odoo.tests import tagged

from ..mapper import stock_ref
from .shop import Inbox, ShopCase

BILLING = {
    "first_name": "Ada",
    "last_name": "Shopper",
    "address_1": "Street 1",
    "city": "Gent",
    "postcode": "9000",
    "country": "BE",
    "email": "ada@shopper.example",
}


class EndingCase(ShopCase):
    """Orders that end in the shop in other ways than by being shipped from here."""

    def setUp(self):
        super().setUp()
        product = self.shop.store.find_product("SKU-1")
        self.listing.write(
            {"external_id": str(product.id), "stock_ref": stock_ref(product.id, 0)}
        )
        self.plan()
        self.make_known(self.env, self.level, 10)
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        self.adapter_model._ensure_webhooks(self.channel, f"{self.inbox.url}/hook")
        self.inbox.deliveries.clear()

    def buy(self, quantity=3, **values):
        return self.shop.checkout({"SKU-1": quantity}, billing=BILLING, **values)

    def receive(self):
        """Hand the base what the shop has delivered, and have it taken in."""
        self.shop.cron()
        events = [
            self.adapter_model._verify_webhook(self.channel, headers, body)
            for headers, body in self.inbox.deliveries
        ]
        self.inbox.deliveries.clear()
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        self.work()

    def work(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_order SET fetch_after = NULL, "
            "create_date = create_date - interval '2 hours'"
        )
        self.env.invalidate_all()
        self.intake()
        self.env.cr.precommit.run()
        self.plan()

    def known(self, order):
        return self.order(str(order.id))

    def held(self, order):
        holds = self.known(order).hold_ids
        return sum(holds.filtered(lambda h: h.state == "active").mapped("quantity"))


@tagged("post_install", "-at_install")
class TestShopEndings(EndingCase):
    def test_trashed_quotation_ends_and_comes_back_when_restored(self):
        order = self.buy(payment="on-hold")
        self.receive()
        self.assertEqual((self.known(order).stage, self.level.target), ("quotation", 7))
        self.shop.trash(order)
        self.receive()
        self.assertEqual((self.known(order).state, self.level.target), ("gone", 10))
        self.shop.untrash(order)
        self.receive()
        self.assertEqual((self.known(order).stage, self.level.target), ("quotation", 7))

    def test_trashed_order_with_an_open_delivery_is_told(self):
        order = self.buy()
        self.receive()
        self.shop.trash(order)
        self.receive()
        known = self.known(order)
        self.assertEqual((known.state, self.level.target), ("blocked", 7))
        found = self.env["channel.exception"].search([("res_id", "=", known.id)])
        self.assertIn(known.sale_order_id.picking_ids.name, found.message)
        known.sale_order_id._action_cancel()
        self.env.cr.precommit.run()
        self.plan()
        self.assertEqual((known.state, self.level.target), ("gone", 10))

    def test_deleted_for_good_without_a_webhook_is_found(self):
        order, other = self.buy(payment="on-hold"), self.buy(1)
        self.receive()
        self.shop.trash(order, force=True)
        self.receive()
        self.assertEqual(self.known(order).state, "imported")
        self.poll()
        self.work()
        self.assertEqual((self.known(order).state, self.level.target), ("gone", 9))
        self.assertEqual(self.known(other).state, "imported")

    def test_completed_before_it_is_seen_has_left_odoo(self):
        self.channel.connected_at = "2020-01-01 00:00:00"
        order = self.buy()
        self.shop.set_status(order, "completed")
        self.poll()
        self.work()
        self.assertEqual(self.known(order).stage, "shipped")
        self.assertEqual(self.level.target, 7)

    def test_completed_by_mistake_is_shipped_from_here_once_it_is_put_back(self):
        """woocommerce/woocommerce#34877: the date of the completion stays."""
        self.channel.connected_at = "2020-01-01 00:00:00"
        early, late = self.buy(2), self.buy(1)
        self.shop.set_status(early, "completed")
        self.shop.set_status(early, "processing")
        self.poll()
        self.work()
        for order in (early, late):
            self.assertEqual(self.known(order).stage, "reserved")
        self.shop.set_status(late, "completed")
        self.poll()
        self.work()
        self.shop.set_status(late, "processing")
        self.poll()
        self.work()
        self.assertEqual(self.known(late).stage, "reserved")
        self.assertFalse(
            self.env["channel.exception"].search(
                [("channel_id", "=", self.channel.id), ("state", "=", "open")]
            )
        )
        self.assertEqual(self.level.target, 7)

    def test_completed_before_the_connection_is_history(self):
        order = self.buy()
        self.shop.set_status(order, "completed")
        self.channel.connected_at = "2099-01-01 00:00:00"
        self.poll()
        self.work()
        self.assertEqual(self.known(order).ending, "history")
        self.assertEqual(self.level.target, 10)

    def test_connecting_reads_the_clock_of_the_shop(self):
        self.shop.store.clock.move(600)
        info = self.adapter_model._test_connection(self.channel)
        self.channel._remember_clock(info.clock)
        ahead = self.channel._get_shared_state("clock")["ahead"]
        self.assertAlmostEqual(ahead, 600, delta=15)

    def test_cancelled_after_the_clock_was_set_right(self):
        self.shop.store.clock.move(600)
        order = self.buy()
        self.receive()
        self.assertEqual(self.level.target, 7)
        self.shop.store.clock.move(0, backwards=True)
        self.shop.set_status(order, "cancelled")
        self.receive()
        self.assertEqual(self.known(order).state, "cancelled")
        self.assertEqual(self.level.target, 10)

    def test_body_that_cannot_be_read_is_held_and_the_order_named(self):
        order = self.buy(2)
        event = self.adapter_model._fetch_order(self.channel, str(order.id))
        raw = json.loads(event.body)
        raw["billing"] = "somewhere"
        odd = replace(event, body=json.dumps(raw), key="odd")
        self.env["channel.inbox.event"]._store(self.channel, [odd], "webhook")
        self.work()
        known = self.known(order)
        self.assertEqual((known.state, self.held(order)), ("blocked", 2))
        found = self.env["channel.exception"].search([("res_id", "=", known.id)])
        self.assertIn(f"#{order.id}", found.message)
