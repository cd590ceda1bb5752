# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..db import jobs
from ..db.transaction import (
    LOCK_ATTEND_PLAN,
    LOCK_ATTEND_PUBLISH,
    LOCK_PLAN,
    try_lock,
)
from ..exceptions import UnavailableError
from ..models import channel_planner
from ..models.channel_job_mixin import enqueue
from .common_committed import CommittedCase
from .common_killed import die, run_in_child

PLAN, PUBLISH = "_job_plan", "_job_publish"


@tagged("post_install", "-at_install")
class TestAttended(CommittedCase):
    """A busy moment is one job's: no wake-up is lost, and none costs a job."""

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(channel_planner, "capacity", lambda _name: 2))
        self.go_live(10)
        self.publish()
        self.delete_jobs()

    def delete_jobs(self):
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")

    def wake(self, channel_id, method):
        with self.commit() as env:
            enqueue(env.cr, {(channel_id, method): 0})

    def start(self, channel_id, method, seconds=0):
        """A worker has begun with the job so long ago.

        :return: id of the job, which nobody has locked
        """
        self.wake(channel_id, method)
        with self.commit() as env:
            [[job_id]] = env.execute_query(
                SQL(
                    """
                    UPDATE queue_job SET state = 'started',
                           date_started = now() AT TIME ZONE 'UTC'
                                          - make_interval(secs => %s)
                     WHERE method_name = %s RETURNING id
                    """,
                    seconds,
                    method,
                )
            )
            env.execute_query(
                SQL(
                    "INSERT INTO queue_job_lock (id, queue_job_id) VALUES (%s, %s) "
                    "ON CONFLICT DO NOTHING RETURNING id",
                    job_id,
                    job_id,
                )
            )
        return job_id

    def states(self, method):
        with self.commit() as env:
            found = env["queue.job"].search([("method_name", "=", method)], order="id")
            return found.mapped("state")

    def look_for_dead(self):
        jobs._looked[0] = 0.0
        with self.commit() as env:
            jobs.revive_dead_jobs(env.cr)

    @contextmanager
    def locked_by_its_worker(self, job_id):
        with self.commit() as env:
            env.cr.execute(
                "SELECT FROM queue_job_lock WHERE queue_job_id = %s FOR UPDATE",
                [job_id],
            )
            yield

    # ------------------------------------------------------------- wake-ups
    def test_wakeup_needs_no_job_while_one_attends(self):
        for channel_id, method, lock in (
            (0, PLAN, LOCK_ATTEND_PLAN),
            (self.channel_id, PUBLISH, LOCK_ATTEND_PUBLISH),
        ):
            with self.subTest(method):
                self.start(channel_id, method)
                with self.commit() as env, try_lock(env, lock, channel_id):
                    self.wake(channel_id, method)
                    self.assertEqual(self.states(method), ["started"])
                # it may have looked for the last time already
                self.wake(channel_id, method)
                self.assertEqual(self.states(method), ["started", "pending"])

    def test_lock_of_another_channel_or_without_a_job_stands_for_nothing(self):
        with self.commit() as env, try_lock(env, LOCK_ATTEND_PUBLISH, 10**6):
            self.start(self.channel_id, PUBLISH)
            self.wake(self.channel_id, PUBLISH)
            self.assertEqual(self.states(PUBLISH), ["started", "pending"])
        self.delete_jobs()
        with self.commit() as env, try_lock(env, LOCK_ATTEND_PLAN):
            self.wake(0, PLAN)
            self.assertEqual(self.states(PLAN), ["pending"])

    def test_wakeup_for_later_is_never_swallowed_by_one_who_attends(self):
        self.start(self.channel_id, PUBLISH)
        with (
            self.commit() as env,
            try_lock(env, LOCK_ATTEND_PUBLISH, self.channel_id),
            self.commit() as other,
        ):
            enqueue(other.cr, {(self.channel_id, PUBLISH): 30})
        self.assertEqual(self.states(PUBLISH), ["started", "pending"])

    def test_wakeups_of_a_long_run_make_no_job_each(self):
        """queue_job leaves started jobs out of its identity keys: a long run makes as
        many twins as it is woken for."""
        self.start(self.channel_id, "_job_observe")
        for _wakeup in range(5):
            self.wake(self.channel_id, "_job_observe")
        self.assertEqual(self.states("_job_observe"), ["started", "pending"])

    def test_failed_job_stands_for_nobody(self):
        job_id = self.start(0, PLAN)
        with self.commit() as env:
            env.cr.execute(
                "UPDATE queue_job SET state = 'failed' WHERE id = %s", [job_id]
            )
        self.wake(0, PLAN)
        self.assertEqual(self.states(PLAN), ["failed", "pending"])

    # ----------------------------------------------------------- look again
    def test_planner_plans_what_was_committed_after_its_last_plan(self):
        """Nobody is woken for it: the one that attends looks again."""
        planner = self.registry["channel.planner"]
        seen = []

        def run(model, *args, original=planner._run):
            done = original(model, *args)
            if not seen:
                self.change_stock(5)
            seen.append(done)
            return done

        with patch.object(planner, "_run", run), self.commit() as env:
            env["channel.channel"]._job_plan()
        self.assertEqual(seen, [True, True])
        self.assertEqual(self.target(), 55)

    def test_planner_goes_on_as_another_job_after_its_time(self):
        planner = self.registry["channel.planner"]

        def run(model, *args, original=planner._run):
            done = original(model, *args)
            self.change_stock(1)
            return done

        self.delete_jobs()
        where = "odoo.addons.channel_inventory_base.models.channel_planner.RUN_SECONDS"
        with patch(where, 0), patch.object(planner, "_run", run):
            with self.commit() as env:
                env["channel.channel"]._job_plan()
        self.assertEqual(self.states(PLAN), ["pending"])

    def test_what_can_wait_is_done_once_when_nothing_is_left_to_plan(self):
        """Looking for what is short took longer than the plans of a busy moment, each
        of which had waited for it."""
        planner = self.registry["channel.planner"]
        looked, planned = [], []

        def run(model, *args, original=planner._run):
            done = original(model, *args)
            planned.append(len(looked))
            if len(planned) < 3:
                self.change_stock(1)
            return done

        def look(model, moved):
            looked.append(set(moved))

        self.change_stock(1)
        with (
            patch.object(planner, "_run", run),
            patch.object(planner, "_look_behind", look),
            self.commit() as env,
        ):
            env["channel.channel"]._job_plan()
        self.assertEqual((planned, looked), ([0, 0, 0], [{self.product_id}]))

    def test_what_can_wait_waits_for_the_number_to_be_with_the_channel(self):
        planner = self.registry["channel.planner"]
        shown = []
        self.change_stock(1)
        with (
            patch.object(
                planner,
                "_look_behind",
                lambda *_args: shown.append(self.fake.levels["item-1", "node-1"]),
            ),
            self.commit() as env,
        ):
            env["channel.channel"]._job_plan()
        self.assertEqual(shown, [51])

    def test_what_can_wait_is_done_where_nothing_can_be_published(self):
        planner = self.registry["channel.planner"]
        channels = self.registry["channel.channel"]
        looked = []
        self.change_stock(1)
        with (
            patch.object(
                planner, "_look_behind", lambda _model, ids: looked.append(ids)
            ),
            patch.object(
                channels, "_job_publish", side_effect=UnavailableError("down")
            ),
            self.assertRaises(UnavailableError),
            self.commit() as env,
        ):
            env["channel.channel"]._job_plan()
        self.assertEqual(looked, [{self.product_id}])

    def test_second_planner_leaves_it_to_the_first(self):
        self.change_stock(1)
        with self.commit() as env, try_lock(env, LOCK_ATTEND_PLAN):
            with self.commit() as other:
                other["channel.channel"]._job_plan()
            self.assertEqual(self.target(), 50)

    def test_planner_comes_back_where_somebody_else_plans_just_now(self):
        with self.commit() as env, try_lock(env, LOCK_PLAN), self.commit() as other:
            self.assertFalse(other["channel.planner"]._attend())

    def test_publisher_sends_what_was_queued_after_its_last_batch(self):
        publisher = self.registry["channel.publisher"]
        self.change_stock(1)
        self.plan()
        seen = []

        def close(model, channel, original=publisher._close_unsent):
            original(model, channel)
            if not seen:
                seen.append(True)
                self.change_stock(2)
                self.plan()

        with patch.object(publisher, "_close_unsent", close):
            self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 53)

    def test_publisher_is_not_kept_busy_by_what_must_wait(self):
        """A number that rises waits for the plan of a change: it is no work."""
        self.change_stock(1)
        self.plan()
        self.change_stock(1)
        with self.commit() as env:
            channel = self.channel(env)
            self.assertFalse(env["channel.publisher"]._has_sendable(channel))
            self.assertFalse(env["channel.publisher"]._run(channel))
        self.plan()
        with self.commit() as env:
            channel = self.channel(env)
            self.assertTrue(env["channel.publisher"]._has_sendable(channel))

    # ------------------------------------------------------------ hand over
    def test_planner_publishes_one_channel_itself_and_leaves_it_no_job(self):
        self.change_stock(1)
        with self.commit() as env:
            env["channel.channel"]._job_plan()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 51)
        self.assertFalse(self.states(PUBLISH))

    def test_planner_leaves_others_and_those_that_fail_to_their_own_jobs(self):
        with self.commit() as env:
            error = UnavailableError("down", code="NO_ANSWER")
            env["channel.outage"]._remember(self.channel(env), PUBLISH, error)
        self.change_stock(1)
        self.delete_jobs()
        with self.commit() as env:
            env["channel.channel"]._job_plan()
        self.assertEqual(self.states(PUBLISH), ["pending"])
        self.assertEqual(self.fake.levels["item-1", "node-1"], 50)

    def test_channel_that_somebody_publishes_just_now_is_left_to_him(self):
        self.change_stock(1)
        with (
            self.commit() as env,
            try_lock(env, LOCK_ATTEND_PUBLISH, self.channel_id),
            self.commit() as other,
        ):
            caused = {(self.channel(other).listing_ids[:1].id, "")}
            chosen = other["channel.planner"]._choose_free(self.channel(other), caused)
            self.assertFalse(chosen)
        with self.commit() as env:
            planner, channel = env["channel.planner"], self.channel(env)
            self.assertEqual(planner._choose_free(channel, caused), channel)
            # the plan has changed nothing of it
            self.assertFalse(planner._choose_free(channel, ()))

    def test_channel_that_hangs_keeps_no_plan_waiting(self):
        """The job that publishes it has let planning go; the next one plans, and does
        not wait for the same channel."""
        begun, let_go = threading.Event(), threading.Event()
        channels = self.registry["channel.channel"]

        def hang(channel):
            begun.set()
            self.assertTrue(let_go.wait(60))

        # a job is known by the name of its method
        hang.__name__ = PUBLISH

        def plan():
            with self.commit() as env:
                env["channel.channel"]._job_plan()

        def meanwhile():
            try:
                self.assertTrue(begun.wait(60))
                for expected in (52, 53):
                    self.change_stock(1)
                    plan()
                    self.assertEqual(self.target(), expected)
                    self.assertFalse(let_go.is_set())
            finally:
                let_go.set()

        self.change_stock(1)
        with patch.object(channels, PUBLISH, hang):
            self.in_threads(plan, meanwhile)
        self.assertEqual(self.states(PUBLISH), ["pending"])

    def test_planner_killed_before_it_publishes_is_made_up_for(self):
        self.change_stock(1)
        self.delete_jobs()

        def work(env):
            with patch.object(type(env["channel.channel"]), PUBLISH, lambda _: die()):
                env["channel.channel"]._job_plan()

        self.assertTrue(run_in_child(self.registry, work, _nothing()))
        self.assertEqual(self.fake.levels["item-1", "node-1"], 50)
        with self.commit() as env:
            env["channel.channel"]._job_plan()
        self.assertEqual(self.states(PUBLISH), ["pending"])
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 51)

    def test_only_planner_that_there_may_be_publishes_nothing(self):
        """A shop that hangs would keep all others from being planned."""
        self.change_stock(1)
        self.delete_jobs()
        for channels, count in (
            ("root:4,root.channel:4,root.channel.plan:1", 1),
            ("root:4,channel.plan:2", 2),
            ("root:3", 3),
            ("root:0,root.channel:2", 2),
        ):
            with (
                self.subTest(channels),
                patch.object(jobs, "_channels", lambda channels=channels: channels),
            ):
                self.assertEqual(jobs.capacity("root.channel.plan"), count)
        with (
            patch.object(channel_planner, "capacity", lambda _name: 1),
            self.commit() as env,
        ):
            env["channel.channel"]._job_plan()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 50)
        self.assertEqual(self.states(PUBLISH), ["pending"])

    # ----------------------------------------------------------------- dead
    def test_job_of_a_killed_worker_runs_again_soon(self):
        self.start(0, PLAN, seconds=5)
        self.look_for_dead()
        self.assertEqual(self.states(PLAN), ["pending"])

    def test_job_of_a_dead_server_with_a_fast_clock_runs_again_as_soon(self):
        """When a job began is told by the clock of the server that began it."""
        self.start(0, PLAN, seconds=-600)
        self.look_for_dead()
        self.assertEqual(self.states(PLAN), ["pending"])

    def test_job_that_is_at_work_or_has_just_begun_is_left_alone(self):
        job_id = self.start(0, PLAN, seconds=5)
        with self.locked_by_its_worker(job_id):
            self.look_for_dead()
            self.assertEqual(self.states(PLAN), ["started"])
        self.delete_jobs()
        self.start(0, PLAN)
        self.look_for_dead()
        self.assertEqual(self.states(PLAN), ["started"])

    def test_job_that_kills_each_of_its_workers_is_left_to_the_runner(self):
        for _death in range(jobs.DEATHS + 1):
            self.look_for_dead()
            with self.commit() as env:
                env.cr.execute("UPDATE queue_job SET state = 'pending'")
            job_id = self.start(0, PLAN, seconds=5)
        self.look_for_dead()
        self.assertEqual(self.states(PLAN), ["started"])
        self.assertTrue(job_id)

    def test_wakeup_that_was_left_to_a_worker_that_dies_is_not_lost(self):
        self.start(0, PLAN)

        def work(env):
            with try_lock(env, LOCK_ATTEND_PLAN):
                self.change_stock(3)
                die()

        self.assertTrue(run_in_child(self.registry, work, _nothing()))
        self.assertEqual(self.states(PLAN), ["started"], "left to the one that died")
        with self.commit() as env:
            env.cr.execute(
                "UPDATE queue_job SET date_started = date_started - '5 s'::interval"
            )
        self.look_for_dead()
        self.assertEqual(self.states(PLAN), ["pending"])
        with self.commit() as env:
            env["channel.channel"]._job_plan()
        self.assertEqual(self.target(), 53)

    # --------------------------------------------------------------- outage
    def test_what_an_outage_has_postponed_runs_when_it_ends(self):
        outage = UnavailableError("down", code="NO_ANSWER")
        with self.commit() as env:
            outages, channel = env["channel.outage"], self.channel(env)
            outages._remember(channel, PUBLISH, outage)
            channel._job_fetch()
        self.assertEqual(self.states("_job_fetch"), ["pending"])
        with self.commit() as env:
            env["channel.outage"]._forget(self.channel(env), PUBLISH)
        with self.commit() as env:
            [[wait]] = env.execute_query(
                SQL(
                    "SELECT min(COALESCE(EXTRACT(epoch FROM eta - "
                    "clock_timestamp() AT TIME ZONE 'UTC'), 0))::float FROM queue_job "
                    "WHERE method_name = '_job_fetch' AND state = 'pending'"
                )
            )
        self.assertLessEqual(wait, 0)


@contextmanager
def _nothing():
    yield
