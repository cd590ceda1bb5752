# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError

from .common_edi import EdiCase, po, x12

ORDER = po("4711", (10, "EA", "5.00", "SKU-1"))


class TestInterchanges(EdiCase):
    """Envelopes: whose they are, whether they came before, what answers them."""

    def find(self, **values):
        domain = [(name, "=", value) for name, value in values.items()]
        return self.env["channel.edi.interchange"].search(domain, order="id")

    def test_order_is_held_and_acknowledged(self):
        document = self.receive(x12(ORDER))
        self.assertEqual((document.kind, document.state), ("850", "done"))
        self.assertEqual(document.business_key, "4711")
        self.assertEqual(document.order_id.name, "4711")
        hold = document.order_id.line_ids.hold_ids
        self.assertEqual([each.quantity for each in hold], [10])
        [answer] = self.send()
        text = answer._bytes().decode()
        self.assertIn("AK1*PO*1", text)
        self.assertIn("AK9*A*1*1*1", text)
        self.assertEqual(answer.answers_id, document.interchange_id)

    def test_no_agreement(self):
        """Kept; read when the agreement is there."""
        documents = self.receive(x12(ORDER, sender="OTHER"))
        self.assertFalse(documents)
        file = self.env["channel.edi.file"].search([], limit=1)
        self.assertEqual(file.state, "held")
        self.assertIn("ZZ:OTHER", self.exceptions("edi_file").message)
        self.agreement.their_id = "OTHER"
        file.action_retry()
        self.work()
        self.assertEqual(file.document_ids.state, "done")
        self.assertFalse(self.exceptions("edi_file"))

    def test_what_is_no_interchange(self):
        self.receive(b"Dear supplier, please find attached")
        file = self.env["channel.edi.file"].search([], limit=1)
        self.assertEqual(file.state, "refused")
        self.assertEqual(self.exceptions("edi_file").res_id, file.id)
        self.assertEqual(file._bytes()[:4], b"Dear")

    def test_same_number_same_bytes(self):
        """Dropped; the same acknowledgement is sent once more."""
        self.receive(x12(ORDER))
        [answer] = self.send()
        answer.action_mark_sent()
        self.assertEqual(answer.state, "sent")
        self.receive(x12(ORDER))
        self.assertEqual(
            self.find(direction="in").mapped("state"), ["done", "duplicate"]
        )
        self.assertEqual(self.send(), answer, "the same bytes again")
        self.assertEqual(self.env["channel.order"].search_count([]), 1)

    def test_same_number_other_bytes(self):
        """Held for a person, who takes it in or drops it."""
        self.receive(x12(ORDER))
        other = po("4712", (1, "EA", "5.00", "SKU-1"))
        self.assertFalse(self.receive(x12(other)))
        second = self.find(direction="in")[1]
        self.assertEqual(second.state, "held")
        self.assertEqual(self.exceptions("edi_duplicate").res_id, second.id)
        second.action_retry()
        self.work()
        self.assertEqual(second.document_ids.state, "done")
        self.assertFalse(self.exceptions("edi_duplicate"))

    def test_partner_that_repeats_its_numbers(self):
        self.agreement.reuses_numbers = True
        self.receive(x12(ORDER))
        other = po("4712", (1, "EA", "5.00", "SKU-1"))
        self.assertEqual(self.receive(x12(other)).state, "done")

    def test_other_number_same_document(self):
        """A resend: orders go by their own number."""
        first = self.receive(x12(ORDER))
        again = self.receive(x12(ORDER, number=2))
        self.assertEqual(again.state, "ignored")
        self.assertIn("850 4711", again.error)
        self.assertEqual(sum(first.order_id.line_ids.hold_ids.mapped("quantity")), 10)

    def test_same_order_other_content(self):
        self.receive(x12(ORDER))
        again = self.receive(x12(po("4711", (3, "EA", "5.00", "SKU-1")), number=2))
        self.assertEqual(again.state, "held")
        order = self.env["channel.order"].search([("name", "=", "4711")])
        self.assertEqual(sum(order.line_ids.hold_ids.mapped("quantity")), 10)

    def test_two_interchanges_in_one_file(self):
        other = po("4712", (1, "EA", "5.00", "SKU-1"))
        documents = self.receive(x12(ORDER) + x12(other, number=2))
        self.assertEqual(documents.mapped("state"), ["done", "done"])

    def test_test_document_holds_nothing(self):
        """Nothing is made of it, and it is acknowledged as a test."""
        document = self.receive(x12(ORDER, test=True))
        self.assertEqual(document.state, "ignored")
        self.assertFalse(self.env["channel.order"].search([]))
        [answer] = self.send()
        self.assertIn(b"*T*", answer._bytes()[:106])

    def test_one_bad_document_keeps_no_other(self):
        """It is refused with its place, and the partner is told which."""
        bad = ["850", "BEG*00*SA**4711", "PO1*1*ten*EA*5.00**VN*SKU-1", "CTT*1"]
        documents = self.receive(x12(ORDER, bad)).sorted("position")
        self.assertEqual(documents.mapped("state"), ["done", "refused"])
        self.assertIn("segment", documents[1].error)
        [answer] = self.send()
        text = answer._bytes().decode()
        self.assertIn("AK5*R", text)
        self.assertRegex(text, r"AK9\*P\*2\*2\*1")

    def test_unknown_item_is_accepted_syntax(self):
        """A 997 judges syntax: an item that nobody knows is a matter of its line."""
        document = self.receive(x12(po("1", (1, "EA", "5.00", "NOBODY"))))
        self.assertEqual(document.state, "done")
        [answer] = self.send()
        self.assertIn(b"AK9*A", answer._bytes())

    def test_no_acknowledgement_of_acknowledgements(self):
        self.receive(x12(["997", "AK1*PO*77", "AK9*A*1*1*1"], functional="FA"))
        self.assertFalse(self.send())
        self.assertEqual(
            self.exceptions("edi_ack").message,
            "BigMart acknowledges what we have not sent (997).",
        )

    def test_partner_that_wants_no_acknowledgement(self):
        self.agreement.sends_acks = False
        self.receive(x12(ORDER))
        self.assertFalse(self.send())

    def test_control_numbers_have_no_gap(self):
        for number in (1, 2, 3):
            order = po(f"47{number}", (1, "EA", "5.00", "SKU-1"))
            self.receive(x12(order, number=number))
        # nothing is answered, and no number is lost
        self.receive(
            x12(["997", "AK1*PO*77", "AK9*A*1*1*1"], number=9, functional="FA")
        )
        self.receive(x12(po("9", (1, "EA", "5.00", "SKU-1")), number=10))
        numbers = [int(each.number) for each in self.send()]
        self.assertEqual(numbers, [1, 2, 3, 4])

    def test_discarded_file_stays(self):
        self.receive(b"junk")
        file = self.env["channel.edi.file"].search([], limit=1)
        file._discard("a letter")
        self.assertEqual((file.state, file.error), ("ignored", "a letter"))
        self.assertFalse(self.exceptions("edi_file"))
        with self.assertRaises(UserError):
            file.unlink()
