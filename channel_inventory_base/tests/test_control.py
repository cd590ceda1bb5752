# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..tools.explain import explain
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestControl(ChannelCase):
    """A rule counts when it was approved, as it was approved, and for no longer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls.make_user(cls.env, "operator", "control_operator")
        cls.anna = cls.make_user(cls.env, "manager", "anna")
        cls.bert = cls.make_user(cls.env, "manager", "bert")
        cls.company = cls.channel.company_id
        cls.draft = cls.env["channel.rule"].create({"kind": "fixed", "value": 3})

    def ask_second_person(self):
        self.company.channel_change_approval = True

    def effect(self):
        """The value that counts on the level."""
        self.plan()
        return self.level.inputs.get("fixed")

    def audit(self, record):
        return self.env["channel.audit"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )

    # ----------------------------------------------------------- life cycle
    def test_draft_counts_for_nothing(self):
        self.plan()
        self.assertEqual(self.level.target, 10)
        self.draft.with_user(self.operator).action_propose()
        self.plan()
        self.assertEqual(self.level.target, 10)

    def test_proposed_by_an_operator_approved_by_a_manager(self):
        self.draft.with_user(self.operator).action_propose()
        self.assertEqual(self.draft.proposed_by_id, self.operator)
        self.draft.with_user(self.anna).action_approve()
        version = self.draft.active_version_id
        self.assertEqual(
            (version.proposed_by_id, version.approved_by_id),
            (self.operator, self.anna),
        )
        self.assertEqual(self.draft.state, "active")
        self.assertFalse(self.draft.proposed_by_id)
        self.assertEqual(self.effect(), 3)

    def test_edit_makes_a_draft_while_the_version_stays_in_effect(self):
        self.draft.action_activate()
        self.draft.with_user(self.operator).value = 5
        self.assertEqual(self.draft.state, "draft")
        self.assertIn("3", self.draft.changes)
        self.assertIn("5", self.draft.changes)
        self.assertEqual(self.effect(), 3)
        self.draft.action_activate()
        self.assertEqual(self.effect(), 5)
        self.assertEqual(
            self.draft.version_ids.sorted("number").mapped("state"),
            ["retired", "active"],
        )

    def test_writing_the_same_again_changes_nothing(self):
        self.draft.action_activate()
        self.draft.write({"value": 3, "channel_id": False})
        self.assertEqual(self.draft.state, "active")

    def test_edit_back_to_what_is_in_effect_is_no_change(self):
        self.draft.action_activate()
        self.draft.value = 5
        self.draft.value = 3
        self.assertEqual(self.draft.state, "active")

    def test_products_of_the_same_name_are_different_scopes(self):
        first, second = (self.make_product(self.env, 7) for _each in range(2))
        self.draft.product_id = first
        self.draft.action_activate()
        self.draft.product_id = second
        self.assertEqual(self.draft.state, "draft")

    def test_edit_takes_a_proposal_back(self):
        self.draft.action_propose()
        self.draft.with_user(self.operator).value = 4
        self.assertEqual(self.draft.state, "draft")
        self.assertFalse(self.draft.proposed_by_id)
        with self.assertRaisesRegex(UserError, "the state “draft”"):
            self.draft.with_user(self.anna).action_approve()

    def test_what_was_looked_at_is_what_is_approved(self):
        self.draft.action_propose()
        seen = fields.Datetime.to_string(self.draft.proposed_at)
        self.draft.value = 400
        later = fields.Datetime.now() + timedelta(seconds=5)
        with patch.object(fields.Datetime, "now", lambda: later):
            self.draft.action_propose()
        stale = self.draft.with_user(self.anna).with_context(seen_proposal=seen)
        with self.assertRaisesRegex(UserError, "proposed again"):
            stale.action_approve()
        with self.assertRaisesRegex(UserError, "proposed again"):
            stale._reject("No")

    def test_discard_goes_back_to_the_version_in_effect(self):
        self.draft.action_activate()
        self.draft.write({"value": 9, "channel_id": self.channel.id, "name": "Mine"})
        self.draft.with_user(self.operator).action_discard_changes()
        self.assertEqual((self.draft.value, self.draft.state), (3, "active"))
        self.assertFalse(self.draft.channel_id)
        self.assertEqual(self.draft.name, "Fixed buffer 3")

    def test_rejected_with_a_reason_in_the_chatter(self):
        self.draft.with_user(self.operator).action_propose()
        action = self.draft.with_user(self.anna).action_reject()
        wizard = Form(
            self.env["channel.rejection"]
            .with_user(self.anna)
            .with_context(**action["context"])
        )
        wizard.reason = "Too much before the fair"
        wizard.save().action_confirm()
        self.assertEqual(self.draft.state, "draft")
        self.assertIn("before the fair", self.draft.message_ids[0].body)
        self.assertIn("before the fair", self.audit(self.draft)[-1].message)

    def test_rejected_change_leaves_the_version_in_effect(self):
        self.draft.action_activate()
        self.draft.value = 8
        self.draft.action_propose()
        self.draft._reject("No")
        self.assertEqual(self.draft.state, "draft")
        self.assertEqual(self.effect(), 3)

    def test_retired_rule_counts_no_longer_and_can_be_reopened(self):
        self.draft.action_activate()
        self.draft.with_user(self.anna).action_retire()
        self.assertEqual(self.draft.state, "retired")
        self.assertIsNone(self.effect())
        with self.assertRaisesRegex(UserError, "reopen"):
            self.draft.value = 4
        self.draft.with_user(self.operator).action_reopen()
        self.draft.value = 4
        self.draft.action_activate()
        self.assertEqual(self.draft.active_version_id.number, 2)

    # -------------------------------------------------------- second person
    def test_nobody_approves_what_he_proposed_himself(self):
        self.ask_second_person()
        rule = self.draft.with_user(self.anna)
        with self.assertRaisesRegex(UserError, "another manager approves"):
            rule.action_activate()
        rule.action_propose()
        for button in (rule.action_approve, rule.action_activate):
            with self.assertRaisesRegex(UserError, "yourself"):
                button()
        self.assertFalse(rule.may_approve)
        self.assertTrue(self.draft.with_user(self.bert).may_approve)
        self.draft.with_user(self.bert).action_approve()
        self.assertEqual(self.draft.state, "active")

    def test_not_even_the_system_approves_its_own_proposal(self):
        self.ask_second_person()
        self.draft.action_propose()
        with self.assertRaisesRegex(UserError, "yourself"):
            self.draft.action_approve()

    def test_end_needs_a_second_person_too(self):
        self.draft.action_activate()
        self.ask_second_person()
        self.draft.with_user(self.operator).action_retire()
        self.assertEqual(
            (self.draft.state, self.draft.proposal), ("proposed", "retire")
        )
        self.assertEqual(self.effect(), 3)
        self.draft.with_user(self.anna).action_approve()
        self.assertEqual(self.draft.state, "retired")
        self.assertIsNone(self.effect())

    def test_rejected_end_leaves_the_rule_active(self):
        self.draft.action_activate()
        self.ask_second_person()
        self.draft.with_user(self.operator).action_retire()
        self.draft.with_user(self.anna)._reject("It is needed")
        self.assertEqual(self.draft.state, "active")

    def test_for_me_to_approve_is_what_others_have_proposed(self):
        self.ask_second_person()
        mine = self.draft.copy()
        mine.with_user(self.anna).action_propose()
        self.draft.with_user(self.bert).action_propose()
        rules = self.env["channel.rule"].with_user(self.anna)
        scope = [("id", "in", (self.draft | mine).ids)]
        self.assertEqual(rules.search([*scope, ("may_approve", "=", True)]), self.draft)
        self.assertEqual(rules.search([*scope, ("may_approve", "=", False)]), mine)
        operators = rules.with_user(self.operator)
        self.assertFalse(operators.search([*scope, ("may_approve", "=", True)]))
        self.company.channel_change_approval = False
        self.assertEqual(
            rules.search([*scope, ("may_approve", "=", True)]), self.draft | mine
        )

    # --------------------------------------------------------------- rights
    def test_operator_decides_nothing(self):
        rule = self.draft.with_user(self.operator)
        for button in (rule.action_activate, rule.action_retire):
            with self.assertRaises(AccessError):
                button()
        rule.action_propose()
        for button in (rule.action_approve, rule.action_activate, rule.action_reject):
            with self.assertRaises(AccessError):
                button()
        with self.assertRaises(AccessError):
            rule._reject("No")

    def test_user_and_auditor_do_not_even_propose(self):
        for role in ("user", "auditor"):
            rule = self.draft.with_user(self.make_user(self.env, role))
            for button in (rule.action_propose, rule.action_withdraw):
                with self.subTest(role), self.assertRaises(AccessError):
                    button()

    def test_nobody_writes_what_buttons_write(self):
        self.draft.action_activate()
        version = self.draft.active_version_id
        rule = self.draft.with_user(self.anna)
        for vals in (
            {"state": "proposed"},
            {"state": "draft"},
            {"proposed_by_id": self.bert.id},
            {"proposed_at": "2026-01-01 00:00:00"},
            {"proposal": "retire"},
            {"active_version_id": False},
            {"version_ids": [(1, version.id, {"value": 0})]},
        ):
            with self.subTest(vals), self.assertRaises(AccessError):
                rule.write(vals)
            with self.subTest(vals), self.assertRaises(AccessError):
                rule.with_context(seen_proposal="x", tracking_disable=True).write(vals)
        with self.assertRaises(AccessError):
            rule.create({"kind": "fixed", "value": 1, "state": "active"})
        with self.assertRaises(AccessError):
            version.with_user(self.anna).write({"value": 0})

    def test_copy_is_a_draft(self):
        self.draft.action_activate()
        copy = self.draft.with_user(self.operator).copy()
        self.assertEqual((copy.state, copy.version_count), ("draft", 0))

    def test_rule_with_versions_is_not_deleted(self):
        self.draft.action_activate()
        self.draft.action_retire()
        with self.assertRaisesRegex(UserError, "archive it instead"):
            self.draft.with_user(self.anna).unlink()
        self.draft.with_user(self.anna).active = False

    def test_rule_in_effect_is_not_hidden(self):
        self.draft.action_activate()
        with self.assertRaisesRegex(ValidationError, "retire it"):
            self.draft.active = False

    def test_kind_and_company_stay_once_a_version_exists(self):
        self.draft.kind = "percent"
        self.draft.action_activate()
        with self.assertRaisesRegex(UserError, "kind and company cannot change"):
            self.draft.kind = "fixed"
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaisesRegex(UserError, "kind and company cannot change"):
            self.draft.company_id = other

    # --------------------------------------------------------- completeness
    def test_incomplete_is_not_proposed(self):
        past = fields.Datetime.now() - timedelta(days=1)
        group = self.make_group(self.env, self.channel, "One")
        for terms, words in (
            ({"kind": "fixed", "value": 1, "valid_until": past}, "ended already"),
            (
                {"kind": "exclusive", "value": 0, "allocation_group_id": group.id},
                "group One is not in effect",
            ),
            (
                {
                    "kind": "backorder",
                    "value": 5,
                    "horizon_days": 3,
                    "lead_days": 3,
                },
                "promises nothing",
            ),
        ):
            rule = self.env["channel.rule"].create(terms)
            with self.subTest(terms), self.assertRaisesRegex(UserError, words):
                rule.action_propose()
            with self.subTest(terms), self.assertRaisesRegex(UserError, words):
                rule.action_activate()

    def test_what_has_ended_since_its_proposal_is_not_approved(self):
        self.draft.valid_until = fields.Datetime.now() + timedelta(hours=1)
        self.draft.action_propose()
        later = fields.Datetime.now() + timedelta(hours=2)
        with (
            patch.object(fields.Datetime, "now", lambda: later),
            self.assertRaisesRegex(UserError, "ended already"),
        ):
            self.draft.action_approve()

    # ---------------------------------------------------------------- audit
    def test_each_decision_is_in_the_audit_trail(self):
        self.draft.with_user(self.operator).action_propose()
        self.draft.with_user(self.anna).action_approve()
        self.draft.with_user(self.operator).value = 5
        self.draft.with_user(self.operator).action_propose()
        self.draft.with_user(self.anna)._reject("No")
        self.draft.with_user(self.anna).action_retire()
        entries = self.audit(self.draft)
        self.assertEqual(
            [(entry.user_id.login, entry.message.split(": ")[1]) for entry in entries],
            [
                ("control_operator", "proposed"),
                ("anna", "approved"),
                ("control_operator", "proposed"),
                ("anna", f"proposal of {self.operator.name} rejected"),
                ("anna", "retired"),
            ],
        )
        self.assertEqual(entries[2].data["value"], ["3", "5"])
        self.assertEqual(entries.company_id, self.company)

    # ---------------------------------------------------------------- words
    def test_people_s_names_stay_and_automatic_ones_follow(self):
        self.assertEqual(self.draft.name, "Fixed buffer 3")
        self.draft.value = 4
        self.assertEqual(self.draft.name, "Fixed buffer 4")
        self.draft.kind = "percent"
        self.assertEqual(self.draft.name, "Percent buffer 4 %")
        self.draft.name = "Trade fair"
        self.draft.value = 5
        self.assertEqual(self.draft.name, "Trade fair")

    def test_summary_tells_every_kind(self):
        kinds = dict(self.draft._fields["kind"].selection)
        rules = [self.env["channel.rule"].new({"kind": kind}) for kind in kinds]
        words = {rule.summary for rule in rules}
        self.assertEqual(len(words), len(kinds))
        self.assertTrue(all(word.endswith("everywhere") for word in words))
        self.assertTrue(all(rule.unit_label for rule in rules))

    def test_number_is_found_by_the_version_it_names(self):
        self.draft.action_activate()
        first = self.draft.active_version_id
        self.go_live(shown=0)
        self.publish()
        self.draft.value = 5
        self.draft.action_activate()
        self.plan()
        second = self.draft.active_version_id
        levels, lines = self.env["channel.level"], self.env["channel.publication.line"]
        for model, version, found in (
            (levels, first, 0),
            (levels, second, 1),
            (lines, first, 1),
            (lines, second, 0),
        ):
            domain = [("rule_version_ids", "in", version.ids)]
            self.assertEqual(model.search_count(domain), found)
        self.assertEqual(self.level.rule_version_ids, second)
        line = lines.search([("level_id", "=", self.level.id)])
        self.assertIn("Fixed buffer 3, version 1", line.why)
        self.assertIn("Fixed buffer 5, version 2", self.level.why)
        self.assertEqual(explain(line.inputs)[-1].result, 7)

    def test_number_is_found_by_a_rule_for_one_warehouse(self):
        self.draft.warehouse_id = self.warehouse
        self.draft.action_activate()
        self.plan()
        domain = [("rule_version_ids", "in", self.draft.active_version_id.ids)]
        self.assertEqual(self.env["channel.level"].search(domain), self.level)


@tagged("post_install", "-at_install")
class TestScope(ChannelCase):
    """How many numbers a rule is about, as written and not saved yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["product.tag"].create({"name": "Scope"})
        cls.category = cls.env["product.category"].create({"name": "Scope"})
        cls.child = cls.env["product.category"].create(
            {"name": "Below", "parent_id": cls.category.id}
        )
        cls.other = cls.make_channel(cls.env, code="SC2", name="Other")
        cls.product.categ_id = cls.child
        second = cls.make_product(cls.env, 2, product_tag_ids=[(4, cls.tag.id)])
        third = cls.make_product(
            cls.env, 3, additional_product_tag_ids=[(4, cls.tag.id)]
        )
        for number, product in ((2, second), (3, third)):
            cls.make_listing(cls.env, cls.other, product, number)
        cls.third = third
        cls.env.flush_all()
        cls.env["channel.planner"]._run()
        cls.env.invalidate_all()

    def count(self, **terms):
        rule = self.env["channel.rule"].new({"kind": "fixed", "value": 1, **terms})
        return rule.level_count

    def test_each_scope_is_counted(self):
        whole = self.count()
        self.assertGreaterEqual(whole, 3)
        for terms, count in (
            ({"channel_id": self.channel.id}, 1),
            ({"channel_id": self.other.id}, 2),
            ({"node_id": self.node.id}, 1),
            ({"warehouse_id": self.warehouse.id}, 1),
            ({"categ_id": self.category.id}, 1),
            ({"categ_id": self.child.id}, 1),
            ({"tag_id": self.tag.id}, 2),
            ({"tag_id": self.tag.id, "product_id": self.third.id}, 1),
            ({"tag_id": self.tag.id, "channel_id": self.channel.id}, 0),
            ({"product_tmpl_id": self.third.product_tmpl_id.id}, 1),
            ({"listing_id": self.listing.id}, 1),
        ):
            with self.subTest(terms):
                self.assertEqual(self.count(**terms), count)

    def test_exclusive_scope_is_the_groups_channels(self):
        group = self.make_group(self.env, self.other)
        self.assertEqual(self.count(kind="exclusive", allocation_group_id=group.id), 2)

    def test_count_follows_unsaved_edits_in_one_statement(self):
        with Form(self.env["channel.rule"]) as form:
            form.value = 2
            form.channel_id = self.channel
            self.assertEqual(form.level_count, 1)
            form.channel_id = self.other
            self.assertEqual(form.level_count, 2)
        rule = form.record
        self.env.invalidate_all()
        rule.name, rule.company_id.name, self.env.user.has_group("base.group_user")
        rule._scope_domain()
        with self.assertQueryCount(1):
            self.assertEqual(rule.level_count, 2)

    def test_button_opens_what_was_counted(self):
        rule = self.env["channel.rule"].create(
            {"kind": "fixed", "value": 1, "tag_id": self.tag.id}
        )
        action = rule.action_show_levels()
        levels = self.env["channel.level"].search(action["domain"])
        self.assertEqual(len(levels), rule.level_count)
        self.assertEqual(levels.channel_id, self.other)

    def test_gone_listing_is_not_in_scope(self):
        self.assertEqual(self.count(listing_id=self.listing.id), 1)
        self.listing.state = "gone"
        self.assertEqual(self.count(listing_id=self.listing.id), 0)
