# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..const import DECISIONS, OF_ORDERS, OPEN


class ChannelSettlementDecide(models.TransientModel):
    """What is to become of lines that have no place, or of a difference."""

    _name = "channel.settlement.decide"
    _description = "Decide on Settlement Lines"
    _inherit = ["channel.accountant"]

    line_ids = fields.Many2many("channel.settlement.line")
    settlement_id = fields.Many2one(
        "channel.settlement", help="Whose difference is to be booked."
    )
    channel_id = fields.Many2one("channel.channel", compute="_compute_channel_id")
    company_id = fields.Many2one("res.company", compute="_compute_channel_id")
    decision = fields.Selection(
        [*DECISIONS, ("order", "They are of an order")],
        required=True,
        default="account",
    )
    account_id = fields.Many2one("account.account")
    order_id = fields.Many2one("channel.order")
    reason = fields.Char(required=True)

    def _compute_channel_id(self):
        for wizard in self:
            settlements = wizard.settlement_id or wizard.line_ids.settlement_id
            wizard.channel_id = settlements.channel_id[:1]
            wizard.company_id = settlements.company_id[:1]

    # ------------------------------------------------------------- actions
    def action_confirm(self):
        self.ensure_one()
        # who may not see them may not decide on them, and the role is asked for here
        (self.settlement_id | self.line_ids.settlement_id)._require_accountant()
        self.line_ids.check_access("read")
        self._check()
        if self.settlement_id:
            self._book_difference()
        else:
            self._decide()
        return {"type": "ir.actions.act_window_close"}

    # ------------------------------------------------------------ business
    def _check(self):
        settlements = self.settlement_id | self.line_ids.settlement_id
        for settlement in settlements:
            settlement._require_state(OPEN)
        settlements._lock()
        if len(settlements.company_id) > 1:
            raise UserError(
                self.env._("Decide on the settlements of one company at a time.")
            )
        if self.decision in ("account", "difference"):
            self._check_account(settlements.company_id)
        if self.decision == "order":
            self._check_order(settlements)
        if self.decision in ("take", "difference"):
            self._check_orders_known()

    def _check_account(self, company):
        if not self.account_id:
            raise UserError(self.env._("Choose the account."))
        if not company.parent_ids & self.account_id.company_ids:
            raise UserError(
                self.env._(
                    "%(account)s is no account of %(company)s.",
                    account=self.account_id.display_name,
                    company=company.name,
                )
            )

    def _check_order(self, settlements):
        if not self.order_id:
            raise UserError(self.env._("Choose the order."))
        if self.order_id.channel_id != settlements.channel_id:
            raise UserError(
                self.env._(
                    "%s is an order of another channel.", self.order_id.display_name
                )
            )

    def _check_orders_known(self):
        odd = self.line_ids.filtered(
            lambda line: line.kind not in OF_ORDERS or not line.order_id
        )
        if odd:
            raise UserError(
                self.env._(
                    "%s is of no order: book it to an account, or choose its order.",
                    odd[0].external_id,
                )
            )

    def _decide(self):
        # sudo: fields of the server's; the role was asked for above
        lines = self.line_ids.sudo()
        if self.decision == "order":
            lines._decide(False, self.reason, order=self.order_id)
        elif self.decision == "count":
            lines.filtered(lambda line: line.match == "twice")._decide(
                "count", self.reason
            )
        elif self.decision == "account":
            lines._decide("account", self.reason, account=self.account_id)
        else:
            account = self.account_id if self.decision == "difference" else None
            lines = lines._get_same_claim()
            lines._decide(self.decision, self.reason, account=account)
        lines.settlement_id._match()

    def _book_difference(self):
        """A line of its own, so that the lines come to what the channel says."""
        # sudo: lines are the server's; the role was asked for above
        settlement = self.settlement_id.sudo()
        if not settlement.has_total or settlement.currency_id.is_zero(
            settlement.difference
        ):
            raise UserError(
                self.env._("%s has no difference.", settlement.name),
            )
        if self.decision != "account":
            raise UserError(self.env._("A difference is booked to an account."))
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_settlement_line
                       (settlement_id, channel_id, company_id, currency_id, external_id,
                        kind, words, gross, net, fee, match)
                SELECT id, channel_id, company_id, currency_id, 'difference',
                       'adjustment', 'difference', difference, difference, 0, 'new'
                  FROM channel_settlement WHERE id = %s
                ON CONFLICT (settlement_id, external_id) DO UPDATE
                   SET gross = channel_settlement_line.gross + EXCLUDED.gross,
                       net = channel_settlement_line.net + EXCLUDED.net
                RETURNING id
                """,
                settlement.id,
            )
        )
        settlement.invalidate_recordset()
        line = settlement.line_ids.filtered(
            lambda each: each.external_id == "difference"
        )
        line._decide("account", self.reason, account=self.account_id)
        settlement._sum_up()
        settlement._match()
