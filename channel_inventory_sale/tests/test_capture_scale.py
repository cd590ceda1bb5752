# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common_order import OrderCase


@tagged("post_install", "-at_install")
class TestCaptureScale(OrderCase):
    """A large order must not keep the sales after it from being held."""

    def _data_of(self, count):
        listings = (self.lamp, self.mug)
        lines = [
            self._line(listings[number % 2], 1, "1.00", ref=str(number))
            for number in range(count)
        ]
        return self._data(*lines, total=str(count))

    def _count_queries(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_capture_takes_as_many_statements_for_400_lines_as_for_4(self):
        self._capture(self._data_of(4))
        few, many = self._data_of(4), self._data_of(400)
        small = self._count_queries(lambda: self._capture(few))
        large = self._count_queries(lambda: self._capture(many))
        # rows are inserted in batches of a hundred or so
        self.assertLess(large - small, 25)
        self.assertEqual(self._position().held, 2 + 2 + 200)

    def test_version_that_changes_one_line_of_many_touches_only_that(self):
        data = self._data_of(40)
        order = self._capture(data)
        holds = order.line_ids.hold_ids
        deductions = self.env["channel.deduction"].search(
            [("order_line_id", "in", order.line_ids.ids)]
        )
        changed = self._newer(data, {"0": 3})
        self._capture(changed)
        self.assertEqual(len(order.line_ids.hold_ids - holds), 1)
        added = (
            self.env["channel.deduction"].search(
                [("order_line_id", "in", order.line_ids.ids)]
            )
            - deductions
        )
        self.assertEqual(added.mapped("quantity"), [2])
        self.assertEqual(sum(deductions.mapped("quantity")), 40)

    def test_dropped_line_gives_back_hold_and_deduction(self):
        data = self._data_of(3)
        order = self._capture(data)
        self._capture(self._newer(data, {"0": None}))
        line = order.line_ids.filtered(lambda each: each.external_id == "0")
        self.assertEqual((line.quantity, line.open_quantity), (0, 0))
        self.assertEqual(line.hold_ids.mapped("state"), ["released"])
        self.assertFalse(line.deducted)
        self.assertEqual(
            sum(
                self.env["channel.deduction"]
                .search([("order_line_id", "=", line.id)])
                .mapped("quantity")
            ),
            0,
        )
