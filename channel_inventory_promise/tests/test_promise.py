# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import format_date

from .common_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestPromise(QuoteCase):
    """What is sellable now and when there is more, as people and programs ask it."""

    def promise(self, quantity, date=None, product=None, warehouse=None, user=None):
        product = (product or self.product).with_user(user or self.seller)
        self.env.flush_all()
        return product.channel_promise(quantity, (warehouse or self.warehouse).id, date)

    def day(self, days):
        return str(fields.Date.today() + timedelta(days=days))

    def splits(self, answer, name="splits"):
        return [(each["date"], each["quantity"]) for each in answer[name]]

    # -------------------------------------------------------------- widget
    def test_10_on_hand_web_order_captured_8_widget_says_2(self):
        self.web_order(8)
        line = self.quote(6).order_line
        self.assertEqual(line.free_qty_today, 2)
        self.assertEqual(line.virtual_available_at_date, 2)
        words = self.product.with_user(self.seller).channel_promise_words(
            6, self.warehouse.id, line=line.id
        )
        self.assertEqual(words[0], "Sellable now 2 = 10 on hand - 8 held for orders")
        self.assertIn("Nothing is on its way", words)

    def test_widget_counts_what_the_quotation_holds_itself(self):
        order, other = self.held_quote(4), self.quote(9, user=self.rival)
        self.assertEqual(order.order_line.free_qty_today, 10)
        self.assertEqual(other.order_line.free_qty_today, 6)
        # both at once: what one of them holds is not there for the other
        lines = (order.sudo() | other.sudo()).order_line
        lines.invalidate_recordset()
        self.assertEqual(lines.sorted("id").mapped("free_qty_today"), [10, 6])
        words = self.product.with_user(self.seller).channel_promise_words(
            4, self.warehouse.id, line=order.order_line.id
        )
        self.assertIn("Of these, 4 held for this quotation", words)
        self.assertIn("Sellable now 10 = 10 on hand", words[0])

    def test_widget_of_a_line_that_is_not_saved(self):
        self.web_order(8)
        lines = self.env["sale.order.line"].with_user(self.seller)
        order = lines.env["sale.order"].new(
            {
                "partner_id": self.env.user.partner_id.id,
                "warehouse_id": self.warehouse.id,
            }
        )
        line = lines.new(
            {
                "order_id": order.id,
                "product_id": self.product.id,
                "product_uom_qty": 1,
            }
        )
        self.assertEqual(line.warehouse_id._origin, self.warehouse)
        self.assertEqual(line.free_qty_today, 2)

    def test_widget_names_the_next_arrival_in_the_unit_of_the_line(self):
        self.web_order(8)
        move = self.receive_in(12, 20)
        move.origin = "P00042"
        words = self.product.with_user(self.seller).channel_promise_words(
            1, self.warehouse.id, unit=self.env.ref("uom.product_uom_dozen").id
        )
        day = fields.Date.today() + timedelta(days=12)
        self.assertIn(f"Next: 20 on {format_date(self.env, day)} (P00042)", words)

    # --------------------------------------------------------------- dates
    def test_dates_and_splits(self):
        self.web_order(8)
        self.receive_in(5, 3)
        self.receive_in(12, 20)
        answer = self.promise(6)
        self.assertEqual(
            self.splits(answer),
            [(self.day(0), 2), (self.day(5), 3), (self.day(12), 1)],
        )
        self.assertEqual(
            self.splits(answer, "next"), [(self.day(5), 3), (self.day(12), 20)]
        )
        self.assertEqual((answer["sellable"], answer["held"]), (2, 8))
        self.assertEqual((answer["date"], answer["missing"]), (self.day(12), 0))
        until = self.promise(6, self.day(7))
        self.assertEqual((until["promised"], until["missing"]), (5, 1))
        self.assertFalse(until["date"])

    def test_what_is_owed_takes_of_what_comes_first(self):
        self.web_order(8)
        self.add_stock(self.env, self.product, self.warehouse, -6)
        self.receive_in(3, 5)
        answer = self.promise(9)
        self.assertEqual(self.splits(answer), [(self.day(3), 1)])
        self.assertEqual(answer["missing"], 8)

    def test_kit_is_promised_by_its_components(self):
        if "mrp.bom" not in self.env:
            self.skipTest("needs kits")
        bolt = self.make_product(self.env, 5, 9, self.warehouse)
        kit = self.make_product(self.env, 6)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [
                    Command.create({"product_id": self.product.id, "product_qty": 2}),
                    Command.create({"product_id": bolt.id, "product_qty": 1}),
                ],
            }
        )
        self.plan()
        self.assertEqual(self.promise(7, product=kit)["sellable"], 5)
        order = self.held_quote(4, product=kit)
        self.assertEqual(self.units(order), 4)
        self.assertEqual((self.position.held, self.position.available), (8, 2))
        self.assertEqual(self.promise(7, product=kit)["sellable"], 1)
        self.assertEqual(self.promise(7, product=bolt)["sellable"], 5)
        # Odoo shows no figures of kits: the sentences are there all the same
        words = kit.with_user(self.seller).channel_promise_words(
            4, self.warehouse.id, line=order.order_line.id
        )
        self.assertEqual(
            words,
            [
                "Sellable now 5, by its components",
                "This quotation holds components of it",
            ],
        )
        # two kits more than there are: the guard names the kit
        other = self.quote(3, product=kit, user=self.rival)
        with self.passing(), self.assertRaisesRegex(UserError, "3 wanted, 1 there"):
            other.action_confirm()
        # a sale of components takes from the kits that are held
        self.web_order(5)
        self.plan()
        self.assertEqual(self.units(order), 2)
        # whole kits: one of the five that are left is of no use alone
        self.assertEqual(self.position.available, 1)

    # ---------------------------------------------------------------- asks
    def test_who_has_no_business_asking(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.promise(1, user=stranger)
        company = self.env["res.company"].create({"name": "Other"})
        house = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        with self.assertRaisesRegex(AccessError, "another company"):
            self.promise(1, warehouse=house[:1])

    def test_questions_that_are_none(self):
        product = self.product.with_user(self.seller)
        for quantity, place, day in (
            (-1, self.warehouse.id, None),
            (float("nan"), self.warehouse.id, None),
            (float("inf"), self.warehouse.id, None),
            ("many", self.warehouse.id, None),
            (1, 0, None),
            (1, self.warehouse.id, "tomorrow"),
        ):
            with self.subTest((quantity, place, day)), self.assertRaises(UserError):
                product.channel_promise(quantity, place, day)
