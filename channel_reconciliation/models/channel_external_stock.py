# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models


class ChannelExternalStock(models.Model):
    """Where Odoo counts and another system reports beside it, that is compared as of
    its time, and changes nothing that is sold."""

    _inherit = "channel.external.stock"

    @api.model
    def _is_awaited(self, warehouse):
        return warehouse.channel_compares or super()._is_awaited(warehouse)
