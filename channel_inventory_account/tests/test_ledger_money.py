# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged
from odoo.tools import SQL

from .ledger_money import money_faults
from .test_books_edits import MoneyCase


@tagged("post_install", "-at_install")
class TestLedgerMoney(MoneyCase):
    """The judge of random lives: what it overlooks no life would find."""

    def setUp(self):
        super().setUp()
        self.say(self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20)

    def faults(self):
        return money_faults(self.env, self.channel)

    def spoil(self, table, assignment, record):
        """As if something had gone wrong that no hook sees."""
        self.env.flush_all()
        query = SQL(
            "UPDATE %s SET %s WHERE id = %s", SQL(table), SQL(assignment), record.id
        )
        self.env.cr.execute(query)
        self.env.invalidate_all()

    def assertFound(self, words):
        [fault] = self.faults()
        self.assertIn(words, fault)

    def test_invoice_of_another_amount_or_tax_is_found(self):
        for assignment, words in (
            ("amount_total = 219", "the channel keeps 220, the books have 219.00"),
            ("amount_tax = 19", "the channel keeps 20 of tax, the books have 19.00"),
        ):
            with self.subTest(assignment):
                savepoint = self.env.cr.savepoint()
                self.spoil("account_move", assignment, self.moves)
                self.assertIn(words, self.faults()[0])
                savepoint.close(rollback=True)
                self.env.invalidate_all(flush=False)

    def test_invoice_that_is_cancelled_is_found(self):
        self.spoil("account_move", "state = 'cancel'", self.moves)
        self.assertTrue(self.faults())

    def test_payment_that_did_not_happen_is_found(self):
        payment = self.moves.matched_payment_ids | self.moves.reconciled_payment_ids
        self.spoil("account_payment", "amount = 330", payment)
        self.assertIn("330", self.faults()[0])

    def test_money_of_an_order_that_is_deleted_and_unsold_is_found(self):
        self.spoil("channel_order", "state = 'gone'", self.order)
        self.assertEqual(self.faults(), [], "sold, and in the books")
        self.spoil("sale_order", "state = 'cancel'", self.order.sale_order_id)
        self.spoil("account_move", "state = 'cancel'", self.moves)
        self.assertTrue(self.faults())

    def test_exception_about_the_order_excuses_and_missing_goods_do_not(self):
        self.spoil("account_move", "amount_total = 219", self.moves)
        report = self.env["channel.exception"]._report
        report(self.channel, "oversold", "short", "Short", "Buy", orders=self.order)
        self.assertTrue(self.faults())
        report(self.channel, "tax", "shared", "Look", "Look", orders=self.order)
        self.assertEqual(self.faults(), [])
