# SPDX-License-Identifier: AGPL-3.0-or-later
import psycopg2

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestAudit(ChannelCase):
    """What the guard of the trail forbids, and what it must not stand in the way of."""

    def log(self, **values):
        return self.env["channel.audit"]._log("channel", self.channel, "done", **values)

    def assertGuarded(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.InsufficientPrivilege),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute("UPDATE channel_audit SET message = 'changed'")

    def test_upgrade_that_adds_a_field_with_a_default_is_possible(self):
        row = self.log()
        self.env.flush_all()
        self.patch(self.env["channel.audit"]._fields["trace"], "default", lambda _: "x")
        self.env["channel.audit"]._init_column("trace")
        self.env.invalidate_all()
        self.assertEqual(row.trace, "x")
        self.assertGuarded()

    def test_upgrade_that_adds_a_field_without_a_default_leaves_the_guard_on(self):
        self.log()
        self.env.flush_all()
        self.env["channel.audit"]._init_column("trace")
        self.assertGuarded()

    def test_trail_is_found_by_sku(self):
        other = self.make_product(self.env, 2, 5, self.warehouse)
        listing = self.make_listing(self.env, self.channel, other, 2)
        self.go_live(shown=10)
        trails = self.env["channel.audit"]
        before = trails.search([])
        order = self.capture(self.fake.sell(2))
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.env["channel.audit"]._log("operator", self.channel, "kept", record=listing)
        found = trails.search([("sku", "=", "SKU-1")]) - before
        self.assertLessEqual({"order", "publication"}, set(found.mapped("kind")))
        self.assertIn(order.trace, found.mapped("trace"))
        self.assertEqual(
            trails.search([("sku", "ilike", "sku-2")]).mapped("message"), ["kept"]
        )
        self.assertFalse(trails.search([("sku", "=", "SKU-3")]))

    def test_published_quantities_are_counted_by_channel(self):
        self.go_live(shown=10)
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        lines = self.env["channel.publication.line"]
        [row] = lines.formatted_read_group(
            [("level_id", "=", self.level.id)], ["channel_id"], ["__count"]
        )
        self.assertEqual((row["channel_id"][0], row["__count"]), (self.channel.id, 1))

    def test_who_is_named_in_the_trail_is_archived_and_not_deleted(self):
        user = new_test_user(self.env, "left_traces")
        self.env["channel.audit"].with_user(user)._log("channel", self.channel, "done")
        company = self.env["res.company"].create({"name": "Left traces"})
        self.log(company=company)
        channel = self.env["channel.channel"].create({"name": "Draft"})
        self.env["channel.audit"]._log("channel", channel, "done")
        for record in (user, company, channel):
            with self.subTest(record), self.assertRaisesRegex(UserError, "Archive it"):
                record.unlink()

    def test_who_left_no_trace_may_be_deleted(self):
        user = new_test_user(self.env, "no_traces")
        channel = self.env["channel.channel"].create({"name": "Draft"})
        for record in (user, channel):
            record.unlink()
            self.assertFalse(record.exists())
