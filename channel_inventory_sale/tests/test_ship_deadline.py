# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta, timezone

from odoo import fields
from odoo.tests import tagged

from .common_messages import Sold
from .common_order import OrderCase


@tagged("post_install", "-at_install")
class TestShipDeadline(Sold, OrderCase):
    """Orders that have not left by their ship-by time breach the service level."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.state = "live"

    def order(self, hours, **values):
        now = fields.Datetime.now().replace(tzinfo=timezone.utc, microsecond=0)
        moment = now + timedelta(hours=hours)
        return self._import(self._simple(ship_by=moment, **values))

    def watch(self):
        self.env["channel.channel"]._cron_service()
        self.env.invalidate_all()
        return self.env["channel.exception"].search(
            [
                ("category", "=", "service"),
                ("key", "=", "service:ship_by"),
                ("channel_id", "=", self.channel.id),
                ("state", "=", "open"),
            ]
        )

    def test_one_late_order_is_a_breach(self):
        order = self.order(-1)
        told = self.watch()
        self.assertIn(order.name, told.message)
        self.assertIn("1 orders", told.message)

    def test_breach_is_told_once(self):
        self.order(-1)
        self.watch()
        self.assertEqual(self.watch().count, 1)

    def test_order_in_time_is_none(self):
        self.order(1)
        self.assertFalse(self.watch())

    def test_order_that_left_closes_it(self):
        order = self.order(-1)
        self.assertTrue(self.watch())
        self.ship(self.env, order.sale_order_id)
        self.env["channel.order.stage"]._refresh(order)
        self.assertFalse(self.watch())

    def test_cancelled_order_closes_it(self):
        order = self.order(-1)
        self.assertTrue(self.watch())
        order._end("cancelled")
        self.assertFalse(self.watch())

    def test_order_that_waits_for_a_person_is_late_all_the_same(self):
        order = self.order(-1)
        order.state = "blocked"
        self.assertTrue(self.watch())

    def test_paused_channel_is_late_as_well(self):
        self.order(-1)
        self.channel.state = "paused"
        self.assertTrue(self.watch())

    def test_channel_may_be_left_unjudged(self):
        self.order(-1)
        self.channel.judge_ship_by = False
        self.assertFalse(self.watch())

    def test_what_the_channel_ships_is_not_ours_to_ship(self):
        order = self.order(-1)
        order.fulfilled_by_channel = True
        self.assertFalse(self.watch())
