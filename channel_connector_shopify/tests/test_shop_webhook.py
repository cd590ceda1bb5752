# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup

from . import common
from .shop import ConnectedShop, Inbox


@tagged("post_install", "-at_install")
class TestShopWebhook(ConnectedShop, ChannelSetup, HttpCase):
    """What a store has really delivered, at Odoo's own door: as it was, and as somebody
    sends it who has seen it."""

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        cls.channel = cls.make_channel(cls.env)
        cls.channel.write({"shopify_auth_kind": "static", "state": "paused"})

    def setUp(self):
        super().setUp()
        self.shop.reset()
        self.inbox = Inbox()
        self.addCleanup(self.inbox.stop)
        self.channel.action_test_connection()
        self.adapter = self.env["channel.adapter.shopify"]
        self.adapter._ensure_webhooks(self.channel, f"{self.inbox.url}/hook")

    def delivered(self, topic):
        self.assertTrue(self.shop.webhooks.wait_idle())
        return next(
            (headers, body)
            for headers, body in self.inbox.deliveries
            if headers["X-Shopify-Topic"] == topic
        )

    def hand_over(self, delivery, channel=None, **changed):
        """:return: the answer's status"""
        headers, body = delivery
        sent = {name: headers[name] for name in headers if name.startswith("X-Shop")}
        for name, value in changed.items():
            sent[f"X-Shopify-{name.replace('_', '-')}"] = value
        return self.url_open(
            f"/channel/webhook/{(channel or self.channel).webhook_token}",
            data=body,
            headers={"Content-Type": "application/json", **sent},
        ).status_code

    def events(self, channel=None):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", (channel or self.channel).id)]
        )

    def take_in(self):
        """What the intake does with what is stored, and with what that asks for."""
        for event in self.events().filtered(lambda each: each.state == "new"):
            event._process()
        self.channel._job_poll()
        self.channel.invalidate_recordset()

    def test_one_delivery_sent_again_silences_nothing(self):
        self.shop.checkout({"SKU-1": 2})
        order = self.delivered("orders/create")
        for topic in ("app/uninstalled", "shop/redact", "customers/redact", "x/y"):
            self.assertEqual(self.hand_over(order, Topic=topic), 200)
        self.assertEqual(self.events().mapped("kind"), ["order"])
        self.take_in()
        self.assertEqual(self.channel.connection_state, "ok")
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "privacy")]
        )
        self.assertFalse(found)

    def test_one_delivery_is_stored_once_under_any_headers(self):
        self.shop.checkout({"SKU-1": 2})
        order = self.delivered("orders/create")
        self.assertEqual(self.hand_over(order), 200)
        for number in range(6):
            self.hand_over(order, Event_Id=f"e{number}", Topic="orders/updated")
            self.hand_over(order, Webhook_Id=f"w{number}", Triggered_At="2020-01-01")
        self.assertEqual(len(self.events()), 1)

    def test_all_that_a_store_says_is_stored(self):
        order = self.shop.checkout({"SKU-1": 2})
        self.shop.refund(order, {"SKU-1": 1}, restock="CANCEL")
        self.shop.edit_variant("SKU-2", title="New")
        self.assertTrue(self.shop.webhooks.wait_idle())
        for delivery in self.inbox.deliveries:
            self.assertEqual(self.hand_over(delivery), 200)
        bodies = {body.decode() for _headers, body in self.inbox.deliveries}
        self.assertEqual(set(self.events().mapped("body")), bodies)

    def test_removed_app_stops_the_channel_when_the_store_says_so(self):
        self.shop.uninstall()
        self.assertEqual(self.hand_over(self.delivered("app/uninstalled")), 200)
        self.assertEqual(self.events().kind, "gone")
        self.take_in()
        self.assertEqual(self.channel.connection_state, "auth_failed")
        self.assertTrue(
            self.env["channel.exception"].search(
                [("channel_id", "=", self.channel.id), ("category", "=", "auth")]
            )
        )

    def test_old_removal_sent_again_stops_nothing(self):
        self.shop.uninstall()
        removal = self.delivered("app/uninstalled")
        self.shop.reset()
        self.assertEqual(self.hand_over(removal), 200)
        self.take_in()
        self.assertEqual(self.channel.connection_state, "ok")

    def test_order_of_another_shop_of_the_same_app_holds_nothing(self):
        other = self.make_channel(self.env, "OTH", name="Other")
        other.write({"shopify_auth_kind": "static", "state": "paused"})
        self.adapter._learn_facts(other, domain="other.myshopify.com", number="9")
        self.shop.checkout({"SKU-1": 2})
        order = self.delivered("orders/create")
        with mute_logger("odoo.addons.channel_inventory_base.controllers.webhook"):
            status = self.hand_over(order, other, Shop_Domain="other.myshopify.com")
        self.assertEqual(status, 401)
        self.assertFalse(self.events(other))
        self.assertEqual(self.hand_over(order), 200)

    def test_address_of_the_door_is_in_no_audit_row(self):
        self.channel._ensure_webhooks()
        rows = self.env["channel.audit"].search([("channel_id", "=", self.channel.id)])
        words = " ".join(rows.mapped("message"))
        self.assertIn("was registered", words)
        self.assertNotIn(self.channel.webhook_token, words)
        self.assertNotIn(common.TOKEN, words)
