# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelSettlementBankLine(models.TransientModel):
    """A transaction of the bank that could be a payout."""

    _name = "channel.settlement.bank.line"
    _description = "Bank Transaction That Could Be a Payout"
    _inherit = ["channel.accountant"]
    _order = "is_named desc, id"

    wizard_id = fields.Many2one(
        "channel.settlement.bank", required=True, ondelete="cascade"
    )
    item_id = fields.Many2one("account.move.line")
    statement_line_id = fields.Many2one(
        "account.bank.statement.line", string="Bank Transaction"
    )
    date = fields.Date(related="statement_line_id.date", related_sudo=False)
    payment_ref = fields.Char(
        related="statement_line_id.payment_ref", related_sudo=False, string="Label"
    )
    journal_id = fields.Many2one(
        related="statement_line_id.journal_id", related_sudo=False
    )
    currency_id = fields.Many2one(
        related="statement_line_id.currency_id", related_sudo=False
    )
    amount = fields.Monetary(related="statement_line_id.amount", related_sudo=False)
    is_named = fields.Boolean(
        string="Reference Named", help="The bank names the reference of the payout."
    )

    def action_choose(self):
        self.ensure_one()
        return self.wizard_id._choose(self)
