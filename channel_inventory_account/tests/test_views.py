# SPDX-License-Identifier: AGPL-3.0-or-later
import importlib
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.channel_inventory_base.tests.common import ChannelCase

MODULE = "channel_inventory_base"
ROLES = ("auditor", "user", "operator", "manager")
# What a button may do that changes nothing.
HARMLESS = ("action_open_", "action_show_", "action_channel_")


@tagged("post_install", "-at_install")
class TestViews(ChannelCase):
    """Every screen opens for everybody who sees its menu, with a row in every table."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(
                cls.env,
                login=f"views_{role}",
                groups=f"{MODULE}.group_channel_{role}",
            )
            for role in ROLES
        }
        cls.make_rows()

    @classmethod
    def make_rows_of_addons(cls):
        """Each addon makes those of its own screens, in its ``tests/rows.py``."""
        for addon in sorted(cls.env.registry._init_modules):
            if not addon.startswith("channel_"):
                continue
            name = f"odoo.addons.{addon}.tests.rows"
            try:
                module = importlib.import_module(name)
            except ModuleNotFoundError as error:
                if error.name not in (name, name.rpartition(".")[0]):
                    raise
                continue
            module.make_rows(cls)

    @classmethod
    def make_rows(cls):
        cls.make_rows_of_addons()
        cls.make_rule(cls.env, "fixed", 3)
        cls.env.flush_all()
        cls.env["channel.planner"]._run()
        cls.env.invalidate_all()
        cls.level = cls.env["channel.level"].search(
            [("listing_id", "=", cls.listing.id)]
        )
        cls.make_known(cls.env, cls.level, 12)
        cls.order = cls.make_order()
        cls.publication = cls.make_publication()
        cls.env["channel.hold"].create(
            {
                "product_id": cls.product.id,
                "warehouse_id": cls.warehouse.id,
                "stock_quantity": 1,
            }
        )
        cls.make_stock_from_outside()
        cls.env["channel.hand.upload"]._export(cls.channel)
        cls.env["channel.audit"]._log(
            "order", cls.channel, "Captured", record=cls.order, trace="views"
        )
        cls.env["channel.message"].create(
            {
                "channel_id": cls.channel.id,
                "order_id": cls.order.id,
                "kind": "shipment",
                "source": "views",
                "key": "views",
                "payload": "{}",
            }
        )
        cls.env["channel.exception"]._report(
            cls.channel, "import", key="views", message="No", record=cls.order
        )
        cls.env["channel.channel"]._count_refused_webhook(cls.channel.id)
        company = cls.channel.company_id
        company.channel_change_approval = True
        cls.listing.pack_qty = 2
        company.channel_change_approval = False
        cls.env["channel.sales.rate"].create(
            {
                "product_id": cls.product.id,
                "company_id": cls.channel.company_id.id,
                "per_day": 2,
                "measured_at": fields.Datetime.now(),
            }
        )
        another = cls.make_channel(cls.env, code="VW2", name="Another")
        group = cls.make_group(cls.env, cls.channel | another)
        group.action_activate()
        group.basis = "sales"
        group.action_propose()
        cls.env["channel.tax.map"].create(
            {
                "channel_id": cls.channel.id,
                "rate": 7,
                "tax_id": cls.env["account.tax"]
                .create({"name": "Seven", "amount": 7, "type_tax_use": "sale"})
                .id,
            }
        )
        cls.env.flush_all()

    @classmethod
    def make_stock_from_outside(cls):
        warehouse = cls.make_warehouse(cls.env, "EXT")
        warehouse.channel_authority = "external"
        rows = [{"product": "SKU-1", "on_hand": 3, "quantity": 3}]
        now = fields.Datetime.now()
        cls.env["channel.external.stock"]._report(warehouse, rows, now)
        vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.env["channel.supplier.stock"]._report(vendor, rows, now)
        cls.env["stock.move"].create(
            {
                "product_id": cls.product.id,
                "product_uom_qty": 2,
                "location_id": cls.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": cls.warehouse.lot_stock_id.id,
                "picking_type_id": cls.warehouse.in_type_id.id,
            }
        )._action_confirm()

    @classmethod
    def make_order(cls):
        order = cls.env["channel.order"].create(
            {
                "channel_id": cls.channel.id,
                "external_id": "views",
                "name": "#1",
                "trace": "views",
                "complete": True,
            }
        )
        line = cls.env["channel.order.line"].create(
            {
                "order_id": order.id,
                "external_id": "views",
                "listing_id": cls.listing.id,
                "quantity": 1,
                "open_quantity": 1,
            }
        )
        cls.env["channel.routing.rule"].create({"name": "Any"})
        cls.env["channel.deduction"]._append([(line, line.listing_id, cls.node.id, 1)])
        cls.env["channel.inbox.event"].create(
            {
                "channel_id": cls.channel.id,
                "order_id": order.id,
                "source": "webhook",
                "kind": "order",
                "topic": "orders/create",
                "key": "views",
                "body": '{"id": 1}',
                "received_at": fields.Datetime.now(),
            }
        )
        cls.env["channel.inbox.event"].create(
            {
                "channel_id": cls.channel.id,
                "source": "webhook",
                "kind": "order",
                "topic": "orders/create",
                "key": "views-dead",
                "body": "?",
                "state": "dead",
                "error": "is no JSON",
                "received_at": fields.Datetime.now(),
            }
        )
        return order

    @classmethod
    def make_publication(cls):
        now = fields.Datetime.now()
        publication = cls.env["channel.publication"].create(
            {
                "channel_id": cls.channel.id,
                "key": "views",
                "trace": "views",
                "payload": '{"quantity": 7}',
                "state": "done",
                "sent_at": now,
                "acked_at": now + timedelta(seconds=1),
            }
        )
        cls.env["channel.publication.line"]._insert(
            publication, [(cls.level.id, 7, 12, 1, now.isoformat(), "views", None)]
        )
        return publication

    # -------------------------------------------------------------- helpers
    def our_actions(self, role):
        """Screens of the menus that the role sees, by the menu's name.

        Without dialogs: those are for whoever decides, and have no rows to show.
        """
        user = self.users[role]
        menus = self.env["ir.ui.menu"].with_user(user)
        root = self.env.ref(f"{MODULE}.channel_menu_root")
        visible = menus.browse(menus._visible_menu_ids()).filtered(
            lambda menu: menu.parent_path.startswith(root.parent_path)
        )
        actions = {menu.name: menu.sudo().action for menu in visible}
        return {
            name: action
            for name, action in actions.items()
            # pages of their own have tours
            if action
            and action._name == "ir.actions.act_window"
            and action.target != "new"
        }

    def open_action(self, action, user):
        """:return: (model, views) as the web client gets them"""
        model = self.env[action.res_model].with_user(user)
        views = model.get_views(
            [*action.views, (action.search_view_id.id, "search")], {"toolbar": True}
        )
        return model, {
            kind: etree.fromstring(view["arch"])
            for kind, view in views["views"].items()
        }

    def specification(self, model, arch):
        """What the web client reads for the fields of ``arch``."""
        specification = {}
        for node in self.own_fields(arch):
            name = node.get("name")
            field = model._fields[name]
            specification[name] = {}
            if field.type in ("one2many", "many2many"):
                comodel = self.env[field.comodel_name]
                inner = next(iter(node), None)
                specification[name] = {
                    "fields": self.specification(comodel, inner)
                    if inner is not None
                    else {"display_name": {}},
                    "limit": 5,
                }
            elif field.type == "many2one":
                specification[name] = {"fields": {"display_name": {}}}
        return specification

    def own_fields(self, arch):
        """Fields of ``arch`` that are not those of a list inside it."""
        return [
            node
            for node in arch.iter("field")
            if not any(above.tag == "field" for above in self.above(node, arch))
        ]

    def above(self, node, arch):
        while node is not arch:
            node = node.getparent()
            yield node

    def buttons(self, arch):
        return [
            node for node in arch.iter("button", "a") if node.get("type") == "object"
        ]

    # ---------------------------------------------------------------- tests
    def test_every_role_sees_the_main_menus(self):
        for role in ROLES:
            names = set(self.our_actions(role))
            with self.subTest(role):
                self.assertLessEqual(
                    {
                        "Dashboard",
                        "Orders",
                        "Exceptions",
                        "Positions",
                        "Levels",
                        "Rules",
                    },
                    names,
                )
        self.assertNotIn("Audit", self.our_actions("operator"))

    def test_auditor_sees_every_menu(self):
        self.assertEqual(
            set(self.our_actions("auditor")), set(self.our_actions("manager"))
        )

    def test_every_screen_opens_for_every_role_that_sees_it(self):
        for role in ROLES:
            for name, action in self.our_actions(role).items():
                model, views = self.open_action(action, self.users[role])
                for kind in {"list", "kanban", "form"} & views.keys():
                    with self.subTest(f"{role}: {name}, {kind}"):
                        specification = self.specification(model, views[kind])
                        rows = model.web_search_read([], specification, limit=5)
                        self.assertTrue(rows["records"], f"{name} has no row to show")

    def test_every_filter_and_grouping_works(self):
        user = self.users["manager"]
        for name, action in self.our_actions("manager").items():
            model, views = self.open_action(action, user)
            names = {"uid": user.id, "context": {}, "time": None}
            for node in views["search"].iter("filter"):
                with self.subTest(f"{name}: {node.get('string')}"):
                    domain = safe_eval(node.get("domain") or "[]", dict(names))
                    model.search_count(domain)
                    context = safe_eval(node.get("context") or "{}", dict(names))
                    if group := context.get("group_by"):
                        model.formatted_read_group([], [group], ["__count"])

    def test_every_screen_helps_when_it_is_empty(self):
        for name, action in self.our_actions("manager").items():
            with self.subTest(name):
                self.assertIn("o_view_nocontent_smiling_face", action.help or "")

    def test_auditor_sees_no_button_that_changes_anything(self):
        for name, action in self.our_actions("auditor").items():
            _model, views = self.open_action(action, self.users["auditor"])
            for kind, arch in views.items():
                with self.subTest(f"{name}: {kind}"):
                    names = [button.get("name") for button in self.buttons(arch)]
                    self.assertFalse([n for n in names if not n.startswith(HARMLESS)])
                    if kind in ("list", "kanban", "form"):
                        for right in ("create", "edit", "delete"):
                            self.assertIn(arch.get(right), ("0", "false", "False"))

    def test_buttons_of_other_roles_are_there(self):
        # what the auditor's test looks for exists: it does not pass by accident
        action = self.env.ref(f"{MODULE}.channel_channel_dashboard_action")
        _model, views = self.open_action(action, self.users["manager"])
        names = {button.get("name") for button in self.buttons(views["form"])}
        self.assertLessEqual(
            {"action_test_connection", "action_fetch_nodes", "action_pause"}, names
        )

    def test_why_names_each_step_and_its_unit(self):
        level = self.level.with_user(self.users["user"])
        page = etree.HTML(level.why)
        kinds = [
            row.get("data-kind") for row in page.iter("tr") if row.get("data-kind")
        ]
        self.assertEqual(kinds, ["on_hand", "allocated", "held", "fixed", "pack"])
        words = " ".join(page.itertext())
        self.assertIn("Held for orders not yet confirmed", words)
        self.assertIn("Fixed buffer 3", words)
        self.assertIn("sold units", words)
        self.assertIn(self.warehouse.name, words)

    def test_why_of_a_pack_tells_its_size(self):
        why = self.env["channel.level"]._render_why(
            {"on_hand": 30, "available": 30, "factor": 10, "cap": 2, "cap_id": 0}
        )
        words = " ".join(" ".join(etree.HTML(str(why)).itertext()).split())
        self.assertIn("One sold unit is 10 stock units, rounded down", words)
        self.assertIn("Cap: at most 2", words)

    def test_dry_run_says_from_and_to(self):
        difference = self.env["channel.level.difference"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(difference.level_id, self.level)
        # 12 was acknowledged, 1 sold since
        self.assertEqual(difference.shown, 11)
        self.assertEqual(difference.target, self.level.target)
        self.assertEqual(difference.difference, self.level.target - 11)
        self.assertEqual(difference.direction, "down")

    def test_dry_run_shows_no_number_where_none_was_seen(self):
        self.env["channel.level.remote"].search([]).unlink()
        self.env.flush_all()
        difference = self.env["channel.level.difference"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(difference.direction, "unseen")

    def test_go_live_counts_what_happens(self):
        wizard = self.env["channel.go.live"].create({"channel_id": self.channel.id})
        self.assertEqual(wizard.level_count, 1)
        self.assertEqual(wizard.down_count, 1)
        self.assertEqual(wizard.same_count + wizard.up_count + wizard.unseen_count, 0)

    def test_bulk_accept_leaves_out_what_has_no_suggestion(self):
        listings = self.make_listing(
            self.env,
            self.channel,
            self.env["product.product"],
            number=2,
            state="review",
            suggested_product_id=self.product.id,
        ) | self.make_listing(
            self.env, self.channel, self.env["product.product"], 3, state="unmapped"
        )
        listings.with_user(self.users["operator"]).action_accept_suggested()
        self.assertEqual(listings.mapped("state"), ["mapped", "unmapped"])

    def test_next_step_leads_to_live(self):
        channel = self.channel
        channel.write({"state": "paused", "connection_state": "unknown"})
        self.assertIn("Test Connection", channel.next_step)
        channel.connection_state = "ok"
        self.assertIn("Exception Owner", channel.next_step)
        channel.exception_user_id = self.env.user
        self.assertIn("Protection", channel.next_step)
        channel.preset = "protect"
        self.assertIn("Go Live", channel.next_step)
        channel.state = "live"
        self.assertFalse(channel.next_step)

    def test_raw_bodies_are_readable(self):
        event = self.order.event_ids
        self.assertEqual(event.readable_body, '{\n  "id": 1\n}')
        self.assertIn('"quantity": 7', self.publication.readable_payload)

    def test_product_form_leads_to_its_levels(self):
        for record in (self.product, self.product.product_tmpl_id):
            self.assertEqual(record.channel_level_count, 1)
            action = record.action_channel_levels()
            self.assertEqual(
                self.env["channel.level"].search(action["domain"]), self.level
            )

    def test_unknown_sku_leads_to_its_listings(self):
        exception = self.env["channel.exception"]._report(
            self.channel, "unknown_sku", key="sku", message="Which?", record=self.order
        )
        action = exception.action_match_listings()
        self.assertEqual(
            self.env["channel.listing"].search(action["domain"]), self.listing
        )
        self.order.line_ids.listing_id = False
        action = exception.action_match_listings()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.order_line_id, self.order.line_ids)

    def test_dead_letters_are_found_wherever_they_lie(self):
        before = self.channel.dead_letter_count
        self.order.event_ids.state = "dead"
        self.publication.state = "dead"
        self.env.flush_all()
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.dead_letter_count, before + 2)
        action = self.channel.action_open_dead_letters()
        self.assertEqual(action["res_model"], "channel.dead.letter")
