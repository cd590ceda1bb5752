# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestLikelyDates(ReplenishCase):
    """A date is as good as the vendor's record."""

    def record(self, delays, vendor=None):
        """Receipts that were late by so many days."""
        past = self.make_product(self.env, 50)
        for delay in delays:
            self.receive(self.buy_in(1, -20, past, vendor), delay)
        self.measure()
        return self.env["channel.vendor.record"].search(
            [("partner_id", "=", (vendor or self.vendor).id)]
        )

    def measure(self):
        self.env["channel.vendor.record"]._measure()

    def shown(self):
        self.plan()
        return self.listing.level_ids.target

    def test_late_vendor_is_not_promised_within_the_horizon(self):
        record = self.record([0, 0, 0, 0, 0, 5, 5, 5, 5, 5])
        self.assertEqual((record.on_time_rate, record.late_days), (50, 5))
        self.buy_in(10, 3)
        rule = self.make_rule(
            self.env, "backorder", 50, horizon_days=7, likely_dates=True
        )
        self.assertEqual(self.shown(), 10)
        self.assertIn("by likely dates", rule.summary)

    def test_rule_by_due_dates_promises_it(self):
        self.record([0, 0, 0, 0, 0, 5, 5, 5, 5, 5])
        self.buy_in(10, 3)
        self.make_rule(self.env, "backorder", 50, horizon_days=7)
        self.assertEqual(self.shown(), 20)

    def test_both_kinds_of_rule_in_one_plan(self):
        self.record([5] * 6)
        self.buy_in(10, 3)
        self.make_rule(self.env, "backorder", 50, horizon_days=7)
        other = self.make_product(self.env, 2)
        listing = self.make_listing(self.env, self.channel, other, 2)
        self.buy_in(10, 3, other)
        self.make_rule(
            self.env,
            "backorder",
            50,
            horizon_days=7,
            likely_dates=True,
            product_id=other.id,
        )
        self.assertEqual(self.shown(), 20)
        self.assertEqual(listing.level_ids.target, 0)

    def test_likely_day_is_shown_beside_the_due_day(self):
        self.record([5] * 6)
        self.buy_in(10, 3)
        self.env.flush_all()
        row = self.env["channel.inbound"].search([("product_id", "=", self.product.id)])
        self.assertEqual(
            (row.due_date, row.likely_date), (self.today(3), self.today(8))
        )

    def test_four_of_five_receipts_say_how_late(self):
        record = self.record([-3, 0, 0, 0, 0, 0, 0, 2, 4, 30])
        self.assertEqual((record.receipt_count, record.late_days), (10, 2))
        self.assertEqual(record.on_time_rate, 70)

    def test_line_that_comes_in_parts_is_late_by_its_late_part(self):
        """Odoo's pull request 225529: parts of a line are counted by what came."""
        past = self.make_product(self.env, 51)
        for _each in range(3):
            purchase = self.buy_in(10, -20, past)
            picking = purchase.picking_ids
            picking.move_ids.write({"quantity": 6, "picked": True})
            picking.with_context(skip_backorder=True).button_validate()
            picking.move_ids.date = purchase.order_line.date_planned
            self.receive(purchase, 5)
        self.measure()
        record = self.env["channel.vendor.record"].search(
            [("partner_id", "=", self.vendor.id)]
        )
        self.assertEqual((record.receipt_count, record.on_time_rate), (6, 60))
        self.assertEqual(record.late_days, 5)

    def test_few_receipts_say_nothing(self):
        self.assertFalse(self.record([9, 9, 9, 9]))

    def test_record_of_another_company_and_of_its_contacts(self):
        contact = self.env["res.partner"].create(
            {"name": "Sales Desk", "parent_id": self.vendor.id}
        )
        self.record([4] * 5, vendor=contact)
        record = self.env["channel.vendor.record"].search(
            [("partner_id", "=", self.vendor.id)]
        )
        self.assertEqual(record.late_days, 4)
        self.assertEqual(record.company_id, self.company)

    def test_goods_that_never_come_are_late(self):
        for days in (-30, -20, -10, -10, -10):
            self.buy_in(1, days)
        self.measure()
        record = self.env["channel.vendor.record"].search(
            [("partner_id", "=", self.vendor.id)]
        )
        self.assertEqual((record.on_time_rate, record.late_days), (0, 20))

    def test_new_record_has_what_is_on_its_way_planned_again(self):
        self.buy_in(10, 3)
        self.make_rule(self.env, "backorder", 50, horizon_days=7, likely_dates=True)
        self.assertEqual(self.shown(), 20)
        self.record([5] * 6)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT count(*) FROM channel_change WHERE product_id = %s",
            [self.product.id],
        )
        self.assertGreater(self.env.cr.fetchone()[0], 0)
        self.assertEqual(self.shown(), 10)

    def test_measured_again_writes_nothing(self):
        record = self.record([5] * 6)
        self.env.cr.execute("DELETE FROM channel_change")
        self.env.cr.execute(
            "SELECT xmin::text FROM channel_vendor_record WHERE id = %s", [record.id]
        )
        before = self.env.cr.fetchone()
        self.measure()
        self.env.cr.execute(
            "SELECT xmin::text, (SELECT count(*) FROM channel_change) "
            "FROM channel_vendor_record WHERE id = %s",
            [record.id],
        )
        self.assertEqual(self.env.cr.fetchone(), (*before, 0))

    def test_vendor_that_got_better_is_believed_again(self):
        record = self.record([5] * 5)
        self.assertEqual(record.late_days, 5)
        self.record([0] * 25)
        record.invalidate_recordset()
        self.assertEqual(record.late_days, 0)

    def test_view_stands_without_the_records(self):
        self.buy_in(10, 3)
        self.record([5] * 6)
        inbound = self.env["channel.inbound"].with_context(without_vendors=True)
        inbound._create_view()
        row = inbound.search([("product_id", "=", self.product.id)])
        self.assertEqual(row.likely_date, row.due_date)
        self.env["channel.inbound"]._create_view()
