from odoo import models


class ChannelRuleVersion(models.Model):
    _inherit = "channel.rule.version"

    def action_show_publication_lines(self):
        """Published numbers that name one of these versions."""
        return self._show_numbers("channel_publication_line_action")
