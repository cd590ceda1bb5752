# SPDX-License-Identifier: AGPL-3.0-or-later
import random
from fractions import Fraction
from math import floor

from odoo.tests import tagged

from .common import KitCase

KITS = 200


@tagged("post_install", "-at_install")
class TestKitRandom(KitCase):
    """Random kits against a reference that is slow and obviously correct: Odoo's own
    choice of bills, one kit after the other, in fractions."""

    def setUp(self):
        super().setUp()
        self.dice = random.Random(19)
        unit = self.env.ref("uom.product_uom_unit")
        self.units = [unit] * 9 + [self.env.ref("uom.product_uom_dozen")]
        self.second = self.make_warehouse(self.env, "CH2")
        self.node.warehouse_ids |= self.second
        self.parts = [self.make_part(number) for number in range(100, 116)]
        self.kits = []
        for number in range(200, 200 + KITS):
            self.kits.append(self.make_random_kit(number))
        self.make_holds()

    def make_part(self, number):
        storable = self.dice.random() < 0.85
        part = self.make_product(self.env, number, is_storable=storable)
        for warehouse in (self.warehouse, self.second):
            if storable and self.dice.random() < 0.95:
                quantity = self.dice.randint(0, 200_000)
                self.add_stock(self.env, part, warehouse, quantity)
        return part

    def make_random_kit(self, number):
        kit = self.make_kit(self.env, number, self.random_lines(), **self.random_bom())
        if self.dice.random() < 0.2:
            self.make_bom(self.env, kit, self.random_lines(), **self.random_bom())
        return kit

    def random_lines(self):
        # kits of kits of kits, and the same component on several ways
        pool = self.parts * 3 + self.kits[-25:]
        return [
            (
                self.dice.choice(pool),
                self.dice.choice([0, 0.5, 1, 1, 2, 3]),
                self.dice.choice(self.units),
            )
            for _line in range(self.dice.randint(1, 4))
        ]

    def random_bom(self):
        return {
            "product_qty": self.dice.choice([1, 1, 2, 3]),
            "product_uom_id": self.dice.choice(self.units).id,
            "sequence": self.dice.randint(1, 3),
            "type": self.dice.choice(["phantom"] * 9 + ["normal"]),
        }

    def make_holds(self):
        for _hold in range(30):
            self.env["channel.hold"].create(
                {
                    "company_id": self.env.company.id,
                    "product_id": self.dice.choice(self.parts + self.kits[:60]).id,
                    "warehouse_id": self.dice.choice([self.warehouse, self.second]).id,
                    "stock_quantity": self.dice.randint(1, 3),
                }
            )

    # ----------------------------------------------------------- reference
    def take_apart(self, product):
        """:return: component -> Fraction of stock units, None for what is no kit"""
        if product not in self.apart:
            self.apart[product] = self.take_one_apart(product)
        return self.apart[product]

    def take_one_apart(self, product):
        bom = self.env["mrp.bom"]._bom_find(
            product, company_id=self.env.company.id, bom_type="phantom"
        )[product]
        if not bom:
            return None
        made = self.in_stock_units(bom.product_qty, bom.product_uom_id, product)
        parts = {}
        for line in bom.bom_line_ids.filtered("product_qty"):
            if line._skip_bom_line(product):
                continue
            quantity = self.in_stock_units(
                line.product_qty, line.product_uom_id, line.product_id
            )
            below = self.take_apart(line.product_id)
            if below is None:
                below = {line.product_id: Fraction(1)}
            for part, each in below.items():
                parts[part] = parts.get(part, 0) + each * quantity / made
        return {part: each for part, each in parts.items() if part.is_storable}

    def in_stock_units(self, quantity, unit, product):
        factors = (Fraction(str(each.factor)) for each in (unit, product.uom_id))
        return Fraction(str(quantity)) * next(factors) / next(factors)

    def available(self, part, warehouse, apart):
        """Stock less what is held of it, alone or in kits."""
        quants = part.stock_quant_ids.filtered(
            lambda quant: quant.location_id == warehouse.lot_stock_id
        )
        left = Fraction(str(sum(quants.mapped("quantity"))))
        holds = self.env["channel.hold"].search(
            [("warehouse_id", "=", warehouse.id), ("state", "=", "active")]
        )
        for hold in holds:
            parts = apart.get(hold.product_id)
            if parts is None:
                parts = {hold.product_id: Fraction(1)}
            left -= parts.get(part, 0) * Fraction(str(hold.stock_quantity))
        return left

    def expected(self, kit, apart, stock):
        if apart[kit] is None:
            return self.own_number(kit, apart)
        total = 0
        for warehouse in (self.warehouse, self.second):
            numbers = [
                floor(stock[part, warehouse] / each)
                for part, each in apart[kit].items()
            ]
            total += min(numbers, default=0)
        return max(0, total)

    def own_number(self, product, apart):
        return max(
            0,
            sum(
                floor(self.available(product, warehouse, apart))
                for warehouse in (self.warehouse, self.second)
            ),
        )

    def compare(self):
        self.plan()
        self.apart = {}
        apart = {kit: self.take_apart(kit) for kit in self.kits}
        stock = {
            (part, warehouse): self.available(part, warehouse, apart)
            for part in {part for parts in apart.values() for part in parts or ()}
            for warehouse in (self.warehouse, self.second)
        }
        rows = self.env["channel.kit.component"].search(
            [("company_id", "=", self.env.company.id)]
        )
        seen = 0
        for kit in self.kits:
            with self.subTest(kit.default_code):
                mine = rows.filtered(lambda row, kit=kit: row.product_id == kit)
                parts = apart[kit] or {}
                self.assertEqual(mine.component_id, self.union(parts))
                for row in mine.filtered("component_id"):
                    self.assertAlmostEqual(
                        row.quantity, float(parts[row.component_id]), 9
                    )
                number = self.expected(kit, apart, stock)
                self.assertEqual(self.level_of(kit).target, number)
                seen += bool(number)
        return seen

    def union(self, parts):
        return (
            self.env["product.product"].browse(part.id for part in parts).sorted("id")
        )

    def test_random_kits_agree_with_odoos_own_bills(self):
        # numbers that are all zero would agree with anything
        self.assertGreater(self.compare(), KITS / 5)
        self.change()
        self.assertGreater(self.compare(), KITS / 5)

    def change(self):
        lines = self.env["mrp.bom.line"].search(
            [
                (
                    "bom_id.product_tmpl_id",
                    "in",
                    [k.product_tmpl_id.id for k in self.kits],
                )
            ]
        )
        for line in self.dice.sample(list(lines), 40):
            line.product_qty = self.dice.choice([0, 1, 2, 5])
        for kit in self.dice.sample(self.kits, 10):
            kit.bom_ids[0].active = False
        stocked = [part for part in self.parts if part.is_storable]
        for part in self.dice.sample(stocked, 5):
            self.add_stock(self.env, part, self.second, self.dice.randint(0, 90))
