# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid
from datetime import datetime, timezone
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas

from .shop import PLACES, ShopCase
from .shop_orders import SHIPPING, VAT

ATTEMPT = schemas.Attempt("k")


def new_attempt(key=None):
    return schemas.Attempt(key or str(uuid.uuid4()))


@tagged("post_install", "-at_install")
class TestShopLifecycle(ShopCase):
    """What becomes of parcels, cancellations and refunds in a running store."""

    def setUp(self):
        super().setUp()
        self.adapter = self.adapter_model

    def parcel(self, order, units, number="", place=PLACES[0]):
        """:param units: {sku: quantity}"""
        lines = {line.sku: line.gid for line in order.lines}
        return schemas.ShipmentData(
            order_ref=order.gid,
            lines=tuple(schemas.UnitsData(lines[sku], n) for sku, n in units.items()),
            shipped_at=datetime(2026, 11, 1, tzinfo=timezone.utc),
            parcel="PACK1",
            node_ref=self.place(place),
            tracking=schemas.TrackingData(number, "UPS", "https://u/1")
            if number
            else None,
        )

    def ship(self, order, units, number="", key=None, **values):
        data = self.parcel(order, units, number, **values)
        attempt = schemas.Attempt(key or number or "k")
        return self.adapter._send_shipment(self.channel, data, attempt)

    def cancel(self, order, units=None, **values):
        lines = {line.sku: line.gid for line in order.lines}
        data = schemas.CancelData(
            order.gid,
            tuple(schemas.UnitsData(lines[sku], n) for sku, n in (units or {}).items()),
            **values,
        )
        return self.adapter._send_cancel(self.channel, data, new_attempt())

    def refund(self, order, amount, *lines, key=None, **values):
        data = schemas.RefundData(order.gid, Decimal(amount), "USD", lines, **values)
        return self.adapter._send_refund(self.channel, data, new_attempt(key))

    def find(self, kind, data, attempt):
        return self.adapter._find_message(self.channel, kind, data, attempt)

    def refused(self, function, *args, **values):
        # not assertRaises: Odoo's would roll back what is remembered
        try:
            function(*args, **values)
        except exceptions.RejectedError as error:
            return str(error)
        self.fail("accepted")

    # ----------------------------------------------------------- acceptance
    def test_accepted_order_is_tagged_once_however_often_it_is_told(self):
        order = self.shop.checkout({"SKU-2": 1}, tags=["vip"])
        data = schemas.AcceptanceData(order.gid)
        for _time in range(2):
            self.adapter._send_acceptance(self.channel, data, ATTEMPT)
        self.assertEqual(order.tags, ["vip", "odoo-accepted"])

    def test_acceptance_of_an_unknown_order_is_refused(self):
        data = schemas.AcceptanceData("gid://shopify/Order/1")
        self.refused(self.adapter._send_acceptance, self.channel, data, ATTEMPT)

    # ------------------------------------------------------------- parcels
    def test_parcel_has_the_carrier_number_and_address(self):
        order = self.shop.checkout({"SKU-2": 2})
        self.ship(order, {"SKU-2": 2}, "1Z")
        [made] = order.fulfillments
        self.assertEqual(
            made.tracking, [{"company": "UPS", "number": "1Z", "url": "https://u/1"}]
        )
        self.assertEqual(self.shop.level("SKU-2", PLACES[0])["committed"], 0)

    def test_goods_that_were_moved_there_are_shipped_where_they_are_now(self):
        order = self.shop.checkout({"SKU-5": 2})
        from sandbox.shopify import fulfillment

        [entry] = order.fulfillment_orders
        second = self.shop.store.find_location(PLACES[1])
        fulfillment.move(self.shop.store, entry, second)
        self.ship(order, {"SKU-5": 2}, "1Z")
        self.assertIs(order.fulfillments[0].location, second)

    def test_parcel_of_two_places_is_one_fulfillment_each(self):
        self.shop.edit_stock("SKU-3", PLACES[0], quantity=2)
        order = self.shop.checkout({"SKU-3": 4})
        self.assertEqual(len(order.fulfillment_orders), 2)
        result = self.ship(order, {"SKU-3": 4}, "1Z")
        self.assertEqual(len(order.fulfillments), 2)
        self.assertEqual(
            result.ref.split(","), [each.gid for each in order.fulfillments]
        )
        data = self.parcel(order, {"SKU-3": 4}, "1Z")
        found = self.find("shipment", data, ATTEMPT)
        self.assertEqual(found.ref, result.ref)

    def test_parcel_is_taken_from_where_it_left_first(self):
        self.shop.edit_stock("SKU-3", PLACES[0], quantity=2)
        order = self.shop.checkout({"SKU-3": 4})
        self.ship(order, {"SKU-3": 2}, "1Z", place=PLACES[1])
        self.assertEqual(order.fulfillments[0].location.name, PLACES[1])

    def test_goods_on_hold_wait_with_the_reason(self):
        order = self.shop.checkout({"SKU-2": 1})
        from sandbox.shopify import fulfillment

        [entry] = order.fulfillment_orders
        fulfillment.hold(self.shop.store, entry, "INCORRECT_ADDRESS", "no street")
        result = self.ship(order, {"SKU-2": 1}, "1Z")
        self.assertEqual(result.status, "wait")
        self.assertIn("no street", result.message)
        fulfillment.release_hold(self.shop.store, entry)
        self.assertEqual(self.ship(order, {"SKU-2": 1}, "1Z").status, "done")

    def test_fulfillment_of_an_unknown_line_is_refused_in_words(self):
        order = self.shop.checkout({"SKU-2": 1})
        other = self.shop.checkout({"SKU-3": 1})
        data = self.parcel(other, {"SKU-3": 1})
        wrong = schemas.load(
            schemas.ShipmentData, dict(schemas.dump(data), order_ref=order.gid)
        )
        words = self.refused(self.adapter._send_shipment, self.channel, wrong, ATTEMPT)
        self.assertIn("nothing left to fulfill", words)
        self.assertFalse(order.fulfillments)

    def test_units_that_were_refunded_there_are_not_shipped(self):
        order = self.shop.checkout({"SKU-2": 3})
        self.shop.refund(order, {"SKU-2": 2}, "CANCEL")
        self.refused(self.ship, order, {"SKU-2": 2}, "1Z")
        self.assertEqual(self.ship(order, {"SKU-2": 1}, "1Z").status, "done")

    def test_parcel_that_somebody_there_has_told_is_done(self):
        order = self.shop.checkout({"SKU-2": 2})
        self.shop.fulfill(order)
        result = self.ship(order, {"SKU-2": 2}, "1Z")
        # words would be an exception, and there is nothing to decide
        self.assertEqual((result.status, result.message), ("done", ""))
        [parcel] = order.fulfillments
        self.assertEqual(result.ref, parcel.gid)
        self.assertEqual(parcel.tracking[0]["number"], "1Z")

    def test_number_that_somebody_there_has_entered_is_kept(self):
        order = self.shop.checkout({"SKU-2": 2})
        self.shop.fulfill(order, tracking=[{"number": "THEIRS"}])
        result = self.ship(order, {"SKU-2": 2}, "1Z")
        self.assertEqual((result.status, result.message), ("done", ""))
        [parcel] = order.fulfillments
        self.assertEqual(parcel.tracking[0]["number"], "THEIRS")

    def test_order_of_a_thousand_lines_is_shipped_at_once(self):
        products = [
            {"sku": f"M-{n}", "title": "M", "price": "1", "quantities": {PLACES[0]: 9}}
            for n in range(1000)
        ]
        self.shop.seed({"products": products})
        order = self.shop.checkout({f"M-{n}": 1 for n in range(1000)})
        units = {f"M-{n}": 1 for n in range(1000)}
        self.assertEqual(self.ship(order, units, "1Z").status, "done")
        self.assertFalse(any(line.unfulfilled for line in order.lines))
        data = self.parcel(order, units, "1Z")
        found = self.find("shipment", data, ATTEMPT)
        self.assertEqual(found.ref, order.fulfillments[0].gid)

    def test_lost_request_is_not_found(self):
        order = self.shop.checkout({"SKU-2": 2})
        self.shop.faults.add(
            kind="reset_before_commit", next=1, operation="fulfillmentCreate"
        )
        try:
            self.ship(order, {"SKU-2": 2}, "1Z")
        except exceptions.UncertainError:
            data = self.parcel(order, {"SKU-2": 2}, "1Z")
            found = self.find("shipment", data, schemas.Attempt("1Z"))
            self.assertFalse(found)
        else:
            self.fail("no UncertainError")

    def test_tracking_is_corrected(self):
        order = self.shop.checkout({"SKU-2": 2})
        ref = self.ship(order, {"SKU-2": 2}, "1Z").ref
        data = schemas.ParcelTrackingData(
            order.gid, ref, schemas.TrackingData("2Z", "DHL"), "1Z"
        )
        for _time in range(2):
            self.adapter._send_tracking(self.channel, data, ATTEMPT)
        self.assertEqual(order.fulfillments[0].tracking[0]["number"], "2Z")

    # -------------------------------------------------------------- cancel
    def test_shipped_order_is_not_cancelled(self):
        order = self.shop.checkout({"SKU-2": 2})
        self.shop.fulfill(order)
        self.assertIn("fulfillments", self.refused(self.cancel, order))

    def test_cancelled_order_is_paid_back_and_restocked(self):
        order = self.shop.checkout({"SKU-2": 2})
        self.assertEqual(self.cancel(order, reason="stock").status, "pending")
        self.wait_for(lambda: order.cancelled_at)
        self.assertEqual(order.cancel_reason, "INVENTORY")
        self.assertEqual(order.refunds[0].total.shop, Decimal("20.00"))
        self.assertEqual(self.shown("SKU-2"), 20)

    def test_cancelled_units_are_paid_back_as_shopify_counts(self):
        order = self.shop.checkout(
            {"SKU-2": 3},
            taxes=VAT,
            discounts=[{"code": "X", "type": "fixed", "value": 1, "target": "order"}],
        )
        before = self.fetch(order).total
        self.cancel(order, {"SKU-2": 1})
        data = self.fetch(order)
        [back] = data.refunds
        self.assertEqual(back.amount, before - data.total)
        self.assertEqual(self.shown("SKU-2"), 18)
        self.assertEqual(back.lines[0].restock, "cancel")

    def test_cancelled_units_of_an_unpaid_order_cost_nothing(self):
        order = self.shop.checkout({"SKU-2": 3}, payment="pending")
        self.cancel(order, {"SKU-2": 1})
        self.assertEqual(self.fetch(order).refunds[0].amount, 0)

    # -------------------------------------------------------------- refund
    def test_refund_with_goods_that_came_back(self):
        order = self.shop.checkout({"SKU-2": 2}, taxes=VAT, shipping=SHIPPING)
        self.shop.fulfill(order)
        line = schemas.RefundLineData(
            order.lines[0].gid, 1, Decimal(10), "return", self.place(PLACES[1])
        )
        shown = self.shown("SKU-2", PLACES[1])
        self.refund(order, "10.00", line)
        self.assertEqual(self.shown("SKU-2", PLACES[1]), shown + 1)
        [line] = self.fetch(order).lines
        self.assertEqual((line.quantity, line.wanted_quantity), (1, 2))

    def test_refund_of_goods_that_nobody_can_sell(self):
        order = self.shop.checkout({"SKU-2": 2})
        self.shop.fulfill(order)
        shown = self.shown("SKU-2")
        line = schemas.RefundLineData(order.lines[0].gid, 1, Decimal(10), "none")
        self.refund(order, "10.00", line)
        self.assertEqual(self.shown("SKU-2"), shown)

    def test_refund_of_shipping_and_goodwill(self):
        order = self.shop.checkout({"SKU-2": 2}, taxes=VAT, shipping=SHIPPING)
        self.refund(order, "7.00", shipping=Decimal("4.95"), note="CN/1")
        [back] = self.fetch(order).refunds
        charged = sum((each.amount for each in back.charges), back.shipping)
        self.assertEqual((back.amount, charged), (Decimal(7), Decimal("4.95")))
        self.assertTrue(back.note.startswith("CN/1"))

    def test_refunds_add_up_to_what_was_paid_and_no_more(self):
        order = self.shop.checkout({"SKU-2": 1})
        self.refund(order, "6.66")
        self.assertIn("3.34 is left", self.refused(self.refund, order, "3.35"))
        self.refund(order, "3.34")
        self.assertEqual(self.fetch(order).payment, "refunded")

    def sell_abroad(self, lines, currency="EUR", rate="0.92", **cart):
        """An order of a customer who pays in another currency than the shop's."""
        presentment = {"currency": currency, "rate": rate}
        return self.shop.checkout(lines, presentment=presentment, **cart)

    def test_refund_is_sent_in_the_currency_that_the_customer_paid_in(self):
        for currency, rate, part in (
            ("EUR", "0.92", "9.20"),
            ("INR", "83.1234", "831.23"),
            ("JPY", "149.7", "1497"),
        ):
            with self.subTest(currency):
                order = self.sell_abroad({"SKU-2": 2}, currency, rate)
                paid = order.transactions[0].amount
                self.assertEqual(paid.shop, Decimal(20))
                self.refund(order, "10.00")
                [back] = [each.total for each in order.refunds]
                self.assertEqual((back.shop, back.presentment), (10, Decimal(part)))
                # the rest is all of the rest in both currencies
                self.refund(order, "10.00")
                backs = [each.total for each in order.refunds]
                self.assertEqual(backs[0] + backs[1], paid)
                self.assertEqual(self.fetch(order).payment, "refunded")

    def test_shipping_is_paid_back_in_the_currency_that_the_customer_paid_in(self):
        order = self.sell_abroad({"SKU-2": 1}, taxes=VAT, shipping=SHIPPING)
        self.refund(order, "4.95", shipping=Decimal("4.95"))
        [line] = order.shipping_lines
        self.assertEqual(line.refunded, line.discounted)
        self.assertEqual(self.fetch(order).refunds[0].amount, Decimal("4.95"))

    def test_cancelled_units_cost_what_the_customer_paid_for_them(self):
        order = self.sell_abroad({"SKU-2": 3}, taxes=VAT)
        before = self.fetch(order).total
        self.cancel(order, {"SKU-2": 1})
        data = self.fetch(order)
        self.assertEqual(data.refunds[0].amount, before - data.total)
        kept = self.sell_abroad({"SKU-2": 3}, payment="pending")
        self.cancel(kept, {"SKU-2": 1}, refund=False)
        self.assertEqual(self.fetch(kept).lines[0].quantity, 2)

    def test_refund_is_known_by_its_key(self):
        order = self.shop.checkout({"SKU-2": 2})
        keys = [str(uuid.uuid4()) for _n in range(2)]
        for key in keys:
            ref = self.refund(order, "1.00", key=key).ref
            data = schemas.RefundData(order.gid, Decimal(1), "USD")
            found = self.find("refund", data, schemas.Attempt(key))
            self.assertEqual(found.ref, ref)
