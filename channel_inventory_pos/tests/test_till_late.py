# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.tests import tagged

from .test_till_count import TillCountCase


@tagged("post_install", "-at_install")
class TestTillLate(TillCountCase):
    """A till was offline: what it had sold before a count comes in after it, and would
    be taken off the counted stock once more. 10 pieces are on hand in Odoo."""

    def counted(self, quantity, minutes_ago=30, **values):
        """A count that was booked so long ago: what comes in now is later."""
        known = self.env["channel.till.count"].search([])
        self.count(quantity, **values)
        new = self.env["channel.till.count"].search([]) - known
        new.sudo().counted_at -= timedelta(minutes=minutes_ago)

    def came_in_long_ago(self):
        """Orders and payments that are here were before any count."""
        self.env.flush_all()
        self.cr.execute(
            "UPDATE pos_order SET create_date = create_date - interval '3 hours'; "
            "UPDATE pos_payment SET create_date = create_date - interval '3 hours'"
        )
        self.env.invalidate_all()

    def look(self):
        self.env["channel.till.watch"]._look()

    def test_sale_before_the_count_that_comes_in_later_is_told(self):
        self.counted(7)
        self.assertFalse(self.rows() or self.told())
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.assertEqual((self.rows().units, self.rows().late_units), (3, 3))
        self.assertIn("3 × ", self.told().message)
        self.rows().action_add_back()
        self.assertFalse(self.told())
        self.close()
        self.assertEqual(self.on_hand(), 7)

    def test_looking_twice_is_told_once(self):
        self.counted(7)
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.look()
        self.assertEqual((self.rows().units, self.told().count), (3, 1))
        self.rows().action_keep()
        self.look()
        self.assertFalse(self.rows() or self.told())

    def test_more_comes_in_while_it_is_to_be_decided(self):
        self.counted(6)
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.ring((self.product, 1), minutes_ago=40)
        self.look()
        self.assertEqual(self.rows().units, 4)
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 6)

    def test_more_comes_in_once_it_is_decided(self):
        self.counted(6)
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.rows().action_add_back()
        self.ring((self.product, 1), minutes_ago=40)
        self.look()
        self.assertEqual(self.rows().units, 1)
        self.rows().action_add_back()
        self.look()
        self.assertFalse(self.rows() or self.told())
        self.close()
        self.assertEqual(self.on_hand(), 6)

    def test_late_units_come_beside_those_known_when_it_was_counted(self):
        self.ring((self.product, 2), minutes_ago=60)
        self.came_in_long_ago()
        self.counted(5)
        self.assertEqual(self.rows().units, 2)
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.assertEqual((self.rows().units, self.rows().late_units), (5, 3))
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 5)

    def test_sale_after_the_count_is_as_any_other(self):
        self.counted(7)
        self.ring((self.product, 3), minutes_ago=20)
        self.look()
        self.assertFalse(self.rows() or self.told())
        self.close()
        self.assertEqual(self.on_hand(), 4)

    def test_till_that_books_at_once_takes_them_off_at_once(self):
        self.close()
        self.company.point_of_sale_update_stock_quantities = "real"
        self.session = self.open_session(self.till)
        self.counted(7)
        self.ring((self.product, 3), minutes_ago=45)
        self.assertEqual(self.on_hand(), 4)
        self.look()
        self.rows().action_add_back()
        self.assertEqual(self.on_hand(), 7)

    def test_session_was_closed_when_it_was_counted(self):
        """Its last sales come in with the next one."""
        self.close()
        self.counted(7)
        self.session = self.open_session(self.till)
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.assertEqual(self.rows().units, 3)

    def test_newer_count_is_what_counts(self):
        self.counted(7)
        self.counted(7, minutes_ago=10)
        self.ring((self.product, 3), minutes_ago=45)
        self.ring((self.product, 1), minutes_ago=20)
        self.look()
        self.assertEqual(self.rows().units, 4)
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 7)

    def test_newer_count_ends_what_was_to_be_decided(self):
        self.counted(7)
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.close()
        self.counted(7, minutes_ago=0)
        self.look()
        self.assertFalse(self.rows() or self.told())
        self.assertEqual(self.on_hand(), 7)

    def test_reverted_count_lacks_nothing(self):
        self.counted(7)
        move = self.env["stock.move"].search(
            [("product_id", "=", self.product.id), ("is_inventory", "=", True)],
            order="id desc",
            limit=1,
        )
        move.move_line_ids.action_revert_inventory()
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        self.assertFalse(self.rows() or self.told())
        self.close()
        self.assertEqual(self.on_hand(), 7)

    def test_units_taken_back_while_it_was_offline_count_against_it(self):
        sold = self.ring((self.product, 3), minutes_ago=60)
        self.came_in_long_ago()
        self.close()
        self.session = self.open_session(self.till)
        self.counted(8)
        self.ring((self.product, -1, sold.lines), minutes_ago=45)
        self.look()
        self.assertEqual(self.rows().units, -1)
        self.rows().action_add_back()
        self.close()
        self.assertEqual(self.on_hand(), 8)

    def test_draft_that_is_paid_while_it_was_offline(self):
        """The order was here before the count, its payment was not."""
        order = self.ring((self.product, 3), minutes_ago=45)
        self.counted(7)
        self.rows().sudo().write({"state": "clear", "units": 0})
        self.env.flush_all()
        self.cr.execute(
            "UPDATE pos_order SET create_date = create_date - interval '3 hours' "
            "WHERE id = %s",
            [order.id],
        )
        self.look()
        self.assertEqual(self.rows().units, 3)

    def test_counts_that_nothing_was_sold_before_are_forgotten(self):
        self.counted(7, minutes_ago=60 * 24 * 8)
        rows = self.rows("clear")
        self.assertTrue(rows)
        self.env["channel.till.count"]._gc_clear()
        self.assertFalse(rows.exists())

    def test_one_row_is_remembered_of_each_product_and_shelf(self):
        self.counted(7)
        self.counted(8)
        self.assertEqual(len(self.rows("clear")), 1)

    def test_row_that_is_decided_at_this_moment_is_left_to_the_next_look(self):
        """The look was begun before the button was pressed, and ends after it."""
        self.counted(6)
        self.ring((self.product, 3), minutes_ago=45)
        self.look()
        row = self.rows()
        row.action_add_back()
        row._take_late([(row.id, "open", 3, 4)])
        self.assertEqual((row.state, row.units), ("added", 3))
        self.assertFalse(self.rows() or self.told())
        self.ring((self.product, 1), minutes_ago=40)
        self.look()
        self.assertEqual(self.rows().units, 1)
