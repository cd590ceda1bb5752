# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common_order import OrderCase


@tagged("post_install", "-at_install")
class TestOrderShort(OrderCase):
    """10 lamps wanted where 4 are: what happens is the policy's to say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rare = cls._listing("RARE", stock=4)
        cls.like = cls._listing("LIKE", stock=50)
        cls.product = cls.rare.product_id

    def make(self, units=10, **values):
        line = self._line(self.rare, units, "1.00", ref=f"R{units}")
        return self._import(self._data(line, total=str(units), **values))

    def arrive(self, quantity, listing=None):
        self.env["stock.quant"]._update_available_quantity(
            (listing or self.rare).product_id, self.warehouse.lot_stock_id, quantity
        )
        self.env.flush_all()

    def release(self, order):
        """What the intake does first, a minute later."""
        order.parked_until = "2026-01-01"
        self.env.flush_all()
        order.env["channel.allocator"]._release_parked(self.channel)
        self.env.invalidate_all()
        return order.state

    def held(self):
        self.env.flush_all()
        return sum(
            self.env["channel.position"]
            .search([("product_id", "=", self.product.id)])
            .mapped("held")
        )

    def test_backorder_ships_what_is_there(self):
        order = self.make()
        self.assertImported(order, "10")
        move = order.sale_order_id.picking_ids.move_ids
        self.assertEqual((move.state, move.quantity), ("partially_available", 4))

    def test_wait_parks_the_order_until_its_stock_is_there(self):
        self.channel.short_policy = "wait"
        order = self.make()
        self.assertEqual(order.state, "parked")
        self.assertFalse(order.sale_order_id)
        self.assertFalse(self._exceptions(order))
        self.assertEqual(self.held(), 10)
        self.assertEqual(self.release(order), "parked")
        self.arrive(5)
        self.assertEqual(self.release(order), "parked")
        self.arrive(1)
        self.assertEqual(self.release(order), "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "10")
        self.assertEqual(order.sale_order_id.picking_ids.move_ids.state, "assigned")

    def test_of_two_that_wait_the_older_one_is_served(self):
        self.channel.short_policy = "wait"
        first, second = self.make(), self.make(9)
        self.arrive(6)
        self.assertEqual(self.release(second), "parked")
        self.assertEqual(self.release(first), "captured")
        first.env["channel.order.importer"]._import(first)
        self.assertImported(first, "10")

    def test_ask_waits_for_a_person_who_decides_by_line(self):
        self.channel.short_policy = "ask"
        order = self.make()
        found = self.assertRefused(order, "short_stock")
        self.assertIn("6 of", found.message)
        action = found.action_short_stock()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.missing, 6)
        wizard.line_ids.decision = "backorder"
        wizard.action_confirm()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "10")
        self.assertEqual(found.state, "resolved")

    def test_substitute_is_shipped_for_the_whole_line_at_the_same_price(self):
        self.channel.short_policy = "substitute"
        self.product.channel_substitute_ids = self.like.product_id
        order = self.make()
        sale_order = self.assertImported(order, "10")
        self.assertEqual(sale_order.order_line.product_id, self.like.product_id)
        self.assertIn("instead of", sale_order.order_line.name)
        move = sale_order.picking_ids.move_ids
        self.assertEqual((move.state, move.quantity), ("assigned", 10))
        self.assertEqual(self.held(), 0)

    def test_substitute_of_an_unpaid_order_is_held_instead_of_what_was_sold(self):
        self.channel.short_policy = "substitute"
        self.product.channel_substitute_ids = self.like.product_id
        order = self.make(payment="pending")
        self.assertEqual(order.sale_order_id.state, "draft")
        self.assertEqual(self.held(), 0)
        hold = order.line_ids.hold_ids.filtered(lambda each: each.state == "active")
        self.assertEqual(hold.product_id, self.like.product_id)
        self.assertEqual(hold.stock_quantity, 10)

    def test_without_a_substitute_in_stock_a_person_is_asked(self):
        self.channel.short_policy = "substitute"
        self.product.channel_substitute_ids = self.like.product_id
        self.arrive(-45, self.like)
        found = self.assertRefused(self.make(), "short_stock")
        self.assertIn("None of the substitutes", found.message)

    def test_substitute_in_another_unit_is_none(self):
        self.like.product_id.uom_id = self.env.ref("uom.product_uom_dozen")
        self.product.channel_substitute_ids = self.like.product_id
        order = self.make()
        self.assertFalse(order.line_ids._get_substitutes())

    def test_cancel_on_a_channel_that_cannot_asks_a_person(self):
        self.channel.short_policy = "cancel"
        found = self.assertRefused(self.make(), "short_stock")
        self.assertIn("cannot cancel", found.message)

    def test_cancel_waits_for_the_channel_to_say_so(self):
        self.channel.short_policy = "cancel"
        asked = []
        self.patch(
            self.env.registry["channel.allocator"],
            "_request_cancel",
            lambda self, order, lines: asked.append(list(lines.values())) or True,
        )
        line = self._line(self.rare, 10, "1.00", ref="1")
        data = self._data(line, total="10")
        order = self._import(data)
        self.assertEqual(asked, [[6]])
        self.assertEqual(order.state, "parked")
        order = self._import(self._newer(data, {"1": 4}, total=order_total(4)))
        self.assertImported(order, "4")

    def test_narrowest_policy_counts(self):
        self.channel.short_policy = "ask"
        self.product.channel_short_policy = "wait"
        order = self._capture(self._data(self._line(self.rare, 10, "1.00"), total="10"))
        self.assertEqual(order.line_ids._get_short_policy(), "wait")
        self.rare.short_policy = "backorder"
        self.assertEqual(order.line_ids._get_short_policy(), "backorder")

    def test_service_and_kit_are_never_short(self):
        self.channel.short_policy = "ask"
        self.product.type = "service"
        self.assertImported(self.make(), "10")


def order_total(units):
    from decimal import Decimal

    return Decimal(units)
