# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many units of an item are bought, left to ship, and shipped. No odoo in here."""

from decimal import ROUND_CEILING

from odoo.addons.channel_inventory_base.lib.amounts import ZERO, rounded
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from . import states


class Units:
    """
    Units that are neither shipped nor left, and of which no cancellation is told, count
    as left: too much held is seen, too little is sold twice.

    :ivar ordered: when it was placed
    :ivar current: what is still bought
    :ivar open: left to ship
    :ivar shipped: units that have left
    :ivar deducted: what Amazon has taken off its number, and not given back
    """

    def __init__(self, item, status, state):
        self.ordered = _count(item["quantityOrdered"])
        told = item.get("fulfillment")
        done = told.get("quantityFulfilled") if told else None
        left = told.get("quantityUnfulfilled") if told else None
        cancelled, reason = _cancellation(item)
        if done:
            self.shipped = min(_count(done), self.ordered)
        else:
            self.shipped = self.ordered if status == "SHIPPED" else 0
        rest = self.ordered - self.shipped
        self.open = rest
        if state == states.CANCELLED or status == "SHIPPED":
            self.open = 0
        elif cancelled:
            self.open = min(_count(left), rest) if left else 0
        self.current = self.shipped + self.open
        if state == states.CANCELLED:
            # nothing of it is bought any more, and its lines tell what it was
            self.current = self.ordered
        gone = self.ordered - self.shipped - self.open
        kept = gone if states.keeps_units(reason) else 0
        self.deducted = self.shipped + self.open + kept

    @property
    def is_cut(self):
        return self.current < self.ordered

    def price_and_discount(self, paid, discount, currency):
        """Of one unit, and of all that are left.

        Rounded up, so that what it is too much is a discount, never a surcharge.
        """
        count = self.current or self.ordered
        if not count:
            return ZERO, ZERO
        price = rounded((paid + discount) / count, currency, ROUND_CEILING)
        return price, price * self.current - (paid if self.current else ZERO)


def _count(place):
    number = place.whole()
    if number < 0:
        raise Malformed(f"{number} units cannot be", path=place.path)
    return number


def _cancellation(item):
    """:return: (whether it was carried out, why)"""
    told = item.get("cancellation")
    done = told.get("cancellationExecution") if told else None
    return bool(done), done.get("cancelReason").text() if done else ""
