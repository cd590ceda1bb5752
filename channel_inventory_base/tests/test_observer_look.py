# SPDX-License-Identifier: AGPL-3.0-or-later
from unittest.mock import patch

from odoo.tests import tagged

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestLookAround(ChannelCase):
    """A number that a person has changed is found although nothing is published."""

    def setUp(self):
        super().setUp()
        self.go_live(shown=10)
        self.publish()

    def look(self):
        self.env["channel.observer"]._look_around(self.channel)
        self.env.invalidate_all()

    def settle(self):
        self.observe()
        self.poll()
        self.intake()
        self.observe()

    def drifts(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "drift")]
        )

    def test_what_is_right_is_not_doubted(self):
        self.look()
        self.assertEqual(self.level.remote_state, "known")

    def test_an_edit_is_found_reported_and_put_right(self):
        self.fake.levels["item-1", "node-1"] = 99
        self.look()
        self.assertEqual(self.level.remote_state, "stale")
        self.settle()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 10)
        self.assertIn("99", self.drifts().message)
        self.assertTrue(self.level.in_sync)

    def test_an_unseen_sale_is_no_edit_and_is_not_overwritten(self):
        name = self.fake.sell(3)
        self.look()
        self.publish()
        self.assertEqual(self.fake.levels["item-1", "node-1"], 7)
        self.poll()
        self.intake()
        self.assertTrue(self.order(name))
        self.observe()
        self.assertEqual(self.level.remote_state, "known")
        self.assertEqual(self.level.expected_remote, 7)
        self.assertFalse(self.drifts())
        told = self.env["channel.audit"].search(
            [("kind", "=", "drift"), ("res_id", "=", self.level.id)]
        )
        self.assertIn("7", told.message)

    def test_a_reading_that_is_not_believed_doubts_and_concludes_nothing(self):
        self.fake.levels["item-1", "node-1"] = 99
        observer = type(self.env["channel.observer"])
        with patch.object(observer, "_is_believable", return_value=False) as asked:
            self.look()
            self.assertEqual(self.level.remote_state, "known")
        [_channel, [fact], shown] = asked.call_args.args
        self.assertEqual((fact["expected"], shown["item-1", "node-1"]), (10, 99))
        self.look()
        with patch.object(observer, "_is_believable", return_value=False):
            self.settle()
        self.assertEqual(self.level.remote_state, "stale")

    def test_a_sale_captured_while_we_look_doubts_nothing(self):
        fetch = self.fake._fetch_levels

        def sell_and_fetch(channel, refs):
            self.capture(self.fake.sell(2))
            return fetch(channel, refs)

        self.fake._fetch_levels = sell_and_fetch
        self.look()
        self.fake._fetch_levels = fetch
        self.assertEqual(self.level.remote_state, "known")

    def test_a_number_on_its_way_is_not_doubted(self):
        push = self.fake._push_levels
        seen = []

        def push_and_look(channel, payload, key):
            result = push(channel, payload, key)
            self.look()
            seen.append(self.level.remote_state)
            return result

        self.fake._push_levels = push_and_look
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        self.fake._push_levels = push
        self.assertEqual(seen, ["known"])
        self.assertEqual(self.level.expected_remote, 15)

    def test_the_channel_is_asked_to_say_which_it_is(self):
        self.fake.levels["item-1", "node-1"] = 99
        with patch.object(type(self.channel), "_wake") as wake:
            self.look()
        wake.assert_called_once_with("_job_poll", "_job_observe")
