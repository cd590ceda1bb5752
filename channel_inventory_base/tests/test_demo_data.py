# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import TransactionCase, tagged

from .common_demo import DemoContract


@tagged("post_install", "-at_install")
class TestDemoData(DemoContract, TransactionCase):
    addon = "channel_inventory_base"

    def test_demo_rule_is_a_draft(self):
        before = self.env["channel.rule"].search([])
        self.test_contract_demo_data_show_a_draft_and_wake_nobody()
        self.assertEqual(
            (self.env["channel.rule"].search([]) - before).mapped("state"), ["draft"]
        )
