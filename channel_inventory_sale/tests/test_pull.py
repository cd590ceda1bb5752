# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.exceptions import ThrottledError
from odoo.addons.channel_inventory_base.models import channel_intake
from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_wakeups import WakeUps


@tagged("post_install", "-at_install")
class TestPull(WakeUps, ChannelCase):
    """Orders are pulled by a list of versions, and only what is not known is read."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.fake.lists_orders = True
        # the channel's clock is a minute behind, as if all of it were long ago
        self.fake.clock -= timedelta(minutes=1)

    def sell(self, count):
        return [self.fake.sell(1) for _order in range(count)]

    def take_read(self):
        found = [ref for refs in self.fake.read for ref in refs]
        self.fake.read = []
        return found

    def take_in(self):
        self.poll()
        self.intake()

    def test_pulls_never_follow_each_other_at_once(self):
        self.channel.poll_minutes = 2
        self.channel._job_poll()
        self.assertEqual(self.wanted("_job_poll"), 120)
        self.forget_wakeups()
        # what the form refuses may come by another way
        self.env.cr.execute(
            "UPDATE channel_channel SET poll_minutes = 0 WHERE id = %s",
            (self.channel.id,),
        )
        self.env.invalidate_all()
        self.channel._job_poll()
        self.assertGreaterEqual(self.wanted("_job_poll"), 10)

    def test_only_versions_that_are_not_known_are_read(self):
        names = self.sell(6)
        self.take_in()
        self.assertEqual(self.take_read(), names)
        self.poll()
        # nothing at all: all of them were looked at well after their change
        self.mark_looked()
        self.take_read()
        self.take_in()
        self.assertEqual(self.take_read(), [])
        self.fake.change(names[2], note="Ring twice")
        new = self.fake.sell(1)
        self.take_in()
        self.assertEqual(self.take_read(), [names[2], new])
        self.assertEqual(self.order(names[2])._get_data().note, "Ring twice")
        self.assertEqual(self.order(new).state, "imported")

    def mark_looked(self):
        self.env.cr.execute(
            "UPDATE channel_order SET looked_at = now() + interval '1 h'"
        )
        self.env.invalidate_all()

    def test_change_within_the_second_that_was_looked_at_is_found(self):
        self.check_change_within_the_second(looked=1)

    def test_second_that_was_looked_at_lasts_by_the_clock_of_the_channel(self):
        """It is behind ours: its second was not over when we looked."""
        with self.channel._shared_state("clock") as state:
            state["ahead"] = -20.5
        self.check_change_within_the_second(looked=21)

    def check_change_within_the_second(self, looked):
        """:param looked: seconds from the version to our look at it, by our clock"""
        [name] = self.sell(1)
        self.take_in()
        version = self.order(name).version
        self.env.cr.execute(
            "UPDATE channel_order SET looked_at = version + make_interval(secs => %s)",
            [looked],
        )
        self.env.invalidate_all()
        event = self.fake.event(name)
        self.fake.orders[name] = dict(self.fake.orders[name], note="Same second")
        with patch.object(
            self.fake,
            "event",
            lambda ref: type(event)(
                f"{event.key}/2",
                "order",
                "order",
                self.body(ref),
                ref,
                event.occurred_at,
            ),
        ):
            self.take_in()
        order = self.order(name)
        self.assertEqual(
            (order.version, order._get_data().note), (version, "Same second")
        )

    def body(self, ref):
        return json.dumps(self.fake.orders[ref])

    def test_order_that_cannot_be_read_is_not_asked_for_each_minute(self):
        [name] = self.sell(1)
        self.fake.orders[name]["total"] = "no number"
        self.take_in()
        self.assertEqual(self.take_read(), [name])
        event = self.env["channel.inbox.event"].search([("ref", "=", name)])
        if event.state == "dead":
            self.take_in()
            self.assertEqual(self.take_read(), [])

    def test_order_that_waits_to_be_fetched_is_not_read_twice(self):
        [name] = self.sell(1)
        full = self.fake.orders[name]
        self.fake.orders[name] = dict(full, complete=False)
        self.capture(name)
        self.fake.change(name)
        self.capture(name)
        self.fake.orders[name] = dict(self.fake.orders[name], complete=True)
        self.assertGreater(self.order(name).wanted_version, self.order(name).version)
        self.poll()
        self.assertEqual(self.take_read(), [])

    def test_pull_that_runs_out_of_time_goes_on_there(self):
        names = self.sell(9)
        self.fake.page_size = 5
        with patch.object(channel_intake, "POLL_SECONDS", -1):
            parts = []
            for _run in range(9):
                self.forget_wakeups()
                done = self.env["channel.intake"]._poll(self.channel)
                parts.append(self.take_read())
                self.intake()
                self.mark_looked()
                if done is True:
                    break
                self.assertEqual(done, channel_intake.MORE)
                self.assertEqual(self.wanted("_job_poll"), 0)
        self.assertEqual(sum(parts, []), names)
        self.assertGreater(len(parts), 2)
        self.assertEqual({self.order(name).state for name in names}, {"imported"})

    def test_pull_that_is_throttled_half_way_keeps_what_it_has(self):
        names = self.sell(9)
        self.fake.page_size = 5
        read, calls = self.fake._read_orders, []

        def throttled(channel, refs):
            calls.append(refs)
            if len(calls) == 2:
                raise ThrottledError("slow", retry_after=7)
            return read(channel, refs)

        self.fake._read_orders = throttled
        self.channel._job_poll()
        self.assertEqual(self.wanted("_job_poll"), 7)
        self.intake()
        self.mark_looked()
        self.channel._job_poll()
        self.intake()
        self.assertEqual(self.take_read(), names)

    def test_pull_that_reaches_back_goes_on_where_it_stopped(self):
        self.fake.page_size = 2
        names = self.sell(8)
        self.take_in()
        self.mark_looked()
        self.take_read()
        # what was lost here is found by reaching back
        self.env.cr.execute(
            "UPDATE channel_order SET version = version - interval '1 y'"
        )
        self.env.cr.execute("UPDATE channel_order SET wanted_version = version")
        self.env.invalidate_all()
        early = self.fake.clock - timedelta(days=3)
        self.env["channel.intake"]._pull_from(self.channel, early.replace(tzinfo=None))
        with patch.object(channel_intake, "POLL_SECONDS", -1):
            begun = []
            for _run in range(12):
                state = self.channel._get_shared_state("poll")
                begun.append(state.get("again_from"))
                done = self.env["channel.intake"]._poll(self.channel)
                self.intake()
                self.mark_looked()
                if done is True:
                    break
        moments = [moment for moment in begun if moment]
        self.assertEqual(moments, sorted(moments))
        self.assertGreater(len(set(moments)), 2)
        self.assertFalse(self.channel._get_shared_state("poll").get("again_from"))
        self.assertEqual(set(self.take_read()), set(names))

    def test_time_of_another_order_is_no_progress_beyond_what_is_read(self):
        """Killed between two parts: what was not stored is read by the next pull."""
        names = self.sell(5)
        read, calls = self.fake._read_orders, []

        class Killed(BaseException):
            pass

        def killed(channel, refs):
            calls.append(refs)
            if len(calls) == 2:
                raise Killed
            return read(channel, refs)

        self.fake._read_orders = killed
        with self.assertRaises(Killed), self.env.cr.savepoint():
            self.env["channel.intake"]._poll(self.channel)
        self.fake._read_orders = read
        self.take_in()
        # a busy machine imports a few in each run
        self.intake()
        self.assertEqual({self.order(name).state for name in names}, {"imported"})

    # ------------------------------------------------------------------ when
    def test_poll_asks_for_the_next_one_by_its_interval(self):
        for minutes in (1, 3):
            self.channel.poll_minutes = minutes
            self.forget_wakeups()
            self.channel._job_poll()
            self.assertEqual(self.wanted("_job_poll"), minutes * 60)

    def test_healing_makes_up_for_a_lost_wakeup_within_the_minute(self):
        for age, wait in ((10, 50), (59, 1), (61, 0), (4000, 0)):
            self.poll()
            with self.channel._shared_state("poll") as state:
                now = self.env["channel.intake"]._database_time()
                state["started_at"] = (now - timedelta(seconds=age)).isoformat()
            self.channel.poll_minutes = 1
            self.forget_wakeups()
            self.channel._poll_when_due()
            self.assertLess(abs(self.wanted("_job_poll") - wait), 1, age)
        self.channel.poll_minutes = 30
        self.poll()
        self.forget_wakeups()
        self.channel._poll_when_due()
        self.assertIsNone(self.wanted("_job_poll"))

    # ------------------------------------------------------------- followed
    def test_second_event_of_an_order_is_followed_at_once(self):
        [name] = self.sell(1)
        full = self.fake.orders[name]
        self.fake.orders[name] = dict(full, complete=False)
        self.capture(name)
        self.fake.orders[name] = full
        self.fake.change(name)
        self.env["channel.intake"]._fetch(self.channel)
        self.env.invalidate_all()
        self.assertTrue(self.order(name).complete)
        for text in ("First", "Second", "Third"):
            self.fake.change(name, note=text, complete=False)
            self.forget_wakeups()
            self.capture(name)
            self.assertEqual(self.wanted("_job_fetch"), 0)
            self.fake.change(name, complete=True)
            self.env["channel.intake"]._fetch(self.channel)
            self.env.invalidate_all()
            self.assertEqual(self.order(name)._get_data().note, text)

    def test_order_that_the_channel_does_not_show_yet_is_asked_for_when_due(self):
        [name] = self.sell(1)
        self.capture(name)
        old = self.fake.event(name)
        self.fake.change(name, complete=False)
        self.capture(name)
        with patch.object(self.fake, "_fetch_order", lambda *_args: old):
            self.forget_wakeups()
            self.env["channel.intake"]._fetch(self.channel)
        order = self.order(name)
        if order.wanted_version > order.version:
            self.assertLess(abs(self.wanted("_job_fetch") - 10), 2)

    def test_event_of_the_second_that_was_fetched_before_it_came_is_followed(self):
        [name] = self.sell(1)
        self.capture(name)
        order = self.order(name)
        self.env.cr.execute("UPDATE channel_order SET looked_at = now()")
        self.env.invalidate_all()
        event = self.fake.event(name)
        self.fake.orders[name] = dict(self.fake.orders[name], complete=False)
        event = self.fake.event(name, suffix="/again")
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.forget_wakeups()
        self.env["channel.intake"]._capture_next(self.channel)
        self.env.invalidate_all()
        self.assertGreater(order.wanted_version, order.version)
        self.assertEqual(self.wanted("_job_fetch"), 0)


@tagged("post_install", "-at_install")
class TestWakeUpJobs(CommittedCase):
    """Which jobs there are after wake-ups for several times."""

    def jobs(self, method="_job_poll"):
        with self.commit() as env:
            return {
                job.uuid: job.eta
                for job in env["queue.job"].search(
                    [("method_name", "=", method), ("state", "=", "pending")]
                )
            }

    def wake(self, seconds):
        with self.commit() as env:
            self.channel(env)._wake("_job_poll", seconds=seconds)

    def test_later_wakeup_is_brought_forward_and_never_put_off(self):
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
        self.wake(60)
        [(uuid, first)] = self.jobs().items()
        self.wake(5)
        [(same, second)] = self.jobs().items()
        self.assertEqual(same, uuid)
        self.assertLess(abs((first - second).total_seconds() - 55), 3)
        self.wake(300)
        self.assertEqual(self.jobs(), {uuid: second})

    def test_postponed_job_of_the_runner_stands_for_no_wakeup_for_now(self):
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
        self.wake(0)
        with self.commit() as env:
            env.cr.execute("UPDATE queue_job SET eta = now() + interval '50 seconds'")
        [(uuid, late)] = self.jobs().items()
        self.wake(0)
        [(same, soon)] = self.jobs().items()
        self.assertEqual(same, uuid)
        self.assertGreater((late - soon).total_seconds(), 45)

    def test_many_workers_that_wake_leave_two_jobs_at_the_most(self):
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
        self.wake(60)
        self.in_threads(*(lambda each=each: self.wake(each) for each in (0, 30, 2, 0)))
        self.assertLessEqual(len(self.jobs()), 4)
        etas = [eta for eta in self.jobs().values() if eta]
        self.assertLess(len(etas), len(self.jobs()))
