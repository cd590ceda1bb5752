# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestObserver(ChannelCase):
    """What we tell a channel changes its numbers before anybody says so."""

    def setUp(self):
        super().setUp()
        self.go_live(shown=10)
        self.name = self.fake.sell(3)
        self.capture(self.name)
        self.intake()
        self.sale_order = self.order(self.name).sale_order_id
        self.assertEqual(self.sale_order.state, "sale")

    def settle(self):
        """Look, pull, look: what the jobs do by themselves within the order lag."""
        self.observe()
        self.poll()
        self.intake()
        self.observe()

    def cancel_and_give_back(self, units=3):
        """Ours is cancelled and told; the channel has given units back already."""
        self.sale_order._action_cancel()
        [message] = self.order(self.name).notification_ids
        self.fake.levels["item-1", "node-1"] += units
        self.plan()
        self.publish()
        self.assertEqual(self.level.remote_state, "stale")
        return message

    def drift(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "drift")]
        )

    def test_units_that_our_cancellation_gives_back_are_no_drift(self):
        message = self.cancel_and_give_back()
        for state in ("ready", "sending", "pending", "wait"):
            message.state = state
            self.settle()
            self.assertEqual(self.level.remote_state, "stale", state)
        self.assertFalse(self.drift())
        message.state = "done"
        self.env["channel.notifier"]._on_message_done(message.order_id, message)
        self.observe()
        self.assertEqual(self.level.remote_state, "stale", "it is to be fetched")
        self.fake.change(self.name, state="cancelled", lines=[])
        self.poll()
        self.intake()
        self.settle()
        self.assertEqual(self.level.remote_state, "known")
        self.publish()
        self.assertFalse(self.drift())
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)

    def test_message_that_nobody_answers_explains_nothing_for_ever(self):
        message = self.cancel_and_give_back()
        message.state = "pending"
        self.env.cr.execute(
            "UPDATE channel_message SET create_date = create_date - interval '2 hours'"
        )
        self.settle()
        self.assertEqual(self.level.remote_state, "known")
        self.assertTrue(self.drift())

    def test_other_listings_are_judged_meanwhile(self):
        self.cancel_and_give_back()
        other = self.make_product(self.env, 2, 5, self.warehouse)
        self.make_listing(self.env, self.channel, other, 2)
        self.fake.levels["item-2", "node-1"] = 4
        self.plan()
        self.settle()
        level = self.env["channel.level"].search([("product_id", "=", other.id)])
        self.assertEqual(level.remote_state, "known")
