# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from odoo.tests import tagged

from ..schemas import InboundEvent, LevelState
from .common import ChannelCase
from .common_wakeups import WakeUps
from .test_accepted import APPLIES, Accepting


class Times:
    """Numbers that a channel shows, and when it showed them."""

    def now(self, seconds=0):
        return datetime.now(timezone.utc) + timedelta(seconds=seconds)

    def report(self, seconds):
        """What is read is a report of so many seconds ago."""
        fetch = type(self.fake)._fetch_levels
        self.fake._fetch_levels = lambda *args: [
            replace(each, as_of=self.now(-seconds)) for each in fetch(self.fake, *args)
        ]

    def age(self, seconds):
        """What was sent and deducted by now was so much earlier."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE channel_publication
               SET sent_at = sent_at - make_interval(secs => %(seconds)s),
                   acked_at = acked_at - make_interval(secs => %(seconds)s);
            UPDATE channel_publication_line
               SET applied_at = applied_at - make_interval(secs => %(seconds)s);
            UPDATE channel_deduction
               SET created_at = created_at - make_interval(secs => %(seconds)s)
            """,
            {"seconds": seconds},
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestReportedNumbers(Times, ChannelCase):
    """A report of some hours ago says nothing about what was sent since."""

    def setUp(self):
        super().setUp()
        self.go_live(shown=8)
        self.publish()
        self.fake.levels["item-1", "node-1"] = 99

    def look(self):
        self.env["channel.observer"]._look_around(self.channel)
        self.env.invalidate_all()
        return self.level.remote_state

    def test_number_from_before_the_last_one_sent_doubts_nothing(self):
        self.report(3600)
        self.assertEqual(self.look(), "known")

    def test_number_from_before_a_known_sale_doubts_nothing(self):
        self.age(7200)
        self.fake.levels["item-1", "node-1"] = 10
        self.capture(self.fake.sell(1))
        self.fake.levels["item-1", "node-1"] = 10
        self.report(3600)
        self.assertEqual(self.look(), "known")

    def test_number_from_after_it_does(self):
        self.age(7200)
        self.report(3600)
        self.assertEqual(self.look(), "stale")

    def test_time_is_taken_by_the_channels_clock(self):
        """An hour ahead of ours: its report of now was made an hour ago."""
        with self.channel._shared_state("clock") as state:
            state["ahead"] = 3600
        self.age(1800)
        self.report(0)
        self.assertEqual(self.look(), "known")

    def test_one_report_that_is_read_twice_is_one_look(self):
        self.age(7200)
        moment = self.now(-3600)
        fetch = type(self.fake)._fetch_levels
        self.fake._fetch_levels = lambda *args: [
            replace(each, as_of=moment) for each in fetch(self.fake, *args)
        ]
        self.look()
        for _round in range(3):
            self.observe()
            self.poll()
        self.assertEqual(self.level.remote_state, "stale")
        self.report(0)
        self.observe()
        self.assertEqual(self.level.remote_state, "known")
        self.assertEqual(self.level.expected_remote, 99)


@tagged("post_install", "-at_install")
class TestToldNumbers(Times, Accepting, WakeUps, ChannelCase):
    """Numbers that come as events."""

    def setUp(self):
        super().setUp()
        self.fake.stream = True
        self.accept_later()
        self.go_live(shown=8)
        self.publish()

    def tell(self, available, seconds=1, key="told"):
        """The channel tells that it shows a number, now or some time ago."""
        moment = self.now(seconds)
        state = {"stock_ref": "item-1", "node_ref": "node-1", "available": available}
        body = json.dumps([state])
        event = InboundEvent(key, "level", "level", body, occurred_at=moment)
        self.env["channel.inbox.event"]._store(self.channel, [event], "stream")
        self.env["channel.intake"]._capture_next(self.channel)
        self.env.invalidate_all()
        return self.env["channel.inbox.event"].search([("key", "=", key)]).state

    def test_number_that_was_accepted_is_applied(self):
        self.assertEqual(self.tell(10), "done")
        self.assertEqual(self.results(), ["acked"])
        self.assertTrue(self.level.in_sync)

    def test_number_of_before_it_was_sent_is_no_application(self):
        self.tell(10, seconds=-60)
        self.assertEqual(self.results(), ["accepted"])

    def test_of_two_that_are_out_the_second_is_not_applied_by_a_word(self):
        """The first one may land after it."""
        self.add_stock(self.env, self.product, self.warehouse, -7)
        self.plan()
        self.publish()
        self.tell(3)
        self.assertEqual(self.results(), ["accepted", "accepted"])

    def test_number_before_doubts_nothing_while_another_is_out(self):
        self.tell(8)
        self.assertEqual(self.results(), ["accepted"])
        self.assertEqual(self.level.remote_state, "known")

    def settle_it(self):
        self.fake.land()
        self.settle(APPLIES + 1)
        self.age(60)

    def test_number_that_is_known_is_no_news(self):
        self.settle_it()
        self.tell(10)
        self.assertEqual(self.level.remote_state, "known")

    def test_higher_number_is_doubted_and_looked_at(self):
        self.settle_it()
        self.forget_wakeups()
        self.tell(99)
        self.assertEqual(self.level.remote_state, "stale")
        self.assertEqual(self.wanted("_job_observe"), 0)

    def test_lower_number_waits_for_its_order(self):
        """It is published meanwhile: 0 above all."""
        self.settle_it()
        name = self.fake.sell(2)
        self.tell(8)
        self.assertEqual(self.level.remote_state, "known")
        self.capture(name)
        self.assertEqual(self.level.expected_remote, 8)

    def test_event_without_a_number_is_ignored(self):
        event = InboundEvent("bare", "level", "level", "[]")
        self.env["channel.inbox.event"]._store(self.channel, [event], "stream")
        self.env["channel.intake"]._capture_next(self.channel)
        found = self.env["channel.inbox.event"].search([("key", "=", "bare")])
        self.assertEqual(found.state, "ignored")

    def test_number_of_a_level_that_is_not_ours_is_ignored(self):
        state = LevelState("item-9", "node-1", 5)
        self.env["channel.observer"]._hear(self.channel, [state], None)
        self.assertEqual(self.level.remote_state, "known")


@tagged("post_install", "-at_install")
class TestReadBudget(WakeUps, ChannelCase):
    """All numbers are looked at within hours, a part of them a minute."""

    def setUp(self):
        super().setUp()
        self.fake.read_budget, self.fake.read_size = 100, 10
        self.reads = []
        for number in range(2, 36):
            self.make_listing(self.env, self.channel, self.product, number)
        self.plan()
        for level in self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)]
        ):
            self.make_known(self.env, level, level.target)
            ref = level.listing_id.stock_ref, "node-1"
            self.fake.levels[ref] = level.target
        fetch = self.fake._fetch_levels

        def counted(channel, refs):
            self.reads.append([ref.stock_ref for ref in refs])
            return fetch(channel, refs)

        self.fake._fetch_levels = counted

    def look(self):
        self.forget_wakeups()
        self.reads.clear()
        self.env["channel.observer"]._look_around(self.channel)
        self.env.invalidate_all()
        return self.wanted("_job_look"), [len(each) for each in self.reads]

    def test_a_part_is_looked_at_and_the_next_one_a_minute_later(self):
        seen = set()
        for _part in range(3):
            self.assertEqual(self.look(), (60, [10]))
            seen.update(self.reads[0])
        self.assertEqual(self.look(), (None, [5]))
        seen.update(self.reads[0])
        self.assertEqual(len(seen), 35)
        # the next round begins with the hour
        self.assertEqual(self.look(), (60, [10]))

    def test_part_is_as_large_as_the_hours_want_it(self):
        observer = self.env["channel.observer"]
        self.fake.read_size = 20
        for known, part in ((10, 20), (100_000, 278), (10_000_000, 6000)):
            remotes = self.registry["channel.level.remote"]
            self.patch(remotes, "search_count", lambda *args, n=known, **more: n)
            self.assertEqual(observer._get_slice(self.channel), part)

    def test_without_a_budget_all_are_looked_at_in_one_run(self):
        self.fake.read_budget = 0
        self.assertEqual(self.look(), (None, [10, 10, 10, 5]))
