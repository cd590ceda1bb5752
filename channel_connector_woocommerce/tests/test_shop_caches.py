# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.models import channel_intake

from ..client import Client
from .shop import Inbox, ShopCase


@tagged("post_install", "-at_install")
class TestShopBetween(ShopCase):
    """Caches before the shop, sales that fall into a write, webhooks that fall off."""

    def setUp(self):
        super().setUp()
        product = self.shop.store.find_product("SKU-1")
        ref = str(product.id)
        self.listing.write({"external_id": ref, "stock_ref": ref})
        self.plan()
        self.make_known(self.env, self.level, 10)

    def add(self, quantity):
        self.add_stock(self.env, self.product, self.warehouse, quantity)
        self.plan()

    def told(self, category):
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("category", "=", category),
                ("state", "=", "open"),
            ]
        )

    # ------------------------------------------------------------- overwriting
    def test_sale_between_write_and_answer_is_no_reason_to_doubt(self):
        """The answer shows another number than was sent; the order explains it."""
        for sold, added in ((1, 7), (4, 3)):
            with self.subTest(sold=sold):
                self.buy_during_the_next_write(sold)
                self.add(added)
                self.publish()
                line = self.env["channel.publication.line"].search([], limit=1)
                self.assertEqual(line.result, "acked")
                self.intake()
                self.plan()
                self.publish()
                self.env.invalidate_all()
                self.assertEqual(self.level.remote_state, "known")
                self.assertEqual(self.shop.shown("SKU-1"), self.level.target)
                self.assertFalse(self.told("drift"))

    def buy_during_the_next_write(self, count):
        """After the number was written and before the answer shows it."""
        cls = type(self.adapter_model)
        push, shop = cls._push_levels, self.shop

        def push_and_sell(adapter, channel, payload, key):
            cls._push_levels = push
            change = Client.change

            def changed(client, method, route, body=None, **params):
                answer = change(client, method, route, body, **params)
                shop.checkout({"SKU-1": count})
                for item in answer["update"]:
                    item["stock_quantity"] = shop.shown("SKU-1")
                return answer

            Client.change = changed
            try:
                return push(adapter, channel, payload, key)
            finally:
                Client.change = change

        self.patch(cls, "_push_levels", push_and_sell)

    def test_number_that_a_plugin_bends_is_found_by_looking(self):
        change, shop = Client.change, self.shop

        def bent(client, method, route, body=None, **params):
            answer = change(client, method, route, body, **params)
            shop.edit_stock("SKU-1", 5)
            for item in answer["update"]:
                item["stock_quantity"] = 5
            return answer

        self.patch(Client, "change", bent)
        self.add(7)
        self.publish()
        self.env.invalidate_all()
        self.assertEqual(self.level.remote_state, "stale")

    # ------------------------------------------------------------------ caches
    def test_stubborn_cache_is_told_and_its_numbers_are_not_believed(self):
        """Also one that hides what it is: it shows what we have overwritten."""
        for kind, quantity in (("cached", 20), ("cached_mute", 33)):
            with self.subTest(kind):
                self.shop.faults.clear()
                refs = [self.ref("SKU-1")]
                self.shop.faults.add(kind=kind, operation="GET products")
                self.adapter_model._fetch_levels(self.channel, refs)
                # later than the last one's
                self.shop.store.clock.move(quantity)
                self.push(self.entry(1, "SKU-1", quantity, 10), key=kind)
                with self.assertRaises(exceptions.UnavailableError) as caught:
                    self.adapter_model._fetch_levels(self.channel, refs)
                self.assertEqual(caught.exception.code, "CACHED")
                self.assertIn("/wp-json/", str(caught.exception))
                self.shop.faults.clear()
                [shown] = self.adapter_model._fetch_levels(self.channel, refs)
                self.assertEqual(shown.available, quantity)

    def test_cached_answers_cause_no_second_publication(self):
        self.shop.faults.add(kind="cached_mute", operation="GET products")
        self.adapter_model._fetch_levels(self.channel, [self.ref("SKU-1")])
        self.shop.store.clock.move(5)
        self.add(7)
        for _minute in range(4):
            self.channel._job_publish()
            self.channel._job_observe()
            self.channel._job_look()
            self.env.cr.execute(
                "UPDATE channel_outage SET until = until - '1 h'::interval"
            )
            self.later(60)
        self.assertEqual(len(self.shop.log.entries("POST products/batch")), 1)
        self.assertFalse(self.told("drift"))
        self.assertEqual(self.level.remote_state, "known")

    # ---------------------------------------------------------------- webhooks
    def test_webhooks_that_fell_off_are_found_by_what_pulls_find(self):
        inbox = Inbox()
        self.addCleanup(inbox.stop)
        address = f"{inbox.url}/channel/webhook/{self.channel.webhook_token}"
        self.patch(type(self.channel), "_webhook_url", lambda channel: address)
        self.channel._job_webhooks()
        self.poll()
        for hook in self.shop.store.webhooks.values():
            hook.status = "disabled"
        self.patch(channel_intake, "ANNOUNCED_SECONDS", 0)
        self.shop.checkout({"SKU-1": 1})
        self.poll()
        self.intake()
        self.assertFalse(self.told("webhooks"))
        woken = []
        cls = type(self.channel)
        wake = cls._after_commit
        self.patch(
            cls,
            "_after_commit",
            lambda channel, number, job, seconds=0: (
                woken.append(job),
                wake(channel, number, job, seconds),
            ),
        )
        self.poll()
        self.assertIn("_job_webhooks", woken)
        self.channel._job_webhooks()
        self.assertIn("disabled", self.told("webhooks").message)
        active = [each.status for each in self.shop.store.webhooks.values()]
        self.assertEqual(set(active), {"active"})
        # all is well: nobody is told again, and nothing is looked at
        self.told("webhooks")._close("resolved", "Looked at it")
        self.channel._job_webhooks()
        self.assertFalse(self.told("webhooks"))

    def test_webhooks_that_come_are_not_looked_at(self):
        order = self.shop.checkout({"SKU-1": 1})
        event = self.adapter_model._fetch_order(self.channel, str(order.id))
        intake = self.env["channel.intake"]
        intake._store_pulled(self.channel, [event])
        self.intake()
        moments = {event.ref: event.occurred_at.isoformat()}
        self.assertFalse(intake._is_announced(self.channel, moments))
        self.env.cr.execute("UPDATE channel_inbox_event SET source = 'webhook'")
        self.assertTrue(intake._is_announced(self.channel, moments))
