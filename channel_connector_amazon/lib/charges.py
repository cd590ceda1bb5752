# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order costs besides its goods. Decimal only; no odoo in here."""

from odoo.addons.channel_inventory_base.lib.amounts import ZERO

from .money import money
from .proceeds import COD_FEE, GIFT_WRAP, OTHER, SHIPPING, Part
from .taxes import tax_rows

TITLES = {
    SHIPPING: ("Shipping", "shipping"),
    GIFT_WRAP: ("Gift wrap", "fee"),
    COD_FEE: ("Cash on delivery", "fee"),
    OTHER: ("Other", "fee"),
}
TIP = "DELIVERY_TIP"


def charges(items, currency, level):
    """ShippingLineData's values: one for each kind, of all items together.

    :param items: the order's items, see ``order``
    :param level: the service that was bought, such as ``NEXT_DAY``
    """
    found = []
    for name, (title, kind) in TITLES.items():
        paid = sum((each.gross(each.money.parts[name]) for each in items), ZERO)
        off = sum((each.money.parts[name].discount for each in items), ZERO)
        owed = [each.money.parts[name] for each in items if not each.is_collected]
        taxes = [] if not items or items[0].owner.included else _taxes(owed, currency)
        if paid or off or taxes:
            found.append(
                {
                    "external_id": name,
                    "title": title,
                    "kind": kind,
                    "code": level if name == SHIPPING else "",
                    "price": str(max(paid + off, ZERO)),
                    "discount": str(off if paid + off >= 0 else -paid),
                    "taxes": taxes,
                }
            )
    return found


def _taxes(parts, currency):
    """Of several items as one: they go to one address."""
    price = sum((each.paid for each in parts), ZERO)
    tax = sum((each.tax for each in parts), ZERO)
    return tax_rows(Part(price=price, tax=tax), currency)


def tips(proceeds, currency):
    """ShippingLineData's values of what is given for the delivery: charged after the
    checkout, and of no item."""
    amounts = [
        money(each["subtotal"], currency)[0]
        for each in proceeds.all("breakdowns")
        if each["type"].text() == TIP
    ]
    amount = sum(amounts, ZERO)
    if amount <= 0:
        return []
    price, row = str(amount), {"title": "Tip", "kind": "tip", "external_id": TIP}
    return [{**row, "price": price, "discount": "0", "taxes": []}]
