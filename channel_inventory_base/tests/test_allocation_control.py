# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import contextmanager

from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .test_exclusive import ExclusiveCase


class AllocationControlCase(ExclusiveCase):
    """The first two of three channels share 10 of product 1, half and half."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls.make_user(cls.env, "operator")
        cls.anna = cls.make_user(cls.env, "manager", "group_anna")
        cls.bert = cls.make_user(cls.env, "manager", "group_bert")
        cls.company = cls.channel.company_id
        cls.group.member_ids[2].unlink()
        cls.group.action_activate()

    @contextmanager
    def refused(self, words):
        """A write that leaves nothing behind, as when a request ends with the error."""
        self.env.flush_all()
        with self.assertRaisesRegex(UserError, words):
            yield
        self.env.clear()

    def ask_second_person(self):
        self.company.channel_change_approval = True

    def entitled(self):
        self.plan()
        return [level.inputs.get("entitled") for level in self.levels]

    def draft(self, name="Draft", channels=None, **values):
        return self.make_group(self.env, channels or self.channels, name, **values)


@tagged("post_install", "-at_install")
class TestAllocationControl(AllocationControlCase):
    """Who shares what counts when it was approved, as it was approved."""

    # ----------------------------------------------------------- life cycle
    def test_draft_of_a_group_counts_for_nothing(self):
        self.group.member_ids[0].weight = 4
        self.group.member_ids = [(0, 0, {"channel_id": self.channels[2].id})]
        self.group.basis = "sales"
        self.assertEqual(self.group.state, "draft")
        self.assertEqual(self.entitled(), [5, 5, None])
        self.group.action_propose()
        self.assertEqual(self.entitled(), [5, 5, None])

    def test_activation_has_the_numbers_planned_anew(self):
        self.assertEqual(self.entitled(), [5, 5, None])
        self.group.member_ids[0].weight = 4
        self.group.action_activate()
        self.assertEqual(self.entitled(), [8, 2, None])
        self.assertEqual(
            self.group.version_ids.sorted("number").mapped("state"),
            ["retired", "retired", "active"],
        )

    def test_another_basis_has_the_numbers_planned_anew(self):
        self.assertEqual(self.entitled(), [5, 5, None])
        self.env["channel.sales.rate"].create(
            {
                "product_id": self.product.id,
                "company_id": self.company.id,
                "channel_id": self.channels[0].id,
                "per_day": 3,
                "measured_at": "2026-01-01",
            }
        )
        self.plan()
        self.group.basis = "sales"
        self.group.action_activate()
        self.assertEqual(self.entitled(), [10, 0, None])

    def test_proposed_by_an_operator_approved_by_a_manager(self):
        self.group.with_user(self.operator).member_ids[0].weight = 4
        self.group.with_user(self.operator).action_propose()
        self.group.with_user(self.anna).action_approve()
        version = self.group.active_version_id
        self.assertEqual(
            (version.proposed_by_id, version.approved_by_id),
            (self.operator, self.anna),
        )
        self.assertEqual(self.entitled(), [8, 2, None])

    def test_each_edit_of_a_member_takes_a_proposal_back(self):
        members = self.env["channel.allocation.member"].with_user(self.operator)
        third = {"group_id": self.group.id, "channel_id": self.channels[2].id}
        edits = (
            lambda: self.group.write({"basis": "sales"}),
            lambda: members.browse(self.group.member_ids[0].id).write({"weight": 3}),
            lambda: members.create(third),
            lambda: members.browse(self.group.member_ids[2].id).unlink(),
            lambda: self.group.write({"member_ids": [(0, 0, third)]}),
            lambda: self.group.write({"name": "Shops"}),
        )
        self.group.member_ids[1].weight = 2
        for number, edit in enumerate(edits):
            self.group.action_propose()
            with self.subTest(number):
                edit()
                self.assertEqual(self.group.state, "draft")
                self.assertFalse(self.group.proposed_by_id)
                with self.assertRaisesRegex(UserError, "the state “draft”"):
                    self.group.with_user(self.anna).action_approve()

    def test_edit_back_to_what_is_in_effect_is_no_change(self):
        member = self.group.member_ids[0]
        member.weight = 4
        member.weight = 1
        self.assertEqual(self.group.state, "active")
        self.group.member_ids.write({"sequence": 3})
        self.assertEqual(self.group.state, "active")

    def test_discard_goes_back_to_the_version_in_effect(self):
        self.group.write(
            {
                "basis": "sales",
                "name": "Shops",
                "member_ids": [
                    (1, self.group.member_ids[0].id, {"weight": 7}),
                    (0, 0, {"channel_id": self.channels[2].id}),
                ],
            }
        )
        self.group.with_user(self.operator).action_discard_changes()
        self.assertEqual(self.group.state, "active")
        self.assertEqual((self.group.name, self.group.basis), ("Web", "weight"))
        self.assertEqual(self.group.member_ids.channel_id, self.channels[:2])
        self.assertEqual(self.group.member_ids.mapped("weight"), [1, 1])

    def test_changes_are_told_in_words(self):
        self.group.member_ids[0].weight = 4
        self.assertTrue(self.group.is_changed)
        self.assertIn("Fake 1, Fake 1 → Fake 4, Fake 1", self.group.changes)
        self.group.action_activate()
        self.assertEqual(
            self.group.active_version_id.changes,
            "Channels: Fake 1, Fake 1 → Fake 4, Fake 1",
        )
        self.assertEqual(self.group.active_version_id.display_name, "Web, version 3")

    def test_form_tells_changes_before_they_are_saved(self):
        with Form(self.group) as form:
            with form.member_ids.edit(0) as member:
                member.weight = 4
            self.assertIn("Fake 4", form.changes)

    def test_rejected_with_a_reason_in_the_chatter(self):
        self.group.with_user(self.operator).member_ids[0].weight = 4
        self.group.with_user(self.operator).action_propose()
        self.group.with_user(self.anna)._reject("Too much for one shop")
        self.assertEqual(self.group.state, "draft")
        self.assertIn("for one shop", self.group.message_ids[0].body)
        self.assertEqual(self.entitled(), [5, 5, None])

    def test_each_decision_is_in_the_audit_trail(self):
        self.group.with_user(self.operator).member_ids[0].weight = 4
        self.group.with_user(self.operator).action_propose()
        self.group.with_user(self.anna).action_approve()
        entries = self.env["channel.audit"].search(
            [("res_model", "=", self.group._name), ("res_id", "=", self.group.id)],
            order="id desc",
            limit=2,
        )
        self.assertEqual(entries.user_id, self.operator | self.anna)
        self.assertEqual(
            entries[0].data["member_ids"], ["Fake 1, Fake 1", "Fake 4, Fake 1"]
        )

    # -------------------------------------------------------- second person
    def test_nobody_approves_what_he_proposed_himself(self):
        self.ask_second_person()
        group = self.group.with_user(self.anna)
        group.member_ids[0].weight = 4
        with self.assertRaisesRegex(UserError, "another manager approves"):
            group.action_activate()
        group.action_propose()
        for button in (group.action_approve, group.action_activate):
            with self.assertRaisesRegex(UserError, "yourself"):
                button()
        self.assertFalse(group.may_approve)
        self.assertEqual(self.entitled(), [5, 5, None])
        found = self.env["channel.allocation.group"].with_user(self.bert)
        self.assertIn(self.group, found.search([("may_approve", "=", True)]))
        self.group.with_user(self.bert).action_approve()
        self.assertEqual(self.entitled(), [8, 2, None])

    # --------------------------------------------------------------- rights
    def test_nobody_writes_what_buttons_write(self):
        version = self.group.active_version_id
        group = self.group.with_user(self.anna)
        for vals in (
            {"state": "draft"},
            {"proposed_by_id": self.bert.id},
            {"proposal": "retire"},
            {"active_version_id": False},
            {"version_ids": [(1, version.id, {"basis": "sales"})]},
        ):
            with self.subTest(vals), self.assertRaises(AccessError):
                group.write(vals)
        with self.assertRaises(AccessError):
            group.create({"name": "Mine", "state": "active"})
        for record, vals in (
            (version, {"basis": "sales"}),
            (version.member_ids[0], {"weight": 9}),
        ):
            with self.subTest(record._name), self.assertRaises(AccessError):
                record.with_user(self.anna).write(vals)
            with self.subTest(record._name), self.assertRaises(AccessError):
                record.with_user(self.anna).unlink()

    def test_operator_decides_nothing(self):
        draft = self.draft().with_user(self.operator)
        with self.assertRaises(AccessError):
            draft.action_activate()
        draft.action_propose()
        for button in (draft.action_approve, draft.action_activate):
            with self.assertRaises(AccessError):
                button()
        with self.assertRaises(AccessError):
            self.group.with_user(self.operator).action_retire()

    def test_user_and_auditor_do_not_even_propose(self):
        for role in ("user", "auditor"):
            user = self.make_user(self.env, role)
            draft = self.draft(role).with_user(user)
            for button in (draft.action_propose, draft.action_preview):
                with self.subTest(role), self.assertRaises(AccessError):
                    button()
            with self.subTest(role), self.assertRaises(AccessError):
                draft.member_ids[0].weight = 3
            versions = self.env["channel.allocation.version"].with_user(user)
            found = versions.search([("group_id", "=", self.group.id)])
            self.assertEqual(len(found.member_ids), 5)

    def test_versions_of_another_company_are_not_seen(self):
        theirs = self.env["res.company"].create({"name": "Theirs"})
        channels = self.env["channel.channel"].create(
            [{"name": name, "company_id": theirs.id} for name in ("One", "Two")]
        )
        group = self.draft("Theirs", channels, company_id=theirs.id)
        group.action_activate()
        version = group.active_version_id
        for record in (group, group.member_ids, version, version.member_ids):
            with self.subTest(record._name):
                self.assertFalse(record.with_user(self.anna).has_access("read"))

    # --------------------------------------------------------- completeness
    def test_group_of_one_is_not_proposed(self):
        draft = self.draft(channels=self.channel)
        with self.assertRaisesRegex(UserError, "two channels"):
            draft.action_propose()
        draft = self.draft()
        draft.member_ids.write({"weight": 0})
        with self.assertRaisesRegex(UserError, "one of them with a weight"):
            draft.action_activate()

    def test_what_cannot_be_divided_is_not_activated(self):
        """Also where it was written past the checks of a form."""
        draft = self.draft(channels=self.channels[:1])
        other = self.make_warehouse(self.env, "AC9")
        self.channels[2].node_ids.warehouse_ids |= other
        self.env["channel.allocation.member"].create(
            {"group_id": draft.id, "channel_id": self.channels[2].id}
        )
        with self.assertRaisesRegex(ValidationError, "same warehouses"):
            draft.action_activate()

    def test_nodes_are_held_to_what_is_in_effect_not_to_drafts(self):
        other = self.make_warehouse(self.env, "AC9")
        self.group.member_ids[1].channel_id = self.channels[2]
        self.channels[2].node_ids.warehouse_ids |= other
        with self.assertRaisesRegex(ValidationError, "same warehouses"):
            self.channels[1].node_ids.warehouse_ids |= other

    def test_company_stays_and_a_group_with_versions_is_not_deleted(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.group.member_ids.unlink()
        with self.refused("company cannot change"):
            self.group.company_id = other
        with self.assertRaisesRegex(UserError, "archive it instead"):
            self.group.with_user(self.anna).unlink()

    def test_copy_is_a_draft(self):
        copy = self.group.with_user(self.operator).copy()
        self.assertEqual((copy.state, copy.version_count), ("draft", 0))
        self.assertEqual(copy.member_ids.channel_id, self.channels[:2])

    # ---------------------------------------------------------------- rules
    def test_rule_needs_a_group_that_is_in_effect(self):
        draft = self.draft()
        rule = self.env["channel.rule"].create(
            {"kind": "exclusive", "value": 0, "allocation_group_id": draft.id}
        )
        for button in (rule.action_propose, rule.action_activate):
            with self.assertRaisesRegex(UserError, "group Draft is not in effect"):
                button()
        # both may wait together, and are approved one after the other
        draft.action_propose()
        rule.action_propose()
        with self.assertRaisesRegex(UserError, "approve it before the rules"):
            rule.action_approve()
        draft.action_approve()
        rule.action_approve()
        self.assertEqual(rule.state, "active")

    def test_group_that_a_rule_needs_is_not_retired(self):
        with self.assertRaisesRegex(UserError, "^Exclusive.*still divides the stock"):
            self.group.action_retire()
        self.exclusive.action_retire()
        self.group.action_retire()
        self.assertEqual(self.group.state, "retired")
        with self.refused("reopen it"):
            self.group.member_ids[0].weight = 4
        self.exclusive.action_reopen()
        with self.assertRaisesRegex(UserError, "is not in effect"):
            self.exclusive.action_activate()
        self.group.action_reopen()
        self.group.action_activate()
        self.exclusive.action_activate()
        self.assertEqual(self.entitled(), [5, 5, None])

    def test_group_that_a_rule_came_to_need_is_not_retired_by_an_approval(self):
        self.exclusive.action_retire()
        self.ask_second_person()
        self.group.with_user(self.operator).action_retire()
        self.assertEqual(
            (self.group.state, self.group.proposal), ("proposed", "retire")
        )
        self.exclusive.action_reopen()
        self.exclusive.with_user(self.operator).action_propose()
        self.exclusive.with_user(self.anna).action_approve()
        with self.assertRaisesRegex(UserError, "still divides the stock"):
            self.group.with_user(self.anna).action_approve()

    def test_rule_whose_time_has_not_come_needs_its_group_too(self):
        self.exclusive.valid_from = "2099-01-01"
        self.exclusive.action_activate()
        with self.assertRaisesRegex(UserError, "still divides the stock"):
            self.group.action_retire()

    def test_group_in_effect_is_not_hidden(self):
        with self.assertRaisesRegex(ValidationError, "retire it"):
            self.group.active = False
        self.exclusive.action_retire()
        self.group.action_retire()
        self.group.active = False

    def test_scope_of_a_rule_is_what_shares_now(self):
        self.plan()
        self.group.member_ids = [(0, 0, {"channel_id": self.channels[2].id})]
        self.assertEqual(self.exclusive.level_count, 2)
        self.group.action_activate()
        self.env.invalidate_all()
        self.assertEqual(self.exclusive.level_count, 3)

    # ---------------------------------------------------------- explanation
    def test_number_names_the_version_of_the_group_that_divided_it(self):
        self.plan()
        version = self.group.active_version_id
        self.assertEqual(self.levels[0].inputs["allocation_id"], version.id)
        self.assertEqual(self.levels[0].allocation_version_id, version)
        words = " ".join(" ".join(etree.HTML(self.levels[0].why).itertext()).split())
        self.assertIn("(group: Web, version 2)", words)
        domain = self.group.action_show_numbers()["domain"]
        self.assertEqual(self.env["channel.level"].search(domain), self.levels[:2])

    # -------------------------------------------------------------- preview
    def preview(self, groups, user=None):
        action = groups.with_user(user or self.operator).action_preview()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        return preview.with_user(user) if user else preview

    def test_preview_is_what_then_happens(self):
        self.plan()
        before = self.levels.mapped("target")
        self.group.member_ids[0].weight = 4
        self.group.member_ids = [(0, 0, {"channel_id": self.channels[2].id})]
        preview = self.preview(self.group)
        self.assertEqual(self.targets(), before)
        lines = {line.listing_id: (line.old, line.new) for line in preview.line_ids}
        words = " ".join(
            " ".join(etree.HTML(preview.line_ids[0].why).itertext()).split()
        )
        self.assertIn("the draft of the group", words)
        # a preview is its maker's own: who may activate looks for himself
        approval = self.preview(self.group, self.anna)
        self.assertTrue(approval.can_activate)
        approval.action_activate()
        self.plan()
        after = self.levels.mapped("target")
        self.assertEqual(
            lines,
            {
                level.listing_id: (old, new)
                for level, old, new in zip(self.levels, before, after, strict=True)
                if old != new
            },
        )
        self.assertEqual(after, [7, 2, 1])

    def test_what_was_previewed_is_what_is_proposed(self):
        self.group.member_ids[0].weight = 4
        preview = self.preview(self.group)
        self.group.member_ids[0].weight = 40
        with self.assertRaisesRegex(UserError, "changed since"):
            preview.with_user(self.operator).action_propose()

    def test_group_that_was_previewed_with_its_rule_is_the_one_that_is_proposed(self):
        draft = self.draft()
        draft.action_propose()
        rule = self.env["channel.rule"].create(
            {"kind": "exclusive", "value": 0, "allocation_group_id": draft.id}
        )
        self.plan()
        preview = self.preview(rule)
        draft.member_ids[0].weight = 40
        draft.action_propose()
        with self.assertRaisesRegex(UserError, "changed since"):
            preview.action_propose()
        preview = self.preview(rule)
        # approved as it was looked at: that changes nothing of it
        draft.action_approve()
        preview.action_propose()
        self.assertEqual(rule.state, "proposed")

    def test_edits_of_a_group_in_effect_do_not_matter_to_a_preview_of_its_rule(self):
        rule = self.exclusive.copy({"value": 1})
        self.plan()
        preview = self.preview(rule)
        self.group.member_ids[0].weight = 4
        preview.action_propose()
        self.assertEqual(rule.state, "proposed")

    def test_group_that_no_rule_names_has_no_preview(self):
        with self.assertRaisesRegex(UserError, "No rule in effect uses Draft"):
            self.preview(self.draft())


@tagged("post_install", "-at_install")
class TestAllocationSwitch(AllocationControlCase):
    """While versions of a group take turns, its channels never show more together than
    there is."""

    def add_third(self):
        self.group.member_ids = [(0, 0, {"channel_id": self.channels[2].id})]
        self.group.action_activate()

    def test_all_are_swept_that_share_or_have_shared(self):
        self.plan()
        self.group.member_ids[1].channel_id = self.channels[2]
        self.env.flush_all()
        self.env.cr.execute("SELECT count(*) FROM channel_change")
        self.assertEqual(self.env.cr.fetchone(), (0,))
        self.group.action_activate()
        self.env.cr.execute("SELECT DISTINCT channel_id FROM channel_change")
        swept = {channel_id for (channel_id,) in self.env.cr.fetchall()}
        self.assertEqual(swept, set(self.channels.ids))

    def test_nobody_is_raised_before_the_new_version_is_planned(self):
        """A level whose change waits in the outbox is not raised."""
        self.start(2, 8, 0)
        self.plan()
        self.publish_on(self.channels[1])
        self.assertEqual(self.shown()[:2], [2, 5])
        self.assertEqual(self.targets()[:2], [5, 5])
        self.add_third()
        self.publish_on(self.channels[0])
        self.assertEqual(self.shown()[:2], [2, 5])

    def test_who_joins_is_lowered_before_anybody_is_raised(self):
        self.start(5, 5, 10)
        self.group.member_ids[0].weight = 3
        self.add_third()
        # three fifths of ten are six, but nobody has given anything yet
        self.assertEqual(self.targets(), [5, 2, 2])
        self.publish_on(self.channels[1])
        self.assertEqual(self.targets(), [5, 2, 2])
        self.publish_on(self.channels[2])
        self.assertEqual(self.targets(), [6, 2, 2])

    def test_part_of_who_leaves_goes_to_the_others_at_once(self):
        self.add_third()
        self.start(4, 3, 3)
        self.assertEqual(self.targets(), [4, 3, 3])
        self.group.member_ids[2].unlink()
        self.assertEqual(self.targets(), [4, 3, 3])
        self.group.action_activate()
        # who has left is bound by nothing, as before he joined
        self.assertEqual(self.targets(), [5, 5, 10])
        self.assertFalse(self.levels[2].share_state)

    def test_who_changes_groups_is_bound_by_the_new_one(self):
        self.add_third()
        self.start(4, 3, 3)
        self.exclusive.allocation_group_id = self.draft(
            "Two", channels=self.channels[1:]
        )
        self.exclusive.allocation_group_id.action_activate()
        self.exclusive.action_activate()
        self.assertEqual(self.targets(), [10, 5, 5])
