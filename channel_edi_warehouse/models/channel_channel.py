# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    edi_role = fields.Selection(
        selection_add=[("warehouse", "Warehouse: ships for us")],
        ondelete={"warehouse": "set default"},
    )
    edi_warehouse_ids = fields.One2many(
        "stock.warehouse", "edi_channel_id", string="Run Warehouses", readonly=True
    )

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.edi.overdue.advices", "_watch"),
        )
