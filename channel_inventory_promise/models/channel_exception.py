# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[("beyond_stock", "Confirmed beyond stock")],
        ondelete={"beyond_stock": "cascade"},
    )
