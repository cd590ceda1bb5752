# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas

from .common import DAY, SettlementCase


@tagged("post_install", "-at_install")
class TestSettlementMoney(SettlementCase):
    """Currencies, reserves, corrections, odd orders: right, or named."""

    def decide(self, lines, decision, user=None, **values):
        action = lines.with_user(user or self.first).action_decide()
        wizard = (
            self.env["channel.settlement.decide"]
            .with_user(user or self.first)
            .with_context(**action["context"])
            .create({"decision": decision, "reason": "Because", **values})
        )
        wizard.action_confirm()
        self.env.invalidate_all()

    def rate(self, code, rate, date):
        currency = self.env.ref(f"base.{code}")
        currency.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "name": date,
                "rate": rate,
                "company_id": self.company.id,
            }
        )
        return currency

    # ------------------------------------------------------------ currencies
    def test_payout_in_another_currency_books_the_rate_difference(self):
        """Paid in dollars, paid out in euros: the customer's amount clears the payment,
        what the rate has done since is Odoo's exchange difference."""
        self.rate("EUR", 0.5, "2026-01-01")
        self.paid(100, "O1")
        settlement = self.take_in(
            self.line(
                "charge",
                "45.00",
                "1.00",
                order_ref="O1",
                paid_amount="100",
                paid_currency="USD",
            ),
            currency="EUR",
        )
        self.assertEqual(self.matches(settlement), ["matched"])
        move = self.post(settlement)
        self.assertBalanced(move)
        # 45 EUR at 0.5 are 90 USD of the 100
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.balance_of(self.clearing), 0)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 2)
        [item] = settlement.transfer_line_ids
        self.assertEqual((item.amount_currency, item.currency_id.name), (44, "EUR"))
        self.assertEqual(item.balance, 88)

    def test_currency_that_the_order_transaction_tells_is_enough(self):
        self.rate("EUR", 0.5, "2026-01-01")
        told = schemas.OrderTransactionData("TX1", "charge", Decimal(100), "stripe")
        self.paid(100, "O1", transactions=(told,))
        settlement = self.take_in(
            self.line("charge", "45.00", order_ref="O1", transaction_ref="TX1"),
            currency="EUR",
        )
        self.assertEqual(self.matches(settlement), ["matched"])
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_currency_without_the_customers_amount_is_named(self):
        self.rate("EUR", 0.5, "2026-01-01")
        self.paid(100, "O1")
        settlement = self.take_in(
            self.line("charge", "45.00", order_ref="O1"), currency="EUR"
        )
        self.assertEqual(self.matches(settlement), ["currency"])
        self.decide(
            settlement.line_ids,
            "difference",
            account_id=self.accounts["adjustment"].id,
        )
        self.assertEqual(self.matches(settlement), ["matched"])
        settlement.with_user(self.first).action_propose()
        settlement.with_user(self.second).action_approve()
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertBalanced(settlement.move_id)

    # -------------------------------------------------------------- reserves
    def test_reserve_and_its_release_come_to_zero(self):
        self.paid(100, "O1")
        first = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("reserve", -20, words="RESERVED_FUNDS"),
        )
        self.post(first)
        self.assertEqual(self.balance_of(self.accounts["reserve"]), 20)
        second = self.take_in(
            self.line("reserve", 20, settlement="P2", words="RESERVED_FUNDS_REVERSAL"),
            external_id="P2",
        )
        self.post(second)
        self.assertEqual(self.balance_of(self.accounts["reserve"]), 0)
        self.assertEqual(self.open_on(self.transfer), 96.8)

    def test_chargeback_that_is_won_comes_to_zero(self):
        self.paid(100, "O1")
        self.post(self.take_in(self.line("chargeback", -100, 15, order_ref="O1")))
        won = self.take_in(
            self.line("chargeback", 100, -15, settlement="P2", order_ref="O1"),
            external_id="P2",
        )
        self.post(won)
        self.assertEqual(self.balance_of(self.accounts["chargeback"]), 0)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 0)

    # ------------------------------------------------------------------ tax
    def test_tax_in_a_fee_is_booked_by_itself(self):
        tax = self.env["account.tax"].create(
            {"name": "Fee VAT", "amount": 21, "type_tax_use": "purchase"}
        )
        self.env["channel.settlement.account"].search(
            [("kind", "=", "fee")]
        ).tax_id = tax
        settlement = self.take_in(self.line("fee", "-12.10", words="Monthly"))
        move = self.post(settlement)
        self.assertBalanced(move)
        base = move.line_ids.filtered(
            lambda line: line.account_id == self.accounts["fee"] and line.tax_ids
        )
        of_tax = move.line_ids.filtered("tax_line_id")
        self.assertEqual((base.balance, of_tax.balance), (10, 2.1))
        self.assertEqual(of_tax.tax_line_id, tax)
        self.assertEqual(len(move.line_ids), 3)

    def test_fee_without_an_account_is_booked_nowhere(self):
        self.env["channel.settlement.account"].search(
            [("kind", "=", "fee")]
        ).words = "other"
        self.paid(100, "O1")
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1", words="card")
        )
        self.assertEqual(self.matches(settlement), ["unmapped"])
        self.assertTrue(self.exceptions("settlement"))
        self.env["channel.settlement.account"].with_user(self.first).create(
            {
                "kind": "fee",
                "words": "CARD",
                "account_id": self.accounts["fee"].id,
                "company_id": self.company.id,
            }
        )
        self.work()
        self.assertEqual(self.matches(settlement), ["matched"])
        self.assertFalse(self.exceptions("settlement"))

    # ---------------------------------------------------------- odd orders
    def test_capture_in_parts_is_matched_by_its_transactions(self):
        told = (
            schemas.OrderTransactionData("TX1", "charge", Decimal(60)),
            schemas.OrderTransactionData("TX2", "charge", Decimal(40)),
        )
        self.paid(100, "O1", transactions=told)
        first = self.take_in(
            self.line("charge", 60, 2, order_ref="O1", transaction_ref="TX1")
        )
        self.assertEqual(self.matches(first), ["matched"])
        self.post(first)
        self.assertEqual(self.open_on(self.clearing), 40)
        second = self.take_in(
            self.line(
                "charge",
                40,
                1,
                settlement="P2",
                order_ref="O1",
                transaction_ref="TX2",
            ),
            external_id="P2",
        )
        self.post(second)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_other_amount_is_named_and_decided(self):
        self.paid(100, "O1")
        settlement = self.take_in(self.line("charge", 95, "3.20", order_ref="O1"))
        self.assertEqual(self.matches(settlement), ["amount"])
        self.assertEqual(settlement.line_ids.open_amount, 100)
        with self.passing():
            self.decide(settlement.line_ids, "take")
            self.assertEqual(self.matches(settlement), ["matched"])
            settlement.with_user(self.second).action_propose()
            settlement.action_approve()
            self.assertEqual(self.open_on(self.clearing), 5)
        self.decide(
            settlement.line_ids,
            "difference",
            account_id=self.accounts["adjustment"].id,
        )
        settlement.with_user(self.second).action_propose()
        settlement.action_approve()
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.balance_of(self.accounts["adjustment"]), 5)

    def passing(self):
        from odoo.addons.channel_inventory_base.tests.common import ChannelCase

        return ChannelCase.passing(self)

    def test_order_cancelled_and_paid_back_before_its_invoice_clears_itself(self):
        """Nothing was ever booked here: charge and refund cancel each other out."""
        self.order = self._import(self.plain(100, "O1"))
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("refund", -100, order_ref="O1"),
        )
        self.assertEqual(self.matches(settlement), ["not_needed"] * 2)
        self.post(settlement)
        self.assertEqual(self.open_on(self.transfer), -3.2)

    def test_refund_before_the_invoice_clears_with_the_charge(self):
        """What is invoiced here, and how, is Odoo's affair: it comes to zero."""
        order = self._import(self.plain(100, "O1"))
        self.pay_back(order, "20.00")
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("refund", -20, order_ref="O1", refund_ref="R1"),
        )
        told = [(line.match, line.open_amount) for line in settlement.line_ids]
        self.assertEqual({match for match, _open in told}, {"matched"}, told)
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_units_paid_back_before_their_invoice_are_netted(self):
        """Two lamps paid, one paid back before anything was invoiced: the invoice has
        one, and charge and refund together come to its payment."""
        type(self).number += 1
        line = self._line(self.lamp, 2, "50", ref="L", open_quantity=2)
        values = {"external_id": "O1", "name": "#O1", "total_tax": "0"}
        order = self._import(self._data(line, total="100", version=DAY, **values))
        back = self.refund("50.00", self.refund_line(1, "50.00", "0"))
        line = self._line(self.lamp, 1, "50", ref="L", open_quantity=1)
        later = DAY.replace(hour=12)
        self._capture(
            self._data(line, total="50", version=later, refunds=(back,), **values)
        )
        if order.state == "captured":
            order._follow()
        self.order, self.sale_order = order, order.sale_order_id
        self.book()
        self.assertEqual(self.totals(), [50])
        self.assertEqual(self.open_on(self.clearing), 50)
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("refund", -50, order_ref="O1", refund_ref="R1"),
        )
        self.assertEqual(
            self.matches(settlement), ["matched", "not_needed"], self.why(settlement)
        )
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.open_on(self.transfer), 46.8)

    def test_unknown_order_is_booked_by_a_person(self):
        settlement = self.take_in(
            self.line("charge", 10, order_ref="till-7"), self.line("charge", 5)
        )
        self.assertEqual(self.matches(settlement), ["no_order"] * 2)
        self.decide(
            settlement.line_ids, "account", account_id=self.accounts["adjustment"].id
        )
        self.assertEqual(settlement.state, "ready")
        settlement.with_user(self.second).action_propose()
        with self.assertRaises(UserError):
            settlement.with_user(self.first).action_approve()
        settlement.action_approve()
        self.assertEqual(self.balance_of(self.accounts["adjustment"]), -15)

    def test_line_is_given_the_order_that_a_person_names(self):
        order = self.paid(100, "O1")
        settlement = self.take_in(self.line("charge", 100, "3.20"))
        self.decide(settlement.line_ids, "order", order_id=order.id)
        self.assertEqual(self.matches(settlement), ["matched"])

    # ----------------------------------------------- twice, corrected, gaps
    def test_line_of_another_settlement_is_not_booked_twice(self):
        self.paid(100, "O1")
        line = self.line("charge", 100, "3.20", order_ref="O1", ref="T-same")
        self.post(self.take_in(line))
        second = self.take_in(dict(line, settlement="P2"), external_id="P2")
        self.assertEqual(self.matches(second), ["twice"])
        self.assertEqual(second.state, "exceptions")
        second.with_user(self.first).action_void()
        self.assertFalse(self.exceptions("settlement"))

    def test_correction_of_what_is_posted_waits_for_a_person(self):
        self.paid(100, "O1")
        line = self.line("charge", 100, "3.20", order_ref="O1")
        settlement = self.take_in(line)
        first_move = self.post(settlement)
        self.take_in(dict(line, fee="4.00", net="96.00"))
        self.assertEqual(settlement.state, "posted")
        [exception] = self.exceptions("settlement")
        correction = self.env["channel.settlement"].browse(exception.res_id)
        self.assertEqual((correction.state, correction.payout), ("correction", 96))
        correction.with_user(self.first).action_take_correction()
        self.env.invalidate_all()
        self.assertEqual(settlement.state, "replaced")
        self.assertFalse(self.exceptions("settlement"))
        self.post(correction)
        self.assertNotEqual(correction.move_id, first_move)
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 4)
        self.assertEqual(self.open_on(self.transfer), 96)

    def test_correction_of_what_nobody_approved_takes_its_place(self):
        self.paid(100, "O1")
        line = self.line("charge", 100, "3.20", order_ref="O1")
        settlement = self.take_in(line)
        settlement.with_user(self.first).action_propose()
        corrected = self.take_in(dict(line, fee="4.00", net="96.00"))
        self.assertEqual(settlement.state, "replaced")
        self.assertEqual((corrected.state, corrected.payout), ("ready", 96))

    def test_statement_that_does_not_go_on_where_the_last_ended_is_reported(self):
        def statement(ref, opening, closing, day):
            at = DAY.replace(day=day).isoformat()
            return self.take_in(
                self.line("fee", closing - opening, settlement=ref),
                external_id=ref,
                kind="statement",
                total=None,
                opening=str(opening),
                closing=str(closing),
                started_at=at,
                ended_at=at,
            )

        first = statement("S1", 100, 90, 2)
        self.assertEqual(first.state, "ready")
        statement("S3", 80, 70, 4)
        self.env["channel.settlement.watch"]._look()
        [exception] = self.exceptions("settlement")
        self.assertIn("80.00", exception.message)
        statement("S2", 90, 80, 3)
        self.env["channel.settlement.watch"]._look()
        self.assertFalse(self.exceptions("settlement"))

    # ------------------------------------------------------------ take back
    def test_entry_is_not_drafted_behind_its_settlement(self):
        self.paid(100, "O1")
        settlement = self.take_in(self.line("charge", 100, "3.20", order_ref="O1"))
        move = self.post(settlement)
        with self.assertRaises(UserError):
            move.button_draft()
        settlement.with_user(self.first).action_take_back()
        self.assertEqual(settlement.state, "ready")
        self.assertEqual(self.open_on(self.clearing), 100)
        self.assertEqual(self.open_on(self.transfer), 0)
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_what_the_bank_has_is_not_taken_back(self):
        settlement = self.take_in(self.line("fee", -3))
        self.post(settlement)
        self.bank_shows(-3)
        settlement.action_find_bank()
        self.assertTrue(settlement.in_bank)
        with self.assertRaises(UserError):
            settlement.with_user(self.first).action_take_back()
        self.take_in(self.line("fee", -3, ref="T9"), status="failed")
        self.assertEqual(settlement.state, "posted")
        self.assertTrue(self.exceptions("settlement"))

    def test_nothing_is_posted_when_a_payment_went_after_the_approval(self):
        """Matched once more in the transaction that posts."""
        self.paid(100, "O1")
        settlement = self.take_in(self.line("charge", 100, "3.20", order_ref="O1"))
        settlement.with_user(self.first).action_propose()
        payment = self.env["account.payment"].search(
            [("outstanding_account_id", "=", self.clearing.id)]
        )
        payment.action_draft()
        settlement.with_user(self.second).action_approve()
        self.assertEqual(settlement.state, "exceptions")
        self.assertFalse(settlement.move_id)
        self.assertEqual(self.matches(settlement), ["no_payment"])

    # ----------------------------------------------------------------- bank
    def test_two_payouts_of_one_amount_are_told_apart_by_their_reference(self):
        for ref in ("P1", "P2"):
            self.post(
                self.take_in(
                    self.line("fee", -3, settlement=ref),
                    external_id=ref,
                    bank_ref=f"TRACE-{ref}",
                )
            )
        first, second = self.settlement("P1"), self.settlement("P2")
        plain = self.bank_shows(-3, label="SOMETHING")
        (first | second).action_find_bank()
        self.assertFalse(first.in_bank or second.in_bank)
        named = self.bank_shows(-3, label="PAYOUT trace-p2")
        (first | second).action_find_bank()
        self.assertTrue(second.in_bank)
        self.assertTrue(named.is_reconciled)
        # the other one is the only one left for the only one left
        first.action_find_bank()
        self.assertTrue(first.in_bank)
        self.assertTrue(plain.is_reconciled)

    def test_bank_transaction_is_chosen_by_hand_where_the_day_is_far(self):
        settlement = self.take_in(self.line("fee", -3))
        self.post(settlement)
        far = self.bank_shows(-3, date="2026-03-20")
        settlement.action_find_bank()
        self.assertFalse(settlement.in_bank)
        action = settlement.with_user(self.first).action_choose_bank()
        wizard = (
            self.env["channel.settlement.bank"]
            .with_user(self.first)
            .with_context(**action["context"])
            .create({})
        )
        [line] = wizard.line_ids
        line.action_choose()
        self.assertTrue(settlement.in_bank)
        self.assertTrue(far.is_reconciled)

    def test_payout_that_the_bank_never_shows_is_reported_until_it_does(self):
        settlement = self.take_in(self.line("fee", -3))
        self.post(settlement)
        self.env["channel.settlement.watch"]._look()
        [exception] = self.exceptions("settlement_bank")
        self.assertEqual(exception.res_id, settlement.id)
        self.bank_shows(-3)
        settlement.action_find_bank()
        self.assertFalse(self.exceptions("settlement_bank"))

    def test_payments_that_no_settlement_has_are_reported(self):
        self.paid(100, "O1")
        self.paid(50, "O2")
        self.post(self.take_in(self.line("charge", 50, order_ref="O2")))
        payment = self.env["account.payment"].search(
            [("outstanding_account_id", "=", self.clearing.id)]
        )
        self.env.flush_all()
        items = self.env["channel.clearing.item"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(items.mapped("amount"), [100])
        self.assertEqual(items.order_id.name, "#O1")
        payment.move_id.line_ids.filtered(
            lambda line: line.account_id == self.clearing and not line.reconciled
        ).date = fields.Date.subtract(fields.Date.today(), days=40)
        self.env.flush_all()
        self.env.invalidate_all()
        self.env["channel.settlement.watch"]._look()
        [exception] = self.exceptions("clearing")
        self.assertIn("100.00", exception.message)
        self.post(
            self.take_in(
                self.line("charge", 100, settlement="P2", order_ref="O1"),
                external_id="P2",
            )
        )
        self.env["channel.settlement.watch"]._look()
        self.assertFalse(self.exceptions("clearing"))

    # --------------------------------------------------------------- margin
    def test_margin_is_sale_less_refunds_less_fees(self):
        order = self.paid(100, "O1")
        self.pay_back(order, "20.00")
        self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("refund", -20, order_ref="O1", refund_ref="R1"),
            self.line("fee", -1, order_ref="O1"),
        )
        self.env.flush_all()
        row = self.env["channel.order.margin"].search([("order_id", "=", order.id)])
        self.assertEqual(
            (row.sold, row.refunded, row.fees, row.net), (100, 20, 4.2, 75.8)
        )

    def test_margin_of_an_order_in_another_currency_is_in_its_own(self):
        self.rate("EUR", 0.5, "2026-01-01")
        order = self.paid(100, "O1")
        self.take_in(
            self.line(
                "charge",
                "45.00",
                "0.90",
                order_ref="O1",
                paid_amount="100",
                paid_currency="USD",
            ),
            currency="EUR",
        )
        self.env.flush_all()
        row = self.env["channel.order.margin"].search([("order_id", "=", order.id)])
        self.assertEqual((row.sold, row.fees, row.net), (100, 2, 98))
        self.assertTrue(row.is_converted)

    def test_payment_of_a_third_currency_is_cleared_in_it(self):
        """Company in dollars, order in euros, paid out in pounds."""
        self.rate("GBP", 0.5, "2026-01-01")
        euro = self.rate("EUR", 0.8, "2026-01-01")
        self.channel.currency_id = euro
        self.paid(100, "O1", currency="EUR")
        payment = self.env["account.payment"].search(
            [("outstanding_account_id", "=", self.clearing.id)]
        )
        self.assertEqual(payment.currency_id, euro)
        settlement = self.take_in(
            self.line(
                "charge",
                "60.00",
                order_ref="O1",
                paid_amount="100",
                paid_currency="EUR",
            ),
            currency="GBP",
        )
        self.assertEqual(self.matches(settlement), ["matched"])
        move = self.post(settlement)
        self.assertBalanced(move)
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.balance_of(self.clearing), 0)
        self.assertEqual(self.open_on(self.transfer), 120)
