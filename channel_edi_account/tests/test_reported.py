# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_edi.lib import gs1

from .common_invoices import InvoiceCase


@tagged("post_install", "-at_install")
class TestReported(InvoiceCase):
    """What others have met with electronic invoices and SSCCs, tried here: each names
    the public report."""

    def draft(self, *lines, **values):
        order = self.order(*lines)
        self.ship(order)
        self.tell()
        return self.invoice(order, post=False, **values)

    def sent(self, move):
        """The segments of its document, which was sent and adds up."""
        self.post(move)
        self.tell()
        [document] = self.documents(move)
        self.assertEqual(document.state, "sent", document.error)
        return self.told(document)

    def test_lines_of_globally_rounded_invoices_come_to_the_total(self):
        """odoo/odoo 251155, 253625: the cent that is rounded over all lines."""
        company = self.env.company
        company.tax_calculation_rounding_method = "round_globally"
        self.env["decimal.precision"].search(
            [("name", "=", "Product Price")]
        ).digits = 4
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 7",
                "amount": 7,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        move = self.draft(*[(1, "EA", "0.334", "SKU-1")] * 3)
        move.invoice_line_ids.tax_ids = tax
        found = self.sent(move)
        total = round(move.amount_total * 100)
        self.assertIn(f"TDS*{total}", found)

    def test_cash_rounding_is_a_charge_or_allowance(self):
        """odoo/odoo 118904: it is part of the total and of no line."""
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "0.05",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "rounding_method": "HALF-UP",
                "profit_account_id": self.env["account.account"]
                .search([("account_type", "=", "income")], limit=1)
                .id,
                "loss_account_id": self.env["account.account"]
                .search([("account_type", "=", "expense")], limit=1)
                .id,
            }
        )
        move = self.draft((1, "EA", "9.98", "SKU-1"))
        move.invoice_cash_rounding_id = rounding
        found = self.sent(move)
        self.assertAlmostEqual(move.amount_total, 10)
        self.assertIn("TDS*1000", found)
        self.assertTrue([each for each in found if each.startswith("SAC*C*ZZZZ***2*")])

    def test_a_tax_that_an_accountant_has_corrected_is_told_so(self):
        """odoo/odoo 142144: the amount of the books, not one computed anew."""
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 7",
                "amount": 7,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        move = self.draft((1, "EA", "10.10", "SKU-1"))
        move.invoice_line_ids.tax_ids = tax
        booked = move.line_ids.filtered("tax_line_id")
        booked.amount_currency = -0.72
        found = self.sent(move)
        self.assertAlmostEqual(move.amount_total, 10.82)
        self.assertIn("TXI*TX*0.72*7", found)
        self.assertIn("TDS*1082", found)

    def test_a_negative_discount_is_a_higher_price(self):
        """odoo/odoo 243823: no allowance with a minus."""
        move = self.draft((4, "EA", "2.50", "SKU-1"))
        move.invoice_line_ids.discount = -10
        found = self.sent(move)
        self.assertIn("IT1*1*4*EA*2.75**VN*SKU-1", found)
        self.assertIn("TDS*1100", found)

    def test_a_price_of_three_decimals_is_not_rounded(self):
        """odoo/odoo 82993: the price is one unit's, as it was ordered; 3 of 0.335."""
        found = self.sent(self.draft((3, "EA", "0.335", "SKU-1")))
        self.assertIn("IT1*1*3*EA*0.335**VN*SKU-1", found)
        self.assertIn("TDS*101", found)

    def test_a_check_digit_of_zero_is_one_digit(self):
        """fulfilio/pyepc 14, metasfresh 3579."""
        number = gs1.sscc(1, "5430000001", 123459)
        self.assertEqual((len(number), number[-1]), (18, "0"))

    def test_a_negative_line_is_an_allowance_with_a_plus(self):
        """OCA/edi 1139, anskaffelser/ehf-postaward-g2 151."""
        move = self.draft((4, "EA", "2.50", "SKU-1"))
        product = self.channel.discount_product_id
        move.invoice_line_ids = [
            (0, 0, {"product_id": product.id, "price_unit": -0.5, "tax_ids": [(5,)]})
        ]
        found = self.sent(move)
        self.assertTrue([each for each in found if each.startswith("SAC*A*C310***50*")])
        self.assertIn("TDS*950", found)
