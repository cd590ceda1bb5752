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
            with self.assertRaisesRegex(UserError, "active now"):
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
