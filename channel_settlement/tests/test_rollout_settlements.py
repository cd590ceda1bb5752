# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import SettlementCase


@tagged("post_install", "-at_install")
class TestRolloutSettlements(SettlementCase):
    def step(self):
        self.channel.invalidate_recordset()
        stages = {each["stage"]: each["steps"] for each in self.channel.rollout}
        return stages.get("settlements", [None])[0]

    def test_settlements_are_rolled_out_when_one_is_posted(self):
        self.assertFalse(self.step()["is_done"])
        self.paid(100, "O1")
        settlement = self.take_in(self.line("charge", 100, "3.20", order_ref="O1"))
        self.assertIn("1 settlements wait", self.step()["message"])
        self.post(settlement)
        self.assertTrue(self.step()["is_done"])
        other = self.take_in(
            self.line("charge", 5, settlement="P2", order_ref="O9"), external_id="P2"
        )
        self.assertNotEqual(other.state, "posted")
        self.assertFalse(self.step()["is_done"], f"another one is {other.state}")

    def test_type_without_settlements_has_no_such_stage(self):
        self.fake.more = {"settlements": False}
        self.assertIsNone(self.step())
