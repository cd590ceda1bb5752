# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taxes that are told as amounts, without their rates. No odoo in here."""

from decimal import Decimal

from odoo.addons.channel_inventory_base.lib.amounts import guess_percent

TITLE = "Tax"
DIGITS = Decimal("0.000001")


def tax_rows(part, currency):
    """TaxData's values: the rate is what the amounts say, a round one if there is one.

    :param part: a ``proceeds.Part`` whose tax is beside its price

    >>> from types import SimpleNamespace
    >>> part = SimpleNamespace(paid=Decimal("20.00"), tax=Decimal("1.65"))
    >>> tax_rows(part, "USD")
    [{'title': 'Tax', 'rate': '0.0825', 'amount': '1.65'}]
    """
    if not part.tax:
        return []
    percent = guess_percent([(part.paid, part.tax)], currency)
    if percent is not None:
        rate = percent / 100
    else:
        rate = (part.tax / part.paid).quantize(DIGITS) if part.paid else Decimal(0)
    rate = format(rate.normalize(), "f")
    return [{"title": TITLE, "rate": rate, "amount": str(part.tax)}]
