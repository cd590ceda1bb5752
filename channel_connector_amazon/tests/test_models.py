# SPDX-License-Identifier: AGPL-3.0-or-later
"""Amazon's published pairs: our request is the one they name, our reader takes their
answer; and all that is built here is of Amazon's models."""

import functools
from datetime import datetime, timezone

import jsonschema

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Refused
from odoo.addons.channel_inventory_base.lib.events import compact
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from .. import mapper
from ..const import OPERATIONS
from ..lib import fba, feed, listing, notifications, report, shipment
from ..lib.documents import Feeds, Reports
from ..lib.pull import Orders
from ..lib.subscriptions import Subscriptions
from . import swagger
from .common import DE, FakeResponse, PureCase, asked, make_client
from .test_shipment import SHIPMENT

UNUSED = {
    # the pair names parameters of the path only by their body
    "getSubscription": {"notificationType": "ORDER_CHANGE"},
    "createSubscription": {"notificationType": "ORDER_CHANGE"},
    "getListingsItem": {
        "sellerId": "A1S",
        "sku": "GM-ZDPI-9B4E",
        "marketplaceIds": ["ATVPDKIKX0DER"],
    },
    "patchListingsItem": {
        "sellerId": "A1S",
        "sku": "GM-ZDPI-9B4E",
        "marketplaceIds": ["ATVPDKIKX0DER"],
    },
    "searchListingsItems": {"sellerId": "A1S", "marketplaceIds": ["ATVPDKIKX0DER"]},
}
"""What Amazon's pairs leave out, although their own model requires it."""


class TestPairs(PureCase):
    def pairs(self, *statuses):
        for name in OPERATIONS:
            operation = swagger.operations()[name]
            for number, (status, values, answer) in enumerate(operation.pairs):
                if status in statuses:
                    with self.subTest(f"{name} {status} #{number}"):
                        yield operation, status, values, answer

    def call(self, operation, status, values, answer):
        """:return: (the answer as the client gives it, the request as it was sent)"""
        body = b"" if answer is None or status == 204 else answer
        client, session, _clock = make_client(FakeResponse(status, body))
        values = {**UNUSED.get(operation.name, {}), **values}
        content = values.pop("body", values.pop("payload", None))
        found = client.call(operation.name, content, **values)
        return found, session.sent[0]

    def test_every_operation_of_ours_is_one_of_amazon(self):
        for name, ours in OPERATIONS.items():
            theirs = swagger.operations()[name]
            self.assertEqual((ours.method, ours.path), (theirs.method, theirs.path))

    def test_our_request_is_the_one_that_the_pair_names(self):
        checked = 0
        for operation, status, values, answer in self.pairs(200, 201, 202, 204):
            _found, sent = self.call(operation, status, values, answer)
            self.assertEqual(sent["method"], operation.method)
            match = operation.pattern.fullmatch(asked(sent)[0])
            self.assertTrue(match, sent["url"])
            read = {
                name: operation._read(name, text)
                for name, text in asked(sent)[1].items()
            }
            read.update(match.groupdict())
            body = values.pop("body", None)
            if body is not None:
                self.assertEqual(sent["data"], compact(body).encode())
            for name, value in values.items():
                self.assertEqual(read[name], value)
            checked += 1
        self.assertGreater(checked, 20)

    def test_our_client_takes_each_answer_and_refuses_each_refusal(self):
        checked = 0
        for operation, status, values, answer in self.pairs(200, 201, 202, 204):
            found, _sent = self.call(operation, status, values, answer)
            self.assertEqual(bool(found), bool(answer))
            checked += 1
        for operation, status, values, answer in self.pairs(400):
            placeholders = {
                each["name"]: "x"
                for each in operation.parameters
                if each["in"] == "path"
            }
            with self.assertRaises(Refused) as caught:
                self.call(operation, status, {**placeholders, **values}, answer)
            self.assertEqual(caught.exception.code, answer["errors"][0]["code"])
            checked += 1
        self.assertGreater(checked, 30)

    def test_every_order_of_the_pairs_is_read_to_the_cent(self):
        orders = [
            raw
            for name in ("searchOrders", "getOrder")
            for status, _values, answer in swagger.operations()[name].pairs
            if status == 200
            for raw in answer.get("orders") or [answer["order"]]
        ]
        self.assertEqual(len(orders), 6)
        for raw in orders:
            with self.subTest(raw["orderId"]):
                data = schemas.load(schemas.OrderData, mapper.any_order(raw))
                told = raw["proceeds"]["grandTotal"]["amount"]
                self.assertEqual(str(data.total), told)
                self.assertEqual(goods_and_charges(data), data.total)
                self.assertTrue(data.complete)
                self.assertEqual(data.market, raw["salesChannel"]["marketplaceId"])

    def test_every_number_of_the_pairs_is_read(self):
        for status, _values, answer in swagger.operations()[
            "searchListingsItems"
        ].pairs:
            if status == 200:
                self.assertEqual(
                    listing.shown(answer), {"GM-ZDPI-9B4E": {"DEFAULT": 100}}
                )
        found = [
            listing.result(answer, 7, answer["sku"])["status"]
            for status, _values, answer in swagger.operations()[
                "patchListingsItem"
            ].pairs
            if status == 200
        ]
        self.assertEqual(found, ["accepted", "accepted", "rejected"])

    def test_every_state_of_the_pairs_is_read(self):
        pairs = swagger.operations()["getFeed"].pairs
        [found] = [
            feed.state_of(answer) for code, _values, answer in pairs if code == 200
        ]
        self.assertEqual(found, ("CANCELLED", ""))
        pairs = swagger.operations()["getReport"].pairs
        [found] = [
            report.document_of(answer) for code, _values, answer in pairs if code == 200
        ]
        self.assertIsNone(found)

    def answer(self, name):
        """The answer of the first pair that is no refusal."""
        pairs = swagger.operations()[name].pairs
        return next(answer for status, _values, answer in pairs if status < 300)

    def test_every_other_answer_of_the_pairs_is_read(self):
        """By the method that asks for it."""
        asked = functools.partial(map, self.answer)

        def client(*answers):
            return make_client(*answers)[0]

        made, feeds = self.answer("createFeed"), self.answer("getFeeds")
        plain = FakeResponse(200, b"done")
        steps = [*asked(["createFeedDocument"]), FakeResponse(200, b""), made]
        self.assertEqual(Feeds(client(*steps)).submit(DE, b"{}"), made["feedId"])
        found = Feeds(client(feeds)).made_since("X", datetime.now(timezone.utc))
        told = [each["feedId"] for each in feeds["feeds"]]
        self.assertEqual([ref for ref, _status, _time in found], told)
        steps = [*asked(["getFeedDocument"]), plain]
        self.assertEqual(Feeds(client(*steps)).result("d1"), b"done")
        [ordered] = asked(["createReport"])
        ref = Reports(client(ordered)).order(report.LISTINGS, DE)
        self.assertEqual(ref, ordered["reportId"])
        table = FakeResponse(200, b"seller-sku\tfulfillment-channel\nA\tDEFAULT\n")
        steps = [*asked(["getReportDocument"]), table]
        self.assertEqual(set(Reports(client(*steps)).offers({DE: "d1"})), {"A"})
        [item] = asked(["getListingsItem"])
        self.assertEqual(listing.availability(JsonValue(item)), {"DEFAULT": 100})
        [here], [new] = asked(["getDestinations"]), asked(["createDestination"])
        found = Subscriptions(client(here, new))._destination("arn:aws:sqs:x:1:q", "q")
        self.assertEqual(found, new["payload"]["destinationId"])
        [known] = asked(["getSubscription"])
        found = Subscriptions(client(known))._find("ORDER_CHANGE")
        self.assertEqual(found, known["payload"]["destinationId"])
        [subscribed] = asked(["createSubscription"])
        found = Subscriptions(client(subscribed))._subscribe("ORDER_CHANGE", "d1")
        self.assertEqual(found, "d1")


def goods_and_charges(data):
    """The total that the lines, the charges and their taxes give."""
    lines = sum(each.unit_price * each.quantity - each.discount for each in data.lines)
    more = sum(each.price - each.discount for each in data.shipping_lines)
    taxes = [tax for each in (*data.lines, *data.shipping_lines) for tax in each.taxes]
    added = 0 if data.taxes_included else sum(tax.amount for tax in taxes)
    return lines + more + added


class TestRequests(PureCase):
    """Each request that the connector builds, by Amazon's model, strictly."""

    def sent(self, name, body=None, **params):
        client, session, _clock = make_client({})
        client.call(name, body, **params)
        return swagger.operations()[name].check(session.sent[0])

    def test_order_requests(self):
        read = self.sent(
            "searchOrders", **Orders(None, [DE]).params("2026-11-24T10:00:00Z")
        )
        self.assertEqual(read["marketplaceIds"], [DE])
        self.assertIn("FULFILLMENT", read["includedData"])
        token = Orders(None, [DE]).params("2026-11-24T10:00:00Z", "a|b=")
        self.assertEqual(self.sent("searchOrders", **token)["paginationToken"], "a|b=")
        client, session, _clock = make_client({"order": {}})
        Orders(client, [DE]).fetch("028-1-1")
        read = swagger.operations()["getOrder"].check(session.sent[0])
        self.assertEqual(read["orderId"], "028-1-1")

    def test_shipment(self):
        body = shipment.confirmation(SHIPMENT, DE, 1, "Parcel")
        self.sent("confirmShipment", body, orderId="028-1-1")

    def test_number(self):
        where = {"sellerId": "A1S", "sku": "a/b ü,c", "marketplaceIds": [DE]}
        read = self.sent(
            "patchListingsItem", listing.body(7), **where, issueLocale=listing.LOCALE
        )
        self.assertEqual(read["sku"], "a/b ü,c")
        self.assertEqual(
            read["body"]["patches"],
            [
                {
                    "op": "merge",
                    "path": "/attributes/fulfillment_availability",
                    "value": [{"fulfillment_channel_code": "DEFAULT", "quantity": 7}],
                }
            ],
        )

    def test_read_back(self):
        read = self.sent("searchListingsItems", **listing.search("A1S", DE, ["a", "b"]))
        self.assertEqual(read["identifiers"], ["a", "b"])
        self.assertNotIn("attributes", read["includedData"])
        self.sent("getListingsItem", **listing.single("A1S", DE, "a,b"))

    def test_feeds_and_reports(self):
        self.sent("createFeedDocument", {"contentType": feed.CONTENT_TYPE})
        self.sent("createFeed", feed.request(DE, "d1"))
        self.sent("getFeed", feedId="1")
        self.sent("getFeedDocument", feedDocumentId="d1")
        self.sent("cancelFeed", feedId="1")
        self.sent("createReport", report.request(report.LISTINGS, DE))
        self.sent("getReportDocument", reportDocumentId="d2")

    def test_stock_of_amazon(self):
        read = self.sent("getInventorySummaries", **fba.params(DE, skus=["a"]))
        self.assertIs(read["details"], True)
        self.assertEqual(read["marketplaceIds"], [DE])

    def test_subscriptions(self):
        for kind in notifications.SUBSCRIBED:
            body = notifications.subscription(kind, "d1")
            self.sent("createSubscription", body, notificationType=kind)

    def test_oracle_refuses_what_amazon_would_refuse(self):
        """A check that lets everything pass proves nothing."""
        for name, body, params in (
            ("searchOrders", None, {"includedData": ["ALL"]}),
            ("searchOrders", None, {"lastUpdatedAfter": "2026-11-24T10:00:00+01:00"}),
            ("searchOrders", None, {"unknown": "x"}),
            ("createFeed", {"feedType": "x"}, {}),
            ("createFeedDocument", {"contentType": "x", "more": 1}, {}),
            (
                "patchListingsItem",
                {"productType": "PRODUCT", "patches": [{"op": "set", "path": "/x"}]},
                {"sellerId": "A1S", "sku": "a", "marketplaceIds": [DE]},
            ),
        ):
            with self.subTest(name), self.assertRaises(jsonschema.ValidationError):
                self.sent(name, body, **params)

    def test_orders_that_tests_make_are_of_the_model(self):
        from . import orders  # noqa: PLC0415

        for raw in (
            orders.order(),
            orders.pending(),
            orders.american(
                orders.item(
                    currency="USD",
                    parts={"ITEM": "20.00", "TAX": "1.65", "DISCOUNT": "-2.00"},
                    details={"TAX": {"ITEM": "1.65"}},
                    collected=True,
                ),
                total="19.65",
            ),
        ):
            swagger.operations()["getOrder"].check_answer(200, {"order": raw})
            self.assertTrue(JsonValue(raw)["orderId"].text())
