# SPDX-License-Identifier: AGPL-3.0-or-later
"""Amounts as Amazon writes them. Decimal only; no odoo in here."""

from odoo.addons.channel_inventory_base.lib.errors import Malformed

DIGITS, DECIMALS = 12, 4
"""Before the point of an amount, and behind it: more is no price of anything."""


def money(place, currency=""):
    """
    :param currency: what it has to be in; "" where nobody knows yet
    :return: (amount, currency)
    :raise Malformed: it is no amount, or in another currency

    >>> from odoo.addons.channel_inventory_base.lib.reader import JsonValue
    >>> money(JsonValue({"amount": "12.30", "currencyCode": "EUR"}))
    (Decimal('12.30'), 'EUR')
    """
    code = place["currencyCode"].text()
    amount = place["amount"].number()
    if amount.adjusted() >= DIGITS or amount.as_tuple().exponent < -DECIMALS:
        raise Malformed(f"{place['amount'].value!r:.60} is no amount", path=place.path)
    if currency and code != currency:
        raise Malformed(f"is in {code:.10}, the order in {currency}", path=place.path)
    return amount, code


def currency_of(order):
    """The currency of an order's first amount; "" where it has none, as long as it is
    pending."""
    total = order.get("proceeds")
    places = [total.get("grandTotal")] if total else []
    for item in order.all("orderItems"):
        proceeds = item.get("proceeds")
        if proceeds:
            places.append(proceeds.get("proceedsTotal"))
        price = item["product"].get("price")
        if price:
            places.append(price.get("unitPrice"))
    for place in places:
        if place:
            return money(place)[1]
    return ""
