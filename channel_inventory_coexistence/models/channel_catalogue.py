# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

from odoo.addons.channel_inventory_base.db.transaction import own_transaction


class ChannelCatalogue(models.AbstractModel):
    """What differs of products is told when a catalogue was read."""

    _inherit = "channel.catalogue"

    @api.model
    def _fetch(self, channel):
        result = super()._fetch(channel)
        with own_transaction(self.env) as env:
            env["channel.master.drift"]._tell(channel.with_env(env))
        return result
