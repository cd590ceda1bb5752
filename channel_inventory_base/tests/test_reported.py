# SPDX-License-Identifier: AGPL-3.0-or-later
import unittest
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from ..tools.reported import read_quantity, read_rows, read_time

COLUMNS = ("on_hand", "damaged")


class TestReported(unittest.TestCase):
    """Rows from outside: what can be read counts, the rest is named. No database."""

    def reason(self, **row):
        good, problems = read_rows([row], COLUMNS)
        self.assertFalse(good)
        return problems[0].reason

    def test_good_rows_go_on_beside_bad_ones(self):
        rows = [
            {"product": " A ", "on_hand": 3, "damaged": None},
            {"product": "B", "on_hand": "x"},
            ["C", 3],
            {"product_id": 7, "on_hand": "2.5", "damaged": 1},
        ]
        good, problems = read_rows(rows, COLUMNS)
        self.assertEqual([(row.line, row.code) for row in good], [(1, "A"), (4, "")])
        self.assertEqual(good[1].product_id, 7)
        self.assertEqual(good[1].quantities, (Decimal("2.5"), Decimal(1)))
        self.assertEqual([problem.line for problem in problems], [2, 3])

    def test_each_kind_of_nonsense_has_its_name(self):
        self.assertEqual(self.reason(product="A", on_hand=-1), "negative")
        self.assertEqual(self.reason(product="A", on_hand=1, damaged=-1), "negative")
        self.assertEqual(self.reason(product="A", on_hand=1e10), "absurd")
        self.assertEqual(self.reason(product="A", on_hand=True), "not_a_number")
        self.assertEqual(self.reason(product="A", on_hand=None), "not_a_number")
        self.assertEqual(self.reason(product="A", on_hand=float("nan")), "not_a_number")
        self.assertEqual(self.reason(product="A"), "not_a_number")
        self.assertEqual(self.reason(product="", on_hand=1), "no_product")
        self.assertEqual(self.reason(product_id=True, on_hand=1), "no_product")
        self.assertEqual(self.reason(product_id="7", on_hand=1), "no_product")

    def test_quantities(self):
        self.assertEqual(read_quantity(" 12 "), (Decimal(12), ""))
        self.assertEqual(read_quantity("1,5")[1], "not_a_number")
        self.assertEqual(read_quantity("Infinity")[1], "not_a_number")
        self.assertEqual(read_quantity(0)[0], 0)

    def test_times_are_utc(self):
        east = timezone(timedelta(hours=2))
        moment = datetime(2026, 3, 1, 10, tzinfo=east)
        self.assertEqual(read_time(moment), datetime(2026, 3, 1, 8))
        self.assertEqual(read_time("2026-03-01T08:00:00"), datetime(2026, 3, 1, 8))
        for nonsense in (None, "", "soon", 17):
            self.assertIsNone(read_time(nonsense))
