from odoo import api, fields, models

from ..tools.readable import readable


class ChannelInboxEvent(models.Model):
    _inherit = "channel.inbox.event"

    readable_body = fields.Text(compute="_compute_readable_body")

    @api.depends("body")
    def _compute_readable_body(self):
        for event in self:
            event.readable_body = readable(event.body)
