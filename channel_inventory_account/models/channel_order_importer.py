# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelOrderImporter(models.AbstractModel):
    """How the sale order of a channel is invoiced is decided when it is made."""

    _inherit = "channel.order.importer"

    def _prepare_sale_vals(self, order, data):
        vals = super()._prepare_sale_vals(order, data)
        channel, market = order.channel_id, order.market_id
        vals["channel_invoice_policy"] = channel.invoice_policy
        if journal := market.invoice_journal_id or channel.invoice_journal_id:
            vals["journal_id"] = journal.id
        return vals
