# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Refused, Throttled

from ..const import FBA_NODE, MERCHANT
from ..lib.lane import Batch, freeze_feeds
from ..lib.numbers import FBA
from ..lib.offers import FOUND_SECONDS, KnownOffers
from ..lib.report import Offer
from .common import DE, FR, FakeClock, FakeStore, PureCase
from .test_feed import issue, report


def entry(line_id, sku, quantity=5, node=MERCHANT):
    return schemas.LevelEntry(line_id, sku, node, quantity, 0)


class FakeFeeds:
    """Feeds that were handed in, and what is to become of them."""

    def __init__(self, *outcomes, errors=()):
        self.sent, self.outcomes, self.errors = [], list(outcomes), list(errors)

    def submit(self, place, content):
        if self.errors and (error := self.errors.pop(0)):
            raise error
        self.sent.append((place, json.loads(content)))
        return f"{len(self.sent)}"

    def status(self, ref):
        status, content = self.outcomes[int(ref) - 1]
        return status, content and ref

    def result(self, document):
        return self.outcomes[int(document) - 1][1]


class TestLane(PureCase):
    """Batches of numbers that go by feeds."""

    def frozen(self, *entries, by_amazon=(), **elsewhere):
        return freeze_feeds(entries, DE, set(by_amazon), elsewhere)

    def batch(self, *outcomes, payload=None, **options):
        payload = payload or self.frozen(entry(1, "A"), entry(2, "B"))
        feeds = FakeFeeds(*outcomes, **options)
        return Batch(payload, feeds), feeds

    def test_each_sku_goes_by_a_feed_of_a_marketplace_that_has_it(self):
        payload = self.frozen(entry(1, "A"), entry(2, "F"), entry(3, "B"), F=FR)
        batch, feeds = self.batch(payload=payload)
        self.assertEqual(batch.submit("A1S"), "1,2")
        sent = {
            place: [message["sku"] for message in content["messages"]]
            for place, content in feeds.sent
        }
        self.assertEqual(sent, {DE: ["A", "B"], FR: ["F"]})

    def test_what_amazon_ships_is_in_none(self):
        payload = self.frozen(
            entry(1, "A"), entry(2, "X"), entry(3, "B", node=FBA_NODE), by_amazon="X"
        )
        batch, feeds = self.batch(payload=payload)
        batch.submit("A1S")
        self.assertEqual(len(feeds.sent[0][1]["messages"]), 1)
        found = {each["line_id"]: each["code"] for each in batch.refusals()}
        self.assertEqual(found, {2: FBA, 3: FBA})

    def test_nothing_to_send_is_no_feed(self):
        batch, feeds = self.batch(payload=self.frozen(entry(1, "X"), by_amazon="X"))
        self.assertEqual((batch.submit("A1S"), feeds.sent), ("", []))

    def test_same_entries_are_the_same_payload(self):
        entries = [entry(1, "F"), entry(2, "A")]
        self.assertEqual(self.frozen(*entries, F=FR), self.frozen(*entries, F=FR))

    def test_second_feed_that_is_refused_leaves_it_open_what_became_of_all(self):
        """The first is at work, and nobody would ask for it."""
        payload = self.frozen(entry(1, "A"), entry(2, "F"), F=FR)
        for error in (Throttled("no"), Refused("no")):
            with self.subTest(error=error):
                batch, _feeds = self.batch(payload=payload, errors=[None, error])
                with self.assertRaises(type(error)) as caught:
                    batch.submit("A1S")
                self.assertTrue(caught.exception.uncertain)

    def test_first_feed_that_is_refused_leaves_nothing_open(self):
        batch, _feeds = self.batch(errors=[Throttled("no")])
        with self.assertRaises(Throttled) as caught:
            batch.submit("A1S")
        self.assertFalse(caught.exception.uncertain)

    def statuses(self, batch, ticket="1"):
        found = batch.outcome(ticket)
        return found and {each["line_id"]: each["status"] for each in found}

    def test_outcome_of_each_number(self):
        content = report(issue(2), processed=2, accepted=1)
        batch, _feeds = self.batch(("DONE", content))
        self.assertEqual(self.statuses(batch), {1: "accepted", 2: "rejected"})

    def test_nothing_is_known_before_all_feeds_are_done(self):
        payload = self.frozen(entry(1, "A"), entry(2, "F"), F=FR)
        done = report(processed=1, accepted=1)
        for status in ("IN_QUEUE", "IN_PROGRESS"):
            batch, _feeds = self.batch(("DONE", done), (status, None), payload=payload)
            self.assertIsNone(self.statuses(batch, "1,2"))

    def test_feed_that_is_not_done_is_refused_as_a_whole(self):
        for status in ("FATAL", "CANCELLED"):
            batch, _feeds = self.batch((status, None))
            with self.assertRaises(Refused) as caught:
                batch.outcome("1")
            self.assertEqual(caught.exception.code, "FEED")

    def test_one_of_two_feeds_that_is_fatal_is_sent_again(self):
        payload = self.frozen(entry(1, "A"), entry(2, "F"), F=FR)
        done = report(processed=1, accepted=1)
        # in the order of the marketplaces' ids: that of France is the first
        batch, _feeds = self.batch(("DONE", done), ("FATAL", None), payload=payload)
        self.assertEqual(self.statuses(batch, "1,2"), {2: "accepted", 1: "retry"})

    def test_done_without_a_report_is_sent_again(self):
        batch, _feeds = self.batch(("DONE", None))
        self.assertEqual(self.statuses(batch), {1: "retry", 2: "retry"})

    def test_sku_that_turns_out_to_be_amazons_is_refused_and_remembered(self):
        live = [{"fulfillmentChannelCode": "AMAZON_EU", "quantity": 3}]
        items = [{"sku": "A", "fulfillmentAvailability": live}]
        content = report(processed=2, accepted=2, items=items)
        batch, _feeds = self.batch(("DONE", content))
        self.assertEqual(self.statuses(batch), {1: "rejected", 2: "accepted"})
        self.assertEqual(batch.shipped_by_amazon, ["A"])


class TestKnownOffers(PureCase):
    """What is known of a catalogue when nobody can be asked."""

    def setUp(self):
        super().setUp()
        self.clock = FakeClock()
        self.known = KnownOffers(FakeStore(), self.clock)

    def test_nothing_is_known_before_a_catalogue(self):
        self.assertFalse(self.known.are_known())
        self.known.add_by_amazon(["A"])
        self.assertFalse(self.known.are_known())

    def test_catalogue(self):
        offers = {
            "A": Offer("A", by_merchant=True, place=DE),
            "F": Offer("F", by_merchant=True, place=FR),
            "X": Offer("X", by_amazon=True),
            "XF": Offer("XF", by_amazon=True, by_merchant=True, place=FR),
        }
        self.known.replace(offers, DE)
        self.assertTrue(self.known.are_known())
        self.assertEqual(self.known.by_amazon(), {"X", "XF"})
        self.assertEqual(self.known.elsewhere(), {"F": FR, "XF": FR})

    def test_what_was_found_out_stays_whatever_an_older_report_says(self):
        """Amazon gives what it knew hours ago."""
        catalogue = {
            sku: Offer(sku, by_merchant=True, place=DE) for sku in ("A", "B", "C")
        }
        self.known.replace(catalogue, DE)
        self.known.add_by_amazon(["B"])
        self.clock.now += FOUND_SECONDS - 60
        self.known.add_by_amazon(["A", "B"])
        self.assertEqual(self.known.by_amazon(), {"A", "B"})
        for seconds, skus in (
            (0, {"A", "B"}),
            (61, {"A"}),
            (FOUND_SECONDS, set()),
        ):
            self.clock.now += seconds
            self.known.replace(catalogue, DE)
            self.assertEqual(self.known.by_amazon(), skus)
