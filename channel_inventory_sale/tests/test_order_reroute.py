# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .common_messages import Sold
from .common_order import OrderCase, tax


@tagged("post_install", "-at_install")
class TestOrderReroute(Sold, OrderCase):
    """A confirmed order of 4 mugs from the first house; then its goods are gone there.

    The second house has 5, and may ship what the rule says.
    """

    @property
    def channel_id(self):
        return self.channel.id

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._warehouse("CH2")
        cls.add(cls.mug, cls.second, 5)
        cls.rule = cls.env["channel.routing.rule"].create(
            {
                "name": "Both",
                "candidate_ids": [
                    Command.create({"warehouse_id": cls.warehouse.id, "sequence": 1}),
                    Command.create({"warehouse_id": cls.second.id, "sequence": 2}),
                ],
            }
        )

    @classmethod
    def add(cls, listing, warehouse, quantity):
        cls.env["stock.quant"]._update_available_quantity(
            listing.product_id, warehouse.lot_stock_id, quantity
        )

    def sell(self, *pairs):
        lines = [self._line(each, n, "1.00", tax(10, f"{n / 10}")) for each, n in pairs]
        units = sum(n for _each, n in pairs)
        total = f"{units * 1.1:.2f}"
        self.order = self._import(
            self._data(*lines, total=total, total_tax=f"{units / 10:.2f}")
        )
        self.assertEqual(self.order.sale_order_id.state, "sale")
        return self.order

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()

    def lose(self, listing=None, quantity=100, warehouse=None):
        """A count finds less than there should be; what was reserved is free again."""
        listing = listing or self.mug
        location = (warehouse or self.warehouse).lot_stock_id
        quant = self.env["stock.quant"]._gather(listing.product_id, location)
        quant.with_context(inventory_mode=True).inventory_quantity = (
            quant.quantity - quantity
        )
        quant.action_apply_inventory()
        self.env.flush_all()

    def places(self):
        """(SKU, warehouse, quantity, state) of what is open"""
        self.env.invalidate_all()
        return sorted(
            (
                move.product_id.default_code,
                move.location_id.warehouse_id.code,
                move.product_uom_qty,
                move.state,
            )
            for move in self.order.sale_order_id.picking_ids.move_ids
            if move.state not in ("cancel", "done")
        )

    def refused(self):
        with self.assertRaises(UserError) as caught:
            self.order.action_reroute()
        return str(caught.exception)

    # ------------------------------------------------------------------ moves
    def test_order_whose_stock_is_gone_ships_from_where_it_is(self):
        self.sell((self.mug, 4))
        self.assertEqual(self.places(), [("MUG", "CHO", 4, "assigned")])
        total = self.order.sale_order_id.amount_total
        self.lose()
        self.order.action_reroute()
        self.assertEqual(self.places(), [("MUG", "CH2", 4, "assigned")])
        self.assertEqual(self.order.sale_order_id.amount_total, total)
        self.assertIn("missing MUG in House CHO", self.order.route_why)
        self.assertIn("MUG from House CH2", self.order.route_why)
        self.assertEqual(self.order.stage, "reserved")
        self.ship(self.env, self.order.sale_order_id)
        self.assertEqual(self.order.sale_order_id.order_line[:1].qty_delivered, 4)

    def test_only_the_line_that_is_short_moves(self):
        self.sell((self.mug, 4), (self.lamp, 2))
        self.lose()
        self.order.action_reroute()
        self.assertEqual(
            self.places(),
            [("LAMP", "CHO", 2, "assigned"), ("MUG", "CH2", 4, "assigned")],
        )

    def test_kept_together_all_of_it_moves_or_nothing(self):
        self.rule.split = "together"
        self.sell((self.mug, 4), (self.lamp, 2))
        self.lose()
        self.assertIn("has all units", self.refused())
        self.add(self.lamp, self.second, 2)
        self.order.action_reroute()
        self.assertEqual({code for _sku, code, *_rest in self.places()}, {"CH2"})

    def test_hold_of_an_older_order_is_not_taken_from_it(self):
        older = self._capture(
            self._data(self._line(self.mug, 3, "1.00"), total="3.00", payment="pending")
        )
        older.line_ids._hold_at({older.line_ids: [(self.second, 3)]})
        self.sell((self.mug, 4))
        self.lose()
        self.assertIn("has all units", self.refused())

    # ----------------------------------------------------------------- stays
    def test_order_that_has_its_stock_stays(self):
        self.sell((self.mug, 4))
        self.assertIn("reserved", self.refused())

    def test_order_that_is_being_picked_stays(self):
        self.sell((self.mug, 4))
        picking = self.order.sale_order_id.picking_ids
        self.lose()
        picking.move_ids.picked = True
        before = self.places()
        self.assertIn("being picked", self.refused())
        self.assertEqual(self.places(), before)

    def test_printed_delivery_stays(self):
        self.sell((self.mug, 4))
        self.order.sale_order_id.picking_ids.printed = True
        self.lose()
        self.assertIn("being picked", self.refused())

    def test_partly_shipped_line_stays(self):
        self.sell((self.mug, 4))
        self.ship(self.env, self.order.sale_order_id, 1)
        self.lose(quantity=99)
        self.assertIn("being picked", self.refused())

    def test_warehouse_that_the_rule_does_not_name_is_none(self):
        self.rule.candidate_ids.filtered(
            lambda each: each.warehouse_id == self.second
        ).unlink()
        self.sell((self.mug, 4))
        self.lose()
        self.assertIn("has all units", self.refused())

    def test_less_elsewhere_than_all_of_the_line_moves_nothing(self):
        self.sell((self.mug, 8))
        self.lose()
        before = self.places()
        self.assertIn("has all units", self.refused())
        self.assertEqual(self.places(), before)

    def test_operator_may_and_user_may_not(self):
        self.sell((self.mug, 4))
        self.lose()
        for role, may in (("user", False), ("operator", True)):
            user = new_test_user(
                self.env,
                f"reroute_{role}",
                groups=f"channel_inventory_base.group_channel_{role}",
            )
            if may:
                self.order.with_user(user).action_reroute()
            else:
                with self.assertRaises(AccessError):
                    self.order.with_user(user).action_reroute()
        self.assertEqual(self.places(), [("MUG", "CH2", 4, "assigned")])

    # ---------------------------------------------------------------- policy
    def test_policy_moves_what_is_short_and_looks_again_later(self):
        self.sell((self.mug, 4))
        self.lose()
        orders = self.env["channel.order"]
        self.channel.state = "paused"
        orders.env["channel.router"]._reroute_due(self.channel)
        self.assertEqual(self.places()[0][1], "CHO", "nobody asked for it")
        self.channel.reroute_confirmed = True
        orders.env["channel.router"]._reroute_due(self.channel)
        self.assertEqual(self.places(), [("MUG", "CH2", 4, "assigned")])
        self.assertFalse(orders.env["channel.router"]._find_to_reroute(self.channel))

    def test_order_that_cannot_be_moved_is_not_looked_at_all_the_time(self):
        self.channel.reroute_confirmed = True
        self.sell((self.mug, 8))
        self.lose()
        orders = self.env["channel.order"]
        self.assertEqual(
            orders.env["channel.router"]._find_to_reroute(self.channel), self.order.ids
        )
        orders.env["channel.router"]._reroute_due(self.channel)
        self.assertEqual(self.places()[0][1], "CHO")
        self.assertFalse(orders.env["channel.router"]._find_to_reroute(self.channel))


@tagged("post_install", "-at_install")
class TestRerouteRace(Sold, CommittedCase):
    """What the warehouse and other orders do in the same moment."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            channel = self.channel(env)
            second = self.make_warehouse(env, f"{channel.node_ids.warehouse_ids.code}X")
            channel.node_ids.warehouse_ids |= second
            channel.reroute_confirmed = True
            product = env["product.product"].browse(self.product_id)
            self.add_stock(env, product, second, 4)
            self.second_id = second.id
        self.go_live(54)

    def sell(self, *quantities):
        """Orders of the first warehouse, whose goods are gone then."""
        names = [self.fake.sell(n) for n in quantities]
        self.store(*[self.fake.event(name) for name in names])
        self.intake()
        with self.commit() as env:
            quants = env["stock.quant"].search(
                [
                    ("product_id", "=", self.product_id),
                    ("location_id", "=", self.location_id),
                ]
            )
            quants.with_context(inventory_mode=True).inventory_quantity = 0
            quants.action_apply_inventory()
            orders = env["channel.order"].search(
                [("channel_id", "=", self.channel_id)], order="id"
            )
            return orders.ids

    def reroute(self):
        with self.commit() as env:
            env["channel.router"]._reroute_due(self.channel(env))

    def open_moves(self, env, order_id):
        moves = env["channel.order"].browse(order_id).sale_order_id.picking_ids.move_ids
        return moves.filtered(lambda move: move.state != "cancel")

    def test_two_orders_do_not_get_the_same_goods(self):
        order_ids = self.sell(3, 3)
        self.in_threads(*[self.reroute] * 4)
        self.reroute()
        with self.commit() as env:
            states = {}
            for order_id in order_ids:
                move = self.open_moves(env, order_id)
                self.assertEqual(len(move), 1, "one delivery, wherever it is")
                states[order_id] = (
                    move.location_id.warehouse_id.id == self.second_id,
                    move.state,
                )
            self.assertEqual(
                sorted(states.values()), [(False, "confirmed"), (True, "assigned")]
            )

    def test_delivery_that_is_validated_meanwhile_stays(self):
        """Who was first wins: what has left is not sent once more from elsewhere."""
        [order_id] = self.sell(2)
        with self.commit() as env:
            model = type(env["sale.order.line"])
        original, shipped = model._move_to, []

        def slow(line, warehouse):
            if not shipped:
                shipped.append(1)
                with self.commit() as env:
                    # found after all, and gone
                    self.change_stock(2)
                    move = self.open_moves(env, order_id)
                    move._action_assign()
                    move.picked = True
                    # the move alone: the transfer waits for the lock on the order
                    move._action_done()
            return original(line, warehouse)

        with patch.object(model, "_move_to", slow):
            self.reroute()
        with self.commit() as env:
            [move] = self.open_moves(env, order_id)
            self.assertEqual(move.state, "done")
            self.assertNotEqual(move.location_id.warehouse_id.id, self.second_id)
