# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

WIDE_DAYS = 30


class ChannelSettlementBank(models.TransientModel):
    """Choose which transaction of the bank is the payout of a settlement."""

    _name = "channel.settlement.bank"
    _description = "Choose the Bank Transaction"
    _inherit = ["channel.accountant"]

    settlement_id = fields.Many2one("channel.settlement", required=True)
    line_ids = fields.One2many(
        "channel.settlement.bank.line", "wizard_id", string="Could Be It"
    )
    is_left_to_people = fields.Boolean(compute="_compute_is_left_to_people")

    @api.depends("settlement_id")
    def _compute_is_left_to_people(self):
        banker = self.env["channel.settlement.banker"]
        for wizard in self:
            wizard.is_left_to_people = banker._is_left_to_people()

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        settlement = self.env["channel.settlement"].browse(values.get("settlement_id"))
        if settlement and "line_ids" in fields_list:
            settlement._require_accountant()
            # sudo: amounts and dates of the company's own bank, for its accountant
            banker = self.env["channel.settlement.banker"].sudo()
            rows = banker._get_candidates(settlement.sudo(), WIDE_DAYS)
            found = {(item, bank): False for item, bank, _named in rows}
            found |= {(item, bank): True for item, bank, named in rows if named}
            values["line_ids"] = [
                Command.create(
                    {"item_id": item, "statement_line_id": bank, "is_named": named}
                )
                for (item, bank), named in sorted(found.items())
            ]
        return values

    def _choose(self, line):
        self.settlement_id._require_accountant()
        self.settlement_id._lock()
        # sudo: the entry is the server's; the role was asked for
        settlement = self.settlement_id.sudo()
        banker = self.env["channel.settlement.banker"].sudo()
        pairs = {
            (item, bank)
            for item, bank, _named in banker._get_candidates(settlement, WIDE_DAYS)
        }
        if (line.item_id.id, line.statement_line_id.id) not in pairs:
            raise UserError(
                self.env._("This transaction is not open any more, or another one.")
            )
        # sudo: as of the banker; both were found among its candidates
        banker._book(line.item_id.sudo(), line.statement_line_id.sudo())
        return {"type": "ir.actions.act_window_close"}
