# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelRule(models.Model):
    _inherit = "channel.rule"

    @api.onchange("kind")
    def _onchange_kind(self):
        result = super()._onchange_kind()
        if self.kind != "backorder":
            self.likely_dates = False
        return result

    def _get_backorder_summary(self, value):
        words = super()._get_backorder_summary(value)
        if self.likely_dates and self.horizon_days:
            words = self.env._("%s, by likely dates", words)
        return words
