# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_killed import (
    at_commit,
    commits_noted,
    run_in_child,
)

from ..models import channel_reconcile_reader

LEVELS = 30
EDITS = {"item-1": 5, "item-105": -2, "item-121": 9}
STEPS = ("_step_note", "_stage", "_step_read", "_step_pull", "_step_compare")
"""Functions that commit for themselves."""


def a_run(env, channel):
    """What the job does until it waits for orders, the pull, and the rest of it."""
    env["channel.reconciler"]._run(channel)
    env["channel.intake"]._poll(channel)
    env["channel.reconciler"]._run(channel)


@tagged("post_install", "-at_install")
class TestDeaths(CommittedCase):
    """19: a worker is killed at any commit of a run. The next one goes on, finds the
    same, and each number is put right once."""

    stocked = 5000

    def setUp(self):
        super().setUp()
        self.fake.more = {"reads_all": True, "committed": True}
        self.fake.read_size, self.fake.lists_orders = 10, True
        pages = patch.object(channel_reconcile_reader, "AT_ONCE", 10)
        pages.start()
        self.addCleanup(pages.stop)
        with self.commit() as env:
            self.channel(env).order_lag = 0
            env["channel.listing"].create(
                [
                    {
                        "channel_id": self.channel_id,
                        "external_id": f"variant-{number}",
                        "stock_ref": f"item-{number}",
                        "sku": f"SKU-{number}",
                        "product_id": self.product_id,
                        "state": "mapped",
                    }
                    for number in range(101, 100 + LEVELS)
                ]
            )
        self.plan()
        with self.commit() as env:
            levels = env["channel.level"].search([("channel_id", "=", self.channel_id)])
            for level in levels:
                self.make_known(env, level, level.target)
                self.fake.levels[level.listing_id.stock_ref, "node-1"] = level.target
            env["channel.level.pending"].search([]).unlink()
        self.shown = dict(self.fake.levels)

    def begin(self):
        """A person edits three numbers, and a run begins; no job waits, or the work
        would commit fewer wake-ups than it did before."""
        for item, units in EDITS.items():
            self.fake.levels[item, "node-1"] += units
        with self.commit() as env:
            self.channel(env)._reconcile("hand")
            env.cr.execute("DELETE FROM queue_job")

    def check_end(self):
        """The minute's healing goes on, then the observer, who repairs."""
        for _turn in range(6):
            with self.commit() as env:
                self.channel(env)._wake_all_jobs()
                a_run(env, self.channel(env))
        with self.commit() as env:
            run = env["channel.reconcile.run"].search(
                [("channel_id", "=", self.channel_id), ("kind", "=", "levels")], limit=1
            )
            self.assertEqual((run.state, run.read_count), ("done", LEVELS))
            self.assertEqual(run.counts, {"equal": LEVELS - 3, "edited": 3})
            found = {each.stock_ref: each.units for each in run.difference_ids}
            self.assertEqual(found, EDITS)
            self.assertEqual(set(run.difference_ids.mapped("times")), {1})
            env.cr.execute(
                "SELECT count(*) FROM channel_reconcile_noted WHERE run_id = %s",
                [run.id],
            )
            self.assertEqual(env.cr.fetchone(), (0,))
            env.cr.execute("SELECT max(id) FROM channel_publication_line")
            [last] = env.cr.fetchone()
        self.observe()
        self.poll()
        self.observe()
        self.publish()
        self.assertEqual(self.fake.levels, self.shown)
        with self.commit() as env:
            lines = env["channel.publication.line"].search([("id", ">", last or 0)])
            items = lines.mapped("level_id.listing_id.stock_ref")
            self.assertEqual(sorted(items), sorted(EDITS), "repaired once each")
            self.assertEqual(len(lines), len(EDITS))

    def test_19_killed_at_any_commit_of_a_run(self):
        self.begin()
        with commits_noted() as commits, self.commit() as env:
            a_run(env, self.channel(env))
        self.check_end()
        names = [name for name, writes, _sent in commits if writes]
        self.assertLessEqual(set(STEPS), set(names))
        deaths = {}
        for number, (name, writes, _sent) in enumerate(commits):
            if writes:
                # of pages the first and the last
                deaths.setdefault((name, "first"), number)
                deaths[name, "last"] = number
        for number in sorted(set(deaths.values())):
            for side in ("before", "after"):
                with self.subTest(f"{side} {commits[number][0]}", commit=number):
                    self.begin()
                    died = run_in_child(
                        self.registry,
                        lambda env: a_run(env, self.channel(env)),
                        at_commit(number, side),
                    )
                    self.assertTrue(died, "it lives")
                    self.check_end()
