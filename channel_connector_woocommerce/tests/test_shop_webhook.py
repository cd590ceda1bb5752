# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import timedelta

from odoo.tests import HttpCase, tagged

from odoo.addons.channel_inventory_base.lib.signature import sign
from odoo.addons.channel_inventory_base.tests.common import ChannelSetup

from .shop import ConnectedShop, Inbox

SENT = ("Content-Type", "X-WC-Webhook-Topic", "X-WC-Webhook-Signature")


@tagged("post_install", "-at_install")
class TestShopWebhook(ConnectedShop, ChannelSetup, HttpCase):
    """What the shop delivers, at Odoo's own door."""

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        cls.channel = cls.make_channel(cls.env)

    def setUp(self):
        super().setUp()
        self.as_new()
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        address = f"{self.inbox.url}/channel/webhook/{self.channel.webhook_token}"
        self.channel._adapter()._ensure_webhooks(self.channel, address)

    def hand_over(self, deliveries):
        """:return: the answers that the shop would have got"""
        path = f"/channel/webhook/{self.channel.webhook_token}"
        return [
            self.url_open(
                path,
                data=body,
                headers={name: headers[name] for name in SENT if name in headers},
            ).status_code
            for headers, body in deliveries
        ]

    def sell(self):
        self.shop.checkout({"SKU-1": 2})
        self.shop.cron()
        return self.inbox.signed()

    def events(self):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id)]
        )

    def test_pings_are_answered_and_neither_stored_nor_counted_as_forged(self):
        self.assertEqual(self.hand_over(self.inbox.deliveries), [200] * 7)
        self.assertFalse(self.events())
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.forged_count, 0)

    def test_an_order_is_stored_as_received(self):
        [(headers, body)] = self.sell()
        self.assertEqual(self.hand_over([(headers, body)] * 2), [200, 200])
        self.assertEqual(self.events().body, body.decode())

    def test_what_is_signed_by_somebody_else_is_refused(self):
        for hook in self.shop.store.webhooks.values():
            hook.secret = "guessed"
        self.assertEqual(self.hand_over(self.sell()), [401])
        self.assertFalse(self.events())

    def test_order_deleted_again_after_it_came_back_is_heard(self):
        """And the same delivery, sent once more by somebody, costs one look at most."""
        [order] = [self.shop.checkout({"SKU-1": 2})]
        self.shop.cron()
        self.hand_over(self.inbox.signed())
        self.env["channel.intake"]._run(self.channel)
        before = self.events()
        deleted = self.delivery({"id": order.id}, "order.deleted")
        self.assertEqual(self.hand_over([deleted] * 3), [200] * 3)
        self.assertEqual(len(self.events() - before), 1)
        known = self.env["channel.order"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", str(order.id))]
        )
        self.assertTrue(known.version)
        # it came back, and was changed there
        known.version += timedelta(minutes=1)
        known.flush_recordset()
        self.assertEqual(self.hand_over([deleted] * 3), [200] * 3)
        self.assertEqual(len(self.events() - before), 2)

    def delivery(self, content, topic):
        secret = self.channel._adapter()._webhook_secret(self.channel, topic)
        body = json.dumps(content).encode()
        return (
            {
                "Content-Type": "application/json",
                "X-WC-Webhook-Topic": topic,
                "X-WC-Webhook-Signature": sign(secret, body),
            },
            body,
        )

    def test_delivery_of_a_product_deletes_no_order(self):
        headers, body = self.delivery({"id": 7}, "product.deleted")
        moved = {**headers, "X-WC-Webhook-Topic": "order.deleted"}
        self.assertEqual(self.hand_over([(moved, body), (headers, body)]), [401, 200])
        self.assertEqual(self.events().kind, "catalogue")
