# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_position import PositionCase


@tagged("post_install", "-at_install")
class TestDoneAt(PositionCase):
    """A warehouse tells of shipments late, and counts in between: both are as of their
    own time, whichever comes in first."""

    def setUp(self):
        super().setUp()
        # silence is not what this is about
        self.warehouse.write(
            {"channel_authority": "external", "channel_fresh_minutes": 1440}
        )
        self.stock = self.warehouse.lot_stock_id
        self.morning = fields.Datetime.now() - timedelta(hours=4)

    def count(self, on_hand, hours):
        """What was there so many hours after the morning."""
        self.env["channel.external.stock"]._report(
            self.warehouse,
            [{"product": "SKU-1", "on_hand": on_hand}],
            self.morning + timedelta(hours=hours),
        )

    def ship(self, quantity, hours):
        """Left so many hours after the morning, told of now."""
        move = self.move(
            self.stock,
            self.place("customers"),
            quantity,
            confirm=False,
            picking_type_id=self.warehouse.out_type_id.id,
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.stock.id,
                "location_dest_id": self.place("customers").id,
                "move_ids": [(4, move.id)],
            }
        )
        picking.action_confirm()
        self.done(picking)
        picking._set_done_at(self.morning + timedelta(hours=hours))
        return picking

    def test_shipment_told_after_the_count_that_knows_it(self):
        # 50 in the morning, 3 left an hour later, 47 counted, and only then told
        self.count(50, 0)
        self.count(47, 2)
        picking = self.ship(3, 1)
        self.check(on_hand=47)
        moment = self.morning + timedelta(hours=1)
        self.assertEqual(picking.date_done, moment)
        self.assertEqual(picking.move_ids.date, moment)
        self.assertEqual(picking.move_ids.move_line_ids.date, moment)

    def test_shipment_told_before_the_count_that_does_not_know_it(self):
        self.ship(3, 2)
        self.count(50, 1)
        self.check(on_hand=47)
        self.count(47, 3)
        self.check(on_hand=47)

    def test_planner_knows_the_time_of_a_move_that_was_corrected_later(self):
        self.count(47, 2)
        picking = self.ship(3, 3)
        self.plan()
        self.assertEqual(self.level.target, 44)
        picking._set_done_at(self.morning + timedelta(hours=1))
        self.plan()
        self.assertEqual(self.level.target, 47)

    def test_nothing_is_done_before_it_has_happened(self):
        picking = self.ship(3, 24)
        self.assertLessEqual(picking.date_done, fields.Datetime.now())

    def test_goods_lie_there_since_they_arrived(self):
        suppliers = self.place("suppliers")
        product = self.make_product(self.env, 9)
        receipt = self.move(suppliers, self.stock, 5, product_id=product.id)
        self.move_done(receipt)
        receipt._set_done_at(self.morning)
        quants = product.stock_quant_ids.filtered(
            lambda quant: quant.location_id == self.stock
        )
        self.assertEqual(quants.in_date, self.morning)

    def test_correction_that_the_warehouse_told_counts_and_ours_does_not(self):
        # 947: four destroyed after the count
        lost = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", self.env.company.id)],
            limit=1,
        )
        self.count(50, 1)
        ours = self.move(self.stock, lost, 4)
        self.move_done(ours)
        self.check(on_hand=50)
        told = self.move(self.stock, lost, 4)
        told.channel_told = True
        self.move_done(told)
        told._set_done_at(self.morning + timedelta(hours=2))
        self.check(on_hand=46)
        # the next count knows it
        self.count(46, 3)
        self.check(on_hand=46)
