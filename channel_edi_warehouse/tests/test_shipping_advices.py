# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from .common_warehouse import EARLIER, WarehouseCase, advice

MINUTE = EARLIER.replace(second=59)
"""The end of the minute that is told: a count within it may not know it yet."""


class TestShippingAdvices(WarehouseCase):
    """What a warehouse tells as shipped (945) leaves the stock once, as of the time
    when it left, and what it does not ship is owed or not as it says."""

    def test_shipped_as_ordered_leaves_at_its_own_time(self):
        picking = self.delivery((self.product, 4))
        document = self.tell(advice(picking.name, ("CC", 4, 4, "EA", "SKU-1")))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual(document.res_id, picking.id)
        self.assertEqual(picking.state, "done")
        self.assertEqual(picking.date_done, self.naive(MINUTE))
        self.assertEqual(picking.move_line_ids.mapped("date"), [self.naive(MINUTE)])
        self.assertEqual(self.on_hand(), 6)
        self.assertFalse(self.exceptions("edi_warehouse", "edi_document"))

    def test_day_without_a_time_is_its_end(self):
        """What a count of that day knew is never taken for sellable once more."""
        picking = self.delivery((self.product, 4))
        told = advice(picking.name, ("CC", 4, 4, "EA", "SKU-1"))
        self.tell([each for each in told if not each.startswith("G62")])
        self.assertEqual(
            picking.date_done,
            self.naive(EARLIER.replace(hour=23, minute=59, second=59)),
        )

    def test_same_again_changes_nothing(self):
        picking = self.delivery((self.product, 4))
        told = advice(picking.name, ("CC", 4, 4, "EA", "SKU-1"))
        self.tell(told)
        again = self.tell(told)
        self.assertEqual(again.state, "ignored")
        self.assertEqual(self.on_hand(), 6)

    def test_same_number_with_another_content_is_held(self):
        picking = self.delivery((self.product, 4))
        self.tell(advice(picking.name, ("BP", 4, 3, "EA", "SKU-1")))
        again = self.tell(advice(picking.name, ("BP", 4, 2, "EA", "SKU-1")))
        self.assertHeld(again, "another content")
        self.assertEqual(self.on_hand(), 7)

    def test_same_content_without_a_number_is_held(self):
        picking = self.delivery((self.product, 4))
        told = advice(picking.name, ("BP", 4, 2, "EA", "SKU-1"), shipment="")
        self.tell(told)
        self.assertHeld(self.tell(told), "neither has a number")
        self.assertEqual(self.on_hand(), 8)

    def test_total_that_does_not_add_up_is_held(self):
        picking = self.delivery((self.product, 4))
        told = advice(picking.name, ("CC", 4, 4, "EA", "SKU-1"), total=5)
        self.assertHeld(self.tell(told), "4 units")
        self.assertEqual(self.on_hand(), 10)

    def test_unknown_item_posts_nothing_of_the_document(self):
        picking = self.delivery((self.product, 4))
        told = advice(
            picking.name,
            ("CC", 4, 4, "EA", "SKU-1"),
            ("CC", 1, 1, "EA", "NOBODY-KNOWS"),
        )
        document = self.tell(told)
        self.assertHeld(document, "NOBODY-KNOWS")
        self.assertEqual((picking.state, self.on_hand()), ("assigned", 10))
        # the advice is followed: the product gets its number
        self.make_product(self.env, 3, default_code="NOBODY-KNOWS")
        document.action_retry()
        self.work()
        self.assertEqual((document.state, self.on_hand()), ("done", 6))

    def test_case_is_never_a_piece(self):
        picking = self.delivery((self.product, 6))
        told = advice(picking.name, ("CC", 1, 1, "CA", "SKU-1"))
        document = self.tell(told)
        self.assertHeld(document, "CA")
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "6"})
        ]
        document.action_retry()
        self.work()
        self.assertEqual((document.state, self.on_hand()), ("done", 4))

    def test_unknown_status_is_held(self):
        picking = self.delivery((self.product, 4))
        told = advice(picking.name, ("ZZ", 4, 4, "EA", "SKU-1"))
        self.assertHeld(self.tell(told), "ZZ")
        self.assertEqual(self.on_hand(), 10)

    def test_unknown_transfer_is_held(self):
        told = advice("NO/SUCH/1", ("CC", 4, 4, "EA", "SKU-1"))
        self.assertHeld(self.tell(told), "NO/SUCH/1")

    def test_closed_short_cuts_the_rest(self):
        picking = self.delivery((self.product, 4), (self.other, 2))
        told = advice(
            picking.name, ("CP", 4, 3, "EA", "SKU-1"), ("BO", 2, 0, "EA", "SKU-2")
        )
        self.assertEqual(self.tell(told).state, "done")
        self.assertEqual((self.on_hand(), self.waiting()), (7, 0))
        # the other one is still owed
        self.assertEqual((self.on_hand(self.other), self.waiting(self.other)), (20, 2))

    def test_line_that_is_cancelled_there_is_not_owed(self):
        picking = self.delivery((self.product, 4))
        self.tell(advice(picking.name, ("CU", 4, 0, "EA", "SKU-1")))
        self.assertEqual((self.on_hand(), self.waiting()), (10, 0))
        self.assertEqual(picking.state, "cancel")

    def test_several_advices_come_to_what_was_ordered(self):
        picking = self.delivery((self.product, 9))
        for number, (code, left) in enumerate([("BP", 2), ("BP", 3), ("CC", 4)]):
            told = advice(
                picking.name, (code, 9, left, "EA", "SKU-1"), shipment=f"S{number}"
            )
            self.assertEqual(self.tell(told).state, "done")
            self.assertEqual(self.waiting(), 9 - (2, 5, 9)[number])
        self.assertEqual(self.shipped(picking), 9)
        self.assertEqual(self.on_hand(), 1)
        self.assertFalse(self.exceptions("edi_warehouse", "edi_document"))

    def test_more_than_ordered_is_posted_and_told(self):
        picking = self.delivery((self.product, 4))
        self.tell(advice(picking.name, ("CC", 4, 5, "EA", "SKU-1")))
        self.assertEqual((self.on_hand(), self.waiting()), (5, 0))
        self.assertIn("4 were to leave", self.exceptions("edi_warehouse").message)

    def test_more_after_all_has_left_is_posted_and_told(self):
        picking = self.delivery((self.product, 4))
        self.tell(advice(picking.name, ("CC", 4, 4, "EA", "SKU-1")))
        self.tell(advice(picking.name, ("CC", 4, 1, "EA", "SKU-1"), shipment="S2"))
        self.assertEqual((self.on_hand(), self.waiting()), (5, 0))
        self.assertIn("another shipment", self.exceptions("edi_warehouse").message)

    def test_complete_that_is_short_keeps_the_rest_and_tells(self):
        picking = self.delivery((self.product, 4))
        self.tell(advice(picking.name, ("CC", 4, 3, "EA", "SKU-1")))
        self.assertEqual((self.on_hand(), self.waiting()), (7, 1))
        self.assertIn("complete", self.exceptions("edi_warehouse").message)

    def test_complete_by_an_advice_that_overtook_another_ends_with_it(self):
        picking = self.delivery((self.product, 4))
        last = advice(picking.name, ("CC", 2, 2, "EA", "SKU-1"), shipment="S2")
        self.tell(last)
        self.assertIn("complete", self.exceptions("edi_warehouse").message)
        self.tell(advice(picking.name, ("BP", 4, 2, "EA", "SKU-1")))
        self.assertEqual((self.on_hand(), self.waiting()), (6, 0))
        self.assertFalse(self.exceptions("edi_warehouse"))

    def test_no_exceptions_means_as_ordered(self):
        picking = self.delivery((self.product, 4), (self.other, 2))
        document = self.tell(advice(picking.name, mode="N", total=6))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (6, 18))

    def test_only_exceptions_are_named(self):
        picking = self.delivery((self.product, 4), (self.other, 2))
        short = ("CP", 4, 1, "EA", "SKU-1")
        document = self.tell(advice(picking.name, short, mode="X", total=3))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (9, 18))
        self.assertEqual(self.waiting(), 0)

    def test_only_exceptions_with_a_wrong_total_are_held(self):
        picking = self.delivery((self.product, 4), (self.other, 2))
        short = ("CP", 4, 1, "EA", "SKU-1")
        self.assertHeld(
            self.tell(advice(picking.name, short, mode="X", total=4)), "3 units"
        )
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (10, 20))

    def test_simulation_is_not_real(self):
        picking = self.delivery((self.product, 4))
        told = advice(picking.name, ("CC", 4, 4, "EA", "SKU-1"), mode="K")
        self.assertEqual(self.tell(told).state, "ignored")
        self.assertEqual(self.on_hand(), 10)

    def test_substitute_leaves_in_place_of_what_was_ordered(self):
        picking = self.delivery((self.product, 4))
        instead = ("IS", 4, 4, "EA", "SKU-2", *[""] * 8, "VN", "SKU-1")
        document = self.tell(advice(picking.name, instead))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((self.on_hand(), self.on_hand(self.other)), (10, 16))
        self.assertEqual((self.waiting(), self.waiting(self.other)), (0, 0))
        self.assertTrue(
            any(
                "instead of" in each.message
                for each in self.exceptions("edi_warehouse")
            )
        )

    def test_transfer_that_was_cancelled_here_has_left(self):
        picking = self.delivery((self.product, 4))
        picking.action_cancel()
        document = self.tell(advice(picking.name, ("BP", 4, 3, "EA", "SKU-1")))
        self.assertEqual(document.state, "done", document.error)
        # and nobody wants the rest
        self.assertEqual((self.on_hand(), self.waiting()), (7, 0))

    def test_lot_that_is_told_is_the_one_that_left(self):
        self.other.tracking = "lot"
        product = self.make_product(self.env, 4, tracking="lot")
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": product.id} for name in ("L1", "L2")]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(
                product, self.warehouse.lot_stock_id, 5, lot_id=lot
            )
        picking = self.delivery((product, 5))
        told = advice(
            picking.name,
            ("CC", 3, 3, "EA", "SKU-4", "L2"),
            ("CC", 2, 2, "EA", "SKU-4", "L1"),
        )
        document = self.tell(told)
        self.assertEqual(document.state, "done", document.error)
        left = {line.lot_id.name: line.quantity for line in picking.move_line_ids}
        self.assertEqual(left, {"L1": 2, "L2": 3})

    def test_unknown_lot_is_held(self):
        product = self.make_product(self.env, 4, tracking="lot")
        picking = self.delivery((product, 5))
        told = advice(picking.name, ("CC", 5, 5, "EA", "SKU-4", "L9"))
        self.assertHeld(self.tell(told), "L9")

    def test_goods_leave_the_shelf_on_which_they_are(self):
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        product = self.make_product(self.env, 4)
        self.add_stock(self.env, product, self.warehouse, 5, shelf)
        picking = self.delivery((product, 4))
        self.tell(advice(picking.name, ("CC", 4, 4, "EA", "SKU-4")))
        self.assertEqual(self.on_hand(product, shelf), 1)
        self.assertEqual(self.on_hand(product), 1)

    def test_tracking_number_comes_with_it(self):
        picking = self.delivery((self.product, 4))
        if "carrier_tracking_ref" not in picking._fields:
            self.skipTest("transfers have no tracking number")
        self.tell(advice(picking.name, ("CC", 4, 4, "EA", "SKU-1")))
        self.assertEqual(picking.carrier_tracking_ref, "1Z999")

    def test_count_between_leaving_and_telling_knows_it_already(self):
        """50 - 3 counted at 10, left at 8, told at 12: 47, and never 44."""
        self.warehouse.channel_authority = "external"
        picking = self.delivery((self.product, 3))
        self.env["channel.external.stock"]._report(
            self.warehouse,
            [{"product_id": self.product.id, "on_hand": 47}],
            EARLIER + timedelta(hours=2),
        )
        self.tell(advice(picking.name, ("CC", 3, 3, "EA", "SKU-1")))
        self.plan()
        self.assertEqual(self.position.on_hand, 47)

    def test_each_document_is_a_sign_of_life(self):
        self.warehouse.channel_authority = "reported"
        self.warehouse.channel_told_at = self.naive(EARLIER)
        document = self.tell(advice("NO/SUCH/1", ("CC", 4, 4, "EA", "SKU-1")))
        self.env.invalidate_all()
        self.assertEqual(document.state, "held")
        self.assertGreater(self.warehouse.channel_told_at, self.naive(EARLIER))
