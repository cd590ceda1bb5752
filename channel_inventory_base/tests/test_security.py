# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .attack.rights import without_company
from .common import ChannelCase

ROLES = ("auditor", "user", "operator", "manager")


@tagged("post_install", "-at_install")
class TestSecurity(ChannelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(
                cls.env,
                f"channel_{role}",
                groups=f"channel_inventory_base.group_channel_{role}",
            )
            for role in ROLES
        }

    def models(self):
        """All persistent models of the suite."""
        return {
            name
            for name, model in self.env.items()
            if name.startswith("channel.") and not (model._abstract or model._transient)
        }

    def test_people_without_a_role_see_nothing(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        for model in self.models():
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(stranger).has_access("read"))

    def test_every_model_has_a_company_rule(self):
        rules = (
            self.env["ir.rule"]
            .search([])
            .filtered(lambda rule: "company_ids" in (rule.domain_force or ""))
        )
        covered = set(rules.model_id.mapped("model"))
        self.assertFalse(self.models() - covered - without_company(self.env))

    def test_other_companies_channels_are_invisible(self):
        company = self.env["res.company"].create({"name": "Other"})
        other = self.env["channel.channel"].create(
            {"name": "Theirs", "company_id": company.id}
        )
        node = self.env["channel.node"].create(
            {"name": "Theirs", "external_id": "x", "channel_id": other.id}
        )
        manager = self.users["manager"]
        for record in (other, node):
            with self.subTest(record._name):
                self.assertFalse(record.with_user(manager).has_access("read"))

    def test_positions_of_other_companies_are_invisible(self):
        company = self.env["res.company"].create({"name": "Other"})
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", company.id)], limit=1
        )
        self.add_stock(self.env, self.product, warehouse, 5)
        positions = self.env["channel.position"].with_user(self.users["manager"])
        found = positions.search([("product_id", "=", self.product.id)])
        self.assertEqual(found.warehouse_id, self.warehouse)

    def test_auditor_changes_nothing_by_buttons_either(self):
        channel = self.channel.with_user(self.users["auditor"])
        listing = self.listing.with_user(self.users["auditor"])
        for action in (
            channel.action_pause,
            channel.action_test_connection,
            listing.action_ignore,
            self.level.with_user(self.users["auditor"]).action_publish_again,
        ):
            with self.subTest(action.__name__), self.assertRaises(AccessError):
                action()

    def test_user_may_not_retry_what_operators_retry(self):
        event = self.env["channel.inbox.event"].browse(
            self.env.cr.execute(
                "INSERT INTO channel_inbox_event (channel_id, company_id, source, "
                "kind, topic, key, body, received_at, state) VALUES (%s, %s, 'poll', "
                "'order', 'x', 'x', '{}', now(), 'dead') RETURNING id",
                (self.channel.id, self.channel.company_id.id),
            )
            or self.env.cr.fetchone()[0]
        )
        with self.assertRaises(AccessError):
            event.with_user(self.users["user"]).action_retry()
        event.with_user(self.users["operator"]).action_retry()
        self.assertEqual(event.state, "new")

    def test_secrets_cannot_be_exported(self):
        self.channel._set_secret("token", "canary")
        with self.assertRaises(AccessError):
            self.env["channel.secret"].with_user(self.users["manager"]).search(
                []
            ).export_data(["value"])


BASE = "channel_inventory_base"
