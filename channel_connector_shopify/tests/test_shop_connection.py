# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from ..const import TOPICS
from . import common
from .shop import DOMAIN, Inbox, ShopCase


@tagged("post_install", "-at_install")
class TestShopConnection(ShopCase):
    """Connecting, tokens and webhooks, against a running store."""

    def test_connection(self):
        self.grant_all_orders()
        info = self.adapter_model._test_connection(self.channel)
        self.assertEqual(info.account_name, "Test Store")
        self.assertEqual(info.account_ref, DOMAIN)
        self.assertEqual((info.currency, info.version), ("USD", "2026-07"))
        self.assertEqual(info.warnings, ())

    def grant_all_orders(self):
        scopes = self.shop.config.scopes
        self.addCleanup(setattr, self.shop.config, "scopes", scopes)
        self.shop.config.scopes = (*scopes, "read_all_orders")

    def test_orders_that_are_hidden_are_worth_a_warning(self):
        [words] = self.adapter_model._test_connection(self.channel).warnings
        self.assertIn("read_all_orders", words)

    def test_missing_scopes_are_named(self):
        scopes = self.shop.config.scopes
        self.addCleanup(setattr, self.shop.config, "scopes", scopes)
        self.shop.config.scopes = tuple(s for s in scopes if "inventory" not in s)
        with self.assertRaisesRegex(exceptions.ConfigurationError, "write_inventory"):
            self.adapter_model._test_connection(self.channel)

    def test_wrong_currency_is_worth_a_warning(self):
        self.grant_all_orders()
        self.channel.currency_id = self.env.ref("base.EUR")
        [words] = self.adapter_model._test_connection(self.channel).warnings
        self.assertIn("USD", words)

    def test_all_kinds_of_tokens(self):
        offline = self.shop.tokens.issue(ttl=3600, refreshable=True)
        for kind, values in (
            ("static", {}),
            ("client_credentials", {}),
            ("offline", {"shopify_refresh_token": offline.refresh}),
        ):
            self.channel.write({"shopify_auth_kind": kind, **values})
            self.assertTrue(self.adapter_model._test_connection(self.channel))

    def test_refresh_token_is_replaced_each_time(self):
        offline = self.shop.tokens.issue(ttl=3600, refreshable=True)
        self.channel.write(
            {"shopify_auth_kind": "offline", "shopify_refresh_token": offline.refresh}
        )
        for _renewal in range(3):
            self.assertTrue(self.adapter_model._fetch_nodes(self.channel))
            self.shop.tokens.expire()
        text = str(self.channel._get_shared_state("token"))
        self.assertNotIn("shprt_", text)
        self.assertNotIn("shpat_", text)

    def test_token_that_ended_early_is_renewed(self):
        self.adapter_model._fetch_nodes(self.channel)
        self.shop.tokens.expire()
        self.assertTrue(self.adapter_model._fetch_nodes(self.channel))

    def test_changed_secret_forgets_the_token(self):
        self.adapter_model._fetch_nodes(self.channel)
        self.channel.shopify_client_secret = "wrong"
        with self.assertRaises(exceptions.AuthError):
            self.adapter_model._fetch_nodes(self.channel)

    def test_revoked_static_token(self):
        self.channel.shopify_auth_kind = "static"
        self.shop.tokens.revoke()
        with self.assertRaises(exceptions.AuthError) as caught:
            self.adapter_model._fetch_nodes(self.channel)
        self.assertNotIn(common.TOKEN, str(caught.exception))

    def test_one_secret_is_entered_without_losing_the_others(self):
        self.channel.shopify_webhook_secret = "third"
        self.channel.invalidate_recordset()
        self.channel.shopify_client_secret = "new"
        for name, value in (
            ("shopify_webhook_secret", "third"),
            ("shopify_client_secret", "new"),
            ("shopify_access_token", common.TOKEN),
        ):
            self.assertEqual(self.channel._get_secret(name), value)
        self.assertNotIn(
            "new", self.channel.read(["shopify_client_secret"])[0].values()
        )
        self.channel.write({"shopify_webhook_secret": False, "name": "Renamed"})
        self.assertFalse(self.channel._get_secret("shopify_webhook_secret"))
        self.assertEqual(self.channel._get_secret("shopify_client_secret"), "new")

    def test_uninstalled_app(self):
        self.channel.shopify_auth_kind = "static"
        self.shop.uninstall()
        with self.assertRaises(exceptions.AuthError):
            self.adapter_model._fetch_nodes(self.channel)

    # ------------------------------------------------------------- webhooks
    def subscriptions(self):
        return sorted(
            (each.topic, each.uri) for each in self.shop.webhooks.subscriptions.values()
        )

    def test_webhooks_are_made_once_and_repaired(self):
        address = self.channel._webhook_url()
        done = self.adapter_model._ensure_webhooks(self.channel, address)
        self.assertEqual(len(done), len(TOPICS))
        wanted = [(topic, address) for topic in sorted(TOPICS)]
        self.assertEqual(self.subscriptions(), wanted)
        lost, changed, *_rest = self.shop.webhooks.subscriptions.values()
        del self.shop.webhooks.subscriptions[lost.id]
        changed.include_fields = ["id"]
        done = self.adapter_model._ensure_webhooks(self.channel, address)
        self.assertEqual(len(done), 3)
        self.assertEqual(self.subscriptions(), wanted)
        self.assertEqual(self.adapter_model._ensure_webhooks(self.channel, address), [])

    def test_webhooks_follow_the_server_and_leave_others_alone(self):
        address = self.channel._webhook_url()
        other = "https://other.example.com/channel/webhook/someone-else"
        self.adapter_model._ensure_webhooks(self.channel, other)
        self.adapter_model._ensure_webhooks(self.channel, address)
        path = address.partition("/channel/")[2]
        moved = f"https://new.example.com/channel/{path}"
        self.adapter_model._ensure_webhooks(self.channel, moved)
        self.assertEqual({uri for _topic, uri in self.subscriptions()}, {other, moved})
        self.assertEqual(len(self.subscriptions()), 2 * len(TOPICS))

    def test_address_that_is_refused_is_told_and_stops_nothing(self):
        with self.assertRaisesRegex(exceptions.RejectedError, "https"):
            self.adapter_model._ensure_webhooks(self.channel, "ftp://odoo/x")

    def test_webhooks_stay_when_the_new_address_is_refused(self):
        address = self.channel._webhook_url().replace("http://", "https://")
        self.adapter_model._ensure_webhooks(self.channel, address)
        before = self.subscriptions()
        self.shop.config.allow_http_webhooks = False
        self.addCleanup(setattr, self.shop.config, "allow_http_webhooks", True)
        plain = address.replace("https://", "http://")
        with self.assertRaises(exceptions.RejectedError):
            self.adapter_model._ensure_webhooks(self.channel, plain)
        self.assertEqual(self.subscriptions(), before)

    def test_webhooks_of_a_real_shop_are_untouched_by_an_address_without_https(self):
        params = self.env["ir.config_parameter"]
        params.set_param("web.base.url", "https://erp.example.com")
        self.channel._ensure_webhooks()
        before = self.subscriptions()
        self.assertEqual(len(before), len(TOPICS))
        # as Odoo has it after a log-in through a proxy that it was not told of
        params.set_param("web.base.url", "http://erp.example.com")
        self.channel.environment = "production"
        with self.assertRaisesRegex(exceptions.RejectedError, "proxy_mode"):
            self.channel._ensure_webhooks()
        self.assertEqual(self.subscriptions(), before)

    def test_genuine_deliveries_are_believed(self):
        inbox = Inbox()
        self.addCleanup(inbox.stop)
        self.adapter_model._test_connection(self.channel)
        self.adapter_model._ensure_webhooks(self.channel, f"{inbox.url}/hook")
        order = self.shop.checkout({"SKU-1": 2})
        self.shop.refund(order, {"SKU-1": 1}, restock="CANCEL")
        self.shop.edit_variant("SKU-2", title="New")
        self.shop.uninstall()
        self.assertTrue(self.shop.webhooks.wait_idle())
        events = [
            self.adapter_model._verify_webhook(self.channel, headers, body)
            for headers, body in inbox.deliveries
        ]
        # the same order under two topics is the same news
        bodies = {event.body for event in events}
        self.assertEqual(len({event.key for event in events}), len(bodies))
        kinds = {event.topic: event.kind for event in events}
        self.assertEqual(kinds["orders/create"], "order")
        self.assertEqual(kinds["refunds/create"], "order")
        self.assertEqual(kinds["products/update"], "catalogue")
        self.assertEqual(kinds["app/uninstalled"], "gone")
        for event in events:
            if event.kind == "order":
                self.assertEqual(event.ref, order.gid)
                data = self.adapter_model._parse_order(self.channel, event.body)
                self.assertEqual(data.external_id, order.gid)
                self.assertFalse(data.complete)

    def test_delivery_of_another_shop_of_the_same_app_is_refused(self):
        inbox = Inbox()
        self.addCleanup(inbox.stop)
        self.adapter_model._test_connection(self.channel)
        self.adapter_model._ensure_webhooks(self.channel, f"{inbox.url}/hook")
        self.shop.checkout({"SKU-1": 1})
        self.assertTrue(self.shop.webhooks.wait_idle())
        headers, body = inbox.deliveries[0]
        headers["X-Shopify-Shop-Domain"] = "other-store.myshopify.com"
        with self.assertRaises(exceptions.ForgedError):
            self.adapter_model._verify_webhook(self.channel, headers, body)

    def test_without_a_secret_nothing_is_believed_and_nothing_subscribed(self):
        self.channel.write(
            {"shopify_client_secret": False, "shopify_auth_kind": "static"}
        )
        address = self.channel._webhook_url()
        self.assertEqual(self.adapter_model._ensure_webhooks(self.channel, address), [])
        self.assertTrue(self.adapter_model._test_connection(self.channel).warnings)
        with self.assertRaises(exceptions.ForgedError):
            self.adapter_model._verify_webhook(self.channel, {}, b"{}")
