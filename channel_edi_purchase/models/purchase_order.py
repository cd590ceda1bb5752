# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from odoo.addons.channel_inventory_base.tools.inner import get_inner, inner

from .channel_edi_purchase import ANSWERS

TOLD_FIELDS = {"state", "order_line", "dest_address_id", "picking_type_id"}
"""What a supplier is told of an order, beside its lines."""


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    edi_answer = fields.Selection(
        ANSWERS,
        string="Supplier's Answer",
        compute="_compute_edi_answer",
        compute_sudo=True,
        help="To the order that was sent to it by EDI.",
    )
    edi_difference_text = fields.Text(
        string="Answered Otherwise", compute="_compute_edi_answer", compute_sudo=True
    )

    @api.depends("state")
    def _compute_edi_answer(self):
        found = self.env["channel.edi.purchase"].search(
            [("purchase_id", "in", self.ids), ("cancelled", "=", False)]
        )
        by_order = {each.purchase_id: each for each in found}
        for order in self:
            purchase = by_order.get(order, found.browse())
            order.edi_answer = purchase.answer
            order.edi_difference_text = purchase.difference_text

    def write(self, vals):
        if not vals.keys() & TOLD_FIELDS:
            return super().write(vals)
        # its lines are told once, with all of it
        later = self.with_context(**inner(edi_later=frozenset(self.ids)))
        result = super(PurchaseOrder, later).write(vals)
        self._tell_supplier()
        return result

    def _tell_supplier(self):
        """Have the suppliers know these as they are, unless they have told so
        themselves."""
        if get_inner(self, "edi_told"):
            return
        later = get_inner(self, "edi_later") or ()
        orders = self.filtered(lambda order: order.id not in later)
        self.env["channel.edi.purchase.orders"]._tell(orders)
