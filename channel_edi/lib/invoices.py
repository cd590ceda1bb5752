# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether an invoice adds up, as its partner's software will count it. No odoo in here.

A retailer pays what it computes from quantity, price and charges as they are written,
and charges back what the total says beyond it: so these figures are compared, not those
of the books behind them.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from .errors import Unwritable

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Sums:
    """:ivar lines: of all lines, with their own charges
    :ivar charges: of the whole invoice; negative where allowances are more"""

    lines: Decimal
    charges: Decimal
    taxes: Decimal

    @property
    def untaxed(self):
        return self.lines + self.charges

    @property
    def total(self):
        return self.untaxed + self.taxes


def cent(amount):
    """Rounded as money is, half up.

    >>> cent(Decimal("1.005")), cent(Decimal("-1.005"))
    (Decimal('1.01'), Decimal('-1.01'))
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


def goods(line):
    """What an ``InvoiceLine`` comes to without its own charges.

    :raise Unwritable: only a price in another unit is told, and no amount
    """
    if line.amount is not None:
        return line.amount
    price = line.price
    if price is None:
        raise Unwritable(f"line {_name(line)} has no price and no amount")
    if price.unit not in ("", line.unit):
        raise Unwritable(f"line {_name(line)} has a price per {price.unit}, no amount")
    return cent(line.quantity * price.amount / price.per)


def sums(invoice):
    """:return: ``Sums`` of an ``Invoice``"""
    return Sums(
        lines=sum((goods(each) + _charged(each) for each in invoice.lines), ZERO),
        charges=_charged(invoice),
        taxes=sum((each.amount for each in invoice.taxes), ZERO),
    )


def check(invoice):
    """:raise Unwritable: what is written does not come to its total"""
    found = sums(invoice)
    for line in invoice.lines:
        if line.price and line.amount is not None:
            priced = goods(replace(line, amount=None)) if _same_unit(line) else None
            if priced is not None and priced != line.amount:
                raise Unwritable(
                    f"line {_name(line)}: {line.quantity} at {line.price.amount} are "
                    f"{priced}, the invoice has {line.amount}"
                )
    if found.total != invoice.total:
        raise Unwritable(
            f"its lines are {found.lines}, charges {found.charges} and taxes "
            f"{found.taxes}: together {found.total}, its total is {invoice.total}"
        )
    return found


def signed(invoice, amount):
    """An amount as it is written: of a credit note with a minus where the partner wants
    it so."""
    if amount is None:
        return None
    return -amount if invoice.credit and invoice.minus else amount


def _same_unit(line):
    return line.price.unit in ("", line.unit)


def _charged(value):
    return sum((each.amount or ZERO for each in value.charges), ZERO)


def _name(line):
    return line.number or str(line.position)
