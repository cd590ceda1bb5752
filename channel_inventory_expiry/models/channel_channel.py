from odoo import api, models


class ChannelChannel(models.Model):
    _inherit = "channel.channel"

    @api.model
    def _cron_heal(self):
        self.env["stock.warehouse"]._heal_expiry()
        return super()._cron_heal()
