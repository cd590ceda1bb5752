"""What a demo does not show of a marketplace: storefronts, a pending order, a feed that
is stuck, and a secret that ends."""

import contextlib
from datetime import date, timedelta

from demo.rpc import Refused

BASE = "channel_inventory_base"
DAYS_LEFT = 12
MASS, RAISED, MORE = 2, 12, 60
CAP = 30
"""Numbers that a rule of the demo does not keep from rising."""
STOREFRONTS = (("CA", "A2EUQ1WTGCTBG2", "CAD"), ("MX", "A1AM78C64UM0Y8", "MXN"))


NAMES = (
    "channel-amazon",
    "channel-amazon-markets",
    "order-pending",
    "feed-stuck",
    "feed-stuck-told",
    "secret-expires",
)


class AmazonScene:
    """``play`` when there are orders. ``channel``: the demo's seller at Amazon."""

    def __init__(self, running, channel):
        self.running, self.channel, self.odoo = running, channel, running.odoo

    def play(self):
        self._open_storefronts()
        self._end_secret()
        self._leave_an_order_pending()
        self._get_a_feed_stuck()

    def _open_storefronts(self):
        """The seller sells in more countries of the region."""
        self._write(amazon_marketplaces="US, CA, MX")
        for country, place, currency in STOREFRONTS:
            currency_id = self.odoo.find_id(
                "res.currency",
                ["name", "=", currency],
                ["active", "in", [True, False]],
            )
            self.odoo.call("res.currency", "write", [currency_id], {"active": True})
            self.odoo.create(
                "channel.market",
                channel_id=self.channel.id,
                external_id=place,
                name=f"Amazon {country}",
                currency_id=currency_id,
            )

    def _end_secret(self):
        ends = date.today() + timedelta(days=DAYS_LEFT)
        self._write(secret_expires_on=ends.isoformat())
        self._recover()
        self.running.wait("the end of the secret is told", self._is_secret_told)

    def _recover(self):
        """What is done once a minute is done now, unless it is being done."""
        cron_id = self.odoo.ref(f"{BASE}.cron_recover")
        with contextlib.suppress(Refused):
            self.odoo.call("ir.cron", "method_direct_trigger", [cron_id])

    def _is_secret_told(self):
        return self.odoo.find(
            "channel.exception",
            ["channel_id", "=", self.channel.id],
            ["key", "=like", "secret%"],
        )

    def _leave_an_order_pending(self):
        [sku] = self._offered(1)
        self.channel.store.post("checkout", lines={sku: 2}, payment="pending")
        self.running.wait("the pending order is held", self.pending_order)

    def pending_order(self):
        """:return: id of an order whose payment is being verified"""
        found = self.odoo.find(
            "channel.order",
            ["channel_id", "=", self.channel.id],
            ["state", "=", "announced"],
            order="id desc",
            limit=1,
        )
        return found and found[0]["id"]

    def _get_a_feed_stuck(self):
        """A delivery raises many numbers, and the feed of them is not processed."""
        self._write(mass_quantity=MASS, scarce_quantity=0)
        self.channel.store.post("rules/next", feed_stuck=1)
        # all at once, and not one by one as they are planned
        self.channel.press("action_pause")
        skus = self._offered(RAISED)
        house = self.running.company.warehouses["EAST"]["lot_stock_id"][0]
        products = {each["default_code"]: each["id"] for each in self.running.products}
        self.running.company.count({(products[sku], house): MORE for sku in skus})
        self.running.wait("they are planned", self._is_planned)
        self.channel.press("action_go_live")
        self.running.wait("a feed is handed in", self.feed)
        self._let_a_day_pass()
        self.running.wait("the feed is told to be stuck", self._is_feed_told)

    def _is_planned(self):
        return not self.running.database.value("SELECT count(*) FROM channel_change")

    def feed(self):
        """:return: id of the publication that is out by a feed"""
        found = self.odoo.find(
            "channel.publication",
            ["channel_id", "=", self.channel.id],
            ["lane", "!=", False],
            limit=1,
        )
        return found and found[0]["id"]

    def _let_a_day_pass(self):
        """Nobody waits for it: it was handed in that much earlier."""
        self.running.database.rows(
            """
            UPDATE channel_publication
               SET acked_at = acked_at - interval '25 hours',
                   sent_at = sent_at - interval '25 hours',
                   ask_at = now() AT TIME ZONE 'UTC'
             WHERE id = %s RETURNING id
            """,
            self.feed(),
        )
        self._recover()

    def _is_feed_told(self):
        return self.told("stuck:")

    def told(self, key):
        """:return: id of the exception that was raised under that key"""
        found = self.odoo.find(
            "channel.exception",
            ["channel_id", "=", self.channel.id],
            ["key", "=like", f"{key}%"],
        )
        return found and found[0]["id"]

    def _offered(self, count):
        levels = self.channel.store.get("levels")["levels"]
        known = {each["default_code"] for each in self.running.products}
        skus = [
            each["sku"]
            for each in levels
            if 2 <= (each["number"] or 0) < CAP and each["sku"] in known
        ]
        return skus[:count]

    def _write(self, **values):
        self.odoo.call("channel.channel", "write", [self.channel.id], values)


def screens(scene, page):
    """As ``screenshots.screens``.

    :param page: function that turns to a page of a form's notebook
    """
    action = f"/odoo/action-{BASE}."
    channel = f"{action}channel_channel_action/{scene.channel.id}"
    exception = f"{action}channel_exception_action"
    places = (
        channel,
        (channel, page("markets")),
        f"{action}channel_order_action/{scene.pending_order()}",
        f"{action}channel_publication_action/{scene.feed()}",
        f"{exception}/{scene.told('stuck:')}",
        f"{exception}/{scene.told('secret')}",
    )
    return dict(zip(NAMES, places, strict=True))
