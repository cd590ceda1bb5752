# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import random
from contextlib import suppress

from odoo.tests import tagged

from ..exceptions import RejectedError, ThrottledError, UncertainError
from ..models import channel_lane
from ..schemas import Lane
from .common import ChannelCase
from .common_wakeups import WakeUps
from .test_accepted import APPLIES, Accepting
from .test_exclusive import ExclusiveCase

FEED = Lane("feed", size=50, open=1, every=120, applies=APPLIES)
COUNT = 6


@tagged("post_install", "-at_install")
class TestLanes(Accepting, WakeUps, ChannelCase):
    """Six listings; batches of one, and a feed for mass rises."""

    def setUp(self):
        super().setUp()
        self.accept_later()
        self.fake.stream, self.fake.batch_size = True, 1
        self.fake.lanes = (FEED,)
        self.channel.mass_quantity = 4
        self.products = [self.product]
        for number in range(2, COUNT + 1):
            product = self.make_product(self.env, number, 10, self.warehouse)
            self.products.append(product)
            self.make_listing(self.env, self.channel, product, number)
        self.plan()
        self.levels = self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)], order="listing_id"
        )
        for number, level in enumerate(self.levels, 1):
            self.make_known(self.env, level, 5)
            self.fake.levels[f"item-{number}", "node-1"] = 5
        self.env["channel.level.pending"].search([]).unlink()

    # ------------------------------------------------------------- helpers
    def shown(self, number=1):
        return self.fake.levels[f"item-{number}", "node-1"]

    def rise(self):
        """All go up from 5 to 10, and are sent."""
        self.env["channel.level.pending"]._add(self.levels)
        self.publish()

    def change(self, quantity, number=1):
        product = self.products[number - 1]
        self.add_stock(self.env, product, self.warehouse, quantity)
        self.plan()
        self.publish()

    def pushes(self):
        """(listing's number, quantity) of each request that is answered at once"""
        entries = [json.loads(payload)[0] for _key, payload in self.fake.requests]
        return [(int(entry[1][5:]), entry[3]) for entry in entries]

    def feed(self):
        return self.env["channel.publication"].search([("lane", "=", "feed")])

    def ask(self, seconds=0):
        """The channel is asked, so much later than it was first due."""
        self.time_passes(seconds)
        self.feed().write({"ask_at": "2020-01-01"})
        self.run_lanes()

    def run_lanes(self):
        self.env.flush_all()
        self.env["channel.lane"]._run(self.channel)
        self.env.invalidate_all()

    def watch(self):
        self.feed().write({"watch_at": "2020-01-01"})
        self.run_lanes()
        self.publish()

    def open_exceptions(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def land_all(self):
        while self.fake.landing:
            self.fake.land()

    # -------------------------------------------------------------- choice
    def test_many_that_rise_go_by_the_lane(self):
        self.forget_wakeups()
        self.rise()
        self.assertEqual(len(self.fake.tickets["feed-1"]), COUNT)
        self.assertFalse(self.fake.requests)
        feed = self.feed()
        self.assertEqual((feed.state, feed.ticket), ("accepted", "feed-1"))
        self.assertEqual(self.wanted("_job_observe"), FEED.every)

    def test_few_that_rise_do_not(self):
        self.env["channel.level.pending"]._add(self.levels[:3])
        self.publish()
        self.assertEqual(len(self.fake.requests), 3)
        self.assertFalse(self.fake.tickets)

    def test_what_falls_and_what_is_scarce_does_not(self):
        for number, stock in ((1, -8), (2, -7)):
            self.add_stock(self.env, self.products[number - 1], self.warehouse, stock)
        self.plan()
        self.fake.levels["item-2", "node-1"] = 0
        remotes = self.env["channel.level.remote"]
        remotes.search([("level_id", "=", self.levels[1].id)]).base_qty = 0
        self.rise()
        self.assertEqual(sorted(self.pushes()), [(1, 2), (2, 3)])
        self.assertEqual(len(self.fake.tickets["feed-1"]), COUNT - 2)

    def test_few_that_rise_among_many_that_are_scarce_do_not(self):
        """A lane that is out for hours with two numbers keeps them back for nothing."""
        self.channel.scarce_quantity = 12
        for product in self.products[:2]:
            self.add_stock(self.env, product, self.warehouse, 5)
        self.plan()
        self.rise()
        self.assertFalse(self.fake.tickets)
        wanted = [(1, 15), (2, 15), (3, 10), (4, 10), (5, 10), (6, 10)]
        self.assertEqual(sorted(self.pushes()), wanted)

    def test_publisher_that_has_to_wait_does_not_wake_itself(self):
        """Numbers that rise wait until the lane has answered, which may take hours."""
        self.rise()
        self.change(+1)
        self.assertTrue(self.env["channel.level.pending"].search_count([]))
        self.forget_wakeups()
        self.publish()
        self.assertIsNone(self.wanted("_job_publish"))

    def test_number_that_overtook_a_lane_is_looked_at_when_that_has_ended(self):
        """It is not sent once more where it is shown; a minute later it is, where the
        lane's number was applied after all."""
        told, prepare = [], self.fake._prepare_push

        def record(channel, entries, *rest, **options):
            told.extend((each.quantity, each.awaited) for each in entries)
            return prepare(channel, entries, *rest, **options)

        self.rise()
        self.change(-8)
        self.land_all()
        self.settle()
        self.fake.finish("feed-1", apply=False)
        self.patch(self.fake, "_prepare_push", record)
        self.ask()
        self.publish()
        self.assertEqual(told, [(2, 2)])
        self.land_all()
        self.fake.levels["item-1", "node-1"] = 10
        self.settle()
        self.publish()
        self.land_all()
        self.assertEqual(self.shown(), 2)

    def test_only_so_many_are_out_at_a_time(self):
        self.fake.lanes = (Lane("feed", size=3, open=1),)
        self.rise()
        self.assertEqual(len(self.fake.tickets["feed-1"]), 3)
        self.assertEqual(len(self.fake.tickets), 1)
        self.assertEqual(len(self.fake.requests), 3, "the others need not wait")

    # ---------------------------------------------------------- unanswered
    def test_number_in_a_lane_is_neither_sent_again_nor_doubted(self):
        self.rise()
        self.time_passes(10 * APPLIES)
        self.observe()
        self.env["channel.observer"]._look_around(self.channel)
        self.env["channel.publisher"]._requeue_missing()
        self.publish()
        self.assertFalse(self.fake.requests)
        self.assertEqual(set(self.levels.mapped("remote_state")), {"known"})

    def test_lower_number_overtakes_and_higher_one_waits(self):
        self.rise()
        self.change(+5, number=2)
        self.change(-10)
        self.assertEqual(self.pushes(), [(1, 0)])
        self.fake.finish("feed-1")
        self.ask()
        self.publish()
        self.assertIn((2, 15), self.pushes())

    def test_number_that_was_overtaken_is_sent_again_when_the_lane_ends(self):
        """However late the one from the lane is applied."""
        self.rise()
        self.change(-10)
        self.fake.land()
        self.assertEqual(self.shown(), 0)
        self.fake.finish("feed-1")
        self.assertEqual(self.shown(), 10, "it has landed on the newer one")
        self.ask()
        self.publish()
        self.land_all()
        self.assertEqual((self.pushes(), self.shown()), ([(1, 0), (1, 0)], 0))
        # and once more, where it lands after that
        self.fake.levels["item-1", "node-1"] = 10
        self.settle()
        self.publish()
        self.land_all()
        self.assertEqual(self.shown(), 0)

    def test_overtaken_number_is_watched_while_the_lane_is_out(self):
        self.rise()
        self.change(-10)
        self.land_all()
        self.settle()
        self.watch()
        self.assertEqual(self.pushes(), [(1, 0)], "all is well")
        self.fake.levels["item-1", "node-1"] = 10
        self.watch()
        self.land_all()
        self.assertEqual((self.pushes(), self.shown()), ([(1, 0), (1, 0)], 0))

    def test_overtaken_number_counts_until_the_lane_has_ended(self):
        """For allocation: the lane's may be applied after the one that is shown."""
        self.rise()
        self.change(-10)
        self.land_all()
        self.settle()
        line = self.feed().line_ids.filtered(
            lambda each: each.level_id == self.levels[0]
        )
        self.assertEqual((line.result, line.due_at), ("accepted", False))

    def test_sale_during_the_lane_is_sent_when_it_ends(self):
        self.rise()
        self.capture(self.fake.sell(2))
        self.plan()
        self.publish()
        self.assertFalse(self.fake.requests, "8 is what shows 8 after the sale")
        self.fake.finish("feed-1")
        self.assertEqual(self.shown(), 10, "the sale was overwritten")
        self.ask()
        self.publish()
        self.land_all()
        self.assertEqual((self.pushes(), self.shown()), ([(1, 8)], 8))

    def test_number_that_puts_back_what_was_sold_is_overtaken_at_once(self):
        """Not when the lane ends, which may be hours later."""
        self.rise()
        self.capture(self.fake.sell(2))
        self.plan()
        self.publish()
        self.watch()
        self.assertFalse(self.fake.requests, "it shows 3 and is to show 8: it rises")
        self.fake.levels["item-1", "node-1"] = 10
        self.watch()
        self.land_all()
        self.assertEqual((self.pushes(), self.shown()), ([(1, 8)], 8))

    def test_number_that_was_overtaken_and_lands_after_a_sale_is_put_right(self):
        self.rise()
        self.capture(self.fake.sell(2))
        self.change(-5)
        self.land_all()
        self.settle()
        self.watch()
        self.assertEqual(self.pushes(), [(1, 3)], "all is well")
        for landed in (10, 9):
            self.fake.levels["item-1", "node-1"] = landed
            self.watch()
            self.land_all()
            self.settle()
            self.assertEqual(self.shown(), 3)
        self.fake.levels["item-1", "node-1"] = 2
        self.watch()
        self.assertEqual(self.pushes(), [(1, 3)] * 3, "less is a sale, not the lane's")

    # ----------------------------------------------------------------- end
    def test_lane_that_has_not_ended_is_asked_later(self):
        self.rise()
        self.forget_wakeups()
        self.ask()
        self.assertEqual(self.feed().state, "accepted")
        self.assertAlmostEqual(self.wanted("_job_observe"), FEED.every, delta=5)

    def test_numbers_of_a_lane_are_read_back_after_it_has_ended(self):
        self.rise()
        self.fake.finish("feed-1")
        self.ask()
        self.publish()
        self.assertFalse(self.fake.requests)
        self.settle()
        self.assertEqual(set(self.feed().line_ids.mapped("result")), {"acked"})
        self.assertEqual(self.feed().state, "done")
        self.assertTrue(all(self.levels.mapped("in_sync")))

    def test_lines_that_were_not_applied_are_what_they_were(self):
        self.rise()
        self.fake.finish("feed-1", {0: "rejected", 1: "retry"})
        self.ask()
        refused, again = self.feed().line_ids[:2]
        self.assertEqual((refused.result, again.result), ("rejected", "retry"))
        self.assertEqual(refused.level_id.remote_state, "rejected")
        self.assertEqual(refused.level_id.expected_remote, 5)
        self.assertEqual(again.level_id.expected_remote, 5)
        self.publish()
        self.assertEqual(len(self.pushes()), 1)

    def test_number_that_was_overtaken_and_refused_in_the_lane_is_as_it_was_sent(self):
        self.rise()
        self.change(-10)
        self.fake.finish("feed-1", {0: "rejected"})
        self.ask()
        self.assertEqual(self.levels[0].remote_state, "known")
        self.assertEqual(self.levels[0].expected_remote, 0)

    def test_batch_that_is_refused_as_a_whole_goes_by_the_other_requests(self):
        self.rise()
        self.fake.faults = [("ask", RejectedError("FATAL"))]
        self.ask()
        self.assertEqual(set(self.levels.mapped("expected_remote")), {5})
        self.publish()
        self.assertEqual(len(self.pushes()), COUNT)
        self.assertEqual(len(self.fake.tickets), 1, "the lane rests")
        told = self.open_exceptions()
        self.assertEqual(told._record(), self.feed())
        self.assertIn("FATAL", told.message)

    # ---------------------------------------------------------------- rest
    def test_lane_that_takes_nothing_now_keeps_nothing_back(self):
        self.fake.faults = [("send", ThrottledError("no more feeds", retry_after=120))]
        self.rise()
        self.assertFalse(self.fake.tickets)
        self.assertEqual(len(self.pushes()), COUNT)

    def test_lane_that_has_rested_is_chosen_again(self):
        self.env["channel.lane"]._rest(self.channel, "feed", 120)
        self.rise()
        self.assertFalse(self.fake.tickets)
        with self.channel._shared_state("lanes") as state:
            state["feed"] = "2020-01-01T00:00:00"
        self.land_all()
        self.settle()
        for product in self.products:
            self.add_stock(self.env, product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.assertEqual(len(self.fake.tickets), 1)

    def test_answer_that_is_throttled_is_asked_for_later(self):
        """And what is due to be shown by then is looked at all the same."""
        self.rise()
        self.fake.faults = [("ask", ThrottledError("no more", retry_after=600))]
        self.ask()
        self.assertEqual(self.feed().state, "accepted")
        wait = self.feed().ask_at - self.env["channel.lane"]._now()
        self.assertAlmostEqual(wait.total_seconds(), 600, delta=5)

    # ---------------------------------------------------------- mass fall
    def fall(self, *targets, mass=1):
        """Stocktaking: all have less, numbers are 9 everywhere."""
        self.channel.mass_quantity = mass
        self.patch(channel_lane, "HEAD", 2)
        for number, (level, target) in enumerate(
            zip(self.levels, targets, strict=True), 1
        ):
            remotes = self.env["channel.level.remote"]
            remotes.search([("level_id", "=", level.id)]).base_qty = 9
            self.fake.levels[f"item-{number}", "node-1"] = 9
            self.add_stock(
                self.env, self.products[number - 1], self.warehouse, target - 10
            )
        self.plan()
        self.publish()

    def test_mass_that_falls_goes_by_the_lane_but_for_what_sells_out_first(self):
        self.fall(4, 0, 6, 1, 5, 3)
        [sent] = self.fake.tickets.values()
        self.assertEqual([entry[3] for entry in sent], [4, 5, 6])
        # what is 0 goes before anything is asked, and is none of the two
        self.assertEqual(self.pushes(), [(2, 0), (4, 1), (6, 3)])

    def test_mass_that_falls_goes_by_the_other_requests_where_the_lane_is_late(self):
        """The lowest first, and once each."""
        self.fall(4, 0, 6, 1, 5, 3)
        self.land_all()
        self.settle()
        self.time_passes(1200)
        self.publish()
        self.assertEqual(self.pushes()[3:], [(1, 4), (5, 5), (3, 6)])
        self.publish()
        self.assertEqual(len(self.pushes()), COUNT)
        self.land_all()
        self.settle()
        self.fake.finish(*self.fake.tickets)
        self.ask()
        self.publish()
        self.assertEqual(len(self.pushes()), COUNT, "the same is right in any order")
        self.settle()
        self.assertTrue(all(self.levels.mapped("in_sync")))

    def test_publisher_is_woken_while_a_lane_is_out(self):
        self.fall(4, 0, 6, 1, 5, 3)
        self.forget_wakeups()
        self.feed().write({"watch_at": "2020-01-01"})
        self.run_lanes()
        self.assertEqual(self.wanted("_job_publish"), 0)

    def test_fall_that_was_sold_from_meanwhile_is_sent_again_when_the_lane_ends(self):
        self.fall(4, 0, 6, 1, 5, 3)
        self.land_all()
        self.capture(self.fake.sell(2, "item-1"))
        self.plan()
        self.publish()
        self.fake.finish(*self.fake.tickets)
        self.assertEqual(self.shown(1), 4, "the lane has put back what was sold")
        self.ask()
        self.publish()
        self.land_all()
        self.assertEqual(self.shown(1), 2)

    def test_some_that_fall_do_not_go_by_the_lane(self):
        self.fall(4, 0, 6, 1, 5, 3, mass=4)
        self.assertFalse(self.fake.tickets)
        # the lowest first as long as they are many, then the oldest
        self.assertEqual(
            self.pushes(), [(2, 0), (4, 1), (6, 3), (1, 4), (3, 6), (5, 5)]
        )

    def test_overtaken_by_the_same_number_is_not_watched(self):
        self.fall(4, 0, 6, 1, 5, 3)
        self.time_passes(1200)
        self.publish()
        self.land_all()
        self.settle()
        self.fake.faults = [("read", AssertionError("asked"))]
        self.watch()
        self.assertTrue(self.fake.faults)

    # --------------------------------------------------------------- stuck
    def test_ticket_of_a_day_is_told_and_its_numbers_go_by_the_other_requests(self):
        self.rise()
        self.ask(23 * 3600)
        self.publish()
        self.assertFalse(self.fake.requests)
        self.ask(2 * 3600)
        self.publish()
        self.assertEqual(len(self.pushes()), COUNT)
        told = self.open_exceptions()
        self.assertEqual(told._record(), self.feed())
        self.assertIn("feed-1", told.message)
        self.ask()
        self.publish()
        self.assertEqual(len(self.pushes()), COUNT, "told and sent once")
        self.fake.finish("feed-1", apply=False)
        self.ask()
        self.assertEqual(told.state, "resolved")

    def test_lane_of_which_the_ticket_is_lost_keeps_nothing_back(self):
        self.fake.faults = [("answer", UncertainError("lost"))]
        with suppress(UncertainError):
            self.rise()
        self.publish()
        self.assertEqual(len(self.pushes()), COUNT)
        results = self.feed().line_ids.mapped("result")
        self.assertEqual(set(results), {"accepted"}, "it may be applied yet")
        self.time_passes(25 * 3600)
        self.run_lanes()
        self.assertEqual(set(self.feed().line_ids.mapped("result")), {"replaced"})

    def test_lane_of_which_the_ticket_is_lost_is_put_right_within_a_look(self):
        """It may have been taken, and applied hours later over a newer 0."""
        self.fake.faults = [("answer", UncertainError("lost"))]
        with suppress(UncertainError):
            self.rise()
        self.publish()
        self.land_all()
        self.settle()
        self.change(-10)
        self.land_all()
        self.settle()
        self.assertEqual(self.shown(), 0)
        self.fake.levels["item-1", "node-1"] = 10
        self.watch()
        self.land_all()
        self.assertEqual(self.shown(), 0)

    # ----------------------------------------------------------- whatever
    def test_ends_in_agreement_whatever_happens_in_which_order(self):
        for seed in range(6):
            with self.subTest(seed=seed), self.passing():
                self.play(random.Random(seed))
            self.fake.requests, self.fake.landing = [], []
            self.fake.tickets, self.fake.answered = {}, {}
            for number in range(1, COUNT + 1):
                self.fake.levels[f"item-{number}", "node-1"] = 5

    def play(self, dice):
        self.channel.mass_quantity = 2
        self.rise()
        for _step in range(15):
            self.step(dice)
        for _round in range(6):
            for ticket in set(self.fake.tickets) - set(self.fake.answered):
                self.fake.finish(ticket)
            self.ask()
            self.land_all()
            self.settle()
            self.publish()
        for number, level in enumerate(self.levels, 1):
            self.assertEqual(self.shown(number), level.target, f"item {number}")

    def step(self, dice):
        event = dice.choice(("stock", "stock", "land", "finish", "settle", "ask"))
        if event == "stock":
            number = dice.randint(1, COUNT)
            available = self.levels[number - 1].target
            self.change(dice.randint(-available, 10), number)
        elif event == "land" and self.fake.landing:
            self.fake.land(dice.randrange(len(self.fake.landing)))
        elif event == "finish":
            out = sorted(set(self.fake.tickets) - set(self.fake.answered))
            if out:
                self.fake.finish(dice.choice(out))
        elif event == "settle":
            # whatever was accepted is applied by then
            self.land_all()
            self.settle()
            self.publish()
        elif event == "ask":
            self.ask()
            self.publish()


@tagged("post_install", "-at_install")
class TestLanesExclusive(Accepting, ExclusiveCase):
    """A number in a lane counts as the larger of two until it is seen to be applied."""

    def setUp(self):
        super().setUp()
        self.accept_later()
        self.fake.stream, self.fake.lanes = True, (Lane("feed", size=50, open=2),)
        self.channels.write({"mass_quantity": 1, "scarce_quantity": 0})

    def test_never_offered_twice_whenever_a_lane_is_applied(self):
        for seed in range(8):
            with self.subTest(seed=seed), self.passing():
                self.play(random.Random(seed))
            self.assertTrue(self.fake.tickets, "the lane was used")
            self.fake.requests, self.fake.landing = [], []
            self.fake.tickets, self.fake.answered = {}, {}
            self.fake.levels = {(f"item-{n}", "node-1"): 0 for n in (1, 2, 3)}

    def play(self, dice, steps=40):
        self.weigh(1, 2, 3)
        self.start(0, 0, 0)
        for step in range(steps):
            event = dice.choice((self.reweigh, self.send, self.send, self.apply_some))
            event(dice)
            self.assertLessEqual(sum(self.shown()), 10, f"after step {step}: {event}")

    def reweigh(self, dice):
        self.weigh(dice.randint(1, 5), dice.randint(0, 5), dice.randint(0, 5))
        self.plan()

    def send(self, dice):
        self.publish_on(dice.choice(self.channels))

    def apply_some(self, dice):
        """What is out is applied in any order; of the tickets some are answered."""
        while self.fake.landing:
            self.fake.land(dice.randrange(len(self.fake.landing)))
            self.assertLessEqual(sum(self.shown()), 10)
        out = sorted(set(self.fake.tickets) - set(self.fake.answered))
        for ticket in out[: dice.randint(0, 2)]:
            self.fake.finish(ticket)
            self.assertLessEqual(sum(self.shown()), 10)
        self.time_passes(APPLIES + 1)
        asked = self.env["channel.publication"].search([("lane", "!=", False)])
        asked.write({"ask_at": "2020-01-01", "watch_at": "2020-01-01"})
        self.env.flush_all()
        for channel in self.channels:
            self.env["channel.lane"]._run(channel)
            self.env["channel.settler"]._run(channel)
        self.env.invalidate_all()
