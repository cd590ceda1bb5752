# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from ..schemas import MAX_LEVEL
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestObserver(ChannelCase):
    def shown(self):
        return self.fake.levels["item-1", "node-1"]

    def settle(self):
        """Look, pull, look: what the jobs do by themselves within the order lag."""
        self.observe()
        self.poll()
        self.intake()
        self.observe()

    def test_new_level_becomes_known_after_two_looks_with_a_pull_between(self):
        self.fake.levels["item-1", "node-1"] = 4
        self.plan()
        self.observe()
        self.observe()
        self.assertEqual(self.level.remote_state, "unknown")
        self.poll()
        self.observe()
        self.assertEqual(self.level.remote_state, "known")
        self.assertEqual(self.level.expected_remote, 4)
        self.publish()
        self.assertEqual(self.shown(), 10)

    def test_order_lag_must_have_passed_between_the_looks(self):
        self.channel.order_lag = 30
        self.fake.levels["item-1", "node-1"] = 4
        self.plan()
        self.settle()
        self.assertEqual(self.level.remote_state, "unknown")
        self.later(31)
        self.observe()
        self.assertEqual(self.level.remote_state, "known")

    def test_level_that_is_not_stocked_there_counts_as_zero(self):
        self.plan()
        self.settle()
        self.assertEqual(self.level.remote_state, "known")
        self.assertEqual(self.level.expected_remote, 0)

    def test_number_that_no_stock_has_is_put_right_as_any_other(self):
        self.fake.levels["item-1", "node-1"] = 10**15
        self.plan()
        self.settle()
        self.assertEqual(self.level.remote_state, "known")
        self.assertEqual(self.level.expected_remote, MAX_LEVEL)

    def test_unseen_sale_is_never_overwritten(self):
        """A sale that no webhook told us of makes the send stale, not wrong."""
        self.go_live(shown=10)
        self.publish()
        name = self.fake.sell(3)
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 7)
        self.assertEqual(self.level.remote_state, "stale")
        self.poll()
        self.intake()
        self.assertTrue(self.order(name))
        self.observe()
        self.assertEqual(self.level.remote_state, "known")
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 12)

    def test_sale_is_not_mistaken_for_an_edit_while_its_order_is_not_shown(self):
        """The number went down, the order is not to be had yet: nobody believes it."""
        self.go_live(shown=10)
        self.publish()
        name = self.fake.sell(3)
        hidden = self.fake.orders.pop(name)
        self.channel.order_lag = 30
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.settle()
        self.publish()
        self.assertEqual(self.level.remote_state, "stale")
        self.assertEqual(self.shown(), 7)
        self.fake.orders[name] = hidden
        self.poll()
        self.intake()
        self.observe()
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 12)

    def test_edit_on_the_channel_is_reported_and_put_right(self):
        self.go_live(shown=10)
        self.publish()
        self.fake.levels["item-1", "node-1"] = 99
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 99)
        self.settle()
        self.publish()
        self.assertEqual(self.shown(), 11)
        drift = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "drift")]
        )
        self.assertIn("99", drift.message)

    def test_sale_captured_between_send_and_answer_is_not_lost(self):
        """The number acknowledged is the one sent, less what was sold meanwhile."""
        self.go_live(shown=10)
        push = self.fake._push_levels

        def push_and_sell(channel, payload, key):
            result = push(channel, payload, key)
            self.capture(self.fake.sell(2))
            return result

        self.fake._push_levels = push_and_sell
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.fake._push_levels = push
        self.assertEqual(self.shown(), 13)
        self.assertEqual(self.level.expected_remote, 13)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 13)
        self.assertTrue(self.level.in_sync)

    def test_sale_between_compute_and_push_makes_it_stale(self):
        self.go_live(shown=10)
        push = self.fake._push_levels

        def sell_and_push(channel, payload, key):
            if not self.fake.orders:
                self.fake.sell(2)
            return push(channel, payload, key)

        self.fake._push_levels = sell_and_push
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 8)
        self.settle()
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 13)
