from odoo import api, fields, models


class ChannelRule(models.Model):
    _inherit = "channel.rule"

    unit_words = fields.Char(compute="_compute_unit_words")

    @api.depends("kind")
    def _compute_unit_words(self):
        """In what the value is counted."""
        for rule in self:
            if rule.kind == "percent":
                rule.unit_words = self.env._("percent")
            elif rule.kind in ("threshold", "cap"):
                rule.unit_words = self.env._("sold units")
            else:
                rule.unit_words = self.env._("stock units")
