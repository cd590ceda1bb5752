# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelChannel(models.Model):
    """What connects to Amazon."""

    _inherit = "channel.channel"

    channel_type = fields.Selection(
        selection_add=[("amazon", "Amazon")],
        ondelete={"amazon": "set default"},
    )
    amazon_refresh_token = fields.Char(
        compute="_compute_secrets",
        inverse="_inverse_secrets",
        groups="channel_inventory_base.group_channel_manager",
    )

    @api.model
    def _secret_fields(self):
        names = ("amazon_refresh_token",)
        return super()._secret_fields() | {name: name for name in names}
