# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class StockPicking(models.Model):
    """Deliveries to trading partners carry SSCC labels."""

    _inherit = "stock.picking"

    has_edi_labels = fields.Boolean(
        string="Has EDI Labels", compute="_compute_has_edi_labels"
    )

    @api.depends("sale_id", "picking_type_code")
    def _compute_has_edi_labels(self):
        for picking in self:
            # sudo: warehouse staff need not see channels
            channels = picking.sudo()._channel_orders().channel_id
            picking.has_edi_labels = picking.picking_type_code == "outgoing" and any(
                channel._is_edi() for channel in channels
            )

    def action_print_edi_labels(self):
        report = self.env.ref("channel_edi.channel_edi_label_report")
        return report.report_action(self)
