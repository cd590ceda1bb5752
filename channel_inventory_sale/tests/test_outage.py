# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.channel_inventory_base.exceptions import (
    RejectedError,
    ThrottledError,
    UnavailableError,
    UncertainError,
)
from odoo.addons.channel_inventory_base.models.channel_intake import ChannelIntake
from odoo.addons.channel_inventory_base.models.channel_job_mixin import PRIORITIES
from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_wakeups import WakeUps

ASKING = (
    "_job_publish",
    "_job_send",
    "_job_poll",
    "_job_fetch",
    "_job_observe",
    "_job_look",
    "_job_mirror",
    "_job_webhooks",
    "_job_fetch_listings",
)


@tagged("post_install", "-at_install")
class TestOutage(WakeUps, ChannelCase):
    """What all workers know of a channel that does not answer."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.outages = self.env["channel.outage"]

    def fail_poll(self, error=None):
        self.fake.faults = [("orders", error or UnavailableError("hangs"))]
        self.channel._job_poll()
        self.assertFalse(self.fake.faults)

    def time_passes(self, seconds):
        self.env.cr.execute(
            "UPDATE channel_outage SET until = until - make_interval(secs => %s), "
            "tried_at = tried_at - make_interval(secs => %s)",
            (seconds, seconds),
        )

    def test_where_nothing_answers_no_job_of_any_kind_asks(self):
        self.fail_poll()
        for job in ASKING:
            with self.subTest(job):
                self.assertGreater(self.outages._seconds_to_wait(self.channel, job), 3)
        self.forget_wakeups()
        self.channel._job_publish()
        self.assertFalse(self.fake.requests)
        self.assertGreater(self.wanted("_job_publish"), 3)

    def test_channel_that_answers_others_keeps_only_what_it_refuses_waiting(self):
        self.fail_poll(UnavailableError("HTTP 500", code="HTTP_500"))
        self.assertTrue(self.outages._seconds_to_wait(self.channel, "_job_poll"))
        self.assertFalse(self.outages._seconds_to_wait(self.channel, "_job_send"))
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        self.channel._job_publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 11)
        # and it is not asked in a tight loop because of that
        self.assertGreater(self.outages._seconds_to_wait(self.channel, "_job_poll"), 1)

    def test_one_job_finds_out_for_all_when_it_is_time(self):
        self.fail_poll()
        self.time_passes(60)
        self.assertEqual(self.outages._seconds_to_wait(self.channel, "_job_send"), 0)
        for job in ASKING:
            self.assertGreater(self.outages._seconds_to_wait(self.channel, job), 20)

    def test_job_that_has_nothing_to_ask_leaves_it_to_another(self):
        self.env["channel.level.pending"].search([]).unlink()
        self.fail_poll()
        self.time_passes(60)
        self.channel._job_publish()
        self.assertTrue(self.outages.search([]))
        self.assertEqual(self.outages._seconds_to_wait(self.channel, "_job_send"), 0)

    def test_who_is_answered_wakes_the_others(self):
        self.fail_poll()
        self.time_passes(60)
        self.add_stock(self.env, self.product, self.warehouse, 2)
        self.plan()
        self.forget_wakeups()
        self.channel._job_publish()
        self.assertFalse(self.outages.search([]))
        self.assertEqual(self.wanted("_job_poll"), 0)

    def test_connection_that_a_person_has_tested_is_asked_at_once(self):
        self.fail_poll()
        self.channel.action_test_connection()
        self.assertFalse(self.outages._seconds_to_wait(self.channel, "_job_poll"))

    def test_throttled_channel_is_not_down(self):
        self.fail_poll(ThrottledError("slow", retry_after=9))
        self.assertFalse(self.outages.search([]))
        self.assertEqual(self.wanted("_job_poll"), 9)

    def test_refusal_is_not_an_outage(self):
        self.fail_poll(RejectedError("no", code="X"))
        self.assertFalse(self.outages.search([]))

    def test_failing_channel_goes_behind_the_others(self):
        other = self.channel.copy({"name": "Other"})
        self.fail_poll()
        channels = self.env["channel.channel"]
        self.env["queue.job"].search([]).unlink()
        channels._enqueue_wakeups(
            {(each.id, "_job_poll"): 0 for each in self.channel | other}
        )
        by_channel = {
            job.identity_key: job.priority for job in self.env["queue.job"].search([])
        }
        key = "channel_inventory:_job_poll:{}".format
        self.assertEqual(by_channel[key(other.id)], PRIORITIES["_job_poll"])
        self.assertGreater(by_channel[key(self.channel.id)], max(PRIORITIES.values()))

    def test_cause_and_beginning_are_told(self):
        self.fail_poll(UnavailableError("The shop hangs"))
        self.time_passes(60)
        self.fail_poll(UnavailableError("The shop still hangs"))
        self.env.cr.execute(
            "UPDATE channel_outage SET since = since - interval '11 minutes'"
        )
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.last_error, "The shop still hangs")
        age = datetime.now() - self.channel.failing_since
        self.assertLess(abs(age - timedelta(minutes=11)), timedelta(minutes=1))
        self.channel._watch_health()
        told = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "health")]
        )
        self.assertIn("The shop still hangs", told.message)
        self.time_passes(60)
        self.channel._job_poll()
        self.channel.invalidate_recordset()
        self.assertFalse(self.channel.last_error)
        self.channel._watch_health()
        self.assertEqual(told.state, "resolved")

    def test_event_is_captured_although_its_channel_is_down(self):
        """Its demand is held, and complete orders are sold; only the rest waits."""
        whole = self.fake.sell(1)
        part = self.fake.sell(2)
        full = self.fake.orders[part]
        self.fake.orders[part] = dict(full, complete=False)
        events = [self.fake.event(part), self.fake.event(whole)]
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        self.fake.orders[part] = dict(full, version=self.fake.tick().isoformat())
        self.fake.faults = [("fetch", UnavailableError("down"))] * 5
        self.fail_poll()
        self.channel._job_intake()
        self.channel._job_fetch()
        self.env.invalidate_all()
        self.assertEqual(self.order(whole).state, "imported")
        self.assertEqual(sum(self.order(part).hold_ids.mapped("quantity")), 2)

    def test_orders_are_imported_while_others_wait_to_be_fetched(self):
        part = self.fake.sell(1)
        self.fake.orders[part] = dict(self.fake.orders[part], complete=False)
        self.capture(part)
        wholes = [self.fake.sell(1) for _order in range(3)]
        events = [self.fake.event(name) for name in wholes]
        self.env["channel.inbox.event"]._store(self.channel, events, "webhook")
        self.fake.faults = [("fetch", ThrottledError("slow", retry_after=30))] * 9
        self.channel._job_fetch()
        self.channel._job_intake()
        self.env.invalidate_all()
        states = [self.order(name).state for name in wholes]
        self.assertEqual(states, ["imported"] * 3)

    def test_outage_leaves_one_publication(self):
        level = self.level
        for attempt in range(6):
            self.add_stock(self.env, self.product, self.warehouse, 1)
            self.plan()
            self.fake.faults = [("send", UnavailableError("down", code="HTTP_503"))]
            self.channel._job_publish()
            self.assertFalse(self.fake.faults, attempt)
            self.time_passes(60)
        publication = self.env["channel.publication"].search([])
        self.assertEqual(len(publication), 1)
        self.assertEqual(publication.attempts, 6)
        self.assertEqual(len(publication.line_ids), 1)
        self.channel._job_publish()
        self.env.invalidate_all()
        self.assertEqual(publication.state, "done")
        self.assertEqual(self.env["channel.publication"].search([]), publication)
        self.assertEqual(publication.line_ids.quantity, 16)
        self.assertEqual(self.fake.levels["item-1", "node-1"], 16)
        self.assertTrue(level.in_sync)

    def test_publication_whose_numbers_are_right_again_is_not_sent(self):
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        self.fake.faults = [("send", UnavailableError("down", code="HTTP_503"))]
        self.channel._job_publish()
        self.add_stock(self.env, self.product, self.warehouse, -1)
        self.plan()
        self.time_passes(60)
        self.channel._job_publish()
        self.env.invalidate_all()
        self.assertFalse(self.fake.requests)
        self.assertEqual(self.env["channel.publication"].search([]).state, "void")
        self.assertFalse(self.env["channel.level.pending"].search([]))

    def test_lost_answers_of_one_number_are_one_publication(self):
        """On a channel that cannot compare; a number that changes is another one, and
        what may have landed is kept as it was sent."""
        self.fake.absolute = True
        self.fake.batch_size = 1
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        for _attempt in range(4):
            self.fake.faults = [("answer", UncertainError("lost"))]
            self.channel._job_publish()
            self.assertFalse(self.fake.faults)
            self.time_passes(60)
        first = self.env["channel.publication"].search([])
        self.assertEqual((len(first), first.attempts), (1, 4))
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        self.channel._job_publish()
        self.env.invalidate_all()
        second = self.env["channel.publication"].search([]) - first
        self.assertEqual((first.state, first.line_ids.quantity), ("void", 11))
        self.assertEqual((second.state, second.line_ids.quantity), ("done", 12))


@tagged("post_install", "-at_install")
class TestOutageRace(CommittedCase):
    def test_of_many_workers_one_finds_out(self):
        with self.commit() as env:
            error = UnavailableError("hangs")
            env["channel.outage"]._remember(self.channel(env), "_job_poll", error)
            env["channel.outage"]._remember(self.channel(env), "_job_send", error)
        with self.commit() as env:
            env.cr.execute("UPDATE channel_outage SET until = now() - interval '1 h'")
        waits = []

        def ask(job):
            with self.commit() as env:
                outages = env["channel.outage"]
                waits.append(outages._seconds_to_wait(self.channel(env), job))

        self.in_threads(*(lambda job=job: ask(job) for job in ASKING))
        self.assertEqual(
            sorted(bool(wait) for wait in waits), [False] + [True] * (len(ASKING) - 1)
        )


@tagged("post_install", "-at_install")
class TestHealing(CommittedCase):
    def test_conflict_in_one_step_leaves_out_nothing_else(self):
        """An order is written by another while its stage is looked at."""
        self.go_live(10)
        name = self.fake.sell(1)
        self.store(self.fake.event(name))
        self.intake()
        with self.commit() as env:
            order = env["channel.order"].search([("external_id", "=", name)])
            self.assertEqual(order.stage, "reserved")
            env.cr.execute("UPDATE channel_order SET stage = 'confirmed'")
            env.cr.execute("DELETE FROM queue_job")
        with self.commit() as cron:
            # its picture is older than what the other commits
            cron["channel.channel"].search([])
            with self.commit() as env:
                env.cr.execute("UPDATE channel_order SET customer_name = 'B'")
            cron["channel.channel"]._cron_recover()
        with self.commit() as env:
            order = env["channel.order"].search([("external_id", "=", name)])
            self.assertEqual(order.stage, "reserved")
            self.assertIn(
                "_job_intake", env["queue.job"].search([]).mapped("method_name")
            )

    @mute_logger("odoo.addons.channel_inventory_base.models.channel_job_mixin")
    def test_step_that_breaks_leaves_out_nothing_else(self):
        with self.commit() as env:
            steps = env["channel.channel"]._recovery_steps()
            self.assertEqual(steps[0], ("channel.channel", "_wake_all"))
        done = []
        for broken in range(len(steps)):
            with self.commit() as env:
                channels = env["channel.channel"]
                self.run_steps(channels, steps, broken, done)
            self.assertEqual(done, [s for i, s in enumerate(steps) if i != broken])
            done.clear()

    def run_steps(self, channels, steps, broken, done):
        def step_of(_self, step):
            if step == steps[broken]:
                raise ValueError(step)
            done.append(step)

        cls = self.registry["channel.channel"]
        self.patch(cls, "_run_recovery_step", step_of)
        channels._cron_recover()


@tagged("post_install", "-at_install")
class TestCaptureInOutage(CommittedCase):
    def test_wakeup_of_an_event_is_swallowed_by_no_job_that_waits(self):
        """Whatever of the channel was postponed: the intake begins within 2 s."""
        self.go_live(10)
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
            self.channel(env)._wake(*ASKING, "_job_intake", seconds=50)
        with self.commit() as env:
            # as after a retry of the job runner's own
            env["queue.job"].search([("method_name", "=", "_job_intake")]).write(
                {"identity_key": f"channel_inventory:_job_intake:{self.channel_id}"}
            )
        self.store(self.fake.event(self.fake.sell(1)))
        with self.commit() as env:
            jobs = env["queue.job"].search([("method_name", "=", "_job_intake")])
            waits = [
                (job.eta - datetime.now()).total_seconds() for job in jobs if job.eta
            ]
            self.assertTrue(jobs)
            self.assertTrue(len(waits) < len(jobs) or min(waits) < 2)

    def test_intake_asks_nobody(self):
        self.go_live(10)
        name = self.fake.sell(1)
        self.fake.orders[name] = dict(self.fake.orders[name], complete=False)
        self.store(self.fake.event(name))
        self.patch(ChannelIntake, "_fetch_next", lambda *_args: self.fail("asked"))
        with self.commit() as env:
            self.channel(env)._job_intake()
        with self.commit() as env:
            order = env["channel.order"].search([("external_id", "=", name)])
            self.assertEqual(len(order.hold_ids), 1)
        with self.commit() as env:
            jobs = env["queue.job"].search([("method_name", "=", "_job_fetch")])
            self.assertTrue(jobs)
