# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError


class ChannelRejection(models.TransientModel):
    """Why a proposal is rejected."""

    _name = "channel.rejection"
    _description = "Reject a Proposal"
    _inherit = ["channel.guarded"]

    res_model = fields.Char("Record Model", required=True, readonly=True)
    res_ids = fields.Json("Record IDs", required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_confirm(self):
        self.ensure_one()
        model = self.env.get(self.res_model)
        if not isinstance(model, self.env.registry["channel.controlled"]):
            raise UserError(self.env._("There is nothing to reject."))
        model.browse(self.res_ids)._reject(self.reason)
        return {"type": "ir.actions.act_window_close"}
