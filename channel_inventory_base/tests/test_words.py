# SPDX-License-Identifier: AGPL-3.0-or-later
import itertools
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..schemas import Deduction, OrderData, OrderLineData
from ..tools import words

NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)


def line(ref, quantity, taken=None, **values):
    values.setdefault("open_quantity", quantity)
    deductions = None if taken is None else (Deduction("n", taken),)
    return OrderLineData(ref, f"v{ref}", quantity, deductions=deductions, **values)


def word(*lines, minute=0, **values):
    defaults = {"complete": False, "state": "pending", "payment": "pending"}
    return OrderData(
        "7", "#7", NOON + timedelta(minutes=minute), lines, **{**defaults, **values}
    )


def units(data):
    return {each.external_id: each.quantity for each in data.lines}


@tagged("post_install", "-at_install")
class TestWords(BaseCase):
    def test_parts_come_to_the_same_in_any_order(self):
        parts = [
            word(line("1", 2, 2), minute=3, whole=False),
            word(line("2", 5, 5), minute=1, whole=False),
            word(line("1", 3, 1), minute=2, whole=False),
        ]
        ends = set()
        for order in itertools.permutations(parts):
            known = None
            for each in order:
                known = words.merge(known, each)
            ends.add(
                (
                    known.version,
                    frozenset(
                        (each.external_id, each.quantity, each.deductions)
                        for each in known.lines
                    ),
                )
            )
        [(version, lines)] = ends
        self.assertEqual(version, NOON + timedelta(minutes=3))
        self.assertEqual(
            lines,
            {
                ("1", 3, (Deduction("n", 2),)),
                ("2", 5, (Deduction("n", 5),)),
            },
        )

    def test_part_never_lowers_drops_or_cancels(self):
        known = word(line("1", 4, 4), line("2", 1, 1))
        told = word(line("1", 1, 0), minute=1, whole=False, state="cancelled")
        merged = words.merge(known, told)
        self.assertEqual(units(merged), {"1": 4, "2": 1})
        self.assertEqual((merged.state, merged.payment), ("pending", "pending"))
        self.assertEqual(words.merge(None, told).state, "open")

    def test_part_reopens_what_was_cancelled(self):
        known = word(line("1", 4), state="cancelled", payment="voided")
        merged = words.merge(known, word(line("1", 4), minute=1, whole=False))
        self.assertEqual((merged.state, merged.payment), ("pending", "pending"))

    def test_word_about_all_of_it_replaces_demand_and_keeps_prices(self):
        known = replace(
            word(line("1", 4, unit_price=Decimal(3)), line("2", 1)),
            currency="EUR",
            total=Decimal(12),
        )
        told = words.follow(known, word(line("1", 2), minute=1, state="open"))
        self.assertEqual(units(told), {"1": 2})
        self.assertEqual((told.state, told.currency), ("open", "EUR"))
        self.assertEqual(told.lines[0].unit_price, 3)
        self.assertFalse(told.complete)

    def test_deductions_that_are_not_told_are_those_that_are_known(self):
        for known, told, expected in (
            (None, 2, 2),
            (3, None, 3),
            (None, None, None),
            (1, 2, 2),
        ):
            with self.subTest(known=known, told=told):
                raised = words.raise_line(line("1", 1, known), line("1", 1, told))
                self.assertEqual(
                    raised.deductions,
                    None if expected is None else (Deduction("n", expected),),
                )

    def test_answer_covers_what_was_told_before(self):
        data = word(line("1", 2), complete=True, state="open")
        for state, quantities, covered in (
            ("pending", {"1": 2}, True),
            ("open", {"1": 1}, True),
            ("open", {"1": 3}, False),
            ("open", {"1": 2, "2": 1}, False),
            ("open", {"1": 2, "2": 0}, True),
            ("cancelled", {}, False),
        ):
            with self.subTest(state=state, quantities=quantities):
                self.assertEqual(words.covers(data, state, quantities), covered)
        self.assertTrue(
            words.covers(replace(data, state="cancelled"), "open", {"9": 1})
        )
