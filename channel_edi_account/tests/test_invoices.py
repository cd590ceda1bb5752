# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_edi.lib import codec

from .common_invoices import InvoiceCase


@tagged("post_install", "-at_install")
class TestInvoices(InvoiceCase):
    """A posted invoice is told once, as it is, and in time; what is done to it later
    is told to a person."""

    # ------------------------------------------------------------- what it says
    def test_it_says_what_was_ordered_and_shipped(self):
        _order, move, document = self.sold(
            (4, "EA", "2.50", "SKU-1"), (1, "EA", "0.335", "SKU-1")
        )
        self.assertEqual(document.state, "ready")
        self.tell()
        found = self.told(document)
        day = move.invoice_date.strftime("%Y%m%d")
        self.assertIn(f"BIG*{day}*{move.name}*20261201*4711***DI", found)
        self.assertIn("IT1*1*4*EA*2.5**VN*SKU-1", found)
        self.assertIn("IT1*2*1*EA*0.335**VN*SKU-1", found)
        self.assertIn("TDS*1034", found)
        self.assertIn("CTT*2", found)
        self.assertIn("REF*IA*482615", found)
        self.assertEqual(document.state, "sent")
        self.assertEqual(document.ack_state, "awaiting")
        self.assertEqual(move.channel_edi_count, 1)

    def test_cases_are_invoiced_as_cases(self):
        """Ordered, held, shipped and invoiced in the unit of the order: the stock is
        in pieces."""
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "2"})
        ]
        self.make_listing(
            self.env,
            self.channel,
            self.product,
            2,
            external_id="SKU-1|CA",
            stock_ref="SKU-1|CA",
            sku="SKU-1",
            pack_qty=2,
        )
        order, _move, document = self.sold((3, "CA", "5.01", "SKU-1"))
        self.assertEqual(
            sum(order.sale_order_id.picking_ids.move_ids.mapped("quantity")), 6
        )
        self.tell()
        found = self.told(document)
        self.assertIn("IT1*1*3*CA*5.01**VN*SKU-1", found)
        self.assertIn("TDS*1503", found)

    def test_a_discount_is_a_lower_price(self):
        order = self.order((4, "EA", "2.50", "SKU-1"))
        self.ship(order)
        self.tell()
        move = self.invoice(order, post=False)
        move.invoice_line_ids.discount = 10
        self.post(move)
        self.tell()
        found = self.told(self.documents(move))
        self.assertIn("IT1*1*4*EA*2.25**VN*SKU-1", found)
        self.assertIn("TDS*900", found)

    def test_charges_and_allowances_beside_the_lines(self):
        self.agreement.code_ids = [
            (0, 0, {"kind": "charge", "code": "I530", "meaning": "PALLET"})
        ]
        pallet = self.env["product.product"].create(
            {"name": "Pallet", "default_code": "PALLET", "type": "service"}
        )
        order = self.order((4, "EA", "2.50", "SKU-1"))
        self.ship(order)
        self.tell()
        move = self.invoice(order, post=False)
        for product, price in (
            (self.channel.shipping_product_id, 3.5),
            (self.channel.discount_product_id, -1.25),
            (pallet, 7.0),
        ):
            move.invoice_line_ids = [
                (
                    0,
                    0,
                    {"product_id": product.id, "price_unit": price, "tax_ids": [(5,)]},
                )
            ]
        self.post(move)
        self.tell()
        found = "\n".join(self.told(self.documents(move)))
        self.assertIn("SAC*C*D240***350*", found)
        self.assertIn("SAC*A*C310***125*", found)
        self.assertIn("SAC*C*I530***700*", found)
        self.assertIn("TDS*1925", found)

    def test_taxes_and_terms(self):
        tax = self.env["account.tax"].create(
            {"name": "County 7", "amount": 7, "type_tax_use": "sale"}
        )
        self.agreement.code_ids = [
            (0, 0, {"kind": "tax", "code": "CT", "meaning": "County 7"})
        ]
        term = self.env["account.payment.term"].create(
            {
                "name": "2/10 NET 30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 100, "nb_days": 30})
                ],
            }
        )
        order = self.order((4, "EA", "2.50", "SKU-1"))
        self.ship(order)
        self.tell()
        move = self.invoice(order, post=False, invoice_payment_term_id=term.id)
        move.invoice_line_ids.tax_ids = tax
        self.post(move)
        self.tell()
        found = "\n".join(self.told(self.documents(move)))
        self.assertIn("TXI*CT*0.7*7", found)
        self.assertIn("TDS*1070", found)
        self.assertIn("ITD*08*3*2**10*", found)
        self.assertIn("*30*****2/10 NET 30", found)

    def test_taxes_of_a_net_order_are_those_of_its_invoice(self):
        """What Odoo puts on net prices line by line stands in the 810, and adds up."""
        self.channel.write({"charges_no_tax": False, "invoice_policy": "shipped"})
        self.product.taxes_id = self.env["account.tax"].create(
            {
                "name": "VAT 19",
                "amount": 19,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        order = self.order(*[(1, "EA", "0.13", "SKU-1")] * 3)
        self.ship(order)
        self.env["channel.bookkeeper"]._run(self.channel)
        self.tell()
        move = order.sale_order_id.invoice_ids
        self.assertAlmostEqual(move.amount_total, 0.45)
        found = self.told(self.documents(move))
        self.assertIn("TXI*TX*0.06*19", found)
        self.assertIn("TDS*45", found)

    def test_an_invoic(self):
        order = self.order((4, "EA", "2.50", "SKU-1"))
        self.ship(order)
        self.tell()
        # from now on it is written to in the other standard
        self.agreement.write(
            {
                "standard": "edifact",
                "invoice_when": "shipped",
                "document_ids": [(0, 0, {"direction": "out", "kind": "INVOIC"})],
            }
        )
        move = self.invoice(order)
        self.tell()
        document = self.documents(move)
        self.assertEqual(document.kind, "INVOIC")
        found = document.raw.split("\n")
        self.assertIn(f"BGM+380+{move.name}+9'", found)
        self.assertIn("QTY+47:4:EA'", found)
        self.assertIn("MOA+203:10.00:USD'", found)
        self.assertIn("MOA+77:10.00:USD'", found)

    # -------------------------------------------------------------------- once
    def test_posted_again_as_it_was_nothing_is_sent(self):
        _order, move, document = self.sold()
        self.tell()
        move.button_draft()
        [told] = self.exceptions("edi_invoice")
        self.assertIn("reset to draft after it was sent", told.message)
        self.post(move)
        self.tell()
        self.assertEqual(told.state, "resolved")
        self.assertEqual(self.documents(move), document)

    def test_withdrawn_before_it_was_sent_and_posted_again(self):
        _order, move, document = self.sold()
        move.button_draft()
        self.assertEqual(document.state, "void")
        self.assertFalse(self.exceptions("edi_invoice"))
        self.tell()
        self.assertFalse(document.interchange_id)
        move.invoice_line_ids.price_unit = 2.25
        self.post(move)
        self.tell()
        self.assertEqual(self.documents(move), document)
        self.assertIn("TDS*900", self.told(document))

    def test_changed_after_it_was_sent_is_told(self):
        _order, move, document = self.sold()
        self.tell()
        move.button_draft()
        move.invoice_line_ids.price_unit = 2.25
        self.post(move)
        [told] = self.exceptions("edi_invoice")
        self.assertIn("has 10.00; here it is 9.00", told.message)
        self.assertEqual(self.documents(move), document)
        document.ack_state = "accepted"
        with self.assertRaises(UserError):
            document.action_resend()
        # one that takes replacements gets one
        self.agreement.replaces_invoices = True
        self.assertTrue(document.can_resend)
        document.action_resend()
        self.assertEqual(told.state, "resolved")
        self.tell()
        anew = self.documents(move) - document
        self.assertIn("*DI*05", self.told(anew)[1])
        self.assertIn("TDS*900", self.told(anew))
        with self.assertRaises(UserError):
            document.action_resend()

    def test_cancelled_after_it_was_sent_is_told(self):
        _order, move, document = self.sold()
        self.tell()
        move.button_draft()
        move.button_cancel()
        [told] = self.exceptions("edi_invoice")
        self.assertIn("was cancelled after it was sent", told.message)
        self.assertEqual(told._record(), document)

    def test_credited_before_it_was_sent_neither_is_told(self):
        order = self.order((4, "EA", "2.50", "SKU-1"))
        move = self.invoice(order)
        self.assertEqual(self.documents(move).state, "waiting")
        note = move._reverse_moves([{}])
        self.post(note)
        self.ship(order)
        self.tell()
        both = self.documents(move) | self.documents(note)
        self.assertEqual(both.mapped("state"), ["void", "void"])
        again = self.invoice(order)
        self.tell()
        self.assertEqual(self.documents(again).state, "sent")

    # ----------------------------------------------------------------- in time
    def test_it_waits_for_its_goods_and_tells_when_too_long(self):
        order = self.order((4, "EA", "2.50", "SKU-1"))
        move = self.invoice(order)
        document = self.documents(move)
        self.tell()
        self.assertEqual(document.state, "waiting")
        invoices = self.env["channel.edi.invoices"]
        invoices._watch()
        self.assertFalse(self.exceptions("edi_invoice"))
        document.parked_until = fields.Datetime.now() - timedelta(minutes=1)
        for _time in range(2):
            invoices._watch()
        [told] = self.exceptions("edi_invoice")
        self.assertEqual(told.count, 1)
        self.assertIn("4 invoiced, ship notices of 0 were sent", told.message)
        self.ship(order)
        self.tell()
        self.assertEqual(document.state, "sent")
        self.assertEqual(told.state, "resolved")

    def test_a_person_may_send_it_before(self):
        order = self.order((4, "EA", "2.50", "SKU-1"))
        document = self.documents(self.invoice(order))
        document.action_send_waiting()
        self.tell()
        self.assertEqual(document.state, "sent")

    def test_without_ship_notices_it_goes_when_the_goods_have_left(self):
        self.agreement.document_ids.filtered(lambda each: each.kind == "856").unlink()
        order = self.order((4, "EA", "2.50", "SKU-1"))
        document = self.documents(self.invoice(order))
        self.tell()
        self.assertEqual(document.state, "waiting")
        self.ship(order)
        self.env["channel.edi.sender"]._run(self.channel)
        self.tell()
        self.assertEqual(document.state, "sent")

    # ------------------------------------------------------------ cannot be told
    def test_several_orders_on_one_invoice(self):
        one = self.order((2, "EA", "2.50", "SKU-1"))
        other = self.order((1, "EA", "2.50", "SKU-1"), number="4712")
        for order in (one, other):
            self.ship(order)
        self.tell()
        move = self.invoice(one, post=False)
        vals = other.sale_order_id.order_line._prepare_invoice_line(quantity=1)
        move.invoice_line_ids = [(0, 0, vals)]
        self.post(move)
        self.assertEqual(move.state, "posted")
        [told] = self.exceptions("edi_invoice")
        self.assertIn("is of several orders", told.message)
        document = self.documents(move)
        self.assertEqual(document.state, "void")
        with self.assertRaises(UserError):
            document.action_resend()
        # following the advice ends it
        move.button_draft()
        self.assertEqual(told.state, "resolved")
        move.invoice_line_ids[-1:].unlink()
        self.post(move)
        self.tell()
        self.assertEqual(document.state, "sent")

    def test_what_breaks_us_is_posted_all_the_same(self):
        order = self.order((2, "EA", "2.50", "SKU-1"))
        move = self.invoice(order, post=False)
        self.env["channel.edi.document"].search(
            [("kind", "=", "850")]
        ).payload = "no payload"
        self.post(move)
        self.assertEqual(move.state, "posted")
        self.assertTrue(self.exceptions("edi_invoice"))

    def test_a_credit_note_that_the_partner_does_not_take(self):
        self.agreement.credit_notes = "none"
        _order, move, _document = self.sold()
        self.tell()
        note = move._reverse_moves([{}])
        note.invoice_line_ids.quantity = 1
        self.post(note)
        [told] = self.exceptions("edi_invoice")
        self.assertIn("takes no credit notes by EDI", told.message)
        self.assertFalse(self.exceptions("refund"))

    def test_who_is_not_told_gets_no_document(self):
        self.agreement.document_ids.filtered(lambda each: each.kind == "810").unlink()
        _order, move, documents = self.sold()
        self.assertEqual(move.state, "posted")
        self.assertFalse(documents)

    def test_accountants_need_not_see_channels(self):
        order = self.order((2, "EA", "2.50", "SKU-1"))
        self.ship(order)
        self.tell()
        move = self.invoice(order, post=False)
        user = new_test_user(
            self.env, "edi_accountant", "account.group_account_manager"
        )
        own = move.with_user(user)
        own.action_post()
        self.env.flush_all()
        self.assertEqual(self.documents(move).state, "ready")
        own.button_draft()
        self.assertEqual(self.documents(move).state, "void")
        self.assertEqual(own.channel_edi_count, 1)

    def test_what_is_sent_is_read_by_others(self):
        """One that does not add up is not sent, whoever has made it up."""
        _order, move, document = self.sold()
        document.payload = document.payload.replace('"total":"10.00"', '"total":"9.99"')
        self.assertIn("9.99", document.payload)
        self.tell()
        self.assertEqual(document.state, "void")
        [told] = self.exceptions("edi_document")
        self.assertIn("together 10.00, its total is 9.99", told.message)
        document.action_resend()
        self.tell()
        anew = self.documents(move) - document
        self.assertEqual(anew.state, "sent")
        [found] = next(codec.read(anew.interchange_id._bytes())).documents
        self.assertEqual(found.head.kind, "810")
