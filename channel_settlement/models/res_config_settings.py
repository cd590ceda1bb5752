# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    channel_settlement_approval = fields.Boolean(
        related="company_id.channel_settlement_approval", readonly=False
    )
    channel_settlement_journal_id = fields.Many2one(
        related="company_id.channel_settlement_journal_id", readonly=False
    )
    channel_settlement_transfer_account_id = fields.Many2one(
        related="company_id.channel_settlement_transfer_account_id", readonly=False
    )
    channel_settlement_bank_days = fields.Integer(
        related="company_id.channel_settlement_bank_days", readonly=False
    )
    channel_settlement_days = fields.Integer(
        related="company_id.channel_settlement_days", readonly=False
    )
