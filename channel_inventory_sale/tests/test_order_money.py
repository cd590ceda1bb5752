# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo.tests import tagged

from .common_order import OrderCase, tax


@tagged("post_install", "-at_install")
class TestOrderMoney(OrderCase):
    # -------------------------------------------------------------------- taxes
    def test_taxes_on_top(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 3, "10.00", tax(10, "3.00")),
                self._line(self.mug, 1, "4.00", tax(25, "1.00")),
                total="38.00",
                total_tax="4.00",
            )
        )
        sale_order = self.assertImported(order, "38.00", "4.00")
        self.assertEqual(sale_order.order_line[0].tax_ids, self.tax_10)
        self.assertEqual(sale_order.order_line[1].tax_ids, self.tax_25)

    def test_taxes_included(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 3, "9.99", tax(10, "2.72")),
                self._line(self.mug, 1, "4.99", tax(25, "1.00")),
                taxes_included=True,
                total="34.96",
                total_tax="3.72",
            )
        )
        sale_order = self.assertImported(order, "34.96", "3.72")
        self.assertEqual(sale_order.order_line[0].tax_ids, self.tax_10_in)
        self.assertEqual(sale_order.order_line[0].price_unit, 9.99)

    def test_channel_that_rounds_by_line_is_taken_at_its_word(self):
        # 10 % of 1.05 is 0.105: 3 × 0.11 by line, 0.32 by order
        lines = [self._line(self.lamp, 1, "1.05", tax(10, "0.11")) for _ in range(3)]
        data = dict(total="3.48", total_tax="0.33")
        order = self._import(self._data(*lines, **data))
        self.assertImported(order, "3.48", "0.33")

    def test_channel_that_rounds_by_order_is_taken_at_its_word(self):
        self.company.tax_calculation_rounding_method = "round_per_line"
        lines = [self._line(self.lamp, 1, "1.05", tax(10, "0.105")) for _ in range(3)]
        order = self._import(self._data(*lines, total="3.47", total_tax="0.32"))
        self.assertImported(order, "3.47", "0.32")

    def test_invoice_comes_to_the_same_figures(self):
        lines = [self._line(self.lamp, 1, "1.05", tax(10, "0.11")) for _ in range(3)]
        order = self._import(self._data(*lines, total="3.48", total_tax="0.33"))
        invoice = order.sale_order_id._create_invoices()
        self.assertEqual((invoice.amount_total, invoice.amount_tax), (3.48, 0.33))

    def test_several_taxes_on_one_line_are_told_apart_by_title(self):
        state = self._map_tax(4, title="State")
        county = self._map_tax(4, title="County")
        line = self._line(
            self.lamp, 1, "25.00", tax(4, "1.00", "State"), tax(4, "1.00", "County")
        )
        order = self._import(self._data(line, total="27.00", total_tax="2.00"))
        self.assertImported(order, "27.00", "2.00")
        self.assertEqual(order.sale_order_id.order_line.tax_ids, state | county)

    def test_two_taxes_mapped_to_one_are_refused(self):
        line = self._line(self.lamp, 1, "25.00", tax(10, "2.50"), tax(10, "2.50", "B"))
        order = self._import(self._data(line, total="30.00", total_tax="5.00"))
        self.assertRefused(order, "tax")

    def test_rate_without_a_mapping_is_refused_and_names_a_candidate(self):
        self.env["account.tax"].create(
            {"name": "Rare 7.7", "amount": 7.7, "type_tax_use": "sale"}
        )
        line = self._line(self.lamp, 1, "10.00", tax("7.7", "0.77", "MWST"))
        order = self._import(self._data(line, total="10.77", total_tax="0.77"))
        found = self.assertRefused(order, "tax")
        self.assertIn("7.7 %", found.message)
        self.assertIn("MWST", found.message)
        self.assertIn("Rare 7.7", found.suggestion)

    def test_included_tax_needs_a_mapping_of_its_own(self):
        self._map_tax(5)
        line = self._line(self.lamp, 1, "10.50", tax(5, "0.50"))
        order = self._import(
            self._data(line, total="10.50", total_tax="0.50", taxes_included=True)
        )
        self.assertRefused(order, "tax")

    def test_mapped_tax_that_was_changed_since_is_refused(self):
        self.tax_10.amount = 12
        line = self._line(self.lamp, 1, "10.00", tax(10, "1.00"))
        order = self._import(self._data(line, total="11.00", total_tax="1.00"))
        self.assertRefused(order, "tax")

    def test_tax_that_its_rate_cannot_give_is_refused(self):
        line = self._line(self.lamp, 1, "10.00", tax(10, "1.20"))
        order = self._import(self._data(line, total="11.20", total_tax="1.20"))
        found = self.assertRefused(order, "total_mismatch")
        self.assertIn("1.20", found.message)

    def test_untaxed_line_bears_no_tax_of_its_product(self):
        self.lamp.product_id.taxes_id = self.tax_25
        line = self._line(self.lamp, 1, "10.00")
        order = self._import(self._data(line, total="10.00"))
        self.assertImported(order, "10.00")
        self.assertFalse(order.sale_order_id.order_line.tax_ids)

    def test_untaxed_line_bears_the_tax_that_is_mapped_to_nothing(self):
        exempt = self._map_tax(0, title=False)
        line = self._line(self.lamp, 1, "10.00")
        order = self._import(self._data(line, total="10.00"))
        self.assertImported(order, "10.00")
        self.assertEqual(order.sale_order_id.order_line.tax_ids, exempt)

    # ---------------------------------------------------------------- discounts
    def test_discount_is_exact_in_one_line_for_each_tax(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 3, "10.00", tax(10, "2.67"), discount="3.33"),
                self._line(self.lamp, 1, "10.00", tax(10, "0.89"), discount="1.11"),
                self._line(self.mug, 1, "4.00", tax(25, "0.89"), discount="0.44"),
                total="43.57",
                total_tax="4.45",
            )
        )
        sale_order = self.assertImported(order, "43.57", "4.45")
        discounts = sale_order.order_line.filtered(
            lambda line: line.product_id == self.channel.discount_product_id
        )
        self.assertEqual(discounts.mapped("price_unit"), [-4.44, -0.44])
        self.assertEqual(discounts[0].tax_ids, self.tax_10)
        self.assertFalse(any(sale_order.order_line.mapped("discount")))

    def test_discount_with_taxes_included(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00", tax(25, "1.80"), discount="1.00"),
                taxes_included=True,
                total="9.00",
                total_tax="1.80",
            )
        )
        self.assertImported(order, "9.00", "1.80")

    def test_what_is_free_is_delivered_all_the_same(self):
        line = self._line(self.lamp, 1, "10.00", tax(10, "0.00"), discount="10.00")
        order = self._import(self._data(line, total="0.00", total_tax="0.00"))
        sale_order = self.assertImported(order, 0)
        self.assertEqual(sale_order.picking_ids.move_ids.product_uom_qty, 1)

    # ----------------------------------------------------------------- shipping
    def test_shipping_with_its_tax_and_discount(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00", tax(10, "1.00")),
                shipping_lines=(
                    self._shipping("8.00", tax(25, "1.50"), discount="2.00"),
                ),
                total="18.50",
                total_tax="2.50",
            )
        )
        sale_order = self.assertImported(order, "18.50", "2.50")
        shipping = sale_order.order_line.filtered(
            lambda line: line.product_id == self.channel.shipping_product_id
        )
        self.assertEqual(shipping.name, "Standard")
        self.assertEqual(shipping.price_unit, 8)
        self.assertEqual(len(sale_order.picking_ids.move_ids), 1)

    def test_missing_product_for_shipping_is_refused(self):
        self.channel.shipping_product_id = False
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00"),
                shipping_lines=(self._shipping("5.00"),),
                total="15.00",
            )
        )
        self.assertRefused(order, "configuration")

    # -------------------------------------------------------------------- packs
    def test_pack_is_sold_in_a_unit_of_its_own_where_there_is_one(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        case = self._listing("CASE", stock=100, pack_qty=12)
        order = self._import(self._data(self._line(case, 2, "29.99"), total="59.98"))
        sale_order = self.assertImported(order, "59.98")
        line = sale_order.order_line
        self.assertEqual(line.product_uom_id, dozen)
        self.assertEqual((line.product_uom_qty, line.price_unit), (2, 29.99))
        move = sale_order.picking_ids.move_ids
        self.assertEqual((move.product_qty, move.product_uom_qty), (24, 24))
        self.assertEqual(move.state, "assigned")

    def test_pack_without_a_unit_is_exact_all_the_same(self):
        case = self._listing("CASE", stock=100, pack_qty=7)
        line = self._line(case, 3, "10.00", tax(10, "3.00"))
        order = self._import(self._data(line, total="33.00", total_tax="3.00"))
        sale_order = self.assertImported(order, "33.00", "3.00")
        self.assertEqual(sale_order.order_line.product_uom_qty, 21)
        self.assertEqual(sale_order.picking_ids.move_ids.product_qty, 21)

    def test_listing_in_a_unit_other_than_the_stock_unit(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        box = self._listing("BOX", stock=100, uom_id=dozen.id, pack_qty=2)
        order = self._import(self._data(self._line(box, 1, "50.00"), total="50.00"))
        sale_order = self.assertImported(order, "50.00")
        self.assertEqual(sale_order.picking_ids.move_ids.product_qty, 24)

    def test_pack_that_stock_cannot_count_is_refused(self):
        part = self._listing("PART", stock=100, pack_qty=0.3333)
        order = self._import(self._data(self._line(part, 1, "5.00"), total="5.00"))
        self.assertRefused(order, "total_mismatch")

    # ---------------------------------------------------------------- currency
    def test_currency_without_cents(self):
        yen = self._use_currency("base.JPY", 150)
        self._map_tax(8)
        order = self._import(
            self._data(
                self._line(self.lamp, 3, "333", tax(8, "72"), discount="99"),
                total="972",
                total_tax="72",
                currency="JPY",
            )
        )
        sale_order = self.assertImported(order, "972", "72")
        self.assertEqual(sale_order.currency_id, yen)
        self.assertEqual(sale_order.order_line.currency_id, yen)

    def test_foreign_currency_needs_no_pricelist_and_minds_none(self):
        euro = self._use_currency("base.EUR", 0.5)
        dollars = self.env["product.pricelist"].create(
            {"name": "Dollars", "currency_id": self.company.currency_id.id}
        )
        self.channel.pricelist_id = dollars
        line = self._line(self.lamp, 1, "9.99", tax(10, "1.00"))
        order = self._import(
            self._data(line, total="10.99", total_tax="1.00", currency="EUR")
        )
        sale_order = self.assertImported(order, "10.99", "1.00")
        self.assertEqual(sale_order.currency_id, euro)
        self.assertEqual(sale_order.order_line.price_unit, 9.99)
        self.assertFalse(sale_order.pricelist_id)

    def _use_currency(self, ref, rate):
        currency = self.env.ref(ref)
        currency.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": rate, "name": "2026-01-01"}
        )
        self.channel.currency_id = currency
        return currency

    def test_pricelist_does_not_change_what_was_paid(self):
        self.channel.pricelist_id = self.env["product.pricelist"].create(
            {
                "name": "Half",
                "currency_id": self.company.currency_id.id,
                "item_ids": [
                    (0, 0, {"compute_price": "percentage", "percent_price": 50})
                ],
            }
        )
        line = self._line(self.lamp, 2, "9.99")
        order = self._import(self._data(line, total="19.98", payment="pending"))
        sale_order = self.assertImported(order, "19.98")
        self.assertEqual(sale_order.pricelist_id, self.channel.pricelist_id)
        sale_order.order_line.product_uom_qty = 3
        self.assertEqual(sale_order.order_line.price_unit, 9.99)

    def test_price_with_more_decimals_than_money_is_exact(self):
        line = self._line(self.lamp, 1000, "0.0125")
        order = self._import(self._data(line, total=Decimal("12.50")))
        self.assertImported(order, "12.50")
