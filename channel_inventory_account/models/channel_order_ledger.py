# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import models

from ..tools.invoicing import to_decimal

AT_REST = ("imported", "cancelled")


class ChannelOrderLedger(models.AbstractModel):
    """Reconciles an order's documents with the amount that the channel keeps.

    Flows that end without a document (nothing to credit, to sell or to amend) are right
    only where nothing was due. So whenever an order is settled, the channel's charges
    less its refunds are compared with the invoices less the credit notes, plus the
    amount still to be invoiced. A difference is reported, once for the same amounts: an
    accountant may have good reasons to leave it.
    """

    _name = "channel.order.ledger"
    _description = "Order Amount Reconciliation"

    def _prove(self, orders):
        for order in orders:
            if self._is_at_rest(order):
                self._prove_order(order)

    def _is_at_rest(self, order):
        """Whether nothing that is under way, or was told, explains a difference."""
        if not order.complete or order.state not in AT_REST:
            return False
        sale_order = order.sale_order_id
        if sale_order.state in ("draft", "sent"):
            return False
        if any(line.is_downpayment for line in sale_order.order_line):
            return False
        if any(refund.state == "todo" for refund in order.refund_ids):
            return False
        return not self.env["channel.message"]._is_open(order, ["refund", "cancel"])

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
        """Money for an order that was cancelled, of which nothing went back yet: also
        where its invoice stands, an accountant has to."""
        back = any(refund.amount for refund in order.refund_ids)
        return order.state == "cancelled" and worth > 0 and not back

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
        """:return: (with tax, tax) of invoices less credit notes, drafts too, and of
        what of the sale order is still to be invoiced, or to be credited"""
        currency = order._get_currency(order.currency_name)
        step = Decimal(str(currency.rounding or 0.01))
        total, tax = Decimal(0), Decimal(0)
        for move in (
            order.env["channel.bookkeeper"]
            ._get_moves(order)
            .filtered(lambda move: move.state != "cancel")
        ):
            sign = -1 if move.move_type == "out_refund" else 1
            total += sign * to_decimal(move.amount_total, step)
            tax += sign * to_decimal(move.amount_tax, step)
        if order.sale_order_id.state == "sale":
            for line in order.sale_order_id.order_line:
                of_line = self._count_open(line, step)
                total, tax = total + of_line[0], tax + of_line[1]
        return total, tax

    def _count_open(self, line, step):
        """The amount to be corrected by the next invoice: none if all units are
        invoiced.

        If more units are invoiced than sold, manual credit notes count as well: the
        order may have been amended accordingly.
        """
        if line.display_type:
            return Decimal(0), Decimal(0)
        booked = line._get_kept_lines()
        over = line._count_lines(booked) - line.product_uom_qty
        if over > 1e-6:
            booked = line._get_booked_lines()
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
