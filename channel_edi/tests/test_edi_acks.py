# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError

from .. import schemas
from .common_edi import EdiCase, functional_ack, x12


class TestEdiAcks(EdiCase):
    """What partners' software says of what we sent."""

    def setUp(self):
        super().setUp()
        answer = self.answer("4711")
        documents = self.env["channel.edi.document"]
        self.documents = documents.browse()
        for number in (1, 2, 3):
            self.documents += documents._queue(
                self.agreement, "855", f"t{number}", answer, business_key="4711"
            )
        self.interchange = self.send()
        self.interchange.action_mark_sent()

    def answer(self, number):
        line = schemas.OrderLine(
            position=1,
            quantity=Decimal(10),
            unit="EA",
            number="1",
            ids=(schemas.ItemId("VN", "SKU-1"),),
        )
        told = schemas.LineAnswer(status="accepted", quantity=Decimal(10), unit="EA")
        return schemas.OrderAnswer(
            order_number=number,
            status="accepted",
            number="S1",
            lines=(schemas.AnswerLine(line=line, answers=(told,)),),
        )

    def ack(self, *verdicts, code="A", number=50, **values):
        self.receive(
            x12(
                functional_ack(
                    self.documents[0].group_number, *verdicts, code=code, **values
                ),
                number=number,
                functional="FA",
            )
        )
        self.env.invalidate_all()

    def states(self):
        return self.documents.mapped("ack_state")

    def test_awaited(self):
        self.assertEqual(self.states(), ["awaiting"] * 3)
        self.assertEqual(self.documents.mapped("state"), ["sent"] * 3)
        due = self.documents[0].due_at - self.documents[0].sent_at
        self.assertEqual(due, timedelta(hours=24))

    def test_all_accepted_without_naming_them(self):
        self.ack()
        self.assertEqual(self.states(), ["accepted"] * 3)

    def test_one_rejected(self):
        numbers = self.documents.mapped("number")
        self.ack(
            ("855", numbers[0], "A"),
            ("855", numbers[1], "R"),
            ("855", numbers[2], "E"),
            code="P",
        )
        self.assertEqual(self.states(), ["accepted", "rejected", "errors"])
        exception = self.exceptions("edi_ack")
        self.assertEqual(exception.res_id, self.documents[1].id)

    def test_partly_and_not_said_which(self):
        self.ack(code="P", accepted=2)
        self.assertEqual(self.states(), ["unclear"] * 3)
        self.assertEqual(len(self.exceptions("edi_ack")), 3)

    def test_overdue_once(self):
        self.documents.due_at = fields.Datetime.now() - timedelta(minutes=1)
        self.env["channel.edi.acks"]._watch()
        self.env["channel.edi.acks"]._watch()
        self.assertEqual(self.states(), ["overdue"] * 3)
        found = self.exceptions("edi_ack")
        self.assertEqual(found.mapped("count"), [1, 1, 1])
        # it comes all the same
        self.ack()
        self.assertEqual(self.states(), ["accepted"] * 3)
        self.assertFalse(self.exceptions("edi_ack"))

    def test_rejected_is_sent_anew_under_new_numbers(self):
        self.ack(("855", self.documents[0].number, "R"), code="R")
        self.documents[0].action_resend()
        [anew] = self.send()
        self.assertEqual(int(anew.number), int(self.interchange.number) + 1)
        self.assertEqual(anew.document_ids.corrects_id, self.documents[0])

    def test_accepted_is_never_sent_anew(self):
        self.ack()
        with self.assertRaises(UserError):
            self.documents[0].action_resend()

    def test_lost_file_is_sent_again_as_it_was(self):
        before = self.interchange._bytes()
        self.interchange.action_send_again()
        self.assertEqual(self.send(), self.interchange)
        self.assertEqual(self.interchange._bytes(), before)
        self.assertEqual(self.states(), ["awaiting"] * 3)

    def test_ack_of_a_late_rejection_after_acceptance_changes_nothing(self):
        self.ack()
        self.ack(("855", self.documents[0].number, "R"), code="R", number=51)
        self.assertEqual(self.states(), ["accepted"] * 3)

    def test_envelope_refused(self):
        number = self.interchange.number
        data = x12(number=60, functional="FA").split(b"GS*")[0]
        data += f"TA1*{number}*261201*1000*R*023~\nIEA*0*000000060~\n".encode()
        self.receive(data)
        self.assertEqual(self.states(), ["rejected"] * 3)
        self.assertIn("rejected", self.interchange.ack_status)

    def test_what_cannot_be_written_stops_no_other(self):
        documents = self.env["channel.edi.document"]
        good = self.answer("1")
        bad = documents._queue(self.agreement, "855", "bad", good)
        bad.payload = '{"status": "accepted"}'
        fine = documents._queue(self.agreement, "855", "fine", good)
        [interchange] = self.send()
        self.assertEqual(interchange.document_ids, fine)
        self.assertEqual(bad.state, "void")
        self.assertEqual(self.exceptions("edi_document").res_id, bad.id)

    def test_a_try_takes_no_numbers(self):
        """Of three documents one has a number with a delimiter in it."""
        documents = self.env["channel.edi.document"]
        first = documents._queue(self.agreement, "855", "1", self.answer("1"))
        bad = documents._queue(self.agreement, "855", "bad", self.answer("4*5"))
        last = documents._queue(self.agreement, "855", "2", self.answer("2"))
        [interchange] = self.send()
        self.assertEqual(interchange.document_ids, first + last)
        self.assertEqual(bad.state, "void")
        self.assertIn("delimiter", bad.error)
        self.assertEqual(int(interchange.number), int(self.interchange.number) + 1)
        taken = [
            int(number) for number in (self.documents + first + last).mapped("number")
        ]
        self.assertEqual(taken, [*range(taken[0], taken[0] + 5)])
