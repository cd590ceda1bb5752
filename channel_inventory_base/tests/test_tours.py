# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import HttpCase, tagged

from .common import ChannelSetup, fake_adapter
from .fake_channel import FakeChannel


@tagged("post_install", "-at_install")
class TestTours(ChannelSetup, HttpCase):
    """The main screens in a browser, each with the least rights that it needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.channel = cls.make_channel(cls.env, name="Tour Channel")
        cls.warehouse = cls.channel.node_ids.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.listing = cls.make_listing(cls.env, cls.channel, cls.product)
        # nobody is left waiting by other data of the database
        cls.env["channel.listing"].search(
            [("state", "in", ("unmapped", "review"))]
        ).write({"state": "ignored"})

    def test_auditor_reads_why_this_number(self):
        self.make_rule(self.env, "fixed", 3, product_id=self.product.id)
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env["channel.level.pending"].sudo().search([]).unlink()
        self.env.invalidate_all()
        self.make_user(self.env, "auditor")
        self.start_tour(
            "/odoo/channels", "channel_why_this_number", login="channel_auditor"
        )

    def test_headers_above_numbers_are_not_cut_off(self):
        self.env["channel.hand.upload"].sudo().create(
            {"name": "quantities.csv", "channel_id": self.channel.id}
        )
        self.make_user(self.env, "operator")
        self.start_tour(
            "/odoo/action-channel_inventory_base.channel_hand_upload_action",
            "channel_list_headers",
            login="channel_operator",
        )

    def test_operator_accepts_a_suggestion(self):
        listing = self.make_listing(
            self.env,
            self.channel,
            self.env["product.product"],
            number=2,
            sku="OLD-2",
            state="review",
            suggested_product_id=self.product.id,
            match_reason="Same barcode",
        )
        self.make_user(self.env, "operator")
        self.start_tour(
            "/odoo/channels", "channel_listing_review", login="channel_operator"
        )
        self.assertEqual(listing.state, "mapped")
        self.assertEqual(listing.product_id, self.product)

    def test_user_resolves_an_exception(self):
        exception = self.env["channel.exception"]._report(
            self.channel,
            "drift",
            key="tour",
            record=self.listing,
            message="Somebody changed 7 to 12",
            suggestion="Count the shelf.",
        )
        user = self.make_user(self.env, "user")
        self.start_tour(
            "/odoo/channels", "channel_exception_resolve", login="channel_user"
        )
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(exception.user_id, user)

    def publish(self, shown):
        """Plan, and publish to a channel that acknowledges everything."""
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env.invalidate_all()
        fake = FakeChannel()
        fake.levels["item-1", "node-1"] = shown
        with fake_adapter(fake):
            self.env["channel.publisher"]._run(self.channel)
        self.env.invalidate_all()
        return fake.levels["item-1", "node-1"]

    def test_rule_is_previewed_proposed_approved_and_named_by_its_numbers(self):
        """From a draft to the explanation of a number published long ago."""
        self.channel.company_id.channel_change_approval = True
        self.make_user(self.env, "operator").name = "Olga Operator"
        manager = self.make_user(self.env, "manager")
        manager.name = "Mike Manager"
        self.make_user(self.env, "auditor")
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env.invalidate_all()
        level = self.listing.level_ids
        self.make_known(self.env, level, 10)
        self.start_tour(
            "/odoo/channel-rules", "channel_rule_propose", login="channel_operator"
        )
        rule = self.env["channel.rule"].search(
            [("product_tmpl_id", "=", self.product.product_tmpl_id.id)]
        )
        self.assertEqual(rule.state, "proposed")
        self.start_tour(
            "/odoo/channel-rules-to-approve",
            "channel_rule_approve",
            login="channel_manager",
        )
        self.assertEqual(rule.active_version_id.approved_by_id, manager)
        self.assertEqual(self.publish(shown=10), 7)
        self.start_tour(
            "/odoo/channel-levels", "channel_rule_explained", login="channel_auditor"
        )
        rule.value = 5
        rule.with_user(self.env.ref("base.user_admin")).action_propose()
        rule.with_user(manager).action_approve()
        self.assertEqual(self.publish(shown=7), 5)
        self.start_tour(
            "/odoo/channel-levels",
            "channel_rule_explained_later",
            login="channel_auditor",
        )
        first = level.publication_line_ids.sorted("id")[0]
        self.assertEqual(first.quantity, 7)
        self.start_tour(
            f"/odoo/action-channel_inventory_base.channel_publication_line_action"
            f"/{first.id}",
            "channel_rule_explained_then",
            login="channel_auditor",
        )

    def test_group_is_previewed_proposed_and_approved(self):
        other = self.make_channel(self.env, code="TR2", name="Other Channel")
        other.node_ids.warehouse_ids = self.warehouse
        self.make_listing(self.env, other, self.product, 2)
        group = self.make_group(self.env, self.channel | other, "Scarce")
        group.action_activate()
        self.make_rule(self.env, "exclusive", 0, allocation_group_id=group.id)
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env.invalidate_all()
        self.channel.company_id.channel_change_approval = True
        self.make_user(self.env, "operator").name = "Olga Operator"
        manager = self.make_user(self.env, "manager")
        manager.name = "Mike Manager"
        self.start_tour(
            "/odoo/channel-allocation-groups",
            "channel_group_propose",
            login="channel_operator",
        )
        self.assertEqual(group.state, "proposed")
        self.start_tour(
            "/odoo/channel-groups-to-approve",
            "channel_group_approve",
            login="channel_manager",
        )
        self.assertEqual(group.active_version_id.approved_by_id, manager)
        self.assertEqual(group.active_version_id.member_ids[0].weight, 3)

    def test_mapping_is_approved_by_another_person(self):
        operator = self.make_user(self.env, "operator")
        self.make_user(self.env, "manager")
        self.channel.company_id.channel_change_approval = True
        self.listing.with_user(operator).pack_qty = 12
        self.start_tour(
            "/odoo/channel-mappings-to-approve",
            "channel_mapping_approve",
            login="channel_manager",
        )
        self.assertEqual(self.listing.pack_qty, 12)
