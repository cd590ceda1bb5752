# SPDX-License-Identifier: AGPL-3.0-or-later
import copy
import json

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from .. import mapper
from ..lib import notifications
from . import swagger
from .common import PureCase


def example(name):
    found = swagger.load(name)["examples"][0]
    swagger.check_json(name, found)
    return copy.deepcopy(found)


ORDER = example("OrderChangeNotification")
FEED = example("FeedProcessingFinishedNotification")
QUANTITY = example("ListingsItemMfnQuantityChange")
STOCK = {
    "NotificationVersion": "1.0",
    "NotificationType": "FBA_INVENTORY_AVAILABILITY_CHANGES",
    "PayloadVersion": "1.0",
    "EventTime": "2026-11-24T10:00:00.000Z",
    "Payload": {
        "SellerId": "A3TH9S8BH6GOGM",
        "FNSKU": "X1",
        "ASIN": "B1",
        "SKU": "LAMP",
        "FulfillmentInventoryByMarketplace": [
            {
                "MarketplaceId": "A1PA6795UKMFR9",
                "ItemName": "Lamp",
                "FulfillmentInventory": {"Fulfillable": 7, "Unfulfillable": 1},
            }
        ],
    },
}


def change(**summary):
    """ORDER_CHANGE of 10 units; ``level``, ``moment``, ``item``: parts of it."""
    raw = copy.deepcopy(ORDER)
    told = raw["Payload"]["OrderChangeNotification"]
    if "level" in summary:
        told["NotificationLevel"] = summary.pop("level")
    if "moment" in summary:
        told["OrderChangeTrigger"]["TimeOfOrderChange"] = summary.pop("moment")
    told["Summary"]["OrderItems"][0].update(summary.pop("item", {}))
    told["Summary"].update(summary)
    return raw


class TestEvents(PureCase):
    def event(self, raw):
        return schemas.load(schemas.InboundEvent, notifications.event(json.dumps(raw)))

    def test_each_shape_is_an_event(self):
        for raw, kind, ref in (
            (ORDER, "order", "903-8868176-2219830"),
            (QUANTITY, "level", "NLS-SHOES-03"),
            (STOCK, "level", "LAMP"),
            (FEED, "other", "53347018456"),
        ):
            with self.subTest(kind, ref=ref):
                found = self.event(raw)
                self.assertEqual((found.kind, found.ref), (kind, ref))
                self.assertIsNotNone(found.occurred_at)

    def test_keys_are_written_in_both_ways_by_any_kind(self):
        def small(value):
            if isinstance(value, list):
                return [small(each) for each in value]
            if isinstance(value, dict):
                return {
                    key[0].lower() + key[1:]: small(each) for key, each in value.items()
                }
            return value

        for raw in (ORDER, QUANTITY, STOCK, FEED):
            one, other = self.event(raw), self.event(small(raw))
            if raw is not STOCK:
                self.assertEqual(one.key, other.key)
            self.assertEqual((one.kind, one.ref), (other.kind, other.ref))
        read = [mapper.any_order(raw) for raw in (ORDER, small(ORDER))]
        self.assertEqual(read[0], read[1])

    def test_what_eventbridge_passes_on_is_unwrapped(self):
        wrapped = {
            "version": "0",
            "id": "e1",
            "detail-type": "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
            "source": "aws.partner/sellingpartnerapi.amazon.com/x",
            "time": "2026-11-24T10:00:00Z",
            "detail": QUANTITY,
        }
        self.assertEqual(self.event(wrapped).key, self.event(QUANTITY).key)
        self.assertEqual(notifications.levels(wrapped), notifications.levels(QUANTITY))

    def test_same_delivery_is_the_same_event(self):
        again = copy.deepcopy(ORDER)
        again["EventTime"] = "2030-01-01T00:00:00Z"
        self.assertEqual(self.event(ORDER).key, self.event(again).key)
        again["NotificationMetadata"]["NotificationId"] = "other"
        self.assertNotEqual(self.event(ORDER).key, self.event(again).key)

    def test_without_an_id_the_content_is_the_key(self):
        bare = {
            key: value for key, value in ORDER.items() if key != "NotificationMetadata"
        }
        self.assertEqual(self.event(bare).key, self.event(dict(bare)).key)

    def test_kind_that_nobody_knows_is_kept(self):
        raw = {**QUANTITY, "NotificationType": "ACCOUNT_STATUS_CHANGED", "Payload": {}}
        found = self.event(raw)
        self.assertEqual((found.kind, found.topic), ("other", "ACCOUNT_STATUS_CHANGED"))

    def test_what_is_nested_too_deeply_is_a_dead_letter(self):
        """How deep is too deep depends on who reads: no depth breaks the reader."""
        for depth in (300, 600, 900, 5_000, 100_000):
            body = '{"Payload": ' * depth + "1" + "}" * depth
            with self.subTest(depth), self.assertRaises(Malformed):
                notifications.event(body)

    def test_what_is_none_is_refused(self):
        for text in (
            "",
            "x",
            "[]",
            "5",
            "{}",
            '{"NotificationType": 5}',
            '{"detail-type": 1}',
        ):
            with self.subTest(text), self.assertRaises(Malformed):
                notifications.event(text)

    def test_seller_is_told_by_each_shape(self):
        for raw, seller in (
            (ORDER, "A3TH9S8BH6GOGM"),
            (FEED, "A3TH9S8BH6GOGM"),
            (STOCK, "A3TH9S8BH6GOGM"),
            (QUANTITY, "AXXXXXXXXXXXXX"),
        ):
            self.assertEqual(notifications.seller_of(json.dumps(raw)), seller)


class TestOrderChange(PureCase):
    def parsed(self, raw):
        swagger.check_json("OrderChangeNotification", raw)
        return schemas.load(schemas.OrderData, mapper.any_order(raw))

    def test_it_holds_and_does_not_sell(self):
        data = self.parsed(change())
        self.assertEqual((data.complete, data.whole), (False, True))
        self.assertEqual((data.state, data.market), ("open", "ATVPDKIKX0DER"))
        [line] = data.lines
        self.assertEqual(
            (line.external_id, line.listing_ref), ("OIID34853450", "SellerSKUID1")
        )
        self.assertEqual((line.quantity, line.open_quantity), (10, 10))
        self.assertEqual([each.quantity for each in line.deductions], [10])

    def test_word_about_one_item_is_none_about_the_others(self):
        self.assertFalse(self.parsed(change(level="OrderItemLevel")).whole)

    def test_states_in_the_older_spelling(self):
        for word, state in (
            ("Pending", "pending"),
            ("PendingAvailability", "pending"),
            ("Unshipped", "open"),
            ("PartiallyShipped", "open"),
            ("Shipped", "open"),
            ("Canceled", "cancelled"),
            ("InvoiceUnconfirmed", "open"),
        ):
            raw = mapper.any_order(
                change(OrderStatus=word, item={"OrderItemStatus": word})
            )
            self.assertEqual(raw["state"], state)
        with self.assertRaises(Malformed):
            mapper.any_order(change(OrderStatus="Lost"))

    def test_cancelled_word_holds_nothing(self):
        raw = change(OrderStatus="Canceled", item={"OrderItemStatus": "Unshipped"})
        [line] = self.parsed(raw).lines
        self.assertEqual((line.open_quantity, line.deductions), (0, ()))

    def test_shipped_units_are_not_held(self):
        raw = change(OrderStatus="PartiallyShipped", item={"QuantityShipped": 4})
        [line] = self.parsed(raw).lines
        self.assertEqual((line.open_quantity, line.shipped_quantity), (6, 4))
        raw = change(OrderStatus="Shipped", item={"OrderItemStatus": "Shipped"})
        self.assertEqual(self.parsed(raw).lines[0].open_quantity, 0)

    def test_what_amazon_ships_is_not_deducted(self):
        data = self.parsed(change(FulfillmentType="AFN"))
        self.assertTrue(data.fulfilled_by_channel)
        self.assertEqual(data.lines[0].deductions, ())

    def test_version_is_the_time_of_the_change_and_not_of_the_delivery(self):
        """The delivery is later, and would make the order itself look old."""
        moment = "2026-11-24T10:00:00.5Z"
        self.assertEqual(mapper.any_order(change(moment=moment))["version"], moment)
        told = mapper.any_order(change(moment=None))["version"]
        self.assertEqual(told, ORDER["EventTime"])
        raw = change(moment=None)
        raw["EventTime"] = "now"
        bought = raw["Payload"]["OrderChangeNotification"]["Summary"]["PurchaseDate"]
        self.assertEqual(mapper.any_order(raw)["version"], bought)

    def test_times_that_are_null_are_no_obstacle(self):
        raw = change(moment=None, PurchaseDate=None, DestinationPostalCode=None)
        self.assertIsNone(self.parsed(raw).placed_at)

    def test_without_any_time_it_is_refused(self):
        raw = change(moment=None, PurchaseDate=None)
        raw["EventTime"] = "now"
        with self.assertRaises(Malformed) as caught:
            mapper.any_order(raw)
        self.assertEqual(caught.exception.path, "eventtime")


class TestLevels(PureCase):
    def test_live_number_of_the_merchant(self):
        [(values, market, moment)] = notifications.levels(QUANTITY)
        found = schemas.load(schemas.LevelState, values)
        self.assertEqual((found.stock_ref, found.node_ref), ("NLS-SHOES-03", "DEFAULT"))
        self.assertEqual((found.available, market), (99, ""))
        self.assertEqual(moment, "2021-02-03T18:59:30.194Z")

    def test_stock_of_amazon_by_market(self):
        [(values, market, _moment)] = notifications.levels(STOCK)
        self.assertEqual((values["available"], market), (7, "A1PA6795UKMFR9"))
        self.assertEqual(values["node_ref"], "AMAZON")

    def test_number_that_is_none_is_refused(self):
        for odd in ("many", None, True, 1.5):
            raw = copy.deepcopy(QUANTITY)
            raw["Payload"]["Quantity"] = odd
            with self.subTest(odd), self.assertRaises(Malformed):
                notifications.levels(raw)


class TestFinished(PureCase):
    def finished(self, raw):
        payload = notifications.JsonValue(notifications.lowered(raw))["payload"]
        return notifications.finished(payload)

    def test_feed_and_report(self):
        found = self.finished(FEED)
        self.assertEqual((found["ref"], found["status"]), ("53347018456", "DONE"))
        self.assertTrue(found["document"].startswith("amzn1.tortuga"))
        raw = example("ReportProcessingFinishedNotification")
        told = raw["payload"]["reportProcessingFinishedNotification"]
        found = self.finished(raw)
        self.assertEqual(found["ref"], told["reportId"])
        self.assertEqual(found["status"], told["processingStatus"])

    def test_feed_that_has_failed_may_have_no_document(self):
        raw = copy.deepcopy(FEED)
        told = raw["payload"]["feedProcessingFinishedNotification"]
        del told["resultFeedDocumentId"]
        told["processingStatus"] = "FATAL"
        found = self.finished(raw)
        self.assertEqual((found["status"], found["document"]), ("FATAL", ""))
