# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    channel_vendor_dates = fields.Boolean(
        related="company_id.channel_vendor_dates", readonly=False
    )
    channel_soon_days = fields.Integer(
        related="company_id.channel_soon_days", readonly=False
    )
