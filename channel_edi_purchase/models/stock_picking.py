# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "channel.guarded"]

    edi_notice = fields.Char(
        string="Supplier's Shipment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The ship notice (856, DESADV) that these goods are under way by.",
    )
    edi_carrier = fields.Char(string="Carrier (Notice)", readonly=True, copy=False)
    edi_tracking = fields.Char(string="Tracking (Notice)", readonly=True, copy=False)
