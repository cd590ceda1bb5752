# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[
            ("late_receipt", "Promised receipt late"),
            ("stockout", "Stockout expected"),
        ],
        ondelete={"late_receipt": "cascade", "stockout": "cascade"},
    )

    def _close(self, state, reason):
        """Who resolves a receipt that is late has agreed to the new date."""
        result = super()._close(state, reason)
        if state == "resolved":
            late = self.filtered(lambda each: each.category == "late_receipt")
            self.env["channel.inbound.promise"]._accept(late)
        return result
