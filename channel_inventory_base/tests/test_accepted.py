# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import random
from contextlib import suppress

from odoo.tests import tagged

from ..exceptions import UncertainError
from ..schemas import LineResult, PushResult
from .common import ChannelCase
from .common_wakeups import WakeUps
from .test_exclusive import ExclusiveCase

APPLIES = 60


class Accepting:
    """The fake channel as one that shows a number a while after it has taken it."""

    def accept_later(self):
        self.fake.absolute, self.fake.applies = True, APPLIES

    def time_passes(self, seconds):
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE channel_publication_line
               SET due_at = due_at - make_interval(secs => %(seconds)s),
                   applied_at = applied_at - make_interval(secs => %(seconds)s),
                   since = since - make_interval(secs => %(seconds)s);
            UPDATE channel_publication
               SET acked_at = acked_at - make_interval(secs => %(seconds)s)
            """,
            {"seconds": seconds},
        )
        self.env.invalidate_all()

    def settle(self, seconds=APPLIES + 1):
        """So much later the accepted numbers are looked at."""
        self.time_passes(seconds)
        self.env["channel.settler"]._run(self.channel)
        self.env.invalidate_all()

    def sent(self):
        """The quantity of each request, oldest first."""
        return [json.loads(payload)[0][3] for _key, payload in self.fake.requests]

    def results(self):
        lines = self.env["channel.publication.line"].search([], order="id")
        return lines.mapped("result")


@tagged("post_install", "-at_install")
class TestAccepted(Accepting, WakeUps, ChannelCase):
    """Numbers that a channel takes at once and shows later."""

    def setUp(self):
        super().setUp()
        self.accept_later()
        self.go_live(shown=8)
        self.publish()

    def shown(self):
        return self.fake.levels["item-1", "node-1"]

    def send(self, change):
        """Stock changes, and the new number is sent."""
        self.add_stock(self.env, self.product, self.warehouse, change)
        self.plan()
        self.publish()

    def exceptions(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def look(self):
        """Everything that doubts or repeats a number."""
        self.observe()
        self.env["channel.observer"]._look_around(self.channel)
        self.env["channel.publisher"]._requeue_missing()
        self.observe()
        self.publish()

    def test_until_it_is_applied_it_is_neither_doubted_nor_sent_again(self):
        self.look()
        self.assertEqual((self.sent(), self.shown()), ([10], 8))
        self.assertEqual(self.results(), ["accepted"])
        self.assertEqual(self.env["channel.publication"].search([]).state, "accepted")
        self.assertEqual(self.level.remote_state, "known")
        self.assertEqual(self.level.expected_remote, 10)
        self.assertFalse(self.exceptions())

    def test_it_is_read_back_when_it_should_be_there_and_not_before(self):
        reads, fetch = [], self.fake._fetch_levels
        self.fake._fetch_levels = lambda *args: reads.append(1) or fetch(*args)
        self.settle(APPLIES - 5)
        self.assertFalse(reads)
        self.fake.land()
        self.settle(6)
        self.assertEqual(reads, [1])
        self.assertEqual(self.results(), ["acked"])
        publication = self.env["channel.publication"].search([])
        self.assertEqual(publication.state, "done")
        self.assertTrue(publication.line_ids.applied_at)
        self.assertTrue(self.level.acked_at)
        self.assertTrue(self.level.in_sync)

    def test_observer_is_woken_when_it_should_be_there(self):
        self.fake.stream = True
        self.forget_wakeups()
        self.send(+1)
        self.assertEqual(self.wanted("_job_observe"), APPLIES + 1)

    def test_number_that_is_applied_late_is_neither_drift_nor_sent_again(self):
        self.settle()
        self.look()
        self.settle()
        self.look()
        self.assertEqual(self.results(), ["accepted"])
        self.fake.land()
        self.settle()
        self.assertEqual((self.sent(), self.results()), ([10], ["acked"]))
        self.assertFalse(self.exceptions())

    def never_apply(self, rounds=4):
        for _round in range(rounds):
            self.settle()
            self.publish()

    def test_number_that_is_never_applied_is_sent_once_more_then_told(self):
        self.never_apply(3)
        self.assertEqual(self.sent(), [10, 10])
        self.assertFalse(self.exceptions())
        self.never_apply(3)
        self.assertEqual(self.sent(), [10, 10])
        self.assertEqual(self.results(), ["late", "late"])
        told = self.exceptions()
        self.assertEqual((told.category, told._record()), ("level", self.level))
        self.assertIn("accepted the quantity 10", told.message)
        self.assertEqual(self.level.remote_state, "rejected")
        self.assertEqual(self.level.expected_remote, 8, "what it shows")

    def test_exception_ends_when_the_number_is_applied_after_all(self):
        self.never_apply(6)
        told = self.exceptions()
        self.env["channel.publisher"]._requeue_missing()
        self.publish()
        self.assertEqual(len(self.sent()), 3)
        self.fake.land(-1)
        self.settle()
        self.assertEqual(told.state, "resolved")
        self.assertTrue(self.level.in_sync)

    def test_number_that_is_repeated_can_be_applied(self):
        self.never_apply(3)
        self.fake.land(-1)
        self.settle()
        self.assertEqual(self.results(), ["late", "acked"])
        self.assertFalse(self.exceptions())

    def test_numbers_applied_in_the_wrong_order_are_mended(self):
        self.send(-7)
        self.assertEqual(self.sent(), [10, 3])
        self.fake.land(1)
        self.fake.land(0)
        self.assertEqual(self.shown(), 10)
        self.settle()
        self.publish()
        self.fake.land()
        self.assertEqual((self.sent(), self.shown()), ([10, 3, 3], 3))
        self.settle()
        self.assertEqual(self.results(), ["replaced", "replaced", "acked"])

    def test_numbers_applied_in_their_order_are_not_sent_once_more(self):
        self.send(-7)
        self.fake.land()
        self.fake.land()
        self.settle()
        self.look()
        self.assertEqual(self.sent(), [10, 3])
        self.assertEqual(self.results(), ["replaced", "acked"])
        self.assertEqual(
            set(self.env["channel.publication"].search([]).mapped("state")), {"done"}
        )

    def awaited(self):
        """What each number that is sent from now on tells of those on their way."""
        told, prepare = [], self.fake._prepare_push

        def record(channel, entries, *rest, **options):
            told.extend((each.quantity, each.awaited) for each in entries)
            return prepare(channel, entries, *rest, **options)

        self.patch(self.fake, "_prepare_push", record)
        return told

    def force(self):
        self.env["channel.level.pending"]._add(self.level, force=True)
        self.publish()

    def test_number_that_stands_there_stays_where_nothing_else_is_on_its_way(self):
        told = self.awaited()
        self.send(-7)
        self.assertEqual(told.pop(), (3, None), "10 is on its way")
        self.send(-1)
        self.assertEqual(told.pop(), (2, None), "10 and 3 are, and either may be last")
        while self.fake.landing:
            self.fake.land()
        self.settle()
        self.force()
        self.assertEqual(told.pop(), (2, 2), "nothing is")
        self.force()
        self.assertEqual(told.pop(), (2, 2), "the same number is")

    def test_number_that_was_seen_before_the_next_is_on_its_way_no_more(self):
        self.fake.land()
        self.send(-10)
        self.fake.land()
        told = self.awaited()
        self.force()
        self.assertEqual(told.pop(), (0, 0), "10 was shown before 0 was sent")

    def test_number_that_was_not_seen_before_the_next_may_overwrite_it(self):
        self.send(-10)
        told = self.awaited()
        self.fake.land(1)
        self.force()
        self.assertEqual(told.pop(), (0, None), "10 may be applied after 0")

    def test_late_sale_leaves_a_zero_that_is_shown(self):
        self.fake.land()
        order = self.fake.sell(1)
        self.send(-10)
        self.fake.land()
        told = self.awaited()
        self.capture(order)
        self.plan()
        self.publish()
        self.assertEqual(told, [(0, 0)])

    def test_fall_that_late_sales_explain_may_be_on_its_way(self):
        self.fake.land()
        self.send(-2)
        order = self.fake.sell(2)
        self.send(-8)
        self.fake.land(1)
        told = self.awaited()
        self.capture(order)
        self.plan()
        self.publish()
        self.assertEqual(told, [(0, None)], "8 was shown, and is not applied")

    def test_sale_is_taken_off_the_number_that_is_on_its_way(self):
        told = self.awaited()
        self.fake.land()
        self.capture(self.fake.sell(1))
        self.plan()
        self.publish()
        self.assertEqual(told, [(9, 9)])

    def test_number_that_sales_explain_without_the_last_one_is_sent(self):
        told = self.awaited()
        self.fake.land()
        self.capture(self.fake.sell(4))
        self.plan()
        self.publish()
        self.assertEqual(told, [(6, None)], "8 was shown, and two of four were sold")

    def test_number_that_changes_nothing_is_never_seen_to_be_applied(self):
        self.fake.land()
        self.settle()
        self.force()
        told = self.awaited()
        self.capture(self.fake.sell(4))
        self.plan()
        self.publish()
        self.assertEqual(told, [(6, None)])

    def test_earlier_number_is_not_judged_while_a_later_one_is_out(self):
        self.time_passes(APPLIES)
        self.send(-7)
        self.fake.land()
        self.fake.land()
        self.settle(1)
        self.assertEqual(self.results(), ["accepted", "accepted"])

    def test_number_that_was_followed_long_ago_counts_no_more(self):
        self.time_passes(2 * APPLIES)
        self.send(-7)
        self.settle(APPLIES + 1)
        self.assertEqual(self.results(), ["replaced", "accepted"])

    # --------------------------------------------------------------- stood
    def stand(self):
        """The number is to be sent once more, and the channel shows it already."""
        shown = lambda entries: PushResult(  # noqa: E731
            tuple(
                LineResult(row[0], "accepted", shown=row[3], sent=False)
                for row in entries
            )
        )
        self.fake.land()
        self.settle()
        self.time_passes(3600)
        carry_out, self.fake._carry_out = self.fake._carry_out, shown
        self.env["channel.level.pending"]._add(self.level, force=True)
        self.publish()
        self.fake._carry_out = carry_out
        self.assertEqual(self.results(), ["acked", "accepted"])

    def test_number_that_stood_there_is_no_number_on_its_way(self):
        """The next one is late, and not taken for one that was applied before it."""
        self.stand()
        self.send(-7)
        self.settle()
        self.publish()
        self.assertEqual(self.results(), ["acked", "accepted", "accepted"])
        self.assertEqual(self.sent(), [10, 10, 3])
        self.fake.land()
        self.settle()
        self.assertEqual(self.results(), ["acked", "replaced", "acked"])
        self.assertEqual((self.sent(), self.shown()), ([10, 10, 3], 3))

    def test_number_that_stood_there_has_overwritten_no_sale(self):
        self.stand()
        self.capture(self.fake.sell(3))
        pending = self.env["channel.level.pending"].search([])
        self.assertEqual(pending.mapped("force"), [False])

    def test_number_that_stood_there_is_looked_at_when_it_is_due(self):
        self.stand()
        self.fake.levels["item-1", "node-1"] = 8
        self.settle()
        self.assertEqual(self.results(), ["acked", "accepted"])
        self.settle(3 * APPLIES)
        self.assertNotEqual(self.level.remote_state, "known")

    # ----------------------------------------------------------- swallowed
    def test_sale_long_after_the_number_was_applied_is_not_sent_again(self):
        """Nothing can have overwritten it: the channel shows what is left."""
        self.fake.land()
        self.settle()
        self.time_passes(600)
        self.capture(self.fake.sell(2))
        self.plan()
        self.publish()
        self.assertEqual((self.sent(), self.shown()), ([10], 8))
        self.assertTrue(self.level.in_sync)

    def test_sale_while_a_number_is_on_its_way_is_sent_again(self):
        """It is applied after the sale, and gives back what was sold."""
        self.time_passes(600)
        name = self.fake.sell(2)
        self.fake.land()
        self.assertEqual(self.shown(), 10, "the sale was overwritten")
        self.capture(name)
        self.plan()
        self.publish()
        self.fake.land()
        self.assertEqual((self.sent(), self.shown()), ([10, 8], 8))

    def test_sale_that_was_placed_before_the_number_was_applied_is_sent_again(self):
        """However late its order comes in."""
        name = self.fake.sell(2)
        self.fake.land()
        self.settle()
        self.time_passes(120)
        self.capture(name)
        self.plan()
        self.publish()
        self.fake.land()
        self.assertEqual((self.sent(), self.shown()), ([10, 8], 8))

    def test_sale_of_which_nobody_knows_when_it_was_placed_is_sent_again(self):
        self.fake.land()
        self.settle()
        self.time_passes(600)
        name = self.fake.sell(2)
        self.fake.orders[name].pop("placed_at")
        self.capture(name)
        self.plan()
        self.publish()
        self.assertEqual(self.sent(), [10, 8])

    def test_number_that_nobody_has_sent_is_explained(self):
        self.fake.land()
        self.fake.levels["item-1", "node-1"] = 99
        self.settle()
        self.assertEqual(self.level.remote_state, "known", "it may be about to change")
        self.settle(3 * APPLIES)
        self.assertEqual(self.results(), ["stale"])
        self.assertEqual(self.level.remote_state, "stale")
        self.observe()
        self.poll()
        self.observe()
        self.assertEqual(self.exceptions().category, "drift")
        self.publish()
        self.assertEqual(self.sent(), [10, 10])

    def test_sale_that_is_known_moves_what_should_be_shown(self):
        self.fake.land()
        self.capture(self.fake.sell(3))
        self.plan()
        self.env["channel.level.pending"].search([]).unlink()
        self.settle()
        self.assertEqual(self.results(), ["acked"])
        self.assertEqual(self.level.expected_remote, 7)

    def test_number_after_a_sale_is_judged_instead(self):
        self.fake.land()
        self.capture(self.fake.sell(3))
        self.plan()
        self.settle()
        self.assertEqual(self.results(), ["accepted"])
        self.publish()
        self.fake.land()
        self.settle()
        self.assertEqual(self.results(), ["replaced", "acked"])
        self.assertEqual((self.sent(), self.shown()), ([10, 7], 7))

    def test_request_of_which_the_answer_is_lost_may_be_applied_later(self):
        self.fake.land()
        self.settle()
        self.fake.faults = [("answer", UncertainError("lost"))]
        with suppress(UncertainError):
            self.send(-7)
        self.add_stock(self.env, self.product, self.warehouse, -1)
        self.plan()
        self.publish()
        self.assertEqual(self.sent(), [10, 3, 2])
        self.assertEqual(self.results(), ["acked", "accepted", "accepted"])
        self.fake.land(1)
        self.fake.land(0)
        self.settle()
        self.publish()
        self.fake.land()
        self.assertEqual((self.sent()[-1], self.shown()), (2, 2))

    def test_channel_that_cannot_be_read_is_believed(self):
        self.fake.read_levels = False
        self.settle()
        self.assertEqual((self.sent(), self.results()), ([10], ["acked"]))

    def test_where_it_cannot_be_read_the_second_of_two_is_sent_once_more(self):
        self.fake.read_levels = False
        self.send(-7)
        self.settle()
        self.publish()
        self.settle()
        self.publish()
        self.assertEqual(self.sent(), [10, 3, 3])
        self.assertEqual(self.results(), ["replaced", "replaced", "acked"])

    def test_acceptance_of_a_channel_that_applies_at_once_is_an_acknowledgement(self):
        self.fake.land()
        self.settle()
        self.fake.applies = 0
        push = self.fake._push_levels

        def accept(channel, payload, key):
            done = push(channel, payload, key).results
            return PushResult(tuple(LineResult(r.line_id, "accepted") for r in done))

        self.fake._push_levels = accept
        self.send(+1)
        self.assertEqual(self.results(), ["acked", "acked"])

    def test_latency_is_measured_until_it_is_applied(self):
        line = self.env["channel.publication.line"].search([])
        self.fake.land()
        self.settle()
        self.assertGreater(line.seconds, APPLIES - 5)


@tagged("post_install", "-at_install")
class TestAcceptedExclusive(Accepting, ExclusiveCase):
    """What is accepted counts as the larger of two numbers until it is applied."""

    def setUp(self):
        super().setUp()
        self.accept_later()

    def settle_all(self, seconds=APPLIES + 1):
        self.time_passes(seconds)
        for channel in self.channels:
            self.env["channel.settler"]._run(channel)
        self.env.invalidate_all()

    def test_giver_has_to_show_its_lower_number_before_another_gets_the_units(self):
        self.weigh(1, 1, 0)
        self.start(10, 0, 0)
        self.plan()
        self.publish_on(self.channels[0])
        self.assertEqual(self.results(), ["accepted"])
        self.assertEqual(self.targets(), [5, 0, 0])
        self.fake.land()
        self.settle_all()
        self.assertEqual(self.targets(), [5, 5, 0])

    def test_never_offered_twice_in_whatever_order_numbers_are_applied(self):
        for seed in range(8):
            with self.subTest(seed=seed), self.passing():
                self.play(random.Random(seed))
            self.fake.__init__()
            self.accept_later()
            self.fake.levels = {(f"item-{n}", "node-1"): 0 for n in (1, 2, 3)}

    def play(self, dice, steps=40):
        self.weigh(dice.randint(1, 5), dice.randint(1, 5), dice.randint(1, 5))
        self.start(0, 0, 0)
        for step in range(steps):
            event = dice.choice((self.reweigh, self.plan_, self.send, self.send))
            event(dice)
            self.assertLessEqual(sum(self.shown()), 10, f"after step {step}: {event}")
            if dice.random() < 0.3:
                self.wait(dice)
                self.assertLessEqual(sum(self.shown()), 10, f"step {step} applied")

    def reweigh(self, dice):
        self.weigh(dice.randint(1, 5), dice.randint(0, 5), dice.randint(0, 5))

    def plan_(self, _dice):
        self.plan()

    def send(self, dice):
        self.publish_on(dice.choice(self.channels))

    def wait(self, dice):
        """All that is out is applied, in any order, one after the other."""
        while self.fake.landing:
            self.fake.land(dice.randrange(len(self.fake.landing)))
            self.assertLessEqual(sum(self.shown()), 10)
        self.settle_all()
