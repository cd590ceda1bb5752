# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from ..tools.rollout import STAGES
from .common import ChannelCase

PARTNER = {
    "push_levels": False,
    "orders": False,
    "sells": False,
    "connects": True,
}


@tagged("post_install", "-at_install")
class TestRollout(ChannelCase):
    """The checklist of a channel says what is so, not what somebody has ticked."""

    def stages(self, channel=None):
        channel = channel or self.channel
        channel.invalidate_recordset()
        return {each["stage"]: each for each in channel.rollout}

    def missing(self, stage):
        steps = self.stages()[stage]["steps"]
        return {each["name"]: each["message"] for each in steps if not each["is_done"]}

    def user(self, role):
        return self.make_user(self.env, role, f"rollout_{role}")

    def test_stages_come_in_the_order_of_a_rollout(self):
        order = [each["stage"] for each in self.channel.rollout]
        self.assertEqual(order, [each for each in STAGES if each in order])
        self.assertEqual(order[:5], list(STAGES[:5]))

    def test_every_open_step_says_what_to_do_and_where(self):
        self.channel.write({"state": "draft", "exception_user_id": False})
        for stage in self.channel.rollout:
            for step in stage["steps"]:
                with self.subTest(step["name"]):
                    self.assertTrue(step["message"])
                    if step["action"]:
                        self.assertTrue(hasattr(self.channel, step["action"]))

    def test_every_place_opens(self):
        for stage in self.channel.rollout:
            for step in stage["steps"]:
                if step["action"].startswith("action_open"):
                    with self.subTest(step["name"]):
                        action = getattr(self.channel, step["action"])()
                        self.assertIn(self.channel.id, action["context"].values())

    def test_stage_is_done_when_all_of_it_is(self):
        self.assertFalse(self.stages()["aligned"]["is_done"])
        self.channel.write(
            {
                "exception_user_id": self.user("manager").id,
                "connection_state": "ok",
                # another addon asks for taxes
                **(
                    {"charges_no_tax": True}
                    if "charges_no_tax" in self.channel._fields
                    else {}
                ),
            }
        )
        self.assertTrue(self.stages()["aligned"]["is_done"], self.missing("aligned"))
        self.channel.node_ids.warehouse_ids = False
        self.assertEqual(list(self.missing("aligned")), ["Warehouses"])

    def test_unmatched_listing_opens_its_stage_again(self):
        self.assertTrue(self.stages()["matched"]["is_done"])
        listing = self.make_listing(
            self.env, self.channel, self.env["product.product"], 2, state="unmapped"
        )
        self.assertEqual(list(self.missing("matched")), ["Matched"])
        listing.state = "ignored"
        self.assertTrue(self.stages()["matched"]["is_done"])

    # ------------------------------------------------------------- dry run
    def test_preview_counts_when_an_operator_has_read_it(self):
        self.channel.with_user(self.user("auditor")).action_open_preview()
        self.assertIn("Preview read", self.missing("dry_run"))
        self.channel.with_user(self.user("operator")).action_open_preview()
        self.assertNotIn("Preview read", self.missing("dry_run"))

    def test_first_reading_stays(self):
        self.channel.action_open_preview()
        read = self.channel.previewed_at
        self.channel.action_open_preview()
        self.assertEqual(self.channel.previewed_at, read)
        logged = self.env["channel.audit"].search(
            [("channel_id", "=", self.channel.id), ("message", "like", "preview")]
        )
        self.assertEqual(len(logged), 1)

    # ------------------------------------------------------------- numbers
    def test_numbers_are_live_when_each_was_acknowledged(self):
        self.go_live(shown=4)
        self.plan()
        self.assertIn("Quantities shown", self.missing("numbers"))
        self.publish()
        self.assertTrue(self.stages()["numbers"]["is_done"], self.missing("numbers"))

    def test_number_that_has_just_changed_does_not_open_the_stage_again(self):
        self.go_live(shown=4)
        self.plan()
        self.publish()
        self.add_stock(self.env, self.product, self.warehouse, 3)
        self.plan()
        self.assertTrue(self.stages()["numbers"]["is_done"], self.missing("numbers"))

    def test_paused_channel_is_not_live(self):
        self.go_live(shown=4)
        self.plan()
        self.publish()
        self.channel.action_pause()
        self.assertIn("Live", self.missing("numbers"))

    # -------------------------------------------------------------- shadow
    def test_shadow_waits_for_an_order(self):
        self.go_live(shown=4)
        self.assertIn("Order captured", self.missing("shadow"))
        self.capture(self.fake.sell(1))
        self.assertNotIn("Order captured", self.missing("shadow"))

    # --------------------------------------------------------------- types
    def test_type_that_shows_no_numbers_has_no_stage_of_them(self):
        self.fake.more = PARTNER
        self.assertEqual(list(self.stages()), ["aligned", "orders"])

    def test_type_without_a_connection_has_no_rollout(self):
        self.fake.more = {**PARTNER, "connects": False}
        self.assertFalse(self.channel.rollout)
