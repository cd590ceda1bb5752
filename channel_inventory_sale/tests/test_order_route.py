# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.tools.inner import inner

from ..tools.stock_ahead import StockAhead
from .common_order import BERLIN, OrderCase, tax


@tagged("post_install", "-at_install")
class TestOrderRoute(OrderCase):
    """Two warehouses: 100 lamps and mugs in the first, 5 mugs in the second."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._warehouse("CH2")
        cls.add(cls.mug, cls.second, 5)
        cls.rare = cls._listing("RARE")

    @classmethod
    def add(cls, listing, warehouse, quantity):
        cls.env["stock.quant"]._update_available_quantity(
            listing.product_id, warehouse.lot_stock_id, quantity
        )

    def rule(self, *warehouses, **values):
        return self.env["channel.routing.rule"].create(
            {
                "name": "Test",
                "candidate_ids": [
                    Command.create(
                        {"warehouse_id": each.id, "cost": cost, "sequence": number}
                    )
                    for number, (each, cost) in enumerate(warehouses)
                ],
                **values,
            }
        )

    def order_of(self, *pairs, **values):
        """A captured order of (listing, units) at one dollar each."""
        lines = [self._line(listing, units, "1.00") for listing, units in pairs]
        total = str(sum(units for _listing, units in pairs))
        return self._capture(self._data(*lines, total=total, **values))

    def placed(self, order):
        """(SKU, warehouse, units) of its active holds"""
        return sorted(
            (hold.listing_id.sku, hold.warehouse_id.code, hold.quantity)
            for hold in order.line_ids.hold_ids
            if hold.state == "active"
        )

    def shipped(self, order):
        return sorted(
            (
                move.product_id.default_code,
                move.warehouse_id.code or move.location_id.warehouse_id.code,
                move.product_uom_qty,
            )
            for move in order.sale_order_id.picking_ids.move_ids
        )

    # ------------------------------------------------------------ conditions
    def test_region_decides(self):
        self.rule((self.second, 0), country_ids=self.env.ref("base.fr"))
        self.rule((self.second, 0), zip_prefixes="11, 109")
        self.rule((self.warehouse, 0))
        self.assertEqual(self.placed(self.order_of((self.mug, 1))), [("MUG", "CH2", 1)])
        munich = BERLIN.__class__(**{**BERLIN.__dict__, "zip": "80331"})
        order = self.order_of((self.mug, 1), shipping=munich)
        self.assertEqual(self.placed(order), [("MUG", "CHO", 1)])

    def test_state_decides(self):
        texas = self.env.ref("base.state_us_44")
        self.rule((self.second, 0), state_ids=texas)
        address = BERLIN.__class__(
            street="1 Main",
            city="Austin",
            zip="73301",
            state_code="TX",
            country_code="US",
        )
        order = self.order_of((self.mug, 1), shipping=address)
        self.assertEqual(self.placed(order), [("MUG", "CH2", 1)])
        self.assertEqual(self.placed(self.order_of((self.mug, 1))), [("MUG", "CHO", 1)])

    def test_node_and_channel_decide(self):
        other = self._node("other", self.warehouse)
        self.rule((self.second, 0), node_ids=other)
        self.rule((self.second, 0), channel_id=self.channel.copy().id)
        self.assertEqual(self.placed(self.order_of((self.mug, 1))), [("MUG", "CHO", 1)])
        line = self._line(self.mug, 1, "1.00", node="other")
        order = self._capture(self._data(line, total="1"))
        self.assertEqual(self.placed(order), [("MUG", "CH2", 1)])

    def test_zip_prefixes_are_checked(self):
        with self.assertRaises(ValidationError):
            self.rule(zip_prefixes="10%")

    # ----------------------------------------------------------------- stock
    def test_node_of_two_warehouses_ships_from_both_what_its_number_promised(self):
        self.node.warehouse_ids |= self.second
        order = self.order_of((self.mug, 104))
        self.assertEqual(self.placed(order), [("MUG", "CH2", 4), ("MUG", "CHO", 100)])
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "104")
        self.assertEqual(self.shipped(order), [("MUG", "CH2", 4), ("MUG", "CHO", 100)])
        self.assertEqual(
            set(order.sale_order_id.picking_ids.mapped("state")), {"assigned"}
        )

    def test_version_that_brings_no_reason_stays_where_it_is(self):
        self.node.warehouse_ids |= self.second
        data = self._data(self._line(self.mug, 2, "1.00"), total="2")
        order = self._capture(data)
        self.assertEqual(self.placed(order), [("MUG", "CHO", 2)])
        self.add(self.mug, self.warehouse, -100)
        data = self._newer(data, note="Ring twice")
        self._capture(data)
        self.assertEqual(self.placed(order), [("MUG", "CHO", 2)])
        # more of it is one, and so is a rule, which may ask for anything
        [line] = data.lines
        data = self._newer(data, {line.external_id: 3}, total=Decimal(3))
        self._capture(data)
        self.assertEqual(self.placed(order), [("MUG", "CH2", 3)])
        self.add(self.mug, self.warehouse, 100)
        self.rule((self.warehouse, 0), (self.second, 4))
        self._capture(self._newer(data, note="Ring"))
        self.assertEqual(self.placed(order), [("MUG", "CHO", 3)])

    def test_place_that_the_node_no_longer_has_is_left(self):
        self.node.warehouse_ids |= self.second
        data = self._data(self._line(self.mug, 2, "1.00"), total="2")
        order = self._capture(data)
        self.node.warehouse_ids = self.second
        self._capture(self._newer(data))
        self.assertEqual(self.placed(order), [("MUG", "CH2", 2)])

    def test_split_line_keeps_discount_and_tax_to_the_cent(self):
        self.node.warehouse_ids |= self.second
        line = self._line(self.mug, 103, "3.33", tax(10, "33.30"), discount="9.99")
        order = self._import(self._data(line, total="366.30", total_tax="33.30"))
        sale_order = self.assertImported(order, "366.30", "33.30")
        self.assertEqual(
            len(sale_order.order_line.filtered("channel_order_line_id")), 2
        )

    def test_kept_together_is_not_split(self):
        self.rule((self.warehouse, 0), (self.second, 0), split="together")
        order = self.order_of((self.mug, 104))
        self.assertEqual(self.placed(order), [("MUG", "CHO", 104)])
        self.assertIn("4 units not in stock", order.route_why)

    def test_cost_decides_and_the_route_says_so(self):
        self.rule((self.warehouse, 9), (self.second, 4), name="Cheap first")
        order = self.order_of((self.mug, 2))
        self.assertEqual(self.placed(order), [("MUG", "CH2", 2)])
        self.assertIn("Cheap first", order.route_why)
        self.assertIn("cost 4", order.route_why)
        self.assertIn("House CHO (cost 9)", order.route_why)

    def test_split_is_not_paid_above_its_limit(self):
        self.rule((self.warehouse, 0), (self.second, 0), split_cost=7, split_limit=5)
        order = self.order_of((self.lamp, 1), (self.mug, 104))
        self.assertEqual({place for _sku, place, _n in self.placed(order)}, {"CHO"})

    def test_older_order_comes_first(self):
        """Two want the last mugs: each sees only what is older than itself."""
        self.rule((self.second, 0), (self.warehouse, 5))
        first, second = self.order_of((self.mug, 4)), self.order_of((self.mug, 4))
        self.assertEqual(self.placed(first), [("MUG", "CH2", 4)])
        self.assertEqual(self.placed(second), [("MUG", "CHO", 4)])
        second.env["channel.order.importer"]._import(second)
        first.env["channel.order.importer"]._import(first)
        self.assertEqual(self.shipped(first), [("MUG", "CH2", 4)])

    # ------------------------------------------------------------ in batches
    def test_orders_of_a_batch_read_their_stock_at_once_and_each_its_own(self):
        """What an older one holds is not there for a younger one, as one by one."""
        self.rule((self.second, 0), (self.warehouse, 5))
        orders = self.order_of((self.mug, 4)) | self.order_of((self.mug, 3))
        orders |= self.order_of((self.lamp, 2), (self.mug, 1))
        router = self.env["channel.router"]
        places = (self.second.id, self.warehouse.id)
        needs = {
            order: [
                router._need(order, line, line.quantity, [(line.quantity, places)])
                for line in order.line_ids
            ]
            for order in orders
        }
        singly = [router._get_stock(order, each) for order, each in needs.items()]
        ahead = StockAhead(orders)
        router = router.with_context(**inner(channel_stock_ahead=ahead))
        kind = self.registry["channel.router"]
        with patch.object(
            kind, "_read_stock", autospec=True, side_effect=kind._read_stock
        ) as read:
            for (order, each), single in zip(needs.items(), singly, strict=True):
                stock = router._get_stock(order, each)
                self.assertEqual(
                    {place: stock[place] for place in single if single[place]},
                    {place: units for place, units in single.items() if units},
                )
            self.assertEqual(read.call_count, 1)
            # a product that none of them has is read, and not taken for missing
            other = self._listing("OTHER", stock=7).product_id
            takes = replace(needs[orders[0]][0], takes=((other.id, 1.0),))
            stock = router._get_stock(orders[0], [takes])
            self.assertEqual(stock[other.id, self.warehouse.id], 7)
            # so is what was held otherwise meanwhile
            router._forget_stock()
            self.add(self.mug, self.second, 10)
            place = (self.mug.product_id.id, self.second.id)
            stock = router._get_stock(orders[0], needs[orders[0]])
            self.assertEqual(stock[place], singly[0][place] + 10)
            self.assertEqual(read.call_count, 3)

    def test_batch_ships_from_where_there_is_some_as_single_imports_do(self):
        self.rule((self.second, 0), (self.warehouse, 5))
        orders = self.order_of((self.mug, 4)) | self.order_of((self.mug, 1))
        orders |= self.order_of((self.mug, 2))
        self.add(self.mug, self.second, -3)
        with self.env.cr.savepoint() as savepoint:
            for order in orders:
                order.env["channel.order.importer"]._import(order)
            singly = [self.shipped(order) for order in orders]
            savepoint.rollback()
        self.env.invalidate_all()
        self.assertEqual(self.env["channel.order.batch"]._import(orders), orders)
        self.assertEqual([self.shipped(order) for order in orders], singly)
        self.assertEqual(singly[0], [("MUG", "CHO", 4)])

    # -------------------------------------------------------------- re-route
    def test_stock_that_is_gone_is_shipped_from_elsewhere(self):
        self.rule((self.second, 0), (self.warehouse, 5))
        order = self.order_of((self.mug, 4))
        self.add(self.mug, self.second, -3)
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "4")
        self.assertEqual(self.shipped(order), [("MUG", "CHO", 4)])
        self.assertIn("CHO has all units", order.route_why)

    def test_route_that_still_holds_is_not_changed(self):
        self.rule((self.second, 0), (self.warehouse, 5))
        order = self.order_of((self.mug, 4))
        holds = order.line_ids.hold_ids
        self.env["channel.routing.rule"].search([]).candidate_ids.cost = 3
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.line_ids.hold_ids, holds)
        self.assertEqual(self.shipped(order), [("MUG", "CH2", 4)])

    def test_quotation_that_waited_is_routed_again_when_it_is_paid(self):
        self.rule((self.second, 0), (self.warehouse, 5))
        data = self._data(self._line(self.mug, 4, "1.00"), total="4", payment="pending")
        order = self._import(data)
        self.assertEqual(order.sale_order_id.state, "draft")
        self.add(self.mug, self.second, -3)
        order = self._import(self._newer(data, payment="paid"))
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(self.shipped(order), [("MUG", "CHO", 4)])

    def test_operator_routes_again_and_user_may_not(self):
        order = self.order_of((self.mug, 4))
        self.rule((self.second, 0))
        user = new_test_user(
            self.env, "route_user", groups="channel_inventory_base.group_channel_user"
        )
        with self.assertRaises(AccessError):
            order.with_user(user).action_reroute()
        operator = new_test_user(
            self.env,
            "route_operator",
            groups="channel_inventory_base.group_channel_operator",
        )
        order.with_user(operator).action_reroute()
        self.assertEqual(self.placed(order), [("MUG", "CH2", 4)])

    # ---------------------------------------------------------------- parked
    def test_order_that_nobody_ships_is_parked_held_until_a_rule_says_otherwise(self):
        rule = self.rule(outcome="park", name="Not to Germany")
        order = self.order_of((self.mug, 1))
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.state, "parked")
        self.assertFalse(self._exceptions(order))
        self.assertEqual(self.placed(order), [("MUG", "CHO", 1)])
        self.assertIn("Not to Germany", order.route_why)
        rule.active = False
        self.assertEqual(order.state, "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "1")

    def test_cancelled_while_parked_gives_its_stock_back(self):
        self.rule(outcome="park")
        data = self._data(self._line(self.mug, 1, "1.00"), total="1")
        order = self._import(data)
        self._capture(self._newer(data, state="cancelled"))
        self.assertEqual(order.state, "cancelled")
        self.assertFalse(self.placed(order))
