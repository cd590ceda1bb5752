# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelEdiSender(models.AbstractModel):
    """Invoices that wait for their ship notice go right behind it."""

    _inherit = "channel.edi.sender"

    @api.model
    def _run(self, channel):
        invoices = self.env["channel.edi.invoices"]
        invoices._release_of(channel)
        outcome = super()._run(channel)
        # what was sent just now may be what others have waited for
        if outcome and invoices._release_of(channel):
            channel._wake("_job_edi_send")
        return outcome
