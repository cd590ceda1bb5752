# SPDX-License-Identifier: AGPL-3.0-or-later
import random
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_dated import DatedSetup
from odoo.addons.channel_inventory_base.tests.reference import Rule

from .common import KitCase
from .reference import KitWorld


@tagged("post_install", "-at_install")
class TestKitDatedRandom(DatedSetup, KitCase):
    """Whatever is there, comes and is promised: kits come to what plain Python comes
    to.

    Three components sold alone and in kits of kits, two nodes whose warehouses overlap.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        cls.warehouses = cls.warehouse | cls.make_warehouse(env, "CH2")
        cls.node.warehouse_ids = cls.warehouses
        cls.nodes = cls.node | env["channel.node"].create(
            {
                "name": "Node 2",
                "external_id": "node-2",
                "channel_id": cls.channel.id,
                "warehouse_ids": [(6, 0, cls.warehouses[1:].ids)],
            }
        )
        cls.screw = cls.make_product(env, 3)
        cls.parts = cls.product | cls.part | cls.screw
        for number, part in enumerate(cls.part | cls.screw, start=2):
            cls.make_listing(env, cls.channel, part, number)
        pair = cls.make_kit(env, 10, [(cls.product, 1), (cls.part, 2)])
        # one of three sheets
        third = cls.make_kit(env, 11, [(cls.part, 2), (cls.screw, 1)], product_qty=3)
        both = cls.make_kit(env, 12, [(pair, 2), (third, 1), (cls.part, 1)])
        single = cls.make_kit(env, 13, [(cls.screw, 4)])
        cls.kits = pair | third | both | single
        takes = ((1, 2, 0), (0, "2/3", "1/3"), (2, "17/3", "1/3"), (0, 0, 4))
        cls.takes = {
            kit.id: {
                part.id: Fraction(quantity)
                for part, quantity in zip(cls.parts, row, strict=True)
                if quantity
            }
            for kit, row in zip(cls.kits, takes, strict=True)
        }
        cls.listings = (cls.parts | cls.kits).channel_listing_ids
        env.flush_all()

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.integers(0, 2**32))
    def test_planner_and_reference_come_to_the_same_numbers(self, seed):
        with self.passing():
            self.compare(self.shake(random.Random(seed)))

    # ------------------------------------------------------------- a world
    def shake(self, dice):
        self.parts.stock_quant_ids.sudo().unlink()
        for listing in self.listings:
            listing.pack_qty = dice.choice([1, 1, 1, 2])
        world = KitWorld.of(self.listings, self.nodes, kits=self.takes)
        for part in self.parts:
            self.shake_stock(dice, world, part)
            self.shake_coming(dice, world, part)
        self.shake_holds(dice, world)
        for _rule in range(dice.randint(1, 4)):
            world.rules.append(self.shake_rule(dice))
        return world

    def shake_stock(self, dice, world, part):
        for warehouse in self.warehouses:
            if dice.random() < 0.7:
                quantity = dice.choice([-8, -3, *range(1, 60)])
                self.add_stock(self.env, part, warehouse, quantity)
                world.available[part.id, warehouse.id] = Fraction(quantity)

    def shake_coming(self, dice, world, part):
        for _receipt in range(dice.randint(0, 2)):
            warehouse = dice.choice(self.warehouses)
            days, quantity = dice.randint(0, 12), dice.randint(1, 40)
            self.receive_in(days, quantity, part, warehouse)
            world.inbound.append((part.id, warehouse.id, days, quantity))
        for _vendor in range(dice.choice([0, 0, 1, 2])):
            days, quantity = dice.randint(0, 12), dice.randint(1, 40)
            self.supply_in(days, quantity, part)
            world.suppliers.append((part.id, days, quantity))

    def shake_holds(self, dice, world):
        for _hold in range(dice.randint(0, 3)):
            product = dice.choice(self.parts | self.kits)
            warehouse, quantity = dice.choice(self.warehouses), dice.randint(1, 9)
            self.hold(product, quantity).warehouse_id = warehouse
            for part, each in self.takes.get(product.id, {product.id: 1}).items():
                place = part, warehouse.id
                world.available[place] = world.has(*place) - quantity * each

    def shake_rule(self, dice):
        """A backorder rule, most of them dated; rarely one of another kind."""
        kind = dice.choice(["backorder"] * 5 + ["fixed"])
        value = dice.choice([0, dice.randint(1, 9), 100, 100])
        dated, says_dated = self.shake_dates(dice, 0.5)
        product, node = dice.choice(self.parts | self.kits), dice.choice(self.nodes)
        terms, says = dice.choice(
            [
                ({}, {}),
                ({}, {}),
                ({"node_id": node.id}, {"node": node.id}),
                ({"product_id": product.id}, {"product": product.id}),
            ]
        )
        if kind == "backorder":
            terms, says = {**terms, **dated}, {**says, **says_dated}
        rule = self.rule(kind, value, **terms)
        return Rule(rule.id, kind, Fraction(value), **says)
