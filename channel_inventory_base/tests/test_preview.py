# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from ..wizards import channel_rule_preview
from .common import ChannelCase

BASE = "channel_inventory_base.group_channel_"


@tagged("post_install", "-at_install")
class TestPreview(ChannelCase):
    """What a draft would do is known before it does it, and is what it then does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(cls.env, "pre_operator", groups=BASE + "operator")
        cls.anna = new_test_user(cls.env, "pre_anna", groups=BASE + "manager")
        cls.category = cls.env["product.category"].create({"name": "Preview"})
        cls.product.categ_id = cls.category
        # stock of 10, 20, 30, 40 and 50
        for number in range(2, 6):
            product = cls.make_product(
                cls.env, number, 10 * number, cls.warehouse, categ_id=cls.category.id
            )
            cls.make_listing(cls.env, cls.channel, product, number)
        cls.listings = cls.channel.listing_ids
        cls.env.flush_all()
        cls.env["channel.planner"]._run()
        cls.env.invalidate_all()

    def draft(self, kind="fixed", value=10, **terms):
        terms = {"categ_id": self.category.id, **terms}
        return self.env["channel.rule"].create({"kind": kind, "value": value, **terms})

    def preview(self, rules, user=None):
        action = rules.with_user(user or self.operator).action_preview()
        return self.env[action["res_model"]].browse(action["res_id"])

    def targets(self):
        levels = self.listings.level_ids
        return {level.listing_id: level.target for level in levels}

    # ---------------------------------------------------------------- counts
    def test_preview_is_what_then_happens(self):
        before = self.targets()
        rules = self.draft() | self.draft("cap", 25) | self.draft("backorder", 3)
        preview = self.preview(rules)
        rules.action_activate()
        self.plan()
        after = self.targets()
        changed = {
            listing: (before[listing], after[listing])
            for listing in before
            if before[listing] != after[listing]
        }
        self.assertEqual(
            {line.listing_id: (line.old, line.new) for line in preview.line_ids},
            changed,
        )
        self.assertEqual(preview.changed_count, len(changed))

    def test_headline_counts_what_goes_where(self):
        preview = self.preview(self.draft(value=15))
        self.assertEqual(
            preview.headline, "5 of 5 quantities would change: 5 down (1 to zero), 0 up"
        )
        self.assertEqual(preview.line_ids.mapped("difference"), [-15] * 4 + [-10])

    def test_nothing_is_written(self):
        rule = self.draft()
        before = self.targets()
        self.preview(rule)
        self.plan()
        self.assertEqual((rule.state, self.targets()), ("draft", before))

    def test_only_its_scope_is_looked_at(self):
        preview = self.preview(self.draft(listing_id=self.listing.id))
        self.assertEqual((preview.looked_at_count, preview.changed_count), (1, 1))

    def test_edited_rule_is_compared_with_what_is_in_effect(self):
        rule = self.draft()
        rule.action_activate()
        self.plan()
        self.assertEqual(self.level.target, 0)
        rule.value = 4
        [line] = self.preview(rule).line_ids.filtered(
            lambda each: each.listing_id == self.listing
        )
        self.assertEqual((line.old, line.new), (0, 6))

    def test_scope_that_is_given_up_is_looked_at(self):
        rule = self.draft(listing_id=self.listing.id)
        rule.action_activate()
        self.plan()
        rule.listing_id = self.listings - self.listing - self.listings[2:]
        lines = self.preview(rule).line_ids
        self.assertEqual(len(lines), 2)
        self.assertEqual(set(lines.mapped("difference")), {10, -10})

    def test_end_of_a_rule_can_be_looked_at(self):
        rule = self.draft()
        rule.action_activate()
        self.plan()
        preview = self.preview(rule, self.anna)
        self.assertTrue(preview.is_end)
        self.assertEqual(preview.up_count, 5)
        preview.with_user(self.anna).action_retire()
        self.plan()
        self.assertEqual(self.level.target, 10)

    def test_proposed_end_is_previewed_as_an_end(self):
        rule = self.draft()
        rule.action_activate()
        self.plan()
        self.channel.company_id.channel_change_approval = True
        rule.with_user(self.operator).action_retire()
        preview = self.preview(rule | self.draft("cap", 5), self.anna)
        [line] = preview.line_ids.filtered(
            lambda each: each.listing_id == self.listings[-1]
        )
        self.assertEqual((line.old, line.new), (40, 5))

    def test_window_that_opens_later_is_previewed_as_open(self):
        later = fields.Datetime.now() + timedelta(days=30)
        self.assertEqual(self.preview(self.draft(valid_from=later)).changed_count, 5)

    def test_exclusive_share_is_previewed(self):
        other = self.make_channel(self.env, code="PR2", name="Other")
        other.node_ids.warehouse_ids = self.warehouse
        self.make_listing(self.env, other, self.product)
        self.plan()
        group = self.make_group(self.env, self.channel | other)
        rule = self.draft("exclusive", 0, allocation_group_id=group.id)
        preview = self.preview(rule)
        shares = preview.line_ids.filtered(
            lambda line: line.listing_id.product_id == self.product
        )
        self.assertEqual(shares.mapped("new"), [5, 5])

    # ------------------------------------------------------------ explanation
    def test_new_number_explains_itself(self):
        preview = self.preview(self.draft(value=4))
        [line] = preview.line_ids.filtered(lambda each: each.listing_id == self.listing)
        words = " ".join(" ".join(etree.HTML(line.why).itertext()).split())
        self.assertIn("Fixed buffer kept back (the draft)", words)
        self.assertIn("Quantity for the channel 6", words)

    # -------------------------------------------------------------- decisions
    def test_proposed_from_the_preview(self):
        rule = self.draft()
        preview = self.preview(rule)
        self.assertTrue(preview.with_user(self.operator).can_propose)
        self.assertFalse(preview.with_user(self.operator).can_activate)
        preview.with_user(self.operator).action_propose()
        self.assertEqual(rule.proposed_by_id, self.operator)
        approval = self.preview(rule, self.anna)
        self.assertTrue(approval.with_user(self.anna).can_approve)
        approval.with_user(self.anna).action_approve()
        self.assertEqual(rule.state, "active")

    def test_activated_from_the_preview(self):
        rule = self.draft()
        preview = self.preview(rule, self.anna).with_user(self.anna)
        self.assertTrue(preview.can_activate)
        preview.action_activate()
        self.assertEqual(rule.state, "active")

    def test_what_was_previewed_is_what_is_proposed(self):
        rule = self.draft()
        preview = self.preview(rule, self.anna).with_user(self.anna)
        rule.value = 400
        for button in (preview.action_propose, preview.action_activate):
            with self.assertRaisesRegex(UserError, "changed since"):
                button()

    def test_user_may_not_preview(self):
        user = new_test_user(self.env, "pre_user", groups=BASE + "user")
        with self.assertRaises(AccessError):
            self.preview(self.draft(), user)

    def test_retired_rule_has_no_preview(self):
        rule = self.draft()
        rule.action_activate()
        rule.action_retire()
        with self.assertRaisesRegex(UserError, "no preview"):
            self.preview(rule)

    # ----------------------------------------------------------------- bounds
    def test_large_scope_is_sampled_and_says_so(self):
        with (
            patch.object(channel_rule_preview, "LARGEST", 4),
            patch.object(channel_rule_preview, "SAMPLE", 2),
        ):
            preview = self.preview(self.draft(value=1))
        self.assertEqual((preview.level_count, preview.step), (5, 3))
        sample = self.listings.filtered(lambda each: each.id % 3 == 0)
        self.assertEqual(preview.looked_at_count, len(sample))
        self.assertIn("5 quantities are in scope", preview.sample_note)
        self.assertFalse(self.preview(self.draft(value=1)).sample_note)

    @mute_logger("odoo.sql_db")
    def test_preview_that_takes_too_long_is_stopped(self):
        planner = type(self.env["channel.planner"])
        timeout = SQL("SHOW statement_timeout")
        before = self.env.execute_query(timeout)

        def slow(planner, *args, **kwargs):
            planner.env.execute_query(SQL("SELECT pg_sleep(5)"))

        with (
            patch.object(planner, "_preview", slow),
            patch.object(channel_rule_preview, "SECONDS", 0.2),
            self.assertRaisesRegex(UserError, "timed out after"),
        ):
            self.preview(self.draft())
        # and what comes after in this transaction is not
        self.assertEqual(self.env.execute_query(timeout), before)
        self.preview(self.draft())
        self.assertEqual(self.env.execute_query(timeout), before)

    def test_smaller_changes_that_are_not_listed_are_told(self):
        path = "odoo.addons.channel_inventory_base.models.channel_plan_explain"
        with patch(f"{path}.PREVIEW_LINES", 2):
            preview = self.preview(self.draft(value=15))
        self.assertEqual(preview.changed_count, 5)
        self.assertIn("The largest 2", preview.lines_note)
