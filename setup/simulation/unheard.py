"""What a till has sold while it was offline: units that nobody could know to be gone.

``till_offline`` is a cause of its own for oversold units, and takes only of what would
be called latency otherwise: a number that promised more than Odoo knew to be there
stays what it is. Of that it takes the units of which both is true:

- without the units that an offline till had sold, and Odoo had not heard of, they would
  have been there;
- whoever sold them would not have, had that till been heard: the number that he went
  by would have been lower by what it had sold until ``GRACE`` seconds before. What it
  sold a moment before would have been sold all the same, as with any till.

An offline till itself would have gone by what Odoo knew ``GRACE`` seconds before.
"""

from dataclasses import dataclass

POOL = "main"  # tills are in the main warehouse


@dataclass(frozen=True)
class At:
    """Where somebody has sold who goes by what Odoo knows: takes the place of a shop's
    level. ``seen``: when he looked, or had Odoo look: long before, if it is slow."""

    who: str
    offline: bool
    seen: float


@dataclass(frozen=True)
class Sale:
    t: float
    known: float  # infinity: never
    units: float
    offline: bool

    def is_unheard(self, moment, since):
        """Whether it was made by ``since`` and is not known at ``moment``."""
        return self.offline and self.t <= since and self.known > moment


def enter(facts, stock_of):
    """Put the sales of tills where all demand is.

    :param stock_of: function(pool, SKU) that gives a ``timeline.Stock``
    """
    for sale in facts.get("till_sales", ()):
        for sku, units in sale["units"].items():
            stock = stock_of(POOL, sku)
            stock.wanted.add(sale["t"], units)
            if sale["known"] is not None:
                stock.known.add(max(sale["known"], sale["t"]), units)


def demand(facts):
    """Rows as ``oracle._demand`` has them."""
    for sale in facts.get("till_sales", ()):
        at = At(sale["till"], sale["offline"], sale.get("seen", sale["t"]))
        for sku, units in sale["units"].items():
            yield sale["t"], POOL, sku, units, at


def heard(facts):
    """{SKU: moments at which Odoo heard of a sale}"""
    found = {}
    for sale in facts.get("till_sales", ()):
        if sale["known"] is not None:
            for sku in sale["units"]:
                found.setdefault(sku, []).append(max(sale["known"], sale["t"]))
    return found


class Unheard:
    """:param grace: seconds after which what happened is known everywhere"""

    def __init__(self, facts, stocks, grace):
        self.stocks, self.grace = stocks, grace
        self._sales = {}
        for sale in facts.get("till_sales", ()):
            known = float("inf") if sale["known"] is None else sale["known"]
            for sku, units in sale["units"].items():
                row = Sale(sale["t"], max(known, sale["t"]), units, sale["offline"])
                self._sales.setdefault(sku, []).append(row)

    def explain(self, pool, sku, moment, sold, key, shown):
        """:param sold: stock units of this sale
        :param key: ``At``, or anything else for those who are no tills
        :param shown: stock units that were to be had by the number that was gone by;
            None: by what Odoo knew
        :return: how many of the oversold units of this sale an offline till explains
        """
        if pool != POOL or sku not in self._sales:
            return 0
        stock = self.stocks[pool, sku]
        if isinstance(key, At) and key.offline:
            known = stock.known.at(moment - self.grace)
            old = self._sum(sku, moment, moment - self.grace)
            there = stock.there.at(moment) - known - old
            return sold - _within(there, sold)
        left = stock.left(moment)
        oversold = _within(-left, sold)
        otherwise = _within(-left - self._sum(sku, moment, moment), sold)
        if shown is None:
            seen = key.seen if isinstance(key, At) else moment
            shown = stock.there.at(seen) - stock.known.before(seen)
        old = self._sum(sku, moment, moment - self.grace)
        refused = sold - _within(shown - old, sold)
        return min(oversold - otherwise, refused)

    def _sum(self, sku, moment, since):
        return sum(
            sale.units for sale in self._sales[sku] if sale.is_unheard(moment, since)
        )


def _within(units, most):
    return max(0, min(units, most))
