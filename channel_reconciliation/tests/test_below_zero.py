# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import Form, tagged

from .common import ReconcileCase


@tagged("post_install", "-at_install")
class TestBelowZero(ReconcileCase):
    """Whoever has sold it, and whatever the cause: a person is told within a minute."""

    def setUp(self):
        super().setUp()
        self.go_live_all()

    def told(self):
        return self.exceptions(category="below_zero")

    def recount(self, quantity):
        quant = self.product.stock_quant_ids.filtered(
            lambda each: each.location_id == self.warehouse.lot_stock_id
        )
        quant.with_context(inventory_mode=True).inventory_quantity = quantity
        quant.action_apply_inventory()

    def test_15_a_recount_below_what_is_sold(self):
        self.show(1, 10)
        order = self.capture(self.fake.sell(10))
        self.plan()
        self.assertFalse(self.told())
        self.recount(4)
        self.plan()
        [found] = self.told()
        self.assertFalse(found.channel_id)
        self.assertEqual(found.company_id, self.warehouse.company_id)
        self.assertEqual(found.res_id, self.product.id)
        self.assertIn("6", found.message)
        self.assertIn("counted off", found.message)
        self.assertIn(order.name, found.message)
        self.assertIn(order.name, found.message)
        self.assertIn("Nothing is on its way", found.suggestion)
        # told once, however often it is seen
        self.env["channel.below.zero"]._look_around()
        self.assertEqual((self.told(), found.count), (found, 1))
        self.recount(10)
        self.plan()
        self.assertEqual(found.state, "resolved")

    def test_what_salespeople_have_sold(self):
        with Form(self.env["sale.order"]) as form:
            form.partner_id = self.env["res.partner"].create({"name": "Walk-in"})
            form.warehouse_id = self.warehouse
            with form.order_line.new() as line:
                line.product_id = self.product
                line.product_uom_qty = 14
        form.record.action_confirm()
        self.plan()
        [found] = self.told()
        self.assertIn(form.record.name, found.message)
        self.assertIn("4", found.message)
        form.record._action_cancel()
        self.plan()
        self.assertEqual(found.state, "resolved")

    def test_where_units_are_is_said(self):
        other = self.make_warehouse(self.env, "OTH")
        self.add_stock(self.env, self.product, other, 30)
        self.recount(0)
        self.env["channel.hold"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 2,
            }
        )
        self.plan()
        self.assertIn(f"{other.name} (30)", self.told().suggestion)

    def test_what_no_channel_sells_is_not_our_business(self):
        self.listing.state = "ignored"
        self.env["channel.hold"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 12,
            }
        )
        self.plan()
        self.env["channel.below.zero"]._look_around()
        self.assertFalse(self.told())

    def test_many_are_told_in_as_many_statements_as_few(self):
        """Beyond what it takes to write each exception."""

        def look(products):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["channel.below.zero"]._look_at(products.ids)
            return self.env.cr.sql_log_count - before

        few, many = self.make_short(3, 1000), self.make_short(30, 2000)
        for products in (few, many):
            look(products)
        self.assertEqual(len(self.told()), 33)
        # nothing is new: nothing is written
        self.assertEqual(look(few), look(many))
        other = self.make_warehouse(self.env, "OTH")
        for product in many:
            self.add_stock(self.env, product, other, 5)
        self.env["channel.below.zero"]._look_at(many.ids)
        told = self.told().filtered(lambda each: each.res_id == many[7].id)
        self.assertIn(many[7].display_name, told.message)
        self.assertNotIn(many[8].display_name, told.message)

    def make_short(self, count, first):
        """Products that a channel sells, each short of one unit more than the last."""
        listings = self.make_levels(count, first=first)
        for number, listing in enumerate(listings, 1):
            listing.product_id = self.env["product.product"].create(
                {"name": f"Short {first + number}", "is_storable": True}
            )
            self.env["channel.hold"].create(
                {
                    "product_id": listing.product_id.id,
                    "warehouse_id": self.warehouse.id,
                    "stock_quantity": number,
                }
            )
        return listings.product_id
