# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import ChannelCase
from .test_metrics import add_publication


@tagged("post_install", "-at_install")
class TestServices(ChannelCase):
    """A target that is missed is told once, and is over when it is kept again."""

    def setUp(self):
        super().setUp()
        self.plan()
        self.env["channel.level.pending"].search([]).unlink()
        self.channel.write({"freshness_target": 60, "intake_target": 60})
        self.now = fields.Datetime.now()

    def show(self, seconds, count, ago=5):
        add_publication(
            self.env,
            self.level,
            self.now - timedelta(minutes=ago),
            seconds=seconds,
            count=count,
        )

    def watch(self):
        self.env.flush_all()
        self.env["channel.channel"]._cron_service()
        self.env.invalidate_all()
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "service")]
        )

    def test_missed_goal_is_told_and_closes_when_it_is_kept(self):
        self.show(seconds=10, count=90)
        self.show(seconds=100, count=10)
        exception = self.watch()
        self.assertEqual(exception.state, "open")
        self.assertIn("90 %", exception.message)
        self.assertIn("10 were not", exception.message)
        self.show(seconds=11, count=200)
        self.watch()
        self.assertEqual(exception.state, "resolved")

    def test_goal_that_is_just_kept_is_kept(self):
        self.show(seconds=60, count=95)
        self.show(seconds=61, count=5)
        self.assertFalse(self.watch())

    def test_a_share_is_never_rounded_up_to_the_goal(self):
        self.show(seconds=10, count=1898)
        self.show(seconds=61, count=102)
        self.assertIn("94.9 %", self.watch().message)

    def test_of_a_few_nothing_is_concluded(self):
        self.show(seconds=100, count=3)
        self.assertFalse(self.watch())

    def test_of_a_few_nothing_is_over_either(self):
        self.show(seconds=100, count=30)
        exception = self.watch()
        self.env["channel.publication"].search([]).unlink()
        self.show(seconds=100, count=3)
        self.watch()
        self.assertEqual(exception.state, "open")

    def test_told_once_as_long_as_nothing_changes(self):
        self.show(seconds=100, count=30)
        exception = self.watch()
        self.assertEqual(self.watch(), exception)
        self.assertEqual(exception.count, 1)

    def test_what_waits_past_the_target_is_missed(self):
        """Where nothing is answered any more, nothing is late among the answers."""
        self.show(seconds=1, count=30)
        self.assertFalse(self.watch())
        levels = self.env["channel.level"].create(
            [
                {
                    "listing_id": self.make_listing(
                        self.env, self.channel, self.product, number=number
                    ).id,
                    "node_id": self.node.id,
                    "channel_id": self.channel.id,
                    "company_id": self.channel.company_id.id,
                    "target": 1,
                }
                for number in range(100, 120)
            ]
        )
        self.env["channel.level.pending"]._add(levels)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_level_pending SET since = since - interval '2 minutes'"
        )
        self.assertIn("20 were not", self.watch().message)

    def test_no_target_is_not_judged(self):
        self.channel.freshness_target = 0
        self.show(seconds=1000, count=50)
        self.assertFalse(self.watch())

    def test_agreed_times_are_not_judged(self):
        self.channel.publish_times = "06:00"
        self.show(seconds=40000, count=50)
        self.assertFalse(self.watch())

    def test_paused_channel_ends_it(self):
        self.show(seconds=100, count=50)
        exception = self.watch()
        self.channel.state = "paused"
        self.watch()
        self.assertEqual(exception.state, "resolved")

    def test_old_hours_do_not_count(self):
        self.show(seconds=100, count=50, ago=61)
        self.assertFalse(self.watch())

    def test_messages_that_wait_are_missed(self):
        self.channel.freshness_target = 0
        self.fake.levels["item-1", "node-1"] = 100
        for number in range(30):
            name = self.fake.sell(1)
            event = self.fake.event(name, suffix=str(number))
            self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.env.cr.execute(
            "UPDATE channel_inbox_event SET received_at = received_at "
            "- interval '2 minutes' WHERE channel_id = %s",
            [self.channel.id],
        )
        exception = self.watch()
        self.assertIn("30 were not", exception.message)
        self.env.cr.execute(
            "UPDATE channel_inbox_event SET state = 'done', "
            "processed_at = received_at + interval '5 s' WHERE channel_id = %s",
            [self.channel.id],
        )
        self.watch()
        self.assertEqual(exception.state, "resolved")
