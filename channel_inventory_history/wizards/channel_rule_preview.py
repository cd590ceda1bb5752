# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelRulePreview(models.TransientModel):
    _inherit = "channel.rule.preview"

    def action_open_backtest(self):
        """What the same drafts would have done to the orders of the last weeks."""
        self.ensure_one()
        return self.env["channel.backtest"].create({"preview_id": self.id})._open()
