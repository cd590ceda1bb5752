# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.hold", "_follow_quotations"),
            ("channel.hold", "_tell_quotations"),
            ("channel.quote.guard", "_look"),
        )
