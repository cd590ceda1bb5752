# SPDX-License-Identifier: AGPL-3.0-or-later
"""What others have reported of purchases and their documents, tried here."""

from odoo.tests import Form

from .common_purchase import PurchaseCase, accepted, answer, day8, days
from .test_notices import notice, sscc


class TestReports(PurchaseCase):
    def answered(self, order, *acks, ours="AB1"):
        return self.tell(
            answer(order.name, ("1", 10, "EA", "2.5", "V-1", acks), ours=ours)
        )

    def test_date_of_one_line_leaves_the_others(self):
        """odoo/odoo#154911, #171769: the form puts the order's date on all lines."""
        order = self.ordered((self.product, 10, 2.5), (self.other, 2, 4))
        self.answered(order, accepted(10, 8))
        with Form(order) as form:
            with form.order_line.edit(1) as line:
                line.date_planned = days(-2)
        self.assertEqual(self.lines(order), [("SKU-2", 2, -2), ("SKU-1", 10, 8)])
        [sent] = self.sent()
        self.assertEqual([row[1] for row in sent if row[0] == "POC"], ["2"])

    def test_sections_and_notes_are_no_goods(self):
        """odoo/odoo#168676: a date that is written to all lines breaks on them."""
        order = self.buy((self.product, 10, 2.5), confirm=False)
        for kind in ("line_section", "line_note", "line_note"):
            order.order_line = [
                (0, 0, {"display_type": kind, "name": kind, "product_qty": 0})
            ]
        order.button_confirm()
        self.sent()
        goods = order.order_line.filtered(lambda line: not line.display_type)
        self.answered(order, accepted(10, 4))
        self.assertEqual(goods.mapped("edi_number"), ["1"])
        self.assertEqual(self.inbound(), [(10, 4)])
        self.assertEqual(len(order.order_line.filtered("edi_number")), 1)

    def test_less_in_several_steps_makes_no_return(self):
        """odoo/odoo#84414: less than before comes as a return in the later steps."""
        self.warehouse.reception_steps = "three_steps"
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(4, 0), accepted(3, 6), "ID*3*EA")
        self.assertEqual(self.inbound(), [(3, 6), (4, 0)])
        returns = self.env["stock.move"].search(
            [
                ("product_id", "=", self.product.id),
                ("location_dest_id.usage", "=", "supplier"),
            ]
        )
        self.assertFalse(returns)
        self.assertEqual(sum(order.picking_ids.move_ids.mapped("product_qty")), 7)

    def test_negative_quantity_is_not_ordered_by_document(self):
        """odoo/odoo#265704: an order with a negative quantity is a return."""
        self.buy((self.product, -3, 2.5), (self.other, 2, 4))
        self.assertFalse(self.told())
        self.assertIn("negative quantity", self.differences())

    def test_number_of_a_line_stays_whatever_is_added_before_it(self):
        """OCA/edi#311: answers name lines by their place, and places change."""
        order = self.ordered((self.product, 10, 2.5))
        order.order_line = [
            (
                0,
                0,
                {
                    "product_id": self.other.id,
                    "product_qty": 2,
                    "price_unit": 4,
                    "sequence": 1,
                    "date_planned": days(0),
                },
            )
        ]
        order.invalidate_recordset()
        self.assertEqual(order.order_line[0].product_id, self.other)
        self.answered(order, accepted(10, 5))
        self.assertEqual(self.lines(order), [("SKU-2", 2, 0), ("SKU-1", 10, 5)])

    def test_two_lines_of_one_product_are_told_apart_by_their_numbers(self):
        """OCA/edi#300: the first line with the product gets what is of the second."""
        order = self.ordered((self.product, 10, 2.5), (self.product, 5, 2.5))
        self.tell(answer(order.name, ("2", 5, "EA", "2.5", "V-1", [accepted(5, 7)])))
        self.assertEqual(self.lines(order), [("SKU-1", 10, 0), ("SKU-1", 5, 7)])

    def test_several_answers_to_one_line_add_up(self):
        """anskaffelser/ehf-postaward-g2#264: 50 boxes at one date, 200 at another."""
        order = self.ordered((self.product, 250, 2.5))
        self.tell(
            answer(
                order.name,
                ("1", 250, "EA", "2.5", "V-1", [accepted(50, 1)]),
                ("1", 250, "EA", "2.5", "V-1", [accepted(200, 4)]),
            )
        )
        self.assertEqual(self.inbound(), [(50, 1), (200, 4)])
        self.assertFalse(self.exceptions("edi_purchase"))

    def test_later_answer_replaces_a_partial_one(self):
        """amzn/selling-partner-api-models#5108: it is refused after it was accepted in
        part, and stays accepted."""
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(7, 0), "R4*3*EA")
        self.assertEqual(self.inbound(), [(7, 0)])
        self.answered(order, "R4*10*EA", ours="AB2")
        self.assertEqual(self.inbound(), [])
        self.assertEqual(self.purchase(order).answer, "rejected")

    def test_more_than_ordered_can_be_received(self):
        """OCA/edi#143: what comes beyond the order has no place in the receipt."""
        order = self.ordered((self.product, 10, 2.5))
        self.tell(notice("S1", order.name, (sscc(1), [("V-1", 11)])), functional="SH")
        self.take_in(order.picking_ids)
        self.assertEqual(order.order_line.qty_received, 11)
        self.assertIn("1 more than", self.differences())

    def test_days_are_those_of_the_partner(self):
        """OCA/purchase-workflow#1192: parts of one day become two receipts."""
        self.agreement.tz = "America/New_York"
        order = self.buy((self.product, 10, 2.5), (self.other, 2, 4), confirm=False)
        order.order_line[0].date_planned = days(0).replace(hour=23)
        order.order_line[1].date_planned = days(1).replace(hour=3)
        order.button_confirm()
        [sent] = self.sent()
        found = {row[2] for row in sent if row[:2] == ["DTM", "002"]}
        self.assertEqual(found, {day8(0)})
