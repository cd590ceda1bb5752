# SPDX-License-Identifier: AGPL-3.0-or-later
import math
from dataclasses import replace
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.channel_inventory_base.tools.actions import open_form
from odoo.addons.channel_inventory_base.tools.inner import inner
from odoo.addons.channel_inventory_sale.tools.refund import (
    Part,
    list_left,
    split_parts,
    worth_parts,
)
from odoo.addons.channel_inventory_sale.tools.refusal import OrderRefusedError


class ChannelRefund(models.Model):
    """The credit note of a refund: exactly its amount, or an exception."""

    _inherit = "channel.refund"

    move_id = fields.Many2one(
        "account.move", string="Credit Note", readonly=True, index="btree_not_null"
    )

    # ------------------------------------------------------------- actions
    def action_open_credit_note(self):
        self.ensure_one()
        return open_form("account.move", self.move_id.id)

    def action_retry(self):
        """Make the credit note after all."""
        self._require_role("operator")
        # sudo: operators retry, only the import writes refunds otherwise
        for refund in self.sudo().filtered(lambda each: each.state == "todo"):
            refund._credit(refund.order_id._get_data())

    # ------------------------------------------------------------ business
    def _credit(self, data):
        """Make the credit note, or say why there is none.

        What does not come to the channel's amount leaves no credit note behind but an
        exception that tells both figures.
        """
        order = self.order_id
        try:
            parts = self._find_parts(data)
            amount = sum((part.total for part in parts), Decimal(0))
            if not parts:
                self._set_done("nothing")
                return
            self._check_paid(data)
            with self.env.cr.savepoint():
                self.move_id = self._make_credit_note(data, parts, amount)
                self._set_done("credited")
        except OrderRefusedError as refusal:
            self._report(refusal.message, refusal.suggestion)
        except UserError as error:
            self._report(str(error), self.env._("Correct that, then retry."))
        else:
            order._log_document(
                self.move_id,
                self.env._(
                    "%(note)s: %(amount)s refunded by the channel",
                    note=self.move_id.name or self.env._("A draft"),
                    amount=amount,
                ),
            )

    def _set_done(self, state):
        """Refunds before the capture had only goodwill left."""
        if self.state != "included":
            self.state = state
        self.env["channel.exception"]._resolve_keys(self.channel_id, self._get_keys())

    def _is_to_credit(self):
        """Refunds before the capture are included in the order's amounts, except for
        goodwill: that is credited once the order is sold."""
        if self.state == "included":
            sold = self.order_id.sale_order_id.state == "sale"
            return bool(self.goodwill) and not self.move_id and sold
        return self.state == "todo"

    def _set_deleted(self):
        """Whether money went back all the same only people know, so a credit note
        stays."""
        result = super()._set_deleted()
        for refund in self.filtered("move_id"):
            refund._report(
                self.env._(
                    "the refund of %(amount)s was deleted on the channel, credit note "
                    "%(move)s stands.",
                    amount=refund._format_amount(),
                    move=refund.move_id.display_name,
                ),
                self.env._(
                    "If no money went back, reverse the credit note and its payment. "
                    "Otherwise enter the refund on the channel again."
                ),
            )
        return result

    def _on_taken(self, ours):
        result = super()._on_taken(ours)
        if ours.res_model == "account.move":
            self.move_id = ours.res_id
        return result

    def _keep_more(self, units, money):
        was_credited = self.state == "credited"
        result = super()._keep_more(units, money)
        if was_credited and not self._get_invoices():
            self._report(
                self.env._("more refunded units had been shipped than were credited."),
                self.env._("Correct the credit note %s manually.", self.move_id.name),
            )
        return result

    def _find_parts(self, data):
        """The part of the refund to be credited: shipped units, with delivery and
        goodwill; of unshipped units, those invoiced."""
        money = self.order_id._get_money(data)
        refund, goodwill = self._get_data(), self._get_goodwill()
        parts = split_parts(refund, money.taxes_included, Decimal(0))
        given = [
            piece
            for part in self._find_given(data, goodwill)
            for piece in self._split_by_lines(part, money)
        ]
        if self.order_id.sale_order_id.state == "cancel":
            return parts + given if refund.amount and self._get_invoices() else []
        if self.state == "included":
            return given
        return [
            piece
            for part in parts
            for each in self._find_credited(part, money)
            for piece in self._split_by_lines(each, money)
        ] + given

    def _find_given(self, data, goodwill):
        """Goodwill as parts. Where it is all that was left of the order, or all charges
        of one that was cancelled, it is no goodwill: their tax went back with it. What
        went back before for no part of it was for these as well, and is taken back."""
        if not goodwill:
            return []
        charges = list_left(data, goods=False)
        groups = [list_left(data)]
        if data.state == "cancelled":
            groups.append(charges)
        before = self._get_goodwill_before()
        for group in groups:
            left = sum(part.total for part in group)
            if group and left == goodwill:
                return group
            if group and before and left == goodwill + before:
                return [*group, Part(-before, total=-before)]
        return [Part(goodwill, total=goodwill)]

    def _get_goodwill_before(self):
        """Goodwill that was credited by older refunds, without any tax."""
        older = self.order_id.refund_ids.filtered(
            lambda each: each.id < self.id and each.move_id and each.goodwill > 0
        )
        return sum((each._get_goodwill() for each in older), Decimal(0))

    def _split_by_lines(self, part, money):
        """A charge that is in several lines, one for each rate, by what they are."""
        lines = self._find_sale_lines(part)
        if part.target or len(lines) < 2:
            return [part]
        pieces, rest = [], part
        whole, taxes = sum(lines.mapped("price_total")), sum(lines.mapped("price_tax"))
        for line in lines[:-1]:
            share = Decimal(str(line.price_total / whole if whole else 0))
            of_tax = Decimal(str(line.price_tax / taxes if taxes else 0))
            amounts = money.round(part.amount * share), money.round(part.tax * of_tax)
            pieces.append(replace(part.keep(0, *amounts), target=line))
            rest = rest.less(pieces[-1])
        return [*pieces, replace(rest, target=lines[-1])]

    def _find_credited(self, part, money):
        """A part of goods, taken apart: what had left stays sold and stands against
        its invoice; the rest takes back what the invoices have too much."""
        if part.key is None:
            return [part]
        kept = (self.kept or {}).get(part.key)
        found, rest = [], part
        if kept:
            found.append(part.keep(*kept))
            rest = part.less(found[0])
        if not self.amount or not part.line_ref:
            # nothing was paid for it: the books follow the sale order
            return found
        for sale_line, units in self._find_overbooked(part.line_ref).items():
            if rest.quantity and (units := min(units, rest.quantity)):
                taken, rest = rest.take(units, money)
                found.append(replace(taken, target=sale_line))
        return found

    def _find_overbooked(self, line_ref):
        """:return: sale order line -> sold units that are invoiced and not bought"""
        line = self.order_id.line_ids.filtered(
            lambda each: each.external_id == line_ref
        )
        ahead = line._sold_here() - line._wanted_here()
        found = {}
        for sale_line in line._sale_lines():
            posted = sale_line._count_posted()
            due = sale_line.qty_to_invoice + sale_line.qty_invoiced
            over = line._sale_units(sale_line, posted - due)
            if ahead > 0:
                # the sale order does not follow yet: an operator has to decide first
                over = min(line._sale_units(sale_line, posted), over + ahead)
            if units := math.floor(max(0, over) + 1e-6):
                found[sale_line] = units
        return found

    def _get_invoices(self):
        return self.order_id.sale_order_id.invoice_ids.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )

    def _check_paid(self, data):
        """:raise OrderRefusedError: more went back than the order ever was"""
        order = self.order_id
        refunds = order.refund_ids.filtered(lambda each: each.state != "included")
        back = sum(refunds.mapped("amount"))
        taxes_included = data.taxes_included
        sold = float(data.total) + sum(
            float(part.total)
            for refund in refunds
            for part in worth_parts(refund._get_data(), taxes_included)
        )
        if data.received is not None:
            sold = max(sold, float(data.received))
        currency = order.sale_order_id.currency_id
        if currency.compare_amounts(back, sold) > 0:
            raise OrderRefusedError(
                "refund",
                self.env._(
                    "%(back)s was refunded in total, the order was %(sold)s.",
                    back=f"{back:.{currency.decimal_places}f}",
                    sold=f"{sold:.{currency.decimal_places}f}",
                ),
                self.env._("Check the payments of the order on the channel."),
            )

    # --------------------------------------------------------- credit note
    def _make_credit_note(self, data, parts, amount):
        """:raise OrderRefusedError: it does not come to ``amount``"""
        order = self.order_id.with_company(self.company_id)
        sale_order = order.sale_order_id
        reversed_entry = self._find_reversed(parts)
        # paid both ways by themselves: each payment stands against its own document
        apart = order.channel_id.payment_policy == "paid" and order._is_paid()
        # more was kept than is taken back: that is an invoice
        sign = 1 if amount >= 0 else -1
        lines = [self._prepare_line_vals(data, part, sign) for part in parts]
        move = (
            self.env["account.move"]
            .with_company(self.company_id)
            .with_context(
                **inner(channel_follows=True),
                **self.company_id._get_books_context(),
            )
            .create(
                {
                    "move_type": "out_refund" if sign > 0 else "out_invoice",
                    "partner_id": sale_order.partner_invoice_id.id,
                    "currency_id": sale_order.currency_id.id,
                    "invoice_origin": sale_order.name,
                    "ref": self.note or order.name,
                    "team_id": sale_order.team_id.id,
                    "fiscal_position_id": sale_order.fiscal_position_id.id,
                    "reversed_entry_id": sign > 0 and not apart and reversed_entry.id,
                    "channel_made": sign < 0,
                    "invoice_line_ids": [Command.create(line) for line in lines],
                }
            )
        )
        currency = sale_order.currency_id
        if currency.compare_amounts(move.amount_total, abs(float(amount))):
            raise OrderRefusedError(
                "refund",
                self.env._(
                    "The channel refunded %(amount)s, a credit note would be "
                    "%(total)s.",
                    amount=amount,
                    total=f"{move.amount_total:.{currency.decimal_places}f}",
                ),
                self.env._("Create the credit note manually."),
            )
        if order.channel_id.post_credit_notes:
            move.action_post()
        if apart and sign > 0:
            move.reversed_entry_id = reversed_entry
        return move

    def _find_reversed(self, parts):
        """The one invoice that has all of what is credited, if there is one."""
        invoices = self._get_invoices()
        wanted = self.order_id.sale_order_id.order_line.browse().union(
            *(part.target or self._find_sale_lines(part)[:1] for part in parts)
        )
        fitting = invoices.filtered(
            lambda move: wanted <= move.invoice_line_ids.sale_line_ids
        )
        for found in (fitting, invoices):
            if len(found) == 1:
                return found
        return invoices.browse()

    def _prepare_line_vals(self, data, part, sign=1):
        """One line of the credit note, its taxes nailed down as in the sale order.

        :param sign: -1 for an invoice of what was kept
        """
        order = self.order_id
        sale_line = part.target or self._find_sale_lines(part)[:1]
        product = sale_line.product_id or order.env[
            "channel.order.importer"
        ]._get_service(order, "discount_product_id")
        units = part.quantity or 1
        quantity = units
        if part.quantity and sale_line.channel_order_line_id:
            line = sale_line.channel_order_line_id
            quantity = units / (line._sale_units(sale_line, 1) or 1)
        taxes = sale_line.tax_ids if part.tax or part.line_ref else []
        currency = order.sale_order_id.currency_id
        price = sign * float(part.amount) / quantity
        vals = {
            "product_id": product.id,
            "name": sale_line.name or self._get_goodwill_label(part),
            "quantity": quantity,
            "product_uom_id": (sale_line.product_uom_id or product.uom_id).id,
            "price_unit": price,
            "discount": 0.0,
            "tax_ids": [Command.set(taxes.ids if taxes else [])],
        }
        of_units = part.target and part.quantity
        if of_units and sale_line.qty_to_invoice + quantity < 1e-6:
            # Odoo would ask for a credit note of its own otherwise
            vals["sale_line_ids"] = [Command.link(sale_line.id)]
        if taxes:
            money = order._get_money(data)
            untaxed = sign * float(part.untaxed(money.taxes_included))
            vals["extra_tax_data"] = {
                "manual_total_excluded_currency": untaxed,
                "manual_tax_amounts": {
                    str(tax_id): {
                        "tax_amount_currency": sign * float(tax),
                        "base_amount_currency": untaxed,
                    }
                    for tax_id, tax in self._split_tax(sale_line, part, money).items()
                },
                "currency_id": currency.id,
                "price_unit": price,
                "discount": 0.0,
                "quantity": quantity,
            }
        return vals

    def _get_goodwill_label(self, part):
        if part.amount < 0 and self.goodwill > 0:
            return self.env._("Goodwill credited before")
        if part.amount < 0:
            return self.env._("Kept from a refund")
        return self.env._("Goodwill")

    def _find_sale_lines(self, part):
        sale_order = self.order_id.sale_order_id
        if part.line_ref:
            return sale_order.order_line.filtered(
                lambda line: line.channel_order_line_id.external_id == part.line_ref
            )[:1]
        if part.charge_ref is not None:
            return self.env["channel.refunder"]._find_charge_lines(
                self.order_id, part.charge_ref
            )
        return sale_order.order_line.browse()

    def _split_tax(self, sale_line, part, money):
        """The refund's tax by account.tax, as the sale line has it."""
        known = (sale_line.extra_tax_data or {}).get("manual_tax_amounts") or {}
        weights = {
            tax.id: abs(
                Decimal(str(known.get(str(tax.id), {}).get("tax_amount_currency", 0)))
            )
            or Decimal(str(tax.amount or 1))
            for tax in sale_line.tax_ids
        }
        left, whole, result = part.tax, sum(weights.values()), {}
        for tax_id, weight in weights.items():
            result[tax_id] = money.round(part.tax * weight / whole) if whole else 0
            left -= result[tax_id]
        if result:
            result[next(iter(result))] += left
        return result
