# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from .common_purchase import TODAY, PurchaseCase, accepted, answer, day8, days


class TestAnswers(PurchaseCase):
    """What a supplier answers (855) is on the purchase lines from then on, and what is
    otherwise than ordered is told until somebody has decided."""

    def answered(
        self, order, *acks, line="1", ordered=10, price="2.5", sku="V-1", **more
    ):
        """The supplier answers the first line of an order."""
        number = order if isinstance(order, str) else order.name
        return self.tell(
            answer(number, (line, ordered, "EA", price, sku, acks), **more)
        )

    def state(self, order):
        purchase = self.purchase(order)
        return purchase.answer, bool(purchase.differences)

    # ------------------------------------------------------------- accepted
    def test_accepted_as_ordered(self):
        order = self.ordered((self.product, 10, 2.5))
        [document] = self.answered(order, accepted(10, 0))
        self.assertDone(document)
        self.assertEqual(self.lines(order), [("SKU-1", 10, 0)])
        self.assertEqual(self.state(order), ("accepted", False))
        self.assertEqual(order.edi_answer, "accepted")
        self.assertFalse(self.told("860"))
        self.assertFalse(self.exceptions("edi_purchase", "edi_document"))

    def test_accepted_without_any_lines(self):
        order = self.ordered((self.product, 10, 2.5))
        self.assertDone(self.tell(answer(order.name, kind="AT")))
        self.assertEqual(self.state(order), ("accepted", False))

    def test_received_is_no_answer(self):
        order = self.ordered((self.product, 10, 2.5))
        self.assertDone(self.tell(answer(order.name, kind="AK")))
        self.assertEqual(self.state(order), ("awaited", False))

    def test_overdue_ends_with_the_answer(self):
        order = self.ordered((self.product, 10, 2.5))
        self.purchase(order).answer_due_at = "2020-01-01"
        self.env["channel.edi.purchase"]._report_overdue()
        self.assertTrue(self.exceptions("edi_purchase"))
        self.answered(order, accepted(10, 0))
        self.assertFalse(self.exceptions("edi_purchase"))

    # ---------------------------------------------------------------- dates
    def test_later_and_earlier_dates_move_what_may_be_promised(self):
        order = self.ordered((self.product, 10, 2.5))
        self.assertEqual(self.inbound(), [(10, 0)])
        self.answered(order, accepted(10, 8, code="DR"))
        self.assertEqual(self.lines(order), [("SKU-1", 10, 8)])
        self.assertEqual(self.inbound(), [(10, 8)])
        self.answered(order, accepted(10, -3, code="DR"), ours="AB2")
        self.assertEqual(self.lines(order), [("SKU-1", 10, -3)])
        self.assertEqual(self.inbound(), [(10, -3)])
        # the supplier has said so itself
        self.assertFalse(self.told("860"))
        self.assertEqual(self.state(order), ("accepted", False))
        # and the buyer's next date is news to it
        order.order_line.date_planned = days(0)
        self.assertEqual(len(self.told("860")), 1)

    def test_date_of_leaving_needs_the_days_on_the_road(self):
        self.channel.edi_transit_days = 4
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, f"DR*10*EA*068*{day8(3)}")
        self.assertEqual(self.lines(order), [("SKU-1", 10, 7)])

    def test_time_of_the_day_stays_and_no_day_is_lost_in_another_zone(self):
        """Midnight there is the day before in UTC (odoo/odoo#80725)."""
        for zone in ("America/Los_Angeles", "Asia/Tokyo"):
            with self.subTest(zone):
                self.agreement.tz = zone
                order = self.ordered((self.product, 10, 2.5))
                before = order.order_line.date_planned
                self.answered(order, accepted(10, 5))
                self.assertEqual(
                    order.order_line.date_planned - before, timedelta(days=5)
                )
                self.assertFalse(self.told("860"))

    # --------------------------------------------------------------- splits
    def test_split_is_a_line_for_each_date(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(6, 0), accepted(4, 9, code="DR"))
        self.assertEqual(self.lines(order), [("SKU-1", 6, 0), ("SKU-1", 4, 9)])
        self.assertEqual(self.inbound(), [(4, 9), (6, 0)])
        self.assertEqual(sum(order.order_line.mapped("price_subtotal")), 25)
        self.assertEqual(set(order.order_line.mapped("edi_number")), {"1"})
        self.assertFalse(self.told("860"))
        self.assertEqual(self.state(order), ("accepted", False))

    def test_split_and_split_otherwise(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(6, 0), accepted(4, 9))
        self.answered(order, accepted(2, 1), accepted(8, 4), ours="AB2")
        self.assertEqual(
            [row[1:] for row in self.lines(order)], [(2, 1), (4, 4), (4, 4)]
        )
        self.assertEqual(self.inbound(), [(2, 1), (8, 4)])
        self.answered(order, accepted(10, 6), ours="AB3")
        self.assertEqual(self.inbound(), [(10, 6)])
        self.assertFalse(self.told("860"))

    def test_split_is_received_part_by_part(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(6, 0), accepted(4, 9))
        picking = order.picking_ids
        first = picking.move_ids.filtered(lambda move: move.product_qty == 6)
        first.write({"quantity": 6, "picked": True})
        (picking.move_ids - first).write({"quantity": 0})
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(
            order.order_line.sorted("date_planned").mapped("qty_received"), [6, 0]
        )
        self.assertEqual(self.inbound(), [(4, 9)])
        # what has come is over: the rest is moved
        self.answered(order, accepted(6, 0), accepted(4, 12), ours="AB2")
        self.assertEqual(self.inbound(), [(4, 12)])

    def test_change_of_a_split_line_is_told_with_both_dates(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(6, 0), accepted(4, 9))
        order.order_line.sorted("date_planned")[1].product_qty = 8
        [sent] = self.sent()
        [line] = [row for row in sent if row[0] == "POC"]
        self.assertEqual(line[1:4], ["1", "CA", "14"])
        parts = [(row[1], row[6]) for row in sent if row[0] == "SCH"]
        self.assertEqual(parts, [("6", day8(0)), ("8", day8(9))])

    def test_split_goods_that_a_delivery_waits_for_still_go_there(self):
        """Make to order: the moves of both parts bring it."""
        customer = self.env.ref("stock.stock_location_customers")
        order = self.ordered((self.other, 10, 4))
        coming = order.order_line.move_ids
        leaving = self.env["stock.move"].create(
            {
                "product_id": self.other.id,
                "product_uom_qty": 10,
                "location_id": coming.location_dest_id.id,
                "location_dest_id": customer.id,
                "procure_method": "make_to_order",
                "move_orig_ids": [(6, 0, coming.ids)],
            }
        )
        leaving._action_confirm(merge=False)
        order.order_line.move_dest_ids = leaving
        self.answered(order, accepted(6, 0), accepted(4, 9), price="4", sku="V-2")
        self.assertEqual(len(leaving.move_orig_ids), 2)
        for move in leaving.move_orig_ids:
            move.picked = True
        order.picking_ids.button_validate()
        self.assertEqual(leaving.quantity, 10)
        self.assertEqual(leaving.state, "assigned")

    # ----------------------------------------------------- less, more, none
    def test_less_is_not_promised_and_told(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(7, 0, code="IQ"), "ID*3*EA")
        self.assertEqual(self.lines(order), [("SKU-1", 7, 0)])
        self.assertEqual(self.inbound(), [(7, 0)])
        self.assertEqual(self.state(order), ("changed", True))
        self.assertIn("7 of 10 will come", self.differences())
        self.assertFalse(self.told("860"))
        # what is wanted all the same is told, and that was the decision
        order.order_line.product_qty = 10
        self.assertFalse(self.exceptions("edi_purchase"))
        [sent] = self.sent()
        self.assertIn(["POC", "1", "CA", "10"], [row[:4] for row in sent])
        self.assertEqual(self.state(order), ("awaited", False))
        self.answered(order, accepted(10, 0), ours="AB2")
        self.assertEqual(self.state(order), ("accepted", False))

    def test_answers_that_do_not_come_to_what_was_ordered_are_less(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(7, 0))
        self.assertEqual(self.inbound(), [(7, 0)])
        self.assertIn("7 of 10", self.differences())

    def test_rejected_line_and_rejected_order(self):
        order = self.ordered((self.product, 10, 2.5), (self.other, 2, 4))
        self.answered(order, "R2*10*EA")
        self.assertEqual(self.lines(order), [("SKU-2", 2, 0)])
        self.assertEqual(self.state(order), ("partly", True))
        self.tell(answer(order.name, kind="RJ", ours="AB2"))
        self.assertEqual(self.lines(order), [])
        self.assertEqual((self.inbound(), self.inbound(self.other)), ([], []))
        self.assertEqual(self.state(order), ("rejected", True))
        self.assertIn("0 of 2 will come", self.differences())

    def test_rejected_order_is_not_cancelled_there(self):
        order = self.ordered((self.product, 10, 2.5))
        self.tell(answer(order.name, kind="RJ"))
        order.button_cancel()
        self.assertFalse(self.told("860"))
        self.assertFalse(self.exceptions("edi_purchase"))

    def test_more_is_not_promised_and_ends_when_it_is_ordered(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(12, 0, code="IQ"))
        self.assertEqual(self.inbound(), [(10, 0)])
        self.assertIn("12 will come", self.differences())
        order.order_line.product_qty = 12
        self.assertFalse(self.exceptions("edi_purchase"))
        self.assertFalse(self.told("860"))
        # otherwise is told
        order.order_line.product_qty = 13
        self.assertEqual(len(self.told("860")), 1)

    def test_backordered_without_a_date_waits_for_one(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(6, 0), "IB*4*EA")
        self.assertEqual(self.inbound(), [(4, 30), (6, 0)])
        self.assertIn("4 are on backorder", self.differences())
        order.order_line.filtered(lambda e: e.product_qty == 4).date_planned = days(20)
        self.assertFalse(self.exceptions("edi_purchase"))
        self.assertEqual(self.inbound(), [(4, 20), (6, 0)])

    def test_line_on_hold_is_still_open(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, "IH*10*EA")
        self.assertEqual(self.lines(order), [("SKU-1", 10, 0)])
        self.assertEqual(self.state(order), ("partly", True))
        self.assertIn("not decided", self.differences())
        self.answered(order, accepted(10, 0), ours="AB2")
        self.assertEqual(self.state(order), ("accepted", False))
        self.assertFalse(self.exceptions("edi_purchase"))

    def test_part_on_hold_is_still_ordered_and_not_promised_soon(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(6, 0), "IH*4*EA")
        self.assertEqual(self.inbound(), [(4, 30), (6, 0)])
        self.assertEqual(self.state(order), ("partly", True))
        self.assertNotIn("will come", self.differences())
        self.answered(order, accepted(6, 0), accepted(4, 5), ours="AB2")
        self.assertEqual(self.inbound(), [(4, 5), (6, 0)])
        self.assertEqual(self.state(order), ("accepted", False))

    def test_line_that_is_not_answered_keeps_the_answer_awaited(self):
        order = self.ordered((self.product, 10, 2.5), (self.other, 2, 4))
        self.answered(order, accepted(10, 0))
        self.assertEqual(self.state(order), ("partly", False))
        self.assertTrue(self.purchase(order).answer_due_at)

    def test_lines_that_are_answered_one_after_the_other(self):
        order = self.ordered((self.product, 10, 2.5), (self.other, 2, 4))
        self.answered(order, accepted(10, 0))
        second = {"line": "2", "ordered": 2, "price": "4", "sku": "V-2"}
        self.answered(order, accepted(2, 3), ours="AB2", **second)
        self.assertEqual(self.state(order), ("accepted", False))
        # only what was changed is owed an answer
        order.order_line.filtered(lambda e: e.product_id == self.other).product_qty = 3
        self.sent()
        self.assertEqual(self.state(order), ("awaited", False))
        self.answered(order, accepted(3, 3), ours="AB3", **{**second, "ordered": 3})
        self.assertEqual(self.state(order), ("accepted", False))

    # --------------------------------------------------------------- prices
    def test_dearer_is_a_persons_and_ends_when_it_is_entered(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(10, 0, code="IP"), price="2.7")
        self.assertEqual(order.order_line.price_unit, 2.5)
        self.assertIn("the price is 2.7, ordered at 2.5", self.differences())
        order.order_line.price_unit = 2.7
        self.assertFalse(self.exceptions("edi_purchase"))
        self.assertFalse(self.told("860"))

    def test_dearer_by_little_is_taken(self):
        self.channel.edi_price_tolerance = 2
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(10, 0), price="2.55")
        self.assertEqual(order.order_line.price_unit, 2.55)
        self.assertFalse(self.exceptions("edi_purchase"))
        self.assertFalse(self.told("860"))

    def test_price_of_a_hundred_is_a_hundredth_each(self):
        order = self.ordered((self.product, 10, 2.5))
        self.tell(
            [
                *answer(order.name)[:2],
                "PO1*1*10*EA*250*HP*VN*V-1",
                f"ACK*{accepted(10, 0)}",
                "CTT*1",
            ]
        )
        self.assertFalse(self.exceptions("edi_purchase"))
        self.assertEqual(self.state(order), ("accepted", False))

    # ---------------------------------------------------------- substitutes
    def test_substitute_is_a_persons_and_ends_when_it_is_added(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, f"IS*10*EA*017*{day8(2)}**VN*V-2")
        self.assertEqual(self.inbound(), [])
        self.assertIn("10 × [SKU-2] Product 2 come instead", self.differences())
        order.order_line = [
            (
                0,
                0,
                {
                    "product_id": self.other.id,
                    "product_qty": 10,
                    "price_unit": 4,
                    "date_planned": days(2),
                },
            )
        ]
        self.assertNotIn("instead", self.differences())
        self.assertFalse(self.told("860"))
        self.assertEqual(self.inbound(self.other), [(10, 2)])

    def test_unknown_substitute_holds_the_answer(self):
        order = self.ordered((self.product, 10, 2.5))
        [document] = self.answered(order, "IS*10*EA****VN*V-99")
        self.assertHeld(document, "V-99")
        self.assertEqual(self.lines(order), [("SKU-1", 10, 0)])
        self.other.seller_ids.product_code = "V-99"
        document.action_retry()
        self.work()
        self.assertDone(document)

    # ------------------------------------------------------------ what else
    def test_unit_that_was_not_ordered_is_never_guessed(self):
        order = self.ordered((self.product, 10, 2.5))
        [document] = self.answered(order, accepted(1, 0, unit="CA"))
        self.assertHeld(document, "1 CA")
        self.assertEqual(self.lines(order), [("SKU-1", 10, 0)])
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "10"})
        ]
        document.action_retry()
        self.work()
        self.assertDone(document)
        self.assertEqual(self.state(order), ("accepted", False))

    def test_order_in_packs_is_answered_in_pieces(self):
        pack = self.env["uom.uom"].create(
            {
                "name": "Case of 12",
                "relative_factor": 12,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        order = self.ordered((self.product, 2, 30, pack))
        self.answered(order, accepted(12, 0), accepted(12, 5), ordered=24)
        self.assertEqual(self.lines(order), [("SKU-1", 1, 0), ("SKU-1", 1, 5)])
        self.assertEqual(self.inbound(), [(12, 0), (12, 5)])
        self.assertEqual(self.state(order), ("accepted", False))

    def test_answer_to_no_order_of_ours_is_held(self):
        [document] = self.answered("P999", accepted(10, 0))
        self.assertHeld(document, "P999")

    def test_line_that_was_not_ordered_holds_the_answer(self):
        order = self.ordered((self.product, 10, 2.5))
        [document] = self.answered(order, accepted(10, 0), line="7", sku="NOBODY")
        self.assertHeld(document, "NOBODY")
        [document] = self.answered(order, accepted(10, 0), sku="V-2", ours="AB2")
        self.assertHeld(document, "V-2")

    def test_line_numbers_with_zeros_and_other_numbers_of_the_supplier(self):
        order = self.ordered((self.product, 10, 2.5), (self.other, 2, 4))
        self.answered(order, accepted(10, 1), line="0001")
        self.answered(
            order,
            accepted(2, 2),
            line="20",
            ordered=2,
            price="4",
            sku="V-2",
            ours="AB2",
        )
        self.assertEqual(self.lines(order), [("SKU-1", 10, 1), ("SKU-2", 2, 2)])

    def test_same_again_changes_nothing(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(6, 0), accepted(4, 9))
        [again] = self.answered(order, accepted(6, 0), accepted(4, 9))
        self.assertEqual(again.state, "ignored")
        self.assertEqual(len(order.order_line), 2)

    def test_older_answer_that_comes_late_is_not_taken(self):
        order = self.ordered((self.product, 10, 2.5))
        self.answered(order, accepted(10, 8))
        [late] = self.answered(order, accepted(10, 3), ours="AB0", day=TODAY - 1)
        self.assertEqual(late.state, "ignored")
        self.assertEqual(self.lines(order), [("SKU-1", 10, 8)])

    def test_answer_to_the_order_as_it_was_before_a_change(self):
        order = self.ordered((self.product, 10, 2.5))
        order.order_line.product_qty = 15
        self.answered(order, accepted(10, 3))
        self.assertEqual(self.lines(order), [("SKU-1", 15, 0)])
        self.assertEqual(self.state(order)[0], "awaited")
        self.sent()
        self.answered(order, accepted(15, 3), ordered=15, ours="AB2")
        self.assertEqual(self.lines(order), [("SKU-1", 15, 3)])
        self.assertEqual(self.state(order), ("accepted", False))

    def test_answer_between_two_changes_is_not_told_back(self):
        """A change that has not left yet is written anew on top of the answer."""
        order = self.ordered((self.product, 10, 2.5), (self.other, 2, 4))
        order.order_line[1].product_qty = 3
        self.answered(order, accepted(10, 8))
        [sent] = self.sent()
        self.assertEqual(
            [row[1:4] for row in sent if row[0] == "POC"], [["2", "CA", "3"]]
        )
        order.order_line[1].product_qty = 4
        [sent] = self.sent()
        self.assertEqual(
            [row[1:4] for row in sent if row[0] == "POC"], [["2", "CA", "4"]]
        )

    def test_answer_to_a_cancelled_order_changes_nothing(self):
        order = self.ordered((self.product, 10, 2.5))
        order.button_cancel()
        [document] = self.answered(order, accepted(10, 3))
        self.assertEqual(document.state, "ignored")
        self.assertEqual(self.inbound(), [])

    def test_answer_to_a_change(self):
        """865 says what 855 says."""
        order = self.ordered((self.product, 10, 2.5))
        order.order_line.product_qty = 12
        self.sent()
        [document] = self.tell(
            [
                "865",
                f"BCA*00*AC*{order.name}**1*{day8(TODAY)}",
                "POC*1*CA*12**EA*2.5**VN*V-1",
                f"ACK*{accepted(12, 4)}",
                "CTT*1",
            ],
            functional="CA",
        )
        self.assertDone(document)
        self.assertEqual(self.lines(order), [("SKU-1", 12, 4)])

    def test_kit_is_never_expected_too_early(self):
        """Components of a kit cannot be split by when the kit comes."""
        kit = self.make_product(self.env, 5)
        self.add_seller(kit, "V-5", 9)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    (0, 0, {"product_id": self.other.id, "product_qty": 2})
                ],
            }
        )
        order = self.ordered((kit, 10, 9))
        self.answered(order, accepted(6, 0), accepted(4, 9), price="9", sku="V-5")
        self.assertEqual(self.lines(order), [("SKU-5", 10, 9)])
        self.assertEqual(self.inbound(self.other), [(20, 9)])
