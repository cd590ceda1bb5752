# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import timedelta

from odoo import fields, tools
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.tests.common_adapter import AdapterCase

from .orders import order

SECRET = "amazon_refresh_token"


@tagged("post_install", "-at_install")
class TestSettings(AdapterCase):
    def test_token_is_kept_as_a_secret_and_never_shown(self):
        form = Form(self.env["channel.channel"])
        form.name = "Shop"
        form.channel_type = "amazon"
        form.amazon_region = "eu"
        form.amazon_refresh_token = "hush"
        channel = form.save()
        channel.invalidate_recordset()
        self.assertEqual(channel._get_secret(SECRET), "hush")
        self.assertTrue(channel[SECRET])
        self.assertNotIn("hush", channel[SECRET])

    def test_address_follows_from_the_region(self):
        form = Form(self.env["channel.channel"])
        form.name = "Shop"
        form.channel_type = "amazon"
        form.amazon_region = "fe"
        self.assertEqual(form.base_url, "https://sellingpartnerapi-fe.amazon.com")
        form.amazon_region = "eu"
        self.assertEqual(form.base_url, "https://sellingpartnerapi-eu.amazon.com")
        form.base_url = "http://127.0.0.1:9300"
        form.amazon_region = "na"
        self.assertEqual(form.base_url, "http://127.0.0.1:9300")

    def test_without_a_queue_an_order_is_known_when_the_search_shows_it(self):
        form = Form(self.env["channel.channel"])
        form.name = "Shop"
        form.channel_type = "amazon"
        form.amazon_region = "eu"
        channel = form.save()
        self.assertGreater(channel.order_lag, 180)
        channel.amazon_queue_url = "https://sqs.eu-west-1.amazonaws.com/1/orders"
        self.assertEqual(channel.order_lag, 30)
        channel.order_lag = 45
        self.assertEqual(channel.order_lag, 45)

    def test_page_of_an_order_is_where_its_seller_works(self):
        channel, adapter = self.channel, self.env["channel.adapter.amazon"]
        pages = {}
        for region in ("na", "eu", "fe"):
            channel.write({"amazon_region": region, "amazon_marketplaces": False})
            pages[region] = adapter._get_order_page(channel, "123-1234567-1234567")
        self.assertEqual(
            pages["eu"],
            "https://sellercentral-europe.amazon.com/orders-v3/order/"
            "123-1234567-1234567",
        )
        self.assertEqual(len(set(pages.values())), 3)
        channel.amazon_region = False
        self.assertEqual(adapter._get_order_page(channel, "1"), "")

    def test_marketplaces_are_those_of_the_region(self):
        channel = self.channel
        channel.write({"amazon_region": "eu", "amazon_marketplaces": "uk, DE de"})
        found = channel._get_amazon_marketplaces()
        self.assertEqual([each.country for each in found], ["GB", "DE"])
        with self.assertRaisesRegex(ValidationError, "US.*DE"):
            channel.amazon_marketplaces = "DE, US"

    def test_secret_that_ends_is_told_a_month_before(self):
        channel, today = self.channel, fields.Date.today()
        for days, words in ((31, False), (30, "ends on"), (0, "ended on")):
            channel.secret_expires_on = today + timedelta(days=days)
            message = channel.secret_warning
            self.assertTrue(words in message if words else message is False)

    def test_neutralized_copy_has_no_credentials(self):
        channel = self.channel
        channel.write(
            {
                "channel_type": "amazon",
                "amazon_region": "eu",
                "amazon_client_id": "client",
                "amazon_queue_url": "https://sqs.eu-west-1.amazonaws.com/1/orders",
                "amazon_aws_key": "AKIA",
            }
        )
        names = [each for each in channel._secret_fields() if each.startswith("amazon")]
        channel.write(dict.fromkeys(names, "hush"))
        self.env.flush_all()
        with tools.file_open("channel_connector_amazon/data/neutralize.sql") as sql:
            self.env.cr.execute(sql.read())
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        for name in ("client_id", "queue_url", "aws_key"):
            self.assertFalse(channel[f"amazon_{name}"])
        self.assertEqual(channel._get_secrets(*names), {})

    def test_stored_order_is_read_and_a_broken_one_salvaged(self):
        self.channel.channel_type = "amazon"
        adapter = self.channel._adapter()
        body = json.dumps(order())
        self.assertEqual(adapter._parse_order(self.channel, body).name, "028-1-1")
        broken = json.dumps({**order(), "fulfillment": {"fulfillmentStatus": "LOST"}})
        with self.assertRaises(exceptions.MalformedDataError) as caught:
            adapter._parse_order(self.channel, broken)
        self.assertEqual(caught.exception.path, "fulfillment.fulfillmentStatus")
        found = adapter._salvage_order(self.channel, broken)
        self.assertEqual([line.open_quantity for line in found.lines], [2])
