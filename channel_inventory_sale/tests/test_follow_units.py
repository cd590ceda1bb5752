# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.tests import tagged

from .ledger_units import units_faults
from .test_follow import FollowCase


@tagged("post_install", "-at_install")
class TestFollowedUnits(FollowCase):
    """What is to be delivered and what open transfers deliver are the same, or a person
    knows. The order is of 2 lamps."""

    def faults(self):
        return units_faults(self.env, self.channel)

    def told(self):
        return self._exceptions(self.order).mapped("category")

    def test_bought_and_not_to_ship_any_more_has_left_whoever_shipped_it(self):
        """A fulfillment service hides its orders: nothing is open, nothing shipped."""
        self.change(2, shipped=0, open_quantity=0)
        self.assertEqual(self.order.line_ids.wanted_quantity, 2)
        self.assertEqual(self.told(), ["shipped_elsewhere"])
        self.assertFalse(self.faults())
        self.ship(self.env, self.sale_order)
        self.change(2, shipped=0, open_quantity=0)
        self.assertFalse(self.told() or self.faults())

    def test_part_that_is_not_to_ship_any_more_has_left(self):
        self.change(2, shipped=0, open_quantity=1)
        self.assertEqual(self.order.line_ids.wanted_quantity, 2)
        self.assertEqual(self.told(), ["shipped_elsewhere"])
        self.assertEqual(self.open_demand(), 2)

    def test_quantities_that_contradict_each_other_are_a_persons_to_decide(self):
        self.change(2, shipped=0, open_quantity=3)
        self.assertBlocked("changed")
        self.assertFalse(self.faults())
        self.change(2)
        self.assertImported(self.order, "22.00", "2.00")
        self.assertFalse(self.told() or self.faults())

    def test_shipped_units_taken_off_without_a_refund_are_told(self):
        self.ship(self.env, self.sale_order)
        self.change(1, shipped=2, open_quantity=0)
        self.assertEqual(self.order.state, "blocked")
        self.assertTrue(self.told())
        self.assertEqual(self.sale_order.order_line.product_uom_qty, 2)

    def test_units_that_nobody_has_in_hand_come_off_a_picked_delivery(self):
        self.change(5)
        move = self.sale_order.order_line.move_ids
        move.quantity = 3
        move.picked = True
        self.change(4)
        self.assertImported(self.order, "44.00", "4.00")
        self.assertEqual((move.product_uom_qty, move.quantity), (4, 3))
        self.assertFalse(self.faults())
        self.change(2)
        self.assertBlocked("cancelled_late")
        self.assertEqual(move.product_uom_qty, 4)

    def test_nothing_in_hand_of_a_picked_delivery_is_taken_off(self):
        move = self.sale_order.order_line.move_ids
        move.picked = True
        move.quantity = 0
        self.change(1)
        self.assertImported(self.order, "11.00", "1.00")
        self.assertEqual(self.open_demand(), 1)

    def test_units_of_a_sold_order_that_is_announced_anew_follow(self):
        self.change(1, state="pending")
        self.assertImported(self.order, "11.00", "1.00")
        self.assertEqual(self.open_demand(), 1)
        self.change(1, state="pending", note="again")
        self.change(2)
        self.assertImported(self.order, "22.00", "2.00")
        self.assertFalse(self.told() or self.faults())

    def test_units_that_cannot_be_taken_off_a_transfer_are_told(self):
        """Whatever an addon does to moves."""
        moves = self.env.registry["stock.move"]
        with (
            patch.object(moves, "_get_lowerable", lambda _move: 0),
            patch.object(moves, "_merge_moves", lambda moves, **_values: moves),
        ):
            self.change(1)
        self.assertBlocked("cancelled_late")
        self.assertEqual(self.sale_order.order_line.product_uom_qty, 2)
        self.assertEqual(self.open_demand(), 2)

    def test_shipped_and_unshipped_unit_of_one_line_are_paid_back(self):
        """Shopify/shopify-api-ruby#667: which of both a refund is of shows in what is
        left to ship, never in its kind of restock."""
        self.change(4)
        self.ship(self.env, self.sale_order, 2)
        back = self.refund("22.00", self.refund_line(2))
        self.change(2, shipped=2, open_quantity=1, refunds=(back,))
        self.assertEqual(self.order.state, "imported", self.told())
        # one of those that had left, and one that had not
        self.assertEqual(self.sale_order.order_line.product_uom_qty, 3)
        self.assertEqual(self.open_demand(), 1)
        self.assertEqual(self.order.refund_ids.kept["L"][0], 1)
        self.assertFalse(self.faults())
