# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ReconcileCase


@tagged("post_install", "-at_install")
class TestTriggers(ReconcileCase):
    """When a run begins by itself."""

    def setUp(self):
        super().setUp()
        self.go_live_all()

    def runs(self):
        self.env.flush_all()
        return self.env["channel.reconcile.run"].search(
            [("channel_id", "=", self.channel.id)]
        )

    def outage(self, minutes):
        since = fields.Datetime.now() - timedelta(minutes=minutes)
        self.env["channel.outage"].create(
            {
                "channel_id": self.channel.id,
                "job": "_job_poll",
                "silent": True,
                "failures": 3,
                "since": since,
                "tried_at": since,
                "until": since,
                "message": "no answer",
            }
        )
        self.env.flush_all()
        self.env["channel.outage"]._forget(self.channel, "_job_poll")
        self.env.invalidate_all()

    def test_every_night(self):
        self.env["channel.channel"]._cron_reconcile()
        self.assertEqual(self.runs().mapped("trigger"), ["schedule"])
        own = self.env["channel.reconcile.run"].search([("kind", "=", "stock")])
        self.assertIn(self.channel.company_id, own.company_id)
        # one that is under way goes on
        self.env["channel.channel"]._cron_reconcile()
        self.assertEqual(len(self.runs()), 1)

    def test_after_a_long_outage_and_not_after_a_short_one(self):
        self.outage(5)
        self.assertFalse(self.runs())
        self.outage(11)
        self.assertEqual(self.runs().trigger, "outage")

    def test_after_credentials_were_put_right(self):
        self.channel._set_connection("ok", "still")
        self.assertFalse(self.runs())
        self.channel._set_connection("auth_failed", "no")
        self.channel._set_connection("ok", "again")
        self.assertEqual(self.runs().trigger, "connect")

    def test_by_hand_by_an_operator(self):
        user = self.make_user(self.env, "user", "reconcile_user")
        operator = self.make_user(self.env, "operator", "reconcile_operator")
        with self.assertRaises(AccessError):
            self.channel.with_user(user).action_reconcile()
        self.channel.with_user(operator).action_reconcile()
        self.assertEqual(self.runs().trigger, "hand")

    def test_a_channel_that_cannot_be_read_has_no_runs(self):
        self.fake.read_levels = False
        self.channel._reconcile("hand")
        self.assertFalse(self.runs())

    def test_runs_and_settled_differences_end_with_their_time(self):
        self.show(1, 15)
        run = self.reconcile()
        self.settle()
        found = self.differences()
        self.assertEqual(found.state, "repaired")
        old = fields.Datetime.now() - timedelta(days=401)
        self.env.cr.execute(
            "UPDATE channel_reconcile_difference SET last_seen = %s", [old]
        )
        self.env.cr.execute("UPDATE channel_reconcile_run SET create_date = %s", [old])
        retention = self.env["channel.retention"].search([("kind", "=", "reconcile")])
        for step in retention._steps_reconcile():
            self.env.execute_query(step)
        self.env.invalidate_all()
        self.assertFalse(found.exists())
        self.assertFalse(run.exists())
