# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much of an order line an invoice takes. No odoo in here."""

from decimal import ROUND_HALF_UP, Decimal


def share(whole, reached, ordered, step):
    """The part of ``whole`` that is due when ``reached`` of ``ordered`` is invoiced.

    Invoices take what is due less what earlier ones took. So the last one comes out to
    the cent, whatever was rounded on the way.

    >>> step = Decimal("0.01")
    >>> [str(share(Decimal("10.00"), each, 3, step)) for each in (1, 2, 3)]
    ['3.33', '6.67', '10.00']
    >>> str(share(Decimal("10.00"), 1, 0, step))
    '0.00'
    """
    if not ordered:
        return Decimal(0).quantize(step)
    part = whole * Decimal(str(reached)) / Decimal(str(ordered))
    return (part / step).quantize(Decimal(1), ROUND_HALF_UP) * step


def to_decimal(amount, step):
    """A float of Odoo as the exact amount it stands for."""
    return (Decimal(str(amount)) / step).quantize(Decimal(1), ROUND_HALF_UP) * step
