# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .ledger_money import money_faults
from .test_books_edits import MoneyCase


@tagged("post_install", "-at_install")
class TestBooksDeleted(MoneyCase):
    """An order that is deleted on its channel: what was charged for it is in the books,
    or a person is told."""

    def place(self, **values):
        self.speak(
            self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20, **values
        )

    def delete(self):
        self.order._on_deleted()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        self.book()

    def cancel_here(self):
        """As the exception about its open delivery says."""
        self.order.sale_order_id._action_cancel()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        self.book()
        self.assertEqual(self.order.state, "gone")

    def assertTold(self, amount):
        [words] = self.words()
        self.assertIn(f"the channel keeps {amount}", words)
        self.assertEqual(money_faults(self.env, self.channel), [])

    def test_paid_order_that_was_never_delivered_is_told(self):
        for policy in ("none", "shipped", "confirmed"):
            for received in (None, "220"):
                with self.subTest(policy=policy, received=received):
                    savepoint = self.env.cr.savepoint()
                    self.channel.invoice_policy = policy
                    self.place(received=received)
                    self.delete()
                    if self.order.state != "gone":
                        self.cancel_here()
                    self.assertTold("220.00")
                    found = self._exceptions(self.order)
                    self.assertIn("payment provider", found.suggestion)
                    found._close("resolved", "Paid back by the provider")
                    self.order._prove_books()
                    self.assertFalse(self.words())
                    savepoint.close(rollback=True)
                    self.env.invalidate_all(flush=False)

    def test_what_was_paid_back_before_is_not_told(self):
        self.place(received="220")
        back = self.back("220", self.back_line(2, "200", "20"))
        self.speak(
            self.goods(self.lamp, 0, "100", "0"),
            total=0,
            total_tax=0,
            received="220",
            payment="refunded",
            refunds=(back,),
        )
        self.delete()
        if self.order.state != "gone":
            self.cancel_here()
        self.assertSound()

    def test_unpaid_order_owes_nothing(self):
        for received in (None, "0"):
            with self.subTest(received=received):
                self.place(
                    payment="pending", received=received, external_id=f"u-{received}"
                )
                self.assertEqual(self.order.sale_order_id.state, "draft")
                self.delete()
                self.assertEqual(self.order.state, "gone")
                self.assertSound()

    def test_shipped_order_stays_invoiced(self):
        self.channel.invoice_policy = "shipped"
        self.place()
        self.ship(self.env, self.sale_order)
        self.book()
        self.delete()
        self.assertEqual((self.order.state, self.totals()), ("gone", [220]))
        self.assertEqual(self.payments(), [220])
        self.assertSound()

    def test_rest_of_an_order_that_was_shipped_in_part_is_told(self):
        self.channel.invoice_policy = "shipped"
        self.place(received="220")
        self.ship(self.env, self.sale_order, 1)
        self.book()
        self.delete()
        self.assertEqual(self.order.state, "blocked")
        self.sale_order.picking_ids.filtered(
            lambda each: each.state != "done"
        ).action_cancel()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        self.book()
        self.assertEqual((self.order.state, self.totals()), ("gone", [110]))
        [words] = self.words()
        self.assertIn("the channel keeps 220.00", words)
        self.assertIn("come to 110.00", words)
        self.assertEqual(money_faults(self.env, self.channel), [])

    def test_order_that_is_restored_is_told_no_more(self):
        self.place()
        self.delete()
        if self.order.state != "gone":
            self.cancel_here()
        self.assertTold("220.00")
        back = self.back("220", self.back_line(2, "200", "20"))
        self.speak(
            self.goods(self.lamp, 0, "100", "0"),
            total=0,
            total_tax=0,
            payment="refunded",
            state="cancelled",
            refunds=(back,),
        )
        self.assertFalse(self.words())
