# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from odoo import models

from odoo.addons.channel_inventory_base.schemas import OrderLineData

from ..tools.refund import (
    cost_of_kept,
    kept_key,
    list_charges,
    split_rest,
)

NOTHING = (0, Decimal(0), Decimal(0))


class ChannelRefunder(models.AbstractModel):
    """Takes in the refunds of a channel: what of each stays sold, and what is goodwill,
    to the last unit of the currency."""

    _name = "channel.refunder"
    _description = "Refunder"

    # ------------------------------------------------------------- take in
    def _has_other_refunds(self, order, data):
        """Whether the channel has refunds that are not known, or no more some that
        are, or the money of one went another way."""
        return (
            bool(data.refunds and self._find_new_refunds(order, data))
            or bool(self._find_gone_refunds(order, data))
            or bool(self._find_moved_refunds(order, data))
        )

    def _find_new_refunds(self, order, data):
        known = set(order.refund_ids.mapped("external_id"))
        return [each for each in data.refunds if each.external_id not in known]

    def _find_gone_refunds(self, order, data):
        """Refunds that the channel has deleted; all that it has are in ``data``."""
        if data.refunds is None:
            return order.refund_ids.browse()
        there = {each.external_id for each in data.refunds}
        return order.refund_ids.filtered(lambda each: each.external_id not in there)

    def _find_moved_refunds(self, order, data):
        """What was under way and has arrived, or has not: {refund: OrderRefundData}"""
        told = {each.external_id: each for each in data.refunds or ()}
        pairs = {each: told.get(each.external_id) for each in order.refund_ids}
        return {
            refund: now
            for refund, now in pairs.items()
            if now and refund._get_money() != (now.amount, now.pending, now.failed)
        }

    def _take_refunds(self, order, data):
        """Store every refund that is new, each once, and give up what was deleted.

        While one of ours is on its way, what comes in may be just that one: they are
        looked at again when its outcome is known.
        """
        if gone := self._find_gone_refunds(order, data):
            gone._set_deleted()
        for refund, now in self._find_moved_refunds(order, data).items():
            refund._follow_money(now)
        if not data.refunds:
            return
        new = self._find_new_refunds(order, data)
        if new and not self.env["channel.message"]._is_open(order, ["refund"]):
            for refund in new:
                self._take_refund(order, data, refund)
        self._keep_late(order, data)

    def _take_refund(self, order, data, refund):
        refunds = self.env["channel.refund"]
        if self._restore_deleted(order, refund):
            return
        ours = order.notification_ids.filtered(
            lambda each: each.kind == "refund" and each.ref == refund.external_id
        )
        state = "ours" if ours else "todo"
        if not ours and order.sale_order_id.state not in ("sale", "cancel"):
            state = "included"
        kept = self._find_kept(order, data, refund, bool(ours))
        vals = refunds._prepare_vals(order, refund, state, kept)
        vals["goodwill"] = float(self._find_goodwill(order, data)[refund.external_id])
        record = refunds.create(vals)
        record._on_taken(ours)
        self._report_odd_units(record, data)
        self._on_money_back(order)
        if refund.failed:
            record._report_failed()

    def _restore_deleted(self, order, data):
        """The channel had hidden it, or a person has restored it.

        :return: the refund; empty for one that was not deleted
        """
        known = self.env["channel.refund"].search(
            [
                ("order_id", "=", order.id),
                ("external_id", "=", data.external_id),
                ("is_deleted", "=", True),
            ]
        )
        if known:
            known.is_deleted = False
            order.invalidate_recordset(["refund_ids"])
            self.env["channel.exception"]._resolve_keys(
                known.channel_id, known._get_keys()
            )
        return known

    def _report_odd_units(self, refund, data):
        """More units paid back than were bought: whoever typed it in may have meant
        other goods, or other money. Told once, with the refund."""
        lines = {line.external_id: line for line in data.lines}
        odd = [
            (lines[each.line_ref], each.excess)
            for each in refund._get_data().lines
            if each.excess and each.line_ref in lines
        ]
        if odd:
            self.env["channel.exception"]._report(
                refund.channel_id,
                "refund",
                key=f"refund:{refund.order_id.id}:{refund.external_id}:units",
                record=refund,
                message=self.env._(
                    "%(order)s: more units refunded than sold: %(lines)s too many.",
                    order=refund.order_id.name,
                    lines=", ".join(
                        f"{units} × {line.sku or line.title}" for line, units in odd
                    ),
                ),
                suggestion=self.env._(
                    "The refunded amount is credited. Check the refund on the channel "
                    "and count the returned goods, then resolve this."
                ),
            )

    def _on_money_back(self, order):
        """The refund may be one that an operator was asked to make manually."""
        cancels = order.notification_ids.filtered(lambda each: each.kind == "cancel")
        keys = [f"message:{message.id}:done" for message in cancels]
        keys += [each._get_failed_key() for each in order.refund_ids]
        self.env["channel.exception"]._resolve_keys(order.channel_id, keys)

    def _find_goodwill(self, order, data):
        """The goodwill of each refund: the part that is neither goods nor a charge, nor
        settles an edit or an exchange.

        :return: {id of the refund: Decimal}
        """
        known = {
            refund.external_id: refund._get_goodwill() for refund in order.refund_ids
        }
        refunds = sorted(
            data.refunds or (), key=lambda each: str(each.created_at or "")
        )
        found = split_rest(
            [(each, known.get(each.external_id)) for each in refunds],
            data.taxes_included,
            data.total,
            data.received,
        )
        return {
            each.external_id: goodwill
            for each, goodwill in zip(refunds, found, strict=True)
        }

    def _find_kept(self, order, data, refund, ours=False):
        """The part of a refund that stays sold and is credited: shipped units, and
        amounts of units and charges that are invoiced or shipped.

        :param ours: our credit note stands against it in any case
        :return: {``kept_key``: [units, amount, tax]}
        """
        kept = self._find_kept_units(order, data, refund)
        for each in refund.lines:
            if not each.quantity and (
                ours or self._is_sold_for_good(order, each.line_ref)
            ):
                _keep(kept, each.line_ref, each.amount, each.tax)
        for ref, amount, tax in list_charges(refund):
            if ours or self._is_charge_for_good(order, ref):
                _keep(kept, kept_key("", ref), amount, tax)
        return kept

    def _is_sold_for_good(self, order, line_ref):
        """Whether a price that is lowered stays sold: of what has left."""
        line = order.line_ids.filtered(lambda each: each.external_id == line_ref)
        if order.sale_order_id.state != "sale" or not line:
            return False
        return line._shipped_here() > 0

    def _is_charge_for_good(self, order, ref):
        if order.sale_order_id.state != "sale":
            return False
        return any(line._shipped_here() > 0 for line in order.line_ids)

    def _find_charge_lines(self, order, ref):
        """The sale order's lines of a delivery charge or fee, by the channel's id of
        it; without one, of the first."""
        lines = order.sale_order_id.order_line
        if ref:
            return lines.filtered(lambda line: line.channel_charge_ref == ref)
        product = order.channel_id.shipping_product_id
        return lines.filtered(lambda line: line.product_id == product)[:1]

    def _find_kept_units(self, order, data, refund):
        """Which units of a refund had left: those that are still to be delivered, or
        were, though the customer does not buy them any more."""
        known, kept = self._count_kept(order), Counter()
        lines = {line.external_id: line for line in data.lines}
        for each in refund.lines:
            line = lines.get(each.line_ref)
            if line and each.quantity:
                gone = line.wanted_quantity - line.quantity - known[each.line_ref]
                units = max(0, min(each.quantity, gone))
                known[each.line_ref] += units
                kept[each.line_ref] += units
        return cost_of_kept(refund.lines, kept, order._get_money(data))

    def _count_kept(self, order, states=None):
        """:return: Counter of units by line that were paid back after they had left"""
        counts = Counter()
        for refund in order.refund_ids:
            if states is None or refund.state in states:
                for line_ref, (units, *_money) in (refund.kept or {}).items():
                    counts[line_ref] += units
        return counts

    # ------------------------------------------------------------- restore
    def _restore(self, order, data):
        """The order as if what had left were not paid back: what the sale order says.

        :return: schemas.OrderData
        """
        back = self._kept_money(order)
        if not back:
            return data
        money = order._get_money(data)
        lines = tuple(
            _add_back(line, *back.get(line.external_id, NOTHING), money)
            for line in data.lines
        )
        charges = tuple(
            _add_back_charge(
                line, *self._kept_of_charge(order, back, line, index), money
            )
            for index, line in enumerate(data.shipping_lines)
        )
        pairs = [
            *zip(data.lines, lines, strict=True),
            *zip(data.shipping_lines, charges, strict=True),
        ]
        amount = sum((_amount(new) - _amount(old) for old, new in pairs), Decimal(0))
        tax = sum((_tax(new) - _tax(old) for old, new in pairs), Decimal(0))
        total = data.total + (amount if money.taxes_included else amount + tax)
        return replace(
            data,
            lines=lines,
            shipping_lines=charges,
            # a price of a part of a unit has more digits than money
            total=money.round(total),
            total_tax=money.round(data.total_tax + tax),
        )

    def _kept_of_charge(self, order, back, line, index):
        found = back.get(kept_key("", line.external_id))
        if not found and not index:
            # a channel that does not say which charge it pays back
            found = back.get(kept_key("", ""))
        return found or NOTHING

    def _kept_money(self, order):
        """:return: ``kept_key`` -> (units, amount, tax) paid back since"""
        back = {}
        for refund in order.refund_ids.filtered(lambda each: each.state != "included"):
            for key, (units, amount, tax) in (refund.kept or {}).items():
                old = back.get(key, NOTHING)
                back[key] = (
                    old[0] + units,
                    old[1] + Decimal(amount),
                    old[2] + Decimal(tax),
                )
        return back

    # ---------------------------------------------------------------- kept
    # Refunds of units of which it shows only later that they had left the house.
    #
    # A refund on the channel and a delivery here may cross: the refund comes in before
    # the channel has heard of our parcel, and for all that is known then the units are
    # still on the shelf. Once the channel has them as shipped, their sale stays, and
    # the money that went back is to be credited after all.
    def _find_late_kept(self, order, data):
        """:return: {refund: {line: units}} that left and are not counted as kept"""
        known, found = self._count_kept(order), {}
        left = Counter(
            {
                line.external_id: line.wanted_quantity
                - line.quantity
                - known[line.external_id]
                for line in data.lines
            }
        )
        for refund in order.refund_ids.sorted("id"):
            for line_ref, units in self._count_not_kept(refund).items():
                late = min(units, left[line_ref])
                if late > 0:
                    left[line_ref] -= late
                    found.setdefault(refund, {})[line_ref] = late
        return found

    def _count_not_kept(self, refund):
        """:return: Counter of the units by line that had not left"""
        counts = Counter()
        for line in refund._get_data().lines:
            counts[line.line_ref] += line.quantity
        for line_ref, (units, *_money) in (refund.kept or {}).items():
            counts[line_ref] -= units
        return counts

    def _keep_late(self, order, data):
        money = order._get_money(data)
        for refund, units in self._find_late_kept(order, data).items():
            refund._keep_more(units, money)


def _keep(kept, key, amount, tax):
    units, old_amount, old_tax = kept.get(key, (0, 0, 0))
    kept[key] = [units, str(Decimal(old_amount) + amount), str(Decimal(old_tax) + tax)]


def _amount(line):
    """The amount of a line or charge, with tax if its prices include it."""
    if isinstance(line, OrderLineData):
        return line.quantity * line.unit_price - line.discount if line.quantity else 0
    return line.price - line.discount


def _tax(line):
    if isinstance(line, OrderLineData) and not line.quantity:
        return Decimal(0)
    return sum((each.amount for each in line.taxes), Decimal(0))


def _add_back(line, units, amount, tax, money):
    """An OrderLineData with units that were paid back, at what was paid back.

    Of a line that has no units left nothing is sold, whatever was paid back of it.
    """
    if not line.quantity + units:
        return line
    return replace(
        line,
        quantity=line.quantity + units,
        discount=line.discount + line.unit_price * units - amount,
        taxes=_add_tax(line.taxes, tax, money),
    )


def _add_back_charge(line, _units, amount, tax, money):
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
