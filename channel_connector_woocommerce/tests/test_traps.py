# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each trap of a running WooCommerce, by its name, and that we do not step into it."""

import json
from datetime import datetime, timedelta, timezone

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.lib.errors import NotFound
from odoo.addons.channel_inventory_base.tests.common_adapter import pulled

from ..client import Client
from ..const import NODE
from ..lib.events import order_event
from .shop import Inbox, ShopCase


@tagged("post_install", "-at_install")
class TestWritingTraps(ShopCase):
    def message(self, line, *entries):
        result = self.push_result(*entries)
        return next(e.message for e in result.results if e.line_id == line)

    def test_http_200_even_when_items_fail(self):
        gone = schemas.LevelEntry(1, "999999", NODE, 5, 0)
        statuses = self.push(gone, self.entry(2, "SKU-1", 5, 10))
        self.assertEqual(statuses, {1: "rejected", 2: "acked"})
        self.assertIn("deleted", self.message(1, gone))

    def test_variations_are_refused_by_products_batch(self):
        self.assertEqual(self.push(self.entry(1, "S-RED", 8, 5)), {1: "acked"})
        self.assertEqual(self.shop.shown("S-RED"), 8)

    def test_more_than_100_items_are_too_many(self):
        self.assertLess(self.adapter_model._capabilities().batch_size, 100)

    def test_manage_stock_false_is_silently_ignored(self):
        entry = self.entry(1, "FREE", 5, 0)
        self.assertEqual(self.push(entry), {1: "rejected"})
        self.assertIn("Track stock quantity", self.message(1, entry))

    def test_parent_managed_variation_is_silently_ignored(self):
        entry = self.entry(1, "M-S", 5, 0)
        self.assertEqual(self.push(entry), {1: "rejected"})
        self.assertEqual(self.shop.shown("MUG"), 9)
        self.assertIn("shares the stock", self.message(1, entry))

    def test_batch_items_are_not_validated_so_only_whole_numbers_leave(self):
        self.push(self.entry(1, "SKU-1", 7, 10))
        [request] = self.shop.log.entries("POST products/batch")
        self.assertIn('"stock_quantity":7}', request["body"])

    def test_negative_stock_is_read_as_it_is(self):
        self.shop.edit_stock("SKU-1", -3)
        [state] = self.adapter_model._fetch_levels(self.channel, [self.ref("SKU-1")])
        self.assertEqual(state.available, -3)

    def test_stock_is_never_sent_in_other_updates(self):
        """Absolute writes are all ours, and all of them go through one method."""
        order = self.shop.checkout({"SKU-1": 1})
        parcel = schemas.ShipmentData(
            str(order.id),
            (schemas.UnitsData(str(order.lines[0].id), 1),),
            datetime.now(timezone.utc),
            "WH/OUT/1",
            complete=True,
        )
        self.adapter_model._send_shipment(self.channel, parcel, schemas.Attempt("key"))
        bodies = [entry["body"] for entry in self.shop.log.entries()]
        self.assertFalse([body for body in bodies if "stock_quantity" in body])


@tagged("post_install", "-at_install")
class TestStockTraps(ShopCase):
    def deducted(self, order):
        [line] = self.fetch(order).lines
        return sum(each.quantity for each in line.deductions)

    def test_odd_orders_in_a_page_keep_back_no_other(self):
        """A refund that cannot be read, and what is no order at all."""
        first, second = (self.shop.checkout({"SKU-1": 1}) for _order in range(2))
        page = Client.page

        def answer(client, route, **params):
            if route.endswith("/refunds"):
                raise NotFound("no such order", code="woocommerce_rest_x")
            items, *counts = page(client, route, **params)
            odd = [None, {"id": "x"}, {"id": 7, "date_modified_gmt": 5}]
            if "include" in params:
                items = [{**raw, "refunds": [{"id": 9}]} for raw in items] + odd
            return (items, *counts)

        self.patch(Client, "page", answer)
        since = datetime.now(timezone.utc) - timedelta(days=1)
        found = pulled(self.adapter_model, self.channel, since).events
        orders, odd = found[:2], found[2:]
        self.assertEqual([e.ref for e in orders], [str(first.id), str(second.id)])
        for each in orders:
            data = self.adapter_model._parse_order(self.channel, each.body)
            self.assertFalse(data.complete, "to be fetched")
        self.assertEqual(len({each.key for each in odd}), 3)
        for each in odd:
            with self.assertRaises(exceptions.MalformedDataError):
                self.adapter_model._parse_order(self.channel, each.body)

    def test_reduced_stock_says_what_the_shop_has_deducted(self):
        for payment, taken in [
            ("paid", 4),
            ("on-hold", 4),
            ("pending", 0),
            ("failed", 0),
        ]:
            with self.subTest(payment):
                order = self.shop.checkout({"SKU-4": 4}, payment=payment)
                self.assertEqual(self.deducted(order), taken)

    def test_to_pending_or_cancelled_restores_to_failed_or_refunded_does_not(self):
        for status, left in [
            ("pending", 0),
            ("cancelled", 0),
            ("failed", 4),
            ("refunded", 4),
        ]:
            with self.subTest(status):
                before = self.shop.shown("SKU-4")
                order = self.shop.checkout({"SKU-4": 4})
                self.shop.set_status(order, status)
                self.assertEqual(self.deducted(order), left)
                self.assertEqual(self.shop.shown("SKU-4"), before - left)

    def test_editing_a_reduced_order_adjusts(self):
        order = self.shop.checkout({"SKU-4": 4})
        self.shop.edit_order(order, {"SKU-4": 6})
        self.assertEqual(self.deducted(order), 6)

    def test_a_restock_lowers_reduced_stock(self):
        order = self.shop.checkout({"SKU-4": 4})
        self.shop.refund(order, {"SKU-4": 1}, restock=True)
        data = self.fetch(order)
        self.assertEqual((self.deducted(order), data.lines[0].quantity), (3, 3))
        self.assertEqual(data.refunds[0].lines[0].restock, "cancel")

    def test_a_refund_without_restock_does_not(self):
        order = self.shop.checkout({"SKU-4": 4})
        self.shop.refund(order, {"SKU-4": 1}, restock=False)
        data = self.fetch(order)
        self.assertEqual((self.deducted(order), data.lines[0].quantity), (4, 3))
        self.assertEqual(data.refunds[0].lines[0].restock, "none")

    def test_deleting_a_refund_does_not_take_stock_back(self):
        order = self.shop.checkout({"SKU-4": 4})
        self.shop.refund(order, {"SKU-4": 1}, restock=True)
        order.refunds.clear()
        data = self.fetch(order)
        self.assertEqual((self.deducted(order), data.lines[0].quantity), (3, 4))


@tagged("post_install", "-at_install")
class TestHeldTraps(ShopCase):
    """What the shop does not tell in its figure is held here."""

    def setUp(self):
        super().setUp()
        self.listing.write(
            {
                "external_id": str(self.number("SKU-1")),
                "stock_ref": self.ref("SKU-1").stock_ref,
            }
        )
        self.plan()
        self.make_known(self.env, self.level, 10)

    def take_in(self):
        self.poll()
        self.intake()
        self.plan()
        self.publish()

    def test_a_pending_checkout_is_held(self):
        """Else 3 pushed while 4 are held ends at -1."""
        self.add_stock(self.env, self.product, self.warehouse, -7)
        self.shop.checkout({"SKU-1": 4}, payment="pending")
        self.take_in()
        self.assertEqual(self.level.target, 0)
        self.assertEqual(self.shop.shown("SKU-1"), 0)

    def test_a_pending_checkout_that_is_cancelled_is_free_again(self):
        order = self.shop.checkout({"SKU-1": 4}, payment="pending")
        self.take_in()
        self.assertEqual(self.level.target, 6)
        self.shop.store.clock.move(2)
        self.shop.cancel(order)
        self.take_in()
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (10, 10))

    def test_orders_made_by_rest_check_nothing_and_are_reported(self):
        order = self.shop.checkout({"SKU-1": 8})
        self.shop.edit_order(order, {"SKU-1": 12})
        self.take_in()
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (0, 0))
        found = self.env["channel.exception"].search(
            [("category", "=", "oversold"), ("channel_id", "=", self.channel.id)]
        )
        self.assertIn("2 Units", found.message)

    def test_deleting_an_order_does_not_restore(self):
        """Its demand is gone, its deduction is not: we put the number right."""
        self.channel.confirm_policy = "manual"
        order = self.shop.checkout({"SKU-1": 4}, payment="on-hold")
        self.take_in()
        self.shop.trash(order, force=True)
        self.assertEqual(self.shop.shown("SKU-1"), 6)
        known = self.order(str(order.id))
        # as old as a deleted order usually is, and not sold here
        known.sale_order_id = False
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_order SET create_date = create_date - interval '1 hour' "
            "WHERE id = %s",
            [known.id],
        )
        known.invalidate_recordset()
        deleted = order_event({"id": order.id}, "order.deleted")
        event = schemas.load(schemas.InboundEvent, deleted)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.take_in()
        self.assertEqual(known.state, "gone")
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (10, 10))

    def test_an_empty_put_moves_date_modified_and_nothing_else(self):
        """Our own writes come back as orders that have changed."""
        order = self.shop.checkout({"SKU-1": 4})
        self.take_in()
        sale = self.order(str(order.id)).sale_order_id
        self.assertEqual(sale.state, "sale")
        for second in range(1, 4):
            self.shop.store.clock.move(second)
            order.modified = self.shop.store.clock.tick()
            self.take_in()
        known = self.order(str(order.id))
        self.assertEqual((known.sale_order_id, known.state), (sale, "imported"))
        self.assertEqual(len(self.env["channel.deduction"].search([])), 1)
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (6, 6))


@tagged("post_install", "-at_install")
class TestReadingTraps(ShopCase):
    def polled(self, since):
        found, cursor = [], ""
        for _page in range(50):
            page = pulled(self.adapter_model, self.channel, since, cursor)
            found += [event.ref for event in page.events]
            cursor = page.cursor
            if not cursor:
                return found
        self.fail("polling does not end")

    def test_modified_after_is_strictly_greater(self):
        order = self.shop.checkout({"SKU-1": 1})
        self.assertEqual(self.polled(order.modified), [str(order.id)])

    def test_naive_times_are_shop_local(self):
        for offset in (-11.0, 0.0, 5.5, 13.0):
            with self.subTest(offset):
                self.shop.config.utc_offset = offset
                order = self.shop.checkout({"SKU-4": 1})
                self.assertIn(str(order.id), self.polled(order.modified))
                event = self.adapter_model._fetch_order(self.channel, str(order.id))
                self.assertEqual(event.occurred_at, order.modified)
                later = order.modified + timedelta(minutes=5)
                self.assertEqual(self.polled(later), [])

    def test_many_orders_in_one_second_and_in_many_pages(self):
        self.shop.edit_stock("SKU-4", 1000)
        since = datetime.now(timezone.utc) - timedelta(hours=1)
        sold = []
        for number in range(230):
            if number in (120, 225):
                self.shop.store.clock.move(number)
            sold.append(str(self.shop.checkout({"SKU-4": 1}).id))
        self.assertEqual(set(self.polled(since)), set(sold))

    def test_an_order_that_changes_while_we_page_hides_no_other(self):
        self.shop.edit_stock("SKU-4", 1000)
        since = datetime.now(timezone.utc) - timedelta(hours=1)
        orders = []
        for number in range(150):
            self.shop.store.clock.move(number)
            orders.append(self.shop.checkout({"SKU-4": 1}))
        first = pulled(self.adapter_model, self.channel, since)
        # the first page's oldest moves to the end: all others move up by one
        self.shop.store.clock.move(1000)
        orders[0].modified = self.shop.store.clock.tick()
        rest = pulled(self.adapter_model, self.channel, since, first.cursor)
        seen = {event.ref for page in (first, rest) for event in page.events}
        self.assertEqual(seen, {str(order.id) for order in orders})

    def test_default_status_has_drafts_of_the_checkout_and_not_the_trash(self):
        since = datetime.now(timezone.utc) - timedelta(hours=1)
        self.shop.checkout({"SKU-1": 1}, payment="draft")
        gone = self.shop.checkout({"SKU-1": 1})
        self.shop.trash(gone)
        self.assertEqual(self.polled(since), [])
        self.assertIsNone(self.fetch(gone))

    def test_refunds_are_named_by_the_order_and_told_elsewhere(self):
        """A webhook that carries an order with refunds carries less than the order."""
        order = self.shop.checkout({"SKU-1": 4})
        self.shop.refund(order, {"SKU-1": 1})
        event = self.adapter_model._fetch_order(self.channel, str(order.id))
        self.assertTrue(
            self.adapter_model._parse_order(self.channel, event.body).complete
        )
        raw = json.loads(event.body)
        del raw["refund_details"]
        bare = self.adapter_model._parse_order(self.channel, json.dumps(raw))
        self.assertFalse(bare.complete)


@tagged("post_install", "-at_install")
class TestWebhookTraps(ShopCase):
    def setUp(self):
        super().setUp()
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        self.address = f"{self.inbox.url}/channel/webhook/token"

    def ensure(self):
        return self.adapter_model._ensure_webhooks(self.channel, self.address)

    def events(self):
        return [
            self.adapter_model._verify_webhook(self.channel, headers, body)
            for headers, body in self.inbox.deliveries
        ]

    def test_the_ping_is_form_encoded_and_unsigned(self):
        self.ensure()
        self.assertEqual(len(self.inbox.deliveries), 7)
        self.assertEqual(set(self.events()), {None})

    def test_delivery_ids_are_not_unique(self):
        self.ensure()
        for _number in range(3):
            self.shop.checkout({"SKU-4": 1})
        self.shop.cron()
        keys = {event.key for event in self.events() if event}
        self.assertEqual(len(keys), 3)

    def test_the_payload_is_built_at_delivery(self):
        self.ensure()
        order = self.shop.checkout({"SKU-4": 1}, payment="pending")
        self.shop.pay(order)
        self.shop.cron()
        # order.created and order.updated say the same, so they are one event
        [event] = {event.key: event for event in self.events() if event}.values()
        data = self.adapter_model._parse_order(self.channel, event.body)
        self.assertEqual(data.payment, "paid")

    def test_order_deleted_carries_only_the_id(self):
        self.ensure()
        order = self.shop.checkout({"SKU-4": 1})
        self.shop.trash(order)
        self.shop.cron()
        event = self.events()[-1]
        self.assertEqual((event.topic, event.ref), ("order.deleted", str(order.id)))
        data = self.adapter_model._parse_order(self.channel, event.body)
        self.assertFalse(data.complete)
        self.assertIsNone(self.fetch(order))

    def test_the_seventh_failure_disables_and_we_repair_it(self):
        self.ensure()
        order = self.shop.checkout({"SKU-4": 1})
        self.inbox.answers += [500] * 40
        for number in range(14):
            self.shop.set_status(order, ("on-hold", "processing")[number % 2])
            self.shop.cron()
        hooks = self.shop.store.webhooks.values()
        self.assertIn("disabled", {hook.status for hook in hooks})
        self.inbox.answers.clear()
        done = self.ensure()
        self.assertIn("disabled", " ".join(done))
        # made anew: one that is switched on again dies of its next failure
        found = {hook.topic: (hook.status, hook.failures) for hook in hooks}
        self.assertEqual(found["order.updated"], ("active", 0))
        self.assertEqual(self.ensure(), [])

    def test_webhooks_of_others_are_left_alone(self):
        from sandbox.woocommerce.models import Webhook

        clock = self.shop.store.clock.tick()
        other = Webhook(
            5, "x", "order.created", "https://erp.example/x", "s", clock, clock
        )
        self.shop.store.webhooks[5] = other
        self.ensure()
        self.assertIn(other, self.shop.store.webhooks.values())

    def test_new_keys_bring_a_new_secret(self):
        self.ensure()
        self.channel.woocommerce_consumer_key = "ck_other"
        self.shop.config.consumer_key = "ck_other"
        self.assertEqual(self.ensure(), [])
        self.channel.woocommerce_consumer_secret = "cs_other"
        self.shop.config.consumer_secret = "cs_other"
        self.assertEqual(len(self.ensure()), 14)
        self.shop.config.consumer_key = "ck_sandbox"
        self.shop.config.consumer_secret = "cs_sandbox"

    def test_our_own_pushes_do_not_fill_the_queue(self):
        """No product.updated: one would be queued for each number, before orders."""
        self.ensure()
        self.push(self.entry(1, "SKU-1", 7, 10))
        self.assertEqual(self.shop.hooks.waiting(), 0)

    def test_a_refused_webhook_does_not_stop_polling(self):
        with self.assertRaises(exceptions.RejectedError):
            self.adapter_model._ensure_webhooks(self.channel, "ftp://odoo/hook/x")
