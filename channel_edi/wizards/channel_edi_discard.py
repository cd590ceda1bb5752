# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError

MODELS = ("channel.edi.document", "channel.edi.interchange", "channel.edi.file")


class ChannelEdiDiscard(models.TransientModel):
    """Why what a partner has sent is given up."""

    _name = "channel.edi.discard"
    _description = "Discard EDI Content"
    _inherit = ["channel.guarded"]

    reason = fields.Char(required=True)

    def action_discard(self):
        self.ensure_one()
        model = self.env.context.get("active_model")
        if model not in MODELS or not self.reason.strip():
            raise UserError(self.env._("Enter why it is discarded."))
        chosen = self.env[model].browse(self.env.context.get("active_ids") or [])
        chosen._discard(self.reason)
        return {"type": "ir.actions.act_window_close"}
