# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timezone
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas

from .shop import ShopCase

VAT = [{"title": "VAT", "rate": 0.21}]
TRACKING = schemas.TrackingData("3SABC", "PostNL", "https://t.example/3SABC")


@tagged("post_install", "-at_install")
class TestMessages(ShopCase):
    """What the shop is told of an order: once, whatever happens to the answer."""

    def setUp(self):
        super().setUp()
        self.order_there = self.shop.checkout(
            {"SKU-4": 4},
            taxes=VAT,
            shipping={"title": "Post", "price": "4.84"},
            gateway="stripe",
        )
        self.ref_there = str(self.order_there.id)
        self.line_ref = str(self.order_there.lines[0].id)

    def send(self, kind, data, key="key-1"):
        adapter = self.adapter_model
        send = getattr(adapter, f"_send_{kind}")
        return send(self.channel, data, schemas.Attempt(key))

    def find(self, kind, data, key="key-1"):
        attempt = schemas.Attempt(key)
        return self.adapter_model._find_message(self.channel, kind, data, attempt)

    def shipment(self, complete=True, **values):
        return schemas.ShipmentData(
            self.ref_there,
            (schemas.UnitsData(self.line_ref, 4),),
            datetime.now(timezone.utc),
            "WH/OUT/1",
            tracking=TRACKING,
            complete=complete,
            **values,
        )

    def refund(self, amount, *lines, **values):
        return schemas.RefundData(
            self.ref_there, Decimal(amount), "USD", lines, **values
        )

    def part(self, quantity, amount, restock="none"):
        return schemas.RefundLineData(self.line_ref, quantity, Decimal(amount), restock)

    # ------------------------------------------------------------ shipment
    def test_the_last_parcel_completes_the_order_and_tells_the_customer(self):
        result = self.send("shipment", self.shipment())
        self.assertEqual(result.status, "done")
        self.assertEqual(self.order_there.status, "completed")
        [note] = self.order_there.notes
        self.assertIn("3SABC", note["note"])
        self.assertTrue(note["customer_note"])
        self.assertEqual(self.fetch(self.order_there).lines[0].open_quantity, 0)

    def test_an_earlier_parcel_does_not(self):
        self.send("shipment", self.shipment(complete=False))
        self.assertEqual(self.order_there.status, "processing")
        self.assertEqual(len(self.order_there.notes), 1)

    def test_a_parcel_is_told_once(self):
        data = self.shipment()
        for _time in range(3):
            self.send("shipment", data)
        self.assertEqual(len(self.order_there.notes), 1)
        self.assertEqual(len(self.order_there.meta), 1)

    def test_a_lost_answer_is_looked_up(self):
        data = self.shipment()
        self.assertIsNone(self.find("shipment", data))
        self.shop.faults.add(
            kind="reset_after_commit", next=1, operation="PUT orders/#"
        )
        with self.assertRaises(exceptions.UncertainError):
            self.send("shipment", data)
        self.assertEqual(self.find("shipment", data).status, "done")
        self.assertIsNone(self.find("shipment", data, "key-2"))

    def test_a_note_whose_answer_was_lost_is_not_sent_twice(self):
        data = self.shipment()
        self.shop.faults.add(
            kind="reset_after_commit", next=1, operation="POST orders/#/notes"
        )
        with self.assertRaises(exceptions.UncertainError):
            self.send("shipment", data)
        self.assertIsNone(self.find("shipment", data))
        self.send("shipment", data)
        self.assertEqual(len(self.order_there.notes), 1)
        self.assertEqual(self.order_there.status, "completed")

    def test_what_is_cancelled_there_is_not_shipped(self):
        self.shop.cancel(self.order_there)
        with self.assertRaises(exceptions.RejectedError) as caught:
            self.send("shipment", self.shipment())
        self.assertIn("cancelled", str(caught.exception))

    def test_an_order_that_is_gone(self):
        self.shop.trash(self.order_there)
        with self.assertRaises(exceptions.RejectedError):
            self.send("shipment", self.shipment())
        self.shop.trash(self.order_there, force=True)
        with self.assertRaises(exceptions.RejectedError):
            self.send("shipment", self.shipment())

    def test_new_tracking_is_a_new_note(self):
        self.send("shipment", self.shipment())
        other = schemas.ParcelTrackingData(
            self.ref_there, "x", schemas.TrackingData("3SDEF"), "3SABC"
        )
        for _time in range(2):
            self.assertEqual(self.send("tracking", other, "key-2").status, "done")
        self.assertEqual(len(self.order_there.notes), 2)
        self.assertEqual(self.find("tracking", other, "key-2").status, "done")

    # -------------------------------------------------------------- cancel
    def test_cancelling_gives_stock_and_money_back(self):
        """By status first: a refund by status would keep the stock."""
        data = schemas.CancelData(self.ref_there, refund=True)
        self.assertEqual(self.send("cancel", data).message, "")
        self.assertEqual(self.shop.shown("SKU-4"), 40)
        self.assertEqual(self.order_there.refunded, self.order_there.total)
        self.assertTrue(self.order_there.refunds[0].by_gateway)
        found = self.fetch(self.order_there)
        self.assertEqual((found.state, found.payment), ("cancelled", "refunded"))
        self.assertEqual(found.lines[0].deductions, ())
        self.assertEqual(self.send("cancel", data).status, "done")
        self.assertEqual(len(self.order_there.refunds), 1)
        self.assertEqual(self.find("cancel", data).status, "done")

    def test_cancelling_without_refund(self):
        self.send("cancel", schemas.CancelData(self.ref_there, refund=False))
        self.assertEqual(self.order_there.status, "cancelled")
        self.assertFalse(self.order_there.refunds)

    def test_a_gateway_that_cannot_pay_back_leaves_it_to_a_person(self):
        self.order_there.gateway = "bacs"
        data = schemas.CancelData(self.ref_there, refund=True)
        result = self.send("cancel", data)
        self.assertEqual((result.status, self.shop.shown("SKU-4")), ("done", 40))
        self.assertIn("Refund it manually", result.message)

    def test_a_cancellation_that_broke_off_half_way_goes_on(self):
        data = schemas.CancelData(self.ref_there, refund=True)
        self.shop.faults.add(kind="http_502", next=1, operation="POST orders/#/refunds")
        with self.assertRaises(exceptions.UncertainError):
            self.send("cancel", data)
        self.assertEqual(self.order_there.status, "cancelled")
        self.assertIsNone(self.find("cancel", data))
        self.send("cancel", data)
        self.assertEqual(self.order_there.refunded, self.order_there.total)

    def test_what_was_shipped_is_not_cancelled(self):
        self.shop.set_status(self.order_there, "completed")
        with self.assertRaises(exceptions.RejectedError):
            self.send("cancel", schemas.CancelData(self.ref_there))

    # -------------------------------------------------------------- refund
    def test_a_refund_is_exact_and_does_not_restock_unless_told(self):
        data = self.refund("22.42", self.part(2, "20.00"), shipping=Decimal("2.42"))
        result = self.send("refund", data)
        [made] = self.order_there.refunds
        self.assertEqual((str(made.id), made.amount), (result.ref, Decimal("22.42")))
        self.assertEqual(self.shop.shown("SKU-4"), 36)
        found = self.fetch(self.order_there)
        self.assertEqual((found.lines[0].quantity, found.total), (2, Decimal("22.42")))
        [refund] = found.refunds
        self.assertEqual(refund.amount, Decimal("22.42"))
        [charge] = refund.charges
        self.assertEqual(charge.charge_ref, found.shipping_lines[0].external_id)
        self.assertEqual(
            (refund.lines[0].amount, charge.amount), (Decimal("20.00"), Decimal("2.42"))
        )

    def test_a_refund_with_returned_goods_restocks(self):
        self.send("refund", self.refund("10.00", self.part(1, "10.00", "return")))
        self.assertEqual(self.shop.shown("SKU-4"), 37)
        line = self.fetch(self.order_there).lines[0]
        self.assertEqual(line.deductions[0].quantity, 3)

    def test_a_refund_is_made_once(self):
        data = self.refund("10.00", self.part(1, "10.00"))
        self.shop.faults.add(
            kind="http_500_after_commit", next=1, operation="POST orders/#/refunds"
        )
        with self.assertRaises(exceptions.UncertainError):
            self.send("refund", data)
        self.assertEqual(self.find("refund", data).status, "done")
        self.send("refund", data)
        self.assertEqual(len(self.order_there.refunds), 1)
        self.assertIsNone(self.find("refund", data, "key-2"))
        self.send("refund", data, "key-2")
        self.assertEqual(len(self.order_there.refunds), 2)

    def test_goodwill_without_lines(self):
        self.send("refund", self.refund("5.00"))
        self.assertEqual(self.order_there.refunded, 5)

    def test_over_refund_and_gateway_that_cannot_are_permanent(self):
        with self.assertRaises(exceptions.RejectedError) as caught:
            self.send("refund", self.refund("999.00"))
        self.assertIn("Invalid refund amount", str(caught.exception))
        self.order_there.gateway = "bacs"
        data = self.refund("10.00", self.part(1, "10.00"))
        with self.assertRaises(exceptions.RejectedError) as caught:
            self.send("refund", data)
        # the words of the choice that the channel's form offers
        choices = self.channel._fields["woocommerce_refund_by"]
        label = dict(choices._description_selection(self.env))["record"]
        self.assertIn(f"“{label}”", str(caught.exception))
        self.channel.woocommerce_refund_by = "record"
        self.send("refund", data)
        self.assertEqual(self.order_there.refunds[0].by_gateway, False)

    def test_a_line_that_is_not_there(self):
        line = schemas.RefundLineData("999", 1, Decimal(1))
        with self.assertRaises(exceptions.RejectedError):
            self.send("refund", self.refund("1.00", line))
