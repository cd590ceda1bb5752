# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestPreset(ChannelCase):
    """One answer instead of rules; what it comes to can be seen and changed."""

    def choose(self, preset, **values):
        wizard = self.env["channel.preset"].create(
            {"channel_id": self.channel.id, "preset": preset, **values}
        )
        self.assertTrue(wizard.price)
        wizard.action_confirm()
        self.assertEqual(self.channel.preset, preset)

    def rules(self, state="active"):
        return self.env["channel.rule"].search([("state", "=", state)])

    def other(self):
        other = self.make_channel(self.env, code="EX2")
        other.node_ids.warehouse_ids = self.warehouse
        return other

    def step(self):
        self.channel.invalidate_recordset(["setup_steps"])
        steps = {each["name"]: each for each in self.channel.setup_steps}
        return steps["Protection"]["is_done"]

    def test_protect_is_what_is_proposed_to_a_new_channel(self):
        wizard = self.env["channel.preset"].new({"channel_id": self.channel.id})
        self.assertEqual(wizard.preset, "protect")

    def test_protect_is_a_risk_buffer_of_this_channel(self):
        self.choose("protect", chance=3)
        rule = self.rules()
        self.assertEqual((rule.kind, rule.value), ("risk", 3))
        self.assertEqual(rule.channel_id, self.channel)

    def test_the_same_answer_twice_is_one_rule(self):
        self.choose("protect", chance=3)
        self.choose("protect", chance=3)
        self.assertEqual(len(self.rules()), 1)
        self.choose("protect", chance=1)
        self.assertEqual(self.rules().active_version_id.value, 1)

    def test_buffer_needs_a_chance(self):
        with self.assertRaisesRegex(UserError, "more than 0"):
            self.choose("protect", chance=0)

    def test_show_everything_ends_the_buffer_and_no_rule_of_somebody_else(self):
        own = self.rule("risk", 5, product_id=self.product.id)
        self.choose("protect")
        self.choose("everything")
        self.assertEqual(self.rules(), own)

    def test_divided_channels_never_offer_a_unit_twice(self):
        other = self.other()
        self.make_listing(self.env, other, self.product, 2)
        self.choose("divide", other_channel_ids=[(6, 0, other.ids)])
        self.assertEqual(self.rules().kind, "exclusive")
        self.plan()
        levels = self.env["channel.level"].search(
            [("listing_id.product_id", "=", self.product.id)]
        )
        self.assertEqual(len(levels), 2)
        self.assertLessEqual(sum(levels.mapped("target")), 10)

    def test_dividing_needs_somebody_to_divide_with(self):
        with self.assertRaisesRegex(UserError, "Choose the channels"):
            self.choose("divide")

    def test_second_person_is_asked_where_the_company_wants_that(self):
        self.env.company.channel_change_approval = True
        self.choose("protect")
        self.assertFalse(self.rules())
        self.assertEqual(self.rules("proposed").kind, "risk")

    def test_setup_asks_until_an_answer_was_given(self):
        self.channel.state = "paused"
        self.assertFalse(self.step())
        self.choose("everything")
        self.assertTrue(self.step())
