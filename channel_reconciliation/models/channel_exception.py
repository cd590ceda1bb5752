# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[
            ("reconcile", "Reconciliation"),
            ("proposal", "Difference to decide"),
            ("sells_below_zero", "Sells below zero"),
            ("below_zero", "Stock below zero"),
            ("invariant", "Figures disagree"),
        ],
        ondelete={
            "reconcile": "cascade",
            "proposal": "cascade",
            "sells_below_zero": "cascade",
            "below_zero": "cascade",
            "invariant": "cascade",
        },
    )
