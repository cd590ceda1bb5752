# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ReconcileCase


class PolicyCase(ReconcileCase):
    def setUp(self):
        super().setUp()
        self.add_stock(self.env, self.product, self.warehouse, 90)
        self.make_levels(9)
        self.go_live_all()
        self.company = self.channel.company_id

    def policy(self, **values):
        policy = self.env["channel.reconcile.policy"].create(
            {"name": "Shop", "units": 2, "percent": 5, **values}
        )
        policy.action_activate()
        return policy

    def proposed(self, quantity, number=1):
        self.show(number, quantity)
        self.reconcile()
        self.settle()
        return self.differences(stock_ref=f"item-{number}")


@tagged("post_install", "-at_install")
class TestPolicy(PolicyCase):
    """How much may differ, and what is asked of whom."""

    def test_5_within_tolerance_it_is_put_right_silently_above_it_is_proposed(self):
        self.policy()
        self.show(1, 101)
        self.show(100, 50)
        self.reconcile()
        self.settle()
        silent = self.differences(stock_ref="item-1")
        self.assertEqual((silent.state, silent.within_tolerance), ("repaired", True))
        self.assertEqual(self.shown(1), 100)
        self.assertFalse(self.exceptions(category="drift"))
        asked = self.differences(stock_ref="item-100")
        self.assertEqual((asked.state, asked.units), ("proposed", -50))
        self.assertEqual(len(self.exceptions(category="proposal")), 1)
        # not raised meanwhile, whatever is planned
        self.assertEqual(self.shown(100), 50)
        self.add_stock(self.env, self.product, self.warehouse, 7)
        self.plan()
        self.publish()
        self.assertEqual((self.shown(101), self.shown(100)), (107, 50))
        # lowered, when stock ends
        self.add_stock(self.env, self.product, self.warehouse, -107)
        self.plan()
        self.publish()
        self.assertEqual((self.shown(101), self.shown(100)), (0, 0))

    def test_what_is_put_right_again_and_again_is_a_persons(self):
        """Eshopbox-Enginnering/Central-Backlog#333: corrections without an end. A shop
        shows another number every morning, which is put right in silence."""
        self.policy()
        told = []
        for _night in range(4):
            self.show(1, 101)
            self.reconcile()
            self.settle()
            self.assertEqual(self.shown(1), 100)
            told += [self.exceptions(category="reconcile").mapped("message")]
        self.assertEqual(list(map(len, told)), [0, 0, 1, 1])
        self.assertIn("4 times in 7 days", told[-1][0])
        self.reconcile()
        self.assertFalse(self.exceptions(category="reconcile"))

    def test_a_number_that_is_too_high_is_lowered_before_it_is_decided(self):
        self.policy()
        found = self.proposed(150)
        self.assertEqual((found.state, found.units), ("proposed", 50))
        self.assertEqual(self.shown(1), 100)

    def test_what_waits_for_a_person_is_not_stuck(self):
        self.policy()
        self.proposed(50)
        self.env["channel.level.pending"].search([]).since = (
            fields.Datetime.now() - timedelta(hours=2)
        )
        self.env.flush_all()
        self.channel.invalidate_recordset()
        self.assertFalse(self.channel.oldest_pending)

    def test_all_three_limits_of_a_tolerance_count(self):
        policies = self.env["channel.reconcile.policy"]
        terms = {"units": 10, "percent": 5, "value": 20}
        self.assertTrue(policies._is_tolerated(terms, 5, 100, 20))
        self.assertFalse(policies._is_tolerated(terms, 6, 100, 20))
        self.assertFalse(policies._is_tolerated(terms, 5, 100, 21))
        self.assertFalse(policies._is_tolerated(terms, 11, 1000, 1))
        unlimited = {"units": 10, "percent": 0, "value": 0}
        self.assertTrue(policies._is_tolerated(unlimited, 10, 1, 999))
        self.assertFalse(policies._is_tolerated({**terms, "units": 0}, 0, 1, 0))
        self.assertFalse(policies._is_tolerated(None, 1, 100, 1))

    def test_the_most_specific_policy_counts(self):
        self.policy(name="All", edited="propose")
        self.policy(name="This", listing_id=self.listing.id, edited="repair", units=0)
        self.show(1, 60)
        self.show(100, 60)
        self.reconcile()
        self.settle()
        self.assertEqual(self.differences(stock_ref="item-1").state, "repaired")
        self.assertEqual(self.differences(stock_ref="item-100").state, "proposed")

    def test_a_draft_has_no_effect_and_an_edit_none_before_it_is_activated(self):
        policy = self.env["channel.reconcile.policy"].create(
            {"name": "Draft", "units": 2}
        )
        self.assertEqual(self.proposed(50).state, "repaired")
        policy.action_activate()
        policy.edited = "repair"
        self.assertEqual((policy.state, policy.is_changed), ("draft", True))
        self.assertEqual(self.proposed(50, 100).state, "proposed")

    def test_what_is_ignored_is_counted_only(self):
        self.policy(unmapped="ignore")
        self.show(900, 7)
        run = self.reconcile()
        self.assertEqual(run.counts["unmapped"], 1)
        self.assertFalse(self.differences())

    def test_a_policy_is_approved_by_another_manager(self):
        self.company.channel_change_approval = True
        one = self.make_user(self.env, "manager", "policy_one")
        two = self.make_user(self.env, "manager", "policy_two")
        policies = self.env["channel.reconcile.policy"].with_user(one)
        policy = policies.create({"name": "Shop", "units": 2})
        with self.assertRaises(UserError):
            policy.action_activate()
        policy.action_propose()
        with self.assertRaises(UserError):
            policy.action_approve()
        self.assertFalse(policy.effect)
        policy.with_user(two).action_approve()
        self.assertEqual((policy.state, policy.effect["units"]), ("active", 2))
        with self.assertRaises(UserError):
            policy.unlink()


@tagged("post_install", "-at_install")
class TestDecision(PolicyCase):
    """Proposals, and who decides them."""

    def setUp(self):
        super().setUp()
        self.policy()
        self.one = self.make_user(self.env, "manager", "decide_one")
        self.two = self.make_user(self.env, "manager", "decide_two")
        self.reader = self.make_user(self.env, "user", "decide_reader")

    def test_publish_ours(self):
        found = self.proposed(50)
        with self.assertRaises(AccessError):
            found.with_user(self.reader).action_publish_ours()
        found.with_user(self.one).action_publish_ours()
        self.assertEqual((found.state, found.decided_by_id), ("repaired", self.one))
        self.publish()
        self.assertEqual(self.shown(1), 100)
        self.assertFalse(self.exceptions(category="proposal"))

    def test_6_approved_by_another_person_with_the_runs_trace(self):
        self.company.channel_change_approval = True
        found = self.proposed(50)
        found.with_user(self.one).action_publish_ours()
        self.assertEqual(found.state, "decided")
        self.publish()
        self.assertEqual(self.shown(1), 50)
        with self.assertRaises(UserError):
            found.with_user(self.one).action_approve()
        found.with_user(self.two).action_approve()
        self.assertEqual(found.approved_by_id, self.two)
        self.publish()
        self.assertEqual(self.shown(1), 100)
        line = self.env["channel.publication.line"].search(
            [("level_id", "=", found.level_id.id)], limit=1
        )
        self.assertEqual(line.cause_trace, found.run_id.trace)

    def test_a_rejected_decision_is_decided_again(self):
        self.company.channel_change_approval = True
        found = self.proposed(50)
        found.with_user(self.one).action_publish_ours()
        found.with_user(self.two).action_reject()
        self.assertEqual((found.state, found.decision), ("proposed", False))

    def test_count_the_shelf_changes_no_quantity(self):
        found = self.proposed(50)
        quants = self.product.stock_quant_ids.filtered(
            lambda quant: quant.location_id.usage == "internal"
        )
        before = quants.mapped("quantity")
        quants.inventory_date = fields.Date.today() + timedelta(days=90)
        found.with_user(self.one).action_count_shelf()
        self.assertEqual(quants.mapped("quantity"), before)
        self.assertEqual(set(quants.mapped("inventory_date")), {fields.Date.today()})
        self.assertEqual(found.state, "proposed")

    def leave(self, found, user):
        action = found.with_user(user).action_leave_theirs()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": "The shop sells these from its own shelf"})
        )
        wizard.action_confirm()
        self.env.invalidate_all()
        self.plan()
        self.publish()

    def test_leave_theirs_until(self):
        found = self.proposed(50)
        self.leave(found, self.one)
        self.assertEqual((found.state, found.rule_id.value), ("accepted", 50))
        self.assertTrue(found.rule_id.valid_until)
        self.assertEqual((found.level_id.target, self.shown(1)), (50, 50))

    def test_leave_theirs_waits_for_the_approval_of_its_rule(self):
        self.company.channel_change_approval = True
        found = self.proposed(50)
        self.leave(found, self.one)
        self.assertEqual((found.state, found.rule_id.state), ("decided", "proposed"))
        found.rule_id.with_user(self.two).action_approve()
        self.env["channel.reconcile.watcher"]._watch_pending()
        self.assertEqual(found.state, "accepted")

    def test_nobody_answers_and_theirs_is_lower_so_it_stays(self):
        found = self.proposed(50)
        found.answer_by = fields.Datetime.now() - timedelta(minutes=1)
        self.env["channel.reconcile.watcher"]._watch_pending()
        self.publish()
        self.assertEqual((found.state, found.is_escalated), ("proposed", True))
        self.assertEqual(self.shown(1), 50)
        self.assertIn(
            "not decided in time", self.exceptions(category="proposal").message
        )

    def test_nobody_answers_and_ours_is_lower_so_it_stays(self):
        found = self.proposed(150)
        self.assertEqual(self.shown(1), 100)
        found.answer_by = fields.Datetime.now() - timedelta(minutes=1)
        self.env["channel.reconcile.watcher"]._watch_pending()
        self.assertEqual((found.state, found.decision), ("repaired", "safe"))
        self.assertFalse(self.exceptions(category="proposal"))

    def test_one_that_is_not_to_decide_is_refused(self):
        found = self.proposed(50)
        found.action_publish_ours()
        with self.assertRaises(UserError):
            found.action_publish_ours()
        with self.assertRaises(UserError):
            found.action_leave_theirs()
