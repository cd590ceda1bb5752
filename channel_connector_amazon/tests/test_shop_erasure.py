# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
import logging

from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tests.common_marks import (
    MARK,
    Erased,
    find_marks,
)

from .shop import AccountCase

WORDS = ("name", "companyName", "addressLine1", "addressLine2", "city", "phone")
CART = {
    "address": {word: f"{MARK}.{word}" for word in WORDS},
    "buyer": {
        "buyerName": f"{MARK}.buyer",
        "buyerEmail": f"{MARK}@marketplace.amazon.de",
    },
}


@tagged("post_install", "-at_install")
class TestShopErasure(Erased, AccountCase):
    """Amazon wants its buyers forgotten 30 days after the shipment, whatever the
    retention of all channels says."""

    def setUp(self):
        super().setUp()
        self.listing.write({"external_id": "SKU-2", "stock_ref": "SKU-2"})
        self.plan()
        self.make_known(self.env, self.level, 10)

    def take_in(self, sold):
        event = self.adapter_model._fetch_order(self.channel, sold.id)
        self.env["channel.inbox.event"]._store(self.channel, [event], "fetch")
        self.intake()
        return self.order(sold.id)

    def test_thirty_days_are_the_default_of_amazon(self):
        self.assertEqual(self.channel.personal_days, 30)

    def test_no_log_names_a_buyer(self):
        """Whether the order is read, refused or comes in pieces."""
        with self.assertLogs("odoo.addons", "DEBUG") as logs:
            logging.getLogger("odoo.addons.channel").info("so that there is one")
            self.take_in(self.sell({"SKU-2": 1}, **CART))
            for rule in ("state_missing", None):
                sold = self.sell({"SKU-2": 1}, **CART)
                if rule:
                    self.shop.rules.next(rule)
                self.take_in(sold)
            # one that is not of the model, and one that is cut off
            for old, new in (('"orderId"', '"orderNo"'), ("}", "")):
                event = self.adapter_model._fetch_order(self.channel, sold.id)
                self.assertIn(MARK, event.body)
                broken = dataclasses.replace(
                    event, key=f"broken {old}", body=event.body.replace(old, new, 1)
                )
                self.env["channel.inbox.event"]._store(self.channel, [broken], "fetch")
                self.intake()
        self.assertNotIn(MARK, "\n".join(logs.output))

    def test_marked_order_leaves_nothing_after_thirty_days(self):
        sold = self.sell({"SKU-2": 2}, **CART)
        order = self.take_in(sold)
        found = find_marks(self.env)
        for place in ("order.data", "inbox_event.body"):
            self.assertIn(f"channel_{place}", found)
        self.shop.cancel(sold)
        self.take_in(sold)
        self.assertEqual(order.state, "cancelled")
        self.elapse(29)
        self.retain(0)
        self.assertFalse(order.blanked_at)
        self.elapse(2)
        self.retain(0)
        self.assertTrue(order.blanked_at)
        self.assertErased()
