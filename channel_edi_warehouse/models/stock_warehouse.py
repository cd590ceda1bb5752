# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    edi_channel_id = fields.Many2one(
        "channel.channel",
        string="Run by EDI Partner",
        domain="[('channel_type', '=', 'edi'), ('edi_role', '=', 'warehouse'), "
        "('company_id', '=', company_id)]",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        copy=False,
        help="The partner that keeps and ships what is in this warehouse. Its shipping "
        "advices post the transfers.",
    )
    edi_carrier = fields.Char(
        string="Usual Carrier",
        help="What the partner is told where a transfer has no carrier: a SCAC, or a "
        "name that the agreement has a code for.",
    )
    edi_advice_hours = fields.Integer(
        string="Ships Within (Hours)",
        default=72,
        help="Hours after which a delivery that the partner was told to ship, and has "
        "reported nothing of, is told to a person. 0 for never.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("edi_carrier"):
            # those that had none
            self.env["stock.picking"].search(
                [
                    ("picking_type_id.warehouse_id", "in", self.ids),
                    ("picking_type_code", "=", "outgoing"),
                    ("state", "=", "assigned"),
                ]
            )._tell_edi_warehouse()
        return result
