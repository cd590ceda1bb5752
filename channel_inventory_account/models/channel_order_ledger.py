# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models

from ..tools.invoicing import to_decimal

AT_REST = ("imported", "cancelled", "gone")
DRAFT_HOURS = 24
"""For so long after its last change a person is at work on a draft."""
AT_ONCE = 200
"""So many orders are judged in one recovery."""


class ChannelOrderLedger(models.AbstractModel):
    """Reconciles an order's documents with the amount that the channel keeps.

    Flows that end without a document (nothing to credit, to sell or to amend) are right
    only where nothing was due. So whenever an order is settled, the channel's charges
    less its refunds are compared with the invoices less the credit notes, plus the
    amount still to be invoiced. A difference is reported, once for the same amounts: an
    accountant may have good reasons to leave it.

    It waits while a person is at work on a document. A draft that is left lying is in
    no book: a day later the order is judged without it (``judge_after``).
    """

    _name = "channel.order.ledger"
    _description = "Order Amount Reconciliation"

    def _prove(self, orders):
        for order in orders:
            if self._is_at_rest(order):
                self._prove_order(order)

    @api.model
    def _prove_waiting(self):
        """Orders whose drafts nobody has touched for long."""
        orders = self.env["channel.order"].search(
            [("judge_after", "<=", fields.Datetime.now())], limit=AT_ONCE
        )
        orders.judge_after = False
        self._prove(orders)

    def _prove_unbooked(self, orders):
        """Orders that the bookkeeper processes later are reconciled by it."""
        self._prove(
            orders.filtered(
                lambda order: (
                    not order.sale_order_id or not order.channel_id._keeps_books()
                )
            )
        )

    def _is_at_rest(self, order):
        """Whether nothing that is under way, or was told, explains a difference."""
        if not order.complete or order.state not in AT_REST:
            return False
        sale_order = order.sale_order_id
        if sale_order.state in ("draft", "sent"):
            return False
        if any(line.is_downpayment for line in sale_order.order_line):
            return False
        if any(
            refund.state == "todo" or refund._is_failed() for refund in order.refund_ids
        ):
            return False
        if self._is_in_hand(order):
            return False
        messages = self.env["channel.message"]
        kinds = ["refund", "cancel"]
        return not (messages._is_open(order, kinds) or messages._is_dead(order, kinds))

    def _is_in_hand(self, order):
        """Whether a person is at work on an invoice or credit note: it is judged when
        it is posted, or cancelled, or was left lying."""
        since = fields.Datetime.now() - timedelta(hours=DRAFT_HOURS)
        touched = max(self._find_drafts(order).mapped("write_date"), default=since)
        if touched <= since:
            return False
        order.judge_after = touched + timedelta(hours=DRAFT_HOURS)
        return True

    def _find_drafts(self, order):
        """Drafts of people, not of ours."""
        moves = order.env["channel.bookkeeper"]._get_moves(order)
        return moves.filtered(
            lambda move: (
                move.state == "draft"
                and not move.channel_made
                and not move.channel_refund_ids
            )
        )

    def _prove_order(self, order):
        worth, tax = order.env["channel.bookkeeper"]._get_worth(
            order, order._get_data()
        )
        booked, booked_tax = self._count_booked(order)
        if tax is None:
            tax = booked_tax
        key = f"order:{order.id}:ledger"
        if (worth, tax) == (booked, booked_tax) and not self._is_held(order, worth):
            order.reported_money = False
            self.env["channel.exception"]._resolve_keys(order.channel_id, [key])
            return
        digits = order._get_currency(order.currency_name).decimal_places
        figures = [f"{each:.{digits}f}" for each in (worth, tax, booked, booked_tax)]
        if order.reported_money == figures:
            return
        order.reported_money = figures
        difference = Decimal(figures[0])
        if not self._is_held(order, worth):
            difference -= Decimal(figures[2])
        self._report(order, key, difference, *figures)

    def _is_held(self, order, worth):
        """Money for an order that was cancelled or deleted, of which nothing went back
        yet: also where its invoice stands, an accountant has to."""
        back = any(refund.amount for refund in order.refund_ids)
        is_off = order.state == "cancelled" or order.env[
            "channel.bookkeeper"
        ]._is_deleted_unsold(order)
        return is_off and worth > 0 and not back

    def _report(self, order, key, difference, worth, tax, booked, booked_tax):
        self.env["channel.exception"]._report(
            order.channel_id,
            "books",
            key=key,
            record=order,
            message=self.env._(
                "%(order)s: the channel keeps %(worth)s %(currency)s with %(tax)s tax, "
                "Odoo's documents come to %(booked)s with %(booked_tax)s tax.",
                order=order.name,
                worth=worth,
                currency=order.currency_name,
                tax=tax,
                booked=booked,
                booked_tax=booked_tax,
            ),
            suggestion=self._suggest(order, difference),
        )

    def _suggest(self, order, difference):
        if drafts := self._find_drafts(order):
            return self.env._(
                "%s was begun and not posted. Post it if it is right, otherwise cancel "
                "it: the order is judged again then. If it is not about this, correct "
                "the difference manually, then resolve this.",
                ", ".join(drafts.mapped("display_name")),
            )
        if difference > 0 and order.state == "gone":
            return self.env._(
                "The order was deleted on the channel: refund %(amount)s with the "
                "payment provider, or invoice it if it is kept for a reason; then "
                "resolve this.",
                amount=f"{difference:f}",
            )
        if difference > 0 and order.state == "cancelled":
            return self.env._(
                "Refund %(amount)s on the channel, or invoice it if it is kept for a "
                "reason; then resolve this.",
                amount=f"{difference:f}",
            )
        if difference > 0:
            return self.env._(
                "Invoice %s manually, then resolve this. It is reported again only "
                "when an amount changes.",
                f"{difference:f}",
            )
        return self.env._(
            "Credit %s manually, then resolve this. It is reported again only when an "
            "amount changes.",
            f"{-difference:f}" if difference else self.env._("the tax"),
        )

    # --------------------------------------------------------------- books
    def _count_booked(self, order):
        """:return: (with tax, tax) of invoices less credit notes, our drafts too, and
        of what of the sale order is still to be invoiced, or to be credited"""
        currency = order._get_currency(order.currency_name)
        step = Decimal(str(currency.rounding or 0.01))
        total, tax = Decimal(0), Decimal(0)
        drafts = self._find_drafts(order)
        moves = order.env["channel.bookkeeper"]._get_moves(order) - drafts
        for move in moves.filtered(lambda move: move.state != "cancel"):
            sign = -1 if move.move_type == "out_refund" else 1
            total += sign * to_decimal(move.amount_total, step)
            tax += sign * to_decimal(move.amount_tax, step)
        if order.sale_order_id.state == "sale":
            for line in order.sale_order_id.order_line:
                of_line = self._count_open(line, step, drafts)
                total, tax = total + of_line[0], tax + of_line[1]
        return total, tax

    def _count_open(self, line, step, drafts):
        """The amount to be corrected by the next invoice: none if all units are
        invoiced.

        If more units are invoiced than sold, manual credit notes count as well: the
        order may have been amended accordingly.

        :param drafts: account.move that are in no book
        """
        if line.display_type:
            return Decimal(0), Decimal(0)
        apart = drafts.invoice_line_ids
        booked = line._get_kept_lines() - apart
        over = line._count_lines(booked) - line.product_uom_qty
        if over > 1e-6:
            booked = line._get_booked_lines() - apart
            over = max(0.0, line._count_lines(booked) - line.product_uom_qty)
        if abs(over) < 1e-6:
            return Decimal(0), Decimal(0)
        total = to_decimal(line.price_total, step)
        tax = to_decimal(line.price_total - line.price_subtotal, step)
        for each in booked:
            sign = -1 if each.move_id.move_type == "out_refund" else 1
            total -= sign * to_decimal(each.price_total, step)
            tax -= sign * to_decimal(each.price_total - each.price_subtotal, step)
        return total, tax
