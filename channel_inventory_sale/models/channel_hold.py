# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL


class ChannelHold(models.Model):
    """What is shipped instead of the sold product is held."""

    _inherit = "channel.hold"

    @api.model
    def _get_shipped_product(self):
        return SQL("COALESCE(line.substitute_id, %s)", super()._get_shipped_product())
