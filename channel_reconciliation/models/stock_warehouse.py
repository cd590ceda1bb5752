# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    channel_compares = fields.Boolean(
        string="Compare Reports of Another System",
        help="Stock reports of another system (an ERP that is being replaced, a 3PL) "
        "are compared with Odoo's stock as of their time, and change nothing.",
    )
    channel_adjust_value = fields.Float(
        string="Adjustments to Approve From",
        digits="Product Price",
        help="An adjustment to a count of another system that is worth more is "
        "approved by a second person; 0: as the company says.",
    )
