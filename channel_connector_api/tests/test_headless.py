# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sandbox's headless shop, which shares no code with the connector, at work."""

import random
import sys
from pathlib import Path
from unittest import SkipTest
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.lib.transport import Reply

from ..wizards.channel_api_key_new import TOKEN
from .common_api import ApiCase

SETUP = Path(__file__).parents[2] / "setup"
SEND = "odoo.addons.channel_connector_api.models.channel_api_deliverer.transport.send"


@tagged("post_install", "-at_install")
class TestHeadless(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not SETUP.joinpath("sandbox/headless").is_dir():
            raise SkipTest("needs setup/sandbox")
        if str(SETUP) not in sys.path:
            sys.path.insert(0, str(SETUP))

    def setUp(self):
        super().setUp()
        from sandbox.headless import Shop

        self.publish()
        self.shop = Shop(self.base_url(), self.token, session=self.opener)
        self.hook = self.env["channel.api.subscription"].create(
            {
                "name": "Shop",
                "channel_id": self.channel.id,
                "url": "https://shop.example.com/hooks",
            }
        )
        self.shop.hooks.secret = self.hook.action_new_secret()["context"][TOKEN]
        self.env.flush_all()

    def deliver(self):
        """What waits is delivered into the shop's own receiver."""

        def send(_session, _method, _url, body, headers, **_options):
            return Reply(self.shop.hooks.receive(headers, body), {}, b"")

        self.env.flush_all()
        with patch(SEND, send):
            self.env["channel.api.deliverer"]._run(self.channel)
        self.env.invalidate_all()

    def test_shop_shows_what_is_published_and_sells_it(self):
        self.shop.look()
        self.assertEqual(self.shop.offered(), {"SKU-1": 10, "SKU-2": 10, "SKU-3": 10})
        ref = self.shop.checkout({"SKU-1": 4, "SKU-3": 1})
        self.work()
        # told by a webhook, in the shop's own way of checking it
        self.deliver()
        self.assertEqual(self.shop.offered()["SKU-1"], 6)
        self.shop.follow()
        self.assertEqual(self.shop.orders[ref]["told"]["state"], "confirmed")
        self.ship(ref)
        self.work()
        self.deliver()
        self.assertEqual(self.shop.orders[ref]["told"]["state"], "shipped")
        self.assertEqual(self.shop.hooks.counts["forged"], 0)
        self.assertGreater(self.shop.hooks.counts["taken"], 1)
        self.assertFalse(self.shop.cancel(ref))

    def test_forged_and_repeated_deliveries_do_nothing(self):
        self.shop.hooks.secret = "whsec_AAAA"
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.publish()
        self.deliver()
        self.assertEqual(self.shop.hooks.counts["forged"], 1)
        self.assertEqual(self.hook.failures, 1)

    def test_shoppers_never_sell_more_than_is_there(self):
        from sandbox.headless import SoldOut

        dice = random.Random(7)
        sold = {"SKU-1": 0, "SKU-2": 0, "SKU-3": 0}
        refused = 0
        for number in range(25):
            cart = {sku: dice.randint(1, 3) for sku in dice.sample(sorted(sold), 2)}
            try:
                ref = self.shop.checkout(cart)
            except SoldOut:
                refused += 1
                continue
            if number % 7 == 3:
                self.assertTrue(self.shop.cancel(ref))
                continue
            for sku, units in cart.items():
                sold[sku] += units
        self.assertTrue(refused)
        todo = [("channel_id", "=", self.channel.id), ("state", "=", "captured")]
        while self.env["channel.order"].search_count(todo):
            self.work()
        self.shop.follow()
        states = {order["told"]["state"] for order in self.shop.orders.values()}
        self.assertEqual(states, {"confirmed", "cancelled"})
        for listing in self.channel.listing_ids:
            position = self.position(listing.product_id)
            sku = listing.external_id
            self.assertEqual(position.available, 10 - sold[sku])
            self.assertGreaterEqual(position.available, 0)
        self.shop.look()
        left = {sku: 10 - units for sku, units in sold.items() if units < 10}
        self.assertEqual(self.shop.offered(), left)
