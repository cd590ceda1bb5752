# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid
from datetime import datetime, timezone
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.lib import errors

from ..lib.pull import Orders
from .common import FR
from .shop import FEED_SECONDS, SELLER, AccountCase


@tagged("post_install", "-at_install")
class TestShopMessages(AccountCase):
    """Parcels, cancellations and refunds, against a running account."""

    def setUp(self):
        super().setUp()
        # the account's clock runs ahead of ours where time passes at once
        self.shop.rules.set(ship_date=0)

    def tell(self, kind, data, key=None):
        send = getattr(self.adapter_model, f"_send_{kind}")
        return send(self.channel, data, schemas.Attempt(key or uuid.uuid4().hex))

    def done(self, kind, data):
        key = uuid.uuid4().hex
        result = self.finish(kind, data, key, self.tell(kind, data, key))
        self.assertEqual(result.status, "done")
        return result

    def refused(self, kind, data, words):
        key = uuid.uuid4().hex
        with self.assertRaisesRegex(exceptions.RejectedError, words):
            self.finish(kind, data, key, self.tell(kind, data, key))

    def parcel(self, order, units, number="1Z1", carrier="dhl"):
        tracking = schemas.TrackingData(number, carrier) if number else None
        return schemas.ShipmentData(
            order.id,
            (schemas.UnitsData(order.items[0].id, units),),
            datetime.now(timezone.utc),
            "PACK",
            tracking=tracking,
        )

    def refund(self, order, amount, *lines, **values):
        rows = [
            schemas.RefundLineData(item.id, units, Decimal(value), restock)
            for item, units, value, restock in lines
        ]
        return schemas.RefundData(
            order.id, Decimal(amount), order.currency, tuple(rows), **values
        )

    def paid_back(self, order):
        return [
            {part: str(value) for part, value in each.parts.items()}
            for each in order.refunds
        ]

    # -------------------------------------------------------------- parcels
    def test_parcels_are_numbered_by_text(self):
        order = self.sell({"SKU-2": 3})
        refs = [
            self.tell("shipment", self.parcel(order, 1, "1Z1")).ref,
            self.tell("shipment", self.parcel(order, 2, "1Z2", "Van Ann")).ref,
        ]
        self.assertEqual(refs, ["1", "2"])
        self.assertEqual(order.status, "SHIPPED")
        carriers = [package.carrier for package in order.packages]
        self.assertEqual(carriers, ["DHL", "Van Ann"])
        self.assertEqual(self.violations(), {})

    def test_parcel_that_was_told_by_a_person_is_done(self):
        order = self.sell()
        self.ship(order, "1Z0")
        self.assertEqual(self.tell("shipment", self.parcel(order, 2)).status, "done")
        self.assertEqual(len(order.packages), 1)

    def test_lost_answer_makes_no_second_parcel(self):
        order, key = self.sell(), uuid.uuid4().hex
        data = self.parcel(order, 2)
        self.shop.faults.add(
            kind="reset_after_commit", next=1, operation="confirmShipment"
        )
        with self.raises(exceptions.UncertainError):
            self.tell("shipment", data, key)
        self.assertEqual(self.tell("shipment", data, key).ref, "1")
        self.assertEqual(len(order.packages), 1)

    def test_parcel_without_a_tracking_number_waits_for_a_person(self):
        order = self.sell()
        self.refused("shipment", self.parcel(order, 2, ""), "tracking number")
        self.assertEqual(self.requests("confirmShipment"), [])

    def test_pending_order_must_not_be_shipped(self):
        order = self.sell(payment="pending")
        self.refused("shipment", self.parcel(order, 2), "not verified")
        self.assertEqual(self.violations(), {})

    # -------------------------------------------------------- cancellations
    def test_cancelled_order_gives_its_units_back_but_for_want_of_them(self):
        for reason, shown in (("stock", 18), ("customer", 20)):
            with self.subTest(reason):
                self.shop.edit_stock("SKU-2", 20)
                order = self.sell({"SKU-2": 2})
                self.done("cancel", schemas.CancelData(order.id, reason=reason))
                self.assertEqual(order.status, "CANCELLED")
                self.assertEqual(self.shop.shown("SKU-2"), shown)
        self.assertEqual(self.violations(), {})

    def test_feed_is_asked_for_until_it_is_done(self):
        order, key = self.sell(), uuid.uuid4().hex
        data = schemas.CancelData(order.id)
        result = self.tell("cancel", data, key)
        self.assertEqual((result.status, bool(result.ref)), ("pending", True))
        attempt = schemas.Attempt(key, result.ref)
        again = self.adapter_model._find_message(self.channel, "cancel", data, attempt)
        self.assertEqual((again.status, again.ref), ("pending", result.ref))
        self.assertEqual(self.finish("cancel", data, key, again).status, "done")
        self.assertEqual(len(self.requests("createFeed")), 1)

    def test_pending_order_is_cancelled_once_it_is_paid(self):
        order = self.sell(payment="pending")
        result = self.tell("cancel", schemas.CancelData(order.id))
        self.assertEqual(result.status, "wait")
        self.assertIn("not verified", result.message)
        self.shop.pay(order)
        self.done("cancel", schemas.CancelData(order.id))
        self.assertEqual(self.violations(), {})

    def test_order_that_has_left_in_part_is_not_cancelled(self):
        """Amazon would pay back all of it."""
        order = self.sell({"SKU-2": 2})
        self.tell("shipment", self.parcel(order, 1))
        self.refused("cancel", schemas.CancelData(order.id), "pay back")
        self.assertEqual(self.requests("createFeed"), [])

    def test_order_that_is_shipped_while_the_feed_waits_is_not_cancelled(self):
        order, key = self.sell(marketplace=FR), uuid.uuid4().hex
        data = schemas.CancelData(order.id)
        result = self.tell("cancel", data, key)
        self.ship(order)
        with self.assertRaisesRegex(exceptions.RejectedError, "SHIPPED"):
            self.finish("cancel", data, key, result)

    def test_cancellation_that_is_sent_twice_is_done(self):
        order, key = self.sell(), uuid.uuid4().hex
        data = schemas.CancelData(order.id)
        self.shop.faults.add(kind="reset_after_commit", next=1, operation="createFeed")
        with self.raises(exceptions.UncertainError):
            self.tell("cancel", data, key)
        result = self.finish("cancel", data, key, self.tell("cancel", data, key))
        self.assertEqual(result.status, "done")
        self.assertEqual(order.status, "CANCELLED")

    def test_fatal_feed_is_no_cancellation(self):
        order = self.sell()
        self.shop.rules.next("feed_fatal")
        self.refused("cancel", schemas.CancelData(order.id), "FATAL")
        self.assertEqual(order.status, "UNSHIPPED")

    # -------------------------------------------------------------- refunds
    def test_refund_is_of_items_and_their_delivery(self):
        order = self.sell(
            [
                {"sku": "SKU-1", "quantity": 2, "shipping": "3.00"},
                {"sku": "SKU-2", "quantity": 1, "shipping": "1.95"},
            ]
        )
        self.ship(order)
        data = self.refund(
            order,
            "14.95",
            (order.items[0], 1, "10.00", "return"),
            shipping=Decimal("4.95"),
        )
        self.done("refund", data)
        self.assertEqual(
            self.paid_back(order),
            [
                {"item-price": "10.00", "shipping-price": "3.00"},
                {"shipping-price": "1.95"},
            ],
        )
        self.assertEqual(self.violations(), {})

    def test_refund_that_amazon_refuses_is_not_done_in_any_language(self):
        """More than is left of what was paid; Amazon.fr calls an error Erreur."""
        order = self.sell({"SKU-1": 1}, marketplace=FR)
        self.ship(order)
        self.done("refund", self.refund(order, "6.00"))
        self.refused("refund", self.refund(order, "5.00"), "18028")
        self.assertEqual(self.paid_back(order), [{"item-price": "6.00"}])

    def test_refund_whose_answer_was_lost_is_found_among_the_feeds(self):
        order, key = self.sell({"SKU-1": 1}), uuid.uuid4().hex
        self.ship(order)
        data = self.refund(order, "6.00")
        self.shop.faults.add(kind="reset_after_commit", next=1, operation="createFeed")
        with self.raises(exceptions.UncertainError):
            self.tell("refund", data, key)
        find = self.adapter_model._find_message
        found = find(self.channel, "refund", data, schemas.Attempt(key))
        self.assertEqual(self.finish("refund", data, key, found).status, "done")
        self.assertEqual(self.paid_back(order), [{"item-price": "6.00"}])

    def test_refund_that_never_arrived_may_be_sent_again(self):
        order, key = self.sell({"SKU-1": 1}), uuid.uuid4().hex
        self.ship(order)
        data = self.refund(order, "6.00")
        self.shop.faults.add(kind="reset_before_commit", next=1, operation="createFeed")
        with self.raises(exceptions.UncertainError):
            self.tell("refund", data, key)
        find = self.adapter_model._find_message
        self.assertIsNone(find(self.channel, "refund", data, schemas.Attempt(key)))
        self.done("refund", data)
        self.assertEqual(self.violations(), {})

    def test_refund_before_the_shipment_is_a_cancellation(self):
        order = self.sell()
        self.refused("refund", self.refund(order, "1.00"), "cancel it instead")
        self.assertEqual(self.requests("createFeed"), [])

    def test_units_that_will_never_ship_are_cancelled_by_their_refund(self):
        order = self.sell({"SKU-2": 3})
        self.tell("shipment", self.parcel(order, 1))
        item = order.items[0]
        self.done("refund", self.refund(order, "20.00", (item, 2, "20.00", "cancel")))
        self.assertEqual((item.cancelled, order.status), (2, "SHIPPED"))
        self.assertEqual(self.violations(), {})

    # ------------------------------------------------------------- together
    def entries(self, *data):
        return [(each, schemas.Attempt(uuid.uuid4().hex)) for each in data]

    def send_all(self, kind, entries):
        return self.adapter_model._send_batch(self.channel, kind, entries)

    def find_all(self, kind, entries, results):
        """Ask for all of them until none is pending, as the base does."""
        found = list(results)
        for _look in range(10):
            at = [n for n, each in enumerate(found) if each.status == "pending"]
            if not at:
                return found
            self.shop.pass_time(FEED_SECONDS)
            asked = [
                (data, schemas.Attempt(attempt.key, found[n].ref))
                for n in at
                for data, attempt in [entries[n]]
            ]
            answers = self.adapter_model._find_batch(self.channel, kind, asked)
            for n, answer in zip(at, answers, strict=True):
                found[n] = answer
        return found

    def test_twenty_cancellations_are_one_feed(self):
        orders = [self.sell({"SKU-5": 1}) for _number in range(20)]
        entries = self.entries(*(schemas.CancelData(each.id) for each in orders))
        results = self.send_all("cancel", entries)
        self.assertEqual({each.status for each in results}, {"pending"})
        self.assertEqual(len(self.requests("createFeed")), 1)
        found = self.find_all("cancel", entries, results)
        self.assertEqual({each.status for each in found}, {"done"})
        self.assertEqual({each.status for each in orders}, {"CANCELLED"})
        self.assertEqual(len(self.requests("createFeed")), 1)
        # the result is read once for all, it is scarce as well
        self.assertEqual(len(self.requests("getFeedDocument")), 1)
        self.assertEqual(self.violations(), {})

    def test_each_cancellation_has_an_outcome_of_its_own(self):
        gone, unpaid, left, good, late = (
            self.sell({"SKU-5": 2}, payment=payment)
            for payment in ("paid", "pending", "paid", "paid", "paid")
        )
        self.done("cancel", schemas.CancelData(gone.id))
        self.tell("shipment", self.parcel(left, 1))
        entries = self.entries(
            *(schemas.CancelData(each.id) for each in (gone, unpaid, left, good, late))
        )
        results = self.send_all("cancel", entries)
        self.assertEqual(
            [each.status for each in results],
            ["done", "wait", "refused", "pending", "pending"],
        )
        self.assertIn("pay back", results[2].message)
        # it leaves while the feed waits
        self.ship(late)
        found = self.find_all("cancel", entries, results)
        self.assertEqual(
            [each.status for each in found],
            ["done", "wait", "refused", "done", "refused"],
        )
        self.assertEqual((good.status, late.status), ("CANCELLED", "SHIPPED"))

    def test_feed_is_of_one_marketplace(self):
        home, away = self.sell(), self.sell(marketplace=FR)
        entries = self.entries(*(schemas.CancelData(each.id) for each in (home, away)))
        first = self.send_all("cancel", entries)
        self.assertEqual([each.status for each in first], ["pending", "retry"])
        self.assertEqual(first[1].retry_after, 0)
        second = self.send_all("cancel", entries[1:])
        self.find_all("cancel", entries, [first[0], second[0]])
        self.assertEqual({home.status, away.status}, {"CANCELLED"})
        self.assertEqual(self.violations(), {})

    def test_refunds_of_one_feed_are_told_apart_by_their_rows(self):
        """One has two rows; another is about money that a feed before it pays back."""
        two = self.sell({"SKU-1": 1, "SKU-2": 1})
        odd, good = self.sell({"SKU-1": 1}), self.sell({"SKU-1": 1})
        for order in (two, odd, good):
            self.ship(order)
        rows = [(item, 1, "4.00", "none") for item in two.items]
        entries = self.entries(
            self.refund(two, "8.00", *rows),
            self.refund(odd, "6.00"),
            self.refund(good, "3.00"),
        )
        self.tell("refund", self.refund(odd, "6.00"))
        found = self.find_all("refund", entries, self.send_all("refund", entries))
        self.assertEqual([each.status for each in found], ["done", "refused", "done"])
        self.assertIn("18028", found[1].message)
        paid = [len(self.paid_back(order)) for order in (two, odd, good)]
        self.assertEqual(paid, [2, 1, 1])

    def test_too_much_is_refused_before_the_feed_and_keeps_none_back(self):
        odd, good = self.sell({"SKU-1": 1}), self.sell({"SKU-1": 1})
        for order in (odd, good):
            self.ship(order)
        entries = self.entries(self.refund(odd, "99.00"), self.refund(good, "3.00"))
        results = self.send_all("refund", entries)
        self.assertEqual([each.status for each in results], ["refused", "pending"])
        self.find_all("refund", entries, results)
        self.assertEqual(self.paid_back(good), [{"item-price": "3.00"}])

    def test_refunds_whose_answer_was_lost_are_found_and_paid_once(self):
        orders = [self.sell({"SKU-1": 1}) for _number in range(3)]
        for order in orders:
            self.ship(order)
        entries = self.entries(*(self.refund(each, "6.00") for each in orders))
        self.shop.faults.add(kind="reset_after_commit", next=1, operation="createFeed")
        with self.raises(exceptions.UncertainError):
            self.send_all("refund", entries)
        results = self.adapter_model._find_batch(self.channel, "refund", entries)
        found = self.find_all("refund", entries, results)
        self.assertEqual({each.status for each in found}, {"done"})
        for order in orders:
            self.assertEqual(self.paid_back(order), [{"item-price": "6.00"}])
        self.assertEqual(len(self.requests("createFeed")), 1)

    def test_feed_that_amazon_cannot_take_now_is_sent_whole_and_later(self):
        orders = [self.sell({"SKU-5": 1}) for _number in range(3)]
        entries = self.entries(*(schemas.CancelData(each.id) for each in orders))
        now = self.shop.store.clock.time()
        self.shop.limits.drain(self.shop.config, SELLER, "createFeed", now)
        with self.raises(exceptions.ThrottledError):
            self.send_all("cancel", entries)
        self.assertEqual({each.status for each in orders}, {"UNSHIPPED"})

    # -------------------------------------------------------- by the messenger
    def queue_cancellation(self, sold):
        event = self.adapter_model._fetch_order(self.channel, sold.id)
        self.env["channel.inbox.event"]._store(self.channel, [event], "fetch")
        self.intake()
        order, data = self.order(sold.id), schemas.CancelData(sold.id)
        return self.env["channel.message"]._queue(order, "cancel", "order", data)

    def refill(self):
        """A minute goes by: what was asked for before counts no more."""
        self.env["channel.shared.state"].search([("key", "like", "bucket.")]).unlink()
        self.shop.pass_time(60)

    def run_messenger(self):
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()

    def test_orders_that_cannot_be_read_now_follow_in_the_next_feed(self):
        """Reading them is limited as well: those that were read do not wait."""
        orders = [self.sell({"SKU-5": 1}) for _number in range(3)]
        entries = self.entries(*(schemas.CancelData(each.id) for each in orders))
        read = []

        def fetch(reader, ref, original=Orders.fetch_raw):
            read.append(ref)
            if len(read) == 2:
                raise errors.Throttled("later", retry_after=30)
            return original(reader, ref)

        with patch.object(Orders, "fetch_raw", fetch):
            results = self.send_all("cancel", entries)
        self.assertEqual([each.status for each in results], ["pending", *["retry"] * 2])
        self.assertEqual((results[1].retry_after, len(read)), (30, 2))
        self.assertEqual(len(self.requests("createFeed")), 1)

    def test_messages_of_twenty_orders_share_a_feed_from_queue_to_outcome(self):
        self.channel.write({"state": "live", "connection_state": "ok"})
        orders = [self.sell({"SKU-5": 1}) for _number in range(20)]
        messages = self.env["channel.message"].union(
            *(self.queue_cancellation(order) for order in orders)
        )
        self.assertEqual(len(messages), 20)
        self.refill()
        self.run_messenger()
        self.assertEqual(set(messages.mapped("state")), {"pending"})
        feeds = {ref.partition("/")[0] for ref in messages.mapped("ref")}
        self.assertEqual((len(feeds), len(self.requests("createFeed"))), (1, 1))
        # asked for in a minute, not in five seconds
        waits = [each.retry_at - each.sent_at for each in messages]
        self.assertGreaterEqual(min(waits).total_seconds(), 59)
        asked = len(self.requests("getFeed"))
        self.run_messenger()
        self.assertEqual(len(self.requests("getFeed")), asked)
        self.shop.pass_time(FEED_SECONDS)
        messages.retry_at = False
        self.run_messenger()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual({order.status for order in orders}, {"CANCELLED"})
        self.assertEqual(len(self.requests("createFeed")), 1)
        self.assertEqual(self.violations(), {})
