# SPDX-License-Identifier: AGPL-3.0-or-later
"""What users of other systems have reported of mailboxes, numbers and acknowledgements:
project and number."""

from ..lib import codec
from .common_edi import functional_ack, po, x12
from .test_edi_answers import AnswerCase


class TestPublicReports(AnswerCase):
    def numbers(self):
        """:return: control numbers of interchanges and groups that wait to be sent"""
        heads = []
        for interchange in self.send():
            [found] = codec.read(interchange._bytes())
            heads.append((int(found.head.number), int(found.groups[0].head.number)))
            interchange.action_mark_sent()
        return heads

    def buy(self, number, control, group="BIGMART"):
        data = x12(po(number, (1, "EA", "5.00", "SKU-1")), number=control)
        return self.receive(data.replace(b"GS*PO*BIGMART*", f"GS*PO*{group}*".encode()))

    # --------------------------------------------------------------- numbers
    def test_numbers_are_used_once_whichever_agreement_they_are_of(self):
        """openemr/openemr#6900: a receiver refuses a batch whose control number it has
        had before. Departments of one partner share the identities of the envelope."""
        self.agreement.copy({"name": "BigMart Web", "their_group_id": "WEB"})
        self.buy("A-1", 1)
        self.buy("B-1", 2, "WEB")
        self.buy("A-2", 3)
        self.assertEqual(self.numbers(), [(1, 1), (2, 2), (3, 3)])

    def test_numbers_go_on_after_an_agreement_is_made_anew(self):
        self.buy("A-1", 1)
        self.assertEqual(self.numbers(), [(1, 1)])
        self.agreement.active = False
        anew = self.agreement.copy({"name": "BigMart 2027", "active": True})
        self.assertEqual(self.buy("A-2", 2).agreement_id, anew)
        self.assertEqual(self.numbers(), [(2, 2)])

    # ------------------------------------------------------- acknowledgements
    def answered(self):
        """:return: the 855 of an order, sent and not acknowledged"""
        self.order((4, "EA", "5.00", "SKU-1"))
        self.tell()
        return self.env["channel.edi.document"].search([("kind", "=", "855")])

    def test_acknowledgement_that_is_read_twice_says_the_same(self):
        """transcom/mymove#6665: files stay on the server, and the 997 that is read
        again is an error. The same words under another number are no news either."""
        sent = self.answered()
        words = functional_ack(sent.group_number, ("855", sent.number, "A"))
        data = x12(words, number=50, functional="FA")
        self.receive(data)
        self.assertEqual(sent.ack_state, "accepted")
        self.receive(data, "the same file.edi")
        self.receive(x12(words, number=51, functional="FA"))
        self.assertEqual(sent.ack_state, "accepted")
        self.assertFalse(self.exceptions("edi_ack", "edi_file", "edi_duplicate"))
        self.assertFalse(self.numbers(), "acknowledgements are not acknowledged")

    def test_both_acknowledgements_in_one_interchange(self):
        """aaronhuggins/node-x12#46: a TA1 stands ahead of the group with the 997, and
        is taken for a segment out of its place."""
        sent = self.answered()
        words = functional_ack(sent.group_number, ("855", sent.number, "R"), code="R")
        data = x12(words, number=50, functional="FA").decode()
        number = sent.interchange_id.number
        ta1 = f"TA1*{number}*261201*1000*A*000~\nGS*"
        self.receive(data.replace("GS*", ta1, 1).encode())
        self.assertIn("accepted", sent.interchange_id.ack_status)
        self.assertEqual(sent.ack_state, "rejected")
        self.assertEqual(self.exceptions("edi_ack").res_id, sent.id)

    # ---------------------------------------------------------- ship notices
    def test_notice_that_its_people_refuse_is_replaced(self):
        """walmartlabs/gozer#115: its form was right, and the partner cannot do what it
        says (824). The corrected one takes its place, or the truck is told twice."""
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.tell()
        self.ship(order)
        [notice] = self.tell()["856"]
        sent = self.env["channel.edi.document"].search([("kind", "=", "856")])
        words = functional_ack(
            sent.group_number, ("856", sent.number, "A"), functional="SH"
        )
        self.receive(x12(words, number=50, functional="FA"))
        refusal = [
            "824",
            "BGN*00*1*20261201",
            f"OTI*TR*SI*{notice.number}*****{sent.group_number}*{sent.number}*856",
            "TED*012*No such dock",
        ]
        self.receive(x12(refusal, number=51, functional="AG"))
        self.assertTrue(sent.declined)
        sent.action_resend()
        [anew] = self.tell()["856"]
        self.assertEqual((notice.purpose, anew.purpose), ("original", "replace"))
        self.assertEqual(anew.number, notice.number)
        self.assertEqual(anew.orders, notice.orders)

    def test_notice_that_was_never_taken_is_sent_as_it_was(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.tell()
        self.ship(order)
        self.tell()
        sent = self.env["channel.edi.document"].search([("kind", "=", "856")])
        words = functional_ack(
            sent.group_number,
            ("856", sent.number, "R"),
            functional="SH",
            code="R",
        )
        self.receive(x12(words, number=50, functional="FA"))
        sent.action_resend()
        [anew] = self.tell()["856"]
        self.assertEqual(anew.purpose, "original")

    # --------------------------------------------------------------- stock
    def test_every_number_of_the_envelope_is_of_the_partners_day(self):
        """odoo/odoo#256065: a document of the evening has the date of UTC, which is
        that of tomorrow."""
        self.agreement.tz = "America/New_York"
        self.env.cr.execute("SELECT now() AT TIME ZONE 'America/New_York'")
        [[now]] = self.env.cr.fetchall()
        self.buy("A-1", 1)
        [interchange] = self.send()
        [found] = codec.read(interchange._bytes())
        self.assertEqual(found.head.date, f"{now:%y%m%d}")
        self.assertEqual(found.head.time[:2], f"{now:%H}")
