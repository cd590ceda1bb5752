# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import suppress
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold


@tagged("post_install", "-at_install")
class TestBooksRace(Sold, CommittedCase):
    """Workers, people and crashes: no invoice and no payment twice."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            bank = env["account.journal"].create(
                {
                    "name": "Gateway",
                    "code": f"G{self.channel_id}",
                    "type": "bank",
                }
            )
            self.channel(env).write(
                {
                    "invoice_policy": "confirmed",
                    "payment_policy": "paid",
                    "payment_journal_id": bank.id,
                }
            )
            self.bank_id = bank.id
        self.go_live(50)

    def sell(self, count=1):
        names = [self.fake.sell(1) for _each in range(count)]
        self.store(*[self.fake.event(name) for name in names])
        self.intake()
        with self.commit() as env:
            orders = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(set(orders.mapped("sale_order_id.state")), {"sale"})
            return orders.ids

    def book(self):
        with self.commit() as env:
            return env["channel.bookkeeper"]._run(self.channel(env))

    def assertBookedOnce(self, count):
        with self.commit() as env:
            orders = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(orders), count)
            for order in orders:
                invoice = order.sale_order_id.invoice_ids
                self.assertEqual(len(invoice), 1, "one order, one invoice")
                self.assertEqual(invoice.state, "posted")
                self.assertAlmostEqual(invoice.amount_total, order.total)
                self.assertIn(invoice.payment_state, ("paid", "in_payment"))
            payments = env["account.payment"].search(
                [("journal_id", "=", self.bank_id)]
            )
            self.assertEqual(len(payments), count, "one order, one payment")
            self.assertAlmostEqual(
                sum(payments.mapped("amount")), sum(orders.mapped("total"))
            )
            left = env["channel.bookkeeping"]._next(self.channel(env), 10)
            self.assertFalse(left)

    def test_two_workers_invoice_once(self):
        self.sell(6)
        results = []
        run = lambda: results.append(self.book())  # noqa: E731
        self.in_threads(run, run, run)
        self.book()
        self.assertBookedOnce(6)

    def test_two_workers_without_the_lock_invoice_once(self):
        """The lock saves work; what keeps the books right is the transaction."""
        order_ids = self.sell(4)

        def book():
            with self.commit() as env:
                env["channel.bookkeeper"]._book(order_ids)

        def mark():
            with self.commit() as env:
                env["channel.order"].browse(order_ids)._mark_books()
            book()

        self.in_threads(book, mark, mark)
        self.book()
        self.assertBookedOnce(4)

    def test_person_who_invoices_at_the_same_moment_is_noticed(self):
        [order_id] = self.sell()
        made = []

        def by_hand():
            """The person is faster; commits between the worker's reading and writing"""
            with self.commit() as env:
                sale_order = env["channel.order"].browse(order_id).sale_order_id
                invoice = sale_order._create_invoices()
                invoice.action_post()
                made.append(invoice.id)

        with self.commit() as env:
            model = type(env["channel.bookkeeper"])
        original = model._make_invoices

        def slow(keeper, orders):
            orders.sale_order_id.order_line.mapped("qty_to_invoice")
            if not made:
                by_hand()
            return original(keeper, orders)

        with patch.object(model, "_make_invoices", slow):
            self.book()
        self.book()
        self.assertBookedOnce(1)
        with self.commit() as env:
            invoice = env["channel.order"].browse(order_id).sale_order_id.invoice_ids
            self.assertEqual(invoice.ids, made)

    def test_worker_that_dies_after_posting_has_done_nothing(self):
        self.sell(2)
        with self.commit() as env:
            model = type(env["channel.bookkeeper"])
        with (
            patch.object(model, "_register_payments", side_effect=SystemExit),
            suppress(SystemExit),
        ):
            self.book()
        with self.commit() as env:
            orders = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertFalse(orders.sale_order_id.invoice_ids)
            self.assertEqual(
                len(env["channel.bookkeeping"]._next(self.channel(env), 10)), 2
            )
        self.book()
        self.assertBookedOnce(2)

    def test_conflict_is_tried_again_and_is_no_failure(self):
        self.sell()
        with self.commit() as env:
            model = type(env["channel.bookkeeper"])
        original, strikes = model._register_payments, []

        def unlucky(keeper, orders):
            if len(strikes) < 2:
                strikes.append(1)
                raise SerializationFailure("could not serialize access")
            return original(keeper, orders)

        with patch.object(model, "_register_payments", unlucky):
            self.book()
        self.assertBookedOnce(1)

    def test_one_order_that_fails_does_not_stop_the_others(self):
        order_ids = self.sell(3)
        with self.commit() as env:
            model = type(env["channel.bookkeeper"])
        original = model._make_invoices

        def odd(keeper, orders):
            if order_ids[1] in orders.ids:
                raise ValueError("an addon is broken")
            return original(keeper, orders)

        with patch.object(model, "_make_invoices", odd), self.assertLogs(level="ERROR"):
            self.book()
        with self.commit() as env:
            orders = env["channel.order"].browse(order_ids)
            self.assertEqual(
                [len(order.sale_order_id.invoice_ids) for order in orders], [1, 0, 1]
            )
            found = env["channel.exception"].search(
                [("channel_id", "=", self.channel_id), ("category", "=", "books")]
            )
            self.assertEqual(found.res_id, order_ids[1])
            orders.action_retry()
        self.book()
        self.assertBookedOnce(3)

    def test_order_marked_while_it_is_booked_is_looked_at_again(self):
        [order_id] = self.sell()
        with self.commit() as env:
            model = type(env["channel.bookkeeper"])
        original, marked = model._make_invoices, []

        def meanwhile(keeper, orders):
            result = original(keeper, orders)
            if not marked:
                marked.append(1)
                with self.commit() as env:
                    env["channel.order"].browse(order_id)._mark_books()
            return result

        looks = []
        bookkeeper = self.registry["channel.bookkeeper"]
        batch = bookkeeper._book_batch

        def counted(keeper, ids):
            looks.append(ids)
            return batch(keeper, ids)

        with (
            patch.object(model, "_make_invoices", meanwhile),
            patch.object(bookkeeper, "_book_batch", counted),
        ):
            self.book()
        self.assertEqual(len(looks), 2)
        self.assertBookedOnce(1)
