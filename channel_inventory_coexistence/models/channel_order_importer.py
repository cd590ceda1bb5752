# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelOrderImporter(models.AbstractModel):
    """What another system invoices, Odoo does not."""

    _inherit = "channel.order.importer"

    def _prepare_sale_vals(self, order, data):
        vals = super()._prepare_sale_vals(order, data)
        channel = order.channel_id
        owner = self.env["channel.ownership"]._get_owner(
            "invoice", channel.company_id, channel=channel
        )
        if owner not in ("", "odoo"):
            vals["channel_invoice_policy"] = "none"
        return vals
