# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_edi.tests.common_bigmart import BigMartCase


@tagged("post_install", "-at_install")
class TestFlowInvoices(BigMartCase):
    """Invoices to a strict retailer: it charges for whatever is not as it should be."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "810"})]
        cls.channel.invoice_policy = "shipped"
        cls.env.company.partner_id.write(
            {
                "street": "5 Mill Rd",
                "city": "Dayton",
                "zip": "45402",
                "country_id": cls.env.ref("base.us").id,
            }
        )
        cls.env.flush_all()

    def talk(self):
        self.env["channel.bookkeeper"]._run(self.channel)
        return super().talk()

    def invoices(self, *states):
        found = self.env["channel.edi.document"].search(
            [("kind", "=", "810")], order="id"
        )
        return found.filtered(lambda each: not states or each.state in states)

    def bought(self, quantity):
        """BigMart orders and we answer.

        :return: (BigMart's order, the channel's order)
        """
        bought = self.buy(quantity)
        order = self.ordered().filtered(lambda each: each.name == bought.po)
        self.assertEqual(order.state, "imported")
        return bought, order

    def owed(self, bought):
        """What BigMart believes to owe for an order."""
        return self.shop.truth()["orders"][bought.po]["invoiced"]

    def test_each_delivery_is_invoiced_once(self):
        """In two trucks: each invoice behind its notice, exactly what was shipped."""
        bought, order = self.bought(5)
        self.ship(order, 2)
        for _round in range(3):
            self.talk()
        [first] = self.invoices()
        self.assertEqual(self.charges(), [])
        self.assertEqual((first.state, first.ack_state), ("sent", "accepted"))
        self.assertIn("IT1*1*2*EA*2.5", first.raw)
        self.assertIn("TDS*500~", first.raw)
        self.assertIn("REF*IA*482615~", first.raw)
        self.ship(order)
        for _round in range(3):
            self.talk()
        self.assertEqual(self.invoices().mapped("state"), ["sent"] * 2)
        self.assertEqual(self.owed(bought), "12.50")
        self.assertEqual(
            sum(order.sale_order_id.invoice_ids.mapped("amount_total")), 12.5
        )
        self.assertEqual(self.charges(), [])

    def test_an_invoice_never_goes_before_its_notice(self):
        bought, order = self.bought(2)
        self.ship(order)
        # the notice is not made yet: its messenger has not run
        self.env.flush_all()
        self.env["channel.bookkeeper"]._run(self.channel)
        self.env["channel.edi.sender"]._run(self.channel)
        self.env.invalidate_all()
        [document] = self.invoices()
        self.assertEqual(document.state, "waiting")
        self.assertIn("ship notices of 0 were sent", document.error)
        for _round in range(2):
            self.talk()
        self.assertEqual(document.state, "sent")
        self.assertEqual(self.owed(bought), "5.00")
        self.assertEqual(self.charges(), [])

    def test_only_after_the_notice_was_acknowledged(self):
        self.agreement.invoice_when = "accepted"
        bought, order = self.bought(2)
        self.ship(order)
        self.shop.rules.next("ack_reject")
        for _round in range(3):
            self.talk()
        [document] = self.invoices()
        self.assertEqual(document.state, "waiting")
        notice = self.env["channel.edi.document"].search([("kind", "=", "856")])
        self.assertEqual(notice.ack_state, "rejected")
        self.assertEqual(self.owed(bought), "0.00")
        notice.action_resend()
        for _round in range(3):
            self.talk()
        self.assertEqual(document.state, "sent")
        self.assertEqual(self.owed(bought), "5.00")
        self.assertEqual(self.charges(), [])

    def test_a_credit_memo_goes_behind_its_invoice(self):
        bought, order = self.bought(4)
        self.ship(order)
        for _round in range(3):
            self.talk()
        invoice = order.sale_order_id.invoice_ids
        self.assertTrue(
            invoice, self.env["channel.exception"].search([]).mapped("message")
        )
        self.credit(invoice, 1)
        for _round in range(2):
            self.talk()
        memo = self.invoices()[-1]
        self.assertFalse(memo.error)
        self.assertEqual((memo.state, memo.ack_state), ("sent", "accepted"))
        self.assertIn(f"REF*OI*{invoice.name}~", memo.raw)
        self.assertEqual(self.owed(bought), "7.50")
        self.assertEqual(self.charges(), [])
        self.assertFalse(self.exceptions("refund"))

    def test_credit_memos_with_a_minus(self):
        self.agreement.credit_notes = "minus"
        self.shop.config.update({"credit_minus": True})
        self.addCleanup(self.shop.config.update, {"credit_minus": False})
        bought, order = self.bought(4)
        self.ship(order)
        for _round in range(3):
            self.talk()
        self.credit(order.sale_order_id.invoice_ids, 2)
        for _round in range(2):
            self.talk()
        self.assertEqual(self.owed(bought), "5.00")
        self.assertEqual(self.charges(), [])

    def credit(self, invoice, quantity):
        """Credit so many units of an invoice."""
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard = wizard.create({"journal_id": invoice.journal_id.id})
        wizard.reverse_moves()
        note = wizard.new_move_ids
        note.invoice_line_ids.quantity = quantity
        note.action_post()
        return note

    def test_refused_by_its_software_and_sent_anew(self):
        """997 R: an exception that ends when the invoice is sent anew."""
        bought, order = self.bought(3)
        self.ship(order)
        self.talk()
        self.shop.rules.next("ack_reject")
        self.talk()
        self.talk()
        [document] = self.invoices()
        self.assertEqual(document.ack_state, "rejected")
        [told] = self.exceptions("edi_ack")
        self.assertEqual(told._record(), document)
        document.action_resend()
        for _round in range(2):
            self.talk()
        anew = self.invoices()[-1]
        self.assertEqual((anew.corrects_id, anew.ack_state), (document, "accepted"))
        self.assertNotEqual(anew.number, document.number)
        self.assertEqual(told.state, "resolved")
        self.assertEqual(self.owed(bought), "7.50")
        self.assertEqual(self.charges(), [])

    def test_refused_by_its_people_and_sent_anew(self):
        """824: its software has taken it, and yet it does not count there."""
        bought, order = self.bought(3)
        self.ship(order)
        self.shop.rules.next("invoice_refused")
        for _round in range(4):
            self.talk()
        [document] = self.invoices()
        self.assertEqual((document.ack_state, document.declined), ("accepted", True))
        [told] = self.exceptions("edi_document")
        self.assertEqual(told._record(), document)
        self.assertTrue(document.can_resend)
        document.action_resend()
        for _round in range(2):
            self.talk()
        self.assertEqual(told.state, "resolved")
        self.assertEqual(self.owed(bought), "7.50")
        self.assertEqual(self.charges(), [])
