# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common_purchase import ReplenishCase


@tagged("post_install", "-at_install")
class TestStockouts(ReplenishCase):
    """A shortage is known before it happens, and told once."""

    def assertOut(self, row, urgency, out, order_by, refill, units):
        self.assertEqual(len(row), 1)
        self.assertEqual(
            (row.urgency, row.out_date, row.order_by, row.refill_date, row.quantity),
            (
                urgency,
                self.today(out),
                self.today(order_by),
                refill is not None and self.today(refill),
                units,
            ),
        )

    # ------------------------------------------------------------- forecast
    def test_out_on_day_five_refilled_on_day_nine(self):
        self.rate(2)
        self.buy_in(20, 9)
        row = self.stockout()
        self.assertOut(row, "soon", 5, 2, 9, 8)
        self.assertEqual((row.value, row.vendor_id), (80, self.vendor))
        self.assertEqual((row.available, row.per_day, row.lead_days), (10, 2, 3))

    def test_last_day_to_order_is_today_and_yesterday(self):
        self.rate(2)
        self.seller.delay = 5
        self.assertOut(self.stockout(), "now", 5, 0, None, 10)
        self.seller.delay = 6
        self.assertOut(self.stockout(), "late", 5, -1, None, 12)

    def test_goods_that_come_in_time_are_no_stockout(self):
        self.rate(2)
        self.buy_in(100, 5)
        self.assertFalse(self.stockout())

    def test_goods_that_come_on_time_and_do_not_last(self):
        self.rate(2)
        self.buy_in(4, 5)
        # 10 + 4 last until day 7
        self.assertOut(self.stockout(), "soon", 7, 4, None, 6)

    def test_far_away_is_nobodys_work_yet(self):
        self.rate(1)
        self.seller.delay = 2
        self.company.channel_soon_days = 7
        self.assertFalse(self.stockout())
        self.company.channel_soon_days = 8
        self.assertOut(self.stockout(), "soon", 10, 8, None, 2)

    def test_held_units_are_sold(self):
        self.rate(2)
        self.hold(8)
        self.assertOut(self.stockout(), "late", 1, -2, None, 6)

    def test_part_of_a_day_counts_from_that_day(self):
        self.rate(4)
        # 10 is two days and a half
        self.assertOut(self.stockout(), "late", 2, -1, None, 10)

    def test_short_without_any_sales(self):
        self.sell(14)
        self.assertOut(self.stockout(), "late", 0, -3, None, 4)
        self.buy_in(20, 6)
        self.assertOut(self.stockout(), "late", 0, -3, 6, 4)

    def test_delivery_of_later_takes_nothing_today(self):
        move = self.move(
            self.warehouse.lot_stock_id, self.place("customers"), quantity=14
        )
        move.date = self.in_days(9)
        self.assertOut(self.stockout(), "soon", 9, 6, None, 4)
        self.buy_in(10, 8)
        self.assertFalse(self.stockout())

    def test_delivery_with_a_receipt_of_its_own_is_nobodys_shortage(self):
        route = self.env.ref("stock.route_warehouse0_mto")
        route.active = True
        buy = self.warehouse.buy_pull_id.route_id
        self.product.route_ids = route | buy
        self.sell(14)
        purchase = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual(purchase.product_qty, 14)
        self.assertFalse(self.stockout())

    def test_goods_count_when_they_are_likely_to_come(self):
        past = self.make_product(self.env, 50)
        for _each in range(5):
            self.receive(self.buy_in(1, -20, past), 4)
        self.env["channel.vendor.record"]._measure()
        self.rate(2)
        self.buy_in(20, 3)
        self.assertOut(self.stockout(), "soon", 5, 2, 7, 4)

    def test_overdue_goods_are_expected_today(self):
        self.rate(2)
        self.buy_in(100, -2)
        self.assertFalse(self.stockout())

    def test_product_that_is_gone_altogether(self):
        """Odoo keeps no row of it, and it has been sold until yesterday."""
        self.done(self.sell(10).picking_ids)
        self.rate(2)
        self.env["stock.quant"].search([("product_id", "=", self.product.id)]).sudo()
        self.env.cr.execute(
            "DELETE FROM stock_quant WHERE product_id = %s", [self.product.id]
        )
        self.env.invalidate_all()
        self.assertOut(self.stockout(), "late", 0, -3, None, 6)

    def test_rate_is_divided_by_what_warehouses_ship(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH"})
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.add_stock(self.env, self.product, other, 10)
        order = self.sell(4)
        self.done(order.picking_ids)
        self.add_stock(self.env, self.product, other, 1)
        sale = self.env["sale.order"].create(
            {
                "partner_id": self.vendor.id,
                "warehouse_id": other.id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "product_uom_qty": 1})
                ],
            }
        )
        sale.action_confirm()
        self.done(sale.picking_ids)
        self.rate(5)
        self.company.channel_soon_days = 30
        rows = self.stockout()
        by_warehouse = {row.warehouse_id: row.per_day for row in rows}
        self.assertEqual(by_warehouse, {self.warehouse: 4, other: 1})

    def test_two_warehouses_that_have_shipped_nothing_share_the_rate(self):
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH"})
        self.add_stock(self.env, self.product, other, 10)
        self.rate(4)
        rows = self.stockout()
        self.assertEqual(rows.mapped("per_day"), [2, 2])

    def test_first_vendor_of_the_list_counts_and_one_that_has_ended_does_not(self):
        slow = self.env["res.partner"].create({"name": "Slow"})
        self.add_seller(
            self.product,
            30,
            slow,
            sequence=0,
            date_end=fields.Date.today() - timedelta(days=1),
        )
        self.rate(2)
        self.assertEqual(self.stockout().vendor_id, self.vendor)
        self.company.days_to_purchase = 2
        self.assertEqual(self.stockout().lead_days, 5)

    def test_vendor_of_large_quantities_only_is_not_asked_for_few(self):
        """Odoo's pull request 281595: the dates of one vendor, the order to another."""
        slow = self.env["res.partner"].create({"name": "Slow"})
        self.add_seller(self.product, 30, slow, sequence=0, min_qty=1000)
        self.rate(2)
        row = self.stockout()
        self.assertEqual((row.vendor_id, row.lead_days), (self.vendor, 3))
        self.env["product.supplierinfo"].search(
            [("partner_id", "=", slow.id)]
        ).min_qty = 50
        row = self.stockout()
        self.assertEqual((row.vendor_id, row.lead_days), (slow, 30))

    def test_nothing_is_known_of_a_vendor(self):
        self.seller.unlink()
        self.rate(2)
        row = self.stockout()
        self.assertFalse(row.vendor_id)
        self.assertOut(row, "soon", 5, 5, None, 2)

    def test_services_and_archived_products_are_left_out(self):
        self.rate(2)
        self.assertTrue(self.stockout())
        self.product.active = False
        self.assertFalse(self.stockout())

    def test_goods_that_arrive_end_it(self):
        self.rate(2)
        self.assertTrue(self.stockout())
        self.add_stock(self.env, self.product, self.warehouse, 100)
        self.assertFalse(self.stockout())

    def test_row_that_stays_is_not_written(self):
        self.rate(2)
        row = self.stockout()
        self.env.cr.execute(
            "SELECT xmin::text, ctid::text FROM channel_stockout WHERE id = %s",
            [row.id],
        )
        before = self.env.cr.fetchone()
        self.stockout()
        self.env.cr.execute(
            "SELECT xmin::text, ctid::text FROM channel_stockout WHERE id = %s",
            [row.id],
        )
        self.assertEqual(self.env.cr.fetchone(), before)

    # ----------------------------------------------------------------- told
    def tell(self):
        self.env["channel.stockout.teller"]._tell()
        self.env.invalidate_all()
        return self.env["channel.exception"].search(
            [("category", "=", "stockout"), ("company_id", "=", self.company.id)]
        )

    def told(self, exception):
        return self.env["mail.message"].search(
            [
                ("model", "=", exception._name),
                ("res_id", "=", exception.id),
                ("subject", "=", "Stockouts expected"),
            ]
        )

    def test_owner_is_told_once_a_change(self):
        owner = self.make_user(self.env, "manager")
        self.company.channel_exception_user_id = owner
        self.env["channel.stockout"].search([]).unlink()
        self.rate(2)
        self.seller.delay = 5
        self.stockout()
        exception = self.tell()
        self.assertEqual((exception.state, exception.user_id), ("open", owner))
        self.assertIn("to be ordered today: 1 (", exception.message)
        self.assertEqual(len(self.told(exception)), 1)
        self.assertIn(
            owner.partner_id, self.told(exception).notification_ids.res_partner_id
        )
        self.stockout()
        self.tell()
        self.assertEqual(len(self.told(exception)), 1)
        self.seller.delay = 6
        self.stockout()
        self.assertEqual(self.tell(), exception)
        self.assertEqual(len(self.told(exception)), 2)
        self.assertIn("before an order could arrive", exception.message)
        self.add_stock(self.env, self.product, self.warehouse, 100)
        self.stockout()
        self.tell()
        self.assertEqual(exception.state, "resolved")

    def test_soon_is_on_the_list_and_tells_nobody(self):
        self.env["channel.stockout"].search([]).unlink()
        self.rate(2)
        self.assertEqual(self.stockout().urgency, "soon")
        self.assertFalse(self.tell())

    def test_ignored_stays_ignored_until_it_is_over(self):
        self.env["channel.stockout"].search([]).unlink()
        self.rate(2)
        self.seller.delay = 6
        self.stockout()
        exception = self.tell()
        exception._close("ignored", "We know.")
        self.stockout()
        self.assertEqual(self.tell(), exception)
        self.assertEqual(exception.state, "ignored")

    def test_hour_does_all_of_it(self):
        self.rate(2)
        self.seller.delay = 6
        self.env.flush_all()
        self.env["channel.stockout"]._cron_forecast()
        self.env.invalidate_all()
        row = self.env["channel.stockout"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual((row.urgency, row.told_urgency), ("late", "late"))

    # -------------------------------------------------------------- screens
    def test_replenish_is_odoos_own(self):
        self.rate(2)
        self.seller.delay = 6
        action = self.stockout().action_replenish()
        wizard = (
            self.env["product.replenish"].with_context(**action["context"]).create({})
        )
        self.assertEqual(
            (wizard.product_id, wizard.warehouse_id, wizard.quantity),
            (self.product, self.warehouse, 12),
        )
        wizard.launch_replenishment()
        line = self.env["purchase.order.line"].search(
            [("product_id", "=", self.product.id)]
        )
        self.assertEqual((line.product_qty, line.partner_id), (12, self.vendor))

    def test_replenish_takes_what_reordering_rules_ask_for(self):
        self.rate(2)
        self.reorder(minimum=30, maximum=50)
        self.assertEqual(self.stockout()._get_replenish_quantity(), 40)

    def test_rows_are_of_ones_own_companies(self):
        self.rate(2)
        row = self.stockout()
        other = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "stranger",
            groups="channel_inventory_base.group_channel_user",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        found = self.env["channel.stockout"].with_user(user)
        self.assertFalse(found.search([("id", "=", row.id)]))
