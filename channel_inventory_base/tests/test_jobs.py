# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime

from psycopg2.extensions import STATUS_BEGIN, STATUS_READY

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.queue_job.tests.common import trap_jobs

from ..db.jobs import GATHER_SECONDS
from ..exceptions import (
    ConfigurationError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from ..models.channel_job_mixin import WAKE, enqueue
from .common import ChannelCase
from .common_committed import CommittedCase

JOBS = (
    "_job_plan",
    "_job_publish",
    "_job_send",
    "_job_poll",
    "_job_intake",
    "_job_fetch",
    "_job_listen",
    "_job_observe",
    "_job_look",
    "_job_mirror",
    "_job_book",
    "_job_webhooks",
    "_job_fetch_listings",
)


@tagged("post_install", "-at_install")
class TestJobs(ChannelCase):
    def jobs_after_commit(self, function):
        """:return: names of the jobs that ``function`` has enqueued by the commit"""
        self.env.cr.postcommit.clear()
        function()
        self.env.flush_all()
        with trap_jobs() as trap:
            self.env.cr.postcommit.run()
            return sorted(job.method_name for job in trap.enqueued_jobs)

    def wait_after(self, error):
        """:return: seconds after which a publisher that met ``error`` comes back"""
        if not self.level:
            self.go_live(shown=3)
        self.fake.faults = [("send", error)]
        self.env.cr.postcommit.clear()
        self.env.flush_all()
        self.channel._job_publish()
        self.assertFalse(self.fake.faults)
        wanted = self.env.cr.postcommit.data.get(WAKE, {})
        return wanted[self.channel.id, "_job_publish"]

    def time_passes(self, seconds):
        self.env.cr.execute(
            "UPDATE channel_outage SET until = until - make_interval(secs => %s), "
            "tried_at = tried_at - make_interval(secs => %s)",
            (seconds, seconds),
        )

    def test_every_job_has_a_queue_and_a_handler_for_its_failure(self):
        functions = self.env["queue.job.function"].search(
            [("model_id.model", "=", "channel.channel")]
        )
        # those of all addons that are installed
        priorities = self.env["channel.channel"]._get_job_priorities()
        jobs = {*priorities, *JOBS}
        self.assertEqual(set(functions.mapped("method")), jobs)
        self.assertEqual(set(functions.mapped("on_fail_method")), {"_job_on_fail"})
        for function in functions:
            self.assertTrue(function.channel.startswith("root.channel."))

    def test_stock_change_wakes_the_planner_once(self):
        def change():
            for _move in range(3):
                self.add_stock(self.env, self.product, self.warehouse, 1)

        self.assertEqual(self.jobs_after_commit(change), ["_job_plan"])

    def test_new_level_is_looked_at_at_once(self):
        planner = self.env["channel.planner"]

        def plan():
            self.env.flush_all()
            planner._plan_changes(planner._take_changes())

        self.assertIn("_job_observe", self.jobs_after_commit(plan))
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.assertNotIn("_job_observe", self.jobs_after_commit(plan))

    def test_only_a_job_that_has_not_begun_stands_for_another(self):
        """What runs already may have looked before we committed."""
        jobs = self.env["queue.job"].search([("method_name", "=", "_job_plan")])
        jobs.unlink()

        def wake():
            enqueue(self.env.cr, {(0, "_job_plan"): 0})
            return self.env["queue.job"].search([("method_name", "=", "_job_plan")])

        job = wake()
        self.assertEqual(len(job), 1)
        self.assertEqual(wake(), job)
        self.env.execute_query(
            SQL(
                "UPDATE queue_job SET state = 'started' WHERE id = %s RETURNING id",
                job.id,
            )
        )
        twin = wake() - job
        self.assertEqual(len(twin), 1)
        # it gathers what comes up meanwhile, and stands for that
        wait = twin.eta - datetime.now()
        self.assertLess(abs(wait.total_seconds() - GATHER_SECONDS), 0.4)
        self.assertEqual(wake(), job | twin)

    def test_publishing_is_left_to_planning_where_both_are_due(self):
        """Before the plan it would only find that a change waits for it."""

        def wake():
            self.env["channel.change"]._wake_planner()
            self.channel._wake_publisher_of_queued()

        self.assertEqual(self.jobs_after_commit(wake), ["_job_plan"])
        self.assertEqual(
            self.jobs_after_commit(self.channel._wake_publisher_of_queued),
            ["_job_publish"],
        )

    def test_wakeup_for_later_does_not_stand_for_one_for_now(self):
        self.env["queue.job"].search([("method_name", "=", "_job_plan")]).unlink()
        for seconds in (60, 0, 60, 0):
            enqueue(self.env.cr, {(0, "_job_plan"): seconds})
        jobs = self.env["queue.job"].search([("method_name", "=", "_job_plan")])
        self.assertEqual(len(jobs), 2)
        self.assertEqual(len(jobs.filtered("eta")), 1)

    def test_confirmed_sale_wakes_the_planner(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env.ref("base.partner_admin").id,
                "warehouse_id": self.warehouse.id,
                "order_line": [(0, 0, {"product_id": self.product.id})],
            }
        )
        self.assertIn("_job_plan", self.jobs_after_commit(order.action_confirm))

    def test_stored_event_wakes_the_intake_only_when_it_is_new(self):
        self.fake.levels["item-1", "node-1"] = 10
        event = self.fake.event(self.fake.sell(1))

        def store():
            self.env["channel.inbox.event"]._store(self.channel, [event], "poll")

        self.assertEqual(self.jobs_after_commit(store), ["_job_intake"])
        self.assertEqual(self.jobs_after_commit(store), [])

    def test_throttled_job_waits_as_long_as_the_server_says(self):
        error = ThrottledError("slow down", retry_after=17)
        self.assertEqual(self.wait_after(error), 17)

    def test_outage_is_waited_out_longer_each_time(self):
        waits = []
        for _try in range(3):
            waits.append(self.wait_after(UnavailableError("down")))
            self.time_passes(60)
        self.assertEqual(waits, [1, 2, 5])
        self.channel._job_publish()
        self.assertFalse(self.env["channel.outage"].search([]))

    def test_job_whose_worker_was_killed_does_not_wait_for_itself(self):
        """It was about to find out whether the channel answers, and all others wait
        until it knows."""
        self.go_live(shown=3)
        outages = self.env["channel.outage"]
        outages._remember(self.channel, "_job_publish", UnavailableError("down"))
        self.time_passes(60)
        self.assertFalse(outages._seconds_to_wait(self.channel, "_job_publish"))
        # here it dies; another one is woken, and it is given to another worker
        enqueue(self.env.cr, {(self.channel.id, "_job_publish"): 0})
        self.channel._job_publish()
        self.assertFalse(self.fake.requests)
        job = self.env["queue.job"].search(
            [
                ("method_name", "=", "_job_publish"),
                ("identity_key", "=like", f"%:{self.channel.id}"),
            ]
        )
        self.env.execute_query(
            SQL(
                "UPDATE queue_job SET state = 'started', retry = 1 WHERE id = ANY(%s) "
                "RETURNING id",
                job.ids,
            )
        )
        self.channel._job_publish()
        self.assertEqual(len(self.fake.requests), 1)
        self.assertFalse(outages.search([]))

    def test_configuration_error_stops_the_channel(self):
        self.go_live(shown=3)
        self.fake.faults = [("send", ConfigurationError("no such location"))]
        self.env.flush_all()
        self.channel._job_publish()
        self.env.invalidate_all()
        self.assertEqual(self.channel.connection_state, "misconfigured")
        self.assertFalse(self.channel._may_talk())
        self.channel.action_test_connection()
        self.channel._job_publish()
        self.assertTrue(self.level.in_sync)

    def test_refused_question_is_an_exception_and_no_loop(self):
        self.fake.faults = [("orders", RejectedError("unknown field", code="X1"))]
        self.channel._job_poll()
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "refused")]
        )
        self.assertEqual(found.key, "X1")

    def test_failed_job_is_reported_to_a_person(self):
        self.channel._job_on_fail(exc_name="ValueError", exc_message="boom")
        self.channel._job_on_fail(exc_name="ValueError", exc_message="boom")
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "job")]
        )
        self.assertEqual(len(found), 1)
        self.assertEqual(found.count, 2)

    def test_job_under_which_the_database_went_away_goes_on(self):
        def fail():
            self.channel._job_on_fail(
                exc_name="psycopg2.InterfaceError", exc_message="cursor already closed"
            )

        self.assertEqual(
            set(self.jobs_after_commit(fail)),
            {
                "_job_plan",
                "_job_intake",
                "_job_fetch",
                "_job_send",
                "_job_observe",
                "_job_publish",
            },
        )
        self.assertFalse(
            self.env["channel.exception"].search(
                [("channel_id", "=", self.channel.id), ("category", "=", "job")]
            )
        )

    def test_job_of_a_paused_channel_does_nothing(self):
        self.go_live(shown=3)
        self.channel.state = "draft"
        for name in JOBS[1:]:
            getattr(self.channel, name)()
        self.assertFalse(self.fake.requests)

    def test_stuck_work_is_noticed_and_closes_when_it_moves(self):
        self.go_live(shown=3)
        pending = self.env["channel.level.pending"].search([])
        pending.since = "2026-01-01"
        self.env.flush_all()
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.health, "bad")
        self.channel._watch_health()
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "health")]
        )
        self.assertEqual(found.state, "open")
        self.publish()
        self.channel._watch_health()
        self.assertEqual(found.state, "resolved")

    def test_queue_of_a_paused_channel_does_not_grow(self):
        self.channel.state = "paused"
        for _round in range(5):
            self.add_stock(self.env, self.product, self.warehouse, 1)
            self.plan()
        pending = self.env["channel.level.pending"]
        self.assertGreater(pending.search_count([]), 4)
        pending._compact()
        self.assertEqual(pending.search_count([]), 1)

    def test_levels_that_are_deleted_wait_no_more(self):
        self.plan()
        pending = self.env["channel.level.pending"]
        level = pending.search([]).level_id
        self.assertTrue(level)
        self.listing.unlink()
        self.assertFalse(level.exists())
        self.assertFalse(pending.search([]))

    def test_what_somebody_appended_for_a_deleted_level_is_tidied_up(self):
        """Whoever appends does not see that another deletes it."""
        self.plan()
        pending = self.env["channel.level.pending"]
        kept = pending.search([])
        lost = kept.copy({"level_id": 2**31 - 1})
        pending._compact()
        self.assertFalse(lost.exists())
        self.assertTrue(kept.exists())


@tagged("post_install", "-at_install")
class TestPublishAfterPlan(CommittedCase):
    def test_planner_that_finds_nothing_wakes_the_publishers_all_the_same(self):
        """Whoever woke both has left the publishers to it."""
        self.go_live(10)
        with self.commit() as env:
            level = env["channel.level"].search([("channel_id", "=", self.channel_id)])
            env["channel.level.pending"]._add(level)
        self.plan()
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
            self.assertTrue(env["channel.level.pending"].search([]))
            env["channel.change"]._wake_planner()
            self.channel(env)._wake_publisher_of_queued()
        self.assertEqual(self.waiting(), {"_job_plan"})
        self.plan()
        self.assertEqual(self.waiting(), {"_job_plan", "_job_publish"})

    def test_a_connection_that_has_looked_for_jobs_is_as_it_was(self):
        with self.commit() as env:
            connection, cr = env.cr.connection, env.cr
            env["channel.change"]._wake_planner()
            before = connection.isolation_level, connection.readonly
            cr.commit()  # pylint: disable=invalid-commit
            self.assertEqual(connection.status, STATUS_READY)
            self.assertEqual((connection.isolation_level, connection.readonly), before)
            cr.execute("SHOW transaction_isolation")
            self.assertEqual(cr.fetchone(), ("repeatable read",))
            self.assertEqual(connection.status, STATUS_BEGIN)
        self.assertEqual(self.waiting(), {"_job_plan"})

    def waiting(self):
        with self.commit() as env:
            return set(env["queue.job"].search([]).mapped("method_name"))
