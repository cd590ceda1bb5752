# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelMarket(models.Model):
    """Where the invoices of a storefront are booked."""

    _inherit = "channel.market"

    invoice_journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Empty: as on the channel.",
    )
