# SPDX-License-Identifier: AGPL-3.0-or-later
import os

from odoo.addons.channel_inventory_base.tests.common_killed import commits_noted

from .case import LifeCase

ALL = os.environ.get("CHANNEL_DEATHS") == "all"


def plan_and_publish(env, channel):
    env["channel.planner"]._run()
    env["channel.publisher"]._run(channel)


def poll_and_take_in(env, channel):
    env["channel.intake"]._poll(channel)
    env["channel.intake"]._run(channel)
    env["channel.intake"]._fetch(channel)
    env["channel.intake"]._run(channel)


def tell(env, channel):
    env["channel.messenger"]._run(channel)


class DeathContract(LifeCase):
    """A worker is killed between any two commits; both sides agree all the same.

    Each flow runs once undisturbed, which tells its commits by the names of the
    functions that make them. Then it runs again for each death that differs from the
    others, in a process that is killed right after a commit that wrote something (what
    waits for that commit, a wake-up, is lost), or right before one, where a request was
    sent since the last (what the shop has done stays done). From there nothing but the
    minute's healing goes on.
    """

    def setUp(self):
        super().setUp()
        self.begin()
        self.refs = []

    def check_deaths(self, prepare, work, steps, meanwhile=lambda: None):
        """
        :param prepare: makes something to do
        :param work: function of (env, channel) that does it
        :param steps: functions that have to commit for themselves
        :param meanwhile: what happens while the worker is dead
        """
        # what is done once only, such as to get a token, is none of the work's commits
        self.come_to_rest()
        self.begin_work(prepare)
        with commits_noted() as commits, self.commit() as env:
            work(env, self.channel(env))
        self.check_end()
        names = {name for name, writes, _sent in commits if writes}
        self.assertLessEqual(set(steps), names, "each a transaction of its own")
        for number, side in choose_deaths(commits):
            with self.subTest(step=f"{side} {commits[number][0]}", commit=number):
                self.begin_work(prepare)
                self.assertTrue(self.kill_at(number, side, work), "it lives")
                meanwhile()
                self.check_end()

    def begin_work(self, prepare):
        """No job waits, or the work would commit fewer wake-ups than it did before."""
        prepare()
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")

    def check_end(self):
        self.come_to_rest()
        self.check_agreement(self.refs)
        self.refs.clear()

    # ------------------------------------------------------------- prepare
    def sell(self):
        """Paid and not known here yet."""
        first, second = self.life.skus
        self.refs.append(self.life.sell({first: 2, second: 1}))

    def sell_and_take_in(self):
        self.sell()
        with self.commit() as env:
            poll_and_take_in(env, self.channel(env))

    def ship_two_parcels(self):
        self.sell_and_take_in()
        for _parcel in range(2):
            self.ship_order(self.refs[-1], one_each=True)

    def pay_back(self):
        self.sell_and_take_in()
        self.invoice(self.refs[-1])
        self.credit(self.refs[-1], 3.33)

    # --------------------------------------------------------------- tests
    def test_contract_killed_at_any_commit_of_planning_and_publishing(self):
        """And somebody buys before the next worker comes."""
        self.check_deaths(
            lambda: self.goods_arrive(self.life.skus[0], 3),
            plan_and_publish,
            ("_plan_batch", "_freeze", "_send", "_settle"),
            meanwhile=self.sell,
        )

    def test_contract_killed_at_any_commit_of_taking_in(self):
        self.check_deaths(
            self.sell,
            poll_and_take_in,
            ("_store_pulled", "_capture_batch", "_import_order"),
        )

    def test_contract_killed_at_any_commit_of_telling_parcels(self):
        self.check_deaths(self.ship_two_parcels, tell, ("_mark_sending", "_settle"))

    def test_contract_killed_at_any_commit_of_telling_a_cancellation(self):
        def cancel():
            self.sell_and_take_in()
            self.cancel_sale(self.refs[-1])

        self.check_deaths(cancel, tell, ("_mark_sending", "_settle"))

    def test_contract_killed_at_any_commit_of_telling_a_refund(self):
        self.check_deaths(self.pay_back, tell, ("_mark_sending", "_settle"))

    def test_contract_killed_at_any_commit_of_following_a_refund(self):
        """The shop pays back a unit that had left: a credit note, once."""

        def refund():
            self.ship_two_parcels()
            self.send()
            with self.commit() as env:
                poll_and_take_in(env, self.channel(env))
            # what we have told is looked for again ten seconds later; till then no
            # poll reads the order, for that look does
            self.minute_passes()
            self.life.refund(self.refs[-1], self.life.skus[0], 1, "none")

        self.check_deaths(
            refund,
            poll_and_take_in,
            ("_store_pulled", "_capture_batch", "_import_order"),
        )


def choose_deaths(commits):
    """Where a death makes a difference: list of (number of the commit, side).

    Of those in the same step the last one, unless ``CHANNEL_DEATHS`` is ``all``.
    """
    chosen, requests = {}, 0
    for number, (name, writes, sent) in enumerate(commits):
        step = number if ALL else name
        if sent > requests:
            chosen["before", step] = number, "before"
            requests = sent
        if writes:
            chosen["after", step] = number, "after"
    return sorted(chosen.values())
