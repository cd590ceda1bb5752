# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .ledger_units import units_faults
from .test_owed import OwedCase


@tagged("post_install", "-at_install")
class TestTakenBack(OwedCase):
    """Goods that came back have been delivered: nobody wants them once more.

    Odoo takes what came back off what is delivered, so that the next change of the
    quantity delivers it again beside what it adds (odoo/odoo#8621).
    """

    def hear(self, order, units):
        """The channel has sold so many of it now."""
        self.fake.set_line(order.external_id, units)
        self.capture(order.external_id)
        self.intake()
        self.commit()
        self.assertEqual(order.state, "imported")

    def to_come(self, order):
        """Units that are to leave for the customer, in steps of the last one."""
        moves = order.sale_order_id.order_line.move_ids
        return sum(move._get_carried() for move in moves if move.state != "done")

    def tell(self):
        self.send()
        self.intake()
        self.commit()

    def assertSound(self):
        self.assertEqual(units_faults(self.env, self.channel), [])

    def test_units_added_after_a_return_are_all_that_is_delivered(self):
        for steps in ("ship_only", "pick_pack_ship"):
            for back in (1, 2):
                with self.subTest(steps=steps, back=back), self.passing():
                    self.warehouse.delivery_steps = steps
                    order = self.sell(2)
                    while self.to_come(order):
                        picking = self.ship(self.env, order.sale_order_id)
                    self.take_back(self.env, picking, back)
                    self.tell()
                    for units in (3, 5):
                        self.hear(order, units)
                        self.assertEqual(self.to_come(order), units - 2)
                        self.assertSound()

    def test_units_added_by_a_person_after_a_return(self):
        order = self.sell(3)
        picking = self.ship(self.env, order.sale_order_id)
        self.take_back(self.env, picking, 2)
        order.sale_order_id.order_line.product_uom_qty = 4
        self.assertEqual(self.to_come(order), 1)

    def test_return_that_is_still_to_come_counts_as_one_that_has(self):
        order = self.sell(2)
        picking = self.ship(self.env, order.sale_order_id)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.quantity = 2
        wizard.action_create_returns()
        order.sale_order_id.order_line.product_uom_qty = 3
        self.assertEqual(self.to_come(order), 1)

    def test_unit_taken_off_after_a_return_is_in_no_new_delivery(self):
        order = self.sell(3)
        picking = self.ship(self.env, order.sale_order_id, 2)
        self.take_back(self.env, picking, 1)
        self.tell()
        order.sale_order_id.order_line.product_uom_qty = 2
        self.assertEqual(self.to_come(order), 0)
        self.tell()
        self.fake.change(order.external_id, note="Ring twice")
        self.capture(order.external_id)
        self.intake()
        self.commit()
        self.assertEqual(self.to_come(order), 0)
        self.assertSound()

    def test_same_quantity_written_again_delivers_nothing(self):
        order = self.sell(2)
        picking = self.ship(self.env, order.sale_order_id)
        self.take_back(self.env, picking, 1)
        order.sale_order_id.order_line.write({"product_uom_qty": 2})
        self.assertEqual(self.to_come(order), 0)

    def test_packs_that_came_back(self):
        self.listing.pack_qty = 2
        self.plan()
        order = self.sell(2)
        picking = self.ship(self.env, order.sale_order_id)
        self.take_back(self.env, picking, 3)
        self.tell()
        self.hear(order, 3)
        self.assertEqual(self.to_come(order), 2)
        self.assertSound()

    def test_order_of_no_channel_is_odoos(self):
        partner = self.env["res.partner"].create({"name": "Walk-in"})
        sale = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "product_uom_qty": 2})
                ],
            }
        )
        sale.action_confirm()
        picking = self.ship(self.env, sale)
        self.take_back(self.env, picking, 2)
        sale.order_line.product_uom_qty = 3
        opened = sale.picking_ids.filtered(lambda each: each.state != "done")
        self.assertEqual(sum(opened.move_ids.mapped("product_qty")), 3)
