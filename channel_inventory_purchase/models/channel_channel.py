# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("stock.warehouse.orderpoint", "_follow_channels_all"),
        )
