# SPDX-License-Identifier: AGPL-3.0-or-later
import gzip
import json
from datetime import datetime, timezone

import requests

from odoo.addons.channel_inventory_base.lib import errors

from ..lib import feed, order_feeds, report
from ..lib.documents import Feeds, Reports
from . import swagger
from .common import DE, FR, FakeResponse, PureCase, asked, make_client
from .test_feed import issue
from .test_feed import report as result
from .test_report import ENGLISH, FRENCH, row

URL = "https://tortuga.s3.amazonaws.com/d?X-Amz-Signature=s1"
DOCUMENT = {"feedDocumentId": "d1", "url": URL}


class TestFeeds(PureCase):
    def feeds(self, *answers):
        client, self.session, _clock = make_client(*answers)
        return Feeds(client)

    def test_document_is_laid_down_before_the_feed_is_made(self):
        feeds = self.feeds(DOCUMENT, FakeResponse(200), {"feedId": "f1"})
        content = feed.document("A1S", [("LAMP", 7)])
        self.assertEqual(feeds.submit(DE, content), "f1")
        first, put, last = self.session.sent
        self.assertEqual(json.loads(first["data"])["contentType"], feed.CONTENT_TYPE)
        self.assertEqual(put["headers"]["Content-Type"], feed.CONTENT_TYPE)
        self.assertEqual(put["data"], content)
        read = swagger.operations()["createFeed"].check(last)
        self.assertEqual(read["body"]["inputFeedDocumentId"], "d1")
        self.assertEqual(read["body"]["marketplaceIds"], [DE])

    def test_feed_of_orders_has_its_own_type_throughout(self):
        feeds = self.feeds(DOCUMENT, FakeResponse(200), {"feedId": "f1"})
        feeds.submit(DE, b"x", order_feeds.ADJUSTMENT, order_feeds.TABLE_TYPE)
        first, put, last = self.session.sent
        self.assertEqual(
            json.loads(first["data"])["contentType"], order_feeds.TABLE_TYPE
        )
        self.assertEqual(put["headers"]["Content-Type"], order_feeds.TABLE_TYPE)
        self.assertEqual(json.loads(last["data"])["feedType"], order_feeds.ADJUSTMENT)

    def test_document_that_was_not_taken_makes_no_feed(self):
        feeds = self.feeds(DOCUMENT, FakeResponse(403))
        with self.assertRaises(errors.Refused):
            feeds.submit(DE, b"x")
        self.assertEqual(len(self.session.sent), 2)

    def test_feed_whose_answer_was_lost_may_be_there(self):
        lost = requests.ConnectionError("reset")
        feeds = self.feeds(DOCUMENT, FakeResponse(200), lost)
        with self.assertRaises(errors.Unavailable) as caught:
            feeds.submit(DE, b"x")
        self.assertTrue(caught.exception.uncertain)
        self.assertEqual(len(self.session.sent), 3)

    def test_lost_feed_is_looked_for(self):
        row = {
            "feedId": "f1",
            "feedType": order_feeds.ADJUSTMENT,
            "createdTime": "2026-11-24T10:00:01Z",
            "processingStatus": "IN_QUEUE",
        }
        feeds = self.feeds({"feeds": [row]})
        moment = datetime(2026, 11, 24, 10, tzinfo=timezone.utc)
        found = feeds.made_since(order_feeds.ADJUSTMENT, moment)
        self.assertEqual(found, [("f1", "IN_QUEUE", "2026-11-24T10:00:01Z")])
        read = swagger.operations()["getFeeds"].check(self.session.sent[0])
        self.assertEqual(read["createdSince"], "2026-11-24T10:00:00Z")

    def test_feed_at_work_has_no_outcome(self):
        for status in feed.OPEN:
            self.assertIsNone(self.feeds({"processingStatus": status}).outcome("f1"))

    def test_outcome_is_read_packed(self):
        content = result(issue(1), accepted=2)
        feeds = self.feeds(
            {"processingStatus": "DONE", "resultFeedDocumentId": "r1"},
            {"feedDocumentId": "r1", "url": URL, "compressionAlgorithm": "GZIP"},
            FakeResponse(200, gzip.compress(content)),
        )
        self.assertEqual(feeds.outcome("f1"), ("DONE", content))

    def test_feed_that_ended_without_a_document(self):
        feeds = self.feeds({"processingStatus": "CANCELLED"})
        self.assertEqual(feeds.outcome("f1"), ("CANCELLED", None))


class TestReports(PureCase):
    def reports(self, *answers):
        client, self.session, _clock = make_client(*answers)
        return Reports(client)

    def file(self, *lines, charset="utf-8", encoding="utf-8"):
        headers = {"Content-Type": f"text/plain;charset={charset}"}
        return FakeResponse(200, "\n".join(lines).encode(encoding), headers)

    def test_report_is_ordered_and_waited_for(self):
        reports = self.reports({"reportId": "r1"})
        self.assertEqual(reports.order(report.LISTINGS, DE), "r1")
        self.assertIsNone(self.reports({"processingStatus": "IN_QUEUE"}).document("r1"))

    def test_catalogue_of_several_marketplaces_is_one(self):
        document = {"reportDocumentId": "d", "url": URL}
        reports = self.reports(
            document,
            self.file(ENGLISH, row("A"), row("B")),
            document,
            self.file(
                FRENCH, row("B", "AMAZON_EU"), charset="Cp1252", encoding="cp1252"
            ),
        )
        found = reports.offers({DE: "d1", FR: "d2"})
        self.assertEqual(sorted(found), ["A", "B"])
        self.assertTrue(found["A"].by_merchant)
        self.assertTrue(found["B"].by_amazon)
        path, _query = asked(self.session.sent[2])
        self.assertTrue(path.endswith("/documents/d2"))

    def test_catalogue_that_breaks_off_is_none(self):
        reports = self.reports(
            {"reportDocumentId": "d", "url": URL},
            FakeResponse(200, ENGLISH.encode(), error=requests.ConnectionError("x")),
        )
        with self.assertRaises(errors.Unavailable):
            reports.offers({DE: "d1"})

    def test_no_report_is_no_catalogue(self):
        with self.assertRaises(errors.Malformed):
            self.reports({}).offers({})
