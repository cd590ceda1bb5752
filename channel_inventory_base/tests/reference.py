# SPDX-License-Identifier: AGPL-3.0-or-later
"""How numbers come about, written to be obviously right and for nothing else. No odoo.

Exact fractions, a loop for everything, one number at a time. The planner must come to
the same. STOCK units, but for factors and what is said to be sold units.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction

SCOPES = (
    ("channel", 1),
    ("node", 2),
    ("categories", 4),
    ("tag", 8),
    ("template", 16),
    ("product", 32),
    ("listing", 64),
)
FOUR_DIGITS = Fraction(1, 20000)  # half of the fifth


@dataclass(frozen=True)
class Rule:
    """``categories``: how deep the category is, and all products in and below it.
    ``horizon``, ``lead``: days; ``suppliers``: whether their stock is promised."""

    number: int
    kind: str
    value: Fraction
    sequence: int = 10
    channel: int = 0
    node: int = 0
    warehouse: int = 0
    categories: tuple = ()
    tag: frozenset = frozenset()
    template: int = 0
    product: int = 0
    listing: int = 0
    horizon: int = 0
    lead: int = 0
    suppliers: bool = False

    def in_time(self, days):
        return not self.horizon or days + self.lead <= self.horizon

    def fits(self, listing, node):
        return (
            self.channel in (0, listing.channel)
            and self.node in (0, node.id)
            and (not self.categories or listing.product in self.categories[1])
            and (not self.tag or listing.product in self.tag)
            and self.template in (0, listing.template)
            and self.product in (0, listing.product)
            and self.listing in (0, listing.id)
        )

    def rank(self):
        """The least counts: lower sequence, narrower, deeper category, older."""
        narrowness = sum(weight for name, weight in SCOPES if getattr(self, name))
        depth = self.categories[0] if self.categories else 0
        return (self.sequence, -narrowness * 100 - depth, self.number)


@dataclass(frozen=True)
class Listing:
    id: int
    channel: int
    product: int
    template: int
    factor: Fraction


@dataclass(frozen=True)
class Node:
    id: int
    channel: int
    warehouses: tuple


@dataclass
class World:
    """``available``: (product, warehouse) -> stock units; ``inbound``: a list of
    (product, warehouse, days, stock units); ``suppliers``: of (product, days, stock
    units); ``rates``: product -> stock units a day; ``own_rates``: (product, channel)
    -> the same; ``latency``: channel -> seconds."""

    listings: list
    nodes: list
    rules: list = field(default_factory=list)
    available: dict = field(default_factory=dict)
    inbound: list = field(default_factory=list)
    suppliers: list = field(default_factory=list)
    rates: dict = field(default_factory=dict)
    own_rates: dict = field(default_factory=dict)
    latency: dict = field(default_factory=dict)

    @classmethod
    def of(cls, listings, nodes, **known):
        """A world of records of these models; what is not known is nothing."""
        return cls(
            [
                Listing(
                    each.id,
                    each.channel_id.id,
                    each.product_id.id,
                    each.product_id.product_tmpl_id.id,
                    Fraction(str(each.stock_factor)),
                )
                for each in listings
            ],
            [
                Node(each.id, each.channel_id.id, tuple(each.warehouse_ids.ids))
                for each in nodes
            ],
            latency={
                channel.id: Fraction(str(channel.publish_latency))
                for channel in nodes.channel_id
            },
            **known,
        )

    def numbers(self):
        """:return: (listing, node) -> sold units"""
        return {
            (listing.id, node.id): self.number(listing, node)
            for listing in self.listings
            for node in self.nodes
            if node.channel == listing.channel
        }

    def rule(self, kind, listing, node, warehouse=0):
        """The rule of a kind that counts, or None."""
        fitting = [
            rule
            for rule in self.rules
            if rule.kind == kind
            and rule.warehouse == warehouse
            and rule.fits(listing, node)
        ]
        return min(fitting, key=Rule.rank, default=None)

    def value(self, *what):
        rule = self.rule(*what)
        return rule.value if rule else Fraction(0)

    def number(self, listing, node):
        frozen = self.rule("freeze", listing, node)
        if frozen:
            return math.floor(frozen.value)
        promised = max(Fraction(0), self.promised(listing, node))
        sold = math.floor(promised / listing.factor + FOUR_DIGITS)
        if sold <= self.value("threshold", listing, node):
            return 0
        cap = self.value("cap", listing, node)
        return min(sold, math.floor(cap)) if cap > 0 else sold

    def promised(self, listing, node):
        available = sum(
            self.contribution(listing, node, warehouse) for warehouse in node.warehouses
        )
        whole = sum(
            self.has(listing.product, warehouse) for warehouse in node.warehouses
        )
        short = max(Fraction(0), -whole)
        rule = self.rule("backorder", listing, node)
        coming = self.coming(listing.product, node, rule) if rule else 0
        in_pool = left = available
        if rule and rule.value and coming > short:
            # the shortage is over, and something is left to promise
            in_pool = left = available + short + min(rule.value, coming - short)
        left -= self.value("fixed", listing, node)
        left *= 1 - self.value("percent", listing, node) / 100
        left -= self.value("cover", listing, node) * self.rates.get(listing.product, 0)
        left -= self.risk(listing, node)
        share = self.rule("share", listing, node)
        if share:
            left = min(left, max(Fraction(0), in_pool) * share.value / 100)
        return left

    def has(self, product, warehouse):
        return self.available.get((product, warehouse), Fraction(0))

    def coming(self, product, node, rule):
        """What a backorder rule looks at."""
        return sum(
            self.due(product, warehouse, rule) for warehouse in node.warehouses
        ) + self.supplied(product, rule)

    def due(self, product, warehouse, rule):
        return sum(
            units
            for each, place, days, units in self.inbound
            if (each, place) == (product, warehouse) and rule.in_time(days)
        )

    def supplied(self, product, rule):
        return sum(
            units
            for each, days, units in self.suppliers
            if each == product and rule.suppliers and rule.in_time(days)
        )

    def contribution(self, listing, node, warehouse):
        """What a warehouse adds, after the rules that are for it alone."""
        has = self.has(listing.product, warehouse)
        mine = (listing, node, warehouse)
        kinds = ("fixed", "percent", "cover", "threshold", "cap")
        if has <= 0 or not any(self.rule(kind, *mine) for kind in kinds):
            return has
        left = (has - self.value("fixed", *mine)) * (
            1 - self.value("percent", *mine) / 100
        )
        left -= self.value("cover", *mine) * self.rates.get(listing.product, 0)
        if self.rule("threshold", *mine) and left <= self.value("threshold", *mine):
            return Fraction(0)
        cap = self.value("cap", *mine)
        return max(Fraction(0), min(left, cap) if cap > 0 else left)

    def risk(self, listing, node):
        """The smallest number of units that as many sales elsewhere, while a number is
        on its way, exceed with no more than the allowed chance."""
        limit = self.value("risk", listing, node) / 100
        elsewhere = max(
            Fraction(0),
            self.rates.get(listing.product, Fraction(0))
            - self.own_rates.get((listing.product, listing.channel), 0),
        )
        mean = float(elsewhere * self.latency[listing.channel] / 86400)
        if not limit or not mean:
            return 0
        for units in range(10_000):
            at_most = sum(
                math.exp(-mean + count * math.log(mean) - math.lgamma(count + 1))
                for count in range(units + 1)
            )
            if 1 - at_most <= limit:
                return units
        raise AssertionError("no buffer is large enough")
