# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Malformed, Unavailable

from ..lib import feed
from . import swagger
from .common import PureCase

EXAMPLE = swagger.load("listings-feed-processing-report-schema-v2.example")


def report(*issues, processed=3, accepted=3, **more):
    errors = sum(each["severity"] == "ERROR" for each in issues)
    content = {
        "header": {"sellerId": "A1S", "version": "2.0", "feedId": "1"},
        "issues": list(issues),
        "summary": {
            "errors": errors,
            "warnings": len(issues) - errors,
            "messagesProcessed": processed,
            "messagesAccepted": accepted,
            "messagesInvalid": processed - accepted,
        },
        **more,
    }
    swagger.check_json("listings-feed-processing-report-schema-v2", content)
    return json.dumps(content).encode()


def issue(number, code="90220", severity="ERROR", **more):
    told = {"messageId": number} if number else {}
    return {**told, "code": code, "severity": severity, "message": "no", **more}


class TestFeed(PureCase):
    def test_document_is_of_amazons_schema(self):
        found = json.loads(feed.document("A1S", [("LAMP", 7), ("TASSE-Ü", 0)]))
        swagger.check_json("listings-feed-schema-v2", found)
        for message in found["messages"]:
            swagger.check_json("listings-feed-message-schema-v2", message)
        numbers = [each["messageId"] for each in found["messages"]]
        self.assertEqual(numbers, [1, 2])
        merged = found["messages"][1]["patches"][0]
        self.assertEqual((merged["op"], merged["value"][0]["quantity"]), ("merge", 0))

    def test_same_entries_are_the_same_bytes(self):
        entries = [("A", 1), ("B", 2)]
        self.assertEqual(feed.document("A1S", entries), feed.document("A1S", entries))

    def test_limits_of_a_feed(self):
        for entries in ([], [("A", 1)] * 25_001, [("A" * 500, 1)] * 24_000):
            with self.subTest(len(entries)), self.assertRaises(ValueError):
                feed.document("A1S", entries)
        self.assertLess(len(feed.document("A1S", [("A" * 40, 1)] * 25_000)), 10**7)

    def test_states(self):
        found = feed.state_of({"processingStatus": "DONE", "resultFeedDocumentId": "d"})
        self.assertEqual(found, ("DONE", "d"))
        self.assertEqual(
            feed.state_of({"processingStatus": "IN_QUEUE"}), ("IN_QUEUE", "")
        )
        for odd in ({"processingStatus": "LOST"}, {}, {"processingStatus": None}):
            with self.assertRaises(Malformed):
                feed.state_of(odd)


class TestReport(PureCase):
    def results(self, content, count=3):
        found = list(feed.report(content).results(range(10, 10 + count)))
        for values in found:
            schemas.load(schemas.LineResult, values)
        return [(each["line_id"], each["status"]) for each in found]

    def test_message_without_an_error_is_accepted(self):
        found = self.results(report(issue(2), issue(3, severity="WARNING"), accepted=2))
        self.assertEqual(found, [(10, "accepted"), (11, "rejected"), (12, "accepted")])

    def test_done_may_hold_nothing_but_invalid_messages(self):
        found = self.results(report(*map(issue, (1, 2, 3)), accepted=0))
        self.assertEqual({status for _line, status in found}, {"rejected"})

    def test_body_that_amazon_could_not_parse_is_sent_again(self):
        found = self.results(report(issue(None, "4002001"), processed=0, accepted=0))
        self.assertEqual({status for _line, status in found}, {"retry"})

    def test_messages_that_were_not_looked_at_are_sent_again(self):
        found = self.results(report(issue(1), processed=2, accepted=1))
        self.assertEqual(
            [status for _line, status in found], ["rejected", "retry", "retry"]
        )

    def test_failure_of_amazon_is_tried_again(self):
        found = self.results(report(issue(1, "InternalFailure"), accepted=2))
        self.assertEqual(found[0], (10, "retry"))

    def test_live_numbers_come_with_it(self):
        shown = [{"fulfillmentChannelCode": "DEFAULT", "quantity": 4}]
        items = [{"sku": "LAMP", "fulfillmentAvailability": shown}, {"sku": "B"}]
        found = feed.report(report(items=items))
        self.assertEqual(found.shown, {"LAMP": {"DEFAULT": 4}})

    def test_amazons_example_is_read(self):
        found = feed.report(json.dumps(EXAMPLE).encode())
        self.assertEqual(sorted(found.errors), [4, 5])
        self.assertEqual((found.processed, found.accepted), (4, 2))
        self.assertEqual(len(found.errors[4]), 2)

    def test_report_that_makes_no_sense(self):
        for content, kind in (
            (b"", Unavailable),
            (b"<html>", Unavailable),
            (b"[]", Malformed),
            (b"{}", Malformed),
            (
                b'{"summary": {"messagesProcessed": "x", "messagesAccepted": 0}}',
                Malformed,
            ),
            (b'{"summary": null}', Malformed),
        ):
            with self.subTest(content), self.assertRaises(kind):
                feed.report(content)
