# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    @api.model
    def _cron_recover(self):
        self.env["stock.warehouse"]._recover_expiry()
        return super()._cron_recover()
