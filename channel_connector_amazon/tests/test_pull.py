# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import datetime, timedelta, timezone

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Malformed, Unavailable

from ..lib import fba
from ..lib.pull import Orders
from .common import DE, FR, FakeResponse, PureCase, asked, make_client, refusal
from .orders import order

SINCE = datetime(2026, 11, 24, 11, tzinfo=timezone(timedelta(hours=1)))


class TestPages(PureCase):
    def orders(self, *answers):
        client, self.session, _clock = make_client(*answers)
        return Orders(client, [DE, FR])

    def page(self, *answers, cursor=""):
        self.reader = self.orders(*answers)
        return schemas.load(schemas.EventPage, self.reader.page(SINCE, cursor))

    def test_first_page_asks_by_time_without_an_offset(self):
        self.page({"orders": []})
        _path, query = asked(self.session.sent[0])
        self.assertEqual(query["lastUpdatedAfter"], "2026-11-24T10%3A00%3A00Z")
        self.assertEqual(query["marketplaceIds"], f"{DE},{FR}")
        self.assertIn("FULFILLMENT", query["includedData"])
        self.assertNotIn("paginationToken", query)

    def test_next_page_repeats_what_was_asked_for(self):
        answer = {"orders": [order()], "pagination": {"nextToken": "t|/=1"}}
        page = self.page(answer)
        self.assertTrue(page.cursor)
        self.page({"orders": []}, cursor=page.cursor)
        _path, query = asked(self.session.sent[0])
        self.assertEqual(query["lastUpdatedAfter"], "2026-11-24T10%3A00%3A00Z")
        self.assertEqual(query["paginationToken"], "t%7C%2F%3D1")

    def test_end_is_where_amazon_says_and_not_our_clock(self):
        """What came in the last two minutes is not in the answer."""
        self.page({"orders": [], "lastUpdatedBefore": "2026-11-24T10:07:00Z"})
        self.assertEqual(self.reader.until, "2026-11-24T10:07:00Z")

    def test_page_that_comes_again_ends_the_reading(self):
        answer = {"orders": [], "pagination": {"nextToken": "t1"}}
        cursor = self.page(answer).cursor
        with self.assertRaises(Unavailable):
            self.page(answer, cursor=cursor)

    def test_order_is_an_event_by_its_content(self):
        first, second = order(), {**order(), "lastUpdatedTime": "2026-11-24T10:06:00Z"}
        page = self.page({"orders": [first, first, second]})
        keys = [each.key for each in page.events]
        self.assertEqual(len(set(keys)), 2)
        self.assertEqual(page.events[0].ref, "028-1-1")
        self.assertEqual(json.loads(page.events[0].body), first)

    def test_orders_of_other_shops_are_left_out(self):
        foreign = order(salesChannel={"channelName": "NON_AMAZON"})
        self.assertEqual(self.page({"orders": [foreign]}).events, ())

    def test_odd_entry_stays_with_itself(self):
        page = self.page({"orders": [5, {}, {"orderId": 7}, order()]})
        self.assertEqual(len(page.events), 4)
        self.assertEqual(page.events[3].ref, "028-1-1")

    def test_answer_that_is_none_is_refused(self):
        for odd in (
            {},
            {"orders": None},
            {"orders": "x"},
            {"orders": [], "pagination": 5},
        ):
            with self.subTest(odd), self.assertRaises(Malformed):
                self.page(odd)

    def test_one_order_as_it_is_now(self):
        answer = FakeResponse(
            body={"order": order()}, headers={"Date": "Tue, 24 Nov 2026 10:10:00 GMT"}
        )
        event = schemas.load(schemas.InboundEvent, self.orders(answer).fetch("028-1-1"))
        self.assertEqual(event.ref, "028-1-1")
        self.assertEqual(event.clock.minute, 10)

    def test_order_that_is_not_shown(self):
        self.assertIsNone(self.orders(refusal(404, "NotFound")).fetch("x"))
        for empty in ({}, {"order": None}, {"order": {}}):
            self.assertIsNone(self.orders(empty).fetch("x"))


class TestStockOfAmazon(PureCase):
    def answer(self, *rows, market=DE, **more):
        payload = {
            "granularity": {"granularityType": "Marketplace", "granularityId": market},
            "inventorySummaries": list(rows),
        }
        return {"payload": payload, **more}

    def test_what_can_be_sold_now_is_not_what_lies_there(self):
        row = {
            "sellerSku": "LAMP",
            "fnSku": "X1",
            "totalQuantity": 20,
            "inventoryDetails": {
                "fulfillableQuantity": 7,
                "inboundShippedQuantity": 3,
                "inboundReceivingQuantity": 1,
                "reservedQuantity": {"pendingCustomerOrderQuantity": 2},
            },
        }
        answer = self.answer(row, pagination={"nextToken": "t1"})
        [found], token = fba.stock(answer, DE)
        self.assertEqual((found["available"], found["inbound"]), (7, 4))
        self.assertEqual((found["ordered"], token), (2, "t1"))

    def test_number_that_is_not_told_is_not_zero(self):
        [found], token = fba.stock(self.answer({"sellerSku": "LAMP"}), DE)
        self.assertEqual((found["available"], token), (None, ""))

    def test_stock_of_another_market_is_not_taken(self):
        with self.assertRaises(Malformed):
            fba.stock(self.answer(market=FR), DE)

    def test_no_more_than_fifty_at_once(self):
        with self.assertRaises(ValueError):
            fba.params(DE, skus=["x"] * 51)
