# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from ..const import MERCHANT
from .shop import AccountCase

KINDS = {"ORDER_CHANGE", "FEED_PROCESSING_FINISHED", "REPORT_PROCESSING_FINISHED"}


@tagged("post_install", "-at_install")
class TestShopStream(AccountCase):
    """The seller's queue, against a running account."""

    def setUp(self):
        super().setUp()
        # Amazon is not clear about whether it tells of new orders; here it does
        self.shop.rules.set(new_order_told=1)
        self.channel.write(
            {
                "amazon_queue_url": self.shop.queue_url("orders"),
                "amazon_aws_key": "AKIATEST",
            }
        )

    def drain(self, wait=1):
        return self.adapter_model._drain(self.channel, wait)

    def told(self):
        """Everything that was told so far has arrived, and is taken."""
        self.shop.pass_time(5)
        events, receipts = [], []
        while not (batch := self.drain()).empty:
            events += batch.events
            receipts += batch.receipts
        self.adapter_model._acknowledge(self.channel, receipts)
        return events

    def parse(self, event):
        return self.adapter_model._parse_order(self.channel, event.body)

    def waiting(self):
        visible, hidden = self.shop.queues["orders"].counts()
        return visible + hidden

    # -------------------------------------------------------- subscriptions
    def test_queue_is_subscribed_once(self):
        self.assertTrue(self.drain().empty)
        self.assertEqual(set(self.shop.words.subscriptions), KINDS)
        asked = len(self.requests("getSubscription"))
        self.drain()
        self.assertEqual(len(self.requests("getSubscription")), asked)
        self.assertEqual(self.violations(), {})

    def test_publisher_does_not_take_an_unsubscribed_queue_for_no_news(self):
        with self.raises(exceptions.UnavailableError):
            self.drain(wait=0)
        self.drain()
        self.assertTrue(self.drain(wait=0).empty)

    def test_amazon_that_fails_meanwhile_is_asked_again(self):
        """jlevers/selling-partner-api#291: createDestination answers 500: no reason to
        stop the queue, and no half of it is left."""
        number = self.shop.faults.add(kind="http_500", operation="createDestination").id
        with self.raises(exceptions.UnavailableError):
            self.drain()
        self.shop.faults.remove(number)
        self.drain()
        self.assertEqual(set(self.shop.words.subscriptions), KINDS)

    def test_other_queue_is_subscribed_anew(self):
        self.drain()
        self.channel.amazon_queue_url = self.shop.queue_url("elsewhere")
        with self.raises(exceptions.UnavailableError):
            self.drain(wait=0)

    def test_queue_that_lets_nobody_in_is_told(self):
        self.shop.config.closed_queues = ("orders",)
        self.addCleanup(self.shop.config.update, {"closed_queues": ()})
        with self.raises(exceptions.RejectedError):
            self.drain()

    def test_subscription_of_another_program_is_told_and_not_taken(self):
        self.drain()
        self.shop.words.subscriptions["ORDER_CHANGE"]["destinationId"] = "another"
        self.channel.amazon_seller_id = self.channel.amazon_seller_id
        self.adapter_model._learn_facts(self.channel, queue="")
        with self.raises(exceptions.RejectedError) as caught:
            self.drain()
        self.assertIn("ORDER_CHANGE", str(caught.exception))

    def test_wrong_key_is_told_in_plain_words(self):
        self.drain()
        self.channel.amazon_aws_secret = "wrong"
        with self.raises(exceptions.AuthError) as caught:
            self.drain()
        self.assertIn("AWS", str(caught.exception))

    # --------------------------------------------------------------- repair
    def open_exceptions(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def test_subscription_that_fell_off_is_made_again_and_told(self):
        self.drain()
        self.channel._job_webhooks()
        self.assertFalse(self.open_exceptions())
        del self.shop.words.subscriptions["ORDER_CHANGE"]
        self.channel._job_webhooks()
        self.assertEqual(set(self.shop.words.subscriptions), KINDS)
        self.assertIn("ORDER_CHANGE", self.open_exceptions().message)
        self.assertEqual(self.violations(), {})

    def test_destination_that_is_gone_is_made_again(self):
        self.drain()
        self.shop.words.destinations.clear()
        self.shop.words.subscriptions.clear()
        self.channel._job_webhooks()
        [destination] = self.shop.words.destinations
        homes = {
            each["destinationId"] for each in self.shop.words.subscriptions.values()
        }
        self.assertEqual(homes, {destination})

    def test_wrong_key_stops_the_queue_and_nothing_else(self):
        self.drain()
        self.channel.amazon_aws_secret = "wrong"
        self.channel._job_listen()
        self.assertEqual(self.channel.connection_state, "ok")
        self.assertIn("AWS", self.open_exceptions().message)
        order = self.sell({"SKU-2": 2}, payment="pending")
        self.env["channel.intake"]._poll(self.channel)
        self.env["channel.intake"]._run(self.channel)
        found = self.env["channel.order"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(found.external_id, order.id)

    def test_subscription_of_another_program_stops_the_queue_and_nothing_else(self):
        self.drain()
        self.shop.words.subscriptions["ORDER_CHANGE"]["destinationId"] = "another"
        self.channel._job_webhooks()
        self.assertEqual(self.channel.connection_state, "ok")
        self.assertIn("ORDER_CHANGE", self.open_exceptions().message)
        self.assertTrue(self.env["channel.stream"]._is_stopped(self.channel))

    # --------------------------------------------------------------- events
    def test_order_is_told_at_once_while_the_search_does_not_know_it(self):
        self.drain()
        order = self.shop.checkout({"SKU-2": 2}, payment="pending")
        [event] = self.told()
        self.assertEqual((event.kind, event.ref), ("order", order.id))
        data = self.parse(event)
        self.assertEqual((data.state, data.complete), ("pending", False))
        [line] = data.lines
        self.assertEqual((line.listing_ref, line.open_quantity), ("SKU-2", 2))
        since = self.env["channel.intake"]._first_since()
        page = self.adapter_model._fetch_orders(self.channel, since, "")
        self.assertEqual(page.events, ())

    def test_word_about_one_item_is_told_as_such(self):
        self.drain()
        self.shop.rules.set(order_level=0)
        self.shop.checkout({"SKU-1": 1, "SKU-2": 2}, payment="pending")
        data = [self.parse(event) for event in self.told()]
        self.assertEqual([each.whole for each in data], [False, False])
        self.assertEqual({each.lines[0].sku for each in data}, {"SKU-1", "SKU-2"})

    def test_what_was_not_acknowledged_comes_again_and_is_known(self):
        self.drain()
        self.shop.checkout({"SKU-2": 1}, payment="pending")
        self.shop.pass_time(5)
        [first] = self.drain().events
        self.assertTrue(self.drain().empty)
        self.shop.pass_time(31)
        [again] = self.told()
        self.assertEqual(first.key, again.key)
        self.assertEqual(self.waiting(), 0)

    def test_what_makes_no_sense_is_kept_and_comes_once(self):
        self.drain()
        queue = self.shop.queues["orders"]
        for body in ("hello", '{"NotificationType": "ORDER_CHANGE", "Payload": 1}'):
            queue.put(body)
        found = self.told()
        self.assertEqual({event.kind for event in found}, {"unreadable"})
        self.assertEqual(len({event.key for event in found}), 2)
        self.assertEqual(self.waiting(), 0)

    def test_messages_of_another_seller_are_left_alone(self):
        self.drain()
        self.shop.checkout({"SKU-2": 1}, payment="pending")
        self.shop.pass_time(5)
        self.channel.amazon_seller_id = "A1SOMEBODY"
        self.adapter_model._learn_facts(
            self.channel, queue=self.adapter_model._queue_mark(self.channel)
        )
        self.assertEqual(self.drain().events, ())
        self.assertEqual(self.waiting(), 1)

    def test_live_number_is_told(self):
        self.drain()
        self.shop.words.subscriptions["LISTINGS_ITEM_MFN_QUANTITY_CHANGE"] = (
            self.shop.words.subscriptions["ORDER_CHANGE"]
        )
        self.shop.edit_stock("SKU-1", 4)
        events = [event for event in self.told() if event.kind == "level"]
        [state] = self.adapter_model._parse_levels(self.channel, events[0].body)
        found = (state.stock_ref, state.node_ref, state.available)
        self.assertEqual(found, ("SKU-1", MERCHANT, 4))
        self.assertTrue(state.as_of)

    # ----------------------------------------------------------------- flow
    def test_pending_order_is_held_before_it_is_searched_for(self):
        self.listing.write({"external_id": "SKU-2", "stock_ref": "SKU-2"})
        self.node.external_id = MERCHANT
        self.drain()
        order = self.shop.checkout({"SKU-2": 2}, payment="pending")
        self.shop.pass_time(5)
        self.env.flush_all()
        self.assertTrue(self.channel._capabilities().stream)
        self.assertTrue(self.env["channel.stream"]._drain(self.channel))
        self.intake()
        self.assertEqual(self.order(order.id).line_ids.open_quantity, 2)
        self.assertEqual(self.position.held, 2)
        self.assertEqual(self.requests("searchOrders"), [])
        self.assertEqual(self.waiting(), 0)
