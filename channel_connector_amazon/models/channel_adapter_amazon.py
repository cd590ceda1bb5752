# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

from odoo.addons.channel_inventory_base import schemas

from .. import mapper
from ..lib import salvage


class ChannelAdapterAmazon(models.AbstractModel):
    """Speaks to Amazon.

    Code that depends on Amazon but not on Odoo is in ``client``, ``mapper`` and
    ``lib``; here it meets the channel.
    """

    _name = "channel.adapter.amazon"
    _inherit = "channel.adapter"
    _description = "Channel Adapter for Amazon"

    _service_name = "Amazon"

    @api.model
    def _capabilities(self):
        """Nothing is promised yet: stored orders are read, and no request is sent."""
        return schemas.Capabilities()

    @api.model
    def _parse_order(self, channel, body):
        return self._load_order(body, mapper.any_order)

    @api.model
    def _salvage_order(self, channel, body):
        return self._load_order(body, salvage.order)
