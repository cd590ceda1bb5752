# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which warehouses ship an order: the cheapest way that ships all of it. No odoo here.

Every set of the warehouses in question is tried (of many, only the small sets); each
line takes what it can from the set, best warehouse first. A way that leaves less
unshipped beats any other; then the lower cost; then the order in which the warehouses
were named.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from itertools import combinations

ALL_SETS = 6
"""Up to so many warehouses all sets are tried, of more those of one, two and all."""


@dataclass(frozen=True)
class Need:
    """What one line needs: so many sold ``units``.

    ``takes``: (product, its stock units in one sold unit): one product, or the
    components of a kit, of which the scarcest decides. Empty: nothing that is counted
    (a service, an unknown SKU). ``warehouses``: those that may ship it, best first.
    ``shares``: (units, warehouses) where not all of it was taken in one place: so many
    from these, so many from those. Counts where a line may come from several.
    """

    key: Hashable
    takes: tuple
    units: int
    warehouses: tuple
    shares: tuple = ()

    def get_shares(self, terms):
        if self.shares and terms.split == "units":
            return self.shares
        return ((self.units, self.warehouses),)


@dataclass(frozen=True)
class Terms:
    """What a way may look like and what it costs.

    ``split`` is ``together`` (one warehouse ships all), ``lines`` (each line from one
    warehouse) or ``units`` (even a line from several). ``split_limit``: more than this
    is not paid for further parcels; None for whatever it takes.
    """

    split: str = "units"
    costs: dict = field(default_factory=dict)
    split_cost: float = 0.0
    split_limit: float | None = None


@dataclass(frozen=True)
class Way:
    """``parts``: key -> ((warehouse, sold units), ...), which are all of its units.

    ``short``: key -> how many of them are not there, for lines where that is so.
    """

    parts: dict
    short: dict
    warehouses: tuple
    cost: float

    @property
    def missing(self):
        return sum(self.short.values())


def find_ways(needs, stock, terms):
    """All ways tried, the best first; empty when there is nothing to ship or nowhere.

    :param stock: (product, warehouse) -> stock units that this order may take

    >>> both = ("W1", "W2")
    >>> needs = [Need("a", ((1, 1.0),), 3, both), Need("b", ((2, 1.0),), 1, both)]
    >>> stock = {(1, "W1"): 3, (2, "W2"): 5, (1, "W2"): 3}
    >>> find_ways(needs, stock, Terms())[0].parts
    {'a': (('W2', 3),), 'b': (('W2', 1),)}
    """
    order = list(dict.fromkeys(each for need in needs for each in need.warehouses))
    together = terms.split == "together" and any(
        all(each in need.warehouses for need in needs) for each in order
    )
    ways = {}
    for chosen in _sets(order, 1 if together else len(order)):
        way = _fill(needs, stock, terms, chosen)
        if way and _affordable(way, terms):
            ways.setdefault(way.warehouses, way)
    return sorted(
        ways.values(),
        key=lambda way: (
            way.missing,
            round(way.cost, 6),
            len(way.warehouses),
            [order.index(each) for each in way.warehouses],
        ),
    )


def missing_at(parts, needs, stock):
    """What is not there any more of what was decided earlier.

    :param parts: key -> list of (warehouse, sold units)
    :return: key -> sold units that are missing, for lines where any are
    """
    left, short = dict(stock), {}
    for need in needs:
        missing = 0
        for place, units in parts.get(need.key, ()):
            if not need.takes:
                continue
            there = min(units, _units(need, left, place))
            _subtract(need, left, place, there)
            missing += units - there
        if missing:
            short[need.key] = missing
    return short


def _sets(order, largest):
    """Sets of warehouses, small ones first, each in the order of ``order``."""
    if len(order) > ALL_SETS:
        largest = min(largest, 2)
    for size in range(1, largest + 1):
        yield from combinations(order, size)
    if len(order) > ALL_SETS and largest > 1:
        yield tuple(order)


def _affordable(way, terms):
    further = terms.split_cost * (len(way.warehouses) - 1)
    return terms.split_limit is None or further <= terms.split_limit + 1e-9


def _fill(needs, stock, terms, chosen):
    """The way that takes from ``chosen`` what is there; None when a line may not."""
    left = dict(stock)
    parts, short = {}, {}
    for need in needs:
        taken, missing = {}, 0
        for units, places in need.get_shares(terms):
            allowed = [each for each in places if each in chosen]
            if not allowed:
                return None
            share = replace(need, units=units)
            found, lacking = _take(share, left, allowed, terms.split == "units")
            for place, part in found:
                taken[place] = taken.get(place, 0) + part
            missing += lacking
        parts[need.key] = tuple(taken.items())
        if missing:
            short[need.key] = missing
    used = {each for taken in parts.values() for each, _units in taken}
    used = tuple(each for each in chosen if each in used)
    cost = sum(terms.costs.get(each, 0.0) for each in used)
    cost += terms.split_cost * (len(used) - 1)
    return Way(parts, short, used, cost)


def _take(need, left, allowed, may_split):
    """Take one line off ``left``.

    :return: (parts, missing); what is missing waits where most of the line comes from
    """
    if not need.takes:
        return ((allowed[0], need.units),), 0
    there = {each: _units(need, left, each) for each in allowed}
    # one warehouse that has all of it, else the fullest first
    whole = next((each for each in allowed if there[each] >= need.units), None)
    ranked = [whole] if whole else sorted(allowed, key=lambda each: -there[each])
    if not may_split:
        ranked = ranked[:1]
    taken, missing = {}, need.units
    for each in ranked:
        units = min(there[each], missing)
        if units:
            taken[each] = units
            missing -= units
    if missing:
        taken[ranked[0]] = taken.get(ranked[0], 0) + missing
    for each, units in taken.items():
        _subtract(need, left, each, units)
    return tuple(taken.items()), missing


def _subtract(need, left, warehouse, units):
    for product, quantity in need.takes:
        place = (product, warehouse)
        left[place] = left.get(place, 0.0) - units * quantity


def _units(need, left, warehouse):
    """Whole sold units that are left there."""
    there = min(
        left.get((product, warehouse), 0.0) / quantity
        for product, quantity in need.takes
    )
    return max(0, int(min(need.units, there + 1e-6)))
