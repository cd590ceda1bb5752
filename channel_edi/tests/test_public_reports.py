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

    # --------------------------------------------------------------- orders
    def held(self):
        self.env.flush_all()
        self.env["channel.position"].invalidate_model()
        found = self.env["channel.position"].search(
            [("product_id", "=", self.product.id)]
        )
        return sum(found.mapped("held")) + sum(found.mapped("allocated"))

    def test_less_than_nothing_is_not_ordered(self):
        """msupply-foundation/open-msupply#9349: lines with a pack of nothing, or of
        less, are taken in and confirmed."""
        good, less, none = ((each, "EA", "5.00", "SKU-1") for each in ("4", "-3", "0"))
        self.assertFalse(self.order(good, less, number="N-1"))
        self.assertEqual(self.held(), 0)
        self.assertIn("-3 is no quantity", self.exceptions("malformed").message)
        order = self.order(good, none, number="N-2", control=2)
        self.assertEqual(sum(order.line_ids.mapped("quantity")), 4)
        self.assertEqual(self.held(), 4)

    def test_case_of_nothing_is_no_piece(self):
        for number, size in enumerate(("0", "-6"), 1):
            with self.subTest(size):
                body = po(f"P-{number}", (2, "CA", "5.00", "SKU-1"))
                body.insert(-1, f"PO4*{size}")
                self.receive(x12(body, number=number))
                self.env["channel.intake"]._run(self.channel)
                self.env.invalidate_all()
                order = self.env["channel.order"].search([("name", "=", f"P-{number}")])
                self.assertNotEqual(order.state, "imported")
                self.assertEqual(self.held(), 0)
                self.assertTrue(self.env["channel.exception"].search([]))

    def test_answer_waits_for_the_price(self):
        """davidhaase/publishing-order-systems-lab#30: the 855 goes out when the order
        has come in, and before its price is decided."""
        pricelist = self.env["product.pricelist"].create({"name": "BigMart"})
        self.channel.write({"price_policy": "check", "pricelist_id": pricelist.id})
        self.product.list_price = 9
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.assertEqual(order.state, "blocked")
        self.assertNotIn("855", self.tell())
        self.assertEqual(self.held(), 4)
        order.action_override("price")
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        [answer] = self.tell()["855"]
        self.assertEqual(answer.lines[0].line.price.amount, 5)

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
