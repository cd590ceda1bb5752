from odoo import api, fields, models


class ChannelException(models.Model):
    _inherit = "channel.exception"

    is_late = fields.Boolean(compute="_compute_is_late")

    @api.depends("state", "deadline")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for exception in self:
            deadline = exception.deadline
            exception.is_late = bool(
                exception.state == "open" and deadline and deadline < now
            )
