# SPDX-License-Identifier: AGPL-3.0-or-later
import random
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..models.channel_rule_terms import WAREHOUSE_KINDS
from .common import ChannelCase
from .common_dated import DatedSetup
from .reference import Rule, World

KINDS = ("backorder", "fixed", "percent", "cover", "risk", "share")
KINDS += ("threshold", "cap", "freeze")
FACTORS = (1, 1, 1, 2, 6, 12, 0.5, 0.1, 2.5)


@tagged("post_install", "-at_install")
class TestPlannerProperty(DatedSetup, ChannelCase):
    """Whatever stock, rules and packs: the planner comes to what plain Python comes to.

    Two channels, three nodes whose warehouses overlap, four products in a category
    tree, two with a tag, several listings a product.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        cls.warehouses = cls.warehouse | cls.make_warehouse(env, "CP2")
        cls.other = cls.make_channel(env, code="CP3")
        cls.warehouses |= cls.other.node_ids.warehouse_ids
        cls.other.node_ids.warehouse_ids = [(6, 0, cls.warehouses[:2].ids)]
        env["channel.node"].create(
            {
                "name": "Node 2",
                "external_id": "node-2",
                "channel_id": cls.other.id,
                "warehouse_ids": [(6, 0, cls.warehouses[1:].ids)],
            }
        )
        cls.nodes = cls.channel.node_ids | cls.other.node_ids
        cls.top = env["product.category"].create({"name": "Top"})
        cls.sub = env["product.category"].create(
            {"name": "Sub", "parent_id": cls.top.id}
        )
        cls.tag = env["product.tag"].create({"name": "Scarce"})
        cls.products = cls.product
        for number in range(2, 5):
            cls.products |= cls.make_product(env, number)
        cls.products[1].categ_id = cls.top
        cls.products[2:].categ_id = cls.sub
        cls.products[2].product_tag_ids = cls.tag
        cls.products[0].product_tag_ids = cls.tag
        cls.listings = cls.listing
        for number, product in enumerate(cls.products, start=10):
            cls.listings |= cls.make_listing(env, cls.other, product, number)
            cls.listings |= cls.make_listing(env, cls.channel, product, number + 10)
        env.flush_all()

    # ------------------------------------------------------------- a world
    def shake(self, dice):
        """Random stock, packs, sales and rules; the same in Odoo and as a World."""
        quants = self.products.stock_quant_ids
        quants.sudo().unlink()
        for listing in self.listings:
            listing.pack_qty = dice.choice(FACTORS)
        world = World.of(
            self.listings,
            self.nodes,
            available=self.shake_stock(dice),
            inbound=self.shake_inbound(dice),
            suppliers=self.shake_suppliers(dice),
        )
        self.shake_rates(dice, world)
        for number in range(dice.randint(0, 9)):
            world.rules.append(self.shake_rule(dice, number))
        return world

    def shake_stock(self, dice):
        available = {}
        for product in self.products:
            for warehouse in self.warehouses:
                if dice.random() < 0.3:
                    continue
                on_hand, held = (
                    dice.randint(-20, 400),
                    dice.choice([0, 0, dice.randint(1, 90)]),
                )
                quantity = Fraction(on_hand, dice.choice([1, 1, 4]))
                self.insert_quant(product, warehouse.lot_stock_id, quantity)
                if held:
                    self.env["channel.hold"].create(
                        {
                            "company_id": self.env.company.id,
                            "product_id": product.id,
                            "warehouse_id": warehouse.id,
                            "stock_quantity": held,
                        }
                    )
                available[product.id, warehouse.id] = quantity - held
        return available

    def shake_inbound(self, dice):
        """Goods in receiving, on their way to the shelf, and receipts to come."""
        inbound = []
        for product in self.products:
            warehouse = dice.choice(self.warehouses)
            quantity = dice.choice([0, 0, dice.randint(1, 60)])
            if quantity:
                self.insert_quant(product, self.receiving[warehouse.id], quantity)
                inbound.append((product.id, warehouse.id, 0, quantity))
            if dice.random() < 0.4:
                days, quantity = dice.randint(0, 12), dice.randint(1, 60)
                self.receive_in(days, quantity, product, warehouse)
                inbound.append((product.id, warehouse.id, days, quantity))
        return inbound

    def shake_suppliers(self, dice):
        suppliers = []
        for product in self.products:
            if dice.random() < 0.4:
                days, quantity = dice.randint(0, 12), dice.randint(1, 60)
                self.supply_in(days, quantity, product)
                suppliers.append((product.id, days, quantity))
        return suppliers

    def insert_quant(self, product, location, quantity):
        self.env["stock.quant"].create(
            {
                "product_id": product.id,
                "location_id": location.id,
                "quantity": float(quantity),
            }
        )

    def shake_rates(self, dice, world):
        channels = self.nodes.channel_id.ids
        for product in self.products:
            total = Fraction(0)
            for channel in channels:
                if dice.random() < 0.5:
                    rate = Fraction(dice.randint(1, 9000), 100)
                    world.own_rates[product.id, channel] = rate
                    self.insert_rate(product, channel, rate)
                    total += rate
            total += Fraction(dice.choice([0, dice.randint(0, 500)]), 10)
            if total:
                world.rates[product.id] = total
                self.insert_rate(product, None, total)

    def insert_rate(self, product, channel_id, rate):
        self.env["channel.sales.rate"].create(
            {
                "product_id": product.id,
                "company_id": self.env.company.id,
                "channel_id": channel_id,
                "per_day": float(rate),
                "measured_at": "2026-01-01",
            }
        )

    def shake_rule(self, dice, number):
        """A rule of any kind and scope, in effect; and the same as a reference Rule."""
        kind, warehouse = dice.choice(KINDS), 0
        if kind in WAREHOUSE_KINDS and dice.random() < 0.25:
            warehouse = dice.choice(self.warehouses).id
        value = Fraction(dice.choice([0, dice.randint(1, 99), dice.randint(1, 30)]))
        if kind == "risk":
            value = Fraction(dice.choice([0, 1, 5, 20]))
        terms, says = self.shake_scope(dice)
        if kind == "backorder":
            dated, says_dated = self.shake_dates(dice, 0.3)
            terms, says = {**terms, **dated}, {**says, **says_dated}
        sequence = dice.choice([10, 10, 10, 5, 20])
        rule = self.rule(
            kind,
            float(value),
            sequence=sequence,
            warehouse_id=warehouse or False,
            reason="Counting",
            valid_until="2999-01-01",
            **terms,
        )
        return Rule(rule.id, kind, value, sequence, warehouse=warehouse, **says)

    def shake_scope(self, dice):
        listing = dice.choice(self.listings)
        node = dice.choice(self.nodes)
        tagged_products = frozenset(self.products.filtered("product_tag_ids").ids)
        options = [
            ({}, {}),
            ({"channel_id": node.channel_id.id}, {"channel": node.channel_id.id}),
            ({"node_id": node.id}, {"node": node.id}),
            self.in_category(self.top),
            self.in_category(self.sub),
            ({"tag_id": self.tag.id}, {"tag": tagged_products}),
            (
                {"product_tmpl_id": listing.product_id.product_tmpl_id.id},
                {"template": listing.product_id.product_tmpl_id.id},
            ),
            ({"product_id": listing.product_id.id}, {"product": listing.product_id.id}),
            ({"listing_id": listing.id}, {"listing": listing.id}),
        ]
        terms, says = dice.choice(options)
        if dice.random() < 0.3 and not {"listing_id", "node_id", "channel_id"} & set(
            terms
        ):
            terms = dict(terms, channel_id=node.channel_id.id)
            says = dict(says, channel=node.channel_id.id)
        return terms, says

    def in_category(self, category):
        inside = self.products.filtered(
            lambda each: (each.categ_id.parent_path or "").startswith(
                category.parent_path
            )
        )
        depth = category.parent_path.count("/")
        return {"categ_id": category.id}, {"categories": (depth, frozenset(inside.ids))}

    @property
    def receiving(self):
        """A zone of each warehouse in which goods are not sellable yet."""
        zones = {}
        for warehouse in self.warehouses:
            zone = self.env["stock.location"].search(
                [("name", "=", "Dock"), ("warehouse_id", "=", warehouse.id)]
            )
            zones[warehouse.id] = zone or self.env["stock.location"].create(
                {
                    "name": "Dock",
                    "location_id": warehouse.view_location_id.id,
                    "own_stock_state": "receiving",
                }
            )
        return zones

    # ---------------------------------------------------------------- test
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.integers(0, 2**32))
    def test_planner_and_reference_come_to_the_same_numbers(self, seed):
        with self.passing():
            self.compare(self.shake(random.Random(seed)))

    @settings(max_examples=6, deadline=None, derandomize=True)
    @given(st.integers(0, 2**32))
    def test_preview_of_a_rule_is_what_it_makes_of_the_numbers(self, seed):
        with self.passing():
            self.compare_preview(random.Random(seed))

    def compare_preview(self, dice):
        self.shake(dice)
        self.plan()
        levels = self.env["channel.level"].search(
            [("listing_id", "in", self.listings.ids)]
        )
        before = {each.id: each.target for each in levels}
        terms, _says = self.shake_scope(dice)
        draft = self.env["channel.rule"].create(
            {"kind": "fixed", "value": dice.randint(1, 60), "sequence": 1, **terms}
        )
        totals, lines = self.env["channel.planner"]._preview(draft)
        told = {(each["listing_id"], each["node_id"]): each["new"] for each in lines}
        draft.action_activate()
        self.plan()
        changed = {
            (each.listing_id.id, each.node_id.id): each.target
            for each in levels
            if each.target != before[each.id]
        }
        ours = {pair: new for pair, new in told.items() if pair[0] in self.listings.ids}
        self.assertEqual(ours, changed)
        self.assertEqual(totals["changed"], len(lines))
