# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.schemas import Capabilities
from odoo.addons.channel_inventory_base.tests.common import ChannelCase

ROLE = "channel_inventory_base.group_channel_{}"
# Relations of our models that may cross companies, and why that does no harm.
ACROSS = {
    # people, customers, vendors, categories and tags are of the database
    "res.partner",
    "res.users",
    "res.currency",
    "res.company",
    "res.country",
    "res.country.state",
    "product.category",
    "product.tag",
    "uom.uom",
}


class GuardedCase(ChannelCase):
    """Two companies, and the people of the first. The channels are of a shop."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.channel.company_id
        cls.people = {
            role: cls.member(role, cls.company) for role in ("user", "operator")
        }
        cls.anna, cls.bert = (
            cls.member("manager", cls.company, name) for name in ("anna", "bert")
        )
        cls.people["manager"] = cls.anna
        cls.theirs = cls.env["res.company"].create({"name": "Theirs"})
        cls.their_house = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.theirs.id)], limit=1
        )
        cls.their_channel = cls.env["channel.channel"].create(
            {"name": "Their secret shop", "company_id": cls.theirs.id}
        )
        cls.their_product = cls.make_product(cls.env, 73, company_id=cls.theirs.id)
        cls.their_listing = cls.make_listing(
            cls.env, cls.their_channel, cls.their_product, 73
        )

    @classmethod
    def member(cls, role, company, login=None):
        return new_test_user(
            cls.env,
            login or f"{role}_of_{company.id}",
            groups=ROLE.format(role),
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def as_role(self, role, record):
        return record.with_user(self.people[role]).with_company(self.company)

    def hold(self, **values):
        return self.env["channel.hold"].create(
            {
                "company_id": self.company.id,
                "warehouse_id": self.warehouse.id,
                "product_id": self.product.id,
                "stock_quantity": 5,
                **values,
            }
        )

    def exception(self, channel=None):
        return self.env["channel.exception"]._report(
            channel or self.channel, "health", "x", "Something is wrong"
        )

    def ask_second_person(self):
        self.company.channel_change_approval = True


@tagged("post_install", "-at_install")
class TestGuarded(GuardedCase):
    """Nobody writes what the server has to say, or moves a record to another company,
    whatever his role, and by whatever door."""

    # -------------------------------------------------------------- registry
    def models(self):
        return [
            model
            for name, model in self.env.items()
            if name.startswith("channel.") and not model._abstract
        ]

    def test_each_model_of_the_suite_is_guarded(self):
        guard = self.env.registry["channel.guarded"]
        bare = {
            model._name
            for model in self.models()
            if model._auto and not isinstance(model, guard)
        }
        self.assertFalse(bare)

    def test_each_model_of_a_company_says_what_its_company_follows_from(self):
        for model in self.models():
            if model._auto and not model._transient and "company_id" in model._fields:
                kept = model._fixed_fields() | model._server_fields()
                company = model._fields["company_id"]
                first = (company.related or "company_id").split(".")[0]
                with self.subTest(model._name):
                    # a channel may move while nothing hangs on it
                    self.assertTrue(first in kept or model._name == "channel.channel")

    def test_relations_that_people_write_stay_in_one_company(self):
        loose = [
            f"{model._name}.{name}"
            for model in self.models()
            for name, field in model._fields.items()
            if self.as_role("manager", model).has_access("write")
            and not model._transient
            and "company_id" in model._fields
            and field.type in ("many2one", "many2many")
            and (field._module or "").startswith("channel_")
            and field.store
            and name not in model._server_fields() | model._fixed_fields()
            and field.comodel_name not in ACROSS
            and not (field.check_company and model._check_company_auto)
        ]
        self.assertFalse(loose)

    def test_no_manager_makes_a_record_with_what_the_server_says(self):
        """The choice of each field's value is the test's: something that is no
        default. It is refused before anything else is looked at."""
        values = {
            "boolean": True,
            "char": "x",
            "text": "x",
            "integer": 7,
            "float": 7.0,
            "monetary": 7.0,
            "datetime": "2020-01-01 00:00:00",
            "json": {"x": 1},
            "many2one": self.env.user.id,
            "many2one_reference": 1,
            "many2many": [Command.set([self.env.user.id])],
            "one2many": [Command.create({})],
        }
        for model in self.models():
            mine = self.as_role("manager", model)
            if not model._auto or not mine.has_access("create"):
                continue
            for name in model._server_fields():
                field = model._fields[name]
                value = values.get(field.type)
                if field.type == "selection":
                    usual = mine.default_get([name]).get(name)
                    keys = [key for key, _label in field.selection]
                    value = next(key for key in keys if key != usual)
                if field.type == "boolean":
                    value = not mine.new({})[name]
                with self.subTest(f"{model._name}.{name}"):
                    with self.assertRaises(AccessError):
                        mine.create({name: value})
                    loose = mine.with_context(**{f"default_{name}": value})
                    self.assertNotEqual(
                        loose.default_get([name]).get(name, "none"), value
                    )

    # -------------------------------------------------------------- channels
    def test_manager_takes_no_channel_live_by_writing(self):
        channel = self.as_role("manager", self.channel)
        for name, value in (
            ("state", "paused"),
            ("connection_state", "auth_failed"),
            ("webhook_token", "guessed"),
            ("publish_latency", 1),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                channel.write({name: value})
            with self.subTest(name), self.assertRaises(AccessError):
                channel.create({"name": "New", name: value})
        made = channel.with_context(default_state="live").create({"name": "New"})
        self.assertEqual(made.state, "draft")
        made = channel.with_context(default_connection_state="ok").copy()
        self.assertEqual(made.connection_state, "unknown")

    def test_default_that_a_user_sets_for_himself_is_none_of_the_servers(self):
        self.env["ir.default"].with_user(self.anna).set(
            "channel.channel", "state", "live", user_id=True
        )
        made = self.as_role("manager", self.channel).create({"name": "New"})
        self.assertEqual(made.state, "draft")

    def test_channel_is_paused_and_resumed_by_its_buttons(self):
        self.channel.exception_user_id = self.anna
        channel = self.as_role("manager", self.channel)
        channel.action_pause()
        self.assertEqual(self.channel.state, "paused")
        channel.action_go_live()
        self.assertEqual(self.channel.state, "live")

    def test_company_of_a_channel_with_anything_stays(self):
        with self.assertRaisesRegex(ValidationError, "cannot change"):
            self.channel.company_id = self.theirs
        self.listing.unlink()
        with self.assertRaisesRegex(ValidationError, "cannot change"):
            self.channel.company_id = self.theirs
        result = self.env["channel.channel"].load(
            [".id", "company_id"], [[str(self.channel.id), "Theirs"]]
        )
        self.assertFalse(result["ids"])
        self.assertEqual(self.channel.company_id, self.company)
        self.channel.write({"company_id": self.company.id, "name": "Same company"})

    def test_company_of_an_empty_channel_is_chosen_among_ones_own(self):
        empty = self.env["channel.channel"].create({"name": "Empty"})
        with self.assertRaises(AccessError):
            self.as_role("manager", empty).company_id = self.theirs
        empty.company_id = self.theirs
        self.assertEqual(empty.company_id, self.theirs)

    def test_currency_of_a_new_channel_is_its_companys(self):
        francs = self.env.ref("base.CHF")
        francs.active = True
        self.theirs.currency_id = francs
        values = {"name": "Theirs", "company_id": self.theirs.id}
        channel = self.env["channel.channel"].create(values)
        self.assertEqual(channel.currency_id, francs)
        channel.company_id = self.company
        self.assertEqual(channel.currency_id, self.company.currency_id)
        chosen = self.env["channel.channel"].create(
            {**values, "currency_id": self.env.ref("base.EUR").id}
        )
        self.assertEqual(chosen.currency_id, self.env.ref("base.EUR"))

    def test_currency_that_a_channel_has_told_stays(self):
        channel = self.env["channel.channel"].create({"name": "Told"})
        channel.write(
            {"connection_state": "ok", "currency_id": self.env.ref("base.CHF").id}
        )
        channel.company_id = self.theirs
        self.assertEqual(channel.currency_id, self.env.ref("base.CHF"))

    # -------------------------------------------------------------- listings
    def test_matched_listing_made_by_a_context_waits_for_the_second_person(self):
        self.ask_second_person()
        self.channel_of_no_shop()
        listings = self.as_role("manager", self.env["channel.listing"])
        values = {
            "state": "mapped",
            "product_id": self.product.id,
            "channel_id": self.channel.id,
        }
        for number, told in enumerate(
            (set(), {"product_id"}, {"state", "product_id"}, {"channel_id"})
        ):
            context = {f"default_{n}": v for n, v in values.items() if n not in told}
            with self.subTest(told):
                listing = listings.with_context(**context).create(
                    {
                        "external_id": f"evil-{number}",
                        **{name: values[name] for name in told},
                    }
                )
                self.assertEqual(listing.state, "review")
                self.assertEqual(listing.proposal_id.state, "proposed")

    def channel_of_no_shop(self):
        self.fake._capabilities = lambda: Capabilities()

    def test_listing_of_a_shop_is_what_the_shop_says(self):
        for role in ("operator", "manager"):
            listing = self.as_role(role, self.listing)
            for name in ("external_id", "stock_ref", "sku"):
                with self.subTest(f"{role} {name}"), self.assertRaises(AccessError):
                    listing[name] = "other"
            for name in ("tracked", "active"):
                with self.subTest(f"{role} {name}"), self.assertRaises(AccessError):
                    listing[name] = False
            listing.action_ignore()
        with self.assertRaisesRegex(AccessError, "Fetch Listings"):
            listing.create({"channel_id": self.channel.id, "external_id": "new"})

    def test_two_matched_listings_cannot_be_swapped(self):
        self.ask_second_person()
        other = self.make_listing(self.env, self.channel, self.product, 2)
        with self.assertRaises(AccessError):
            self.as_role("operator", self.listing).write(
                {"external_id": "tmp", "stock_ref": other.stock_ref}
            )

    def test_stock_units_of_a_listing_follow_from_its_pack(self):
        with self.assertRaises(AccessError):
            self.as_role("operator", self.listing).stock_factor = 0.1
        self.as_role("operator", self.listing).pack_qty = 4
        self.assertEqual(self.listing.stock_factor, 4)

    def test_listing_without_a_shop_is_written_by_hand(self):
        self.channel_of_no_shop()
        listings = self.as_role("manager", self.env["channel.listing"])
        listing = listings.create({"channel_id": self.channel.id, "external_id": "a"})
        listing.write({"external_id": "b", "sku": "B", "product_id": self.product.id})
        self.assertEqual(listing.sku, "B")

    def test_file_that_says_what_is_there_is_taken(self):
        result = self.as_role("operator", self.env["channel.listing"]).load(
            [".id", "external_id", "sku", "tracked", "pack_qty"],
            [[str(self.listing.id), "variant-1", "SKU-1", "True", "3"]],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self.listing.pack_qty, 3)

    def test_listing_is_not_matched_to_a_product_of_another_company(self):
        with self.assertRaises(UserError):
            self.listing.product_id = self.their_product

    def test_history_of_a_mapping_is_not_rewritten(self):
        self.listing.pack_qty = 2
        versions = self.as_role("operator", self.listing.version_ids)
        retired = versions.filtered(lambda each: each.state == "retired")
        before = retired.read()
        for button in ("action_reopen", "action_propose", "action_retire"):
            with self.subTest(button), self.assertRaisesRegex(UserError, "history"):
                getattr(retired, button)()
        with self.assertRaisesRegex(UserError, "history"):
            retired.with_user(self.anna).action_activate()
        self.assertEqual(retired.read(), before)

    # ----------------------------------------------------------- other rooms
    def test_records_are_not_moved_into_another_company(self):
        """One of each kind, in each way that its company follows from."""
        there = {
            "channel_id": self.their_channel.id,
            "company_id": self.theirs.id,
            "warehouse_id": self.their_house.id,
        }
        supplier = self.env["res.partner"].create({"name": "Supplier"})
        tax = self.env["account.tax"].create({"name": "T", "amount": 5})
        records = {
            "hold": self.hold(),
            "listing": self.listing,
            "exception": self.exception(),
            "node": self.node,
            "rule": self.env["channel.rule"].create({"kind": "fixed", "value": 1}),
            "group": self.make_group(self.env, self.channel),
            "tax": self.env["channel.tax.map"].create(
                {"channel_id": self.channel.id, "rate": 5, "tax_id": tax.id}
            ),
            "route": self.env["channel.routing.rule"].create({"name": "R"}),
            "supplier": self.env["channel.supplier.stock"].create(
                {"partner_id": supplier.id, "product_id": self.product.id}
                | {"quantity": 1}
            ),
            "external": self.env["channel.external.stock"].create(
                {"warehouse_id": self.warehouse.id, "product_id": self.product.id}
                | {"on_hand": 1}
            ),
        }
        for kind, record in records.items():
            for role in ("operator", "manager"):
                mine = self.as_role(role, record)
                for name in there.keys() & record._fields.keys():
                    with self.subTest(f"{role} {kind} {name}"):
                        with self.assertRaises(UserError):
                            mine.write({name: there[name]})
            if record.has_access("create") and kind != "exception":
                with self.subTest(f"{kind} together"):
                    values = {n: there[n] for n in there.keys() & record._fields.keys()}
                    with self.assertRaises(UserError):
                        self.as_role("manager", record).write(values)

    def test_people_link_only_what_they_may_see(self):
        rules = self.as_role("operator", self.env["channel.rule"])
        for name, value in (
            ("channel_id", self.their_channel.id),
            ("listing_id", self.their_listing.id),
        ):
            with self.subTest(name), self.assertRaises(UserError):
                rules.create({"kind": "fixed", "value": 1, name: value})
        replays = self.as_role("operator", self.env["channel.replay"])
        with self.assertRaises(AccessError):
            replays.create({"channel_id": self.their_channel.id})
        loose = replays.with_context(default_channel_id=self.their_channel.id)
        self.assertNotIn("channel_id", loose.default_get(["channel_id", "source"]))

    def test_members_of_a_group_are_of_its_company(self):
        group = self.make_group(self.env, self.channel)
        with self.assertRaises(UserError):
            self.env["channel.allocation.member"].create(
                {"group_id": group.id, "channel_id": self.their_channel.id}
            )

    def test_changes_are_seen_by_the_company_they_are_of(self):
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM channel_change")
        self.env.cr.execute(
            "INSERT INTO channel_change (product_id, listing_id, channel_id) VALUES "
            "(%s, NULL, NULL), (NULL, %s, NULL), (NULL, NULL, %s), "
            "(%s, NULL, NULL), (NULL, %s, NULL), (NULL, NULL, %s)",
            (
                self.product.id,
                self.listing.id,
                self.channel.id,
                self.their_product.id,
                self.their_listing.id,
                self.their_channel.id,
            ),
        )
        seen = self.as_role("user", self.env["channel.change"]).search([])
        self.assertEqual(seen.product_id, self.product)
        self.assertEqual(seen.listing_id, self.listing)
        self.assertEqual(seen.channel_id, self.channel)
        self.assertEqual(len(seen), 3)

    # ---------------------------------------------------------------- holds
    def test_hold_of_an_order_ends_with_its_order_only(self):
        self.go_live(shown=10)
        order = self.capture(self.fake.sell(2))
        hold = order.line_ids.hold_ids
        other = self.make_warehouse(self.env, "XX")
        for role in ("operator", "manager"):
            mine = self.as_role(role, hold)
            for values in (
                {"state": "released"},
                {"stock_quantity": 0},
                {"expires_at": "2020-01-01 00:00:00"},
                {"cause": "manual"},
                {"order_line_id": False},
                {"warehouse_id": other.id},
            ):
                with self.subTest(f"{role} {values}"), self.assertRaises(AccessError):
                    mine.write(values)
            mine.action_release()
            self.assertEqual(hold.state, "active")
        with self.assertRaises(AccessError):
            mine.unlink()

    def test_hold_of_a_person_is_changed_and_released_by_people(self):
        holds = self.as_role("operator", self.env["channel.hold"])
        values = {"warehouse_id": self.warehouse.id, "product_id": self.product.id}
        for more in ({"cause": "order"}, {"state": "released"}, {"quantity": 3}):
            with self.subTest(more), self.assertRaises(AccessError):
                holds.create({**values, **more})
        hold = holds.create({**values, "stock_quantity": 3})
        hold.write({"stock_quantity": 4, "note": "fair"})
        self.assertEqual(hold.copy().state, "active")
        hold.action_release()
        self.assertEqual(hold.state, "released")
        with self.assertRaises(AccessError):
            self.as_role("user", self.hold()).action_release()

    # ------------------------------------------------------------ exceptions
    def test_exception_says_what_happened_and_nobody_writes_it(self):
        exception = self.as_role("user", self.exception())
        for values in (
            {"message": "forged"},
            {"suggestion": "forged"},
            {"category": "drift"},
            {"key": "y"},
            {"res_model": "res.users"},
            {"res_id": 2},
            {"count": 999},
            {"channel_id": self.their_channel.id},
            {"company_id": self.theirs.id},
            {"state": "resolved"},
            {"resolution": "forged"},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                exception.write(values)
        exception.write({"user_id": self.anna.id})
        exception.action_take()
        self.assertEqual(exception.user_id, self.people["user"])
        closing = exception.env["channel.exception.close"]
        closing = closing.browse(exception.action_resolve()["res_id"])
        closing.reason = "Called them"
        closing.action_confirm()
        self.assertEqual(exception.state, "resolved")

    def test_owner_of_an_exception_is_somebody_who_may_see_it(self):
        """He is told by mail what it is about."""
        exception = self.as_role("user", self.exception())
        portal = new_test_user(self.env, "visitor", groups="base.group_portal")
        without = new_test_user(self.env, "without", company_id=self.company.id)
        for owner in (self.member("user", self.theirs), portal, without):
            with (
                self.subTest(owner.login),
                self.assertRaisesRegex(UserError, "may not"),
            ):
                exception.user_id = owner
        self.assertFalse(exception.user_id)
        for owner in (self.anna, self.people["operator"]):
            exception.user_id = owner
        self.assertEqual(exception.user_id, self.people["operator"])

    # ---------------------------------------------------------- second person
    def test_nobody_proposes_in_the_name_of_another(self):
        self.ask_second_person()
        context = {
            "default_state": "proposed",
            "default_proposal": "activate",
            "default_proposed_by_id": self.bert.id,
            "default_proposed_at": "2026-01-01 00:00:00",
            "default_editor_ids": [self.bert.id],
        }
        for role in ("operator", "manager"):
            rules = self.as_role(role, self.env["channel.rule"])
            rules = rules.with_context(**context)
            groups = rules.env["channel.allocation.group"]
            member = [Command.create({"channel_id": self.channel.id, "weight": 1})]
            made = [
                rules.create({"kind": "fixed", "value": 3}),
                groups.create({"name": role, "member_ids": member}),
                rules.browse(rules.load(["kind", "value"], [["fixed", "3"]])["ids"]),
                rules.browse(rules.create({"kind": "fixed", "value": 3}).copy().ids),
            ]
            for record in made:
                with self.subTest(f"{role} {record}"):
                    self.assertEqual(record.state, "draft")
                    self.assertFalse(record.proposed_by_id)
                    self.assertEqual(record.editor_ids, self.people[role])

    def test_nobody_approves_what_he_has_written(self):
        self.ask_second_person()
        rule = self.env["channel.rule"].with_user(self.anna)
        rule = rule.create({"kind": "fixed", "value": 3})
        self.as_role("operator", rule).action_propose()
        self.assertFalse(rule.may_approve)
        scope = [("id", "=", rule.id), ("may_approve", "=", True)]
        self.assertFalse(rule.search(scope))
        with self.assertRaisesRegex(UserError, "You wrote"):
            rule.action_approve()
        self.assertTrue(rule.with_user(self.bert).search(scope))
        rule.with_user(self.bert).action_approve()
        self.assertEqual(rule.state, "active")
        self.assertFalse(rule.editor_ids)

    def test_who_has_changed_a_part_does_not_approve_the_rest(self):
        """Content of a group is written in its members, too."""
        self.ask_second_person()
        other = self.env["channel.channel"].create({"name": "Second"})
        group = self.env["channel.allocation.group"].with_user(self.people["operator"])
        group = group.create(
            {
                "name": "Web",
                "member_ids": [
                    Command.create({"channel_id": each.id, "weight": 1})
                    for each in (self.channel, other)
                ],
            }
        )
        group.member_ids[0].with_user(self.anna).weight = 9
        group.action_propose()
        self.assertEqual(group.editor_ids, self.people["operator"] | self.anna)
        with self.assertRaisesRegex(UserError, "You wrote"):
            group.with_user(self.anna).action_approve()
        group.with_user(self.bert).action_approve()

    def test_member_that_a_default_puts_into_a_group_is_an_edit_of_it(self):
        self.ask_second_person()
        channels = self.env["channel.channel"].create(
            [{"name": name} for name in ("Second", "Third", "Fourth")]
        )
        group = self.env["channel.allocation.group"].with_user(self.people["operator"])
        group = group.create(
            {
                "name": "Web",
                "member_ids": [
                    Command.create({"channel_id": each.id, "weight": 1})
                    for each in (self.channel, channels[0])
                ],
            }
        )
        for user, channel, by_context in (
            (self.anna, channels[1], True),
            (self.bert, channels[2], False),
        ):
            group.action_propose()
            members = self.env["channel.allocation.member"].with_user(user)
            if by_context:
                members = members.with_context(default_group_id=group.id)
            else:
                self.env["ir.default"].with_user(user).set(
                    members._name, "group_id", group.id, user_id=True
                )
            members.create({"channel_id": channel.id, "weight": 70})
            with self.subTest(user.login):
                self.assertEqual(group.state, "draft")
                self.assertIn(user, group.editor_ids)
        group.action_propose()
        for user in (self.anna, self.bert):
            self.assertFalse(group.with_user(user).may_approve)

    def test_discarded_changes_have_no_author(self):
        rule = self.rule("fixed", 3).with_user(self.anna)
        rule.value = 8
        self.assertEqual(rule.editor_ids, self.anna)
        rule.action_discard_changes()
        self.assertFalse(rule.editor_ids)

    def test_who_adds_to_a_proposed_mapping_does_not_make_it_his_alone(self):
        self.ask_second_person()
        self.listing.with_user(self.anna).pack_qty = 6
        self.listing.with_user(self.bert).state = "ignored"
        self.listing.with_user(self.bert).state = "mapped"
        proposal = self.listing.proposal_id
        self.assertEqual(proposal.pack_qty, 6)
        with self.assertRaisesRegex(UserError, "You wrote"):
            proposal.with_user(self.anna).action_approve()


@tagged("post_install", "-at_install")
class TestNamedRecords(GuardedCase):
    """What is done with more rights than its user has is done on what he may see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["channel.node"].create(
            {"name": "N", "external_id": "n", "channel_id": cls.their_channel.id}
        )

    def their_order(self, **values):
        return self.env["channel.order"].create(
            {
                "channel_id": self.their_channel.id,
                "name": "#1",
                "external_id": "1",
                "state": "imported",
                **values,
            }
        )

    def their_event(self):
        return self.env["channel.inbox.event"].create(
            {
                "channel_id": self.their_channel.id,
                "source": "poll",
                "kind": "order",
                "topic": "orders/secret",
                "key": "k",
                "body": "{}",
                "state": "dead",
                "error": "broken",
                "received_at": "2026-01-01 00:00:00",
            }
        )

    def test_refund_of_another_company_is_not_retried(self):
        refund = self.env["channel.refund"].create(
            {
                "order_id": self.their_order().id,
                "external_id": "r",
                "state": "todo",
                "amount": 1,
            }
        )
        with self.assertRaises(AccessError):
            self.as_role("operator", refund).action_retry()
        self.assertEqual(refund.state, "todo")

    def test_event_of_another_channel_is_not_replayed(self):
        event = self.their_event()
        wizard = self.as_role("operator", self.env["channel.replay"])
        wizard = wizard.create({"channel_id": self.channel.id})
        line = {"wizard_id": wizard.id, "event_id": event.id, "outcome": "new"}
        with self.assertRaises(AccessError):
            wizard.line_ids.create(line)
        # past the link
        wizard.line_ids.sudo().create(line)
        with self.assertRaises(UserError):
            wizard.action_replay()
        with self.assertRaises(AccessError):
            self.as_role("operator", event)._replay(event.with_env(wizard.env))
        self.assertEqual((event.state, event.error), ("dead", "broken"))

    def test_wizard_tells_nothing_of_another_companys_channel(self):
        wizards = self.as_role("manager", self.env["channel.go.live"])
        context = {"default_channel_id": self.their_channel.id}
        with self.assertRaises(AccessError):
            wizards.create({"channel_id": self.their_channel.id})
        told = wizards.with_context(**context).onchange(
            {},
            [],
            {
                "channel_id": {"fields": {"display_name": {}}},
                "connection_state": {},
                "unmatched_count": {},
            },
        )
        self.assertNotIn("secret", str(told))
        self.assertNotIn("unknown", str(told))
        with self.assertRaises(AccessError):
            wizards.new({"channel_id": self.their_channel.id}).connection_state  # noqa: B018

    def test_form_tells_no_name_of_what_its_user_may_not_see(self):
        """A form that is sent by hand links what it likes."""
        order = self.env["channel.order"].create(
            {
                "channel_id": self.their_channel.id,
                "external_id": "1",
                "name": "#their-1",
                "line_ids": [Command.create({"external_id": "1", "quantity": 1})],
            }
        )
        named = {"fields": {"display_name": {}}}
        holds = self.as_role("operator", self.env["channel.hold"])
        sent = {"order_line_id": order.line_ids.id}
        told = holds.onchange(sent, ["order_line_id"], {"order_id": named})
        self.assertNotIn("#their-1", str(told))
        salesperson = new_test_user(
            self.env, "sales", groups="sales_team.group_sale_salesman"
        )
        sales = self.env["sale.order"].with_user(salesperson)
        sent = {"channel_order_id": order.id}
        told = sales.onchange(sent, ["channel_order_id"], {"channel_id": named})
        self.assertNotIn("secret", str(told))
        spec = {"order_line": {"fields": {"channel_order_line_id": named}}}
        line = {"channel_order_line_id": order.line_ids.id, "name": "x"}
        told = sales.onchange(
            {"order_line": [[0, "virtual_1", line]]}, ["order_line"], spec
        )
        self.assertNotIn("#their-1", str(told))

    def test_form_computes_from_what_its_user_may_see(self):
        order = self.env["channel.order"].create(
            {
                "channel_id": self.channel.id,
                "external_id": "1",
                "name": "#our-1",
                "line_ids": [Command.create({"external_id": "1", "quantity": 1})],
            }
        )
        named = {"fields": {"display_name": {}}}
        holds = self.as_role("operator", self.env["channel.hold"])
        sent = {"order_line_id": order.line_ids.id}
        told = holds.onchange(sent, ["order_line_id"], {"order_id": named})
        self.assertEqual(told["value"]["order_id"]["display_name"], "#our-1")

    def test_line_in_a_form_sends_the_form_it_is_in(self):
        """A form sends a record that it holds as its values, and its id if it has."""
        named = {"fields": {"display_name": {}}}
        lines = self.as_role("manager", self.env["channel.routing.candidate"])
        spec = {"rule_id": {"fields": {"channel_id": named}}, "sequence": {}}
        told = lines.onchange({"rule_id": {"name": "New"}}, [], spec)
        self.assertIn("value", told)
        rule = {"name": "New", "channel_id": self.their_channel.id}
        told = lines.onchange({"rule_id": rule}, [], spec)
        self.assertNotIn(self.their_channel.name, str(told))
        with self.subTest("its own id"):
            rule = self.env["channel.routing.rule"].create(
                {
                    "name": "their rule",
                    "channel_id": self.their_channel.id,
                    "company_id": self.their_channel.company_id.id,
                }
            )
            told = lines.onchange({"rule_id": {"id": rule.id}}, [], {"rule_id": named})
            self.assertNotIn("their rule", str(told))

    def test_related_fields_of_wizards_read_with_the_users_rights(self):
        for name, model in self.env.items():
            if not name.startswith("channel.") or not model._transient:
                continue
            for field in model._fields.values():
                if field.related:
                    with self.subTest(f"{field}"):
                        self.assertFalse(field.related_sudo)

    def test_invoices_of_an_order_are_told_to_who_may_see_the_order(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        portal = new_test_user(self.env, "portal_x", groups="base.group_portal")
        order = self.their_order()
        for user in (stranger, portal, self.anna):
            with self.subTest(user.login), self.assertRaises(AccessError):
                order.with_user(user).action_open_invoices()

    def test_no_button_works_on_a_record_that_its_user_may_not_see(self):
        order = self.their_order()
        event = self.their_event()
        message = self.env["channel.message"].create(
            {
                "channel_id": self.their_channel.id,
                "order_id": order.id,
                "kind": "cancel",
                "source": "x",
                "key": "x",
                "payload": "{}",
                "state": "dead",
            }
        )
        buttons = (
            (order, "action_retry"),
            (order, "action_fetch"),
            (order, "action_reroute"),
            (order, "action_short_stock"),
            (order, "action_open_invoices"),
            (event, "action_retry"),
            (event, "action_discard"),
            (message, "action_retry"),
            (message, "action_discard"),
            (self.their_channel, "action_pause"),
            (self.their_listing, "action_ignore"),
            (self.exception(self.their_channel), "action_resolve"),
        )
        for record, button in buttons:
            with self.subTest(f"{record}.{button}"), self.assertRaises(AccessError):
                # what is in the cache is not what the user may see
                record.read()
                getattr(self.as_role("manager", record), button)()

    def test_lines_of_another_order_are_not_decided_on(self):
        self.go_live(shown=10)
        own, other = (self.capture(self.fake.sell(1)) for _each in range(2))
        for model, button, values in (
            ("channel.short.stock", "action_confirm", {"decision": "cancel"}),
            ("channel.order.match", "action_apply", {"product_id": self.product.id}),
        ):
            line = {"order_line_id": other.line_ids.id, **values}
            wizard = self.as_role("operator", self.env[model]).create(
                {"order_id": own.id, "line_ids": [Command.create(line)]}
            )
            with self.subTest(model), self.assertRaisesRegex(UserError, "other orders"):
                getattr(wizard, button)()
        self.assertFalse(other.line_ids.short_policy)

    def test_line_is_not_sold_as_a_product_of_another_company(self):
        order = self.their_order()
        own = self.env["channel.order"].create(
            {"channel_id": self.channel.id, "name": "#2", "external_id": "2"}
        )
        lines = self.env["channel.order.line"].create(
            [
                {"order_id": each.id, "external_id": "L", "quantity": 1}
                for each in (own, order)
            ]
        )
        wizards = self.as_role("operator", self.env["channel.order.match"])
        for line, product in (
            (lines[0], self.their_product),
            (lines[1], self.product),
        ):
            values = {"order_line_id": line.id, "product_id": product.id}
            with self.subTest(line), self.assertRaises(UserError):
                wizards.create(
                    {"order_id": own.id, "line_ids": [Command.create(values)]}
                )
