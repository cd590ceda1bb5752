# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_edi.tests.common_edi import EdiCase, po, x12

DTM = "REF*IA*482615"


class InvoiceCase(EdiCase):
    """A retailer that wants ship notices and invoices, by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.write(
            {
                "sscc_prefix": "10614141",
                "document_ids": [
                    (0, 0, {"direction": "out", "kind": kind})
                    for kind in ("856", "810")
                ],
            }
        )
        cls.channel.write(
            {
                "confirm_policy": "always",
                "charges_no_tax": True,
                "send_shipments": True,
            }
        )
        cls.control = 0
        cls.env.flush_all()

    def order(self, *lines, number="4711"):
        """A purchase order that is sold. ``lines``: (quantity, unit, price, SKU)."""
        type(self).control += 1
        data = x12(po(number, *lines, more=[DTM]), number=self.control)
        self.receive(data)
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        order = self.env["channel.order"].search([("name", "=", number)])
        self.assertEqual(
            order.state,
            "imported",
            self.env["channel.exception"].search([]).mapped("message"),
        )
        return order

    def ship(self, order):
        picking = order.sale_order_id.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        picking.button_validate()
        self.env.flush_all()
        return picking

    def tell(self):
        """What is ready goes out, by hand."""
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        for _round in range(2):
            self.send().action_mark_sent()

    def invoice(self, order, post=True, **values):
        """Invoice all that is in a sale order, as a person does."""
        sale = order.sale_order_id
        # whatever the products' policies are
        sale.order_line.invoice_status = "to invoice"
        lines = [
            (0, 0, line._prepare_invoice_line(quantity=line.product_uom_qty))
            for line in sale.order_line
        ]
        vals = dict(sale._prepare_invoice(), invoice_line_ids=lines, **values)
        move = self.env["account.move"].create(vals)
        if post:
            self.post(move)
        return move

    def post(self, move):
        move.action_post()
        self.env.flush_all()

    def documents(self, move):
        return self.env["channel.edi.invoices"]._find_documents(move)

    def sold(self, *lines, number="4711"):
        """An order that was shipped, told and invoiced.

        :return: (channel.order, account.move, its document)
        """
        order = self.order(*(lines or [(4, "EA", "2.50", "SKU-1")]), number=number)
        self.ship(order)
        self.tell()
        move = self.invoice(order)
        return order, move, self.documents(move)

    def told(self, document):
        """The segments of a document that was sent."""
        return document.raw.replace("~", "").split("\n")
