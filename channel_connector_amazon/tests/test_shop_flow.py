# SPDX-License-Identifier: AGPL-3.0-or-later
import gzip
import json
from datetime import datetime, timedelta, timezone

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.tests.test_accepted import Accepting

from ..const import MERCHANT
from .shop import SELLER, AccountCase


def live(quantity, moment):
    """EventBridge's word about a number, as Amazon shows it."""
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "Payload": {
            "SellerId": SELLER,
            "FulfillmentChannelCode": MERCHANT,
            "Sku": "SKU-2",
            "Quantity": quantity,
        },
        "NotificationMetadata": {
            "ApplicationId": "amzn1.sellerapps.app.test",
            "SubscriptionId": "1",
            "PublishTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "NotificationId": f"{moment:%H%M%S%f}-{quantity}",
        },
    }


@tagged("post_install", "-at_install")
class TestShopFlow(Accepting, AccountCase):
    """From stock to Amazon's number, by the base's publisher and a running account."""

    def setUp(self):
        super().setUp()
        self.listing.write({"external_id": "SKU-2", "stock_ref": "SKU-2"})
        self.node.external_id = MERCHANT
        self.plan()
        # Amazon shows 20, there are 10
        self.make_known(self.env, self.level, 20)
        self.env["channel.level.pending"]._add(self.level)

    def stock(self, quantity):
        self.add_stock(self.env, self.product, self.warehouse, quantity)
        self.plan()

    def use_up_search(self):
        now = self.shop.store.clock.time()
        self.shop.limits.drain(self.shop.config, SELLER, "searchOrders", now)

    def sent(self):
        return self.env["channel.publication.line"].search(
            [("publication_id.channel_id", "=", self.channel.id)]
        )

    def test_number_is_accepted_and_then_shown(self):
        self.publish()
        self.assertEqual(self.shop.shown("SKU-2"), 10)
        self.assertEqual(self.sent().mapped("result"), ["accepted"])
        self.assertEqual(self.violations(), {})

    def test_number_that_falls_is_sent_while_orders_cannot_be_searched(self):
        """A SKU that is sold out elsewhere must not wait for a bucket of Amazon's."""
        self.use_up_search()
        self.publish()
        self.assertEqual(self.shop.shown("SKU-2"), 10)

    def test_number_that_rises_waits_for_the_orders(self):
        """It could give back what was sold there meanwhile."""
        self.stock(20)
        self.use_up_search()
        self.publish()
        self.assertEqual(self.shop.shown("SKU-2"), 20)
        self.assertFalse(self.sent())

    def test_numbers_of_some_minutes_share_one_search(self):
        self.publish()
        for _number in range(5):
            self.stock(-1)
            self.publish()
        self.assertLessEqual(len(self.requests("searchOrders")), 1)

    def test_sale_of_another_hand_is_known_before_a_number_is_sent(self):
        self.sell({"SKU-2": 4}, payment="pending")
        self.publish()
        # 10 there, less the 4 that Amazon has sold of them
        self.assertEqual(self.shop.shown("SKU-2"), 6)

    def test_sale_between_the_look_and_the_number_is_corrected_by_its_word(self):
        """Amazon applies 10 over a sale that it had not told yet; until it tells, and
        no longer, four units too many are shown."""
        self.shop.config.apply_seconds = (30, 30)
        self.addCleanup(self.shop.config.update, {"apply_seconds": (0, 0)})
        self.publish()
        self.sell({"SKU-2": 4}, payment="pending")
        self.assertEqual(self.shop.shown("SKU-2"), 10, "16 was overwritten")
        self.poll()
        self.intake()
        self.plan()
        self.publish()
        self.shop.pass_time(31)
        self.assertEqual(self.shop.shown("SKU-2"), 6)

    def test_reports_that_are_used_up_delay_no_number(self):
        now = self.shop.store.clock.time()
        for operation in ("createReport", "getReport", "getReportDocument"):
            self.shop.limits.drain(self.shop.config, SELLER, operation, now)
        with self.assertRaises(exceptions.ThrottledError):
            self.env["channel.catalogue"]._fetch(self.channel)
        self.publish()
        self.assertEqual(self.shop.shown("SKU-2"), 10)

    def test_report_of_before_our_last_number_is_neither_drift_nor_the_number(self):
        """Amazon gives what it knew hours ago; the number in it is of then."""
        from sandbox.amazon import reports

        self.patch(reports, "remember", lambda _store: None)
        self.publish()
        self.time_passes(61)
        self.observe()
        self.assertEqual(self.sent().mapped("result"), ["acked"])
        before = self.remote()
        self.env["channel.catalogue"]._fetch(self.channel)
        [told] = {
            line.split("\t")[5]
            for document in self.shop.store.documents.values()
            for line in self.text(document).splitlines()
            if "\tSKU-2\t" in line
        }
        self.assertEqual(told, "20", "as it was before")
        for work in ("_run", "_look_around"):
            self.env.flush_all()
            getattr(self.env["channel.observer"], work)(self.channel)
            self.env.invalidate_all()
        self.publish()
        self.assertEqual(self.remote(), before)
        self.assertEqual(len(self.requests("patchListingsItem")), 1)
        self.assertFalse(self.env["channel.level.pending"].search([]))
        self.assertFalse(
            self.env["channel.exception"].search(
                [("channel_id", "=", self.channel.id), ("category", "=", "drift")]
            )
        )

    def test_word_of_before_our_last_number_is_neither_drift_nor_the_number(self):
        """A queue tells late, and in any order: 20 is what was there before."""
        self.shop.config.apply_seconds = (30, 30)
        self.addCleanup(self.shop.config.update, {"apply_seconds": (0, 0)})
        self.publish()
        [line] = self.sent()
        for late in (True, False):
            seconds = -60 if late else 1
            moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
            for quantity in (20, 10):
                body = json.dumps(live(quantity, moment))
                key = f"{late} {quantity}"
                event = schemas.InboundEvent(key, "level", "level", body)
                self.env["channel.inbox.event"]._store(self.channel, [event], "stream")
            self.intake()
            with self.subTest(late=late):
                self.assertEqual(self.level.remote_state, "known")
                self.assertEqual(self.level.expected_remote, 10)
                self.assertEqual(line.result, "accepted" if late else "acked")

    def remote(self):
        """What is known of the number at Amazon."""
        level = self.level
        level.invalidate_recordset()
        return level.remote_state, level.expected_remote, level.target

    def text(self, document):
        body = document.body or b""
        return (gzip.decompress(body) if document.packed else body).decode("cp1252")

    def test_what_amazon_ships_by_now_is_refused_and_told(self):
        listing = self.shop.store.listings["SKU-2"]
        listing.fba, listing.quantity = self.shop.store.listings["FBA-1"].fba, None
        self.publish()
        self.assertEqual(self.sent().mapped("result"), ["rejected"])
        self.assertEqual(self.violations(), {})
