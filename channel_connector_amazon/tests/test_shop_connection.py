# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from ..lib.marketplaces import of_region
from .shop import HOUR, SECRETS, SELLER, AccountCase

DAY = 24 * HOUR
LISTINGS = "Product Listing"
ORDERS = "Inventory and Order Tracking"
ADDRESSES = "Direct-to-Consumer Shipping"


@tagged("post_install", "-at_install")
class TestShopConnection(AccountCase):
    """Connecting, tokens and the queue, against a running account."""

    def setUp(self):
        super().setUp()
        config = self.shop.config
        self.addCleanup(config.update, {"roles": config.roles})
        self.channel.write(
            {
                "amazon_queue_url": self.shop.queue_url("orders"),
                "amazon_aws_key": "AKIATEST",
                "amazon_marketplaces": "DE, FR",
            }
        )

    def info(self):
        return self.adapter_model._test_connection(self.channel)

    def without(self, role):
        roles = tuple(each for each in self.shop.config.roles if each != role)
        self.shop.config.update({"roles": roles})

    def test_connection(self):
        self.sell()
        info = self.info()
        self.assertEqual((info.account_ref, info.currency), (SELLER, "EUR"))
        self.assertEqual(info.warnings, ())
        self.assertEqual(self.violations(), {})
        self.assertTrue(info.clock)

    def test_missing_roles_are_named(self):
        for role, name in ((LISTINGS, LISTINGS), (ORDERS, ORDERS)):
            with self.subTest(role):
                self.without(role)
                with self.assertRaisesRegex(exceptions.ConfigurationError, name):
                    self.info()
                self.shop.config.update({"roles": (LISTINGS, ORDERS, ADDRESSES)})

    def test_orders_without_an_address_are_worth_a_warning(self):
        """Nothing says that the role is missing: the address is just not there."""
        self.sell()
        self.without(ADDRESSES)
        [words] = self.info().warnings
        self.assertIn(ADDRESSES, words)

    def test_test_goes_on_where_the_search_is_used_up(self):
        self.sell()
        now = self.shop.store.clock.time()
        self.shop.limits.drain(self.shop.config, SELLER, "searchOrders", now)
        self.assertEqual(self.info().warnings, ())

    def test_other_seller_and_strange_marketplaces_are_told(self):
        self.channel.amazon_marketplaces = "DE, IT, PL"
        with self.assertRaisesRegex(exceptions.ConfigurationError, "IT, PL"):
            self.info()
        self.channel.amazon_seller_id = "A1SOMEBODY"
        with self.assertRaisesRegex(exceptions.ConfigurationError, "seller ID"):
            self.info()

    def test_settings_that_are_missing_are_named(self):
        for name, words in (
            ("amazon_seller_id", "Seller ID"),
            ("amazon_marketplaces", "Marketplaces"),
            ("amazon_client_id", "Client ID"),
            ("amazon_refresh_token", "Refresh Token"),
        ):
            with self.subTest(name), self.passing():
                self.channel[name] = False
                with self.assertRaisesRegex(exceptions.ConfigurationError, words):
                    self.info()

    def test_currency_of_a_marketplace_is_worth_a_warning(self):
        self.channel.amazon_marketplaces = "DE, FR, SE"
        [words] = self.info().warnings
        self.assertIn("SEK", words)

    # -------------------------------------------------------------- secrets
    def test_secret_that_ends_soon_is_worth_a_warning(self):
        self.channel.secret_expires_on = fields.Date.today() + timedelta(20)
        [words] = self.info().warnings
        self.assertIn("Rotate", words)
        self.channel.secret_expires_on = False
        [words] = self.info().warnings
        self.assertIn("180 days", words)

    def test_secret_that_ended_is_told_in_plain_words(self):
        self.shop.access.secret_born -= 181 * DAY
        with self.assertRaisesRegex(exceptions.AuthError, "180 days"):
            self.info()
        self.assertNotIn("dead_token", self.violations())

    def test_secret_that_was_rotated_works_once_it_is_entered(self):
        secret = self.shop.access.rotate(days=0)
        self.addCleanup(
            self.shop.config.update, {"client_secret": SECRETS["amazon_client_secret"]}
        )
        with self.raises(exceptions.AuthError):
            self.info()
        self.channel.amazon_client_secret = secret
        self.assertTrue(self.info())

    def test_secret_that_was_rotated_works_for_a_week_as_it_was(self):
        """Whoever rotates it need not be quick: what is on its way goes on."""
        self.info()
        self.shop.access.rotate(days=7)
        self.addCleanup(
            self.shop.config.update, {"client_secret": SECRETS["amazon_client_secret"]}
        )
        self.shop.access.expire()
        self.assertTrue(self.info())
        self.shop.pass_time(7 * DAY + 1)
        self.shop.access.expire()
        with self.raises(exceptions.AuthError):
            self.info()

    def test_permission_that_was_withdrawn_is_told_in_plain_words(self):
        self.info()
        self.shop.access.revoke()
        with self.assertRaisesRegex(exceptions.AuthError, "withdrawn") as caught:
            self.info()
        for secret in SECRETS.values():
            self.assertNotIn(secret, str(caught.exception))

    def test_token_that_ended_is_renewed_and_shared(self):
        self.info()
        asked = len(self.requests("lwa"))
        self.info()
        self.assertEqual(len(self.requests("lwa")), asked)
        self.shop.access.expire()
        self.info()
        self.assertEqual(len(self.requests("lwa")), asked + 1)
        state = str(self.channel._get_shared_state("token"))
        self.assertNotIn("Atza", state)
        self.assertNotIn("Atzr", state)

    # ---------------------------------------------------------------- queue
    def test_without_a_queue_the_delay_is_told(self):
        self.channel.write({"amazon_queue_url": False, "poll_minutes": 5})
        [words] = self.info().warnings
        self.assertIn("8 minutes", words)

    def test_without_a_queue_the_form_tells_the_delay_all_the_time(self):
        self.assertFalse(self.channel.notice)
        self.channel.write({"amazon_queue_url": False, "poll_minutes": 3})
        self.channel.invalidate_recordset(["notice"])
        self.assertIn("6 minutes", self.channel.notice)

    def test_more_polls_than_amazon_allows_are_worth_a_warning(self):
        self.channel.poll_minutes = 1
        [words] = self.info().warnings
        self.assertIn("one search in three", words)

    # -------------------------------------------------------------- markets
    def test_marketplaces_become_markets(self):
        self.channel.amazon_marketplaces = "DE, SE"
        self.channel.action_test_connection()
        if "market_ids" not in self.channel._fields:
            self.skipTest("orders are not sold here")
        found = [
            (each.name, each.external_id, each.currency_id.name, each.tax_mode)
            for each in self.channel.market_ids
        ]
        self.assertEqual(
            found,
            [
                ("Amazon DE", "A1PA6795UKMFR9", "EUR", "odoo"),
                ("Amazon SE", "A2NODRKZP88ZB9", "SEK", "odoo"),
            ],
        )

    def test_marketplaces_that_add_their_taxes_tell_them(self):
        info = [self.adapter_model._market(each) for each in of_region("na")]
        taxes = {each.name: each.includes_taxes for each in info}
        self.assertFalse(taxes["Amazon US"])
        self.assertTrue(taxes["Amazon MX"])

    # ---------------------------------------------------------------- queue
    def test_queue_that_cannot_be_read_is_told_and_stops_nothing(self):
        for values in (
            {"amazon_aws_secret": "wrong"},
            {"amazon_queue_url": self.shop.queue_url("nowhere")},
            {"amazon_aws_key": False},
        ):
            with self.subTest(list(values)), self.passing():
                self.channel.write(values)
                [words] = self.info().warnings
                self.assertIn("queue", words)

    def test_queue_is_asked_for_in_the_clear_by_tests_only(self):
        self.channel.write(
            {"environment": "production", "amazon_queue_url": "http://sqs.example/1/a"}
        )
        [words] = self.info().warnings
        self.assertIn("https", words)

    # -------------------------------------------------------------- buckets
    def test_workers_share_a_bucket_and_are_never_refused(self):
        """Amazon counts by application, and so do we: nothing is asked beyond it."""
        with self.raises(exceptions.ThrottledError) as caught:
            for _search in range(40):
                self.adapter_model._fetch_orders(
                    self.channel, self.env["channel.intake"]._first_since(), ""
                )
        self.assertGreater(caught.exception.retry_after, 60)
        self.assertNotIn("throttled", self.violations())
        # and what has another bucket goes on
        self.assertTrue(
            self.adapter_model._fetch_levels(self.channel, [self.ref("SKU-1")])
        )

    def test_bucket_that_others_have_emptied_is_empty_for_us(self):
        now = self.shop.store.clock.time()
        self.shop.limits.drain(self.shop.config, SELLER, "searchOrders", now)
        since = self.env["channel.intake"]._first_since()
        for _search in range(3):
            with self.raises(exceptions.ThrottledError):
                self.adapter_model._fetch_orders(self.channel, since, "")
        self.assertEqual(self.violations(), {"throttled": 1})
