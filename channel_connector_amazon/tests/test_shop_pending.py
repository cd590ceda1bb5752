# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo.tests import tagged

from ..const import MERCHANT
from .shop import AccountCase

DAY = 86400


@tagged("post_install", "-at_install")
class TestShopPending(AccountCase):
    """Orders whose payment is being verified: their units are gone from Amazon's
    number, so they are held here, for as long as it takes and whatever comes of it."""

    def setUp(self):
        super().setUp()
        self.shop.rules.set(new_order_told=1)
        self.listing.write({"external_id": "SKU-2", "stock_ref": "SKU-2"})
        self.node.external_id = MERCHANT
        self.channel.write(
            {
                "amazon_queue_url": self.shop.queue_url("orders"),
                "amazon_aws_key": "AKIATEST",
            }
        )
        # who listens subscribes the queue
        self.adapter_model._drain(self.channel, 1)

    def hear(self):
        """What Amazon has told by now is taken in, and what it told of is fetched."""
        self.shop.pass_time(5)
        self.env.flush_all()
        self.env["channel.stream"]._drain(self.channel)
        intake = self.env["channel.intake"]
        while intake._capture_next(self.channel) or intake._fetch_next(self.channel):
            pass
        self.env.invalidate_all()

    def buy(self, quantity=2):
        order = self.shop.checkout({"SKU-2": quantity}, payment="pending")
        self.hear()
        return order

    def held(self):
        self.env["channel.position"].invalidate_model()
        return self.position.held

    def wait(self, days):
        """So long nothing is heard; what is asked for again every few hours is."""
        for _day in range(days):
            self.shop.pass_time(DAY)
            for order in self.env["channel.order"].search([]):
                order._want_fetch()
            self.hear()

    def test_held_for_three_days_and_cancelled(self):
        order = self.buy()
        self.wait(3)
        known = self.order(order.id)
        self.assertEqual((known.state, self.held()), ("announced", 2))
        self.assertFalse(known.sale_order_id)
        self.assertFalse(self.exceptions())
        self.shop.cancel(order)
        self.hear()
        self.assertEqual((known.state, self.held()), ("cancelled", 0))
        self.assertEqual(self.shop.shown("SKU-2"), 20)

    def test_held_for_three_days_and_paid_with_another_quantity(self):
        for quantity in (1, 3):
            with self.subTest(quantity=quantity):
                order = self.buy()
                self.wait(3)
                self.shop.edit_order(order, {"SKU-2": quantity})
                self.shop.pay(order)
                self.hear()
                known = self.order(order.id)
                self.assertEqual(known.line_ids.open_quantity, quantity)
                self.assertEqual(self.held(), quantity)
                self.assertEqual(known.state, "captured")
                self.shop.cancel(order)
                self.hear()
                self.assertEqual(self.held(), 0)

    def test_pending_order_that_vanished_gives_its_units_back(self):
        order = self.buy()
        self.assertEqual(self.held(), 2)
        self.shop.vanish(order)
        known = self.order(order.id)
        # Odoo does not believe the first answer that it is nowhere
        for _look in range(3):
            known.flush_recordset()
            self.env.cr.execute(
                """
                UPDATE channel_order SET placed_at = placed_at - interval '2 days',
                       create_date = create_date - interval '2 days',
                       write_date = write_date - interval '2 days'
                """
            )
            self.env.invalidate_all()
            known._want_fetch()
            self.hear()
        self.assertEqual((known.state, self.held()), ("gone", 0))

    def test_words_about_two_items_hold_both(self):
        other = self.make_product(self.env, 9, 10, self.warehouse)
        names = {"external_id": "SKU-1", "stock_ref": "SKU-1", "sku": "SKU-1"}
        self.make_listing(self.env, self.channel, other, 9, **names)
        self.shop.rules.set(order_level=0)
        # the order itself cannot be had meanwhile
        self.shop.faults.add(kind="http_503", operation="getOrder", rate=1)
        order = self.shop.checkout({"SKU-1": 1, "SKU-2": 2}, payment="pending")
        self.shop.pass_time(5)
        self.env.flush_all()
        self.env["channel.stream"]._drain(self.channel)
        while self.env["channel.intake"]._capture_next(self.channel):
            pass
        lines = self.order(order.id).line_ids
        self.assertEqual(dict.fromkeys(lines.mapped("sku")).keys(), {"SKU-1", "SKU-2"})
        self.assertEqual(sum(lines.mapped("open_quantity")), 3)
        self.assertEqual(self.held(), 2)

    def test_word_that_is_older_than_the_order_changes_nothing(self):
        order = self.buy()
        word = json.loads(self.first_word(order))
        self.shop.pass_time(60)
        self.shop.pay(order)
        self.hear()
        known = self.order(order.id)
        self.assertEqual(known.state, "captured")
        word["NotificationMetadata"]["NotificationId"] = "late"
        self.shop.queues["orders"].put(json.dumps(word))
        self.hear()
        self.assertEqual((known.state, self.held()), ("captured", 2))

    def first_word(self, order):
        """The first notification about an order, as it was sent."""
        events = self.env["channel.inbox.event"].search([("ref", "=", order.id)])
        told = events.filtered(lambda each: "NotificationMetadata" in each.body)
        return told.sorted("id")[0].body

    def exceptions(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )
