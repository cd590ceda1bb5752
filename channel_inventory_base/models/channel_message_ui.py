from odoo import api, fields, models

from ..tools.readable import readable


class ChannelMessage(models.Model):
    _inherit = "channel.message"

    readable_payload = fields.Text(compute="_compute_readable")
    readable_answer = fields.Text(compute="_compute_readable")

    @api.depends("payload", "answer")
    def _compute_readable(self):
        for message in self:
            message.readable_payload = readable(message.payload)
            message.readable_answer = readable(message.answer)
