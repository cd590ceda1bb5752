# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from urllib.parse import unquote

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Throttled, Unavailable

from ..const import FBA_NODE, MERCHANT
from ..lib import numbers
from .common import DE, FR, FakeResponse, PureCase, make_client, refusal


def item(sku, **channels):
    rows = [
        {"fulfillmentChannelCode": code, "quantity": quantity}
        for code, quantity in channels.items()
    ]
    return {"sku": sku, "fulfillmentAvailability": rows}


class FakeListings:
    """Amazon's listings by marketplace, and its answers to PATCHes by SKU."""

    def __init__(self, shown, answers=None):
        self.shown, self.answers = shown, answers or {}
        self.patched = []

    def answer(self, sent):
        url = unquote(sent["url"])
        place = DE if DE in url else FR
        if sent["method"] == "GET":
            items = [each for each in self.shown.get(place, ()) if each["sku"] in url]
            return {"numberOfResults": len(items), "items": items}
        sku = url.partition("?")[0].rpartition("/")[2]
        self.patched.append((sku, place))
        accepted = {"sku": sku, "status": "ACCEPTED", "submissionId": "s"}
        return self.answers.get(sku, accepted)


class TestPush(PureCase):
    def push(self, amazon, *entries):
        rows = [
            schemas.LevelEntry(number, sku, node, quantity, 0)
            for number, (sku, node, quantity) in enumerate(entries, 1)
        ]
        client, self.session, _clock = make_client(amazon.answer)
        payload = numbers.freeze(rows)
        work = numbers.Push(payload, numbers.Numbers(client, "A1S", [DE, FR]))
        return {each["line_id"]: each for each in work.run()}

    def statuses(self, *arguments):
        found = self.push(*arguments).values()
        return [(each["status"], each.get("code", "")) for each in found]

    def test_number_is_written_where_it_is_listed(self):
        amazon = FakeListings({DE: [item("A", DEFAULT=1)], FR: [item("B", DEFAULT=2)]})
        found = self.statuses(amazon, ("A", MERCHANT, 5), ("B", MERCHANT, 0))
        self.assertEqual(found, [("accepted", "")] * 2)
        self.assertEqual(amazon.patched, [("A", DE), ("B", FR)])
        bodies = [json.loads(e["data"]) for e in self.session.sent if e["data"]]
        values = [each["patches"][0]["value"][0]["quantity"] for each in bodies]
        self.assertEqual(values, [5, 0])

    def test_what_amazon_ships_or_does_not_know_is_never_written(self):
        amazon = FakeListings(
            {DE: [item("FBA", AMAZON_EU=3), item("BOTH", DEFAULT=1, AMAZON_EU=2)]}
        )
        found = self.statuses(
            amazon,
            ("FBA", MERCHANT, 1),
            ("BOTH", MERCHANT, 1),
            ("GONE", MERCHANT, 1),
            ("FBA", FBA_NODE, 1),
        )
        refused = [numbers.FBA, numbers.FBA, numbers.GONE, numbers.FBA]
        self.assertEqual(found, [("rejected", code) for code in refused])
        self.assertEqual(amazon.patched, [])

    def test_refusal_of_one_number_keeps_back_no_other(self):
        issue = {"code": "90220", "message": "missing", "severity": "ERROR"}
        invalid = {"sku": "A", "status": "INVALID", "issues": [issue]}
        shown = {DE: [item(sku, DEFAULT=1) for sku in "ABC"]}
        amazon = FakeListings(
            shown, {"A": invalid, "B": refusal(400, "InvalidInput", "odd")}
        )
        found = self.statuses(amazon, *[(sku, MERCHANT, 5) for sku in "ABC"])
        wanted = [("rejected", "90220"), ("rejected", "InvalidInput"), ("accepted", "")]
        self.assertEqual(found, wanted)

    def test_rest_of_a_batch_waits_where_amazon_is_busy(self):
        shown = {DE: [item(sku, DEFAULT=1) for sku in "ABC"]}
        amazon = FakeListings(shown, {"B": refusal(429, "QuotaExceeded")})
        found = self.statuses(amazon, *[(sku, MERCHANT, 5) for sku in "ABC"])
        self.assertEqual(
            [each for each, _code in found], ["accepted", "retry", "retry"]
        )
        self.assertNotIn(("C", DE), amazon.patched)

    def test_busy_before_anything_was_sent_is_an_error(self):
        shown = {DE: [item("A", DEFAULT=1)]}
        with self.assertRaises(Throttled):
            self.push(
                FakeListings(shown, {"A": refusal(429, "QuotaExceeded")}),
                ("A", MERCHANT, 5),
            )

    def test_answer_that_was_lost_leaves_the_batch_open(self):
        shown = {DE: [item(sku, DEFAULT=1) for sku in "AB"]}
        for odd in (FakeResponse(500), {"sku": "X", "status": "ACCEPTED"}, {"sku": 1}):
            with self.assertRaises(Unavailable) as caught:
                self.push(
                    FakeListings(shown, {"B": odd}),
                    ("A", MERCHANT, 5),
                    ("B", MERCHANT, 5),
                )
            self.assertTrue(caught.exception.uncertain)

    def test_payload_is_the_same_for_the_same_entries(self):
        entries = [schemas.LevelEntry(1, "A", MERCHANT, 5, 2)]
        self.assertEqual(numbers.freeze(entries), numbers.freeze(entries))
