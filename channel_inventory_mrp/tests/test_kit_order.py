# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import KitCase


@tagged("post_install", "-at_install")
class TestKitOrder(KitCase):
    """An order for a kit, from the moment it is known until it is shipped."""

    def setUp(self):
        super().setUp()
        self.bundle = self.kit(10, (self.product, 2), (self.part, 1))
        self.plan()
        self.fake.levels["item-10", "node-1"] = 5

    def numbers(self):
        self.plan()
        return (self.level.target, self.level_of(self.bundle).target)

    def sell(self, quantity, **values):
        return self.fake.sell(
            quantity,
            "item-10",
            line={"sku": "SKU-10", "listing_ref": "variant-10"},
            **values,
        )

    def test_hold_turns_into_reservations_of_the_components(self):
        self.assertEqual(self.numbers(), (10, 5))
        name = self.sell(2)
        self.capture(name)
        self.assertEqual(self.numbers(), (6, 3))
        self.assertEqual(self.position_of(self.product).held, 4)
        self.intake()
        order = self.order(name)
        self.assertEqual(order.state, "imported")
        position = self.position_of(self.product)
        self.assertEqual((position.held, position.allocated), (0, 4))
        self.assertEqual(self.position_of(self.part).allocated, 2)
        self.assertEqual(self.numbers(), (6, 3))
        picking = order.sale_order_id.picking_ids
        self.assertEqual(picking.move_ids.product_id, self.product | self.part)
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        picking.button_validate()
        self.assertEqual(self.numbers(), (6, 3))
        self.assertEqual(self.position_of(self.product).on_hand, 6)

    def test_cancelled_order_gives_its_components_back(self):
        name = self.sell(2)
        self.capture(name)
        self.intake()
        self.assertEqual(self.numbers(), (6, 3))
        self.fake.change(name, state="cancelled")
        self.capture(name)
        self.intake()
        self.assertEqual(self.numbers(), (10, 5))

    # ------------------------------------------------------------------ owed
    def commit(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def sold(self, quantity):
        name = self.sell(quantity)
        self.capture(name)
        self.intake()
        self.commit()
        return self.order(name)

    def test_component_that_is_cancelled_is_owed_as_a_kit(self):
        order = self.sold(3)
        before = self.numbers()
        moves = order.sale_order_id.picking_ids.move_ids
        moves.filtered(lambda move: move.product_id == self.part)._action_cancel()
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 3)
        for number, earlier in zip(self.numbers(), before, strict=True):
            self.assertLessEqual(number, earlier)

    def test_kits_that_left_and_kits_without_backorder(self):
        order = self.sold(3)
        picking = order.sale_order_id.picking_ids
        for move in picking.move_ids:
            move.write({"quantity": move.product_uom_qty / 3, "picked": True})
        picking.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids
        ).button_validate()
        self.commit()
        self.assertEqual(order.line_ids.undelivered_quantity, 2)
        self.assertEqual(order.stage, "partly_shipped")
        self.assertEqual(self.numbers(), (4, 2))
        order.action_deliver_again()
        self.commit()
        self.assertFalse(order.line_ids.undelivered_quantity)
        self.assertEqual(self.numbers(), (4, 2))

    def test_kit_delivery_in_whole_owes_nothing(self):
        order = self.sold(2)
        picking = order.sale_order_id.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        self.commit()
        self.assertFalse(order.line_ids.undelivered_quantity)
        self.assertEqual(order.stage, "shipped")
