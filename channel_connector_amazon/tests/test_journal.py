# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta, timezone

from odoo.addons.channel_inventory_base.lib.errors import Refused

from ..lib.journal import KEPT, Journal
from ..lib.order_messages import Place
from .common import FakeStore, PureCase

NOW = datetime(2026, 11, 24, 11, tzinfo=timezone.utc)


def place(key):
    """:return: a feed of one message"""
    return {key: Place("")}


class FakeFeeds:
    """Amazon's list of feeds: ids and when they were made."""

    def __init__(self, **made):
        self.made, self.asked = made, []

    def made_since(self, kind, moment):
        self.asked.append((kind, moment))
        found = [
            (ref, "DONE", at.isoformat())
            for ref, at in self.made.items()
            if at >= moment
        ]
        return found[::-1]


class TestJournal(PureCase):
    def setUp(self):
        super().setUp()
        self.journal = Journal(FakeStore(), lambda: NOW)

    def test_feed_whose_answer_came_is_known(self):
        self.journal.begin(place("a"), "REFUND")
        self.journal.end(["a"], "f1")
        feeds = FakeFeeds(f9=NOW)
        self.assertEqual(self.journal.find("a", feeds), "f1/1-1/1")
        self.assertEqual(feeds.asked, [])

    def test_feed_whose_answer_was_lost_is_the_one_that_nobody_claims(self):
        self.journal.begin(place("a"), "REFUND")
        self.journal.end(["a"], "f1")
        self.journal.begin(place("b"), "REFUND")
        feeds = FakeFeeds(f0=NOW - timedelta(hours=1), f1=NOW, f2=NOW)
        self.assertEqual(self.journal.find("b", feeds), "f2/1-1/1")
        # and from now on it is claimed
        self.journal.begin(place("c"), "REFUND")
        self.assertEqual(self.journal.find("c", feeds), "")

    def test_whole_seconds_of_amazon_hide_no_feed(self):
        moment = NOW + timedelta(milliseconds=800)
        self.journal.begin(place("a"), "REFUND", moment)
        self.assertEqual(self.journal.find("a", FakeFeeds(f1=NOW)), "f1/1-1/1")

    def test_message_that_was_never_handed_in_has_no_feed(self):
        self.assertEqual(self.journal.find("a", FakeFeeds(f1=NOW)), "")
        self.journal.begin(place("a"), "REFUND")
        self.journal.forget(["a"])
        self.assertEqual(self.journal.find("a", FakeFeeds(f1=NOW)), "")

    def test_money_is_not_guessed(self):
        """One of two feeds, or one feed for two messages: a person looks."""
        self.journal.begin(place("a"), "REFUND")
        with self.assertRaises(Refused) as caught:
            self.journal.find("a", FakeFeeds(f1=NOW, f2=NOW))
        self.assertEqual(caught.exception.code, "UNKNOWN")
        self.journal.begin(place("b"), "REFUND")
        with self.assertRaises(Refused):
            self.journal.find("a", FakeFeeds(f1=NOW))

    def test_lost_answer_to_a_feed_of_several_is_found_for_each_of_them(self):
        """They are no rivals of each other."""
        self.journal.begin({"a": Place("", 1, 2, 3), "b": Place("", 3, 3, 3)}, "REFUND")
        feeds = FakeFeeds(f1=NOW)
        self.assertEqual(self.journal.find("b", feeds), "f1/3-3/3")
        self.assertEqual(self.journal.find("a", feeds), "f1/1-2/3")

    def test_messages_of_another_kind_are_no_rivals(self):
        self.journal.begin(place("a"), "REFUND")
        self.journal.begin(place("b"), "CANCEL")
        self.assertEqual(self.journal.find("a", FakeFeeds(f1=NOW)), "f1/1-1/1")

    def test_old_notes_are_dropped(self):
        self.journal.begin(place("a"), "REFUND", NOW - KEPT - timedelta(seconds=1))
        self.journal.begin(place("b"), "REFUND")
        self.assertEqual(self.journal.find("a", FakeFeeds(f1=NOW)), "")
