# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from odoo.addons.channel_inventory_base.tools.inner import get_inner

TOLD_FIELDS = {
    "product_qty",
    "product_uom_id",
    "price_unit",
    "discount",
    "date_planned",
}


class PurchaseOrderLine(models.Model):
    _name = "purchase.order.line"
    _inherit = ["purchase.order.line", "channel.guarded"]

    edi_number = fields.Char(
        string="Supplier's Line",
        readonly=True,
        copy=False,
        help="The number of the line in documents to the supplier. Lines with one "
        "number are parts of it that come at different times.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id.filtered(
            lambda order: order.state == "purchase"
        )._tell_supplier()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if vals.get("date_planned"):
            self.env["channel.edi.schedules"]._follow_dates(self.filtered("edi_number"))
        if vals.keys() & TOLD_FIELDS:
            self.order_id._tell_supplier()
        return result

    def _compute_price_unit_and_date_planned_and_name(self):
        """What was told to a supplier and promised by it stays until somebody enters
        something else: Odoo puts the vendor's lead time and list price back whenever a
        quantity changes."""
        kept = {
            line: (line.date_planned, line.price_unit, line.discount)
            for line in self
            if line.edi_number and line.state == "purchase" and line.date_planned
        }
        result = super()._compute_price_unit_and_date_planned_and_name()
        for line, (planned, price, discount) in kept.items():
            line.date_planned, line.discount = planned, discount
            line.price_unit = price
        return result

    def _create_or_update_picking(self):
        """Parts of one line share the moves that are there; and what is under way by a
        ship notice is not changed by what else is wanted."""
        if get_inner(self, "edi_split"):
            return None
        shipped = self.filtered(
            lambda line: line.order_id.picking_ids.filtered(_is_under_way)
        )
        if shipped:
            self.env["channel.edi.schedules"]._adjust_moves(shipped)
        return super(PurchaseOrderLine, self - shipped)._create_or_update_picking()


def _is_under_way(picking):
    return picking.edi_notice and picking.state not in ("done", "cancel")
