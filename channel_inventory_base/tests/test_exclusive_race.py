# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from .common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestExclusiveRace(CommittedCase):
    """Two channels share 50 pieces exclusively, planned and published by workers at
    once: together they never show more than there is."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            product = env["product.product"].browse(self.product_id)
            first = self.channel(env)
            second = self.make_channel(env, code=f"X{next(self.numbers)}")
            second.node_ids.warehouse_ids = first.node_ids.warehouse_ids
            listing = self.make_listing(env, second, product, 2)
            group = self.make_group(env, first | second)
            group.action_activate()
            self.make_rule(
                env, "exclusive", 0, product_id=product.id, allocation_group_id=group.id
            )
            self.channels = (first.id, second.id)
            self.listings = (self.listing_id, listing.id)
            self.group_id = group.id
        self.fake.levels = {("item-1", "node-1"): 0, ("item-2", "node-1"): 0}
        self.weigh(1, 0)
        self.plan()
        with self.commit() as env:
            for level in self.levels(env):
                self.make_known(env, level, 0)
        self.most_shown = 0
        carry_out = self.fake._carry_out

        def carry_out_and_look(entries):
            outcome = carry_out(entries)
            self.most_shown = max(self.most_shown, sum(self.shown()))
            return outcome

        self.fake._carry_out = carry_out_and_look

    # ------------------------------------------------------------- actions
    def levels(self, env):
        found = env["channel.level"].search([("listing_id", "in", self.listings)])
        return found.sorted("listing_id")

    def weigh(self, *weights):
        with self.commit() as env:
            group = env["channel.allocation.group"].browse(self.group_id)
            for member, weight in zip(group.member_ids, weights, strict=True):
                member.weight = weight
            group.filtered(lambda each: each.state == "draft").action_activate()

    def share_again(self):
        with self.commit() as env:
            levels = self.levels(env)
            env["channel.level"]._share_again(levels.ids)
            env["channel.level.pending"]._add(levels)
        self.plan()

    def publish_on(self, number):
        with self.commit() as env:
            channel = env["channel.channel"].browse(self.channels[number])
            env["channel.publisher"]._run(channel)

    def shown(self):
        return [self.fake.levels[f"item-{number}", "node-1"] for number in (1, 2)]

    @contextmanager
    def held_up_while_freezing(self):
        """The first worker that settles shared numbers stops before it commits them;
        yields (it has stopped, let it go)."""
        publisher = self.registry["channel.publisher"]
        settle = publisher._settle_shares
        stopped, released = threading.Event(), threading.Event()

        def settle_and_stop(model, candidates):
            settled = settle(model, candidates)
            if not stopped.is_set():
                stopped.set()
                released.wait(30)
            return settled

        with patch.object(publisher, "_settle_shares", settle_and_stop):
            yield stopped, released

    # --------------------------------------------------------------- tests
    def test_plan_waits_for_a_number_that_is_being_frozen(self):
        """Else it would give away what the other channel is about to be told."""
        self.share_again()
        with self.held_up_while_freezing() as (stopped, released):

            def give_it_to_the_other():
                self.assertTrue(stopped.wait(30))
                self.weigh(0, 1)
                threading.Timer(1.5, released.set).start()
                self.share_again()
                self.assertTrue(released.is_set(), "the plan did not wait")
                self.publish_on(1)

            self.in_threads(lambda: self.publish_on(0), give_it_to_the_other)
        for number in (0, 1):  # the giver first, then it is acknowledged
            self.share_again()
            self.publish_on(number)
        self.assertEqual(self.shown(), [0, 50])
        self.assertEqual(self.most_shown, 50)

    def test_workers_at_once_never_show_more_than_there_is(self):
        def shift():
            for weights in ((1, 1), (0, 1), (3, 1), (1, 0), (1, 4), (1, 1)):
                self.weigh(*weights)
                self.share_again()

        def publish(number):
            for _round in range(12):
                self.publish_on(number)

        self.in_threads(shift, lambda: publish(0), lambda: publish(1))
        for _round in range(3):
            self.share_again()
            publish(0)
            publish(1)
        self.assertLessEqual(self.most_shown, 50)
        self.assertEqual(self.shown(), [25, 25])
