# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.tests.common import fake_adapter
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

from .common_coexistence import CoexistenceCase

DAY = 24 * 60


@tagged("post_install", "-at_install")
class TestShadow(CoexistenceCase):
    """Odoo counts, and the legacy ERP reports beside it."""

    def setUp(self):
        super().setUp()
        self.warehouse.channel_compares = True
        # what was there was there long before
        self.env.cr.execute(
            "UPDATE stock_move_line SET date = date - interval '1 year'"
        )
        self.env.invalidate_all()
        self.plan()

    def shadow(self):
        self.env.flush_all()
        self.env["channel.shadow"].invalidate_model()
        return self.env["channel.shadow"].search(
            [("warehouse_id", "=", self.warehouse.id)]
        )

    def test_nothing_of_a_shadow_is_published(self):
        """Plan, section 6: a week, two products off, no publication from it."""
        other = self.make_product(self.env, 2)
        pending = self.env["channel.level.pending"].search_count([])
        for day in range(7, 0, -1):
            rows = [
                {"product": "SKU-1", "on_hand": 8},
                {"product": "SKU-2", "on_hand": 40},
            ]
            self.env["channel.external.stock"]._report(
                self.warehouse, rows, self.ago(day * DAY), "ERP"
            )
        self.plan()
        self.check(on_hand=10, available=10)
        self.assertEqual(self.level.target, 10)
        self.assertEqual(self.env["channel.level.pending"].search_count([]), pending)
        shadow = self.shadow()
        self.assertEqual((shadow.run_count, shadow.clean_days), (7, 0))
        self.assertEqual(shadow.open_count, 2)
        self.assertIn("SKU-2 +40", shadow.worst)
        self.assertIn("SKU-1 -2", shadow.worst)
        # what is reported is known, should it be the stock one day
        known = self.env["channel.external.stock"].search(
            [("warehouse_id", "=", self.warehouse.id)]
        )
        self.assertEqual(set(known.product_id), {self.product, other})

    def test_days_without_difference_are_counted_from_the_last_one(self):
        self.report(9 * DAY, on_hand=8)
        for minutes in (8 * DAY, 7 * DAY + 10, 7 * DAY, 3 * DAY):
            self.report(minutes, on_hand=10)
        shadow = self.shadow()
        self.assertEqual(shadow.clean_days, 3)
        self.assertFalse(shadow.open_count)
        self.report(DAY, on_hand=9)
        self.assertEqual(self.shadow().clean_days, 0)

    def test_rollout_waits_for_a_week_in_which_both_agree(self):
        def step():
            self.env.flush_all()
            self.env["channel.shadow"].invalidate_model()
            self.channel.invalidate_recordset()
            stages = {each["stage"]: each["steps"] for each in self.channel.rollout}
            names = {each["name"]: each for each in stages["shadow"]}
            return names.get("Agrees with the other system")

        with fake_adapter(FakeChannel()):
            self.assertFalse(step(), "nothing was compared yet")
            self.report(9 * DAY, on_hand=8)
            self.assertEqual(step()["figure"], "0 of 7 days")
            for day in range(8, 0, -1):
                self.report(day * DAY, on_hand=10)
            self.assertTrue(step()["is_done"], step())
            self.report(5, on_hand=9)
            self.assertFalse(step()["is_done"])
            action = getattr(self.channel, step()["action"])()
            found = self.env["channel.shadow"].search(action["domain"])
            self.assertEqual(found, self.shadow())

    def test_external_authority_by_hand_needs_a_report(self):
        """Plan, section 6: refused without a report."""
        keeper = new_test_user(
            self.env, "keeper", groups="stock.group_stock_manager,base.group_user"
        )
        warehouse = self.warehouse.with_user(keeper)
        with self.assertRaisesRegex(UserError, "shown as 0"):
            warehouse.channel_authority = "external"
        self.report(on_hand=8)
        warehouse.channel_authority = "external"
        self.check(on_hand=8)
