# SPDX-License-Identifier: AGPL-3.0-or-later
from ..lib import codec, gs1
from .common_edi import EdiCase, change, functional_ack, po, x12


class AnswerCase(EdiCase):
    """A retailer that gets answers, ship notices and numbers, by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.write(
            {
                "sscc_prefix": "10614141",
                "document_ids": [
                    (0, 0, {"direction": "out", "kind": kind})
                    for kind in ("855", "856", "846")
                ],
            }
        )
        cls.channel.write(
            {
                "confirm_policy": "always",
                "charges_no_tax": True,
                "send_acceptances": True,
                "send_shipments": True,
            }
        )
        cls.env.flush_all()

    def order(self, *lines, number="4711", control=1, more=()):
        self.receive(x12(po(number, *lines, more=more), number=control))
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        return self.env["channel.order"].search([("name", "=", number)])

    def tell(self):
        """:return: what is sent now, by kind: list of schema objects"""
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        told = {}
        for interchange in self.send():
            for found in codec.read(interchange._bytes()):
                for document in found.documents:
                    if document.head.kind != "997":
                        value = codec.parse(document)
                        told.setdefault(document.head.kind, []).append(value)
            interchange.action_mark_sent()
        return told

    def ship(self, order):
        picking = order.sale_order_id.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        picking.button_validate()
        self.env.flush_all()
        return picking


class TestEdiAnswers(AnswerCase):
    """What a retailer is told: of each line what becomes of it, of each parcel what is
    in it, of all listings how many it may sell."""

    def test_order_is_sold_as_it_was_ordered(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.assertEqual(
            order.state,
            "imported",
            self.env["channel.exception"].search([]).mapped("message"),
        )
        sale = order.sale_order_id
        self.assertEqual(sale.state, "sale")
        self.assertEqual(sale.partner_id, self.agreement.partner_id)
        self.assertEqual(sale.client_order_ref, "4711")
        self.assertEqual(sale.amount_total, 20)

    def test_accepted_line_by_line(self):
        self.order((4, "EA", "5.00", "SKU-1"))
        [answer] = self.tell()["855"]
        self.assertEqual(answer.order_number, "4711")
        [line] = answer.lines
        self.assertEqual(line.line.number, "1")
        self.assertEqual(
            [(each.status, each.quantity) for each in line.answers], [("accepted", 4)]
        )

    def test_answered_once(self):
        self.order((4, "EA", "5.00", "SKU-1"))
        self.assertEqual(len(self.tell()["855"]), 1)
        self.assertNotIn("855", self.tell())

    def test_what_is_not_there_is_not_promised(self):
        """10 in stock, 14 ordered: the parts come to what was ordered."""
        self.order((14, "EA", "5.00", "SKU-1"))
        told = self.tell()
        answers = told["855"][-1].lines[0].answers
        self.assertEqual(sum(each.quantity for each in answers), 14)
        accepted = sum(each.quantity for each in answers if each.status == "accepted")
        self.assertLessEqual(accepted, 10)

    def test_shipped_is_told_from_what_was_packed(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.tell()
        self.ship(order)
        [notice] = self.tell()["856"]
        [ordered] = notice.orders
        self.assertEqual(ordered.number, "4711")
        [pack] = ordered.packs
        self.assertTrue(gs1.is_whole(pack.sscc))
        [item] = pack.items
        self.assertEqual((item.quantity, item.unit), (4, "EA"))

    def test_lost_acknowledgement_of_the_answer_does_not_delay_the_notice(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.tell()
        answer = self.env["channel.edi.document"].search([("kind", "=", "855")])
        self.assertEqual(answer.ack_state, "awaiting")
        self.ship(order)
        self.assertIn("856", self.tell())

    def test_each_package_has_a_number_of_its_own(self):
        numbers = set()
        for control in (1, 2, 3):
            order = self.order(
                (1, "EA", "5.00", "SKU-1"), number=f"47{control}", control=control
            )
            self.ship(order)
            for notice in self.tell()["856"]:
                numbers |= {pack.sscc for pack in notice.orders[0].packs}
        self.assertEqual(len(numbers), 3)

    def test_all_listings_go_out_in_one_document(self):
        self.make_listing(
            self.env,
            self.channel,
            self.make_product(self.env, 2),
            2,
            external_id="SKU-2|EA",
            stock_ref="SKU-2|EA",
        )
        self.channel.publish_minutes = 60
        self.plan()
        self.publish()
        [report] = self.tell()["846"]
        found = {
            row.ids[0].value: (row.quantity, row.unit, row.status)
            for row in report.rows
        }
        self.assertEqual(
            found,
            {
                "SKU-1": (10, "EA", "available"),
                "SKU-2": (0, "EA", "available"),
            },
        )

    def test_refused_document_is_made_anew_with_the_numbers_of_then(self):
        self.channel.publish_minutes = 60
        self.plan()
        self.publish()
        self.tell()
        document = self.env["channel.edi.document"].search([("kind", "=", "846")])
        self.receive(
            x12(
                functional_ack(
                    document.group_number,
                    ("846", document.number, "R"),
                    code="R",
                    functional="IB",
                ),
                number=9,
                functional="FA",
            )
        )
        self.env["channel.hold"].create(
            {
                "company_id": self.env.company.id,
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 4,
            }
        )
        self.publish()
        [report] = self.tell()["846"]
        self.assertEqual(report.rows[0].quantity, 6)

    def test_change_is_answered_again(self):
        self.order((4, "EA", "5.00", "SKU-1"))
        self.tell()
        more = change("4711", 1, (1, "QI", 6, "EA", "5.00", "SKU-1"))
        self.receive(x12(more, number=2))
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        [answer] = self.tell()["855"]
        self.assertEqual(sum(each.quantity for each in answer.lines[0].answers), 6)

    def test_answer_that_a_change_has_overtaken_answers_what_was_ordered_then(self):
        for code, quantity, purpose in (
            ("QI", 6, "04"),
            ("QD", 0, "04"),
            ("DI", 0, "01"),
        ):
            number = f"47{code}{purpose}"
            with self.subTest(code=code, purpose=purpose):
                control = self.env["channel.edi.interchange"].search_count([]) + 100
                self.order((4, "EA", "5.00", "SKU-1"), number=number, control=control)
                lines = [(1, code, quantity, "EA", "5.00", "SKU-1")]
                self.receive(
                    x12(
                        change(
                            number,
                            1,
                            *(lines if purpose == "04" else ()),
                            purpose=purpose,
                        ),
                        number=control + 1,
                    )
                )
                self.env["channel.intake"]._run(self.channel)
                self.env.invalidate_all()
                answers = [
                    each for each in self.tell()["855"] if each.order_number == number
                ]
                first = answers[0].lines[0]
                self.assertEqual(first.line.quantity, 4)
                self.assertEqual(sum(each.quantity for each in first.answers), 4)
                for each in answers[1:]:
                    self.assertEqual(each.lines[0].line.quantity, quantity)
                stuck = self.env["channel.edi.document"].search(
                    [("kind", "=", "855"), ("state", "=", "void")]
                )
                self.assertFalse(stuck)
