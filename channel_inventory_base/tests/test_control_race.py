# SPDX-License-Identifier: AGPL-3.0-or-later
import threading

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common_committed import CommittedCase

MANAGER = "channel_inventory_base.group_channel_manager"


@tagged("post_install", "-at_install")
class TestControlRace(CommittedCase):
    """Two people at the same moment: with two connections, not two mocks."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            users = env["res.users"].with_context(active_test=False)
            self.managers = [
                (
                    users.search([("login", "=", login)])
                    or new_test_user(env, login, groups=MANAGER)
                ).id
                for login in ("race_anna", "race_bert")
            ]
            rule = env["channel.rule"].create({"kind": "fixed", "value": 3})
            rule.action_propose()
            self.rule_id = rule.id

    def rule(self, env, user=0):
        return env["channel.rule"].with_user(self.managers[user]).browse(self.rule_id)

    def decide(self, user, start, outcomes, decision):
        """What one request does; both have begun before either decides."""
        try:
            with self.commit() as env:
                rule = self.rule(env, user)
                self.assertEqual(rule.state, "proposed")
                start.wait(20)
                decision(rule)
            outcomes.append("done")
        except SerializationFailure:
            outcomes.append("conflict")  # Odoo repeats the request
        except UserError as error:
            outcomes.append(str(error))

    def race(self, *decisions):
        start, outcomes = threading.Barrier(len(decisions)), []
        self.in_threads(
            *(
                lambda user=user, decision=decision: self.decide(
                    user, start, outcomes, decision
                )
                for user, decision in enumerate(decisions)
            )
        )
        return outcomes

    def test_two_approvals_make_one_version(self):
        outcomes = self.race(*[lambda rule: rule.action_approve()] * 2)
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            rule = self.rule(env)
            self.assertEqual(rule.version_ids.mapped("number"), [1])
            self.assertEqual(rule.state, "active")
            # and the request that is repeated is told so
            with self.assertRaisesRegex(UserError, "the state “active”"):
                rule.action_approve()

    def test_approval_waits_for_nobody(self):
        """Who finds the row taken is told, not kept waiting."""
        with self.commit() as first:
            self.rule(first, 0).action_approve()
            with self.commit() as second:
                with self.assertRaisesRegex(UserError, "right now"):
                    self.rule(second, 1).action_approve()

    def test_what_was_edited_meanwhile_is_not_approved(self):
        def edit(rule):
            rule.value = 400
            rule.flush_recordset()

        outcomes = self.race(lambda rule: rule.action_approve(), edit)
        with self.commit() as env:
            rule = self.rule(env)
            # one of the two came first, and the other was told
            self.assertEqual(outcomes.count("done"), 1, outcomes)
            values = rule.version_ids.mapped("value")
            self.assertIn((rule.value, values), [(3, [3]), (400, [])])

    def test_approval_and_rejection_exclude_each_other(self):
        outcomes = self.race(
            lambda rule: rule.action_approve(), lambda rule: rule._reject("No")
        )
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            rule = self.rule(env)
            self.assertEqual(len(rule.version_ids), int(rule.state == "active"))


@tagged("post_install", "-at_install")
class TestMappingRace(TestControlRace):
    """The same of mappings, whose proposals are rows of their own."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            env.company.channel_change_approval = True
            listing = env["channel.listing"].browse(self.listing_id)
            listing.pack_qty = 6
            self.proposal_id = listing.proposal_id.id

    def rule(self, env, user=0):
        proposals = env["channel.listing.version"].with_user(self.managers[user])
        return proposals.browse(self.proposal_id)

    def test_two_approvals_make_one_version(self):
        outcomes = self.race(*[lambda each: each.action_approve()] * 2)
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            listing = env["channel.listing"].browse(self.listing_id)
            self.assertEqual(listing.pack_qty, 6)
            self.assertEqual(listing.version_id.id, self.proposal_id)
            active = listing.version_ids.filtered(lambda each: each.state == "active")
            self.assertEqual(len(active), 1)

    def test_what_was_edited_meanwhile_is_not_approved(self):
        def edit(proposal):
            proposal.listing_id.pack_qty = 400
            proposal.flush_model()

        outcomes = self.race(lambda each: each.action_approve(), edit)
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            listing = env["channel.listing"].browse(self.listing_id)
            proposed = listing.proposal_id.pack_qty
            self.assertIn((listing.pack_qty, proposed), [(6, 0), (1, 400)])

    def test_two_proposals_leave_one(self):
        def propose(quantity):
            def run(proposal):
                proposal.listing_id.pack_qty = quantity
                proposal.flush_model()

            return run

        outcomes = self.race(propose(7), propose(8))
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            listing = env["channel.listing"].browse(self.listing_id)
            versions = listing.version_ids
            waiting = versions.filtered(lambda each: each.state == "proposed")
            self.assertEqual(waiting, listing.proposal_id)
            self.assertIn(waiting.pack_qty, (7, 8))

    def test_approval_and_rejection_exclude_each_other(self):
        outcomes = self.race(
            lambda each: each.action_approve(), lambda each: each._reject("No")
        )
        self.assertEqual(outcomes.count("done"), 1, outcomes)


@tagged("post_install", "-at_install")
class TestAllocationRace(TestControlRace):
    """The same of groups, whose members are rows of their own."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            env.company.channel_change_approval = False
            first = self.channel(env)
            second = self.make_channel(env, code=f"R{next(self.numbers)}")
            group = self.make_group(env, first | second, weight=3)
            group.action_propose()
            self.group_id = group.id

    def rule(self, env, user=0):
        groups = env["channel.allocation.group"].with_user(self.managers[user])
        return groups.browse(self.group_id)

    def test_what_was_edited_meanwhile_is_not_approved(self):
        def edit(group):
            group.member_ids[0].weight = 400
            group.flush_recordset()

        outcomes = self.race(lambda group: group.action_approve(), edit)
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            group = self.rule(env)
            weight = group.member_ids[0].weight
            members = group.active_version_id.member_ids
            self.assertIn((weight, members.mapped("weight")), [(3, [3, 3]), (400, [])])

    def test_draft_that_is_edited_while_it_is_activated_says_so(self):
        """Nothing of the group's own row need change by such an edit."""
        with self.commit() as env:
            self.rule(env).action_withdraw()
        start, outcomes = threading.Barrier(2), []

        def run(decision):
            try:
                with self.commit() as env:
                    group = self.rule(env)
                    self.assertEqual(group.member_ids.mapped("weight"), [3, 3])
                    start.wait(20)
                    decision(group)
                outcomes.append("done")
            except (SerializationFailure, UserError) as error:
                outcomes.append(str(error))

        def edit(group):
            group.member_ids[0].weight = 400
            group.flush_recordset()

        self.in_threads(lambda: run(edit), lambda: run(lambda g: g.action_activate()))
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            group = self.rule(env)
            self.assertFalse(group.is_changed and group.state == "active")

    def test_group_does_not_end_while_a_rule_begins_to_need_it(self):
        with self.commit() as env:
            group = self.rule(env)
            group.action_approve()
            rule = env["channel.rule"].create(
                {
                    "kind": "exclusive",
                    "value": 0,
                    "allocation_group_id": group.id,
                }
            )
            rule.action_propose()
            env.company.channel_change_approval = True
            group.with_user(self.managers[0]).action_retire()

        outcomes = self.race(
            # whoever proposed the end cannot approve it himself
            lambda group: group.env["channel.rule"].browse(rule.id).action_approve(),
            lambda group: group.action_approve(),
        )
        self.assertEqual(outcomes.count("done"), 1, outcomes)
        with self.commit() as env:
            counts = bool(env["channel.rule"].browse(rule.id).active_version_id)
            self.assertEqual(counts, bool(self.rule(env).active_version_id))
