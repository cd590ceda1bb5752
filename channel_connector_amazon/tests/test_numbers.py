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


class LosesAnswers:
    """Loses the answers to two PATCHes, after which it shows ``shown``."""

    def __init__(self, amazon, shown):
        self.amazon, self.shown = amazon, shown
        self.lost = [FakeResponse(500), FakeResponse(502)]

    def answer(self, sent):
        answer = self.amazon.answer(sent)
        if sent["method"] == "PATCH" and self.lost:
            self.amazon.shown = {DE: [self.shown]}
            return self.lost.pop()
        return answer


def _brief(values):
    return values["line_id"], values["status"], values.get("shown")


class TestPush(PureCase):
    awaited = 5

    def push(self, amazon, *entries, **options):
        rows = [
            schemas.LevelEntry(number, sku, node, quantity, 0, self.awaited)
            for number, (sku, node, quantity) in enumerate(entries, 1)
        ]
        client, self.session, _clock = make_client(amazon.answer)
        payload = numbers.freeze(rows)
        reader = numbers.Numbers(client, "A1S", [DE, FR])
        work = numbers.Push(payload, reader, **options)
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

    def test_number_that_stands_there_already_is_not_sent(self):
        shown = {DE: [item("A", DEFAULT=5), item("B", DEFAULT=4), item("C")]}
        amazon = FakeListings(shown)
        found = self.statuses(amazon, *[(sku, MERCHANT, 5) for sku in "ABC"])
        self.assertEqual(
            found, [("accepted", numbers.STANDS), ("accepted", ""), ("accepted", "")]
        )
        self.assertEqual([sku for sku, _place in amazon.patched], ["B", "C"])

    def test_what_was_not_sent_is_told_to_be_so(self):
        """Also of a number of which the answer was lost: that may have been sent."""
        amazon = FakeListings({DE: [item("A", DEFAULT=5), item("B", DEFAULT=4)]})
        lost = LosesAnswers(amazon, item("B", DEFAULT=5))
        found = self.push(lost, *[(sku, MERCHANT, 5) for sku in "AB"])
        codes = [found[line]["code"] for line in (1, 2)]
        self.assertEqual(codes, [numbers.STANDS] * 2)
        self.assertEqual([found[n].get("sent", True) for n in (1, 2)], [False, True])

    def test_each_number_is_noted_before_it_is_sent(self):
        """With what has become of those before it; of no other there is anything to
        note before the batch is answered for."""
        issue = {"code": "90220", "message": "missing", "severity": "ERROR"}
        invalid = {"sku": "B", "status": "INVALID", "issues": [issue]}
        rows = [item(sku, DEFAULT=1) for sku in "ABD"]
        amazon = FakeListings({DE: [*rows, item("F", AMAZON_EU=2)]}, {"B": invalid})
        noted = []

        def note(news):
            noted.append((len(amazon.patched), *[_brief(each) for each in news]))

        skus = "AFBD"
        self.push(amazon, *[(sku, MERCHANT, 5) for sku in skus], note=note)
        sending = lambda line: (line, "sending", 1)  # noqa: E731
        self.assertEqual(
            noted,
            [
                (0, sending(1)),
                (1, (1, "accepted", 1), (2, "rejected", None), sending(3)),
                (2, (3, "rejected", 1), sending(4)),
            ],
        )

    def test_number_that_could_not_be_noted_is_not_sent(self):
        amazon = FakeListings({DE: [item("A", DEFAULT=1)]})

        def note(_news):
            raise LookupError("the database is away")

        with self.assertRaises(LookupError):
            self.push(amazon, ("A", MERCHANT, 5), note=note)
        self.assertEqual(amazon.patched, [])

    def test_number_that_may_be_overwritten_is_sent_although_it_stands_there(self):
        for self.awaited in (7, None):
            amazon = FakeListings({DE: [item("A", DEFAULT=5)]})
            found = self.statuses(amazon, ("A", MERCHANT, 5))
            self.assertEqual(found, [("accepted", "")])
            self.assertEqual(amazon.patched, [("A", DE)])

    def test_what_is_shown_before_a_number_is_sent_is_told(self):
        amazon = FakeListings({DE: [item("A", DEFAULT=5), item("B", DEFAULT=4)]})
        found = self.push(amazon, *[(sku, MERCHANT, 5) for sku in "AB"])
        self.assertEqual([found[line]["shown"] for line in (1, 2)], [5, 4])

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

    def test_rest_of_a_batch_that_takes_long_waits_for_the_next_one(self):
        """Which begins with what is to be 0 by then."""
        amazon = FakeListings({DE: [item(sku, DEFAULT=1) for sku in "ABC"]})
        moments = iter([0, 3, 6])
        found = self.push(
            amazon, *[(sku, MERCHANT, 5) for sku in "ABC"], clock=lambda: next(moments)
        )
        self.assertEqual(
            [each["status"] for each in found.values()],
            ["accepted", "accepted", "retry"],
        )

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

    def test_number_of_which_the_answer_was_lost_is_looked_at_first(self):
        """Shown before, shown after the answer was lost, times it is sent."""
        for before, after, times in ((1, 5, 1), (1, 1, 3), (5, 5, 3), (1, 3, 3)):
            amazon = FakeListings({DE: [item("A", DEFAULT=before)]})
            lost = LosesAnswers(amazon, item("A", DEFAULT=after))
            with self.subTest(before=before, after=after):
                self.awaited = None
                found = self.statuses(lost, ("A", MERCHANT, 5))
                wanted = ("accepted", numbers.STANDS if times == 1 else "")
                self.assertEqual(found, [wanted])
                self.assertEqual(len(amazon.patched), times)

    def test_lost_answer_that_cannot_be_looked_at_leaves_the_batch_open(self):
        amazon = FakeListings({DE: [item("A", DEFAULT=1)]}, {"A": FakeResponse(500)})
        answers = [amazon.answer, amazon.answer, lambda _sent: refusal(403, "Denied")]
        listings = FakeListings({})
        listings.answer = lambda sent: (answers.pop(0))(sent)
        with self.assertRaises(Unavailable) as caught:
            self.push(listings, ("A", MERCHANT, 5))
        self.assertTrue(caught.exception.uncertain)

    def test_payload_is_the_same_for_the_same_entries(self):
        entries = [schemas.LevelEntry(1, "A", MERCHANT, 5, 2)]
        self.assertEqual(numbers.freeze(entries), numbers.freeze(entries))
