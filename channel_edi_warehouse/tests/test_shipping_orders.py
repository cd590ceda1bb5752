# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import new_test_user

from odoo.addons.channel_edi.lib import codec

from .common_warehouse import WarehouseCase, advice


class TestShippingOrders(WarehouseCase):
    """A warehouse is told once what to ship (940), and never to ship what is not wanted
    any more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "940"})]
        cls.warehouse.edi_carrier = "UPSN"

    def documents(self, *states):
        self.env.flush_all()
        return self.env["channel.edi.document"].search(
            [
                ("kind", "=", "940"),
                ("direction", "=", "out"),
                *([("state", "in", states)] if states else []),
            ],
            order="id",
        )

    def sent(self):
        """:return: segments of the 940s that go out now"""
        found = []
        for interchange in self.send():
            for document in next(codec.read(interchange._bytes())).documents:
                if document.head.kind == "940":
                    found.append(
                        [
                            [segment.id, *map(segment.get, range(1, 11))]
                            for segment in document.segments()
                        ]
                    )
            interchange.action_mark_sent()
        return found

    def test_ready_transfer_is_told_once(self):
        picking = self.delivery((self.product, 4), (self.other, 2))
        picking.do_unreserve()
        picking.action_assign()
        [document] = self.documents()
        self.assertEqual(document.business_key, picking.name)
        [order] = self.sent()
        rows = {row[0]: row for row in order}
        self.assertEqual(rows["W05"][1:3], ["N", picking.name])
        self.assertEqual(rows["W66"][10], "UPSN")
        self.assertEqual(rows["W76"][1], "6")
        lines = [(row[1], row[2], row[4:6]) for row in order if row[0] == "W01"]
        self.assertEqual(
            lines, [("4", "EA", ["VN", "SKU-1"]), ("2", "EA", ["VN", "SKU-2"])]
        )

    def test_transfer_that_is_not_ready_is_not_told(self):
        self.delivery((self.product, 11))
        self.assertFalse(self.documents())

    def test_without_an_agreement_about_it_nothing_is_told(self):
        self.agreement.document_ids.unlink()
        self.delivery((self.product, 4))
        self.assertFalse(self.documents())

    def test_without_a_carrier_a_person_is_told(self):
        self.warehouse.edi_carrier = False
        self.delivery((self.product, 4))
        self.assertFalse(self.documents())
        exception = self.exceptions("edi_warehouse")
        self.assertIn("no carrier", exception.message)
        # the advice is followed, and it ends
        self.warehouse.edi_carrier = "UPSN"
        self.assertEqual(len(self.documents()), 1)
        self.assertEqual(exception.state, "resolved")

    def test_rest_of_a_told_transfer_is_not_told_again(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        self.tell(advice(picking.name, ("BP", 4, 3, "EA", "SKU-1")))
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        rest.do_unreserve()
        rest.action_assign()
        self.assertEqual(rest.state, "assigned")
        self.assertEqual(len(self.documents()), 1)

    def test_cancelled_after_it_was_told(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        picking.action_cancel()
        [order] = self.sent()
        self.assertEqual(order[1][:3], ["W05", "F", picking.name])

    def test_cancelled_before_it_was_sent(self):
        """Neither the order nor its cancellation is ever sent."""
        picking = self.delivery((self.product, 4))
        picking.action_cancel()
        self.assertEqual(self.documents().mapped("state"), ["void"])
        self.assertFalse(self.sent())

    def test_what_has_left_before_it_was_sent_is_never_told(self):
        """Its channel had shipped it, or a person has booked it: not to leave twice."""
        picking = self.delivery((self.product, 4))
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual(picking.state, "done")
        self.assertEqual(self.documents().mapped("state"), ["void"])
        self.assertFalse(self.sent())

    def test_of_what_has_left_in_part_the_rest_is_told(self):
        picking = self.delivery((self.product, 4), (self.other, 2))
        picking.move_ids[0].picked = True
        picking._action_done()
        [rest] = picking.backorder_ids
        [order] = self.sent()
        rows = {row[0]: row for row in order}
        self.assertEqual(rows["W05"][1:3], ["N", rest.name])
        lines = [(row[1], row[4:6]) for row in order if row[0] == "W01"]
        self.assertEqual(lines, [("2", ["VN", "SKU-2"])])

    def test_what_was_sent_before_it_left_stays_told(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual(self.documents().mapped("state"), ["sent"])

    def test_cancelled_rest_is_told_by_a_person(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        self.tell(advice(picking.name, ("BP", 4, 3, "EA", "SKU-1")))
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        rest.action_cancel()
        self.assertEqual(len(self.documents()), 1)
        self.assertIn(rest.name, self.exceptions("edi_warehouse").message)

    def test_rest_that_the_warehouse_has_closed_is_not_news_to_it(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        self.tell(advice(picking.name, ("CP", 4, 3, "EA", "SKU-1")))
        self.assertEqual(len(self.documents()), 1)
        self.assertFalse(self.exceptions("edi_warehouse"))

    def test_changed_before_it_was_sent_is_told_as_it_is(self):
        picking = self.delivery((self.product, 4))
        picking.move_ids.product_uom_qty = 3
        [order] = self.sent()
        self.assertIn("3", [row[1] for row in order if row[0] == "W01"])
        self.assertFalse(self.exceptions("edi_warehouse"))

    def test_changed_after_it_was_told_is_a_persons(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        picking.move_ids.product_uom_qty = 3
        self.assertIn("was changed", self.exceptions("edi_warehouse").message)
        self.assertEqual(len(self.documents()), 1)

    def test_what_has_left_although_cancelled_is_not_ordered_anew(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        picking.action_cancel()
        self.sent()
        self.tell(advice(picking.name, ("CC", 4, 4, "EA", "SKU-1")))
        self.assertEqual(self.on_hand(), 6)
        self.assertEqual(len(self.documents()), 2)

    def test_another_address_after_it_was_told_is_a_persons(self):
        picking = self.delivery((self.product, 4))
        self.sent()
        other = self.agreement.partner_id.copy({"street": "2 Side St"})
        picking.partner_id = other
        self.assertIn("was changed", self.exceptions("edi_warehouse").message)

    def test_without_an_address_a_person_is_told(self):
        self.agreement.partner_id.street = False
        picking = self.delivery((self.product, 4))
        self.assertFalse(self.documents())
        self.assertIn("no delivery address", self.exceptions("edi_warehouse").message)
        picking.partner_id = self.agreement.partner_id.copy({"street": "2 Side St"})
        self.assertEqual(len(self.documents()), 1)

    def test_warehouse_staff_need_no_role_in_channels(self):
        picking = self.delivery((self.product, 4), ready=False)
        staff = new_test_user(self.env, "staff", groups="stock.group_stock_user")
        picking.do_unreserve()
        picking.with_user(staff).action_assign()
        self.assertEqual(len(self.documents()), 1)
        self.sent()
        picking.with_user(staff).action_cancel()
        self.assertEqual(len(self.documents()), 2)
