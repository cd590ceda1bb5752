# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pos_channel_draft_policy = fields.Selection(
        related="pos_config_id.channel_draft_policy", readonly=False
    )
    pos_channel_draft_minutes = fields.Integer(
        related="pos_config_id.channel_draft_minutes", readonly=False
    )
    pos_channel_late_minutes = fields.Integer(
        related="pos_config_id.channel_late_minutes", readonly=False
    )
