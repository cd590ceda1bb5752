# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .test_books_edits import MoneyCase


@tagged("post_install", "-at_install")
class TestBooksDrafts(MoneyCase):
    """An invoice or credit note that a person has begun: nothing is judged while they
    are at work, and what is left lying is in no book. 2 lamps at 100.00 plus 10 %."""

    def setUp(self):
        super().setUp()
        self.say(self.goods(self.lamp, 2, "100", "20"), total=220, total_tax=20)

    def begin_note(self, units=1):
        """A draft credit note by hand."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.moves[0].ids)
            .create({"journal_id": self.moves[0].journal_id.id})
        )
        note = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        note.invoice_line_ids.quantity = units
        return note

    def leave(self, note, hours=25):
        """Nobody touches it for so long."""
        self.env.flush_all()
        self.cr.execute(
            "UPDATE account_move SET write_date = now() AT TIME ZONE 'UTC' "
            "- make_interval(hours => %s) WHERE id = %s",
            [hours, note.id],
        )
        self.cr.execute(
            "UPDATE channel_order SET judge_after = judge_after "
            "- make_interval(hours => %s) WHERE judge_after IS NOT NULL",
            [hours],
        )
        self.env.invalidate_all()

    def minute(self):
        self.env["channel.order.ledger"]._prove_waiting()
        self.env["channel.draft.watch"]._look()

    def told_long_ago(self):
        self.env.flush_all()
        self.cr.execute(
            "UPDATE channel_exception SET last_seen = last_seen - interval '2 days' "
            "WHERE res_model = 'channel.order' AND res_id = %s",
            [self.order.id],
        )
        self.env.invalidate_all()

    def told(self):
        return self._exceptions(self.order).filtered(lambda each: each.state == "open")

    def test_draft_that_somebody_is_at_work_on_is_not_told(self):
        note = self.begin_note()
        self.leave(note, hours=2)
        self.minute()
        self.assertFalse(self.told())

    def test_draft_that_is_left_lying_is_told_once_and_ends_when_it_is_posted(self):
        note = self.begin_note()
        self.leave(note)
        self.minute()
        self.minute()
        told = self.told()
        self.assertEqual((told.category, told.count), ("books", 1))
        self.assertIn("still a draft", told.message)
        note.action_post()
        self.minute()
        self.assertFalse(self.told())

    def test_told_draft_ends_when_it_is_cancelled_or_deleted(self):
        for end in ("button_cancel", "unlink"):
            with self.subTest(end):
                note = self.begin_note()
                self.leave(note)
                self.minute()
                self.assertTrue(self.told())
                getattr(note, end)()
                self.minute()
                self.assertFalse(self.told())
                self.told_long_ago()

    def test_told_draft_that_is_ignored_is_told_again_when_it_is_changed(self):
        note = self.begin_note()
        self.leave(note)
        self.minute()
        self.told()._close("ignored", "Waits for the carrier's answer")
        self.minute()
        self.assertFalse(self.told())
        self.told_long_ago()
        self.minute()
        self.assertTrue(self.told())

    def test_difference_is_found_without_the_draft_once_it_is_left_lying(self):
        """The price was lowered there, and who invoices is a person: their draft is
        not what the customer got."""
        self.channel.write({"invoice_policy": "none", "payment_policy": "none"})
        note = self.begin_note()
        self.speak(self.goods(self.lamp, 2, "80", "16"), total=176, total_tax=16)
        self.order._prove_books()
        self.assertFalse(self.told(), "somebody is at work on it")
        self.assertTrue(self.order.judge_after)
        self.leave(note)
        self.minute()
        words = " ".join(self.told().mapped("message"))
        self.assertIn("176.00", words)
        self.assertIn("220.00", words)
        [difference] = self.told().filtered(lambda each: each.key.endswith(":ledger"))
        self.assertIn("begun and not posted", difference.suggestion)

    def test_draft_that_hides_no_difference_ends_nothing_else(self):
        """A difference is over when its credit note is posted, not when it is begun."""
        self.channel.write({"invoice_policy": "none", "payment_policy": "none"})
        self.speak(self.goods(self.lamp, 2, "80", "16"), total=176, total_tax=16)
        self.order._prove_books()
        [told] = self.told()
        note = self.begin_note()
        note.invoice_line_ids.write({"price_unit": 40, "extra_tax_data": False})
        self.leave(note)
        self.env["channel.order.ledger"]._prove(self.order)
        self.assertEqual(told.state, "open")
        note.action_post()
        self.env["channel.message"].search([]).write({"state": "void"})
        self.env["channel.order.ledger"]._prove(self.order)
        self.assertEqual(told.state, "resolved")

    def test_draft_invoice_of_a_person_is_no_difference(self):
        self.channel.write({"invoice_policy": "none", "payment_policy": "none"})
        self.speak(
            self.goods(self.lamp, 2, "100", "20", ref="O"),
            total=220,
            total_tax=20,
            external_id="8",
        )
        order = self.find_order(self.env, "8")
        invoice = order.sale_order_id._create_invoices()
        self.leave(invoice)
        self.env["channel.order.ledger"]._prove(order)
        self.assertFalse(self._exceptions(order))
