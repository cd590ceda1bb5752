# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from ..lib import codec
from .common_edi import EdiCase, po, x12

WORKER = "odoo.addons.channel_edi.models.channel_edi_worker"
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

    def test_file_that_was_read_before_it_was_written_to_its_end(self):
        """It is read as it is after an hour; when the rest comes, all of it counts."""
        whole = x12(ORDER)
        for end in (whole.index(b"PO1"), whole.index(b"IEA"), len(whole)):
            self.receive(whole[:end])
        found = self.find(direction="in")
        self.assertEqual(found.mapped("state"), ["duplicate", "duplicate", "done"])
        self.assertEqual(found.duplicate_of_id, found[1:])
        self.assertEqual(set(found[:2].document_ids.mapped("state")), {"ignored"})
        self.assertFalse(self.exceptions("edi_file", "edi_document", "edi_duplicate"))
        order = self.env["channel.order"].search([])
        self.assertEqual(sum(order.line_ids.hold_ids.mapped("quantity")), 10)
        answers = [answer._bytes() for answer in self.send()]
        self.assertIn(b"AK9*A*1*1*1", answers[-1])

    def test_beginning_of_a_file_that_was_read_already(self):
        """Two servers, or a partner's upload that was tried again."""
        whole = x12(ORDER)
        self.receive(whole)
        self.receive(whole[: whole.index(b"SE*")])
        found = self.find(direction="in")
        self.assertEqual(found.mapped("state"), ["done", "duplicate"])
        self.assertFalse(self.exceptions("edi_file", "edi_document", "edi_duplicate"))

    def test_corrected_one_counts_in_place_of_one_that_was_refused(self):
        cut = x12(ORDER)[:-20]
        self.receive(cut)
        self.receive(cut)
        self.assertEqual(
            self.find(direction="in").mapped("state"), ["refused", "duplicate"]
        )
        self.assertTrue(self.exceptions("edi_file"))
        other = x12(po("4711", (3, "EA", "5.00", "SKU-1")))
        self.assertEqual(self.receive(other).state, "done")
        self.assertFalse(self.exceptions("edi_file", "edi_document"))
        third = x12(po("4711", (4, "EA", "5.00", "SKU-1")))
        self.assertFalse(self.receive(third), "that one was taken")
        self.assertTrue(self.exceptions("edi_duplicate"))

    def test_partner_that_repeats_its_numbers(self):
        self.agreement.reuses_numbers = True
        self.receive(x12(ORDER))
        other = po("4712", (1, "EA", "5.00", "SKU-1"))
        self.assertEqual(self.receive(x12(other)).state, "done")

    def test_refused_one_of_a_partner_that_repeats_its_numbers_stays_open(self):
        """The next one with its number says nothing of what it had; its whole does."""
        self.agreement.reuses_numbers = True
        whole = x12(ORDER)
        self.receive(whole[:-20])
        other = po("4712", (1, "EA", "5.00", "SKU-1"))
        self.assertEqual(self.receive(x12(other)).state, "done")
        self.assertEqual(self.find(direction="in").mapped("state"), ["refused", "done"])
        self.assertTrue(self.exceptions("edi_file"))

    def test_rest_for_a_partner_that_repeats_its_numbers(self):
        self.agreement.reuses_numbers = True
        whole = x12(ORDER)
        self.receive(whole[:-20])
        self.assertEqual(self.receive(whole).state, "done")
        self.assertFalse(self.exceptions("edi_file", "edi_document"))

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

    def test_file_that_breaks_us_stops_no_other(self):
        """Nobody has thought of what is in it: it is kept and told, and the one behind
        it is read."""
        read, broken = codec.read, x12(po("48", (1, "EA", "5.00", "SKU-1")), number=2)

        def read_some(data, options):
            if data == broken:
                raise ZeroDivisionError("nobody has thought of this")
            return read(data, options)

        files = self.env["channel.edi.file"]
        first = files._store(self.mailbox, "a.edi", "1", broken)
        with patch.object(codec, "read", read_some), mute_logger(WORKER):
            second = self.receive(x12(ORDER))
        self.assertEqual((first.state, second.state), ("refused", "done"))
        self.assertEqual(self.exceptions("edi_file").res_id, first.id)
        # it is read once the fault is mended
        first.action_retry()
        self.work()
        self.assertEqual(first.document_ids.state, "done")
        self.assertFalse(self.exceptions("edi_file"))

    def test_big_document_is_read_once(self):
        """What it says is handed on from the one step to the next."""
        parse, told = codec.parse, []

        def count(document, options):
            told.append(document.head.kind)
            return parse(document, options)

        with (
            patch.object(codec, "parse", count),
            patch("odoo.addons.channel_edi.models.channel_edi_splitter.BIG", 10),
        ):
            document = self.receive(x12(ORDER))
        self.assertEqual((document.state, told), ("done", ["850"]))

    def add_partner(self, name):
        """Another partner whose files go by the same mailbox, as at a VAN."""
        return self.agreement.copy({"name": name, "their_id": name.upper()})

    def test_partners_that_share_a_mailbox_have_the_same_numbers(self):
        """Each agreement counts for itself: their files have names of their own, and
        keep each other from nothing (mcb30/odoo-edi#45)."""
        other = self.add_partner("Other")
        first = self.receive(x12(ORDER))
        second = self.receive(
            x12(po("O-1", (1, "EA", "5.00", "SKU-1")), sender="OTHER")
        )
        self.assertEqual((first.state, second.state), ("done", "done"))
        answers = self.send()
        self.assertEqual(answers.agreement_id, self.agreement + other)
        self.assertEqual(answers.mapped("number"), ["000000001"] * 2)
        self.assertEqual(
            answers.mapped("name"),
            ["997_000000001.edi", f"997_000000001_{other.id}.edi"],
        )

    def test_a_name_that_another_worker_has_taken_a_moment_ago(self):
        other = self.add_partner("Other")
        self.receive(x12(ORDER))
        interchanges = type(self.env["channel.edi.interchange"])
        find, names = interchanges._find_free_name, ["997_000000001.edi"]

        def find_late(records, agreement, name):
            # it cannot be seen yet, once
            return names.pop() if names else find(records, agreement, name)

        with patch.object(interchanges, "_find_free_name", find_late):
            with mute_logger("odoo.sql_db"):
                document = self.receive(
                    x12(po("O-1", (1, "EA", "5.00", "SKU-1")), sender="OTHER")
                )
        self.assertEqual(document.state, "done")
        answers = self.send()
        self.assertEqual(answers[1].name, f"997_000000001_{other.id}.edi")
        self.assertEqual(answers.mapped("number"), ["000000001"] * 2)

    def test_discarded_file_stays(self):
        self.receive(b"junk")
        file = self.env["channel.edi.file"].search([], limit=1)
        file._discard("a letter")
        self.assertEqual((file.state, file.error), ("ignored", "a letter"))
        self.assertFalse(self.exceptions("edi_file"))
        with self.assertRaises(UserError):
            file.unlink()

    def test_who_discards_an_interchange_is_told(self):
        self.receive(x12(ORDER))
        self.receive(x12(po("48", (1, "EA", "5.00", "SKU-1"))))
        held = self.env["channel.edi.interchange"].search([("state", "=", "held")])
        held._discard("sent by mistake")
        self.assertEqual((held.state, held.error), ("ignored", "sent by mistake"))
        audit = self.env["channel.audit"].search(
            [("res_model", "=", held._name), ("res_id", "=", held.id)]
        )
        self.assertIn("sent by mistake", audit.mapped("message")[0])
        self.assertEqual(audit[0].user_id, self.env.user)
