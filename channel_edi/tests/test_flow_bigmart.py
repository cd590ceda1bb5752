# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import UserError

from .common_bigmart import BigMartCase


class TestFlowBigMart(BigMartCase):
    """A strict retailer, from the first stock document to the truck."""

    def test_odd_files_are_one_order(self):
        """However a file is written, and however often it comes: held once, answered,
        and nothing charged."""
        for habit in (
            "bom",
            "two_interchanges",
            "same_name",
            "again_same",
            "again_new_number",
            "lf_terminators",
            "isa_short",
            "wrong_count",
            "change_first",
        ):
            with self.subTest(habit):
                before = self.held()
                bought = [self.buy(1, habit)]
                if habit == "two_interchanges":
                    # the one that waits for a second in its file
                    bought.append(self.buy(1))
                wanted = sum(line.ordered for each in bought for line in each.lines)
                self.assertEqual(self.held() - before, wanted, habit)
                self.assertEqual(self.charges(), [])

    def test_changed_under_its_number_is_held_for_a_person(self):
        before = self.held()
        self.buy(1, "again_changed")
        self.assertEqual(self.held() - before, 1)
        held = self.env["channel.edi.document"].search([("state", "=", "held")])
        self.assertEqual(held.kind, "850")

    def test_half_a_file(self):
        """Kept and told; what is whole in it is no order."""
        self.buy(1, "half_file")
        self.assertTrue(self.exceptions("edi_file", "edi_document"))
        self.buy(2)
        self.assertEqual(self.ordered().mapped("line_ids.quantity"), [2])

    def test_test_order_holds_nothing(self):
        before = self.held()
        self.buy(1, "usage_test")
        self.assertEqual(self.held(), before)

    def test_acknowledgements_of_all_kinds(self):
        for habit, state in (
            ("ack_errors", "errors"),
            ("ack_bare", "accepted"),
            ("ack_twice", "accepted"),
            ("ack_reject", "rejected"),
        ):
            with self.subTest(habit):
                bought = self.shop.buy({"SKU-1": 1})
                self.shop.rules.next(habit)
                for _round in range(3):
                    self.talk()
                answer = self.env["channel.edi.document"].search(
                    [("kind", "=", "855"), ("business_key", "=", bought.po)]
                )
                self.assertEqual(answer.ack_state, state)

    def test_cancelled_there(self):
        before = self.held()
        bought = self.buy(3)
        self.assertEqual(self.held() - before, 3)
        self.shop.cancel(bought.po)
        self.talk()
        self.talk()
        self.assertEqual(self.held(), before)
        self.assertEqual(self.charges(), [])

    def test_not_shipped_before_its_window(self):
        """It charges for what comes early: stopped here, until a person allows it."""
        bought = self.shop.buy({"SKU-1": 1}, ship_from=self.shop.today(3))
        self.talk()
        order = self.ordered().filtered(lambda each: each.name == bought.po)
        with self.assertRaisesRegex(UserError, "Allow Early Shipping"):
            self.ship(order)
        self.talk()
        self.assertEqual(self.charges(), [])
        order.action_allow_early()
        self.ship(order)
        for _round in range(2):
            self.talk()
        self.assertEqual([rule for rule, _words in self.charges()], ["ship_early"])

    def test_from_the_first_number_to_the_truck(self):
        self.assertEqual(self.charges(), [])
        self.assertEqual(self.shop.offered()["SKU-1"], 10)
        bought = self.shop.buy({"SKU-1": 4})
        self.talk()
        order = self.ordered()
        self.assertEqual(
            order.state,
            "imported",
            self.env["channel.exception"].search([]).mapped("message"),
        )
        self.talk()
        self.assertTrue(bought.answered)
        self.ship(order)
        self.talk()
        notice = self.env["channel.edi.document"].search([("kind", "=", "856")])
        self.assertEqual(notice.state, "sent", notice.error)
        self.talk()
        self.assertEqual(notice.ack_state, "accepted")
        self.assertEqual(self.charges(), [])
