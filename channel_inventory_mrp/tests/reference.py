# SPDX-License-Identifier: AGPL-3.0-or-later
"""How numbers of kits come about, written to be obviously right. No odoo."""

import math
from dataclasses import dataclass, field

from odoo.addons.channel_inventory_base.tests.reference import World


@dataclass
class KitWorld(World):
    """``kits``: product -> {component: stock units of it in one}; what is there, comes
    and suppliers have is that of components."""

    kits: dict = field(default_factory=dict)

    def has(self, product, warehouse):
        if product not in self.kits:
            return super().has(product, warehouse)
        return self.made(product, warehouse)

    def coming(self, product, node, rule):
        """What each warehouse makes with what is due there, less what it makes without;
        what suppliers have comes to the one that makes the most of it."""
        if product not in self.kits:
            return super().coming(product, node, rule)
        more, at_best = 0, 0
        for warehouse in node.warehouses:
            without = self.made(product, warehouse)
            due = self.made(product, warehouse, self.due_of(warehouse, rule))
            both = self.made(
                product,
                warehouse,
                self.due_of(warehouse, rule),
                lambda part: self.supplied(part, rule),
            )
            more += due - without
            at_best = max(at_best, both - due)
        return more + at_best

    def due_of(self, warehouse, rule):
        return lambda part: self.due(part, warehouse, rule)

    def made(self, kit, warehouse, *coming):
        """:param coming: functions: component -> stock units that are there as well"""
        return min(
            math.floor(
                (self.has(part, warehouse) + sum(each(part) for each in coming))
                / quantity
            )
            for part, quantity in self.kits[kit].items()
        )
