# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.channel_inventory_sale.tests.ledger_units import units_faults
from odoo.addons.channel_inventory_sale.tests.test_owed import OwedCase


@tagged("post_install", "-at_install")
class TestLedgerUnits(OwedCase):
    """The judge of random lives: what it overlooks no life would find."""

    def faults(self):
        return units_faults(self.env, self.channel)

    def spoil(self, table, where, assignment):
        """As if something had gone wrong that no hook sees."""
        self.env.flush_all()
        query = SQL("UPDATE %s SET %s WHERE %s", *map(SQL, (table, assignment, where)))
        self.env.cr.execute(query)
        self.env.invalidate_all()

    def test_units_held_in_transfer_or_gone_are_accounted_for(self):
        order = self.sell(3)
        self.assertEqual(self.faults(), [])
        self.without_backorder(order.sale_order_id, 2)
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 1)
        self.assertEqual(self.faults(), [])

    def test_a_transfer_that_is_gone_without_a_hold_is_found(self):
        order = self.sell(3)
        moves = order.sale_order_id.picking_ids.move_ids
        self.spoil("stock_move", f"id = {moves.id}", "state = 'cancel'")
        [fault] = self.faults()
        self.assertIn("3 to deliver in all; held 0, in transfers 0, gone 0", fault)
        self.assertIn(order.name, fault)

    def test_a_hold_beside_its_transfer_is_found(self):
        order = self.sell(3)
        self.assertTrue(order.hold_ids)
        self.spoil("channel_hold", f"id = {order.hold_ids[0].id}", "state = 'active'")
        self.assertIn("held 3, in transfers 3", self.faults()[0])

    def test_goods_of_a_cancelled_order_that_would_leave_are_found(self):
        order = self.sell(3)
        self.spoil("channel_order", f"id = {order.id}", "state = 'cancelled'")
        self.assertIn("in transfers 3", " ".join(self.faults()))

    def test_an_end_without_a_name_and_a_name_without_an_end_are_found(self):
        order = self.sell(3)
        order.sale_order_id._action_cancel()
        self.send()
        self.intake()
        self.commit()
        self.assertEqual((order.state, self.faults()), ("cancelled", []))
        self.spoil("channel_order", f"id = {order.id}", "ending = NULL")
        self.assertIn("nobody says how", self.faults()[0])
        self.spoil(
            "channel_order", f"id = {order.id}", "ending = 'test', state = 'imported'"
        )
        self.assertIn("and goes on", " ".join(self.faults()))

    def test_order_that_is_imported_as_nothing_is_found(self):
        order = self.sell(3)
        self.spoil("channel_order", f"id = {order.id}", "sale_order_id = NULL")
        self.assertIn("imported as nothing", " ".join(self.faults()))

    def test_quotation_and_parked_order_are_held(self):
        name = self.fake.sell(2, payment="pending")
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.assertEqual((order.sale_order_id.state, self.faults()), ("draft", []))
        for state in ("imported", "parked"):
            self.spoil("channel_order", f"id = {order.id}", f"state = '{state}'")
            self.assertEqual(self.faults(), [])
        self.spoil("channel_hold", f"id = {order.hold_ids.id}", "state = 'released'")
        self.assertIn("2 to deliver in all; held 0", self.faults()[0])

    def test_an_exception_about_the_order_excuses_and_missing_goods_do_not(self):
        order = self.sell(3)
        moves = order.sale_order_id.picking_ids.move_ids
        self.spoil("stock_move", f"id = {moves.id}", "state = 'cancel'")
        exceptions = self.env["channel.exception"]
        exceptions._report(
            self.channel, "oversold", "short", "Short", "Buy", orders=order
        )
        self.assertEqual(len(self.faults()), 1)
        exceptions._report(
            self.channel, "changed", "other", "Look", "Look", record=order
        )
        self.assertEqual(self.faults(), [])
