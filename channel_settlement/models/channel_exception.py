# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[
            ("settlement", "Settlement"),
            ("settlement_file", "Settlement file"),
            ("settlement_bank", "Payout not in the bank"),
            ("clearing", "Payments not settled"),
            ("chargeback", "Chargeback"),
        ],
        ondelete={
            "settlement": "cascade",
            "settlement_file": "cascade",
            "settlement_bank": "cascade",
            "clearing": "cascade",
            "chargeback": "cascade",
        },
    )
