# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import fields, models
from odoo.fields import Command

from odoo.addons.channel_inventory_base.tools.inner import get_inner
from odoo.addons.channel_inventory_sale.tools.refusal import OrderRefusedError

from .channel_invoicing_policy import INVOICE_POLICIES


class SaleOrder(models.Model):
    """Invoices of a channel's order, and what corrects them."""

    _inherit = "sale.order"

    channel_invoice_policy = fields.Selection(
        INVOICE_POLICIES,
        readonly=True,
        copy=False,
        help="The policy of its channel when the order was imported.",
    )

    def _is_invoiced_by_channel(self):
        return self.channel_invoice_policy not in (False, "none")

    def _correct_invoices(self):
        """One document that takes back what was invoiced of lines and invoices what
        they come to now, so that their quantities stay invoiced.

        Only where all of the order is invoiced: what is still to be invoiced makes up
        for it by itself. :return: account.move, a draft, or none
        """
        moves = self.env["account.move"]
        lines = self.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        posted = self.invoice_ids.filtered(lambda move: move.state != "cancel")
        if not posted or any(move.state == "draft" for move in posted):
            return moves
        if any(line._is_downpayment_or_open() for line in self.order_line):
            return moves
        rows = [(line, *line._get_correction()) for line in lines]
        rows = [row for row in rows if row[1] != row[2]]
        untaxed, taxes = _sum_difference(rows)
        if not untaxed and not any(taxes.values()):
            return moves
        total = untaxed + sum(taxes.values(), Decimal(0))
        sign = 1 if total >= 0 else -1
        vals = self._prepare_invoice()
        vals.update(
            move_type="out_invoice" if sign > 0 else "out_refund",
            ref=self.env._("%s: changed on the channel", self.client_order_ref or ""),
            channel_made=True,
            invoice_line_ids=[
                Command.create(each)
                for line, old, new in rows
                for each in line._prepare_correction_vals(old, new, sign)
            ],
        )
        move = moves.create(vals)
        if move.currency_id.compare_amounts(move.amount_total, abs(float(total))):
            raise OrderRefusedError(
                "books",
                self.env._(
                    "%(order)s was changed by %(due)s after it was invoiced, a "
                    "correction would be %(booked)s.",
                    order=self.name,
                    due=total,
                    booked=sign * move.amount_total,
                ),
                self.env._("Correct its invoices manually, then retry."),
            )
        return move

    def _check_invoiced_exactly(self, moves):
        """:raise OrderRefusedError: invoices are not the order's part to the cent"""
        made = moves.invoice_line_ids.sale_line_ids & self.order_line
        for line in made.filtered("channel_order_line_id"):
            untaxed, tax = line._get_due(line.qty_invoiced)
            booked_untaxed, booked_tax, _taxes = line._get_booked()
            if line._is_exact() and (untaxed, tax) != (booked_untaxed, booked_tax):
                raise OrderRefusedError(
                    "books",
                    self.env._(
                        "%(line)s: %(due)s is to be invoiced, it would be %(booked)s.",
                        line=line.display_name,
                        due=untaxed + tax,
                        booked=booked_untaxed + booked_tax,
                    ),
                    self.env._(
                        "Invoice the order manually, and report the difference."
                    ),
                )
        for move in self.invoice_ids.filtered(lambda move: move.state == "draft"):
            total = sum(move.invoice_line_ids.mapped("price_total"))
            if move.currency_id.compare_amounts(total, move.amount_total):
                raise OrderRefusedError(
                    "books",
                    self.env._(
                        "The lines of an invoice come to %(lines)s, its total is "
                        "%(total)s.",
                        lines=Decimal(str(round(total, 6))),
                        total=move.amount_total,
                    ),
                    self.env._(
                        "Invoice the order manually, and report the difference."
                    ),
                )

    def _get_delivered_part(self):
        """How much of the goods has been delivered, by value: 0 to 1."""
        goods = self.order_line.filtered(lambda line: line.product_id.type == "consu")
        whole = sum(goods.mapped("price_subtotal"))
        if not whole:
            return 1.0
        delivered = sum(
            line.price_subtotal * min(1.0, line._count_left() / line.product_uom_qty)
            for line in goods
            if line.product_uom_qty
        )
        return delivered / whole

    def _is_for_books(self):
        """Whether the bookkeeper invoices."""
        return get_inner(self, "channel_books")

    def _get_invoiceable_lines(self, final=False):
        """The books take what is due by policy, not what a person has credited."""
        lines = super()._get_invoiceable_lines(final)
        if not self._is_for_books():
            return lines
        return lines.filtered(lambda line: line.display_type or line._count_to_book())


def _sum_difference(rows):
    """:return: (untaxed, {id of the tax, as text: amount}) that the new figures are
    more than the old ones"""
    untaxed, taxes = Decimal(0), {}
    for _line, old, new in rows:
        untaxed += new[0] - old[0]
        for figures, sign in ((new, 1), (old, -1)):
            for tax_id, amount in figures[1].items():
                taxes[tax_id] = taxes.get(tax_id, Decimal(0)) + sign * amount
    return untaxed, taxes
