# SPDX-License-Identifier: AGPL-3.0-or-later
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_messages import MessageCase

SETTLEMENT_SETTINGS = {
    "channel_settlement_approval",
    "channel_settlement_bank_days",
    "channel_settlement_days",
    "channel_settlement_journal_id",
    "channel_settlement_transfer_account_id",
}
QUOTATION_SETTINGS = {
    "channel_confirm_policy",
    "channel_quote_hours",
    "channel_quote_percent",
    "channel_quote_policy",
    "channel_quote_short",
}
PURCHASE_SETTINGS = {"channel_soon_days", "channel_vendor_dates"}
# What the suite adds to models of Odoo for whoever may write their records, and why
# nothing that the server has decided hangs on it.
OPEN = {
    # whoever owns the model decides on these
    "product.product": {"channel_listing_ids"},
    "product.template": {"channel_short_policy", "channel_substitute_ids"},
    "pos.config": {
        "channel_draft_policy",
        "channel_draft_minutes",
        "channel_late_minutes",
    },
    # a till sends all fields of its orders: what it says of this one is dropped
    "pos.order": {"channel_held_until"},
    "res.company": {
        "channel_change_approval",
        "channel_exception_user_id",
        *QUOTATION_SETTINGS,
        *PURCHASE_SETTINGS,
        *SETTLEMENT_SETTINGS,
    },
    "res.config.settings": {
        "channel_change_approval",
        "channel_exception_user_id",
        *QUOTATION_SETTINGS,
        *PURCHASE_SETTINGS,
        *SETTLEMENT_SETTINGS,
    },
    "stock.location": {
        "own_stock_state",
        # the other side of fields of Odoo's on the warehouse
        "input_warehouse_ids",
        "quality_warehouse_ids",
    },
    "stock.package": {"tracking_ref"},
    "stock.warehouse": {
        "channel_adjust_value",
        "channel_authority",
        "channel_compares",
        "channel_consignment",
        "channel_expiry_basis",
        "channel_expiry_days",
        "channel_fresh_minutes",
        "channel_ignored_columns",
        "channel_least_percent",
        "channel_silent_minutes",
        "channel_stale_percent",
        # who runs it, and by which carrier
        "edi_advice_hours",
        "edi_channel_id",
        "edi_carrier",
    },
    # Odoo's own field, with an index; how long whoever owns a vendor believes it
    "res.partner": {"email_normalized", "channel_fresh_days"},
}
SALES = "sales_team.group_sale_salesman_all_leads,stock.group_stock_user"


@tagged("post_install", "-at_install")
class TestGuardedDocuments(MessageCase):
    """What a document of Odoo says of a channel's order counts only where the order
    names that document, whoever has written it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.channel.company_id
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.other_house = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.other.id)], limit=1
        )
        cls.mine = cls.env["res.partner"].create({"name": "A friend"})

    def user(self, login, *groups, company=None):
        company = company or self.company
        return new_test_user(
            self.env,
            login,
            groups=",".join(("base.group_user", *groups)),
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def as_user(self, user, model):
        return self.env[model].with_user(user).with_company(user.company_id)

    def own_sale(self, user, **values):
        """A sale order of the user's own, of a service: nothing to deliver."""
        service = self.make_product(
            self.env, 77, type="service", is_storable=False, invoice_policy="order"
        )
        return self.as_user(user, "sale.order").create(
            {
                "partner_id": self.mine.id,
                "order_line": [Command.create({"product_id": service.id})],
                **values,
            }
        )

    def force(self, sale_order, order, line=None):
        """As if it had come past the guard: the hooks have to hold by themselves."""
        # an order has one sale order: the index would not take a second
        self.env.cr.execute("DROP INDEX sale_order_channel_order_uniq")
        sale_order.sudo().channel_order_id = order
        sale_order.order_line[:1].sudo().channel_order_line_id = (
            line or order.line_ids[:1]
        )

    # ---------------------------------------------------------- sale orders
    def test_salesperson_cannot_make_a_sale_order_of_a_channels_order(self):
        order = self.sell(2)
        for company in (self.other, self.company):
            user = self.user(f"sales {company.id}", SALES, company=company)
            with self.subTest(company.name), self.assertRaises(AccessError):
                self.own_sale(user, channel_order_id=order.id)

    def test_salesperson_cannot_have_a_sale_line_of_a_channels_order(self):
        order = self.sell(2)
        sale_order = self.own_sale(self.user("sales", SALES))
        for name, value in (
            ("channel_order_line_id", order.line_ids.id),
            ("channel_warehouse_id", self.warehouse.id),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                sale_order.order_line.write({name: value})
            with self.subTest(name), self.assertRaises(AccessError):
                line = {"product_id": self.product.id, name: value}
                sale_order.write({"order_line": [Command.create(line)]})

    def test_line_of_a_channels_order_stays_in_its_sale_order(self):
        """Elsewhere nobody would tell the channel what becomes of it."""
        user = self.user("sales", SALES)
        sold, other = self.sell(2).sale_order_id, self.own_sale(user)
        with self.assertRaises(AccessError):
            sold.order_line.with_user(user).order_id = other
        with self.assertRaises(AccessError):
            sold.with_user(user).company_id = self.other
        sold.with_user(user).write({"company_id": self.company.id, "note": "x"})

    def test_default_in_the_context_names_no_order_of_a_channel(self):
        order = self.sell(2)
        user = self.user("sales", SALES)
        context = {
            "default_channel_order_id": order.id,
            "default_channel_order_line_id": order.line_ids.id,
            "default_channel_warehouse_id": self.warehouse.id,
            "default_channel_invoice_policy": "confirmed",
        }
        orders = self.as_user(user, "sale.order").with_context(**context)
        sale_order = self.own_sale(user).with_context(**context).copy()
        sale_order |= orders.create({"partner_id": self.mine.id})
        self.assertFalse(sale_order.channel_order_id)
        self.assertFalse(sale_order.channel_id)
        self.assertFalse(sale_order.order_line.channel_order_line_id)
        self.assertEqual(set(sale_order.mapped("channel_invoice_policy")), {False})
        self.assertFalse(orders.new({}).channel_order_id)
        self.assertNotIn(
            "channel_order_id", orders.default_get(["channel_order_id", "partner_id"])
        )

    def test_default_of_a_user_names_no_order_of_a_channel(self):
        order = self.sell(2)
        user = self.user("sales", SALES)
        self.env["ir.default"].with_user(user).set(
            "sale.order", "channel_order_id", order.id, user_id=True
        )
        self.assertFalse(self.own_sale(user).channel_order_id)

    def test_cancelling_a_strangers_sale_order_cancels_nothing_on_the_channel(self):
        order = self.sell(2)
        user = self.user("sales", SALES, company=self.other)
        sale_order = self.own_sale(user)
        self.force(sale_order, order)
        sale_order._action_cancel()
        self.assertEqual(sale_order.state, "cancel")
        self.assertFalse(self.messages("cancel"))
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_confirming_a_strangers_sale_order_releases_no_hold(self):
        self.channel.confirm_policy = "manual"
        name = self.fake.sell(3)
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        order = self.order(name)
        hold = order.line_ids.hold_ids
        self.assertEqual(hold.state, "active")
        sale_order = self.own_sale(self.user("sales", SALES, company=self.other))
        self.force(sale_order, order)
        sale_order.action_confirm()
        self.assertEqual(hold.state, "active")
        self.assertFalse(self.messages())

    def test_reducing_a_strangers_line_takes_nothing_off_the_channels_order(self):
        order = self.sell(3)
        user = self.user("sales", SALES)
        sale_order = self.own_sale(user)
        self.force(sale_order, order)
        sale_order.order_line.product_uom_qty = 5
        sale_order.action_confirm()
        sale_order.order_line.product_uom_qty = 1
        self.assertFalse(self.messages("cancel"))

    def test_context_of_a_salesperson_does_not_silence_a_cancellation(self):
        sale_line = self.sell(3).sale_order_id.order_line
        user = self.user("sales", SALES)
        sale_line.with_user(user).with_context(channel_follows=True).write(
            {"product_uom_qty": 1}
        )
        self.assertEqual(len(self.messages("cancel")), 1)

    def test_state_of_a_channels_sale_order_is_changed_by_its_buttons_only(self):
        """A state that is only written releases, reserves and tells nothing."""
        user = self.user("sales", SALES)
        self.channel.confirm_policy = "manual"
        name = self.fake.sell(2)
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.intake()
        quotation = self.order(name).sale_order_id.with_user(user)
        self.channel.confirm_policy = "always"
        confirmed = self.sell(1).sale_order_id.with_user(user)
        for sale_order, state in (
            (quotation, "sale"),
            (quotation, "cancel"),
            (confirmed, "cancel"),
            (confirmed, "draft"),
        ):
            with self.subTest(state), self.assertRaisesRegex(UserError, "buttons"):
                sale_order.state = state
        confirmed.write({"state": "sale", "note": "x"})
        quotation.state = "sent"
        quotation.action_confirm()
        self.assertEqual(quotation.state, "sale")
        self.assertFalse(
            self.order(name).line_ids.hold_ids.filtered(lambda h: h.state == "active")
        )
        confirmed.action_cancel()
        self.assertEqual(len(self.messages("cancel")), 1)
        confirmed.action_draft()
        own = self.own_sale(user)
        own.state = "sale"
        own.state = "cancel"

    def test_line_that_says_of_itself_that_it_is_none_is_told_all_the_same(self):
        sale_line = self.sell(3).sale_order_id.order_line
        sale_line = sale_line.with_user(self.user("sales", SALES))
        sale_line.state = "draft"
        sale_line.product_uom_qty = 1
        self.assertEqual(len(self.messages("cancel")), 1)

    def test_quotation_that_a_person_changes_and_confirms_is_reported(self):
        """The customer would get something else than was bought."""
        user = self.user("sales", SALES)
        self.channel.confirm_policy = "manual"
        other = self.make_product(self.env, 78)

        def fewer(lines):
            lines.product_uom_qty = 1

        def none(lines):
            lines.unlink()

        def another(lines):
            lines.product_id = other

        for change in (fewer, none, another, None):
            name = self.fake.sell(2)
            event = self.fake.event(name)
            self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
            self.intake()
            order = self.order(name)
            quotation = order.sale_order_id.with_user(user)
            if change:
                change(quotation.order_line)
            quotation.action_confirm()
            with self.subTest(change):
                found = self.exceptions("changed").filtered(
                    lambda each, o=order: each.res_id == o.id
                )
                self.assertEqual(len(found), 1 if change else 0)
                if change:
                    self.assertIn("has sold 2", found.message)

    def test_one_order_of_a_channel_has_one_sale_order(self):
        order = self.sell(1)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.own_sale(self.env.user, channel_order_id=order.id)

    def test_cancelled_by_is_who_cancelled_and_not_who_sent(self):
        order = self.sell(1)
        user = self.user("sales", SALES)
        order.sale_order_id.with_user(user)._action_cancel()
        self.send()
        self.assertEqual(self.messages("cancel").state, "done")
        rows = self.env["channel.audit"].search(
            [("trace", "=", order.trace), ("user_id", "=", user.id)]
        )
        self.assertEqual(set(rows.mapped("kind")), {"document", "message"})

    # -------------------------------------------------------------- invoices
    def invoicer(self, company=None):
        return self.user(
            f"bill {company or ''}", SALES, "account.group_account_invoice",
            company=company,
        )  # fmt: skip

    def invoice(self, sale_order):
        sale_order.order_line.qty_delivered = 1
        move = sale_order._create_invoices()
        move.action_post()
        return move

    def credit(self, move, **values):
        refund = move._reverse_moves([values])
        refund.action_post()
        return refund

    def test_credit_note_of_a_strangers_sale_order_pays_nothing_back(self):
        order = self.sell(3)
        user = self.invoicer()
        sale_order = self.own_sale(user)
        self.force(sale_order, order)
        sale_order.action_confirm()
        self.credit(self.invoice(sale_order))
        self.assertFalse(self.messages("refund"))

    def test_credit_note_that_names_a_line_of_another_order_is_a_persons(self):
        """An accountant may write to whom he wants; not with the channel's money."""
        order = self.sell(3)
        sale_order = self.own_sale(self.invoicer())
        sale_order.action_confirm()
        move = self.invoice(sale_order)
        refund = move._reverse_moves()
        refund.invoice_line_ids.sale_line_ids |= order.sale_order_id.order_line
        refund.action_post()
        self.assertFalse(self.messages("refund"))
        found = self.exceptions("refund")
        self.assertEqual(found._record(), order)
        self.assertIn("several sale orders", found.message)

    def test_credit_note_to_somebody_else_is_a_persons(self):
        order = self.sell(3)
        move = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.mine.id,
                "currency_id": order.sale_order_id.currency_id.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Sorry",
                            "price_unit": 20,
                            "tax_ids": False,
                            "sale_line_ids": order.sale_order_id.order_line.ids,
                        }
                    )
                ],
            }
        )
        move.action_post()
        self.assertFalse(self.messages("refund"))
        self.assertIn("A friend", self.exceptions("refund").message)

    def test_credit_note_of_the_order_is_paid_back_by_the_channel(self):
        order = self.sell(3)
        self.credit(self.invoice(order.sale_order_id))
        self.assertEqual(len(self.messages("refund")), 1)
        self.assertFalse(self.exceptions("refund"))

    def test_context_of_an_accountant_does_not_silence_a_refund(self):
        order = self.sell(3)
        user = self.invoicer()
        move = self.invoice(order.sale_order_id)
        refund = move._reverse_moves()
        refund.with_user(user).with_context(channel_follows=True).action_post()
        self.assertEqual(len(self.messages("refund")), 1)

    def test_invoice_of_another_company_counts_for_no_order_of_a_channel(self):
        order = self.sell(3)
        move = self.env["account.move"].with_company(self.other)
        with self.assertRaisesRegex(ValidationError, "another company"):
            move.create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.mine.id,
                    "company_id": self.other.id,
                    "journal_id": self.env["account.journal"]
                    .create(
                        {
                            "name": "Other",
                            "type": "sale",
                            "code": "OTH",
                            "company_id": self.other.id,
                        }
                    )
                    .id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "x",
                                "display_type": "line_note",
                                "sale_line_ids": order.sale_order_id.order_line.ids,
                            }
                        )
                    ],
                }
            )

    def test_accountant_cannot_say_that_the_channel_made_a_document(self):
        user = self.invoicer()
        moves = self.as_user(user, "account.move")
        values = {"move_type": "out_refund", "partner_id": self.mine.id}
        with self.assertRaises(AccessError):
            moves.create(dict(values, channel_made=True))
        moves = moves.with_context(default_channel_made=True)
        self.assertFalse(moves.create(values).channel_made)

    # ------------------------------------------------------------- transfers
    def test_transfer_of_another_company_delivers_no_order_of_a_channel(self):
        order = self.sell(3)
        user = self.user("stock_b", "stock.group_stock_user", company=self.other)
        self.add_stock(self.env, self.product, self.other_house, 5)
        out = self.other_house.out_type_id
        customers = self.env.ref("stock.stock_location_customers")
        move = {
            "product_id": self.product.id,
            "product_uom_qty": 1,
            "location_id": self.other_house.lot_stock_id.id,
            "location_dest_id": customers.id,
        }
        pickings = self.as_user(user, "stock.picking")
        picking = pickings.create(
            {
                "picking_type_id": out.id,
                "location_id": self.other_house.lot_stock_id.id,
                "location_dest_id": customers.id,
                "move_ids": [Command.create(move)],
            }
        )
        sold = order.sale_order_id.order_line
        with self.passing(), self.assertRaisesRegex(ValidationError, "another comp"):
            picking.move_ids.write({"sale_line_id": sold.id})
        picking.action_confirm()
        picking.action_assign()
        # past the constraint
        self.env.cr.execute(
            "UPDATE stock_move SET sale_line_id = %s WHERE id = %s",
            (sold.id, picking.move_ids.id),
        )
        self.env.invalidate_all()
        picking = picking.sudo()
        picking.move_ids.picked = True
        picking._action_done()
        self.assertEqual(picking.state, "done")
        self.assertFalse(self.messages("shipment"))

    def test_other_goods_do_not_ship_an_order_of_a_channel(self):
        order = self.sell(2)
        sold = order.sale_order_id.order_line
        other = self.make_product(self.env, 79)
        self.add_stock(self.env, other, self.warehouse, 5)
        user = self.user("stock", "stock.group_stock_user")
        customers = self.env.ref("stock.stock_location_customers")
        places = {
            "location_id": self.warehouse.lot_stock_id.id,
            "location_dest_id": customers.id,
        }
        move = {
            "product_id": other.id,
            "product_uom_qty": 2,
            "sale_line_id": sold.id,
            **places,
        }
        picking = self.as_user(user, "stock.picking").create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "move_ids": [Command.create(move)],
                **places,
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "Remove it"):
            picking.button_validate()
        # past the check
        picking.move_ids.sudo().write({"state": "done"})
        self.assertEqual(order.line_ids._shipped_here(), 0)
        self.assertFalse(self.messages("shipment"))

    def test_what_delivers_an_order_of_a_channel_goes_on_delivering_it(self):
        """Otherwise the goods would leave, and the channel would not be told."""
        sale_order, other = self.sell(2).sale_order_id, self.sell(1).sale_order_id
        user = self.user("stock", SALES)
        move = sale_order.order_line.move_ids.with_user(user)
        for sold in (self.env["sale.order.line"], other.order_line):
            with self.subTest(sold), self.assertRaisesRegex(UserError, "cancel it"):
                move.sale_line_id = sold
        with self.assertRaisesRegex(UserError, "cancel it"):
            move.picking_id.sale_id = False
        move.write({"sale_line_id": sale_order.order_line.id})
        self.ship(self.env, sale_order, 1, 1)
        self.assertEqual(len(self.messages("shipment")), 2)

    # -------------------------------------------------------------- registry
    def test_each_field_on_a_model_of_odoo_is_the_servers_or_open_by_decision(self):
        for name, model in self.env.items():
            if name.startswith("channel.") or model._abstract:
                continue
            ours = {
                field.name
                for field in model._fields.values()
                if field.store and (field._module or "").startswith("channel_")
            }
            kept = model._server_fields() if hasattr(model, "_server_fields") else set()
            with self.subTest(name):
                self.assertEqual(ours - kept, OPEN.get(name, set()) & ours)
                self.assertFalse(OPEN.get(name, set()) & kept)

    def test_no_user_of_a_model_of_odoo_writes_what_the_server_writes(self):
        admin = self.env.ref("base.user_admin")
        guarded = [
            model
            for model in self.env.values()
            if not model._name.startswith("channel.")
            and not model._abstract
            and hasattr(model, "_server_fields")
        ]
        self.assertGreaterEqual(len(guarded), 4)
        for model in guarded:
            record = model.with_context(active_test=False).search([], limit=1)
            for name in model._server_fields():
                value = self.other_value(record, name)
                if record._fields[name].type == "one2many":
                    # an answer of the other side, which nobody writes either
                    self.assertIn(
                        record._fields[name].inverse_name,
                        self.env[record._fields[name].comodel_name]._server_fields(),
                    )
                with self.subTest(f"{model._name}.{name}"):
                    with self.assertRaises(AccessError):
                        record.with_user(admin).write({name: value})
                    if record._fields[name].type == "one2many":
                        continue  # no file says what is in one
                    # a file that says what is there changes nothing
                    there = record._fields[name].convert_to_write(record[name], record)
                    record.with_user(admin).write({name: there})

    def other_value(self, record, name):
        field = record._fields[name]
        if field.type == "many2one":
            # any id: it is refused before it is looked at
            return record[name].id + 1
        if field.type == "selection":
            choices = [
                value for value, _label in field._description_selection(self.env)
            ]
            return next(value for value in choices if value != record[name])
        return {
            "boolean": not record[name],
            "datetime": "2020-01-01 00:00:00",
            "char": f"{record[name]}x",
            "text": f"{record[name]}x",
            "integer": (record[name] or 0) + 1,
            "float": (record[name] or 0) + 1,
            "one2many": [(4, 1)],
        }[field.type]
