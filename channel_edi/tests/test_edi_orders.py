# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from .common_edi import EdiCase, change, po, x12


class TestEdiOrders(EdiCase):
    """What an order is worth in units, whatever documents it is made of."""

    def held(self, name="4711"):
        order = self.env["channel.order"].search(
            [("channel_id", "=", self.channel.id), ("name", "=", name)]
        )
        holds = order.line_ids.hold_ids.filtered(lambda each: each.state == "active")
        return sum(holds.mapped("stock_quantity"))

    def test_change_raises_and_lowers(self):
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        raised = change("4711", 1, (1, "QI", 14, "EA", "5.00", "SKU-1"))
        self.assertEqual(self.receive(x12(raised, number=2)).state, "done")
        self.assertEqual(self.held(), 14)
        lowered = change("4711", 2, (1, "QD", 3, "EA", "5.00", "SKU-1"))
        self.receive(x12(lowered, number=3))
        self.assertEqual(self.held(), 3)

    def test_change_that_comes_twice(self):
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        raised = change("4711", 1, (1, "QI", 14, "EA", "5.00", "SKU-1"))
        self.receive(x12(raised, number=2))
        again = self.receive(x12(raised, number=3))
        self.assertEqual(again.state, "ignored")
        self.assertEqual(self.held(), 14)

    def test_change_before_its_order(self):
        """It waits, and is taken when the order has come."""
        raised = change("4711", 1, (1, "QI", 14, "EA", "5.00", "SKU-1"))
        early = self.receive(x12(raised, number=2))
        self.assertEqual(early.state, "parked")
        self.assertEqual(self.held(), 0)
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1")), number=3))
        self.work()
        self.assertEqual(early.state, "done")
        self.assertEqual(self.held(), 14)

    def test_change_whose_order_never_comes(self):
        raised = change("4711", 1, (1, "QI", 14, "EA", "5.00", "SKU-1"))
        early = self.receive(x12(raised, number=2))
        early.received_at = fields.Datetime.now() - timedelta(hours=3)
        early.parked_until = fields.Datetime.now() - timedelta(minutes=1)
        self.env["channel.edi.worker"]._follow_time()
        self.work()
        self.assertEqual(early.state, "held")
        self.assertIn("4711", self.exceptions("edi_document").message)

    def test_cancelled(self):
        self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        self.receive(x12(change("4711", 1, purpose="01"), number=2))
        self.assertEqual(self.held(), 0)
        order = self.env["channel.order"].search([("name", "=", "4711")])
        self.assertEqual(order.state, "cancelled")

    def test_frame_order_holds_nothing(self):
        frame = po("4711", (10, "EA", "5.00", "SKU-1"), kind="BK")
        document = self.receive(x12(frame))
        self.assertEqual(document.state, "ignored")
        self.assertEqual(self.held(), 0)

    def test_case_is_never_a_piece(self):
        """Nobody knows how many are in it: no stock is held for a wrong number, until a
        person has said it."""
        self.receive(x12(po("4711", (10, "CA", "60.00", "SKU-1"))))
        order = self.env["channel.order"].search([("name", "=", "4711")])
        self.assertEqual(order.line_ids.listing_id.state, "review")
        self.assertFalse(order.line_ids.hold_ids.product_id)

    def test_case_of_the_agreement(self):
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "12"})
        ]
        self.receive(x12(po("4711", (2, "CA", "60.00", "SKU-1"))))
        self.assertEqual(self.held(), 24)

    def test_dozens(self):
        self.receive(x12(po("4711", ("1.5", "DZ", "60.00", "SKU-1"))))
        # what is not a whole number of sold units is held rounded up
        self.assertEqual(self.held(), 24)

    def test_stores_get_an_order_each(self):
        """SDQ: the parts come to the line; each place is an order of its own."""
        order = [
            "850",
            "BEG*00*SA*4711**20261201",
            "PO1*1*10*EA*5.00**VN*SKU-1",
            "SDQ*EA*92*0123*4*0456*6",
            "CTT*1",
        ]
        self.receive(x12(order))
        orders = self.env["channel.order"].search([("name", "=", "4711")])
        self.assertEqual(
            sorted(orders.mapped("external_id")), ["4711/0123", "4711/0456"]
        )
        self.assertEqual(self.held(), 10)

    def test_place_that_is_taken_off(self):
        self.test_stores_get_an_order_each()
        less = [
            "860",
            "BCH*04*SA*4711**1*20261201",
            "POC*1*CA*4**EA*5.00**VN*SKU-1",
            "SDQ*EA*92*0123*4",
            "CTT*1",
        ]
        self.receive(x12(less, number=2))
        self.assertEqual(self.held(), 4)

    def test_price_per_another_unit(self):
        """Ordered by the case at the price of a piece."""
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "12"})
        ]
        order = [
            "850",
            "BEG*00*SA*4711**20261201",
            "PO1*1*2*CA*5.00*PE*VN*SKU-1",
            "CTT*1",
        ]
        self.receive(x12(order))
        found = self.env["channel.order"].search([("name", "=", "4711")])
        self.assertEqual(found.total, 120)

    def test_late_same_number_is_another_order(self):
        first = self.receive(x12(po("4711", (10, "EA", "5.00", "SKU-1"))))
        first.received_at = fields.Datetime.now() - timedelta(days=500)
        again = self.receive(x12(po("4711", (3, "EA", "5.00", "SKU-1")), number=2))
        self.assertEqual(again.state, "done")

    def test_half_a_dozen_more_is_sold_as_it_was_ordered(self):
        """1.5 dozens at 60 the dozen are 90, however the base counts its parts."""
        self.channel.write({"confirm_policy": "always", "charges_no_tax": True})
        self.listing.fractions = True
        self.listing.write({"external_id": "SKU-1|DZ", "stock_ref": "SKU-1|DZ"})
        self.listing.pack_qty = 12
        self.receive(x12(po("4711", ("1.5", "DZ", "60.00", "SKU-1"))))
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        order = self.env["channel.order"].search([("name", "=", "4711")])
        self.assertEqual(
            order.state,
            "imported",
            self.env["channel.exception"].search([]).mapped("message"),
        )
        sale = order.sale_order_id
        self.assertEqual(sale.amount_total, 90)
        self.assertEqual(sum(sale.picking_ids.move_ids.mapped("product_qty")), 18)

    def test_prices_have_more_decimals_than_money(self):
        self.channel.write({"confirm_policy": "always", "charges_no_tax": True})
        self.receive(x12(po("4711", (3, "EA", "0.3345", "SKU-1"))))
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        order = self.env["channel.order"].search([("name", "=", "4711")])
        self.assertEqual(order.sale_order_id.amount_total, 1)
