# SPDX-License-Identifier: AGPL-3.0-or-later
from .. import mapper
from . import orders
from .common import PureCase
from .orders import fulfillment_order, line, refund, refund_line


class TestDeductions(PureCase):
    """What left ``available``, by location number; the line has number 1."""

    def deduct(self, *entries, quantity=5, current=None, refunds=(), **values):
        current = quantity if current is None else current
        node = orders.order(
            line(1, quantity, currentQuantity=current),
            total="0.0",
            orders=entries,
            refunds=[refund(*refunds)],
            **values,
        )
        found = mapper.order(orders.read(node))["lines"][0]["deductions"]
        if found is None:
            return None
        return {
            int(each["node_ref"].split("/")[-1]): each["quantity"] for each in found
        }

    def test_where_it_was_assigned(self):
        self.assertEqual(self.deduct(fulfillment_order(1, (1, 5))), {1: 5})

    def test_split_over_two_locations(self):
        entries = fulfillment_order(1, (1, 2)), fulfillment_order(2, (1, 3), (9, 9))
        self.assertEqual(self.deduct(*entries), {1: 2, 2: 3})

    def test_shipped_units_stay_deducted(self):
        done = fulfillment_order(1, (1, 5), status="CLOSED")
        self.assertEqual(self.deduct(done), {1: 5})

    def test_order_that_is_not_routed_yet_is_not_known(self):
        self.assertIsNone(self.deduct())

    def test_place_that_was_deleted_is_not_known(self):
        self.assertIsNone(self.deduct(fulfillment_order(None, (1, 5))))

    def test_more_than_was_ordered_is_not_known(self):
        entries = fulfillment_order(1, (1, 5)), fulfillment_order(2, (1, 5))
        self.assertIsNone(self.deduct(*entries))

    def test_cancelled_units_that_left_the_fulfillment_order(self):
        back = [refund_line(2, "CANCEL", 1)]
        entry = fulfillment_order(1, (1, 3))
        self.assertEqual(self.deduct(entry, current=3, refunds=back), {1: 3})

    def test_cancelled_units_that_are_still_in_the_fulfillment_order(self):
        back = [refund_line(2, "CANCEL", 1)]
        entry = fulfillment_order(1, (1, 5))
        self.assertEqual(self.deduct(entry, current=3, refunds=back), {1: 3})

    def test_whole_order_cancelled_and_restocked(self):
        back = [refund_line(5, "CANCEL", 1)]
        for entry in (
            fulfillment_order(1, (1, 5), status="CANCELLED"),
            fulfillment_order(1, (1, 0), status="CLOSED"),
        ):
            self.assertEqual(self.deduct(entry, current=0, refunds=back), {})

    def test_cancelled_across_locations_but_told_as_one(self):
        back = [refund_line(5, "CANCEL", 1)]
        entries = [
            fulfillment_order(place, (1, units), status="CANCELLED")
            for place, units in ((1, 2), (2, 3))
        ]
        self.assertEqual(self.deduct(*entries, current=0, refunds=back), {})

    def test_unrestocked_units_stay_deducted(self):
        kept = [refund_line(2, "NO_RESTOCK")]
        for units in (3, 5):
            entry = fulfillment_order(1, (1, units))
            self.assertEqual(self.deduct(entry, current=3, refunds=kept), {1: 5})

    def test_unrestocked_units_of_a_cancelled_order_stay_deducted(self):
        kept = [refund_line(5, "NO_RESTOCK")]
        entry = fulfillment_order(1, (1, 5), status="CANCELLED")
        self.assertEqual(self.deduct(entry, current=0, refunds=kept), {1: 5})

    def test_unrestocked_units_of_an_unknown_place_are_not_guessed(self):
        kept = [refund_line(1, "NO_RESTOCK")]
        entries = fulfillment_order(1, (1, 2)), fulfillment_order(2, (1, 2))
        self.assertIsNone(self.deduct(*entries, current=4, refunds=kept))

    def test_refund_that_says_restocked_and_did_not(self):
        entry = dict(refund_line(2, "RETURN", 1), restocked=False)
        done = fulfillment_order(1, (1, 5), status="CLOSED")
        self.assertEqual(self.deduct(done, current=3, refunds=[entry]), {1: 5})

    def test_return_to_where_it_came_from(self):
        back = [refund_line(2, "RETURN", 1)]
        done = fulfillment_order(1, (1, 5), status="CLOSED")
        self.assertEqual(self.deduct(done, current=3, refunds=back), {1: 3})

    def test_return_to_another_location_adds_there(self):
        back = [refund_line(2, "RETURN", 2)]
        done = fulfillment_order(1, (1, 5), status="CLOSED")
        self.assertEqual(self.deduct(done, current=3, refunds=back), {1: 5, 2: -2})

    def test_restock_without_a_place_goes_where_most_was(self):
        back = [refund_line(2, "LEGACY_RESTOCK")]
        entries = fulfillment_order(1, (1, 4)), fulfillment_order(2, (1, 1))
        self.assertEqual(self.deduct(*entries, current=3, refunds=back), {1: 2, 2: 1})

    def test_units_that_an_edit_removed_were_restocked(self):
        self.assertEqual(self.deduct(fulfillment_order(1, (1, 3)), current=3), {1: 3})

    def test_other_lines_refunds_do_not_count(self):
        back = [refund_line(2, "RETURN", 1, number=8)]
        self.assertEqual(
            self.deduct(fulfillment_order(1, (1, 5)), refunds=back), {1: 5}
        )
