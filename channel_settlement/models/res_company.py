# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    channel_settlement_approval = fields.Boolean(
        string="Settlements Are Approved by Another Person",
        default=True,
        help="Nobody posts a settlement that they proposed or decided on themselves.",
    )
    channel_settlement_journal_id = fields.Many2one(
        "account.journal",
        string="Settlement Journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Entries of settlements. Empty: the company's first journal for "
        "miscellaneous operations.",
    )
    channel_settlement_transfer_account_id = fields.Many2one(
        "account.account",
        string="Payouts on Their Way",
        check_company=True,
        domain="[('reconcile', '=', True), ('account_type', '=', 'asset_current')]",
        help="From the settlement until the bank shows the payout. Empty: the "
        "company's account for internal transfers.",
    )
    channel_settlement_bank_days = fields.Integer(
        string="Days Until a Payout Is in the Bank",
        default=7,
        help="Payouts that are missing in the bank for longer are reported.",
    )
    channel_settlement_days = fields.Integer(
        string="Days Until a Payment Is Settled",
        default=14,
        help="Payments that are in no settlement for longer are reported.",
    )

    def _get_settlement_journal(self):
        """:return: account.journal, empty where the company has none"""
        self.ensure_one()
        return self.channel_settlement_journal_id or self.env["account.journal"].search(
            [
                *self.env["account.journal"]._check_company_domain(self),
                ("type", "=", "general"),
            ],
            limit=1,
        )

    def _get_settlement_transfer_account(self):
        """:return: account.account, empty where the company has none"""
        self.ensure_one()
        own = self.channel_settlement_transfer_account_id
        return own or self.transfer_account_id
