# SPDX-License-Identifier: AGPL-3.0-or-later
"""A running sandbox account for tests, and a channel that is connected to it.

The account is a server of its own that shares no code with the connector; it comes with
the repository (``setup/sandbox``), so these tests are skipped where only the addon is.
"""

import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest import SkipTest

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common_adapter import AdapterCase

from ..const import MERCHANT
from .common import FR

SETUP = Path(__file__).resolve().parents[2] / "setup"
SELLER = "A1TESTSELLER"
SECRETS = {
    "amazon_client_secret": "amzn1.oa2-cs.v1.test",
    "amazon_refresh_token": "Atzr|test",
    "amazon_aws_secret": "aws-test-secret",
}
SEED = {
    "products": [
        {
            "sku": f"SKU-{number}",
            "title": f"Product {number}",
            "price": "10.00",
            "quantity": 10 * number,
        }
        for number in range(1, 6)
    ]
    + [
        {"sku": "FBA-1", "title": "Shipped by Amazon", "price": "9.00", "fba": 7},
        {"sku": "FR-1", "title": "Lampe", "price": {FR: "8.00"}, "quantity": 3},
        {"sku": "A,B/C 1", "title": "Odd name", "price": "5.00", "quantity": 4},
    ],
}
HOUR = 3600
FEED_SECONDS = 5
"""By then a feed is done: half an hour of Amazon's at the most."""


def start_account(**settings):
    """An account without chance, whose days are seconds."""
    if not SETUP.joinpath("sandbox/amazon").is_dir():
        raise SkipTest("needs setup/sandbox")
    if str(SETUP) not in sys.path:
        sys.path.insert(0, str(SETUP))
    from sandbox.amazon import start

    return start(
        seed=SEED,
        seller_id=SELLER,
        client_id="client",
        client_secret=SECRETS["amazon_client_secret"],
        refresh_token=SECRETS["amazon_refresh_token"],
        aws_key_id="AKIATEST",
        aws_secret=SECRETS["amazon_aws_secret"],
        compress=HOUR,
        # a number is applied at once, and work is done when somebody looks
        apply_seconds=(0, 0),
        tick=None,
        decide_payments=False,
        **settings,
    )


def ship(shop, order, number="1Z0"):
    """The seller ships all that is open, in Seller Central."""
    from sandbox.amazon import orders
    from sandbox.amazon.models import Package

    store = shop.store
    with store.transaction():
        order = store.find_order(order)
        now = store.clock.now()
        package = Package(f"{len(order.packages) + 1}", "UPS", "", number, now, now)
        units = {item: item.open for item in order.items if item.open}
        orders.ship(store, order, package, units)


class ConnectedAccount:
    """A running account, and channels made to speak to it."""

    @classmethod
    def open_account(cls, **settings):
        cls.shop = start_account(**settings)
        cls.addClassCleanup(cls.shop.stop)

    @classmethod
    def make_channel(cls, env, code="CHT", **values):
        channel = super().make_channel(
            env,
            code,
            **{
                "channel_type": "amazon",
                "base_url": cls.shop.url,
                "environment": "test",
                "amazon_region": "eu",
                "amazon_seller_id": SELLER,
                "amazon_marketplaces": "DE, FR, SE",
                "amazon_client_id": "client",
                "secret_expires_on": "2099-01-01",
                "currency_id": env.ref("base.EUR").id,
                **values,
            },
        )
        channel.write(SECRETS)
        return channel

    def begin(self):
        """The account as new, and nothing by chance."""
        self.shop.reset()
        self.shop.calm()


class AccountCase(ConnectedAccount, AdapterCase):
    """A channel connected to a running account of a few SKUs."""

    @classmethod
    def setUpClass(cls):
        cls.open_account()
        super().setUpClass()
        cls.adapter_model = cls.env["channel.adapter.amazon"]

    def setUp(self):
        super().setUp()
        self.begin()
        # what is waited for passes at once, at Amazon as well
        waits = lambda _model, seconds: self.shop.pass_time(seconds)  # noqa: E731
        self.patch(type(self.adapter_model), "_sleep", waits)

    # ---------------------------------------------------------------- names
    def ref(self, sku):
        return schemas.LevelRef(sku, MERCHANT)

    def entry(self, line_id, sku, quantity, node=MERCHANT):
        return schemas.LevelEntry(line_id, sku, node, quantity, 0)

    def push(self, *entries):
        payload = self.adapter_model._prepare_push(self.channel, entries, "trace-1")
        result = self.adapter_model._push_levels(self.channel, payload, "key-1")
        return {each.line_id: each for each in result.results}

    def statuses(self, *entries):
        return {line: each.status for line, each in self.push(*entries).items()}

    # ----------------------------------------------------------------- acts
    def sell(self, lines=None, payment="paid", **cart):
        """:return: the order, which the search of Amazon knows as well"""
        order = self.shop.checkout(lines or {"SKU-2": 2}, payment=payment, **cart)
        self.shop.pass_time(200)
        return order

    def ship(self, order, number="1Z0"):
        """The seller ships all of it, without us."""
        ship(self.shop, order, number)

    @contextmanager
    def raises(self, kind):
        """As ``assertRaises``, which would forget what was committed in the block."""
        caught = SimpleNamespace(exception=None)
        try:
            yield caught
        except kind as error:
            caught.exception = error
        else:
            self.fail(f"no {kind.__name__}")

    # ---------------------------------------------------------------- looks
    def fetch(self, order):
        event = self.adapter_model._fetch_order(self.channel, order.id)
        return self.adapter_model._parse_order(self.channel, event.body)

    def requests(self, operation):
        return self.shop.log.entries(operation)

    def violations(self):
        return dict(self.shop.violations.counts)

    def finish(self, kind, data, key, result):
        """Ask for a message until it is no longer pending, as the base does."""
        while result and result.status == "pending":
            self.shop.pass_time(FEED_SECONDS)
            attempt = schemas.Attempt(key, result.ref)
            result = self.adapter_model._find_message(self.channel, kind, data, attempt)
        return result
