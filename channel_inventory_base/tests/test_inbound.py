# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestInbound(PositionCase):
    """Goods on their way, by the day they are due."""

    def setUp(self):
        super().setUp()
        self.stock = self.warehouse.lot_stock_id
        self.suppliers = self.place("suppliers")

    def inbound(self, warehouse=None):
        self.env.flush_all()
        self.env["channel.inbound"].invalidate_model()
        return self.env["channel.inbound"].search(
            [
                ("product_id", "=", self.product.id),
                ("warehouse_id", "=", (warehouse or self.warehouse).id),
            ]
        )

    def test_each_receipt_has_its_day(self):
        for days in (9, 2):
            self.move(
                self.suppliers,
                self.stock,
                days,
                date=fields.Datetime.now() + timedelta(days=days),
            )
        rows = self.inbound()
        today = fields.Date.today()
        self.assertEqual(
            [(row.due_date - today).days for row in rows], rows.mapped("quantity")
        )
        self.assertEqual(rows.mapped("source"), ["receipt", "receipt"])
        self.assertEqual(rows.company_id, self.env.company)

    def test_purchase_is_due_when_it_was_promised(self):
        purchase = self.buy(6)
        promised = fields.Datetime.now() + timedelta(days=5)
        purchase.order_line.date_planned = promised
        row = self.inbound()
        self.assertEqual((row.quantity, row.due_date), (6, promised.date()))
        self.plan()
        purchase.order_line.date_planned = promised + timedelta(days=9)
        self.env.flush_all()
        changes = self.env["channel.change"].search([])
        self.assertEqual(changes.product_id, self.product)
        self.assertEqual(row.picking_id, purchase.picking_ids)

    def test_goods_in_the_input_zone_are_due_today(self):
        self.warehouse.reception_steps = "two_steps"
        purchase = self.buy(6)
        self.assertEqual(self.inbound().source, "receipt")
        self.done(purchase.picking_ids.filtered(lambda p: p.state == "assigned"))
        row = self.inbound()
        self.assertEqual(
            (row.source, row.quantity, row.due_date),
            ("house", 6, fields.Date.today()),
        )

    def test_what_waits_for_a_receipt_and_returns_are_left_out(self):
        customers = self.place("customers")
        delivery = self.move(
            self.stock, customers, 4, confirm=False, procure_method="make_to_order"
        )
        self.move(self.suppliers, self.stock, 6, move_dest_ids=[(6, 0, delivery.ids)])
        delivery._action_confirm(merge=False)
        self.move(customers, self.stock, 3)
        self.check(in_transit=9, dedicated=7, backorderable=2)
        self.assertEqual(self.inbound().mapped("quantity"), [2])

    def test_transfer_and_production_say_where_they_come_from(self):
        other = self.make_warehouse(self.env, "CH2")
        self.move(other.lot_stock_id, self.stock, 2)
        production = self.env["stock.location"].search(
            [
                ("usage", "=", "production"),
                ("company_id", "in", (False, self.env.company.id)),
            ],
            limit=1,
        )
        self.move(production, self.stock, 3)
        self.assertEqual(
            {row.source: row.quantity for row in self.inbound()},
            {"transfer": 2, "production": 3},
        )


@tagged("post_install", "-at_install")
class TestSupplierStock(PositionCase):
    def setUp(self):
        super().setUp()
        self.stock = self.env["channel.supplier.stock"]
        self.vendor = self.env["res.partner"].create({"name": "Vendor"})
        self.product.seller_ids = [
            (
                0,
                0,
                {"partner_id": self.vendor.id, "product_code": "V-1", "delay": 12},
            )
        ]
        self.env.flush_all()

    def report(self, quantity, minutes=0, product="V-1"):
        moment = fields.Datetime.now() - timedelta(minutes=minutes)
        rows = [{"product": product, "quantity": quantity}]
        return self.stock._report(self.vendor, rows, moment, "EDI")

    def row(self):
        self.stock.invalidate_model()
        return self.stock.search([("partner_id", "=", self.vendor.id)])

    def test_vendors_code_finds_the_product_and_its_lead_time(self):
        self.report(40)
        row = self.row()
        self.assertEqual((row.product_id, row.quantity), (self.product, 40))
        self.assertEqual((row.lead_days, row.company_id), (12, self.env.company))

    def test_vendors_code_means_nothing_from_another_vendor(self):
        other = self.env["res.partner"].create({"name": "Other"})
        report = self.stock._report(
            other, [{"product": "V-1", "quantity": 1}], fields.Datetime.now()
        )
        self.assertEqual(report.problem_count, 1)

    def test_older_word_does_not_overwrite_and_our_lead_time_stays(self):
        self.report(40, minutes=5)
        self.row().lead_days = 20
        self.report(10, minutes=10)
        self.assertEqual(self.row().quantity, 40)
        self.report(30)
        self.assertEqual((self.row().quantity, self.row().lead_days), (30, 20))

    def test_it_is_in_no_position(self):
        before = self.position.read()
        self.report(40)
        self.assertEqual(self.position.read(), before)

    def test_file_is_taken_like_a_report(self):
        names = ["partner_id", "product_id", "quantity"]
        for quantity in ("4", "5"):
            result = self.stock.load(names, [["Vendor", "SKU-1", quantity]])
            self.assertFalse(
                [
                    message
                    for message in result["messages"]
                    if message["type"] == "error"
                ]
            )
        self.assertEqual((self.row().quantity, self.row().lead_days), (5, 12))

    def test_change_by_sql_replans_the_product(self):
        self.report(40)
        self.plan()
        self.env.cr.execute("UPDATE channel_supplier_stock SET quantity = 3")
        changes = self.env["channel.change"].search([])
        self.assertEqual(changes.product_id, self.product)

    # ---------------------------------------------------------- whole and fresh
    def promise(self):
        self.rule("backorder", 500, horizon_days=30, supplier_stock=True)
        self.plan()
        return self.level.target - 10

    def test_complete_report_drops_what_it_does_not_name(self):
        other = self.make_product(self.env, 2)
        self.report(40, minutes=9)
        self.report(7, minutes=9, product="SKU-2")
        self.assertEqual(self.promise(), 40)
        rows = [{"product": "SKU-2", "quantity": 7}]
        now = fields.Datetime.now()
        self.stock._report(self.vendor, rows, now, "846")
        # without saying that this is all there is
        self.assertEqual(self.row().mapped("quantity"), [40, 7])
        self.stock._report(self.vendor, rows, now, "846", complete=True)
        quantities = {row.product_id: row.quantity for row in self.row()}
        self.assertEqual(quantities, {self.product: 0, other: 7})
        self.plan()
        self.assertEqual(self.level.target, 10)

    def test_complete_report_with_a_row_that_means_nobody_drops_nothing(self):
        self.report(40, minutes=9)
        self.stock._report(
            self.vendor,
            [{"product": "NOBODY", "quantity": 1}],
            fields.Datetime.now(),
            complete=True,
        )
        self.assertEqual(self.row().quantity, 40)

    def test_complete_report_that_is_older_drops_nothing(self):
        self.report(40, minutes=1)
        before = fields.Datetime.now() - timedelta(minutes=5)
        self.stock._report(self.vendor, [], before, complete=True)
        self.assertEqual(self.row().quantity, 40)

    def test_old_word_is_promised_no_more_than_so_many_days(self):
        self.report(40)
        self.assertEqual(self.promise(), 40)
        self.vendor.channel_fresh_days = 3
        self.plan()
        self.assertEqual(self.level.target, 50)
        # four days go by, and nobody writes anything
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_supplier_stock SET as_of = as_of - interval '4 days'"
        )
        self.env.invalidate_all()
        self.plan()
        self.stock._age_reports()
        self.assertEqual(self.env["channel.change"].search([]).product_id, self.product)
        self.plan()
        self.assertEqual((self.row().is_stale, self.level.target), (True, 10))
        self.report(30)
        self.plan()
        self.assertEqual((self.row().is_stale, self.level.target), (False, 40))

    def test_vendor_without_a_limit_is_believed_for_ever(self):
        self.report(40, minutes=60 * 24 * 400)
        self.assertEqual(self.promise(), 40)
