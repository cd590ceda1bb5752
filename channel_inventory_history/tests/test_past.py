# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestPast(ChannelCase):
    """10 were sent three hours ago; two were sold an hour ago."""

    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()
        self.go_live(shown=0)
        self.publish()
        self.set_back("channel_level", "planned_at", 3)
        self.set_back_publications(3)

    def set_back(self, table, column, hours, record_ids=None):
        """:param record_ids: none for what was written since the test began"""
        self.env.flush_all()
        column = SQL.identifier(column)
        since = self.now - timedelta(minutes=1)
        chosen = SQL("%s > %s", column, since)
        if record_ids:
            chosen = SQL("id = ANY(%s)", record_ids)
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE %s",
                SQL.identifier(table),
                column,
                self.ago(hours),
                chosen,
            )
        )
        self.env.invalidate_all()

    def set_back_publications(self, hours):
        for table, column in (
            ("channel_publication", "sent_at"),
            ("channel_publication", "acked_at"),
            ("channel_publication_line", "frozen_at"),
        ):
            self.set_back(table, column, hours)

    def ago(self, hours):
        return self.now - timedelta(hours=hours)

    def sell(self, quantity, hours):
        order = self.capture(self.fake.sell(quantity))
        self.set_back("channel_order", "create_date", hours, order.ids)
        order.placed_at = self.ago(hours)
        self.env.flush_all()
        self.env.invalidate_all()
        return order

    def past(self, hours):
        moment = fields.Datetime.to_string(self.ago(hours))
        self.env.invalidate_all()
        levels = self.env["channel.level.past"].with_context(as_of=moment)
        return levels.search([("listing_id", "=", self.listing.id)])

    def test_before_anything_was_sent(self):
        past = self.past(4)
        self.assertEqual((past.shown, past.sent), ("not known", "not known"))
        self.assertIn("Nothing had been sent", past.reason)

    def test_what_was_sent_is_shown_with_its_calculation(self):
        past = self.past(2)
        self.assertEqual((past.shown, past.sent, past.reason), ("10", "10", ""))
        self.assertIn("10", past.why)
        self.assertEqual(past.line_id.level_id, self.level)

    def test_sales_count_from_when_they_were_placed(self):
        self.sell(2, 1)
        self.assertEqual(self.past(1.5).shown, "10")
        self.assertEqual(self.past(0.5).shown, "8")
        self.assertEqual(int(self.past(0).shown), self.level.expected_remote)

    def test_sale_between_two_publications(self):
        self.sell(2, 2)
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.set_back_publications(1)
        shown = [self.past(hours).shown for hours in (2.5, 1.5, 0.5)]
        self.assertEqual(shown, ["10", "8", "13"])

    def test_request_under_way(self):
        self.env.cr.execute("UPDATE channel_publication SET acked_at = %s", (self.now,))
        past = self.past(1)
        self.assertEqual((past.shown, past.sent), ("not known", "10"))
        self.assertIn("on its way", past.reason)

    def test_unconfirmed_quantities_are_not_taken_as_shown(self):
        reasons = {
            "stale": "refused",
            "rejected": "rejected",
            "retry": "on its way",
            "late": "never applied",
        }
        for result, words in reasons.items():
            self.env.cr.execute(
                "UPDATE channel_publication_line SET result = %s", (result,)
            )
            past = self.past(1)
            with self.subTest(result=result):
                self.assertEqual(past.shown, "not known")
                self.assertIn(words, past.reason)

    def test_number_that_was_edited_on_the_channel(self):
        self.env.cr.execute("UPDATE channel_level_remote SET base_qty = 12")
        past = self.past(1)
        self.assertEqual(past.shown, "not known")
        self.assertIn("changed on the", past.reason)

    def test_orders_that_no_longer_add_up(self):
        order = self.sell(2, 1)
        self.env.cr.execute(
            "UPDATE channel_order_line SET deducted = NULL WHERE order_id = %s",
            (order.id,),
        )
        past = self.past(1.5)
        self.assertEqual(past.shown, "not known")
        self.assertIn("add up", past.reason)

    def test_retention_is_named(self):
        publications = self.env["channel.publication"].search([])
        self.env.cr.execute(
            "DELETE FROM channel_publication WHERE id = ANY(%s)", (publications.ids,)
        )
        self.env["channel.audit"]._log_retention(
            ["channel.publication", "channel.publication.line"], self.ago(2), 1
        )
        self.env.invalidate_all()
        past = self.past(1)
        self.assertEqual(past.shown, "not known")
        self.assertIn("retention", past.reason)

    def test_planned_number_is_known_since_it_changed_last(self):
        self.assertEqual(self.past(2).target, "10")
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.assertEqual(self.past(2).target, "not known")
        self.assertEqual(self.past(2).shown, "10")

    def test_moment_is_the_readers(self):
        """What a person in Berlin enters as 14:00 is 13:00 UTC: the client converts it,
        and what is passed on is UTC."""
        wizard = self.env["channel.past"].create({"moment": "2026-01-15 13:00:00"})
        action = wizard.with_context(tz="Europe/Berlin").action_show_levels()
        self.assertEqual(action["context"], {"as_of": "2026-01-15 13:00:00"})
        self.assertIn("2:00", action["name"])

    def test_future_is_not_known(self):
        wizard = self.env["channel.past"].create({"moment": self.ago(-1)})
        with self.assertRaises(UserError):
            wizard.action_show_levels()

    def test_wizard_narrows(self):
        wizard = self.env["channel.past"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "channel_id": self.channel.id,
            }
        )
        for action in (wizard.action_show_levels(), wizard.action_show_positions()):
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual(len(found), 1)

    def test_page_takes_as_many_statements_as_a_row(self):
        for number in range(2, 12):
            product = self.make_product(self.env, number, 5, self.warehouse)
            self.make_listing(self.env, self.channel, product, number)
        self.plan()
        moment = fields.Datetime.to_string(self.ago(1))
        Past = self.env["channel.level.past"].with_context(as_of=moment)
        levels = Past.search([("channel_id", "=", self.channel.id)])
        levels.mapped("shown")
        for some in (levels[:1], levels):
            self.env.invalidate_all()
            with self.assertQueryCount(2):
                some.mapped("shown")
