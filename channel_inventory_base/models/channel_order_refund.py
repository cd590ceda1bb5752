import math
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.refund import split_parts
from ..tools.refusal import OrderRefusedError
from .channel_order_kept import cost_of_kept


class ChannelOrder(models.Model):
    """Refunds of the channel become credit notes, to the last unit of the currency."""

    _inherit = "channel.order"

    refund_ids = fields.One2many("channel.refund", "order_id", readonly=True)

    # ------------------------------------------------------------- take in
    def _has_new_refunds(self, data):
        return bool(data.refunds) and bool(self._find_new_refunds(data))

    def _find_new_refunds(self, data):
        known = set(self.refund_ids.mapped("external_id"))
        return [each for each in data.refunds if each.external_id not in known]

    def _take_refunds(self, data):
        """Store every refund that is new, each once.

        While one of ours is on its way, what comes in may be just that one: they are
        looked at again when its outcome is known.
        """
        if not data.refunds:
            return
        new = self._find_new_refunds(data)
        if new and not self.env["channel.message"]._is_open(self, ["refund"]):
            for refund in new:
                self._take_refund(data, refund)
        self._keep_late(data)

    def _take_refund(self, data, refund):
        kept = self._find_kept(data, refund)
        refunds = self.env["channel.refund"]
        ours = self.told_ids.filtered(
            lambda each: each.kind == "refund" and each.ref == refund.external_id
        )
        state = "ours" if ours else "todo"
        if not ours and self.sale_order_id.state not in ("sale", "cancel"):
            state = "included"
        record = refunds.create(refunds._prepare_vals(self, refund, state, kept))
        if ours.res_model == "account.move":
            record.move_id = ours.res_id

    def _credit_refunds(self, data):
        for refund in self.refund_ids.filtered(lambda each: each.state == "todo"):
            refund._credit(data)

    def _find_kept(self, data, refund):
        """Which units of a refund had left: those that are still to be delivered, or
        were, though the customer does not buy them any more.

        :return: {line: [units, amount, tax]}
        """
        known, kept = self._count_kept(), Counter()
        lines = {line.external_id: line for line in data.lines}
        for each in refund.lines:
            line = lines.get(each.line_ref)
            if line and each.quantity:
                gone = line.wanted_quantity - line.quantity - known[each.line_ref]
                units = max(0, min(each.quantity, gone))
                known[each.line_ref] += units
                kept[each.line_ref] += units
        return cost_of_kept(refund.lines, kept, self._get_money(data))

    def _count_kept(self, states=None):
        """:return: Counter of units by line that were paid back after they had left"""
        counts = Counter()
        for refund in self.refund_ids:
            if states is None or refund.state in states:
                for line_ref, (units, *_money) in (refund.kept or {}).items():
                    counts[line_ref] += units
        return counts

    # ------------------------------------------------------------- restore
    def _restore(self, data):
        """The order as if what had left were not paid back: what the sale order says.

        :return: schemas.OrderData
        """
        back = self._kept_money()
        if not back:
            return data
        money = self._get_money(data)
        lines, shipping = [], list(data.shipping_lines)
        total, total_tax = data.total, data.total_tax
        for line in data.lines:
            units, amount, tax = back.get(line.external_id, (0, 0, 0))
            lines.append(_add_back(line, units, amount, tax, money))
            total += amount if money.taxes_included else amount + tax
            total_tax += tax
        amount, tax = back.get("", (0, 0, 0))[1:]
        if amount and shipping:
            shipping[0] = _add_back_shipping(shipping[0], amount, tax, money)
            total += amount if money.taxes_included else amount + tax
            total_tax += tax
        return replace(
            data,
            lines=tuple(lines),
            shipping_lines=tuple(shipping),
            total=total,
            total_tax=total_tax,
        )

    def _kept_money(self):
        """:return: line ("" for delivery) -> (units, amount, tax) paid back since"""
        back = {}
        for refund in self.refund_ids.filtered(lambda each: each.state != "included"):
            data = refund._get_data()
            rows = {ref: tuple(row) for ref, row in (refund.kept or {}).items()}
            if data.shipping and self.sale_order_id.state == "sale":
                rows[""] = (0, data.shipping, data.shipping_tax)
            for ref, (units, amount, tax) in rows.items():
                old = back.get(ref, (0, Decimal(0), Decimal(0)))
                back[ref] = (
                    old[0] + units,
                    old[1] + Decimal(amount),
                    old[2] + Decimal(tax),
                )
        return back


class ChannelRefund(models.Model):
    _inherit = "channel.refund"

    def _credit(self, data):
        """Make the credit note, or say why there is none.

        What does not come to the channel's amount leaves no credit note behind but an
        exception that tells both figures.
        """
        order = self.order_id
        try:
            parts = self._find_parts(data)
            amount = sum((part.total for part in parts), Decimal(0))
            if not amount:
                self.state = "nothing"
                return
            self._check_paid(data)
            with self.env.cr.savepoint():
                self.move_id = self._make_credit_note(data, parts, amount)
                self.state = "credited"
        except OrderRefusedError as refusal:
            self._report(refusal.message, refusal.suggestion)
        except UserError as error:
            self._report(str(error), self.env._("Correct that, then retry."))
        else:
            order._log_document(
                self.move_id,
                self.env._(
                    "%(note)s: %(amount)s paid back by the channel",
                    note=self.move_id.name,
                    amount=amount,
                ),
            )

    def _report(self, message, suggestion):
        order = self.order_id
        self.env["channel.exception"]._report(
            order.channel_id,
            "refund",
            key=f"refund:{order.id}:{self.external_id}",
            record=self,
            message=f"{order.name}: {message}",
            suggestion=suggestion,
        )

    def _find_parts(self, data):
        """What of the refund is to be credited: what had left, with delivery and
        goodwill; of what had not, what was invoiced."""
        money = self.order_id._get_money(data)
        parts = split_parts(self._get_data(), money.taxes_included)
        if self.order_id.sale_order_id.state == "cancel":
            return parts if self._get_invoices() else []
        return [each for part in parts for each in self._find_credited(part, money)]

    def _find_credited(self, part, money):
        """A part of goods, taken apart: what had left stays sold and stands against
        its invoice; the rest takes back what the invoices have too much."""
        if not part.line_ref:
            return [part]
        kept = (self.kept or {}).get(part.line_ref)
        found, rest = [], part
        if kept:
            found.append(part.keep(*kept))
            rest = part.less(found[0])
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
                # the sale order does not follow yet: a person has to decide first
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
            for part in split_parts(refund._get_data(), taxes_included)
            if part.line_ref or part.shipping
        )
        currency = order.sale_order_id.currency_id
        if currency.compare_amounts(back, sold) > 0:
            raise OrderRefusedError(
                "refund",
                self.env._(
                    "%(back)s went back in all, the order was %(sold)s.",
                    back=f"{back:.{currency.decimal_places}f}",
                    sold=f"{sold:.{currency.decimal_places}f}",
                ),
                self.env._("Look at the payments of the order on the channel."),
            )

    # --------------------------------------------------------- credit note
    def _make_credit_note(self, data, parts, amount):
        """:raise OrderRefusedError: it does not come to ``amount``"""
        order = self.order_id.with_company(self.company_id)
        sale_order = order.sale_order_id
        reversed_entry = self._find_reversed(parts)
        # paid both ways by themselves: each payment stands against its own document
        apart = order.channel_id.payment_policy == "paid" and order._is_paid()
        lines = [self._prepare_line_vals(data, part) for part in parts if part.total]
        move = (
            self.env["account.move"]
            .with_company(self.company_id)
            .with_context(channel_follows=True)
            .create(
                {
                    "move_type": "out_refund",
                    "partner_id": sale_order.partner_invoice_id.id,
                    "currency_id": sale_order.currency_id.id,
                    "invoice_origin": sale_order.name,
                    "ref": self.note or order.name,
                    "team_id": sale_order.team_id.id,
                    "fiscal_position_id": sale_order.fiscal_position_id.id,
                    "reversed_entry_id": not apart and reversed_entry.id,
                    "invoice_line_ids": [Command.create(line) for line in lines],
                }
            )
        )
        currency = sale_order.currency_id
        if currency.compare_amounts(move.amount_total, float(amount)):
            raise OrderRefusedError(
                "refund",
                self.env._(
                    "The channel paid back %(amount)s, a credit note would be "
                    "%(total)s.",
                    amount=amount,
                    total=f"{move.amount_total:.{currency.decimal_places}f}",
                ),
                self.env._("Make the credit note by hand."),
            )
        if order.channel_id.post_credit_notes:
            move.action_post()
        if apart:
            move.reversed_entry_id = reversed_entry
        return move

    def _find_reversed(self, parts):
        """The one invoice that has all of what is credited, if there is one."""
        invoices = self._get_invoices()
        wanted = self.order_id.sale_order_id.order_line.browse().union(
            *(part.target or self._find_sale_line(part) for part in parts)
        )
        fitting = invoices.filtered(
            lambda move: wanted <= move.invoice_line_ids.sale_line_ids
        )
        for found in (fitting, invoices):
            if len(found) == 1:
                return found
        return invoices.browse()

    def _prepare_line_vals(self, data, part):
        """One line of the credit note, its taxes nailed down as in the sale order."""
        order = self.order_id
        sale_line = part.target or self._find_sale_line(part)
        product = sale_line.product_id or order._get_service("discount_product_id")
        units = part.quantity or 1
        quantity = units
        if part.quantity and sale_line.channel_order_line_id:
            line = sale_line.channel_order_line_id
            quantity = units / (line._sale_units(sale_line, 1) or 1)
        taxes = sale_line.tax_ids if part.tax or part.line_ref else []
        currency = order.sale_order_id.currency_id
        price = float(part.amount) / quantity
        vals = {
            "product_id": product.id,
            "name": sale_line.name or self.env._("Goodwill"),
            "quantity": quantity,
            "product_uom_id": (sale_line.product_uom_id or product.uom_id).id,
            "price_unit": price,
            "discount": 0.0,
            "tax_ids": [Command.set(taxes.ids if taxes else [])],
        }
        if sale_line and sale_line.qty_to_invoice + quantity < 1e-6:
            # Odoo would ask for a credit note of its own otherwise
            vals["sale_line_ids"] = [Command.link(sale_line.id)]
        if taxes:
            money = order._get_money(data)
            untaxed = float(part.untaxed(money.taxes_included))
            vals["extra_tax_data"] = {
                "manual_total_excluded_currency": untaxed,
                "manual_tax_amounts": {
                    str(tax_id): {
                        "tax_amount_currency": float(tax),
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

    def _find_sale_line(self, part):
        sale_order = self.order_id.sale_order_id
        if part.line_ref:
            return sale_order.order_line.filtered(
                lambda line: line.channel_order_line_id.external_id == part.line_ref
            )[:1]
        if part.shipping:
            product = self.order_id.channel_id.shipping_product_id
            return sale_order.order_line.filtered(
                lambda line: line.product_id == product
            )[:1]
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

    def action_retry(self):
        """Make the credit note after all."""
        self._require_role("operator")
        # sudo: operators retry, only the import writes refunds otherwise
        for refund in self.sudo().filtered(lambda each: each.state == "todo"):
            refund._credit(refund.order_id._get_data())


def _add_back(line, units, amount, tax, money):
    """An OrderLineData with units that were paid back, at what was paid back."""
    if not units:
        return line
    return replace(
        line,
        quantity=line.quantity + units,
        discount=line.discount + line.unit_price * units - amount,
        taxes=_add_tax(line.taxes, tax, money),
    )


def _add_back_shipping(line, amount, tax, money):
    return replace(
        line, price=line.price + amount, taxes=_add_tax(line.taxes, tax, money)
    )


def _add_tax(taxes, tax, money):
    """Spread by rate, as Shopify and others charge it."""
    if not taxes or not tax:
        return taxes
    whole, left, result = sum(each.rate for each in taxes), tax, []
    for each in taxes[1:]:
        part = money.round(tax * each.rate / whole) if whole else Decimal(0)
        left -= part
        result.append(replace(each, amount=each.amount + part))
    return (replace(taxes[0], amount=taxes[0].amount + left), *result)
