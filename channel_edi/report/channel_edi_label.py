# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ReportChannelEdiLabel(models.AbstractModel):
    _name = "report.channel_edi.channel_edi_label"
    _description = "SSCC Labels of Deliveries"

    @api.model
    def _get_report_values(self, docids, data=None):
        pickings = self.env["stock.picking"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": "stock.picking",
            "docs": pickings,
            "labels": self.env["channel.edi.labels"]._prepare(pickings),
        }
