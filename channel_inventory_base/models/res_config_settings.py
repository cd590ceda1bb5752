# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    channel_change_approval = fields.Boolean(
        related="company_id.channel_change_approval", readonly=False
    )
    channel_exception_user_id = fields.Many2one(
        related="company_id.channel_exception_user_id", readonly=False
    )
