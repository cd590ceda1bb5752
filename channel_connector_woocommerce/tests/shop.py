# SPDX-License-Identifier: AGPL-3.0-or-later
"""A running sandbox shop for tests, and a channel that is connected to it.

The shop is a server of its own that shares no code with the connector; it comes with
the repository (``setup/sandbox``), so these tests are skipped where only the addon is.
"""

import sys
from pathlib import Path
from unittest import SkipTest

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common_adapter import AdapterCase
from odoo.addons.channel_inventory_base.tests.common_http import Inbox  # noqa: F401

from ..const import NODE
from ..mapper import stock_ref

SETUP = Path(__file__).resolve().parents[2] / "setup"
SEED = {
    "products": [
        {
            "sku": f"SKU-{number}",
            "name": f"Product {number}",
            "barcode": f"400000000000{number}",
            "price": "10.00",
            "stock": 10 * number,
        }
        for number in range(1, 5)
    ]
    + [
        {"sku": "FREE", "name": "No figure", "price": "1.00", "stock": None},
        {
            "sku": "SHIRT",
            "name": "Shirt",
            "variations": [
                {"sku": "S-RED", "name": "Red", "price": "15.00", "stock": 5},
                {"sku": "S-BLUE", "name": "Blue", "price": "15.00", "stock": 6},
            ],
        },
        {
            "sku": "MUG",
            "name": "Mug",
            "stock": 9,
            "variations": [
                {"sku": "M-S", "name": "Small", "price": "5.00", "stock": None},
                {"sku": "M-L", "name": "Large", "price": "6.00", "stock": None},
            ],
        },
    ],
}


def start_shop(**settings):
    if not SETUP.joinpath("sandbox/woocommerce").is_dir():
        raise SkipTest("needs setup/sandbox")
    if str(SETUP) not in sys.path:
        sys.path.insert(0, str(SETUP))
    from sandbox.woocommerce import start

    values = {"cron_interval": None, "currency": "USD", "hang": 1.0, **settings}
    return start(SEED, shop_name="Test Shop", **values)


class ConnectedShop:
    """A running shop, and channels made to speak to it."""

    companion = False
    settings = {}

    @classmethod
    def open_shop(cls):
        cls.shop = start_shop(**cls.settings)
        cls.addClassCleanup(cls.shop.stop)

    @classmethod
    def make_channel(cls, env, code="CHT", **values):
        values.setdefault("base_url", cls.shop.url)
        channel = super().make_channel(
            env, code, channel_type="woocommerce", environment="test", **values
        )
        channel.node_ids.external_id = NODE
        channel.write(
            {
                "woocommerce_consumer_key": "ck_sandbox",
                "woocommerce_consumer_secret": "cs_sandbox",
            }
        )
        return channel

    @classmethod
    def as_new(cls):
        """The shop as it was seeded, and what the channel knows of it."""
        cls.shop.config.update(
            {
                "companion": cls.companion,
                "maintenance": False,
                "plain_permalinks": False,
                "prices_include_tax": True,
                "write_window": 0.0,
                **cls.settings,
            }
        )
        cls.shop.reset()

    # ---------------------------------------------------------------- names
    def number(self, sku):
        return self.shop.store.find_product(sku).id

    def ref(self, sku):
        product = self.shop.store.find_product(sku)
        parent = product.parent.id if product.parent else 0
        return schemas.LevelRef(stock_ref(product.id, parent), NODE)


class ShopCase(ConnectedShop, AdapterCase):
    """A channel connected to a running shop without the companion plugin."""

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()
        cls.adapter_model = cls.env["channel.adapter.woocommerce"]

    def setUp(self):
        super().setUp()
        self.as_new()
        self.patch(type(self.adapter_model), "_sleep", lambda adapter, seconds: None)
        self.adapter_model._discover(self.channel)

    def fetch_listings(self):
        self.env["channel.catalogue"]._fetch(self.channel)
        self.env.invalidate_all()

    def listing_of(self, sku):
        return self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id), ("sku", "=", sku)]
        )

    def entry(self, line_id, sku, quantity, base):
        ref = self.ref(sku)
        return schemas.LevelEntry(line_id, ref.stock_ref, NODE, quantity, base)

    def push_result(self, *entries, key="key-1"):
        payload = self.adapter_model._prepare_push(self.channel, entries, "trace-1")
        return self.adapter_model._push_levels(self.channel, payload, key)

    def push(self, *entries, key="key-1"):
        result = self.push_result(*entries, key=key)
        return {each.line_id: each.status for each in result.results}

    def fetch(self, order):
        event = self.adapter_model._fetch_order(self.channel, str(order.id))
        return event and self.adapter_model._parse_order(self.channel, event.body)
