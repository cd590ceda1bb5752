# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base.tools.actions import open_form

from ..const import DECISIONS, ISSUES, KINDS, MATCHES, OF_ORDERS, OPEN


class ChannelSettlementLine(models.Model):
    """One line of a settlement, as it was received, and what it was matched with.

    Inserted and matched by SQL, a hundred thousand at a time: ``channel.settlement.
    reader`` and ``channel.settlement.matcher``.
    """

    _name = "channel.settlement.line"
    _description = "Settlement Line"
    _inherit = ["channel.accountant"]
    _order = "settlement_id desc, id"
    _rec_name = "external_id"
    _log_access = False

    settlement_id = fields.Many2one(
        "channel.settlement", required=True, readonly=True, ondelete="cascade"
    )
    channel_id = fields.Many2one("channel.channel", required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    external_id = fields.Char(required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    words = fields.Char(string="Channel's Words", readonly=True)
    gross = fields.Monetary(readonly=True)
    fee = fields.Monetary(readonly=True)
    net = fields.Monetary(readonly=True)
    order_ref = fields.Char(string="Order Told", readonly=True)
    transaction_ref = fields.Char(string="Transaction", readonly=True)
    refund_ref = fields.Char(string="Refund Told", readonly=True)
    posted_at = fields.Datetime(string="Date", readonly=True)
    paid_amount = fields.Float(
        readonly=True,
        digits=(16, 4),
        help="In the currency of the order, where that is another one.",
    )
    paid_currency = fields.Char(readonly=True)
    is_test = fields.Boolean(string="Test", readonly=True)
    order_id = fields.Many2one("channel.order", readonly=True, index="btree_not_null")
    refund_id = fields.Many2one("channel.refund", readonly=True)
    match = fields.Selection(MATCHES, default="new", required=True, readonly=True)
    is_issue = fields.Boolean(
        compute="_compute_is_issue", search="_search_is_issue", string="To Decide"
    )
    state = fields.Selection(related="settlement_id.state")
    map_id = fields.Many2one(
        "channel.settlement.account", string="Account Map", readonly=True
    )
    fee_map_id = fields.Many2one(
        "channel.settlement.account", string="Account Map of Fee", readonly=True
    )
    open_amount = fields.Float(
        string="Open Here",
        readonly=True,
        digits=(16, 4),
        help="What payments of the order are open, in the currency of the order.",
    )
    decision = fields.Selection(DECISIONS, readonly=True)
    account_id = fields.Many2one("account.account", readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True)
    reason = fields.Char(readonly=True)
    explanation = fields.Char(compute="_compute_explanation", string="What to Do")

    _external_uniq = models.UniqueIndex("(settlement_id, external_id)")
    _channel_idx = models.Index("(channel_id, external_id)")
    _issue_idx = models.Index(
        "(settlement_id) WHERE match NOT IN ('matched', 'account', 'not_needed')"
    )

    @api.depends("match")
    def _compute_is_issue(self):
        for line in self:
            line.is_issue = line.match in ISSUES

    @api.model
    def _search_is_issue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("match", "in" if True in value else "not in", ISSUES)]

    @api.depends("match", "kind", "order_ref", "words")
    def _compute_explanation(self):
        words = self._get_explanations()
        for line in self:
            text = words.get(line.match, "")
            if line.match == "no_payment" and line.kind == "refund":
                text = words["no_credit_note"]
            line.explanation = text

    def _get_explanations(self):
        return {
            "new": self.env._("It is matched within a minute."),
            "no_order": self.env._(
                "The order is fetched from the channel where it names one. Else choose "
                "it, or book the line to an account."
            ),
            "no_payment": self.env._(
                "The order has no posted payment that is open: invoice it and register "
                "the payment, or book the line to an account."
            ),
            "no_credit_note": self.env._(
                "The refund has no credit note with a payment here: retry the refund "
                "on the order, or book the line to an account."
            ),
            "amount": self.env._(
                "The order's open payments come to another amount: take it and leave "
                "the rest open, or clear them and book the difference."
            ),
            "currency": self.env._(
                "The payment is in a currency in which the settlement tells no amount: "
                "clear the payment, or book the line to an account."
            ),
            "unmapped": self.env._(
                "No account fits it: add one under Settlement Accounts, or book the "
                "line to an account."
            ),
            "twice": self.env._(
                "Another settlement has this line: void one of them, or count it here."
            ),
            "test": self.env._(
                "The gateway was in test mode: book the line to an account."
            ),
        }

    # ------------------------------------------------------------- actions
    def action_decide(self):
        """Ask what is to become of these lines."""
        self._require_accountant()
        lines = self.filtered(lambda line: line.settlement_id.state in OPEN)
        if not lines:
            raise UserError(
                self.env._(
                    "What is approved or posted is not decided on any more: take the "
                    "settlement back first."
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decide on %s Lines", len(lines)),
            "res_model": "channel.settlement.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": lines.ids},
        }

    def action_undecide(self):
        """Match them as if nothing had been decided."""
        self._require_accountant()
        # sudo: fields of the server's; the role was asked for
        lines = self.sudo().filtered(
            lambda line: line.decision and line.settlement_id.state in OPEN
        )
        lines._decide(False, self.env._("Undone"))
        lines.settlement_id._match()

    def action_open_order(self):
        self.ensure_one()
        return open_form("channel.order", self.order_id.id)

    # ------------------------------------------------------------ business
    def _decide(self, decision, reason, account=None, order=None):
        """Write down what a person has decided. The caller has asked for the role.

        :param account: account.account
        :param order: channel.order that the lines are of
        """
        vals = {
            "decision": decision,
            "account_id": account and account.id,
            "decided_by_id": self.env.uid if decision or order else False,
            "reason": reason,
        }
        if order:
            vals["order_id"] = order.id
        self.write(vals)
        decisions = dict(self._fields["decision"]._description_selection(self.env))
        for settlement, lines in self.grouped("settlement_id").items():
            settlement._withdraw()
            self.env["channel.audit"]._log(
                "control",
                settlement.channel_id,
                self.env._(
                    "%(settlement)s: %(decision)s, %(count)s lines, %(amount)s "
                    "%(currency)s: %(reason)s",
                    settlement=settlement.name,
                    decision=decisions.get(decision)
                    or (order and order.name)
                    or self.env._("no decision"),
                    count=len(lines),
                    amount=f"{sum(lines.mapped('net')):.2f}",
                    currency=settlement.currency_id.name,
                    reason=reason,
                ),
                record=settlement,
                data={"lines": lines.mapped("external_id")[:100]},
            )

    def _get_same_claim(self):
        """With them all lines that are matched together with them: of one order all
        that customers have paid, or got back, in one settlement."""
        of_orders = self.filtered(lambda line: line.order_id and line.kind in OF_ORDERS)
        if not of_orders:
            return self
        return self | self.search(
            [
                ("settlement_id", "in", of_orders.settlement_id.ids),
                ("order_id", "in", of_orders.order_id.ids),
                ("kind", "in", OF_ORDERS),
            ]
        )
