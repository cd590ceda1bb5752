# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas

from .common_order import NOON, OrderCase, tax


@tagged("post_install", "-at_install")
class TestOrderImport(OrderCase):
    # ---------------------------------------------------------- the normal case
    def test_paid_order_is_confirmed_and_reserved(self):
        order = self._import(self._simple())
        sale_order = self.assertImported(order, "22.00", "2.00")
        self.assertEqual(sale_order.state, "sale")
        move = sale_order.picking_ids.move_ids
        self.assertEqual((move.state, move.quantity), ("assigned", 2))
        self.assertEqual(move.picking_type_id.warehouse_id, self.warehouse)

    def test_sale_order_says_where_it_came_from(self):
        order = self._import(self._simple(name="#77", note="Ring <twice>"))
        sale_order = order.sale_order_id
        self.assertEqual(sale_order.client_order_ref, "#77")
        self.assertEqual(sale_order.origin, "Shop #77")
        self.assertEqual(sale_order.channel_order_id, order)
        self.assertEqual(sale_order.channel_id, self.channel)
        self.assertEqual(sale_order.order_line.channel_order_line_id, order.line_ids)
        self.assertIn("Ring &lt;twice&gt;", sale_order.note)
        action = sale_order.action_open_channel_order()
        self.assertEqual(action["res_id"], order.id)

    def test_order_keeps_the_time_at_which_it_was_placed(self):
        order = self._import(self._simple(placed_at=NOON))
        self.assertEqual(order.sale_order_id.date_order, NOON.replace(tzinfo=None))

    def test_nobody_is_mailed(self):
        if "sale.order.template" in self.env:
            # sale_management: the company's quotations come with a mail
            self.company.sale_order_template_id = self.env[
                "sale.order.template"
            ].create(
                {
                    "name": "With mail",
                    "mail_template_id": self.env.ref(
                        "sale.mail_template_sale_confirmation"
                    ).id,
                }
            )
        with patch.object(
            type(self.env["sale.order"]), "_send_order_notification_mail"
        ) as send:
            order = self._import(self._simple())
        self.assertFalse(send.called)
        mails = self.env["mail.message"].search(
            [
                ("model", "=", "sale.order"),
                ("res_id", "=", order.sale_order_id.id),
                ("message_type", "=", "email"),
            ]
        )
        self.assertFalse(mails)
        self.assertNotIn(order.partner_id, order.sale_order_id.message_partner_ids)

    # ------------------------------------------------------------------- policy
    def test_unpaid_order_waits_as_a_quotation_and_stays_held(self):
        order = self._import(self._simple(payment="pending"))
        self.assertEqual(order.sale_order_id.state, "draft")
        self.assertEqual(order.line_ids.hold_ids.state, "active")

    def test_payment_later_confirms_the_same_order(self):
        data = self._simple(payment="pending", external_id="1", name="#1")
        order = self._import(data)
        quotation = order.sale_order_id
        paid = schemas.load(
            schemas.OrderData,
            schemas.dump(data)
            | {
                "payment": "authorized",
                "version": (NOON + timedelta(minutes=5)).isoformat(),
            },
        )
        self.assertEqual(self._import(paid), order)
        self.assertEqual(order.sale_order_id, quotation)
        self.assertEqual(quotation.state, "sale")
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.line_ids.hold_ids.state, "released")

    def test_quotation_follows_the_channel_until_it_is_confirmed(self):
        data = self._simple(payment="pending", external_id="1", name="#1")
        quotation = self._import(data).sale_order_id
        line = schemas.dump(data.lines[0]) | {"quantity": 3, "open_quantity": 3}
        line["taxes"] = [schemas.dump(tax(10, "3.00"))]
        edited = schemas.dump(data) | {
            "lines": [line],
            "total": "33.00",
            "total_tax": "3.00",
            "payment": "paid",
            "version": (NOON + timedelta(minutes=5)).isoformat(),
        }
        order = self._import(schemas.load(schemas.OrderData, edited))
        self.assertEqual(self.assertImported(order, "33.00", "3.00"), quotation)
        self.assertEqual(quotation.order_line.product_uom_qty, 3)
        self.assertEqual(quotation.state, "sale")

    def test_policy_at_once_does_not_wait_for_payment(self):
        self.channel.confirm_policy = "always"
        order = self._import(self._simple(payment="pending"))
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_policy_by_a_person_never_confirms_but_releases_holds_when_one_does(self):
        self.channel.confirm_policy = "manual"
        order = self._import(self._simple())
        self.assertEqual(order.sale_order_id.state, "draft")
        salesman = self.env["res.users"].create(
            {
                "name": "S",
                "login": "channel-test-s",
                "group_ids": [
                    (6, 0, self.env.ref("sales_team.group_sale_salesman_all_leads").ids)
                ],
            }
        )
        order.sale_order_id.with_user(salesman).action_confirm()
        self.assertEqual(order.line_ids.hold_ids.state, "released")

    def test_second_import_changes_nothing(self):
        order = self._import(self._simple())
        sale_order = order.sale_order_id
        lines, moves = sale_order.order_line, sale_order.picking_ids.move_ids
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.sale_order_id, sale_order)
        self.assertEqual(sale_order.order_line, lines)
        self.assertEqual(sale_order.picking_ids.move_ids, moves)
        self.assertEqual(
            self.env["sale.order"].search_count([("channel_order_id", "=", order.id)]),
            1,
        )

    def test_order_with_nothing_left_makes_no_sale_order(self):
        line = self._line(self.lamp, 0, "10.00")
        order = self._import(self._data(line, total="0", payment="refunded"))
        self.assertEqual(order.state, "imported")
        self.assertFalse(order.sale_order_id)

    # ----------------------------------------------------------------- refusals
    def test_unknown_sku_is_refused_with_a_suggestion_and_stays_held(self):
        self.env["product.product"].create(
            {"name": "Big Chair", "default_code": "CHAIR-XL-01"}
        )
        known = self._line(self.lamp, 1, "10.00")
        line = self._line("V-NEW", 2, "10.00", sku="CHAIR-XL")
        order = self._import(self._data(known, line, total="30.00"))
        found = self.assertRefused(order, "unknown_sku")
        self.assertIn("CHAIR-XL", found.message)
        self.assertIn("Big Chair", found.suggestion)
        self.assertEqual(self._position().held, 1)

    def test_mapping_the_sku_lets_the_order_through(self):
        line = self._line("V-NEW", 2, "10.00", sku="CHAIR-XL")
        order = self._import(self._data(line, total="20.00"))
        self.assertRefused(order, "unknown_sku")
        product = self.mug.product_id
        order.line_ids.listing_id.write({"product_id": product.id, "state": "mapped"})
        self.assertEqual(order.state, "captured")
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "20.00")

    def test_inactive_currency_is_refused(self):
        self.env.ref("base.NOK").active = False
        order = self._import(self._simple(currency="NOK"))
        found = self.assertRefused(order, "currency")
        self.assertIn("NOK", found.message)

    def test_currency_of_another_channel_is_refused(self):
        self.env.ref("base.EUR").active = True
        self.assertRefused(self._import(self._simple(currency="EUR")), "currency")

    def test_test_order_is_refused_unless_the_channel_is_a_test(self):
        order = self._import(self._simple(test=True))
        self.assertRefused(order, "test_order")
        self.channel.environment = "test"
        order._retry()
        order.env["channel.order.importer"]._import(order)
        self.assertImported(order, "22.00", "2.00")

    def test_total_that_differs_leaves_nothing_behind(self):
        before = {
            name: self.env[name].search_count([])
            for name in ("sale.order", "res.partner", "channel.partner", "stock.move")
        }
        order = self._import(self._simple(total="23.00"))
        found = self.assertRefused(order, "total_mismatch")
        self.assertIn("23.00", found.message)
        self.assertIn("22.00", found.message)
        for name, number in before.items():
            self.assertEqual(self.env[name].search_count([]), number, name)
        self.assertEqual(order.line_ids.hold_ids.state, "active")

    def test_sale_order_that_comes_out_otherwise_is_rolled_back(self):
        prepare = type(self.env["channel.order.importer"])._finish_line

        def tampered(importer, order, *args):
            vals = prepare(importer, order, *args)
            vals.pop("extra_tax_data", None)
            return vals | {"price_unit": vals["price_unit"] + 0.01}

        orders = self.env["sale.order"].search_count([])
        with patch.object(
            type(self.env["channel.order.importer"]), "_finish_line", tampered
        ):
            order = self._import(self._simple())
        found = self.assertRefused(order, "total_mismatch")
        self.assertIn("22.02", found.message)
        self.assertEqual(self.env["sale.order"].search_count([]), orders)

    def test_order_that_odoo_will_not_confirm_waits_for_a_person(self):
        def refuse(records):
            raise UserError("no route")  # pylint: disable=translation-required

        with patch.object(type(self.env["sale.order"]), "_action_confirm", refuse):
            order = self._import(self._simple())
        self.assertEqual(order.state, "blocked")
        self.assertEqual(order.sale_order_id.state, "draft")
        self.assertEqual(order.line_ids.hold_ids.state, "active")
        self.assertIn("no route", self._exceptions(order).message)
        order._retry()
        order.env["channel.order.importer"]._import(order)
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_what_odoo_does_not_accept_waits_for_a_person(self):
        other = self.env["res.company"].create({"name": "Other"})
        product = self.env["product.product"].create(
            {"name": "Theirs", "type": "service"}
        )
        self.channel.discount_product_id = product
        # it was everybody's when it was chosen
        product.company_id = other
        line = self._line(self.lamp, 1, "10.00", discount="1.00")
        order = self._import(self._data(line, total="9.00"))
        found = self.assertRefused(order, "import")
        self.assertIn("Theirs", found.message)
