# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestSupplierReport(ReplenishCase):
    """The door for what vendors have."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.product_code = "V-1"

    def report(self, rows, at=None, user=None, **values):
        stock = self.env["channel.supplier.stock"]
        if user:
            stock = stock.with_user(user)
        at = at or fields.Datetime.now()
        return stock.report(self.vendor.id, rows, at.isoformat(), **values)

    @property
    def stock(self):
        return self.env["channel.supplier.stock"].search(
            [("partner_id", "=", self.vendor.id)]
        )

    def test_report_of_tomorrow_is_refused(self):
        with self.assertRaisesRegex(UserError, "in the future"):
            self.report(
                [{"product": "V-1", "quantity": 5}],
                fields.Datetime.now() + timedelta(days=1),
            )
        self.assertFalse(self.stock)

    def test_same_report_twice_is_outdated_by_nothing(self):
        now = fields.Datetime.now()
        rows = [{"product": "V-1", "quantity": 5}]
        for _each in range(2):
            answer = self.report(rows, now)
            self.assertEqual((answer["accepted"], answer["outdated"]), (1, 0))
        self.assertEqual((self.stock.quantity, self.stock.lead_days), (5, 3))

    def test_older_report_is_outdated(self):
        now = fields.Datetime.now()
        self.report([{"product": "V-1", "quantity": 5}], now)
        answer = self.report(
            [{"product": "V-1", "quantity": 9}], now - timedelta(hours=1)
        )
        self.assertEqual((answer["accepted"], answer["outdated"]), (0, 1))
        self.assertEqual(self.stock.quantity, 5)

    def test_unknown_code_is_named(self):
        answer = self.report(
            [
                {"product": "V-1", "quantity": 5},
                {"product": "NOBODY-KNOWS", "quantity": 7},
            ]
        )
        self.assertEqual((answer["accepted"], answer["problem_count"]), (1, 1))
        self.assertIn("NOBODY-KNOWS", answer["problems"][0])

    def test_unknown_vendor_and_unknown_user(self):
        stock = self.env["channel.supplier.stock"]
        with self.assertRaisesRegex(UserError, "no vendor"):
            stock.report(0, [], fields.Datetime.now().isoformat())
        reader = self.make_user(self.env, "user")
        with self.assertRaises(AccessError):
            self.report([{"product": "V-1", "quantity": 5}], user=reader)
        operator = self.make_user(self.env, "operator")
        answer = self.report([{"product": "V-1", "quantity": 5}], user=operator)
        self.assertEqual(answer["accepted"], 1)

    def test_very_long_report_is_taken_in_time(self):
        """A tenth of a million rows in a tenth of the minute that a million may take,
        nine of ten of them unknown."""
        count = 100_000
        rows = [
            {"product": "V-1" if each % 10 == 0 else f"X-{each}", "quantity": 1}
            for each in range(count)
        ]
        start = time.perf_counter()
        answer = self.report(rows)
        self.assertLess(time.perf_counter() - start, 6)
        self.assertEqual(self.stock.quantity, count / 10)
        self.assertEqual(answer["problem_count"], count * 9 / 10)
        self.assertLessEqual(len(answer["problems"]), 201)
