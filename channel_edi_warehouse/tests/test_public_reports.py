# SPDX-License-Identifier: AGPL-3.0-or-later
"""What users of other systems have reported of their warehouses' documents."""

from odoo import fields

from .common_warehouse import WarehouseCase, advice
from .test_adjustments import adjustment
from .test_counts import stock_report
from .test_receipts import receipt


class TestPublicReports(WarehouseCase):
    def work_on_parked(self):
        self.env["channel.edi.worker"]._follow_time()
        self.env.flush_all()
        self.env["channel.edi.worker"]._run(self.channel)
        self.env.invalidate_all()

    def count(self, *items, **more):
        return self.tell(stock_report(*items, **more), functional="IB")

    def test_feed_takes_off_no_more_than_there_is(self):
        """harshaldhanewar/HackathonPS#68: a warehouse's feed took 999 off without a
        look, and stock was negative."""
        document = self.tell(adjustment(("06", -999, "SKU-1")), functional="AW")
        self.assertEqual((document.state, self.on_hand()), ("parked", 10))
        self.assertIn("999", document.error)
        # nobody tells of anything that would explain it: a person decides
        document.received_at = fields.Datetime.subtract(document.received_at, days=1)
        document.parked_until = document.received_at
        self.work_on_parked()
        self.assertHeld(document, "999")
        self.assertEqual(self.on_hand(), 10)

    def test_loss_that_overtakes_its_receipt_is_posted_after_it(self):
        lost = self.tell(adjustment(("06", -12, "SKU-1")), functional="AW")
        self.assertEqual((lost.state, self.on_hand()), ("parked", 10))
        came = self.expected((self.product, 5))
        self.tell(receipt(came.name, (5, "EA", "SKU-1", "", {})), functional="RE")
        lost.parked_until = fields.Datetime.now()
        self.work_on_parked()
        self.assertEqual((lost.state, self.on_hand()), ("done", 3))

    def test_remaining_units_are_taken_off_once(self):
        """adempiere/adempiere#3645: each part of an order took the rest off again."""
        picking = self.delivery((self.product, 9))
        owed = []
        for number, units in enumerate((4, 3), 1):
            line = ("BP", 9, units, "EA", "SKU-1")
            told = advice(picking.name, line, shipment=f"S{number}")
            self.assertEqual(self.tell(told).state, "done")
            owed.append((self.shipped(picking), self.waiting(), self.on_hand()))
        self.assertEqual(owed, [(4, 5, 6), (7, 2, 3)])

    def test_negative_count_is_no_stock(self):
        """NexarDeveloper/nexar-supply-excel-cs#14: suppliers send -1 and -2 for "not
        stocked" and "yes"."""
        self.warehouse.channel_authority = "external"
        self.count(("SKU-1", 7), ("SKU-2", 5))
        self.count(("SKU-1", -2), ("SKU-2", 4), number="C2", time="1100")
        self.plan()
        self.assertEqual(self.position.on_hand, 7)
        self.assertIn("1 of 2 rows", self.exceptions("stock_report").message)

    def test_negative_count_is_compared_as_it_is_told(self):
        self.warehouse.channel_authority = "reported"
        self.count(("SKU-1", -2))
        self.count(("SKU-1", -2), number="C2", time="1100")
        self.assertIn("-2/10", self.exceptions("edi_warehouse").message)
        self.assertEqual(self.on_hand(), 10)

    def test_each_part_keeps_its_own_parcel(self):
        """NEARBuilders/nearmerch.com#214: the second parcel's number replaces the
        first one's, and a late word about the first sets the order back."""
        picking = self.delivery((self.product, 9))
        first = advice(picking.name, ("BP", 9, 4, "EA", "SKU-1"), shipment="S1")
        second = advice(picking.name, ("CC", 5, 5, "EA", "SKU-1"), shipment="S2")
        second = [each.replace("1Z999", "1Z888") for each in second]
        for told in (first, second, first):
            self.tell(told)
        parts = picking | self.env["stock.picking"].search(
            [("backorder_id", "=", picking.id)]
        )
        if "carrier_tracking_ref" in parts._fields:
            self.assertEqual(parts.mapped("carrier_tracking_ref"), ["1Z999", "1Z888"])
        self.assertEqual(parts.mapped("state"), ["done", "done"])
        self.assertEqual((self.on_hand(), self.waiting()), (1, 0))

    def test_receipt_that_is_told_three_times_is_on_the_shelf_once(self):
        """spree/spree#14588: three receipts of ten units at a time put thirty on the
        shelf."""
        came = self.expected((self.product, 10))
        told = receipt(came.name, (10, "EA", "SKU-1", "", {}))
        states = [self.tell(told, functional="RE").state for _time in range(3)]
        self.assertEqual(states, ["done", "ignored", "ignored"])
        self.assertEqual(self.on_hand(), 20)

    def test_zero_of_every_item_is_not_believed_at_once(self):
        """woocommerce/woocommerce-square#529 and #19: 0 is told also of what was never
        counted."""
        self.warehouse.channel_authority = "external"
        skus = ["SKU-1", "SKU-2"]
        for number in range(3, 9):
            self.make_product(self.env, number)
            skus.append(f"SKU-{number}")
        self.count(*((sku, 7) for sku in skus))
        self.count(*((sku, 0) for sku in skus), number="C2", time="1100")
        self.plan()
        self.assertEqual(self.position.on_hand, 7)
        self.count(*((sku, 0) for sku in skus), number="C3", time="1200")
        self.plan()
        self.assertEqual(self.position.on_hand, 0)
