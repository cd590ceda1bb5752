# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common_edi import change, x12
from .test_edi_answers import AnswerCase


@tagged("post_install", "-at_install")
class TestNetPrices(AnswerCase):
    """Partners order at net prices; Odoo puts its taxes on them, to the cent, or none
    where the partner bears none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.charges_no_tax = False
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "VAT 19",
                "amount": 19,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        cls.product.taxes_id = cls.tax
        cls.env.flush_all()

    def assertSold(self, order, untaxed, tax):
        self.assertEqual(
            order.state,
            "imported",
            self.env["channel.exception"].search([]).mapped("message"),
        )
        sale = order.sale_order_id
        self.assertEqual(
            (f"{sale.amount_untaxed:.2f}", f"{sale.amount_tax:.2f}"), (untaxed, tax)
        )
        self.assertAlmostEqual(order.total, sale.amount_total)

    def test_taxes_come_on_top(self):
        order = self.order((3, "EA", "10.01", "SKU-1"))
        self.assertSold(order, "30.03", "5.71")
        self.assertEqual(order.sale_order_id.order_line.tax_ids, self.tax)

    def test_each_line_is_rounded_by_itself(self):
        order = self.order(*[(1, "EA", "0.13", "SKU-1")] * 3)
        # 0.0247 each
        self.assertSold(order, "0.39", "0.06")

    def test_a_partner_that_is_exempt(self):
        position = self.env["account.fiscal.position"].create({"name": "Resale"})
        exempt = self.env["account.tax"].create(
            {
                "name": "Exempt",
                "amount": 0,
                "type_tax_use": "sale",
                "fiscal_position_ids": [(6, 0, position.ids)],
                "original_tax_ids": [(6, 0, self.tax.ids)],
            }
        )
        self.agreement.partner_id.property_account_position_id = position
        order = self.order((3, "EA", "10.01", "SKU-1"))
        self.assertSold(order, "30.03", "0.00")
        self.assertEqual(order.sale_order_id.order_line.tax_ids, exempt)

    def test_a_change_is_taxed_as_the_order_was(self):
        order = self.order((3, "EA", "10.01", "SKU-1"))
        self.product.taxes_id = self.env["account.tax"].create(
            {"name": "VAT 7", "amount": 7, "type_tax_use": "sale"}
        )
        raised = change("4711", 1, (1, "QI", 4, "EA", "10.01", "SKU-1"))
        self.receive(x12(raised, number=2))
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        self.assertSold(order, "40.04", "7.61")

    def test_a_tax_inside_of_the_price_is_none_for_net_prices(self):
        self.tax.price_include_override = "tax_included"
        order = self.order((3, "EA", "10.01", "SKU-1"))
        self.assertEqual(order.state, "blocked")
        [told] = self.exceptions("tax")
        self.assertIn("no percentage on top", told.message)
        self.product.product_tmpl_id.taxes_id = self.env["account.tax"].create(
            {
                "name": "VAT 7",
                "amount": 7,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        self.assertSold(order, "30.03", "2.10")
        self.assertEqual(told.state, "resolved")

    def test_without_taxes_somebody_has_to_say_so(self):
        self.product.taxes_id = False
        order = self.order((3, "EA", "10.01", "SKU-1"))
        self.assertEqual(order.state, "blocked")
        [told] = self.exceptions("tax")
        self.channel.charges_no_tax = True
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        self.assertSold(order, "30.03", "0.00")
        self.assertEqual(told.state, "resolved")

    def test_a_price_that_is_ours_is_net_too(self):
        order = self.order((3, "EA", "", "SKU-1"))
        # the list price of 10
        self.assertSold(order, "30.00", "5.70")
