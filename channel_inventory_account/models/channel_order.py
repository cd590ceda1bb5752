# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelOrder(models.Model):
    """Invoices, credit notes and payments of a channel's order."""

    _inherit = "channel.order"

    invoice_count = fields.Integer(compute="_compute_invoice_count")
    reported_money = fields.Json(readonly=True, help="Reported differences in amounts")
    judge_after = fields.Datetime(
        string="Compared Again",
        readonly=True,
        help="A person was at work on a document of it: its amounts are compared again "
        "then.",
    )

    _judge_idx = models.Index("(judge_after) WHERE judge_after IS NOT NULL")

    def _compute_invoice_count(self):
        for order in self:
            # sudo: a number only, for a smart button
            moves = self.env["channel.bookkeeper"].sudo()._get_moves(order.sudo())
            order.invoice_count = len(moves)

    # ------------------------------------------------------------- actions
    def action_open_invoices(self):
        """Invoices and credit notes, for who may see them."""
        self.ensure_one()
        self.check_access("read")
        # sudo: which they are, not what is in them
        moves = self.env["channel.bookkeeper"].sudo()._get_moves(self.sudo())
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        return dict(action, domain=[("id", "in", moves.ids)], context={})

    def action_retry(self):
        self._require_role("operator")
        # sudo: operators retry, only the bookkeeper writes its outbox otherwise
        self.env["channel.bookkeeping"].sudo()._retry(self)
        return super().action_retry()

    # --------------------------------------------------------------- books
    def _mark_books(self):
        result = super()._mark_books()
        self.env["channel.bookkeeping"]._mark(self)
        return result

    def _prove_books(self):
        result = super()._prove_books()
        self.env["channel.order.ledger"]._prove_unbooked(self)
        return result

    def _credit_refunds(self, data):
        result = super()._credit_refunds(data)
        for refund in self.refund_ids.filtered(lambda each: each._is_to_credit()):
            refund._credit(data)
        return result

    def _get_paid_here(self):
        return self.env["channel.bookkeeper"]._get_paid(self, "inbound")
