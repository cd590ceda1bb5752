# SPDX-License-Identifier: AGPL-3.0-or-later
import itertools
import re
from pathlib import Path

from odoo.modules import Manifest
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.queue_job.jobrunner.channels import ChannelManager


@tagged("post_install", "-at_install")
class TestUrgency(ChannelCase):
    """Nobody starves anybody: the runner's own scheduler, our job functions and the
    capacities that we tell people to configure."""

    def setUp(self):
        super().setUp()
        self.priorities = self.env["channel.channel"]._get_job_priorities()
        self.manager = ChannelManager()
        self.manager.simple_configure(self.documented())
        self.numbers = itertools.count(1)
        self.running = {}
        functions = self.env["queue.job.function"].search(
            [("model_id.model", "=", "channel.channel")]
        )
        self.queues = {each.method: each.channel for each in functions}

    def documented(self):
        text = Path(
            Manifest.for_addon("channel_inventory_base").path, "readme", "CONFIGURE.md"
        ).read_text()
        return re.search(r"^channels = (\S+)$", text, re.MULTILINE).group(1)

    # ----------------------------------------------------------- the runner
    def enqueue(self, method, count=1, eta=None):
        """``count`` jobs, of as many sales channels"""
        for _each in range(count):
            number = next(self.numbers)
            self.notify(method, str(number), number, "pending", eta)

    def notify(self, method, uuid, created, state, eta=None):
        self.manager.notify(
            "db",
            self.queues[method],
            uuid,
            created,
            created,
            self.priorities[method],
            eta,
            state,
        )
        self.running.setdefault(uuid, (method, created))

    def started(self):
        """Names of the jobs that the runner starts now"""
        jobs = list(self.manager.get_jobs_to_run(1e9))
        return [self.running[job.uuid][0] for job in jobs]

    def finish(self, wanted, count):
        """Finish so many running jobs of a method."""
        found = [
            (uuid, created)
            for uuid, (method, created) in self.running.items()
            if method == wanted
        ]
        for uuid, created in found[:count]:
            self.notify(wanted, uuid, created, "done")
            del self.running[uuid]

    # ----------------------------------------------------------------- rules
    def test_every_job_has_a_priority_and_its_queue_a_capacity(self):
        self.assertEqual(set(self.priorities), set(self.queues))
        for queue in set(self.queues.values()):
            self.assertIn(f"{queue}:", self.documented())

    def test_capacities_leave_each_queue_its_own(self):
        """A full queue takes nothing from another: the sum fits into the parent."""
        capacities = dict(each.split(":") for each in self.documented().split(","))
        own = sum(int(n) for name, n in capacities.items() if name.count(".") == 2)
        self.assertLessEqual(own, int(capacities["root.channel"]))
        self.assertLessEqual(own, int(capacities["root"]))
        text = Path(
            Manifest.for_addon("channel_inventory_base").path, "readme", "CONFIGURE.md"
        ).read_text()
        workers = int(re.search(r"^workers = (\d+)$", text, re.MULTILINE).group(1))
        self.assertGreater(workers, int(capacities["root"]), "users need one, too")

    def test_readme_says_the_same(self):
        readme = Path(__file__).parents[2] / "README.md"
        if readme.exists():
            self.assertIn(f"channels = {self.documented()}", readme.read_text())

    def test_orders_are_taken_in_while_everything_is_synchronized(self):
        for method in (
            "_job_publish",
            "_job_observe",
            "_job_fetch_listings",
            "_job_poll",
            "_job_plan",
        ):
            self.enqueue(method, 50)
        resync = self.started()
        self.assertIn("_job_publish", resync)
        self.assertFalse(self.started(), "the runner has filled up what there is")
        self.enqueue("_job_intake")
        self.enqueue("_job_send")
        self.assertEqual(sorted(self.started()), ["_job_intake", "_job_send"])

    def test_stock_is_published_while_a_flood_of_orders_comes_in(self):
        self.enqueue("_job_intake", 200)
        self.enqueue("_job_send", 200)
        self.started()
        for method in ("_job_publish", "_job_plan", "_job_poll", "_job_observe"):
            self.enqueue(method)
            self.assertEqual(self.started(), [method])

    def test_long_pull_does_not_keep_webhooks_from_being_taken_in(self):
        self.enqueue("_job_poll", 20)
        self.started()
        self.enqueue("_job_intake")
        self.assertEqual(self.started(), ["_job_intake"])

    def test_of_what_waits_for_one_queue_the_look_goes_before_the_catalogue(self):
        self.enqueue("_job_webhooks", 5)
        self.started()
        self.enqueue("_job_fetch_listings", 5)
        self.enqueue("_job_observe")
        self.finish("_job_webhooks", 1)
        self.assertEqual(self.started(), ["_job_observe"])

    def test_pull_whose_time_has_come_goes_behind_what_is_wanted_now(self):
        """Runners have put whatever had a time before all that had none."""
        self.enqueue("_job_poll", 2)
        self.started()
        self.enqueue("_job_poll", 3, eta=1)
        self.enqueue("_job_fetch")
        self.finish("_job_poll", 1)
        self.assertEqual(self.started(), ["_job_fetch"])

    def test_one_job_plans_while_another_publishes_what_it_has_planned(self):
        self.enqueue("_job_plan", 3)
        self.assertEqual(self.started(), ["_job_plan"] * 2)

    def test_in_a_runner_that_is_too_small_orders_go_first(self):
        """Priorities count where somebody gave all of them a single slot."""
        self.manager = ChannelManager()
        self.manager.simple_configure("root:1")
        for method in reversed(self.priorities):
            self.enqueue(method)
        order = []
        for _each in self.priorities:
            [method] = self.started()
            order.append(method)
            self.finish(method, 1)
        self.assertEqual(set(order[:2]), {"_job_intake", "_job_send"})
        self.assertEqual(order[-1], "_job_fetch_listings")
        self.assertLess(order.index("_job_publish"), order.index("_job_observe"))

    def test_jobs_are_enqueued_with_their_priority(self):
        self.env["queue.job"].search([]).unlink()
        self.env["channel.channel"]._enqueue_wakeups(
            {
                (self.channel.id, method): 0
                for method in self.priorities
                if method != "_job_plan"
            }
        )
        for job in self.env["queue.job"].search([]):
            self.assertEqual(job.priority, self.priorities[job.method_name])
            self.assertEqual(job.channel, self.queues[job.method_name])
