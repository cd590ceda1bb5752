# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelCutOverLine(models.Model):
    """What a cut-over has booked of a product in one quant, so that exactly that can be
    taken back. STOCK units."""

    _name = "channel.cut.over.line"
    _description = "Cut-Over Booking"
    _inherit = ["channel.guarded"]
    _order = "id"
    _rec_name = "product_id"

    cut_over_id = fields.Many2one(
        "channel.cut.over", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="cut_over_id.company_id", store=True, precompute=True
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade"
    )
    lot_id = fields.Many2one("stock.lot", readonly=True, ondelete="set null")
    package_id = fields.Many2one("stock.package", readonly=True, ondelete="set null")
    units = fields.Float(
        digits="Product Unit", readonly=True, help="Booked, in stock units"
    )
    is_returned = fields.Boolean(string="Taken Back", readonly=True)
