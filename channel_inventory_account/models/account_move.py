# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_list

from odoo.addons.channel_inventory_base.tools.inner import get_inner

from ..tools.invoicing import to_decimal


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "channel.guarded"]

    channel_made = fields.Boolean(
        readonly=True,
        copy=False,
        help="Created automatically by the channel's invoicing policy",
    )

    channel_refund_ids = fields.One2many(
        "channel.refund", "move_id", readonly=True, copy=False
    )

    # the few that a person has begun, of all that there are
    _channel_draft_idx = models.Index(
        "(write_date) WHERE state = 'draft' AND move_type = 'out_refund'"
    )

    # -------------------------------------------------------------- payments
    def _is_open_here(self):
        return (
            self.state == "posted"
            and self.payment_state in ("not_paid", "partial")
            and self._get_open() > 0
        )

    def _get_open(self):
        """The amount neither paid nor settled. A payment without an entry of its own
        leaves the residual as it was. :return: Decimal"""
        step = Decimal(str(self.currency_id.rounding))
        without = self.matched_payment_ids.filtered(
            lambda each: not each.move_id and each.state in ("in_process", "paid")
        )
        return to_decimal(self.amount_residual, step) - sum(
            (to_decimal(each.amount, step) for each in without), Decimal(0)
        )

    def _get_paid(self):
        """The amount paid by payments, without credit notes. :return: Decimal"""
        step = Decimal(str(self.currency_id.rounding))
        payments = self.matched_payment_ids | self.reconciled_payment_ids
        return sum(
            (
                to_decimal(each.amount, step)
                for each in payments
                if each.state in ("in_process", "paid")
            ),
            Decimal(0),
        )

    def _get_paid_back(self):
        """The amount refunded by the channel for its refunds. :return: Decimal, at most
        its total"""
        step = Decimal(str(self.currency_id.rounding))
        amounts = [
            min(each._get_goodwill(), each._get_arrived())
            if each.state == "included"
            else to_decimal(float(each._get_arrived()), step)
            for each in self.channel_refund_ids
        ]
        total = to_decimal(self.amount_total, step)
        return min(sum(amounts, Decimal(0)), total)

    def _is_amount_open(self, amount):
        return (
            self._get_open()
            == amount
            == to_decimal(self.amount_residual, Decimal(str(self.currency_id.rounding)))
        )

    # --------------------------------------------------------------- posting
    def _post(self, soft=True):
        posted = super()._post(soft)
        if not get_inner(self, "channel_follows"):
            # sudo: accountants need not see channels
            sold = posted.sudo().filtered(lambda move: move.is_sale_document())
            for move in sold:
                if move.move_type == "out_refund" and not move.channel_made:
                    move._notify_sales_channel()
        # what a person posts is paid by policy all the same
        posted._mark_channel_books()
        return posted

    def button_cancel(self):
        """What was in hand is over: the books are judged without it."""
        result = super().button_cancel()
        self._mark_channel_books()
        return result

    def unlink(self):
        self._mark_channel_books()
        return super().unlink()

    def _mark_channel_books(self):
        """A person has decided on these documents: the books of their orders follow."""
        if get_inner(self, "channel_follows"):
            return
        # sudo: accountants need not see channels
        sold = self.sudo().filtered(lambda move: move.is_sale_document())
        for moves in sold.grouped("company_id").values():
            moves._find_channel_orders()._mark_books()

    def button_draft(self):
        """A credit note that the channel could not pay back is corrected here: what it
        was told of it is over, and the corrected one is told anew."""
        result = super().button_draft()
        # sudo: accountants need not see channels
        credited = self.sudo().filtered(lambda move: move.move_type == "out_refund")
        for notes in credited.grouped("company_id").values():
            notes._withdraw_from_channels()
        return result

    def _withdraw_from_channels(self):
        """Credit notes of one company are no credit notes for now."""
        withdrawn = self.env["channel.message"]._withdraw(
            self, "refund", self.env._("The credit note was reset to draft")
        )
        orders = self._find_channel_orders() | withdrawn.order_id
        keys = [f"move:{note.id}" for note in self]
        for channel in orders.channel_id:
            self.env["channel.exception"]._resolve_keys(channel, keys)
        orders._mark_books()

    def _notify_sales_channel(self):
        """Have the channel pay back what is credited, where it is an order of one.

        A credit note that is also about something else, or is written to somebody else
        than the order's customer, is a person's to pay back.
        """
        orders = self._find_channel_orders()
        known = self.env["channel.refund"].search_count(
            [("move_id", "=", self.id)], limit=1
        )
        if not orders or known:
            return
        if odd := self._get_odd_credit_message(orders):
            for order in orders:
                order.env["channel.notifier"]._report_credit_note(order, self, odd)
        else:
            orders.env["channel.notifier"]._on_credit_note(orders, self)

    def _get_sold_lines(self):
        lines = self.invoice_line_ids | self.reversed_entry_id.invoice_line_ids
        return lines.sale_line_ids

    def _find_channel_orders(self):
        """Orders of channels, of the documents' one company, whose own sale orders have
        a line here. People choose the lines and the company of a document."""
        orders = self._get_sold_lines().order_id._own_channel_orders()
        return orders.filtered(lambda order: order.company_id == self.company_id)

    def _get_odd_credit_message(self, orders):
        """:return: why not exactly this is to be paid back; empty where it is"""
        sold = self._get_sold_lines().order_id
        if sold != orders.sale_order_id or len(orders) > 1:
            return self.env._(
                "%(move)s credits several sale orders (%(orders)s).",
                move=self.name,
                orders=format_list(self.env, sold.mapped("name")),
            )
        customer = orders.sale_order_id.partner_invoice_id.commercial_partner_id
        if self.commercial_partner_id != customer:
            return self.env._(
                "%(move)s is addressed to %(partner)s, the order was sold to "
                "%(customer)s.",
                move=self.name,
                partner=self.commercial_partner_id.name,
                customer=customer.name,
            )
        return ""


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.constrains("sale_line_ids", "company_id")
    def _check_channel_company(self):
        """An invoice of a channel's order belongs to its company."""
        for line in self.filtered("sale_line_ids"):
            # sudo: accountants need not see channels
            sold = line.sudo().sale_line_ids.filtered("channel_order_line_id")
            if sold.company_id - line.company_id:
                raise ValidationError(
                    self.env._(
                        "%(line)s would invoice the order of another company.",
                        line=line.display_name,
                    )
                )

    def _get_taxes_of_channel(self, step):
        """:return: {id of the tax, as text: Decimal}; of a line that a person has made
        with several taxes all of it by the first"""
        known = (self.extra_tax_data or {}).get("manual_tax_amounts") or {}
        if known:
            return {
                tax_id: to_decimal(each["tax_amount_currency"], step)
                for tax_id, each in known.items()
            }
        tax = to_decimal(self.price_total - self.price_subtotal, step)
        return {str(self.tax_ids[:1].id): tax} if self.tax_ids else {}
