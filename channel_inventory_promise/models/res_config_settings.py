# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    channel_quote_policy = fields.Selection(
        related="company_id.channel_quote_policy", readonly=False
    )
    channel_quote_hours = fields.Integer(
        related="company_id.channel_quote_hours", readonly=False
    )
    channel_quote_percent = fields.Integer(
        related="company_id.channel_quote_percent", readonly=False
    )
    channel_quote_short = fields.Selection(
        related="company_id.channel_quote_short", readonly=False
    )
    channel_confirm_policy = fields.Selection(
        related="company_id.channel_confirm_policy", readonly=False
    )
