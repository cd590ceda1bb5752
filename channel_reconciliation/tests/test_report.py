# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import ReconcileCase

REPORT = "channel_reconciliation.channel_reconcile_run_report"


@tagged("post_install", "-at_install")
class TestReport(ReconcileCase):
    """What an auditor is given of a run, and where records lead to."""

    def test_an_auditor_prints_what_was_found_and_decided(self):
        self.make_levels(9)
        self.go_live_all()
        policy = self.env["channel.reconcile.policy"].create({"name": "Ask"})
        policy.action_activate()
        self.show(1, 15)
        run = self.reconcile()
        self.settle()
        difference = self.differences(kind="edited")
        operator = self.make_user(self.env, "operator")
        difference.with_user(operator).action_publish_ours()
        self.env.flush_all()
        auditor = self.make_user(self.env, "auditor")
        reports = self.env["ir.actions.report"].with_user(auditor)
        html = reports._render_qweb_html(REPORT, run.ids)[0].decode()
        for words in (
            run.trace,
            "SKU-1",
            "Changed on the channel",
            "Publish ours",
            operator.name,
        ):
            self.assertIn(words, html)
        self.assertNotIn("The first", html)

    def test_a_run_without_differences_says_so(self):
        self.go_live_all()
        run = self.reconcile()
        reports = self.env["ir.actions.report"]
        html = reports._render_qweb_html(REPORT, run.ids)[0].decode()
        self.assertIn("No difference is recorded", html)

    def test_listing_order_and_channel_lead_to_their_differences(self):
        self.go_live_all()
        name = self.fake.sell()
        self.capture(name)
        order = self.order(name)
        self.assertFalse(order.reconcile_count)
        difference = self.env["channel.reconcile.difference"].create(
            {
                "company_id": self.channel.company_id.id,
                "channel_id": self.channel.id,
                "listing_id": self.listing.id,
                "kind": "order_changed",
                "state": "open",
                "stock_ref": name,
                "res_model": "channel.order",
                "res_id": order.id,
            }
        )
        self.env.invalidate_all()
        for record in (order, self.listing, self.channel):
            self.assertEqual(record.reconcile_count, 1)
        action = order.action_open_reconcile_differences()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, difference)
        action = self.channel.action_open_reconcile_days()
        self.assertEqual(action["res_model"], "channel.reconcile.day")
