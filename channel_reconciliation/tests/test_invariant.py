# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import ReconcileCase

SOUND = {"units_twice": 0, "units_unmoved": 0}


@tagged("post_install", "-at_install")
class TestInvariant(ReconcileCase):
    """Figures of our own that must agree at any time."""

    def setUp(self):
        super().setUp()
        self.go_live_all()
        name = self.fake.sell(4)
        self.poll()
        self.intake()
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        self.sold = self.order(name)

    def check(self):
        self.env.flush_all()
        run = self.env["channel.invariant"]._run(self.channel.company_id)
        self.env.invalidate_all()
        return run, self.differences(res_model="channel.order", state="open")

    def test_a_sound_order_breaks_nothing(self):
        self.assertEqual(self.sold.sale_order_id.state, "sale")
        run, found = self.check()
        self.assertEqual((run.state, run.counts), ("done", SOUND))
        self.assertFalse(found)
        picking = self.sold.sale_order_id.picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking._action_done()
        self.assertFalse(self.check()[1])

    def test_14_a_line_that_is_held_and_imported_names_itself(self):
        self.env.cr.execute(
            "UPDATE channel_hold SET state = 'active', stock_quantity = 4 "
            "WHERE order_line_id = %s RETURNING id",
            [self.sold.line_ids.id],
        )
        self.assertTrue(self.env.cr.fetchall())
        run, found = self.check()
        self.assertEqual(run.counts, {**SOUND, "units_twice": 1})
        self.assertEqual(
            (found.res_model, found.res_id), ("channel.order", self.sold.id)
        )
        self.assertIn(self.sold.name, found.note)
        self.assertEqual((found.shown, found.expected), (8, 4))
        self.assertTrue(self.exceptions(category="invariant"))
        self.env.cr.execute(
            "UPDATE channel_hold SET state = 'released' WHERE order_line_id = %s",
            [self.sold.line_ids.id],
        )
        self.assertFalse(self.check()[1])
        self.assertFalse(self.exceptions(category="invariant"))

    def test_units_that_nothing_holds(self):
        move = self.sold.sale_order_id.picking_ids.move_ids
        self.env.cr.execute(
            "UPDATE stock_move SET product_uom_qty = 3, product_qty = 3 WHERE id = %s",
            [move.id],
        )
        self.env.invalidate_all()
        _run, found = self.check()
        self.assertEqual((found.shown, found.expected), (3, 4))

    def test_units_that_leave_twice(self):
        move = self.sold.sale_order_id.picking_ids.move_ids
        self.env.cr.execute(
            "UPDATE stock_move SET product_uom_qty = 9, product_qty = 9 WHERE id = %s",
            [move.id],
        )
        self.env.invalidate_all()
        _run, found = self.check()
        self.assertEqual((found.shown, found.expected), (9, 4))
