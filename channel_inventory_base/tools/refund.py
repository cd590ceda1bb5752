"""A refund taken apart: what of it is goods, delivery, goodwill. No odoo in here."""

from dataclasses import dataclass, replace
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Part:
    """One line of a credit note.

    ``amount`` is with or without tax as the order's prices are, ``total`` with it.
    ``target`` is the invoiced line that it takes back, where the caller has found one.
    """

    amount: Decimal
    tax: Decimal = ZERO
    total: Decimal = ZERO
    line_ref: str = ""
    quantity: int = 0
    shipping: bool = False
    target: object = None

    def untaxed(self, taxes_included):
        return self.amount - self.tax if taxes_included else self.amount

    def keep(self, quantity, amount, tax):
        """The part of so many units, with what they cost."""
        amount, tax = Decimal(amount), Decimal(tax)
        on_top = self.total - self.amount
        total = amount + tax if on_top else amount
        return replace(self, quantity=quantity, amount=amount, tax=tax, total=total)

    def take(self, quantity, money):
        """:return: (the part of so many of its units, what is left of it)"""
        fraction = Decimal(quantity) / self.quantity
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


def split_parts(refund, taxes_included):
    """Parts that come to the money that really went back.

    What is neither goods nor delivery is a part of its own: goodwill, or, negative,
    what was kept of it.

    >>> from ..schemas import OrderRefundData, OrderRefundLineData
    >>> line = OrderRefundLineData("1", 2, Decimal("20.00"), Decimal("2.00"))
    >>> refund = OrderRefundData("9", Decimal("25.00"), (line,))
    >>> [str(part.total) for part in split_parts(refund, False)]
    ['22.00', '3.00']
    >>> [str(part.total) for part in split_parts(refund, True)]
    ['20.00', '5.00']
    """

    def total(amount, tax):
        return amount if taxes_included else amount + tax

    if not refund.amount:
        return []
    parts = [
        Part(
            each.amount,
            each.tax,
            total(each.amount, each.tax),
            line_ref=each.line_ref,
            quantity=each.quantity,
        )
        for each in refund.lines
        if each.amount
    ]
    if refund.shipping:
        shipping, tax = refund.shipping, refund.shipping_tax
        parts.append(Part(shipping, tax, total(shipping, tax), shipping=True))
    rest = refund.amount - sum((part.total for part in parts), ZERO)
    if rest:
        parts.append(Part(rest, total=rest))
    return parts
