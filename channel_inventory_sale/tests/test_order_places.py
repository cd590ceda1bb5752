# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from decimal import Decimal
from random import Random

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas

from .common_order import NOON, OrderCase, tax


@tagged("post_install", "-at_install")
class TestOrderPlaces(OrderCase):
    """A shop with three locations, a warehouse each: every unit that was sold is held
    and shipped where the shop took it from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the planner has transactions of its own
        cls.registry_enter_test_mode_cls()
        cls.houses = {"main": cls.warehouse}
        for number, ref in enumerate(("north", "south"), 2):
            cls.houses[ref] = cls._warehouse(f"CP{number}")
            cls._node(ref, cls.houses[ref])
        cls.stocked = cls._listing("PEN")
        cls.codes = {ref: house.code for ref, house in cls.houses.items()}

    def stock(self, **quantities):
        for ref, quantity in quantities.items():
            self.env["stock.quant"]._update_available_quantity(
                self.stocked.product_id, self.houses[ref].lot_stock_id, quantity
            )

    def line(self, price="1.00", *taxes, ref="P", **taken):
        """A line of pens that the shop took so many of from each place."""
        line = self._line(self.stocked, sum(taken.values()), price, *taxes, ref=ref)
        return replace(line, deductions=self.taken(**taken))

    def taken(self, **taken):
        return tuple(schemas.Deduction(ref, n) for ref, n in taken.items() if n)

    def held(self, order):
        return {
            hold.warehouse_id.code: hold.quantity
            for hold in order.line_ids.hold_ids
            if hold.state == "active"
        }

    def shipped(self, order):
        moves = order.sale_order_id.order_line.move_ids
        return {
            move.location_id.warehouse_id.code: move.product_uom_qty
            for move in moves
            if move.state != "cancel"
        }

    def shown(self):
        """Node -> the number that would be published."""
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env.invalidate_all()
        levels = self.env["channel.level"].search(
            [("listing_id", "=", self.stocked.id)]
        )
        return {level.node_id.external_id: level.target for level in levels}

    def test_each_part_is_held_and_shipped_where_it_was_taken(self):
        self.stock(main=1, north=1)
        data = self._data(self.line("1.00", main=1, north=1), total="2.00")
        order = self._capture(data)
        self.assertEqual(self.held(order), {"CHO": 1, "CP2": 1})
        self.assertEqual(self.shown(), {"main": 0, "north": 0, "south": 0})
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "2.00")
        self.assertEqual(self.shipped(order), {"CHO": 1, "CP2": 1})
        self.assertEqual(self.shown(), {"main": 0, "north": 0, "south": 0})

    def test_price_of_less_than_a_cent_is_split_all_the_same(self):
        self.stock(main=5, south=5)
        line = self.line("0.335", tax(10, "0.24"), main=2, south=5)
        data = self._data(line, total="2.59", total_tax="0.24")
        data = replace(data, lines=(replace(line, unit_price=Decimal("2.35") / 7),))
        order = self._capture(data)
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "2.59", "0.24")
        self.assertEqual(self.shipped(order), {"CHO": 2, "CP3": 5})

    def test_units_given_back_are_taken_from_where_the_shop_gave_them_back(self):
        self.stock(main=3, north=3)
        data = self._data(self.line("1.00", main=3, north=3), total="6.00")
        order = self._import(data)
        fewer = replace(
            data,
            lines=(self.line("1.00", main=3, north=1),),
            total=Decimal("4.00"),
            version=NOON.replace(minute=5),
        )
        self._capture(fewer)
        order._follow()
        self.assertImported(order, "4.00")
        self.assertEqual(self.shipped(order), {"CHO": 3, "CP2": 1})
        self.assertEqual(self.shown(), {"main": 0, "north": 2, "south": 0})

    def test_units_added_elsewhere_leave_the_others_where_they_are(self):
        self.stock(main=3, north=3)
        data = self._data(self.line("1.00", main=1, north=2), total="3.00")
        order = self._import(data)
        more = replace(
            data,
            lines=(self.line("1.00", main=2, north=2),),
            total=Decimal("4.00"),
            version=NOON.replace(minute=5),
        )
        self._capture(more)
        order._follow()
        self.assertImported(order, "4.00")
        self.assertEqual(self.shipped(order), {"CHO": 2, "CP2": 2})

    def test_rule_decides_for_the_whole_line(self):
        self.stock(main=5, north=5, south=5)
        self.env["channel.routing.rule"].create(
            {
                "name": "South ships",
                "candidate_ids": [(0, 0, {"warehouse_id": self.houses["south"].id})],
            }
        )
        data = self._data(self.line("1.00", main=1, north=1), total="2.00")
        self.assertEqual(self.held(self._capture(data)), {"CP3": 2})

    def test_moved_on_the_channel_is_held_at_the_new_place(self):
        self.stock(main=4, north=4)
        data = self._data(self.line("1.00", main=2, north=1), total="3.00")
        order = self._capture(data)
        moved = replace(
            data,
            lines=(self.line("1.00", main=1, north=2),),
            version=NOON.replace(minute=5),
        )
        self._capture(moved)
        self.assertEqual(self.held(order), {"CHO": 1, "CP2": 2})

    def test_all_places_together_never_show_more_than_there_is(self):
        for seed in range(12):
            with self.subTest(seed=seed):
                savepoint = self.env.cr.savepoint()
                self.sell_at_random(Random(seed))
                savepoint.close(rollback=True)
                self.env.invalidate_all(flush=False)

    def sell_at_random(self, random):
        self.stocked.pack_qty = random.choice((1, 1, 3))
        pack = int(self.stocked.pack_qty)
        left = {ref: random.randint(1, 9) for ref in self.houses}
        self.stock(**{ref: units * pack for ref, units in left.items()})
        self.assertEqual(self.shown(), left)
        for number in range(random.randint(1, 4)):
            taken = {ref: random.randint(0, units) for ref, units in left.items()}
            if not any(taken.values()):
                continue
            for ref, units in taken.items():
                left[ref] -= units
            total = Decimal(sum(taken.values())) * 2
            payment = random.choice(("paid", "pending"))
            data = self._data(
                self.line("2.00", ref=f"P{number}", **taken),
                total=total,
                payment=payment,
            )
            order = self._capture(data)
            self.assertEqual(self.shown(), left)
            order.env["channel.order.importer"]._import(order)
            self.assertImported(order, total)
            self.assertEqual(self.shown(), left)
