# SPDX-License-Identifier: AGPL-3.0-or-later
import doctest

from odoo.tests import BaseCase

from ..tools import routing
from ..tools.routing import Need, Terms, find_ways


def need(key, product, units, warehouses, factor=1.0):
    takes = () if product is None else ((product, factor),)
    return Need(key, takes, units, warehouses)


class TestRoutingWays(BaseCase):
    """Pure arithmetic: no database, no odoo in what is tested."""

    def best(self, needs, stock, **terms):
        ways = find_ways(needs, stock, Terms(**terms))
        return ways[0] if ways else None

    def test_examples(self):
        self.assertFalse(doctest.testmod(routing).failed)

    def test_first_warehouse_ships_when_all_could(self):
        way = self.best([need("a", 1, 2, ("A", "B"))], {(1, "A"): 9, (1, "B"): 9})
        self.assertEqual(way.parts, {"a": (("A", 2),)})
        self.assertFalse(way.short)

    def test_one_warehouse_with_all_beats_a_split(self):
        needs = [need("a", 1, 2, ("A", "B", "C")), need("b", 2, 2, ("A", "B", "C"))]
        stock = {(1, "A"): 2, (2, "B"): 2, (1, "C"): 2, (2, "C"): 2}
        self.assertEqual(self.best(needs, stock).warehouses, ("C",))

    def test_split_that_ships_all_beats_one_warehouse_that_is_short(self):
        needs = [need("a", 1, 8, ("A", "B"))]
        way = self.best(needs, {(1, "A"): 5, (1, "B"): 4}, split_cost=5)
        self.assertEqual(way.parts, {"a": (("A", 5), ("B", 3))})
        self.assertEqual(way.cost, 5)

    def test_split_that_costs_too_much_is_not_made(self):
        needs = [need("a", 1, 8, ("A", "B"))]
        stock = {(1, "A"): 5, (1, "B"): 4}
        way = self.best(needs, stock, split_cost=5, split_limit=4)
        self.assertEqual(way.parts, {"a": (("A", 8),)})
        self.assertEqual(way.short, {"a": 3})

    def test_scarcest_component_of_a_kit_decides(self):
        kit = Need("a", ((1, 2.0), (2, 1.0)), 3, ("A", "B"))
        stock = {(1, "A"): 5, (2, "A"): 9, (1, "B"): 9, (2, "B"): 1}
        way = self.best([kit], stock)
        self.assertEqual(way.parts, {"a": (("A", 2), ("B", 1))})
        self.assertFalse(way.short)
        self.assertEqual(self.best([kit], {**stock, (2, "B"): 0}).short, {"a": 1})

    def test_kit_and_component_share_what_is_there(self):
        needs = [Need("kit", ((1, 2.0),), 2, ("A",)), need("part", 1, 2, ("A",))]
        self.assertEqual(self.best(needs, {(1, "A"): 5}).short, {"part": 1})

    def test_kept_together_waits_where_most_is(self):
        needs = [need("a", 1, 2, ("A", "B")), need("b", 2, 4, ("A", "B"))]
        way = self.best(needs, {(1, "A"): 2, (2, "B"): 4}, split="together")
        self.assertEqual(way.warehouses, ("B",))
        self.assertEqual(way.short, {"a": 2})

    def test_line_stays_whole_unless_units_may_be_split(self):
        needs = [need("a", 1, 8, ("A", "B"))]
        way = self.best(needs, {(1, "A"): 5, (1, "B"): 4}, split="lines")
        self.assertEqual(way.parts, {"a": (("A", 8),)})

    def test_cheaper_warehouse_wins_whatever_its_place(self):
        needs = [need("a", 1, 1, ("A", "B"))]
        stock = {(1, "A"): 5, (1, "B"): 5}
        self.assertEqual(self.best(needs, stock, costs={"A": 3}).warehouses, ("B",))

    def test_lines_of_one_product_do_not_take_it_twice(self):
        needs = [need("a", 1, 3, ("A", "B")), need("b", 1, 3, ("A", "B"))]
        way = self.best(needs, {(1, "A"): 3, (1, "B"): 3}, split="lines")
        self.assertEqual(way.parts, {"a": (("A", 3),), "b": (("B", 3),)})

    def test_packs_are_not_opened(self):
        needs = [need("a", 1, 2, ("A", "B"), factor=12)]
        way = self.best(needs, {(1, "A"): 23, (1, "B"): 12})
        self.assertEqual(way.parts, {"a": (("A", 1), ("B", 1))})

    def test_line_that_the_channel_took_elsewhere_does_not_force_the_others(self):
        needs = [need("a", 1, 1, ("A",)), need("b", 2, 1, ("B",))]
        way = self.best(needs, {(1, "A"): 1, (2, "B"): 1}, split="together")
        self.assertEqual(way.warehouses, ("A", "B"))

    def test_what_is_not_counted_is_never_short(self):
        way = self.best([need("a", None, 7, ("A",))], {})
        self.assertFalse(way.short)

    def test_units_always_add_up(self):
        places = tuple("ABCDEFGH")
        needs = [need(n, n % 3, n + 1, places) for n in range(12)]
        stock = {(p, w): (p * 7 + ord(w)) % 5 for p in range(3) for w in places}
        for split in ("together", "lines", "units"):
            way = self.best(needs, stock, split=split)
            for each in needs:
                self.assertEqual(sum(u for _w, u in way.parts[each.key]), each.units)

    def test_thousand_lines_are_routed_in_no_time(self):
        places = tuple("ABCDEF")
        needs = [need(n, n, 1, places) for n in range(1000)]
        stock = {(n, places[n % 6]): 1 for n in range(1000)}
        way = self.best(needs, stock)
        self.assertFalse(way.short)
        self.assertEqual(len(way.warehouses), 6)
