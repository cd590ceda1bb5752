# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the inputs of a level to its number for any stock. No odoo.

The planner's arithmetic as ``channel_inventory_base.tools.explain`` repeats it, without
the steps: a test holds one against the other.
"""

import math
from dataclasses import dataclass

LARGEST = 2_000_000_000


@dataclass(frozen=True)
class Terms:
    """What the rules make of stock. STOCK units, but for limits: those are SOLD units.

    ``None`` is a rule that there is none of. What rules look at beside the stock (sales
    rates, inbound goods, the risk that sells elsewhere) stays as it is now.
    """

    factor: float = 1.0
    judged: float = 0.0
    backorder: float = 0.0
    inbound: float = 0.0
    fixed: float = 0.0
    percent: float = 0.0
    cover: float = 0.0
    risk: float = 0.0
    share: float | None = None
    threshold: float | None = None
    cap: float = 0.0
    freeze: float | None = None
    weight: float | None = None

    @classmethod
    def of(cls, inputs):
        """:param inputs: as the planner writes them; a missing key is null"""

        def number(name):
            return float(inputs.get(name) or 0)

        def given(name):
            value = inputs.get(name)
            return None if value is None else float(value)

        factor = inputs.get("factor")
        return cls(
            factor=1.0 if factor is None else float(factor),
            judged=number("judged"),
            backorder=number("backorder_limit"),
            inbound=number("inbound"),
            fixed=number("fixed"),
            percent=number("percent"),
            cover=number("cover") * number("rate"),
            risk=number("risk_kept"),
            share=given("share"),
            threshold=given("threshold"),
            cap=number("cap"),
            freeze=given("freeze"),
            weight=given("weight"),
        )

    def promised(self, available):
        """:return: what may be promised of so much stock. STOCK units, never below 0"""
        left = available - self.judged
        coming = self.inbound + min(0.0, available)
        if self.backorder > 0 and coming > 0:
            left += min(self.backorder, coming) - min(0.0, available)
        in_pool = left
        left = (left - self.fixed) * (100 - max(0.0, self.percent)) / 100
        left -= self.cover + self.risk
        if self.share is not None:
            left = min(left, max(0.0, in_pool) * self.share / 100)
        return max(0.0, left)

    def number(self, available):
        """:return: the number shown, before an exclusive division. SOLD units

        >>> Terms(fixed=3, factor=10, cap=1).number(25)
        1
        """
        if self.freeze is not None:
            return min(LARGEST, math.floor(self.freeze))
        if self.factor <= 0:
            return 0
        sold = math.floor(self.promised(available) / self.factor + 0.00005)
        if self.threshold is not None and sold <= self.threshold:
            return 0
        if self.cap > 0:
            sold = min(sold, math.floor(self.cap))
        return min(sold, LARGEST)


def divide(members, available):
    """Divide what is available among levels that share it exclusively, as the plan
    statement does: by weight, in whole packs, and what that leaves to the others.

    :param members: Terms with weights
    :return: SOLD units of each, in their order

    >>> divide([Terms(weight=1), Terms(weight=1), Terms(weight=1)], 5)
    [2, 2, 1]
    """
    wanted = [each.number(available) for each in members]
    supply = max(each.promised(available) for each in members)
    weights = sum(each.weight for each in members)
    if weights <= 0:
        return [0] * len(members)

    def parts(left, weight, rooms):
        return [
            min(room, math.floor(left * each.weight / weight / each.factor))
            if weight > 0 and each.factor > 0
            else 0
            for each, room in zip(members, rooms, strict=True)
        ]

    shares = parts(supply, weights, wanted)
    rooms = [most - share for most, share in zip(wanted, shares, strict=True)]
    unmet = sum(
        each.weight for each, room in zip(members, rooms, strict=True) if room > 0
    )
    more = parts(supply - _taken(members, shares), unmet, rooms)
    shares = [sum(pair) for pair in zip(shares, more, strict=True)]
    return _round_up(members, wanted, shares, supply, weights)


def _taken(members, shares):
    return sum(each.factor * share for each, share in zip(members, shares, strict=True))


def _round_up(members, wanted, shares, supply, weights):
    """A pack each of what rounding leaves, to those it has cost most."""
    rest = left = supply - _taken(members, shares)
    cost = sorted(
        range(len(members)),
        key=lambda place: (
            shares[place] * members[place].factor
            - supply * members[place].weight / weights,
            -members[place].weight,
            place,
        ),
    )
    for place in cost:
        each = members[place]
        if shares[place] < wanted[place] and each.weight > 0 and each.factor <= rest:
            left -= each.factor
            if left >= 0:
                shares[place] += 1
    return shares
