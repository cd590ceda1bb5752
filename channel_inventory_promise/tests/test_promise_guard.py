# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import take_in

from .common_quote import QuoteCase


@tagged("post_install", "-at_install")
class TestPromiseGuard(QuoteCase):
    """Nobody confirms what channels have sold without knowing it."""

    # ------------------------------------------------------------- policies
    def test_policy_refuse_names_what_is_there(self):
        self.company.channel_confirm_policy = "refuse"
        self.web_order(8)
        order = self.quote(6)
        self.assertIn("6 wanted, 2 there", order.channel_short_words)
        for confirm in (order.action_confirm, order.action_channel_confirm_anyway):
            with self.passing(), self.assertRaisesRegex(UserError, "6 wanted, 2 there"):
                confirm()
        self.assertEqual(order.state, "draft")
        self.assertFalse(self.exceptions())

    def test_policy_warn_needs_confirm_anyway_which_is_logged(self):
        self.web_order(8)
        order = self.quote(6)
        with self.passing(), self.assertRaisesRegex(UserError, "Confirm Anyway"):
            order.action_confirm()
        # what a caller puts into the context confirms nothing
        sly = order.with_context(channel_confirm_anyway=True)
        with self.passing(), self.assertRaisesRegex(UserError, "Confirm Anyway"):
            sly.action_confirm()
        order.action_channel_confirm_anyway()
        self.assertEqual(order.state, "sale")
        audit = self.audit(order)
        self.assertEqual(audit.user_id, self.seller)
        self.assertEqual(audit.data[0]["missing"], 4)
        self.assertIn("Confirmed beyond stock", self.notes(order))
        self.assertEqual(len(self.exceptions()), 1)

    def test_policy_allow_goes_to_minus_4_with_an_exception(self):
        self.company.channel_confirm_policy = "allow"
        self.web_order(8)
        order = self.quote(6)
        order.action_confirm()
        self.assertEqual(self.position.available, -4)
        [found] = self.exceptions()
        self.assertEqual(found._record(), order)
        self.assertIn("6 wanted, 2 there", found.message)
        self.heal()
        self.assertEqual(found.state, "open")
        self.add_stock(self.env, self.product, self.warehouse, 4)
        self.heal()
        self.assertEqual(found.state, "resolved")

    def test_exception_of_a_cancelled_order_closes(self):
        self.company.channel_confirm_policy = "allow"
        self.web_order(8)
        order = self.quote(6)
        order.action_confirm()
        order._action_cancel()
        self.heal()
        self.assertEqual(self.exceptions().state, "resolved")

    # ------------------------------------------------------------- what counts
    def test_own_hold_counts(self):
        order = self.held_quote(4)
        self.web_order(6)
        self.assertFalse(order.channel_short_words)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertFalse(self.exceptions())

    def test_hold_of_another_quotation_does_not_count(self):
        self.held_quote(8)
        order = self.quote(6, user=self.rival)
        with self.assertRaisesRegex(UserError, "6 wanted, 2 there"):
            order.action_confirm()

    def test_hold_that_is_over_and_not_swept_does_not_count(self):
        order = self.held_quote(4)
        self.pass_hours(49)
        self.web_order(8)
        with self.assertRaisesRegex(UserError, "4 wanted, 2 there"):
            order.action_confirm()

    def test_confirmed_quotation_takes_from_what_others_hold(self):
        other = self.held_quote(8, user=self.rival)
        order = self.quote(6)
        order.action_channel_confirm_anyway()
        self.plan()
        self.assertEqual(self.units(other), 4)
        self.assertEqual(self.position.available, 0)

    def test_inbound_before_the_commitment_passes(self):
        self.web_order(8)
        self.receive_in(5, 4)
        for days, passes in ((3, False), (6, True)):
            order = self.quote(6, commitment_date=self.now() + timedelta(days=days))
            with self.subTest(days), self.passing():
                if passes:
                    order.action_confirm()
                    self.assertEqual(order.state, "sale")
                    self.assertFalse(self.exceptions())
                    # they are promised once
                    later = self.quote(
                        1, commitment_date=self.now() + timedelta(days=6)
                    )
                    with self.assertRaisesRegex(UserError, "1 wanted, 0 there"):
                        later.action_confirm()
                else:
                    with self.assertRaisesRegex(UserError, "2 there"):
                        order.action_confirm()

    def test_two_that_fit_alone_do_not_fit_together(self):
        first, second = self.quote(6), self.quote(6)
        with self.passing(), self.assertRaisesRegex(UserError, "6 wanted, 4 there"):
            (first | second).action_confirm()
        self.assertEqual((first | second).mapped("state"), ["draft", "draft"])

    def test_lines_of_the_same_product_are_added_up(self):
        order = self.quote(6)
        order.order_line.copy({"order_id": order.id})
        with self.assertRaisesRegex(UserError, "6 wanted, 4 there"):
            order.action_confirm()

    def test_other_warehouse_and_services_are_no_question(self):
        house = self.make_warehouse(self.env, "OTH")
        self.add_stock(self.env, self.product, house, 6)
        self.web_order(10)
        self.quote(6, warehouse=house).action_confirm()
        service = self.env["product.product"].create(
            {"name": "Service", "type": "service"}
        )
        self.quote(99, product=service).action_confirm()
        self.assertFalse(self.exceptions())

    def test_orders_of_channels_are_exempt(self):
        self.company.channel_confirm_policy = "refuse"
        self.fake.levels["item-1", "node-1"] = 14
        name = self.fake.sell(14)
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        take_in(self.env, self.channel)
        self.env.invalidate_all()
        self.assertEqual(self.order(name).sale_order_id.state, "sale")
        self.assertFalse(self.exceptions())

    def test_what_a_customer_signs_is_confirmed_and_told(self):
        """He has bought it, and nobody is there to be asked."""
        self.company.channel_confirm_policy = "refuse"
        self.web_order(8)
        order = self.quote(6).sudo()
        order._validate_order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(len(self.exceptions()), 1)

    def test_what_a_customer_has_paid_or_signed_is_no_salespersons_to_refuse(self):
        """OCA/e-commerce 478: a payment was blocked for want of stock."""
        self.company.channel_confirm_policy = "refuse"
        self.web_order(8)
        order = self.quote(6)
        order.sudo().signature = (
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q"
            "DwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertEqual(len(self.exceptions()), 1)
