from odoo import api, fields, models

from ..tools.readable import readable


class ChannelPublication(models.Model):
    _inherit = "channel.publication"

    readable_payload = fields.Text(compute="_compute_readable")
    readable_answer = fields.Text(compute="_compute_readable")

    @api.depends("payload", "answer")
    def _compute_readable(self):
        for publication in self:
            publication.readable_payload = readable(publication.payload)
            publication.readable_answer = readable(publication.answer)
