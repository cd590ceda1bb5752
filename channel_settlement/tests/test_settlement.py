# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.channel_inventory_base.tests.common_wakeups import WakeUps

from .common import SettlementCase


@tagged("post_install", "-at_install")
class TestSettlement(WakeUps, SettlementCase):
    """Of the plan: the tests of settlements that need no connector, by name."""

    def test_payout_of_two_charges_and_a_refund_clears_to_zero(self):
        self.paid(50, "O2")
        order = self.paid(100, "O1")
        self.pay_back(order, "20.00")
        self.assertEqual(self.open_on(self.clearing), 130)
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("charge", 50, "1.75", order_ref="O2"),
            self.line("refund", -20, order_ref="O1", refund_ref="R1"),
        )
        self.assertEqual(settlement.payout, 125.05)
        self.assertEqual(self.matches(settlement), ["matched"] * 3)
        self.assertEqual(settlement.line_ids[2].refund_id, order.refund_ids)
        move = self.post(settlement)
        self.assertBalanced(move)
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 4.95)
        self.assertEqual(self.open_on(self.transfer), 125.05)
        payments = self.env["account.payment"].search(
            [("outstanding_account_id", "=", self.clearing.id)]
        )
        self.assertEqual(len(payments), 3)
        items = payments.move_id.line_ids.filtered(
            lambda line: line.account_id == self.clearing
        )
        self.assertEqual(set(items.mapped("reconciled")), {True})
        bank_line = self.bank_shows(125.05)
        settlement.with_user(self.first).action_find_bank()
        self.assertTrue(settlement.in_bank)
        self.assertTrue(bank_line.is_reconciled)
        self.assertEqual(self.open_on(self.transfer), 0)
        self.assertEqual(settlement.bank_residual, 0)

    def test_same_payout_three_times_is_one_entry(self):
        self.paid(100, "O1")
        lines = [self.line("charge", 100, "3.20", order_ref="O1")]
        settlement = self.take_in(*lines)
        self.store(self.channel, self.document(*lines))
        move = self.post(settlement)
        # other bytes that say the same, as channels fetch them again
        for key in ("again", "once more"):
            values = self.document(*lines, status="paid")
            values["note"] = key
            del values["note"]
            self.store(self.channel, values, key=key)
            self.work()
        self.assertEqual(self.settlement(), settlement)
        self.assertEqual(settlement.status, "paid")
        self.assertEqual(
            self.env["account.move"].search([("channel_settlement_id", "!=", False)]),
            move,
        )
        self.assertFalse(self.exceptions("settlement"))

    def test_charge_of_an_order_we_never_had_waits_for_it(self):
        settlement = self.take_in(self.line("charge", 100, "3.20", order_ref="O1"))
        self.assertEqual(self.matches(settlement), ["no_order"])
        self.assertEqual(settlement.state, "exceptions")
        self.assertFalse(settlement.move_id)
        [exception] = self.exceptions("settlement")
        self.assertIn("Order unknown: 1", exception.message)
        with self.assertRaises(UserError):
            settlement.with_user(self.first).action_propose()
        reader = self.env["channel.settlement.reader"]
        self.assertEqual(reader._get_unknown_orders(self.channel), ["O1"])
        self.paid(100, "O1")
        settlement._wake_open(self.company)
        self.work()
        self.assertEqual(self.matches(settlement), ["matched"])
        self.assertFalse(self.exceptions("settlement"))
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_refund_there_without_credit_note_here_is_named(self):
        order = self.paid(100, "O1")
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("refund", -20, order_ref="O1", refund_ref="R1"),
        )
        self.assertEqual(self.matches(settlement), ["matched", "no_payment"])
        self.assertIn("credit note", settlement.line_ids[1].explanation)
        self.assertEqual(settlement.line_ids[1].order_id.name, "#O1")
        self.assertTrue(self.exceptions("settlement"))
        self.pay_back(order, "20.00")
        settlement._wake_open(self.company)
        self.work()
        self.assertEqual(settlement.state, "ready", self.why(settlement))
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_sum_that_differs_by_a_cent_is_not_posted(self):
        self.paid(100, "O1")
        self.paid(50, "O2")
        settlement = self.take_in(
            self.line("charge", 100, "3.20", order_ref="O1"),
            self.line("charge", 50, "1.76", order_ref="O2"),
            total="145.05",
        )
        self.assertEqual(settlement.difference, 0.01)
        self.assertEqual(settlement.state, "exceptions")
        self.assertIn("0.01", settlement.check_text)
        self.assertFalse(settlement.move_id)
        with self.assertRaises(UserError):
            settlement.with_user(self.first).action_propose()
        # the way out: an account for it, with a reason
        action = settlement.with_user(self.first).action_accept_difference()
        wizard = (
            self.env["channel.settlement.decide"]
            .with_user(self.first)
            .with_context(**action["context"])
            .create(
                {"account_id": self.accounts["adjustment"].id, "reason": "Rounding"}
            )
        )
        wizard.action_confirm()
        self.assertEqual(settlement.difference, 0)
        self.assertFalse(self.exceptions("settlement"))
        settlement.with_user(self.second).action_propose()
        with self.assertRaises(UserError):
            # who has decided on a line does not approve
            settlement.with_user(self.first).action_approve()
        settlement.with_user(self.second).action_withdraw()
        settlement.with_user(self.first).action_propose()
        settlement.with_user(self.second).action_approve()
        self.assertEqual(self.open_on(self.transfer), 145.05)
        self.assertEqual(self.balance_of(self.accounts["adjustment"]), -0.01)

    def test_chargeback_goes_to_its_account_and_the_order_is_flagged(self):
        order = self.paid(100, "O1")
        invoices = self.moves
        settlement = self.take_in(
            self.line("chargeback", -100, 15, order_ref="O1", words="DISPUTE"),
        )
        self.assertEqual(settlement.payout, -115)
        move = self.post(settlement)
        self.assertBalanced(move)
        self.assertEqual(self.balance_of(self.accounts["chargeback"]), 100)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 15)
        self.assertEqual(self.open_on(self.transfer), -115)
        [exception] = self.exceptions("chargeback")
        self.assertEqual(exception._get_orders(), order)
        self.assertEqual(self.moves, invoices)
        self.assertEqual(
            set(invoices.mapped("payment_state")),
            {"in_payment"} & set(invoices.mapped("payment_state")) or {"paid"},
        )
        bank_line = self.bank_shows(-115)
        settlement.action_find_bank()
        self.assertTrue(settlement.in_bank)
        self.assertTrue(bank_line.is_reconciled)

    def test_settlements_of_two_currencies_are_two(self):
        self.env.ref("base.GBP").active = True
        self.env.ref("base.EUR").active = True
        values = self.document(
            self.line("fee", -10, settlement="A-EUR"),
            external_id="A-EUR",
            currency="EUR",
        )
        other = self.document(
            self.line("fee", -7, settlement="A-GBP"),
            external_id="A-GBP",
            currency="GBP",
        )
        self.store(self.channel, values)
        self.store(self.channel, other)
        self.work()
        found = self.settlement("A-EUR") | self.settlement("A-GBP")
        self.assertEqual(found.mapped("payout"), [-10, -7])
        self.assertEqual(found.mapped("currency_id.name"), ["EUR", "GBP"])

    def test_payout_that_failed_in_transit_is_reversed(self):
        self.paid(100, "O1")
        lines = [self.line("charge", 100, "3.20", order_ref="O1")]
        settlement = self.take_in(*lines)
        move = self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)
        self.take_in(*lines, status="failed")
        self.assertEqual(settlement.state, "void")
        self.assertFalse(settlement.move_id)
        self.assertEqual(move.state, "posted")
        self.assertEqual(self.open_on(self.clearing), 100)
        self.assertEqual(self.open_on(self.transfer), 0)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 0)
        # the same charge in the next payout
        again = self.take_in(
            *[dict(lines[0], settlement="P2")], external_id="P2", status="paid"
        )
        self.assertEqual(self.matches(again), ["matched"])
        self.post(again)
        self.assertEqual(self.open_on(self.clearing), 0)

    # ------------------------------------------------------------- approval
    def test_nobody_approves_what_they_proposed(self):
        self.paid(100, "O1")
        settlement = self.take_in(self.line("charge", 100, "3.20", order_ref="O1"))
        settlement.with_user(self.first).action_propose()
        self.assertFalse(settlement.with_user(self.first).may_approve)
        self.assertTrue(settlement.with_user(self.second).may_approve)
        with self.assertRaises(UserError):
            settlement.with_user(self.first).action_approve()
        self.company.channel_settlement_approval = False
        settlement.with_user(self.first).action_approve()
        self.assertEqual(settlement.state, "posted")

    def test_accountants_ask_for_settlements_when_they_want_them(self):
        settlements = self.env["channel.settlement"].with_user(self.first)
        settlements.action_fetch()
        self.assertEqual(self.wanted("_job_payouts"), 0)
        self.fake.more = {"settlements": False}
        with self.assertRaises(UserError):
            settlements.action_fetch()

    def test_operators_are_no_accountants(self):
        settlement = self.take_in(self.line("fee", -3))
        operator = self.env["res.users"].create(
            {
                "name": "Operator",
                "login": "settle_operator",
                "group_ids": [
                    (4, self.env.ref("channel_inventory_base.group_channel_manager").id)
                ],
            }
        )
        with self.assertRaises(AccessError):
            settlement.with_user(operator).action_propose()
        with self.assertRaises(AccessError):
            self.channel.with_user(self.first).write({"name": "Mine"})

    # ------------------------------------------------------------ half a file
    @mute_logger("odoo.addons.channel_settlement.models.channel_settlement_reader")
    def test_half_a_file_is_refused_as_a_whole_and_kept(self):
        file = self.store(self.channel, b'{"head": {"external_id": "P1", "curr')
        self.work()
        self.assertEqual(file.state, "refused")
        self.assertEqual(file._bytes(), b'{"head": {"external_id": "P1", "curr')
        self.assertFalse(self.settlement())
        [exception] = self.exceptions("settlement_file")
        self.assertEqual(exception.res_id, file.id)
        file.with_user(self.first).action_discard()
        self.assertFalse(self.exceptions("settlement_file"))
