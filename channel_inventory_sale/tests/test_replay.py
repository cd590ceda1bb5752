# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase


@tagged("post_install", "-at_install")
class TestReplay(ChannelCase):
    def setUp(self):
        super().setUp()
        self.go_live(shown=10)
        self.operator = new_test_user(
            self.env, "replayer", groups="channel_inventory_base.group_channel_operator"
        )

    def wizard(self, **values):
        self.env.flush_all()
        now = fields.Datetime.now()
        return (
            self.env["channel.replay"]
            .with_user(self.operator)
            .create(
                {
                    "channel_id": self.channel.id,
                    "date_from": now - timedelta(hours=1),
                    "date_to": now + timedelta(hours=1),
                    **values,
                }
            )
        )

    def shown(self, **values):
        wizard = self.wizard(**values)
        wizard.action_show()
        return wizard

    def outcomes(self, wizard):
        return [line.outcome for line in wizard.line_ids]

    def state(self):
        """All that a replay must not change."""
        self.env.flush_all()
        position = self.position
        return (
            sorted(
                self.env["channel.order"]
                .search([("channel_id", "=", self.channel.id)])
                .mapped(lambda order: (order.name, order.state, order.payment))
            ),
            self.env["sale.order"].search_count([("channel_id", "=", self.channel.id)]),
            (position.held, position.allocated, position.available),
            self.level.expected_remote,
        )

    def take_in(self, *names):
        for name in names:
            self.capture(name)
        self.intake()

    # ------------------------------------------------------------------ look
    def test_showing_changes_nothing(self):
        self.take_in(self.fake.sell(1))
        self.fake.sell(2)
        before = self.state()
        wizard = self.shown()
        self.assertEqual(self.outcomes(wizard), ["same"])
        self.assertEqual(wizard.useful_count, 0)
        self.assertIn("up to date as of", wizard.line_ids.words)
        self.assertEqual(self.state(), before)

    def test_it_says_what_each_event_would_do(self):
        gone, changed, same = (self.fake.sell(1) for _each in range(3))
        for name in (gone, changed, same):
            self.capture(name)
        self.fake.change(changed, payment="voided")
        self.capture(changed)
        # as if the newest state of one and all of another had been lost
        self.order(gone).event_ids.order_id = False
        self.order(gone).unlink()
        self.order(changed).version -= timedelta(seconds=5)
        wizard = self.shown()
        self.assertEqual(self.outcomes(wizard), ["new", "newer", "same", "newer"])

    def test_older_event_after_a_newer_one_in_the_same_replay_does_nothing(self):
        name = self.fake.sell(1)
        old = self.fake.event(name)
        self.fake.change(name, payment="voided")
        self.capture(name)
        self.env["channel.inbox.event"]._store(self.channel, [old], "webhook")
        self.env["channel.intake"]._capture_next(self.channel)
        self.env.invalidate_all()
        self.order(name).event_ids.order_id = False
        self.order(name).unlink()
        self.assertEqual(self.outcomes(self.shown()), ["new", "same"])

    # ---------------------------------------------------------------- replay
    def test_replay_takes_in_what_was_lost_and_leaves_the_rest(self):
        lost, kept = self.fake.sell(2), self.fake.sell(1)
        order = self.capture(lost)
        order.event_ids.order_id = False
        order.unlink()
        self.take_in(kept)
        sale_order = self.order(kept).sale_order_id
        wizard = self.shown()
        self.assertEqual(self.outcomes(wizard), ["new", "same"])
        wizard.action_replay()
        self.intake()
        self.assertEqual(self.order(lost).state, "imported")
        self.assertEqual(self.order(kept).sale_order_id, sale_order)

    def test_replaying_everything_twice_does_no_harm(self):
        names = [self.fake.sell(1) for _each in range(4)]
        self.take_in(*names)
        self.fake.change(names[0], payment="voided", state="cancelled")
        self.take_in(names[0])
        before = self.state()
        events = self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id)]
        )
        for _round in range(2):
            # not only what is worth it: everything
            self.assertEqual(self.env["channel.inbox.event"]._replay(events), 5)
            self.intake()
            self.assertEqual(set(events.mapped("state")), {"done"})
            self.assertEqual(self.state(), before)

    def test_period_is_kept_to(self):
        self.take_in(self.fake.sell(1), self.fake.sell(1))
        first = self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id)], order="id", limit=1
        )
        first.received_at = "2026-01-01"
        self.assertEqual(len(self.shown().line_ids), 1)

    def test_dead_letters_of_the_period_are_tried_again(self):
        self.env["channel.inbox.event"]._store(
            self.channel, [self.fake.event(self.fake.sell(1))], "webhook"
        )
        parse = self.fake._parse_order
        self.fake._parse_order = lambda channel, body: 1 / 0
        with self.assertLogs("odoo.addons.channel_inventory_base", "ERROR"):
            self.intake()
        self.fake._parse_order = parse
        wizard = self.shown()
        self.assertEqual(self.outcomes(wizard), ["new"])
        wizard.action_replay()
        self.intake()
        self.assertEqual(
            self.env["channel.order"]
            .search([("channel_id", "=", self.channel.id)])
            .state,
            "imported",
        )

    def test_pull_reaches_back_once_whatever_the_watermark_says(self):
        self.poll()
        since = []
        fetch = self.fake._fetch_orders

        def watched(channel, moment, cursor):
            since.append(moment.replace(tzinfo=None))
            return fetch(channel, moment, cursor)

        self.fake._fetch_orders = watched
        self.fake.sell(1)
        self.poll()
        wizard = self.shown(source="pull", date_from="2026-01-05 00:00:00")
        self.assertIn("2026-01-05", wizard.summary)
        wizard.action_replay()
        self.poll()
        self.poll()
        overlap = timedelta(seconds=self.channel.poll_overlap)
        start = fields.Datetime.to_datetime("2026-01-05") - overlap
        self.assertGreater(since[0], start)
        self.assertEqual(since[1], start)
        self.assertGreater(since[2], start)

    def test_wrong_period_and_wrong_role_are_told(self):
        with self.assertRaisesRegex(UserError, "before its start"):
            self.shown(date_to="2026-01-01 00:00:00")
        user = new_test_user(
            self.env, "lurker", groups="channel_inventory_base.group_channel_user"
        )
        with self.assertRaises(AccessError):
            self.env["channel.replay"].with_user(user).create(
                {"channel_id": self.channel.id}
            )
