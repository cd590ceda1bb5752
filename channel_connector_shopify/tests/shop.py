# SPDX-License-Identifier: AGPL-3.0-or-later
"""A running sandbox store for tests, and a channel that is connected to it.

The store is a server of its own that shares no code with the connector; it comes with
the repository (``setup/sandbox``), so these tests are skipped where only the addon is.
"""

import sys
import time
from pathlib import Path
from unittest import SkipTest

import requests

from odoo.tests.common import _super_send

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common_adapter import AdapterCase
from odoo.addons.channel_inventory_base.tests.common_http import Inbox  # noqa: F401

from . import common

SETUP = Path(__file__).resolve().parents[2] / "setup"
DOMAIN = "test-store.myshopify.com"
PLACES = ("Main Warehouse", "Second Warehouse")
SEED = {
    "locations": list(PLACES),
    "products": [
        {
            "sku": f"SKU-{number}",
            "title": f"Product {number}",
            "barcode": f"400000000000{number}",
            "price": "10.00",
            "quantities": {PLACES[0]: 10 * number, PLACES[1]: number},
        }
        for number in range(1, 6)
    ]
    + [
        {
            "title": "Shirt",
            "variants": [
                {
                    "sku": "S-1",
                    "title": "Red",
                    "price": "5",
                    "quantities": {PLACES[0]: 3},
                }
            ],
        },
        {
            "sku": "KIT",
            "title": "Kit",
            "price": "20",
            "components": [{"sku": "SKU-1", "quantity": 2}],
        },
    ],
    "shop": {"shop_name": "Test Store", "currency": "USD"},
}


class PlainSession(requests.Session):
    """Odoo's tests look into timeouts that the store gives as pairs."""

    def send(self, request, **options):
        return _super_send(self, request, **options)


def start_store():
    if not (common.SCHEMAS and SETUP.joinpath("sandbox/shopify").is_dir()):
        raise SkipTest("needs setup/sandbox and CHANNEL_SHOPIFY_SCHEMAS")
    if str(SETUP) not in sys.path:
        sys.path.insert(0, str(SETUP))
    from sandbox.shopify import start

    return start(
        seed=SEED,
        schemas=common.SCHEMAS,
        shop=DOMAIN,
        client_id="client",
        client_secret="secret",
        access_token=common.TOKEN,
        currency="USD",
        plan="enterprise",
        webhook_retry_window=1,
        bulk_delay=0.0,
    )


class ConnectedShop:
    """A running store, and channels made to speak to it."""

    @classmethod
    def open_shop(cls):
        cls.shop = start_store()
        cls.shop.webhooks.dispatcher.session = PlainSession()
        cls.addClassCleanup(cls.shop.stop)

    @classmethod
    def make_channel(cls, env, code="CHT", **values):
        channel = super().make_channel(
            env,
            code,
            channel_type="shopify",
            base_url=cls.shop.url,
            environment="test",
            shopify_auth_kind="client_credentials",
            shopify_client_id="client",
            **values,
        )
        channel.write(
            {"shopify_client_secret": "secret", "shopify_access_token": common.TOKEN}
        )
        return channel


class ShopCase(ConnectedShop, AdapterCase):
    """A channel connected to a running store of two places and a few products."""

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        cls.adapter_model = cls.env["channel.adapter.shopify"]

    def setUp(self):
        super().setUp()
        self.shop.reset()

    # ---------------------------------------------------------------- names
    def item(self, sku):
        return self.shop.store.find_variant(sku).item.gid

    def place(self, name):
        return self.shop.store.find_location(name).gid

    def ref(self, sku, place=PLACES[0]):
        return schemas.LevelRef(self.item(sku), self.place(place))

    def shown(self, sku, place=PLACES[0]):
        level = self.shop.level(sku, place)
        return level and level["available"]

    def entry(self, line_id, sku, quantity, base, place=PLACES[0]):
        return schemas.LevelEntry(
            line_id, self.item(sku), self.place(place), quantity, base
        )

    def push(self, *entries, key="key-1"):
        payload = self.adapter_model._prepare_push(self.channel, entries, "trace-1")
        result = self.adapter_model._push_levels(self.channel, payload, key)
        return {each.line_id: each.status for each in result.results}

    def wait_for(self, condition, seconds=5):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "the store does not get there")
            time.sleep(0.01)

    def fetch(self, order):
        event = self.adapter_model._fetch_order(self.channel, order.gid)
        return self.adapter_model._parse_order(self.channel, event.body)
