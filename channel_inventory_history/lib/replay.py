# SPDX-License-Identifier: AGPL-3.0-or-later
"""A product's sales played once more against other numbers. No odoo.

The model, exactly:

1. *Stock.* What a warehouse could promise now, less all that came into it since, plus
   all that left it and was sold, is what it could promise at the beginning. From there
   it goes on with what came and left, as of the time of each, and with what the played
   shops sell.
2. *Demand.* Each line of a captured order is a shopper who wanted so many units on one
   level, when the channel says that the order was placed. He takes what he finds up to
   that, and does not look elsewhere or come back.
3. *What a shop shows* at a moment: the number that the rules make of the stock as Odoo
   knew it one *latency* earlier, less what the shop has sold itself and Odoo did not
   know by then. Odoo knows a sale from its capture on, and what came and left at once.
   A number never goes back in time: the latest one that has arrived counts.
4. *Exclusive shares.* Channels are entitled to what the plan statement gives them of
   the stock as each one's number knows it. A level is lowered when its number arrives,
   and raised by no more than what is there less all that the others may be showing.
5. *Verdicts*, as of the moment of each sale and of the warehouses behind the level:
   units *oversold* were sold beyond what was there; units *hidden* were wanted, there,
   and not shown. What was wanted and not there is neither. Goods that come later do not
   undo it. A unit that was oversold earns nothing.
6. *Cancelled units* return to stock when they did, as far as the played shop sold them.

Played without limits, every sale is made: that is what happened.
"""

import heapq
from dataclasses import dataclass, field
from itertools import count

from .terms import divide


@dataclass(frozen=True)
class Sale:
    """A line of an order. ``parts``: (warehouse, STOCK units); all times are seconds.

    ``price`` and ``cost`` are of one SOLD unit; a price of None is not known.
    ``returned`` is the part of it, 0 to 1, that went back to stock at ``back_at``.
    """

    at: float
    known_at: float
    level: object
    sold: int
    parts: tuple
    order: int = 0
    price: float | None = None
    cost: float = 0.0
    returned: float = 0.0
    back_at: float = 0.0

    @property
    def stock(self):
        return sum(units for _warehouse, units in self.parts)


@dataclass(frozen=True)
class Level:
    """Where a shop shows a number; ``group`` names those that share it exclusively."""

    key: object
    channel: int
    warehouses: frozenset
    terms: object
    group: object = None


@dataclass
class History:
    """Of one product. ``now``: warehouse -> STOCK units that could be promised now;
    ``supplies``: (at, warehouse, STOCK units), below 0 for what left otherwise."""

    now: dict
    supplies: list = field(default_factory=list)
    sales: list = field(default_factory=list)

    def beginning(self):
        """:return: warehouse -> STOCK units that could be promised at the beginning"""
        stock = dict(self.now)
        for _at, warehouse, units in self.supplies:
            stock[warehouse] = stock.get(warehouse, 0.0) - units
        for sale in self.sales:
            for warehouse, units in sale.parts:
                kept = units * (1 - sale.returned)
                stock[warehouse] = stock.get(warehouse, 0.0) + kept
        return stock


@dataclass
class Figures:
    """STOCK units, orders, and money in one currency."""

    sold: float = 0.0
    oversold: float = 0.0
    hidden: float = 0.0
    lost_value: float = 0.0
    lost_margin: float = 0.0
    oversold_margin: float = 0.0
    margin: float = 0.0
    unpriced: float = 0.0
    oversold_orders: set = field(default_factory=set)
    hidden_orders: set = field(default_factory=set)

    def count(self, sale, taken, oversold, hidden):
        """:param taken, oversold, hidden: STOCK units of ``sale``"""
        self.sold += taken
        self.oversold += oversold
        self.hidden += hidden
        if oversold > 0:
            self.oversold_orders.add(sale.order)
        if hidden > 0:
            self.hidden_orders.add(sale.order)
        if sale.price is None:
            self.unpriced += taken + hidden
            return
        per_unit = sale.sold / sale.stock
        margin = (sale.price - sale.cost) * per_unit
        self.margin += (taken - oversold) * margin
        self.oversold_margin += oversold * margin
        self.lost_margin += hidden * margin
        self.lost_value += hidden * sale.price * per_unit


class _View:
    """What a level's number knows of its pool, some time after it was so."""

    def __init__(self, stock):
        self.stock = stock
        self.own = 0  # sold units of its own that it does not know of
        self._coming = []
        self._order = count()

    def tell(self, known_at, units, own=0):
        self.own += own
        heapq.heappush(self._coming, (known_at, next(self._order), units, own))

    def look(self, until):
        while self._coming and self._coming[0][0] <= until:
            _known_at, _number, units, own = heapq.heappop(self._coming)
            self.stock += units
            self.own -= own


class _Shops:
    """All levels of a product with what they show."""

    def __init__(self, levels, stock, latency):
        self.levels = {level.key: level for level in levels}
        self.latency = latency
        self.views = {
            key: _View(sum(stock.get(each, 0.0) for each in level.warehouses))
            for key, level in self.levels.items()
        }
        self.of_warehouse, self.groups = {}, {}
        for level in levels:
            for warehouse in level.warehouses:
                self.of_warehouse.setdefault(warehouse, []).append(level.key)
            if level.group is not None:
                self.groups.setdefault(level.group, []).append(level)
        # exclusive levels: the sold units that each may still sell
        self.rights = {}
        for members in self.groups.values():
            for level in members:
                self.rights[level.key] = self._entitled(level)

    def tell(self, known_at, warehouse, units, seller=None, sold=0):
        """:param seller: key of the level that has sold ``sold`` of these units"""
        for key in self.of_warehouse.get(warehouse, ()):
            if key != seller:
                self.views[key].tell(known_at, units)
        if seller in self.views:
            served = warehouse in self.levels[seller].warehouses
            self.views[seller].tell(known_at, units if served else 0.0, sold)

    def shown(self, key, at):
        """:return: SOLD units"""
        level = self.levels[key]
        if level.group is not None:
            return self._shown_of_share(level, at)
        view = self._look(level, at)
        return max(0, level.terms.number(view.stock) - view.own)

    def sell(self, key, sold):
        if key in self.rights:
            self.rights[key] -= sold

    def _look(self, level, at):
        view = self.views[level.key]
        view.look(at - self.latency(level.channel, at))
        return view

    def _entitled(self, level):
        members = self.groups[level.group]
        shares = divide([each.terms for each in members], self.views[level.key].stock)
        return shares[members.index(level)]

    def _shown_of_share(self, level, at):
        members = self.groups[level.group]
        for each in members:
            view = self._look(each, at)
            right = self._entitled(each) - view.own
            self.rights[each.key] = max(0, min(self.rights[each.key], right))
        view = self.views[level.key]
        wanted = self._entitled(level) - view.own - self.rights[level.key]
        if wanted > 0:
            showing = sum(
                (self.rights[each.key] + self.views[each.key].own) * each.terms.factor
                for each in members
            )
            supply = max(each.terms.promised(view.stock) for each in members)
            room = int((supply - showing + 1e-6) // level.terms.factor)
            self.rights[level.key] += max(0, min(wanted, room))
        return self.rights[level.key]


def play(history, levels, latency, figures, limited=True):
    """Add to ``figures`` what the levels would have sold.

    :param latency: (channel, time) -> seconds from a change until its number is shown
    :param limited: False: every sale is made, as it was
    """
    stock = history.beginning()
    shops = _Shops(levels, stock, latency) if limited else None
    pools = {level.key: level.warehouses for level in levels}
    order = count()
    events = [(supply[0], 0, next(order), supply) for supply in history.supplies]
    events += [(sale.at, 1, next(order), sale) for sale in history.sales]
    heapq.heapify(events)
    while events:
        at, is_sale, _number, event = heapq.heappop(events)
        if not is_sale:
            _at, warehouse, units = event
            stock[warehouse] = stock.get(warehouse, 0.0) + units
            if shops:
                shops.tell(at, warehouse, units)
            continue
        part = _sell(event, stock, shops, pools, figures) / event.sold
        if part and event.returned:
            back_at = max(event.back_at, at)
            for warehouse, units in event.parts:
                back = (back_at, warehouse, units * part * event.returned)
                heapq.heappush(events, (back_at, 0, next(order), back))


def _sell(sale, stock, shops, pools, figures):
    """:return: SOLD units that the shopper gets"""
    played = shops and sale.level in pools
    shown = shops.shown(sale.level, sale.at) if played else sale.sold
    taken = min(sale.sold, shown)
    units = sale.stock * taken / sale.sold
    pool = pools.get(sale.level) or {warehouse for warehouse, _units in sale.parts}
    there = max(0.0, sum(stock.get(each, 0.0) for each in pool))
    figures.count(
        sale,
        units,
        oversold=max(0.0, units - there),
        hidden=min(sale.stock - units, max(0.0, there - units)),
    )
    if not taken:
        return 0
    if played:
        shops.sell(sale.level, taken)
    for place, (warehouse, quantity) in enumerate(sale.parts):
        left = -quantity * taken / sale.sold
        stock[warehouse] = stock.get(warehouse, 0.0) + left
        if shops:
            own = taken if place == 0 else 0
            shops.tell(sale.known_at, warehouse, left, sale.level, own)
    return taken
