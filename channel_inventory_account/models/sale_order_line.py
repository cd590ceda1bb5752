# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import api, models
from odoo.fields import Command

from ..tools.invoicing import share, to_decimal


class SaleOrderLine(models.Model):
    """What of a channel's order is invoiced: its part of the channel's own figures."""

    _inherit = "sale.order.line"

    @api.depends("order_id.channel_invoice_policy", "order_id.order_line.qty_delivered")
    def _compute_qty_to_invoice(self):
        """By the policy of the channel, where it has one, not of the product."""
        result = super()._compute_qty_to_invoice()
        for line in self:
            if line._has_channel_policy():
                line.qty_to_invoice = line._count_due() - line.qty_invoiced
        return result

    # ------------------------------------------------------------------ due
    # What of a channel's order is invoiced: its part of the channel's own figures.
    def _has_channel_policy(self):
        return (
            self.order_id.channel_invoice_policy in ("confirmed", "shipped")
            and self.state == "sale"
            and not self.display_type
            and not self.is_downpayment
            and self.product_id.type != "combo"
        )

    def _count_due(self):
        """How much of the line is to be invoiced in all, by now."""
        if self.order_id.channel_invoice_policy == "confirmed":
            return self.product_uom_qty
        if self.product_id.type == "consu":
            return self._count_left()
        part = self.order_id._get_delivered_part()
        if self.price_subtotal < 0:
            return self.product_uom_qty * part
        # a delivery charge is on the first invoice, and on none of its own
        return self.product_uom_qty if part else 0.0

    def _count_left(self):
        """How much has left for the customer. What came back had left: it is credited
        when it is refunded."""
        if self._is_shipped_by_channel():
            return min(self.qty_delivered, self.product_uom_qty)
        moves = self.move_ids.filtered(
            lambda move: move.state == "done" and move._leaves_for_customer()
        )
        if any(move.product_id != self.product_id for move in moves):
            # a kit: how many are complete is Odoo's to say
            return max(self.qty_delivered, self._count_booked("out_invoice"))
        left = sum(
            move.product_uom._compute_quantity(
                move.quantity, self.product_uom_id, round=False
            )
            for move in moves
        )
        return min(left, self.product_uom_qty)

    def _get_booked_lines(self, *move_types):
        wanted = move_types or ("out_invoice", "out_refund")
        return self.invoice_lines.filtered(
            lambda line: (
                line.parent_state != "cancel" and line.move_id.move_type in wanted
            )
        )

    def _count_booked(self, *move_types):
        """How much is on invoices less credit notes, drafts too, in the line's unit."""
        return self._count_lines(self._get_booked_lines(*move_types))

    def _count_lines(self, invoice_lines):
        return sum(
            each.product_uom_id._compute_quantity(
                -each.quantity
                if each.move_id.move_type == "out_refund"
                else each.quantity,
                self.product_uom_id,
                round=False,
            )
            for each in invoice_lines
        )

    def _count_posted(self):
        """How much is on posted invoices, less all credit notes that are there."""
        posted = self._get_booked_lines("out_invoice").filtered(
            lambda line: line.parent_state == "posted"
        )
        return self._count_lines(posted | self._get_booked_lines("out_refund"))

    def _count_to_book(self):
        """How much the books have to invoice, or, negative, to credit.

        What was invoiced and credited since is not invoiced again. What came back is
        credited when it is refunded; what was taken off the order is at once.
        """
        if not self._has_channel_policy():
            return 0.0
        rounding = self.env["decimal.precision"].precision_get("Product Unit")
        over = self.qty_invoiced - self.product_uom_qty
        if round(over, rounding) > 0:
            return -round(over, rounding)
        left = self._count_due() - self._count_lines(self._get_kept_lines())
        return max(0.0, round(min(self.qty_to_invoice, left), rounding))

    # ------------------------------------------------------------ how exact
    def _is_exact(self):
        """Whether the line has figures of the channel; one that a person has added to
        the order is Odoo's to compute."""
        if not self.tax_ids or not self.product_uom_qty:
            return True
        known = self.extra_tax_data or {}
        return (
            bool(known.get("manual_tax_amounts"))
            and known["quantity"] == self.product_uom_qty
            and known["price_unit"] == self.price_unit
        )

    def _get_step(self):
        return Decimal(str(self.currency_id.rounding))

    def _get_due(self, reached):
        """:return: (untaxed, tax) that are due when ``reached`` is invoiced"""
        step = self._get_step()
        taxes = self._get_taxes_due(reached)
        untaxed = to_decimal(self.price_subtotal, step)
        return (
            share(untaxed, reached, self.product_uom_qty, step),
            sum(taxes.values(), Decimal(0)),
        )

    def _get_taxes_due(self, reached):
        """:return: id of the tax, as text -> amount"""
        step = self._get_step()
        known = (self.extra_tax_data or {}).get("manual_tax_amounts") or {}
        if not self.product_uom_qty:
            return {str(tax.id): Decimal(0) for tax in self.tax_ids}
        return {
            tax_id: share(
                to_decimal(each["tax_amount_currency"], step),
                reached,
                self.product_uom_qty,
                step,
            )
            for tax_id, each in known.items()
        }

    def _get_booked(self):
        """The invoiced amounts less credit notes, including drafts.

        :return: (untaxed, tax, {id of the tax, as text: amount})
        """
        step = self._get_step()
        untaxed, tax, taxes = Decimal(0), Decimal(0), {}
        for each in self._get_booked_lines():
            sign = -1 if each.move_id.move_type == "out_refund" else 1
            untaxed += sign * to_decimal(each.price_subtotal, step)
            tax += sign * to_decimal(each.price_total - each.price_subtotal, step)
            amounts = (each.extra_tax_data or {}).get("manual_tax_amounts") or {}
            for tax_id, amount in amounts.items():
                taxes[tax_id] = taxes.get(tax_id, Decimal(0)) + sign * to_decimal(
                    amount["tax_amount_currency"], step
                )
        return untaxed, tax, taxes

    def _is_overbooked(self):
        """Whether invoices have more of it than the order, or other amounts."""
        over = self.qty_invoiced - self.product_uom_qty
        if over > 1e-6:
            return True
        if over < -1e-6 or not self._is_exact():
            return False
        return self._get_due(self.qty_invoiced) != self._get_booked()[:2]

    # ----------------------------------------------------------- correction
    def _get_kept_lines(self):
        """Lines of invoices, and of credit notes that the sale order follows: not of
        what a person has credited, or the channel for what stays sold."""
        return self._get_booked_lines().filtered(
            lambda line: (
                line.move_id.move_type == "out_invoice"
                or line.move_id.channel_made
                or line.move_id.channel_refund_ids.filtered(
                    lambda refund: refund.state == "credited" and not refund.is_deleted
                )
            )
        )

    def _is_downpayment_or_open(self):
        """Whether the line keeps the order from being corrected as a whole."""
        if self.display_type:
            return False
        booked = self._count_lines(self._get_kept_lines())
        return self.is_downpayment or abs(booked - self.product_uom_qty) > 1e-6

    def _get_correction(self):
        """:return: (untaxed, {id of the tax, as text: amount}) as it is invoiced, and
        as it should be; equal where a person has made the line"""
        step, untaxed, taxes = self._get_step(), Decimal(0), {}
        for each in self._get_kept_lines():
            sign = -1 if each.move_id.move_type == "out_refund" else 1
            untaxed += sign * to_decimal(each.price_subtotal, step)
            for tax_id, amount in each._get_taxes_of_channel(step).items():
                taxes[tax_id] = taxes.get(tax_id, Decimal(0)) + sign * amount
        old = (untaxed, taxes)
        if not self._is_exact():
            return old, old
        if not self.product_uom_qty and self.channel_order_line_id:
            old = self._less_kept_money(untaxed, taxes)
            untaxed, taxes = old
        qty = self.product_uom_qty
        new = (self._get_due(qty)[0], self._get_taxes_due(qty) if self.tax_ids else {})
        if {k: v for k, v in taxes.items() if v} == {
            k: v for k, v in new[1].items() if v
        }:
            new = (new[0], taxes)
        return old, new

    def _less_kept_money(self, untaxed, taxes):
        """For a line that is no longer sold: less the amounts credited for it
        before."""
        line = self.channel_order_line_id
        kept = (
            line.env["channel.refunder"]
            ._kept_money(line.order_id)
            .get(line.external_id)
        )
        if not kept or kept[0]:
            return untaxed, taxes
        inside = any(self.tax_ids.mapped("price_include"))
        untaxed -= kept[1] - kept[2] if inside else kept[1]
        whole, left = sum(taxes.values(), Decimal(0)), kept[2]
        result = {}
        for tax_id, amount in taxes.items():
            last = len(result) == len(taxes) - 1
            part = amount * kept[2] / whole if whole else Decimal(0)
            part = left if last else to_decimal(part, self._get_step())
            left -= part
            result[tax_id] = amount - part
        return untaxed, result

    def _prepare_correction_vals(self, old, new, sign):
        """:return: values of two invoice lines: what it was, and what it is"""
        quantity = self.product_uom_qty or 1.0
        for figures, times in ((old, -sign), (new, sign)):
            untaxed, taxes = figures
            if not untaxed and not any(taxes.values()):
                continue
            vals = self.with_context(channel_books=None)._prepare_invoice_line(
                quantity=times * quantity
            )
            price = float(untaxed + self._get_taxes_inside(taxes)) / quantity
            tax_ids = [int(tax_id) for tax_id in taxes] or self.tax_ids.ids
            vals.update(price_unit=price, discount=0.0)
            vals["tax_ids"] = [Command.set(tax_ids)]
            vals["extra_tax_data"] = tax_ids and {
                "currency_id": self.currency_id.id,
                "manual_total_excluded_currency": float(times * untaxed),
                "manual_tax_amounts": {
                    str(tax_id): {
                        "tax_amount_currency": float(
                            times * taxes.get(str(tax_id), Decimal(0))
                        ),
                        "base_amount_currency": float(times * untaxed),
                    }
                    for tax_id in tax_ids
                },
                "price_unit": price,
                "discount": 0.0,
                "quantity": times * quantity,
            }
            yield vals

    def _get_taxes_inside(self, taxes):
        if not any(self.tax_ids.mapped("price_include")):
            return Decimal(0)
        return sum(taxes.values(), Decimal(0))

    # ---------------------------------------------------------- invoice line
    def _prepare_invoice_line(self, **optional_values):
        """The channel's figures, to the cent, for whatever part is invoiced."""
        if self.order_id._is_for_books() and not self.display_type:
            optional_values.setdefault("quantity", self._count_to_book())
        vals = super()._prepare_invoice_line(**optional_values)
        # sudo: a user who invoices need not see channels
        of_channel = self.order_id.sudo().channel_order_id
        if of_channel and not self.display_type and not self.is_downpayment:
            if self._is_exact() and vals["quantity"]:
                vals.update(self._prepare_exact_vals(vals["quantity"]))
        return vals

    def _prepare_exact_vals(self, quantity):
        reached = self.qty_invoiced + quantity
        untaxed, _tax = self._get_due(reached)
        booked_untaxed, booked_tax, booked_taxes = self._get_booked()
        untaxed -= booked_untaxed
        if not self.tax_ids:
            return {"price_unit": float(untaxed) / quantity, "discount": 0.0}
        taxes = self._get_taxes_due(reached)
        if len(taxes) == 1:
            # a credit note of a person has its own way to say it
            booked_taxes = dict.fromkeys(taxes, booked_tax)
        return {
            "extra_tax_data": {
                "currency_id": self.currency_id.id,
                "manual_total_excluded_currency": float(untaxed),
                "manual_tax_amounts": {
                    tax_id: {
                        "tax_amount_currency": float(
                            amount - booked_taxes.get(tax_id, Decimal(0))
                        ),
                        "base_amount_currency": float(untaxed),
                    }
                    for tax_id, amount in taxes.items()
                },
                "price_unit": self.price_unit,
                "discount": self.discount,
                "quantity": quantity,
            }
        }
