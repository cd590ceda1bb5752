# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta

from odoo.tests import tagged

from .common_order import BERLIN, ERIKA, NOON, OrderCase, tax


@tagged("post_install", "-at_install")
class TestOrderPolicy(OrderCase):
    """What stops an order: each cause of its category, with an owner and a deadline."""

    # ------------------------------------------------------------- exception
    def test_exception_has_owner_deadline_suggestion_and_retry(self):
        self.channel.exception_user_id = self.env.user
        found = self.assertRefused(self._import(self._simple(risk="high")), "risk")
        self.assertEqual(found.user_id, self.env.user)
        self.assertTrue(found.deadline)
        self.assertTrue(found.suggestion)
        self.assertTrue(found.can_retry and found.can_override)

    def test_person_lets_one_order_pass_and_it_is_written_down(self):
        order = self._import(self._simple(risk="high"))
        self._exceptions(order).action_override()
        self.assertEqual(order.state, "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "22.00", "2.00")
        self.assertIn(
            "risk",
            self.env["channel.audit"]
            .search([("res_id", "=", order.id), ("kind", "=", "operator")])
            .message,
        )

    # ------------------------------------------------------------------ risk
    def test_risk_follows_the_policy(self):
        self.assertImported(self._import(self._simple(risk="medium")), "22", "2")
        self.channel.risk_policy = "medium"
        order = self._import(self._simple(risk="medium"))
        self.assertRefused(order, "risk")
        self.channel.risk_policy = "none"
        self.assertEqual(order.state, "captured", "a changed policy retries")

    # ------------------------------------------------------------ duplicates
    def twin(self, **values):
        line = self._line(self.lamp, 2, "10.00", tax(10, "2.00"))
        return self._data(line, total="22.00", total_tax="2.00", **values)

    def test_same_order_once_more_is_stopped_and_the_first_goes_on(self):
        self.channel.duplicate_minutes = 10
        first, second = self._capture(self.twin()), self._capture(self.twin())
        second.env["channel.order.importer"]._import(second)
        first.env["channel.order.importer"]._import(first)
        found = self.assertRefused(second, "duplicate")
        self.assertIn(first.name, found.message)
        self.assertImported(first, "22.00", "2.00")
        self.assertEqual(second.line_ids.hold_ids.mapped("state"), ["active"])

    def test_another_customer_time_content_or_a_cancelled_one_is_no_duplicate(self):
        self.channel.duplicate_minutes = 10
        self._import(self.twin())
        other = replace(ERIKA, external_id="C-2", email="otto@example.com")
        for values in (
            {"customer": other},
            {"placed_at": NOON + timedelta(minutes=11)},
        ):
            self.assertImported(self._import(self.twin(**values)), "22", "2")
        line = self._line(self.mug, 2, "10.00", tax(10, "2.00"))
        order = self._import(self._data(line, total="22.00", total_tax="2.00"))
        self.assertImported(order, "22", "2")

    def test_off_by_default(self):
        self._import(self.twin())
        self.assertImported(self._import(self.twin()), "22", "2")

    # --------------------------------------------------------------- payment
    def test_voided_payment_is_never_confirmed(self):
        self.channel.confirm_policy = "always"
        order = self._import(self._simple(payment="voided"))
        self.assertEqual(order.state, "blocked")
        self.assertEqual(order.sale_order_id.state, "draft")
        self.assertEqual(self._exceptions(order).category, "payment")

    def test_policy_when_paid_waits_for_the_money_itself(self):
        self.channel.confirm_policy = "captured"
        order = self._import(self._simple(payment="authorized"))
        self.assertEqual(order.sale_order_id.state, "draft")
        order = self._import(self._simple(payment="paid"))
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_unpaid_for_long_is_reported_once(self):
        order = self._import(self._simple(payment="pending"))
        self.env.flush_all()
        for _run in range(2):
            self.env["channel.payment.checker"]._cron_unpaid()
        found = self._exceptions(order)
        self.assertEqual((found.category, found.count), ("payment", 1))
        self.assertEqual(order.state, "imported")

    def test_paid_or_young_or_without_a_time_is_not_reported(self):
        now = self.env.cr.now().astimezone()
        paid = self._import(self._simple())
        young = self._import(self._simple(payment="pending", placed_at=now))
        self.env.flush_all()
        self.env["channel.payment.checker"]._cron_unpaid()
        self.assertFalse(self._exceptions(paid) | self._exceptions(young))
        self.channel.payment_hours = 0
        old = self._import(self._simple(payment="pending"))
        self.env.flush_all()
        self.env["channel.payment.checker"]._cron_unpaid()
        self.assertFalse(self._exceptions(old))

    # ---------------------------------------------------------------- credit
    def on_account(self, **values):
        self.channel.write({"confirm_policy": "always", "check_credit": True})
        self.company.account_use_credit_limit = True
        return self._import(self._simple(payment="pending", **values))

    def test_order_over_the_credit_limit_waits_as_a_quotation(self):
        partner = self._import(self._simple()).sale_order_id.partner_id
        partner.credit_limit = 40
        order = self.on_account()
        self.assertEqual(order.state, "blocked")
        self.assertEqual(order.sale_order_id.state, "draft")
        found = self._exceptions(order)
        self.assertEqual(found.category, "credit")
        self.assertIn("40.00", found.message)
        partner.credit_limit = 1000
        order._retry()
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_confirmed_orders_use_the_limit_up(self):
        partner = self._import(self._simple()).sale_order_id.partner_id
        partner.credit_limit = 70
        self.assertEqual(self.on_account().sale_order_id.state, "sale")
        self.assertEqual(self.on_account().sale_order_id.state, "sale")
        self.assertEqual(self.on_account().state, "blocked")

    def test_paid_order_needs_no_credit(self):
        partner = self._import(self._simple()).sale_order_id.partner_id
        partner.credit_limit = 1
        self.channel.check_credit = True
        self.company.account_use_credit_limit = True
        self.assertImported(self._import(self._simple()), "22", "2")

    # ------------------------------------------------------- address, phone
    def test_address_that_lacks_something_is_refused_by_a_strict_channel(self):
        bare = replace(BERLIN, street="", zip=" ")
        self.assertImported(self._import(self._simple(shipping=bare)), "22", "2")
        self.channel.address_policy = "strict"
        order = self._import(self._simple(shipping=bare))
        found = self.assertRefused(order, "address")
        self.assertIn("street, postcode", found.message)
        found = self.assertRefused(self._import(self._simple(shipping=None)), "address")
        self.assertIn("everything", found.message)

    def test_country_that_odoo_has_no_states_for_keeps_the_state_in_the_address(self):
        country = self.env["res.country"].search([("state_ids", "=", False)], limit=1)
        address = replace(
            BERLIN, country_code=country.code, state_code="XY-7", phone="", zip="1"
        )
        for policy in ("country", "strict"):
            self.channel.address_policy = policy
            order = self._import(self._simple(shipping=address))
            sale_order = self.assertImported(order, "22.00", "2.00")
            partner = sale_order.partner_shipping_id
            self.assertEqual(partner.country_id, country)
            self.assertIn("XY-7", partner.street2)

    def test_number_that_is_none_is_reported_and_the_order_goes_on(self):
        odd = replace(BERLIN, phone="ask at the desk")
        order = self._import(self._simple(shipping=odd))
        self.assertImported(order, "22.00", "2.00")
        found = self._exceptions(order)
        self.assertEqual(found.category, "phone")
        self.assertIn("ask at the desk", found.message)
        self.assertEqual(order.sale_order_id.partner_shipping_id.phone, odd.phone)

    def test_number_that_is_none_stops_the_order_where_the_channel_says_so(self):
        self.channel.phone_policy = "stop"
        odd = replace(BERLIN, phone="ask at the desk")
        order = self._import(self._simple(shipping=odd))
        found = self.assertRefused(order, "phone")
        found.action_override()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "22.00", "2.00")
        self.assertFalse(self._exceptions(order))

    # ------------------------------------------------------ retries in waves
    def test_tax_mapping_frees_all_that_waited_for_it(self):
        line = self._line(self.lamp, 1, "10.00", tax(7, "0.70"))
        orders = self.env["channel.order"]
        for _each in range(3):
            orders |= self._import(self._data(line, total="10.70", total_tax="0.70"))
        other = self._import(self._simple(risk="high"))
        for order in orders:
            self.assertRefused(order, "tax")
        self._map_tax(7)
        self.assertEqual(set(orders.mapped("state")), {"captured"})
        self.assertEqual(other.state, "blocked")
        for order in orders:
            order.env["channel.order.importer"]._import(order)
            self.assertImported(order, "10.70", "0.70")

    def test_activating_a_currency_frees_what_waited_for_it(self):
        norway = self.env.ref("base.NOK")
        norway.active = False
        order = self._import(self._simple(currency="NOK"))
        self.assertRefused(order, "currency")
        norway.active = True
        self.assertEqual(order.state, "captured")

    # --------------------------------------------------- zero-decimal money
    def test_currency_without_decimals_is_exact(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.channel.currency_id = yen
        line = self._line(self.lamp, 3, "333", tax(10, "100"))
        order = self._import(
            self._data(line, total="1099", total_tax="100", currency="JPY")
        )
        sale_order = self.assertImported(order, "1099", "100")
        self.assertEqual(sale_order.currency_id, yen)

    def test_fraction_of_a_currency_without_decimals_is_refused_with_both_figures(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.channel.currency_id = yen
        line = self._line(self.lamp, 1, "333")
        order = self._import(self._data(line, total="333.50", currency="JPY"))
        found = self.assertRefused(order, "total_mismatch")
        self.assertIn("333.50", found.message)

    # ------------------------------------------------------------ all causes
    def test_all_that_is_wrong_is_told_at_once_each_with_what_to_do(self):
        """Unknown SKU, unmapped rate, fraud, no country: four people, one moment."""
        nowhere = replace(BERLIN, country_code="XX")
        lines = [
            self._line("V-NEW", 1, "10.00", tax(10, "1.00"), sku="NEW"),
            self._line(self.lamp, 1, "10.00", tax(3, "0.30")),
            self._line(self.mug, 1, "10.00", tax(4, "0.40")),
        ]
        values = dict(total="31.70", total_tax="1.70", risk="high", shipping=nowhere)
        order = self._import(self._data(*lines, **values))
        found = self._exceptions(order)
        self.assertEqual(
            set(found.mapped("category")), {"unknown_sku", "tax", "risk", "address"}
        )
        self.assertTrue(all(found.mapped("suggestion")))
        rates = found.filtered(lambda each: each.category == "tax").mapped("message")
        # each rate is a cause of its own, that other orders may have
        self.assertEqual(len(rates), 2)
        rates = " ".join(rates)
        self.assertIn("3 %", rates)
        self.assertIn("4 %", rates)

    def test_causes_that_are_gone_close_and_the_others_keep_their_owner(self):
        nowhere = replace(BERLIN, country_code="XX")
        order = self._import(self._simple(risk="high", shipping=nowhere))
        found = self._exceptions(order)
        self.assertEqual(set(found.mapped("category")), {"risk", "address"})
        address = found.filtered(lambda each: each.category == "address")
        address.user_id = self.env.user
        self.channel.risk_policy = "none"
        self.assertEqual(order.state, "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(self._exceptions(order), address)
        self.assertEqual(address.user_id, self.env.user)
        self._capture(self._newer(order._get_data(), shipping=BERLIN))
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "22.00", "2.00")
        self.assertFalse(self._exceptions(order))

    def test_amounts_in_an_unknown_currency_are_not_judged(self):
        values = dict(total="99.00", total_tax="2.00", currency="XXX", risk="high")
        order = self._import(self._simple(**values))
        categories = set(self._exceptions(order).mapped("category"))
        self.assertEqual(categories, {"currency", "risk"})

    def test_order_that_was_sold_is_no_twin_of_one_that_was_let_pass(self):
        self.channel.duplicate_minutes = 10
        first, second = self._import(self.twin()), self._import(self.twin())
        self._exceptions(second).action_override()
        second.env["channel.order.importer"]._import(second)
        self.assertImported(second, "22.00", "2.00")
        self.channel.confirm_policy = "manual"
        for order in (first, second):
            order.state = "captured"
            order.env["channel.order.importer"]._import(order)
            self.assertEqual(order.state, "imported")
