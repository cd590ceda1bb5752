from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import ChannelCase

ROLES = ("auditor", "user", "operator", "manager")

# Model -> who may write, create and delete. Everybody with a role may read, but for
# the audit trail (auditors and managers) and secrets (nobody).
MATRIX = {
    "channel.channel": ({"manager"}, {"manager"}, {"manager"}),
    "channel.node": ({"manager"}, {"manager"}, {"manager"}),
    "channel.listing": ({"operator", "manager"}, {"manager"}, {"manager"}),
    "channel.listing.version": (set(), set(), set()),
    "channel.rule": ({"operator", "manager"}, {"operator", "manager"}, {"manager"}),
    "channel.rule.version": (set(), set(), set()),
    "channel.allocation.group": (
        {"operator", "manager"},
        {"operator", "manager"},
        {"manager"},
    ),
    "channel.allocation.member": (
        {"operator", "manager"},
        {"operator", "manager"},
        {"operator", "manager"},
    ),
    "channel.allocation.version": (set(), set(), set()),
    "channel.allocation.version.member": (set(), set(), set()),
    "channel.sales.rate": (set(), set(), set()),
    "channel.shortage": (set(), set(), set()),
    "channel.sweep": (set(), set(), set()),
    "channel.tax.map": ({"manager"}, {"manager"}, {"manager"}),
    "channel.routing.rule": ({"manager"}, {"manager"}, {"manager"}),
    "channel.routing.candidate": ({"manager"}, {"manager"}, {"manager"}),
    "channel.hold": ({"operator", "manager"}, {"operator", "manager"}, {"manager"}),
    "channel.exception": ({"user", "operator", "manager"}, set(), set()),
    "channel.level": (set(), set(), set()),
    "channel.level.difference": (set(), set(), set()),
    "channel.level.inputs": (set(), set(), set()),
    "channel.level.remote": (set(), set(), set()),
    "channel.level.pending": (set(), set(), set()),
    "channel.change": (set(), set(), set()),
    "channel.deduction": (set(), set(), set()),
    "channel.position": (set(), set(), set()),
    "channel.message": (set(), set(), set()),
    "channel.refund": (set(), set(), set()),
    "channel.bookkeeping": (set(), set(), set()),
    "channel.payment.map": ({"manager"}, {"manager"}, {"manager"}),
    "channel.timeline": (set(), set(), set()),
    "channel.inbound": (set(), set(), set()),
    "channel.external.stock": (
        {"operator", "manager"},
        {"operator", "manager"},
        {"manager"},
    ),
    "channel.supplier.stock": (
        {"operator", "manager"},
        {"operator", "manager"},
        {"manager"},
    ),
    "channel.stock.report": (set(), set(), set()),
    "channel.publication": (set(), set(), set()),
    "channel.publication.line": (set(), set(), set()),
    "channel.dead.letter": (set(), set(), set()),
    "channel.inbox.event": (set(), set(), set()),
    "channel.retention": ({"manager"}, set(), set()),
    "channel.order": (set(), set(), set()),
    "channel.order.line": (set(), set(), set()),
    "channel.partner": (set(), set(), set()),
    "channel.refusal": (set(), set(), set()),
    "channel.outage": (set(), set(), set()),
    "channel.audit": (set(), set(), set()),
    "channel.secret": (set(), set(), set()),
    "channel.shared.state": (set(), set(), set()),
}
READERS = {
    "channel.audit": {"auditor", "manager"},
    "channel.retention": {"auditor", "manager"},
    "channel.secret": set(),
    "channel.shared.state": set(),
}
# Models without a company of their own, and why that is right.
NO_COMPANY = {
    # how long data is kept is the database's to decide
    "channel.retention",
}


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

    def test_matrix_names_every_model(self):
        ours = {n for n in self.models() if self.env[n]._original_module == BASE}
        self.assertEqual(ours, set(MATRIX))

    def test_roles_may_do_what_the_matrix_says_and_no_more(self):
        for model, allowed in MATRIX.items():
            readers = READERS.get(model, set(ROLES))
            expected = dict(
                zip(
                    ("read", "write", "create", "unlink"),
                    (readers, *allowed),
                    strict=True,
                )
            )
            for operation, roles in expected.items():
                for role, user in self.users.items():
                    with self.subTest(f"{role} {operation} {model}"):
                        may = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(may, role in roles)

    def test_people_without_a_role_see_nothing(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        for model in MATRIX:
            with self.subTest(model):
                self.assertFalse(self.env[model].with_user(stranger).has_access("read"))

    def test_every_model_has_a_company_rule(self):
        rules = (
            self.env["ir.rule"]
            .search([])
            .filtered(lambda rule: "company_ids" in (rule.domain_force or ""))
        )
        covered = set(rules.model_id.mapped("model"))
        self.assertFalse(self.models() - covered - NO_COMPANY)

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
