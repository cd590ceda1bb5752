# SPDX-License-Identifier: AGPL-3.0-or-later
import tempfile
from unittest.mock import patch

import requests

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from .shop import ShopCase, start_shop


@tagged("post_install", "-at_install")
class TestShopConnection(ShopCase):
    def connect(self):
        return self.adapter_model._test_connection(self.channel)

    def refusal(self, kind):
        with self.assertRaises(kind) as caught:
            self.connect()
        return str(caught.exception)

    def test_who_it_is(self):
        info = self.connect()
        self.assertEqual((info.account_name, info.currency), ("Test Shop", "USD"))
        self.assertEqual(info.version, "wc/v3")
        self.assertIn("plain http", " ".join(info.warnings))

    def test_page_of_an_order_is_in_the_folder_of_the_shop(self):
        self.channel.base_url = "https://shop.example.com/store/"
        page = self.adapter_model._get_order_page(self.channel, "12")
        self.assertEqual(
            page, "https://shop.example.com/store/wp-admin/post.php?post=12&action=edit"
        )

    def test_what_the_shop_says_is_not_read_again(self):
        """Facts are committed apart: the request, which began before, sees none."""
        self.shop.config.plain_permalinks = True
        with patch.object(
            type(self.channel), "_get_shared_state", lambda _channel, _key: {}
        ):
            self.assertEqual(self.connect().account_name, "Test Shop")

    def test_wrong_keys(self):
        self.channel.woocommerce_consumer_key = "ck_wrong"
        self.assertIn("Consumer key is invalid", self.refusal(exceptions.AuthError))
        self.channel.woocommerce_consumer_key = "ck_sandbox"
        self.channel.woocommerce_consumer_secret = "cs_wrong"
        self.assertIn("does not accept the keys", self.refusal(exceptions.AuthError))

    def test_read_only_keys(self):
        self.channel.woocommerce_consumer_key = "ck_readonly"
        self.channel.woocommerce_consumer_secret = "cs_readonly"
        self.assertIn("Read/Write", self.refusal(exceptions.AuthError))

    def test_no_keys_and_no_address(self):
        self.channel.woocommerce_consumer_secret = False
        self.assertIn("Consumer Secret", self.refusal(exceptions.ConfigurationError))
        self.channel.base_url = "shop.example.com"
        self.assertIn("https://", self.refusal(exceptions.ConfigurationError))

    def test_plain_permalinks(self):
        """REST at ?rest_route=, and everything else works there too."""
        self.shop.config.plain_permalinks = True
        self.connect()
        self.assertTrue(self.adapter_model._get_facts(self.channel)["plain"])
        self.assertEqual(self.push(self.entry(1, "S-RED", 8, 5)), {1: "acked"})
        order = self.shop.checkout({"SKU-1": 1})
        self.assertEqual(self.fetch(order).lines[0].sku, "SKU-1")

    def test_a_maintenance_page_is_waited_out(self):
        self.shop.config.maintenance = True
        with self.assertRaises(exceptions.ThrottledError) as caught:
            self.adapter_model._fetch_order(self.channel, "1")
        self.assertEqual(caught.exception.retry_after, 600)

    def test_html_instead_of_json(self):
        self.shop.faults.add(kind="html", rate=1.0)
        words = self.refusal(exceptions.UnavailableError)
        self.assertIn("web page instead of data", words)

    def test_a_firewall(self):
        self.shop.faults.add(kind="firewall", rate=1.0)
        words = self.refusal(exceptions.UnavailableError)
        self.assertIn("blocks this server", words)

    def test_truncated_json(self):
        self.shop.faults.add(kind="truncated", rate=1.0, operation="orders")
        self.assertIn("is incomplete", self.refusal(exceptions.UnavailableError))

    def test_a_truncated_answer_to_a_write_is_uncertain(self):
        self.shop.faults.add(kind="truncated", next=1, operation="products/batch")
        with self.assertRaises(exceptions.UncertainError):
            self.push(self.entry(1, "SKU-1", 7, 10))

    def test_warnings_of_php_before_the_json(self):
        self.shop.faults.add(kind="notice", rate=1.0)
        self.assertEqual(self.connect().currency, "USD")

    def test_a_site_without_rest(self):
        self.channel.base_url = f"{self.shop.url}/no/such/folder"
        self.assertIn("no REST API", self.refusal(exceptions.ConfigurationError))

    def test_a_shop_that_is_off(self):
        self.channel.base_url = "http://127.0.0.1:9"
        self.assertIn("is unreachable", self.refusal(exceptions.UnavailableError))

    def test_the_companion_is_detected_and_lost(self):
        self.assertTrue(self.channel._capabilities().overwrites)
        self.shop.config.companion = True
        self.assertEqual(self.connect().version, "1.1.0")
        capabilities = self.channel._capabilities()
        self.assertTrue(capabilities.compare_and_set and capabilities.idempotent)
        self.assertIn("never overwritten", self.channel.guarantee)
        # a payload that was frozen for it meets a shop that no longer has it
        self.shop.config.companion = False
        self.assertEqual(self.push(self.entry(1, "SKU-1", 7, 10)), {1: "stale"})
        self.assertTrue(self.channel._capabilities().overwrites)
        self.assertEqual(self.push(self.entry(1, "SKU-1", 7, 10)), {1: "acked"})

    def test_the_companion_is_lost_while_reading(self):
        self.shop.config.companion = True
        self.connect()
        self.shop.config.companion = False
        [state] = self.adapter_model._fetch_levels(self.channel, [self.ref("S-RED")])
        self.assertEqual(state.available, 5)

    def test_another_address_is_another_site(self):
        self.shop.config.companion = True
        self.connect()
        self.channel.base_url = "https://other.example.com"
        self.assertEqual(self.adapter_model._get_facts(self.channel), {})


@tagged("post_install", "-at_install")
class TestShopTls(ShopCase):
    """Over https: Basic, and the secret only inside of it."""

    settings = {"tls": True}

    @classmethod
    def open_shop(cls):
        cls.shop = start_shop(tls=True)
        cls.addClassCleanup(cls.shop.stop)

    def setUp(self):
        file = tempfile.NamedTemporaryFile("w", suffix=".pem")
        self.addCleanup(file.close)
        file.write(self.shop.certificate)
        file.flush()
        session = requests.Session()
        session.trust_env, session.verify = False, file.name
        self.addCleanup(session.close)
        self.patch(
            type(self.env["channel.channel"]), "_http_session", lambda channel: session
        )
        super().setUp()

    def test_everything_works_over_https(self):
        info = self.adapter_model._test_connection(self.channel)
        self.assertNotIn("plain http", " ".join(info.warnings))
        self.assertEqual(self.push(self.entry(1, "SKU-1", 7, 10)), {1: "acked"})
        entry = self.shop.log.entries("POST products/batch")[-1]
        self.assertNotIn("oauth", entry["query"])

    def test_a_certificate_that_is_not_trusted(self):
        self.env["channel.channel"]._http_session().verify = True
        with self.assertRaises(exceptions.ConfigurationError) as caught:
            self.adapter_model._test_connection(self.channel)
        self.assertIn("certificate", str(caught.exception))
