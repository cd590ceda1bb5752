# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from .channel_edi_invoices import NOTICES


class ChannelEdiAcks(models.AbstractModel):
    _inherit = "channel.edi.acks"

    def _judge(self, documents, state, code="", words=None):
        result = super()._judge(documents, state, code, words)
        notices = documents.filtered(lambda each: each.kind in NOTICES)
        if notices:
            # invoices may have waited for what the partner says of them
            notices.channel_id._wake("_job_edi_send")
        return result
