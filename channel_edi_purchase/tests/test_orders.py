# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import new_test_user

from .common_purchase import PurchaseCase, day8, days


class TestOrders(PurchaseCase):
    """A supplier is told once what is bought (850), and each change of it (860)."""

    def rows(self, document, name):
        return [row for row in document if row[0] == name]

    def test_confirmed_order_is_told_once_with_the_suppliers_codes(self):
        order = self.buy((self.product, 4, 2.5), (self.other, 2, 4))
        order.button_confirm()
        [document] = self.told()
        self.assertEqual(document.business_key, order.name)
        self.assertEqual(document.res_id, order.id)
        [sent] = self.sent()
        rows = {row[0]: row for row in sent}
        self.assertEqual(rows["BEG"][1:4], ["00", "SA", order.name])
        self.assertEqual(
            [row[1:10] for row in self.rows(sent, "PO1")],
            [
                ["1", "4", "EA", "2.5", "", "VN", "V-1", "IN", "SKU-1"],
                ["2", "2", "EA", "4", "", "VN", "V-2", "IN", "SKU-2"],
            ],
        )
        self.assertEqual(
            [row[1:5] for row in self.rows(sent, "N1") if row[1] == "ST"][0][2:],
            ["92", "DC1"],
        )
        self.assertIn(["DTM", "002", day8(0)], [row[:3] for row in sent])
        self.assertEqual(self.sent(), [])

    def test_draft_order_is_not_told(self):
        self.buy((self.product, 4, 2.5), confirm=False)
        self.assertFalse(self.told())

    def test_order_from_somebody_else_is_not_told(self):
        self.buy(
            (self.product, 4, 2.5),
            partner_id=self.env["res.partner"].create({"name": "X"}).id,
        )
        self.assertFalse(self.told())
        self.assertFalse(self.exceptions("edi_purchase"))

    def test_order_from_a_contact_of_the_vendor_is_told(self):
        contact = self.env["res.partner"].create(
            {"name": "Desk", "parent_id": self.vendor.id, "type": "other"}
        )
        self.buy((self.product, 4, 2.5), partner_id=contact.id)
        self.assertEqual(len(self.told()), 1)

    def test_without_an_agreement_about_it_nothing_is_told(self):
        self.agreement.document_ids.unlink()
        self.buy((self.product, 4, 2.5))
        self.assertFalse(self.told())

    def test_two_agreements_with_one_vendor_are_a_persons(self):
        self.agreement.copy({"name": "Twin", "their_id": "TWIN"})
        self.buy((self.product, 4, 2.5))
        self.assertFalse(self.told())
        self.assertIn("several agreements", self.differences())

    # ------------------------------------------------------ what is missing
    def test_product_that_the_supplier_cannot_know_is_told_to_a_person(self):
        self.product.seller_ids.product_code = False
        order = self.buy((self.product, 4, 2.5), (self.other, 2, 4))
        self.assertFalse(self.told())
        exception = self.exceptions("edi_purchase")
        self.assertIn("neither a code", exception.message)
        # the advice is followed, and it ends
        self.product.seller_ids.product_code = "V-1"
        order.order_line[0].product_qty = 5
        self.assertEqual(len(self.told()), 1)
        self.assertEqual(exception.state, "resolved")

    def test_gtin_is_enough(self):
        self.product.seller_ids.product_code = False
        self.product.barcode = "614141000012"
        self.buy((self.product, 4, 2.5))
        [sent] = self.sent()
        self.assertEqual(
            self.rows(sent, "PO1")[0][6:10], ["UP", "614141000012", "IN", "SKU-1"]
        )

    def test_two_codes_of_one_vendor_are_never_chosen_from(self):
        self.product.seller_ids.write({"min_qty": 100, "product_code": "V-A"})
        self.add_seller(self.product, "V-B", 2, min_qty=200)
        self.buy((self.product, 4, 2.5))
        self.assertIn("several codes", self.differences())

    def test_code_of_the_variant_and_of_another_vendor(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self.add_seller(self.product, "WRONG", 1, partner_id=stranger.id, sequence=-1)
        self.buy((self.product, 4, 2.5))
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "PO1")[0][7], "V-1")

    def test_unknown_unit_is_never_sent_as_pieces(self):
        pallet = self.env["uom.uom"].create(
            {
                "name": "Half a box",
                "relative_factor": 0.5,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        self.buy((self.product, 4, 2.5, pallet))
        self.assertFalse(self.told())
        self.assertIn("has no code", self.differences())

    def test_pack_is_told_by_its_code_or_in_pieces(self):
        pack = self.env["uom.uom"].create(
            {
                "name": "Case of 12",
                "relative_factor": 12,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        self.buy((self.product, 2, 30, pack))
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "PO1")[0][2:5], ["24", "EA", "2.5"])
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "12"})
        ]
        self.buy((self.product, 2, 30, pack))
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "PO1")[0][2:5], ["2", "CA", "30"])

    def test_dozens_are_dozens(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.buy((self.product, 2, 30, dozen))
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "PO1")[0][2:5], ["2", "DZ", "30"])

    def test_place_without_code_and_address_is_a_persons(self):
        self.agreement.code_ids.unlink()
        self.warehouse.partner_id = self.env["res.partner"].create({"name": "Nowhere"})
        order = self.buy((self.product, 4, 2.5))
        self.assertIn("no address", self.differences())
        self.warehouse.partner_id.write({"street": "2 Side St", "city": "Ulm"})
        order.order_line.product_qty = 5
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "N3")[-1][1], "2 Side St")
        self.assertFalse(self.exceptions("edi_purchase"))

    # -------------------------------------------------------------- changes
    def test_changed_before_it_was_sent_is_told_as_it_is(self):
        order = self.buy((self.product, 4, 2.5))
        order.order_line.product_qty = 7
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "PO1")[0][2], "7")
        self.assertEqual(len(self.told()), 1)

    def test_change_is_told_with_the_new_total(self):
        order = self.ordered((self.product, 4, 2.5), (self.other, 2, 4))
        order.order_line[0].product_qty = 7
        [sent] = self.sent()
        self.assertEqual(sent[1][1:6], ["04", "SA", order.name, "", "1"])
        [line] = self.rows(sent, "POC")
        self.assertEqual(line[1:6], ["1", "CA", "7", "", "EA"])

    def test_several_edits_are_one_change(self):
        order = self.ordered((self.product, 4, 2.5), (self.other, 2, 4))
        order.order_line[0].product_qty = 7
        order.order_line[0].product_qty = 8
        order.order_line[1].date_planned = days(2)
        [change] = self.told("860")
        [sent] = self.sent()
        self.assertEqual(
            [row[1:4] for row in self.rows(sent, "POC")],
            [["1", "CA", "8"], ["2", "RS", "2"]],
        )
        order.order_line[0].product_qty = 9
        self.assertEqual(len(self.told("860") - change), 1)
        [sent] = self.sent()
        self.assertEqual(sent[1][5], "2")
        self.assertEqual(
            [row[1:4] for row in self.rows(sent, "POC")], [["1", "CA", "9"]]
        )

    def test_form_with_many_lines_is_one_change(self):
        order = self.ordered((self.product, 4, 2.5), (self.other, 2, 4))
        order.write(
            {
                "order_line": [
                    (1, order.order_line[0].id, {"product_qty": 5}),
                    (1, order.order_line[1].id, {"price_unit": 3}),
                    (
                        0,
                        0,
                        {
                            "product_id": self.other.id,
                            "product_qty": 3,
                            "price_unit": 4,
                            "date_planned": days(1),
                        },
                    ),
                ]
            }
        )
        [sent] = self.sent()
        self.assertEqual(
            [row[1:3] for row in self.rows(sent, "POC")],
            [["1", "CA"], ["2", "PC"], ["3", "AI"]],
        )

    def test_changed_and_changed_back_is_not_told(self):
        order = self.ordered((self.product, 4, 2.5))
        order.order_line.product_qty = 7
        order.order_line.product_qty = 4
        self.assertEqual(self.told("860").mapped("state"), ["void"])
        self.assertEqual(self.sent(), [])
        # and once more
        order.order_line.product_qty = 6
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "POC")[0][3], "6")

    def test_line_of_which_nothing_is_wanted_is_deleted(self):
        order = self.ordered((self.product, 4, 2.5), (self.other, 2, 4))
        order.order_line[1].product_qty = 0
        [sent] = self.sent()
        self.assertEqual(
            [row[1:4] for row in self.rows(sent, "POC")], [["2", "DI", "0"]]
        )

    def test_words_and_notes_are_no_change(self):
        order = self.ordered((self.product, 4, 2.5))
        order.order_line.name = "Soap, for the shop in Ulm"
        order.note = "Thank you"
        note = {"display_type": "line_note", "name": "!", "product_qty": 0}
        order.write({"order_line": [(0, 0, note)]})
        self.assertFalse(self.told("860"))

    def test_quantity_change_keeps_the_date_and_the_price(self):
        """Odoo puts the lead time and the list price back (odoo/odoo#17234)."""
        order = self.ordered((self.product, 4, 2.2))
        order.order_line.date_planned = days(9)
        self.sent()
        order.order_line.product_qty = 7
        self.assertEqual(self.lines(order), [("SKU-1", 7, 9)])
        self.assertEqual(order.order_line.price_unit, 2.2)

    def test_change_that_is_not_agreed_is_a_persons(self):
        self.agreement.document_ids.filtered(lambda e: e.kind == "860").unlink()
        order = self.ordered((self.product, 4, 2.5))
        order.order_line.product_qty = 7
        self.assertFalse(self.told("860"))
        self.assertIn("are not agreed", self.differences())
        order.order_line.product_qty = 4
        self.assertFalse(self.exceptions("edi_purchase"))

    def test_one_date_an_order_where_that_is_agreed(self):
        self.channel.edi_dates = "order"
        order = self.buy((self.product, 4, 2.5), (self.other, 2, 4))
        order.order_line[1].date_planned = days(3)
        self.assertIn("several dates", self.differences())
        order.order_line.date_planned = days(2)
        self.assertFalse(self.exceptions("edi_purchase"))
        [sent] = self.sent()
        found = [row[:3] for row in sent if row[0] == "DTM"]
        self.assertEqual(found, [["DTM", "002", day8(2)]])
        # all of it at another time
        order.order_line.date_planned = days(4)
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "POC"), [])
        self.assertEqual(
            [row[:3] for row in sent if row[0] == "DTM"], [["DTM", "002", day8(4)]]
        )
        # one line of it
        order.order_line[1].date_planned = days(5)
        self.assertFalse(self.sent())
        self.assertIn("several dates", self.differences())

    # --------------------------------------------------------- cancellation
    def test_cancelled_after_it_was_sent(self):
        order = self.ordered((self.product, 4, 2.5))
        order.button_cancel()
        [sent] = self.sent()
        self.assertEqual(sent[1][1:4], ["01", "SA", order.name])
        self.assertEqual(len(self.told("860")), 1)
        self.assertTrue(self.purchase(order).cancelled)

    def test_cancelled_before_it_was_sent_is_never_sent(self):
        order = self.buy((self.product, 4, 2.5))
        order.button_cancel()
        self.assertEqual(self.told().mapped("state"), ["void"])
        self.assertEqual(self.sent(), [])

    def test_cancelled_unsent_and_confirmed_again_is_sent_once(self):
        order = self.buy((self.product, 4, 2.5))
        order.button_cancel()
        order.button_draft()
        order.order_line.product_qty = 6
        order.button_confirm()
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "PO1")[0][2], "6")

    def test_number_that_was_cancelled_is_used_up(self):
        order = self.ordered((self.product, 4, 2.5))
        order.button_cancel()
        self.sent()
        order.button_draft()
        order.button_confirm()
        self.assertEqual(self.sent(), [])
        exception = self.exceptions("edi_purchase")
        self.assertIn("used up", exception.message)
        # the advice is followed, and it ends
        order.button_cancel()
        self.assertEqual(exception.state, "resolved")
        order.copy().button_confirm()
        self.assertEqual(len(self.sent()), 1)

    def test_pending_change_dies_with_its_order(self):
        order = self.ordered((self.product, 4, 2.5))
        order.order_line.product_qty = 7
        order.button_cancel()
        [sent] = self.sent()
        self.assertEqual(sent[1][1], "01")

    def test_untold_order_that_is_cancelled_is_no_problem_any_more(self):
        self.product.seller_ids.product_code = False
        order = self.buy((self.product, 4, 2.5))
        order.button_cancel()
        self.assertFalse(self.exceptions("edi_purchase"))

    # --------------------------------------------------------------- others
    def test_rolled_back_order_is_not_told(self):
        with self.passing():
            self.buy((self.product, 4, 2.5))
            self.assertTrue(self.told())
        self.assertFalse(self.told())

    def test_buyers_need_no_role_in_channels(self):
        buyer = new_test_user(self.env, "buyer", groups="purchase.group_purchase_user")
        order = self.buy((self.product, 4, 2.5), confirm=False).with_user(buyer)
        order.button_confirm()
        self.assertEqual(len(self.told()), 1)
        self.sent()
        order.order_line.product_qty = 7
        order.button_cancel()
        self.assertEqual(self.sent()[0][1][1], "01")
        self.assertEqual(order.edi_answer, False)

    def test_what_cannot_be_written_is_sent_anew_as_it_is_then(self):
        self.product.seller_ids.product_code = "V~1*"
        order = self.buy((self.product, 4, 2.5))
        self.assertEqual(self.sent(), [])
        [document] = self.told()
        self.assertEqual(document.state, "void")
        self.product.seller_ids.product_code = "V-1"
        document.action_resend()
        [sent] = self.sent()
        self.assertEqual(self.rows(sent, "PO1")[0][7], "V-1")
        # a change is told of the one that was sent
        order.order_line.product_qty = 7
        [sent] = self.sent()
        self.assertEqual(sent[1][0], "BCH")

    def test_answer_that_stays_away_is_told_once(self):
        order = self.ordered((self.product, 4, 2.5))
        purchase = self.purchase(order)
        purchase.answer_due_at = "2020-01-01"
        for _each in range(2):
            self.env["channel.edi.purchase"]._report_overdue()
        exception = self.exceptions("edi_purchase")
        self.assertIn("has not answered", exception.message)
        self.assertEqual(exception.count, 1)

    def test_supplier_that_never_answers_is_not_waited_for(self):
        self.channel.edi_answer_hours = 0
        order = self.ordered((self.product, 4, 2.5))
        purchase = self.purchase(order)
        self.assertEqual((purchase.answer, purchase.answer_due_at), ("none", False))

    def test_supplier_who_is_a_retailer_too(self):
        """One identity, two roles: its orders are the retailer's, our orders and their
        answers the supplier's."""
        supplier = self.channel.copy({"name": "Fabrik as supplier"})
        supplier.write({"channel_type": "edi", "edi_role": "supplier"})
        self.channel.edi_role = "retailer"
        self.agreement.role_ids = [
            (0, 0, {"channel_id": supplier.id, "kinds": "850 860 855 856 846"})
        ]
        self.assertTrue(
            self.env["channel.adapter.edi"]._test_connection(supplier).account_name
        )
        order = self.buy((self.product, 4, 2.5))
        [document] = self.told()
        self.assertEqual(document.channel_id, supplier)
        self.assertEqual(self.purchase(order).channel_id, supplier)
