# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

WATCH = "channel.reconcile.watcher", "_watch_pending"


@tagged("post_install", "-at_install")
class TestLateAnswers(CommittedCase):
    """The recovery finds what was not answered in time; what is answered at that moment
    stays as it was answered."""

    def setUp(self):
        super().setUp()
        self.go_live(50)

    def make(self, **values):
        with self.commit() as env:
            level = self.level(env)
            difference = env["channel.reconcile.difference"].create(
                {
                    "company_id": level.channel_id.company_id.id,
                    "channel_id": self.channel_id,
                    "kind": "edited",
                    "level_id": level.id,
                    "listing_id": self.listing_id,
                    "stock_ref": "item-1",
                    # ours is the lower quantity: it would stay
                    "shown": 60,
                    "expected": 50,
                    "target": 50,
                    **values,
                }
            )
            self.difference_id = difference.id

    def difference(self, env):
        return env["channel.reconcile.difference"].browse(self.difference_id)

    def assertStays(self, change, **values):
        self.recover_while(WATCH, lambda env: change(self.difference(env)))
        with self.commit() as env:
            found = self.difference(env)
            self.assertEqual({name: found[name] for name in values}, values)

    def test_answer_of_the_last_moment(self):
        self.make(state="proposed", answer_by="2020-01-01")
        self.assertStays(
            lambda difference: difference.action_publish_ours(),
            decision="publish",
            is_escalated=False,
        )

    def test_what_the_observer_concludes_at_that_moment(self):
        self.make(state="checking", last_seen="2020-01-01")
        self.assertStays(
            lambda difference: difference.write({"state": "proposed"}),
            state="proposed",
        )

    def test_what_is_closed_while_its_rule_is_refused(self):
        self.make(state="decided", decision="leave")
        self.assertStays(
            lambda difference: difference.write({"state": "closed"}),
            state="closed",
            decision="leave",
        )

    def test_what_nobody_answers_is_settled(self):
        self.make(state="proposed", answer_by="2020-01-01")
        self.assertStays(lambda difference: None, state="repaired", decision="safe")
