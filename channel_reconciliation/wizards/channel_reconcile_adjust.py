# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelReconcileAdjust(models.TransientModel):
    """Why Odoo's stock is brought to what another system has counted."""

    _name = "channel.reconcile.adjust"
    _description = "Adjust to a Count"
    _inherit = ["channel.guarded"]

    difference_ids = fields.Many2many(
        "channel.reconcile.difference", string="Differences"
    )
    run_id = fields.Many2one(
        "channel.reconcile.run", help="All that can be adjusted of a report"
    )
    reason = fields.Char(required=True)

    def action_confirm(self):
        differences = self.difference_ids or self.run_id._get_bookable()
        differences._require_role("operator")
        self.env["channel.count.booker"]._accept(differences, self.reason)
        return {"type": "ir.actions.act_window_close"}
