# SPDX-License-Identifier: AGPL-3.0-or-later
"""Doors that the attack by roles and fields does not try: one idea each."""

import json
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.channel_inventory_base.schemas import CustomerData
from odoo.addons.channel_inventory_sale.tests.common_order import BERLIN, OrderCase
from odoo.addons.channel_inventory_sale.tests.test_messages import MessageCase

CHANNELS = "channel_inventory_base.group_channel_"
STOCK = "stock.group_stock_user"
SALES = "sales_team.group_sale_salesman_all_leads"


class DoorCase(MessageCase):
    """People of the channel's company, and of another one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.channel.company_id
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.other_house = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.other.id)], limit=1
        )

    def user(self, login, *groups, company=None):
        company = company or self.company
        return new_test_user(
            self.env,
            login,
            groups=",".join(groups),
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def of_channels(self, role, login=None, **values):
        return self.user(login or f"door_{role}", f"{CHANNELS}{role}", **values)

    def call(self, user, model, method, *args, context=None, **kwargs):
        """As the web client would."""
        env = self.env(user=user, su=False, context={})
        # the caller's context is an argument of its own: what is in env is dropped
        result = call_kw(env[model], method, list(args), {**kwargs, "context": context})
        env.flush_all()
        return result

    def wait_for_confirmation(self, quantity=2):
        """An order whose sale order is a quotation. :return: the order"""
        self.channel.confirm_policy = "manual"
        name = self.fake.sell(quantity)
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        order = self.order(name)
        self.assertEqual(order.sale_order_id.state, "draft")
        return order

    def exception(self, category="health", **values):
        return self.env["channel.exception"]._report(
            self.channel, category, "door", "Something is wrong", **values
        )


@tagged("post_install", "-at_install")
class TestContexts(DoorCase):
    """What a caller writes into the context decides nothing."""

    def test_warehouse_worker_does_not_ship_in_silence(self):
        picking = self.sell(2).sale_order_id.picking_ids
        worker = self.user("door_stock", STOCK)
        picking.move_ids.picked = True
        context = {"channel_shipped_there": True, "skip_backorder": True}
        self.call(
            worker, "stock.picking", "button_validate", picking.ids, context=context
        )
        self.assertEqual(picking.state, "done")
        self.assertEqual(len(self.messages("shipment")), 1)

    def test_operator_does_not_cancel_the_rest_in_silence(self):
        order = self.sell(3)
        picking = order.sale_order_id.picking_ids
        self.pack(self.env, picking, 1)
        picking.with_context(skip_backorder=True).button_validate()
        rest = order.sale_order_id.picking_ids - picking
        rest.action_cancel()
        self.env.flush_all()
        self.call(
            self.of_channels("operator"),
            "channel.order",
            "action_cancel_rest",
            order.ids,
            context={"channel_follows": True},
        )
        self.assertEqual(len(self.messages("cancel")), 1)

    def test_retry_of_a_mapping_is_still_proposed(self):
        """A match by SKU is made with more rights, in whose context ever."""
        self.company.channel_change_approval = True
        product = self.make_product(self.env, 50)
        listing = self.make_listing(
            self.env, self.channel, product, 50, product_id=False, state="unmapped"
        )
        for value in (True, "version", {"value": "version"}):
            found = listing.with_user(self.env.ref("base.user_root"))
            found = found.sudo().with_context(mapping_decided=value)
            with self.passing():
                found.env["channel.listing.matcher"]._suggest(found)
                self.assertEqual(listing.state, "review")
                self.assertTrue(listing.proposal_id)

    def test_books_are_not_what_a_context_says(self):
        order = self.sell(1)
        sale_order = order.sale_order_id.sudo()
        plain = sale_order._get_invoiceable_lines()
        sent = sale_order.with_context(channel_books=True)
        self.assertEqual(sent._get_invoiceable_lines(), plain)
        self.assertFalse(sent._is_for_books())

    def test_reason_of_a_cancellation_is_one_of_the_channels(self):
        """Another one is refused with the cancellation, never left out."""
        sale_order = self.sell(2).sale_order_id
        user = self.user("door_sales", SALES)
        for reason in ("<b>x</b>", ["x"], 5):
            with self.passing(), self.subTest(reason):
                try:
                    self.call(
                        user,
                        "sale.order",
                        "action_cancel",
                        sale_order.ids,
                        context={"channel_cancel_reason": reason},
                    )
                except Exception:  # pylint: disable=broad-except
                    continue
                self.assertEqual(len(self.messages("cancel")), 1)


@tagged("post_install", "-at_install")
class TestPortal(DoorCase, HttpCase):
    """The customer of a shop, with a log-in to Odoo's portal."""

    def customer(self, order):
        return new_test_user(
            self.env,
            "door_portal",
            groups="base.group_portal",
            partner_id=order.sale_order_id.partner_id.id,
        )

    def post(self, url, **params):
        return self.url_open(
            url, json={"jsonrpc": "2.0", "method": "call", "params": params}
        )

    def test_customer_confirms_and_cancels_nothing_in_the_portal(self):
        order = self.wait_for_confirmation()
        sale_order = order.sale_order_id
        # as it would be of a quotation made before
        sale_order.write({"require_signature": True, "require_payment": True})
        token = sale_order._portal_ensure_token()
        self.env.flush_all()
        pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        pixel += "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        answer = self.post(
            f"/my/orders/{sale_order.id}/accept?access_token={token}",
            name="Me",
            signature=pixel,
        )
        self.assertIn("error", answer.text)
        sale_order.invalidate_recordset()
        self.assertEqual(sale_order.state, "draft")
        self.assertEqual(set(order.line_ids.hold_ids.mapped("state")), {"active"})

    def test_customer_declines_nothing_in_the_portal(self):
        order = self.wait_for_confirmation()
        sale_order = order.sale_order_id
        sale_order.require_signature = True
        self.assertFalse(sale_order._has_to_be_signed())
        self.assertFalse(sale_order._has_to_be_paid())
        self.assertFalse(sale_order._can_be_edited_on_portal())
        own = self.env["sale.order"].create({"partner_id": sale_order.partner_id.id})
        own.require_signature = True
        self.assertTrue(own._has_to_be_signed())

    def test_sale_order_of_a_channel_asks_for_no_signature(self):
        self.company.write(
            {"portal_confirmation_sign": True, "portal_confirmation_pay": True}
        )
        sale_order = self.wait_for_confirmation().sale_order_id
        self.assertFalse(sale_order.require_signature)
        self.assertFalse(sale_order.require_payment)


@tagged("post_install", "-at_install")
class TestShopper(OrderCase):
    """Whoever buys in a shop writes what he wants: names, notes, e-mail addresses."""

    def buy(self, **values):
        line = self._line(self.lamp, 1, "10.00")
        order = self._import(self._data(line, total="10.00", **values))
        self.assertImported(order, "10.00")
        return order.sale_order_id

    def test_guest_plants_no_address_at_the_contact_of_somebody_else(self):
        """The next thing that is sold to that contact by hand would go there."""
        victim = self.env["res.partner"].create(
            {"name": "Big Customer", "email": "buyer@example.com", "street": "Here 1"}
        )
        thief = replace(BERLIN, name="Aaa", street="Elsewhere 9")
        guest = CustomerData(name="Guest", email="buyer@example.com")
        sale_order = self.buy(customer=guest, shipping=thief, billing=thief)
        self.assertEqual(sale_order.partner_id, victim)
        self.assertEqual(sale_order.partner_shipping_id.street, "Elsewhere 9")
        found = victim.address_get(["delivery", "invoice"])
        self.assertEqual(set(found.values()), {victim.id})
        own = self.env["sale.order"].create({"partner_id": victim.id})
        self.assertEqual(own.partner_shipping_id, victim)
        self.assertEqual(own.partner_invoice_id, victim)

    def test_guest_is_no_company_of_this_database(self):
        """Its goods would go into transit between companies: never shipped."""
        sister = self.env["res.company"].create(
            {"name": "Sister", "email": "info@sister.example.com"}
        )
        guest = CustomerData(name="Guest", email="info@sister.example.com")
        sale_order = self.buy(customer=guest)
        self.assertNotEqual(sale_order.partner_id, sister.partner_id)
        self.assertEqual(
            sale_order.picking_ids.location_dest_id.usage or "customer", "customer"
        )

    def test_what_a_customer_writes_is_text(self):
        evil = "<img src=x onerror=alert(1)>{{ 7*7 }}<t t-out='7*7'/>"
        address = replace(BERLIN, name=evil, street=evil)
        guest = CustomerData(name=evil, email="evil@example.com")
        sale_order = self.buy(customer=guest, shipping=address, note=evil)
        self.assertNotIn("<img", str(sale_order.note))
        self.assertIn("&lt;img", str(sale_order.note))
        body = "".join(str(each.body) for each in sale_order.message_ids)
        self.assertNotIn("<img src=x", body)


@tagged("post_install", "-at_install")
class TestStrangers(DoorCase):
    """People of another company, and of this one without a role of Channels."""

    def test_worker_of_another_company_is_told_no_names(self):
        order = self.sell(2)
        order.channel_id.name = "Secret shop"
        worker = self.user("door_stock_b", STOCK, company=self.other)
        sale_order = order.sale_order_id
        sold = sale_order.picking_ids
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.other_house.out_type_id.id,
                "location_id": self.other_house.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        self.env.cr.execute(
            "UPDATE stock_picking SET sale_id = %s WHERE id = %s",
            (sale_order.id, picking.id),
        )
        self.env.invalidate_all()
        names = ["channel_order_name", "channel_name"]
        [row] = self.call(worker, "stock.picking", "read", picking.ids, names)
        self.assertEqual([row[name] for name in names], [False, False])
        spec = {name: {} for name in [*names, "sale_id"]}
        told = self.call(
            worker,
            "stock.picking",
            "onchange",
            [],
            {
                "sale_id": sale_order.id,
                "picking_type_id": self.other_house.out_type_id.id,
            },
            ["sale_id"],
            spec,
        )
        self.assertNotIn("Secret shop", repr(told))
        self.assertNotIn(order.name, repr([told["value"].get(name) for name in names]))
        for operator in ("ilike", "="):
            domain = [("channel_order_name", operator, order.name)]
            found = self.call(worker, "stock.picking", "search", domain)
            self.assertEqual(found, [])
        mine = self.user("door_stock_a", STOCK)
        domain = [("channel_order_name", "=", order.name)]
        found = self.call(mine, "stock.picking", "search", domain)
        self.assertIn(sold.id, found)
        self.assertNotIn(picking.id, found)
        domain = [("channel_order_name", "=", False)]
        found = self.call(mine, "stock.picking", "search", domain)
        self.assertNotIn(sold.id, found)

    def test_worker_of_another_company_is_told_no_specification(self):
        order = self.sell(2)
        order.line_ids.properties = "Engraving: Secret love"
        worker = self.user("door_stock_b", STOCK, company=self.other)
        sold = order.sale_order_id.order_line
        self.env.flush_all()
        try:
            told = self.call(
                worker,
                "stock.move",
                "onchange",
                [],
                {
                    "sale_line_id": sold.id,
                    "product_id": self.product.id,
                    "company_id": self.other.id,
                },
                ["sale_line_id", "product_id"],
                {"description_picking": {}, "sale_line_id": {}, "product_id": {}},
            )
        except AccessError:
            return
        self.assertNotIn("Secret love", repr(told))

    def test_people_without_a_role_find_nothing_through_documents(self):
        order = self.sell(2)
        order.customer_name = "Secret name"
        self.env.flush_all()
        user = self.user("door_sales", SALES, STOCK)
        paths = {
            "sale.order": [
                "channel_order_id.customer_name",
                "channel_id.webhook_token",
                "channel_order_id.line_ids.title",
            ],
            "stock.picking": ["sale_id.channel_order_id.customer_name"],
            "product.product": ["channel_listing_ids.external_id"],
            "sale.order.line": ["channel_order_line_id.order_id.customer_name"],
        }
        for model, names in paths.items():
            for name in names:
                with self.subTest(name):
                    self.assert_blind(user, model, name)

    def assert_blind(self, user, model, path):
        """Neither searched, nor sorted, grouped or exported by it."""
        for method, args, kwargs in (
            ("search_read", [[(path, "ilike", "")], ["id"]], {}),
            ("search_count", [[(path, "!=", False)]], {}),
            ("search", [[]], {"order": path}),
            ("formatted_read_group", [[], [path], ["__count"]], {}),
            ("read_group", [[], ["__count"], [path]], {}),
        ):
            try:
                with self.passing(), mute_logger("odoo.sql_db"):
                    found = self.call(user, model, method, *args, **kwargs)
            except (AccessError, UserError, ValueError, KeyError, AttributeError):
                continue
            self.assertFalse(found, f"{method} by {path}")
        records = self.env[model].search([], limit=5).ids
        try:
            found = self.call(
                user, model, "export_data", records, [path.replace(".", "/")]
            )
        except (AccessError, UserError):
            return
        self.assertNotIn("Secret", repr(found))

    def test_operator_does_not_see_the_address_of_webhooks(self):
        token = self.channel.webhook_token
        self.sell(1)
        user = self.of_channels("operator")
        orders = self.env["channel.order"].search([]).ids
        for model, path in (
            ("channel.channel", "webhook_token"),
            ("channel.order", "channel_id.webhook_token"),
        ):
            for method, args in (
                ("search_read", [[(path, "=like", f"{token[:4]}%")], ["id"]]),
                ("formatted_read_group", [[], [path], ["__count"]]),
                ("search", [[], 0, None, path]),
                ("read", [orders, [path]]),
            ):
                with self.subTest(f"{model} {method}"):
                    try:
                        with self.passing(), mute_logger("odoo.sql_db"):
                            found = self.call(user, model, method, *args)
                    except (AccessError, ValueError, UserError, KeyError):
                        continue
                    self.fail(f"{found}")
        try:
            found = self.call(
                user,
                "channel.order",
                "export_data",
                orders,
                ["channel_id/webhook_token"],
            )
        except AccessError:
            return
        self.assertNotIn(token, repr(found))

    def test_nothing_is_told_through_a_mail_in_the_making(self):
        order = self.sell(1)
        token = self.channel.webhook_token
        user = self.user("door_user", f"{CHANNELS}user")
        self.assertFalse(user.has_group("mail.group_mail_template_editor"))
        for words in (
            "{{ object.channel_id.webhook_token }}",
            "{{ object.env['channel.channel'].sudo().search([]).mapped('name') }}",
            "{{ object.sudo().channel_id.webhook_token }}",
        ):
            with self.subTest(words):
                try:
                    with self.passing():
                        composer = self.env["mail.compose.message"].with_user(user)
                        made = composer.with_context(
                            default_model="channel.order",
                            default_res_ids=repr(order.ids),
                        ).create(
                            {
                                "subject": words,
                                "body": f'<p>{words}</p><t t-out="{words[3:-3]}"/>',
                                "composition_mode": "mass_mail",
                            }
                        )
                        rendered = made._render_field("subject", order.ids)
                        self.assertNotIn(token, repr(rendered))
                        rendered = made._render_field("body", order.ids)
                        self.assertNotIn(token, repr(rendered))
                except (AccessError, UserError, ValueError):
                    continue

    def test_warehouse_worker_pays_nothing_back(self):
        """Odoo lets warehouse staff write sale orders."""
        order = self.sell(3)
        sale_order = order.sale_order_id
        line = sale_order.order_line
        worker = self.user("door_stock", STOCK)
        for model, method, args in (
            ("sale.order", "action_cancel", [sale_order.ids]),
            ("sale.order", "write", [sale_order.ids, {"state": "cancel"}]),
            ("sale.order.line", "write", [line.ids, {"product_uom_qty": 1}]),
            (
                "sale.order",
                "write",
                [
                    sale_order.ids,
                    {"order_line": [Command.update(line.id, {"product_uom_qty": 0})]},
                ],
            ),
        ):
            with self.subTest(f"{model}.{method}"), self.passing():
                with self.assertRaises(UserError):
                    self.call(worker, model, method, *args)
        self.assertFalse(self.messages("cancel"))
        self.call(worker, "sale.order.line", "write", line.ids, {"product_uom_qty": 3})
        self.call(
            self.user("door_sales", SALES, STOCK),
            "sale.order",
            "action_cancel",
            sale_order.ids,
        )
        self.assertEqual(len(self.messages("cancel")), 1)

    def test_what_hangs_on_a_foreign_record_is_refused(self):
        exception = self.exception()
        user = self.of_channels("operator", company=self.other)
        activity = self.env.ref("mail.mail_activity_data_todo").id
        model_id = self.env["ir.model"]._get_id("channel.exception")
        tries = {
            "mail.activity": {
                "res_model_id": model_id,
                "res_id": exception.id,
                "activity_type_id": activity,
            },
            "ir.attachment": {
                "name": "x",
                "res_model": "channel.exception",
                "res_id": exception.id,
                "raw": b"x",
            },
            "mail.message": {
                "model": "channel.exception",
                "res_id": exception.id,
                "body": "x",
            },
        }
        for model, values in tries.items():
            with self.subTest(model), self.assertRaises(AccessError):
                with self.passing():
                    self.call(user, model, "create", [values])
        for method, kwargs in (
            ("message_post", {"body": "x"}),
            ("activity_schedule", {}),
            ("message_subscribe", {"partner_ids": self.env.user.partner_id.ids}),
        ):
            with self.subTest(method), self.assertRaises(AccessError), self.passing():
                self.call(user, "channel.exception", method, exception.ids, **kwargs)
        self.call(
            user,
            "channel.exception",
            "message_subscribe",
            exception.ids,
            partner_ids=user.partner_id.ids,
        )
        self.assertNotIn(user.partner_id, exception.message_partner_ids)

    def test_auditor_leaves_nothing_but_what_he_reads(self):
        order, exception = self.sell(1), self.exception()
        level = self.level
        auditor = self.of_channels("auditor")
        for record in (order, exception, level, self.channel, self.listing):
            for method, kwargs in (
                ("message_post", {"body": "x"}),
                ("activity_schedule", {"summary": "x"}),
                ("action_retry", {}),
                ("action_take", {}),
            ):
                if not hasattr(record, method):
                    continue
                with self.subTest(f"{record._name}.{method}"), self.passing():
                    with self.assertRaises(AccessError):
                        self.call(auditor, record._name, method, record.ids, **kwargs)

    def test_wizards_of_others_are_not_used(self):
        """Of each wizard there is: made by one operator, used by another."""
        first = self.of_channels("manager", "door_first")
        second = self.of_channels("manager", "door_second")
        for name, model in sorted(self.env.items()):
            if not (name.startswith("channel.") and model._transient):
                continue
            self.env.cr.execute(  # as the first has made it
                "SELECT 1 FROM ir_model_access access JOIN ir_model model "
                "ON model.id = access.model_id WHERE model.model = %s",
                (name,),
            )
            rules = self.env["ir.rule"].search([("model_id.model", "=", name)])
            with self.subTest(name):
                self.assertIn("create_uid", "".join(rules.mapped("domain_force")))
        exception = self.exception()
        wizard = (
            self.env["channel.exception.close"]
            .with_user(first)
            .create(
                {
                    "exception_ids": exception.ids,
                    "state": "resolved",
                    "reason": "done",
                }
            )
        )
        with self.assertRaises(AccessError):
            self.call(second, "channel.exception.close", "action_confirm", wizard.ids)
        self.assertEqual(exception.state, "open")


@tagged("post_install", "-at_install")
class TestColleagues(DoorCase):
    """People with a role of Channels who want more than it gives."""

    def dead(self, order, kind):
        message = self.messages(kind)
        message.write({"state": "dead", "error": "no"})
        return message

    def correct(self, user, message, **changes):
        content = {**json.loads(message.payload), **changes}
        wizard = (
            self.env["channel.dead.letter.edit"]
            .with_user(user)
            .create(
                {
                    "res_model": message._name,
                    "res_id": message.id,
                    "content": json.dumps(content),
                }
            )
        )
        return self.call(user, "channel.dead.letter.edit", "action_confirm", wizard.ids)

    def test_corrected_notification_is_about_its_order(self):
        order, other = self.sell(1), self.sell(1)
        order.sale_order_id._action_cancel()
        message = self.dead(order, "cancel")
        user = self.of_channels("operator")
        with self.assertRaisesRegex(UserError, "order_ref"):
            self.correct(user, message, order_ref=other.external_id)
        self.correct(user, message, note="corrected")
        self.assertEqual(self.messages("cancel").mapped("state"), ["void", "ready"])

    def test_operator_pays_back_no_more_than_the_credit_note(self):
        order = self.sell(3)
        sale_order = order.sale_order_id
        sale_order.order_line.qty_delivered = 1
        move = sale_order._create_invoices()
        move.action_post()
        refund = move._reverse_moves()
        refund.action_post()
        message = self.dead(order, "refund")
        amount = float(json.loads(message.payload)["amount"])
        user = self.of_channels("operator")
        for changes in ({"amount": str(amount + 1000)}, {"currency": "KWD"}):
            with self.subTest(changes), self.assertRaisesRegex(UserError, "no more"):
                self.correct(user, message, **changes)
        self.correct(user, message, amount=str(amount - 1))
        self.assertEqual(self.messages("refund")[-1].state, "ready")

    def test_closed_exception_keeps_its_resolution(self):
        exception = self.exception()
        first = self.of_channels("user", "door_first")
        second = self.of_channels("user", "door_second")
        self.close(first, exception, "resolved", "Called the shop")
        with self.assertRaisesRegex(UserError, "closed"):
            self.close(second, exception, "ignored", "Nothing was done")
        self.assertEqual(exception.resolution, "Called the shop")
        self.assertEqual(exception.state, "resolved")

    def close(self, user, exception, state, reason, **values):
        wizard = (
            self.env["channel.exception.close"]
            .with_user(user)
            .create(
                {
                    "exception_ids": exception.ids,
                    "state": state,
                    "reason": reason,
                    **values,
                }
            )
        )
        context = {"tracking_disable": True}
        return self.call(
            user,
            "channel.exception.close",
            "action_confirm",
            wizard.ids,
            context=context,
        )

    def test_user_does_not_settle_an_order_by_hand(self):
        order = self.sell(1)
        order.sale_order_id._action_cancel()
        name = self.fake.sell(1, line={"listing_ref": "unknown"})
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        blocked = self.order(name)
        self.assertEqual(blocked.state, "blocked")
        exception = self.env["channel.exception"].search(
            blocked._exception_domain(), limit=1
        )
        user = self.of_channels("user")
        with self.assertRaises(AccessError):
            self.close(user, exception, "resolved", "x", by_hand=True)
        self.assertEqual(blocked.state, "blocked")
        self.assertEqual(set(blocked.line_ids.hold_ids.mapped("state")), {"active"})

    def test_exception_whose_record_is_gone_is_retried_by_operators_only(self):
        exception = self.exception()
        exception.write({"res_model": "channel.order", "res_id": 10**9})
        for role in ("auditor", "user"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.call(
                    self.of_channels(role),
                    "channel.exception",
                    "action_retry",
                    exception.ids,
                )
        self.assertEqual(exception.state, "open")

    def test_exceptions_are_owned_by_people_who_may_see_them(self):
        """The owner of a channel is sent what its exceptions say."""
        manager = self.of_channels("manager")
        stranger = self.of_channels("user", "door_b", company=self.other)
        plain = self.user("door_plain", "base.group_user")
        portal = self.user("door_portal", "base.group_portal")
        for owner in (stranger, plain, portal):
            with self.subTest(owner.login), self.passing():
                with self.assertRaises(UserError):
                    self.call(
                        manager,
                        "channel.channel",
                        "write",
                        self.channel.ids,
                        {"exception_user_id": owner.id},
                    )
        colleague = self.of_channels("user", "door_a")
        self.call(
            manager,
            "channel.channel",
            "write",
            self.channel.ids,
            {"exception_user_id": colleague.id},
        )
        self.assertEqual(self.channel.exception_user_id, colleague)

    def test_retention_of_all_companies_is_no_one_companys_to_decide(self):
        self.env["channel.channel"].create(
            {"name": "Theirs", "company_id": self.other.id}
        )
        retention = self.env["channel.retention"].search([("kind", "=", "personal")])
        # channels of the other tests' databases, too
        companies = self.env["channel.channel"].search([]).company_id
        manager = self.of_channels("manager")
        with self.assertRaises(AccessError):
            self.call(manager, "channel.retention", "write", retention.ids, {"days": 1})
        manager.company_ids = companies | self.company
        before = retention.days
        self.call(manager, "channel.retention", "write", retention.ids, {"days": 9})
        self.assertEqual(retention.days, 9)
        row = self.env["channel.audit"].search([("user_id", "=", manager.id)], limit=1)
        self.assertIn(f"from {before} to 9", row.message)

    def test_matched_listing_is_not_deleted_by_one_person(self):
        self.company.channel_change_approval = True
        manager = self.of_channels("manager")
        with self.assertRaisesRegex(UserError, "ignore it"):
            self.call(manager, "channel.listing", "unlink", self.listing.ids)
        commands = [Command.delete(self.listing.id)]
        with self.assertRaisesRegex(UserError, "ignore it"):
            self.call(
                manager,
                "channel.channel",
                "write",
                self.channel.ids,
                {"listing_ids": commands},
            )
        with self.assertRaisesRegex(UserError, "ignore it"):
            self.call(
                manager,
                "channel.channel",
                "write",
                self.channel.ids,
                {"listing_ids": [Command.clear()]},
            )

    def test_rule_loses_no_scope_with_what_it_names(self):
        """A rule for a tag, without the tag, would be one for everything."""
        tag = self.env["product.tag"].create({"name": "Door"})
        rule = self.rule("cap", 5, tag_id=tag.id)
        with mute_logger("odoo.sql_db"), self.assertRaises(Exception):  # noqa: B017
            with self.env.cr.savepoint():
                tag.unlink()
        self.assertEqual(rule.tag_id, tag)

    def test_field_stays_guarded_when_another_addon_extends_it(self):
        """A selection with one more value is, to Odoo, that addon's field."""
        hold = self.env["channel.hold"].create(
            {
                "warehouse_id": self.warehouse.id,
                "product_id": self.product.id,
                "stock_quantity": 1,
            }
        )
        field = hold._fields["state"]
        both = (*field._modules, "acme_channels")
        with (
            patch.object(field, "_module", "acme_channels"),
            patch.object(field, "_modules", both),
        ):
            self.env.registry.clear_cache()
            self.assertIn("state", hold._server_fields())
            with self.assertRaises(AccessError):
                self.call(
                    self.of_channels("operator"),
                    "channel.hold",
                    "write",
                    hold.ids,
                    {"state": "released"},
                )
        self.env.registry.clear_cache()

    def test_odd_ways_of_the_orm_write_no_more(self):
        """Methods that write by themselves: sequences, translations, copies, names."""
        hold = self.env["channel.hold"].create(
            {
                "warehouse_id": self.warehouse.id,
                "product_id": self.product.id,
                "stock_quantity": 1,
            }
        )
        user = self.of_channels("manager")
        order = self.sell(1)
        tries = [
            (
                "channel.order",
                "web_resequence",
                [order.ids, {}],
                {"field_name": "total"},
            ),
            (
                "channel.hold",
                "web_resequence",
                [hold.ids, {}],
                {"field_name": "quantity"},
            ),
            ("channel.hold", "copy", [hold.ids, {"cause": "order"}], {}),
            ("channel.hold", "name_create", ["x"], {}),
            ("channel.order", "name_create", ["x"], {}),
            (
                "channel.order",
                "update_field_translations",
                [order.ids, "name", {"en_US": "x"}],
                {},
            ),
            (
                "channel.order",
                "web_save_multi",
                [order.ids, [{"name": "x"}]],
                {"specification": {}},
            ),
            ("channel.order", "action_archive", [order.ids], {}),
            ("channel.order", "toggle_active", [order.ids], {}),
            ("channel.order", "flush_model", [], {}),
            ("channel.order", "modified", [order.ids, ["name"]], {}),
            (
                "channel.order",
                "web_override_translations",
                [order.ids, {"name": "x"}],
                {},
            ),
        ]
        before = (
            order.read(["name", "total", "state"]),
            hold.read(["quantity", "cause"]),
        )
        for model, method, args, kwargs in tries:
            with self.subTest(f"{model}.{method}"), self.passing():
                try:
                    self.call(user, model, method, *args, **kwargs)
                except Exception:  # pylint: disable=broad-except
                    self.env.clear()
                self.env.invalidate_all()
                after = (
                    order.read(["name", "total", "state"]),
                    hold.read(["quantity", "cause"]),
                )
                self.assertEqual(after, before)

    def test_lines_of_others_are_not_written_through_a_form(self):
        """A form's commands name rows by id, of whatever record."""
        user = self.of_channels("manager")
        theirs = self.env["channel.channel"].create(
            {"name": "Theirs", "company_id": self.other.id}
        )
        node = self.env["channel.node"].create(
            {"name": "Theirs", "external_id": "x", "channel_id": theirs.id}
        )
        for command in (
            Command.update(node.id, {"name": "hacked"}),
            Command.link(node.id),
            Command.delete(node.id),
            Command.set([node.id]),
        ):
            for method in ("write", "web_save"):
                kwargs = {"specification": {}} if method == "web_save" else {}
                with self.subTest(f"{method} {command}"), self.passing():
                    with self.assertRaises(AccessError):
                        self.call(
                            user,
                            "channel.channel",
                            method,
                            self.channel.ids,
                            {"node_ids": [command]},
                            **kwargs,
                        )
        self.assertEqual((node.name, node.channel_id), ("Theirs", theirs))

    def test_defaults_of_a_caller_are_in_no_document_that_a_button_makes(self):
        """Buttons work with more rights; the caller's defaults come along."""
        order = self.wait_for_confirmation()
        partner = self.env["res.partner"].create({"name": "Thief"})
        context = {
            "default_partner_shipping_id": partner.id,
            "default_partner_id": partner.id,
            "default_user_id": self.env.uid,
            "default_note": "x",
            "default_state": "sale",
        }
        user = self.of_channels("operator")
        self.call(user, "channel.order", "action_retry", order.ids, context=context)
        self.intake()
        sale_order = order.sale_order_id
        self.assertNotEqual(sale_order.partner_shipping_id, partner)
        self.assertNotEqual(sale_order.partner_id, partner)
        self.assertEqual(sale_order.state, "draft")

    def test_clock_of_a_shop_is_believed_for_a_day(self):
        order = self.sell(1)
        for years in (7000, -2000):
            moment = fields.Datetime.now().replace(
                year=2026 + years if years < 0 else 9026
            )
            clock = moment.replace(tzinfo=self.fake.clock.tzinfo)
            self.channel._remember_clock(clock)
            ahead = self.channel._get_shared_state("clock")["ahead"]
            self.assertLessEqual(abs(ahead), timedelta(days=1).total_seconds())
            order._is_ahead(fields.Datetime.now() + timedelta(days=300))
            self.channel._get_channel_time()
