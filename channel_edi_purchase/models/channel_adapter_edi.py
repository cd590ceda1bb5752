# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from odoo.addons.channel_inventory_base import schemas


class ChannelAdapterEdi(models.AbstractModel):
    _inherit = "channel.adapter.edi"

    def _get_capabilities_supplier(self, channel):
        """It neither sells nor is told any numbers: we buy from it."""
        return schemas.Capabilities(connects=True, sells=False, fetch=False)
