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

    def test_kit_that_the_channel_ships_with_tax_inside_is_delivered_whole(self):
        """Its components are the channel's: nothing of ours is held, moved or left."""
        self.env["channel.node"].create(
            {
                "channel_id": self.channel.id,
                "name": "The channel's",
                "external_id": "there",
                "publish": False,
                "fulfilled_by_channel": True,
            }
        )
        self.map_tax_inside(19)
        self.part.tracking = "lot"
        before = self.numbers()
        name = self.fake.sell(
            2,
            "item-10",
            line={
                "sku": "SKU-10",
                "listing_ref": "variant-10",
                "deductions": [{"node_ref": "there", "quantity": 2}],
                "open_quantity": 0,
                "shipped_quantity": 2,
                "taxes": [{"title": "VAT", "rate": "0.19", "amount": "3.19"}],
            },
            total_tax="3.19",
            taxes_included=True,
            fulfilled_by_channel=True,
        )
        self.capture(name)
        self.intake()
        order = self.order(name)
        told = self.env["channel.exception"].search(order._exception_domain())
        self.assertEqual(order.state, "imported", told.mapped("message"))
        self.assertEqual(order.stage, "shipped")
        [line] = order.sale_order_id.order_line
        self.assertEqual((line.product_id, line.qty_delivered), (self.bundle, 2))
        self.assertFalse(line.move_ids)
        self.assertAlmostEqual(line.untaxed_amount_to_invoice, 16.81, places=2)
        invoice = order.sale_order_id._create_invoices()
        self.assertEqual((invoice.amount_total, invoice.amount_tax), (20, 3.19))
        self.assertEqual(self.numbers(), before)

    def map_tax_inside(self, rate):
        tax = self.env["account.tax"].create(
            {
                "name": f"{rate} % inside",
                "amount": rate,
                "type_tax_use": "sale",
                "price_include_override": "tax_included",
            }
        )
        self.env["channel.tax.map"].create(
            {
                "channel_id": self.channel.id,
                "rate": rate,
                "price_included": True,
                "tax_id": tax.id,
            }
        )

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

    # --------------------------------------------------------- what others report
    def told(self, order):
        found = self.env["channel.exception"].search(order._exception_domain())
        return found.mapped("category")

    def test_kit_confirmed_again_with_fewer_units_is_delivered_and_told(self):
        """odoo/odoo#27650: cancelled, set back, fewer kits, confirmed: it was delivered
        and its delivered quantity stayed 0."""
        order = self.sold(3)
        sale_order = order.sale_order_id
        sale_order._action_cancel()
        sale_order.action_draft()
        sale_order.order_line.product_uom_qty = 2
        sale_order.action_confirm()
        self.commit()
        self.assertIn("changed", self.told(order))
        messages = order.notification_ids.filtered(lambda each: each.state == "ready")
        self.assertFalse(messages.filtered(lambda each: each.kind == "cancel"))
        picking = sale_order.picking_ids.filtered(lambda each: each.state != "cancel")
        picking.move_ids.picked = True
        picking.button_validate()
        self.commit()
        self.assertEqual(sale_order.order_line.qty_delivered, 2)
        [parcel] = order.notification_ids.filtered(
            lambda each: each.kind == "shipment" and each.state == "ready"
        )
        self.assertEqual([line.quantity for line in parcel._get_data().lines], [2])

    def test_kit_that_came_back_and_is_taken_off_is_not_expected_twice(self):
        """odoo/odoo#98271: a second return was made."""
        order = self.sold(3)
        picking = order.sale_order_id.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        self.commit()
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.product_uom_qty / 3
        back = self.env["stock.picking"].browse(
            wizard.action_create_returns()["res_id"]
        )
        back.move_ids.picked = True
        back.button_validate()
        self.commit()
        self.assertEqual(order.sale_order_id.order_line.qty_delivered, 2)
        before = order.sale_order_id.picking_ids
        with self.subTest("by a person"):
            order.sale_order_id.order_line.product_uom_qty = 2
            self.commit()
            self.assertEqual(order.sale_order_id.picking_ids, before)
            self.assertEqual(set(before.mapped("state")), {"done"})
