# SPDX-License-Identifier: AGPL-3.0-or-later
"""A refund taken apart: what of it is goods, delivery, goodwill. No odoo in here."""

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

from .money import PaidBack

ZERO = Decimal(0)


@dataclass(frozen=True)
class Part:
    """One line of a credit note.

    ``amount`` is with or without tax as the order's prices are, ``total`` with it.
    ``charge_ref`` is "" for a delivery charge of which the channel does not say which.
    ``target`` is the invoiced line that it takes back, where the caller has found one.
    """

    amount: Decimal
    tax: Decimal = ZERO
    total: Decimal = ZERO
    line_ref: str = ""
    charge_ref: str | None = None
    quantity: int = 0
    target: object = None

    @property
    def key(self):
        """What ``kept_key`` says of it; None for what is of nothing in the order."""
        return kept_key(self.line_ref, self.charge_ref)

    def untaxed(self, taxes_included):
        return self.amount - self.tax if taxes_included else self.amount

    def plus(self, other):
        return replace(
            self,
            amount=self.amount + other.amount,
            tax=self.tax + other.tax,
            total=self.total + other.total,
            quantity=self.quantity + other.quantity,
        )

    def keep(self, quantity, amount, tax):
        """The part of so many units, with what they cost."""
        amount, tax = Decimal(amount), Decimal(tax)
        on_top = self.total - self.amount
        total = amount + tax if on_top else amount
        return replace(self, quantity=quantity, amount=amount, tax=tax, total=total)

    def take(self, quantity, money):
        """:return: (the part of so many of its units, what is left of it)"""
        fraction = Decimal(quantity) / self.quantity if self.quantity else Decimal(1)
        taken = self.keep(
            quantity,
            money.round(self.amount * fraction),
            money.round(self.tax * fraction),
        )
        return taken, self.less(taken)

    def less(self, other):
        return self.keep(
            self.quantity - other.quantity,
            self.amount - other.amount,
            self.tax - other.tax,
        )


def kept_key(line_ref, charge_ref=None):
    """By what a refund knows which of its parts stay sold.

    >>> kept_key("1"), kept_key("", "2"), kept_key("", ""), kept_key("")
    ('1', 'charge:2', 'charge:', None)
    """
    if line_ref:
        return line_ref
    return None if charge_ref is None else f"charge:{charge_ref}"


def split_parts(refund, taxes_included, goodwill=None):
    """Parts of goods and charges, and last what is of neither.

    :param goodwill: what went back for neither, or, negative, what was kept of it;
        None: all that the parts do not account for

    >>> from odoo.addons.channel_inventory_base import schemas
    >>> OrderRefundData = schemas.OrderRefundData
    >>> OrderRefundLineData = schemas.OrderRefundLineData
    >>> line = OrderRefundLineData("1", 2, Decimal("20.00"), Decimal("2.00"))
    >>> refund = OrderRefundData("9", Decimal("25.00"), (line,))
    >>> [str(part.total) for part in split_parts(refund, False)]
    ['22.00', '3.00']
    >>> [str(part.total) for part in split_parts(refund, True)]
    ['20.00', '5.00']
    >>> [str(part.total) for part in split_parts(refund, True, ZERO)]
    ['20.00']
    """
    parts = worth_parts(refund, taxes_included)
    rest = find_rest(refund, parts) if goodwill is None else goodwill
    if rest:
        parts.append(Part(rest, total=rest))
    return parts


def worth_parts(refund, taxes_included):
    """:return: list of the parts that are goods or charges of the order"""

    def total(amount, tax):
        return amount if taxes_included else amount + tax

    rows = [
        (each.line_ref, None, each.quantity, each.amount, each.tax)
        for each in refund.lines
        if each.amount or each.tax
    ]
    rows += [("", ref, 0, *money) for ref, *money in list_charges(refund)]
    parts = {}
    for line_ref, charge_ref, quantity, amount, tax in rows:
        part = Part(amount, tax, total(amount, tax), line_ref, charge_ref, quantity)
        known = parts.get(part.key)
        parts[part.key] = known.plus(part) if known else part
    return list(parts.values())


def list_charges(refund):
    """:return: list of (id of the charge, "" where it is not told, amount, tax)"""
    rows = [(each.charge_ref, each.amount, each.tax) for each in refund.charges]
    rows.append(("", refund.shipping, refund.shipping_tax))
    return [row for row in rows if row[1] or row[2]]


def with_paid_back(charge, data, ref):
    """:param charge: Charge of the line or charge whose id is ``ref``
    :return: the same with what refunds have taken off it"""
    rows = [
        (each.quantity or 1, each.amount, each.tax)
        for refund in data.refunds or ()
        for each in refund.lines
        if each.line_ref == ref
    ]
    rows += [
        (1, each.amount, each.tax)
        for refund in data.refunds or ()
        for each in refund.charges
        if each.charge_ref == ref
    ]
    if not rows:
        return charge
    return replace(charge, paid_back=PaidBack(*map(sum, zip(*rows, strict=True))))


def list_figures(data):
    """The net amounts of an order's lines and charges, however discounts are
    represented: they have to be equal for its sale order to stay unchanged.

    :param data: OrderData
    :return: list of (id, units, amount, tax), all but the units as text
    """
    lines = [
        (
            line.external_id,
            line.quantity,
            line.quantity * line.unit_price - line.discount,
            line.taxes,
        )
        for line in data.lines
        if line.quantity
    ]
    charges = [
        (line.external_id or str(index), 1, line.price - line.discount, line.taxes)
        for index, line in enumerate(data.shipping_lines)
        if line.price != line.discount or any(tax.amount for tax in line.taxes)
    ]
    figures = [
        (ref, units, amount, sum((each.amount for each in taxes), ZERO))
        for ref, units, amount, taxes in lines + charges
    ]
    return [
        (ref, units, f"{amount:.4f}", f"{tax:.4f}")
        for ref, units, amount, tax in figures
    ]


def list_left(data, goods=True):
    """The remainder of an order, as parts without units.

    :param data: OrderData
    :param goods: its lines as well, not only its charges
    """

    def part(amount, taxes, **key):
        tax = sum((each.amount for each in taxes), ZERO)
        total = amount if data.taxes_included else amount + tax
        return Part(amount, tax, total, **key)

    lines = [
        part(
            line.quantity * line.unit_price - line.discount,
            line.taxes,
            line_ref=line.external_id,
        )
        for line in data.lines
        if goods and line.quantity
    ]
    charges = [
        part(line.price - line.discount, line.taxes, charge_ref=line.external_id)
        for line in data.shipping_lines
    ]
    return [each for each in lines + charges if each.total]


def find_rest(refund, parts):
    """The money that went back less what the parts were worth.

    Of units taken off an order that was not paid nothing went back, nor was kept.
    """
    if not refund.amount:
        return ZERO
    return refund.amount - sum((part.total for part in parts), ZERO)


def split_rest(refunds, taxes_included, total, received):
    """What of each refund is goodwill or a fee that was kept, and what is neither.

    Money that the parts of a refund do not account for pays back a price that was
    lowered by an edit, or is kept to pay what was taken in exchange: then the order is
    worth what was paid for it in the end. Only what is left is goodwill, or a fee.

    :param refunds: list of (refund, known goodwill or None), oldest first
    :param total: what the parts of the order come to now
    :param received: all that the customer paid; None: not known, so all is goodwill
    :return: list of goodwill, one for each refund

    >>> from odoo.addons.channel_inventory_base.schemas import OrderRefundData
    >>> back = [(OrderRefundData("1", Decimal(44)), None)]
    >>> [str(each) for each in split_rest(back, False, Decimal(176), Decimal(220))]
    ['0']
    >>> [str(each) for each in split_rest(back, False, Decimal(180), Decimal(220))]
    ['4']
    >>> [str(each) for each in split_rest(back, False, Decimal(180), None)]
    ['44']
    """
    left = None
    if received is not None:
        money = sum((refund.amount for refund, _known in refunds), ZERO)
        left = total + money - received
        left -= sum((known or ZERO for _refund, known in refunds), ZERO)
    found = []
    for refund, known in refunds:
        if known is None:
            rest = find_rest(refund, worth_parts(refund, taxes_included))
            known = rest
            if left is not None:
                known = (
                    min(rest, max(left, ZERO))
                    if rest > 0
                    else max(rest, min(left, ZERO))
                )
                left -= known
        found.append(known)
    return found


def cost_of_kept(lines, wanted, money):
    """What so many units of a refund's lines cost: {line: [units, amount, tax]}.

    :param wanted: Counter of units by line
    """
    kept, left = {}, Counter(wanted)
    for line in lines:
        units = min(line.quantity, left[line.line_ref])
        if units <= 0:
            continue
        left[line.line_ref] -= units
        before = kept.get(line.line_ref, (0, 0, 0))
        amount, tax = (
            money.round(figure * units / line.quantity)
            for figure in (line.amount, line.tax)
        )
        kept[line.line_ref] = (before[0] + units, before[1] + amount, before[2] + tax)
    return {
        ref: [units, str(amount), str(tax)]
        for ref, (units, amount, tax) in kept.items()
    }
