# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestCaptureCrossed(CommittedCase):
    """Events are captured a few at a time: workers may want each other's orders."""

    def test_workers_that_want_the_same_orders_lose_no_event(self):
        self.fake.levels["item-1", "node-1"] = 50
        names = [self.fake.sell(1) for _each in range(6)]
        events = [self.fake.event(name) for name in names]
        for round_number in range(5):
            # each time in another order, so that batches cross
            for name in reversed(names) if round_number % 2 else names:
                self.fake.change(name, note=f"{round_number}")
                events.append(self.fake.event(name))
        self.store(*events)
        self.in_threads(self.capture_all, self.capture_all, self.capture_all)
        with self.commit() as env:
            left = env["channel.inbox.event"].search(
                [("channel_id", "=", self.channel_id), ("state", "!=", "done")]
            )
            self.assertFalse(left.mapped("error"))
            self.assertFalse(left)
            orders = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(orders), len(names))
            self.assertEqual({each._get_data().note for each in orders}, {"4"})
            holds = orders.line_ids.hold_ids
            active = holds.filtered(lambda hold: hold.state == "active")
            self.assertEqual(sum(active.mapped("quantity")), len(names))
            deductions = env["channel.deduction"].search(
                [("order_line_id", "in", orders.line_ids.ids)]
            )
            self.assertEqual(sum(deductions.mapped("quantity")), len(names))

    def test_orders_of_a_file_and_of_webhooks_at_once_are_the_same_orders(self):
        self.fake.levels["item-1", "node-1"] = 50
        names = [self.fake.sell(1) for _each in range(6)]
        text = "Id,Created at,Lineitem sku,Lineitem quantity\n" + "".join(
            f"{name},{self.fake.orders[name]['placed_at']},SKU-1,1\n" for name in names
        )
        with self.commit() as env:
            env["channel.order.export"]._store(self.channel(env), text)
        self.store(*(self.fake.event(name) for name in reversed(names)))
        self.in_threads(self.capture_all, self.capture_all, self.capture_all)
        with self.commit() as env:
            orders = env["channel.order"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(len(orders), len(names))
            self.assertEqual(set(orders.mapped("complete")), {True})
            holds = orders.line_ids.hold_ids
            active = holds.filtered(lambda hold: hold.state == "active")
            self.assertEqual(sum(active.mapped("quantity")), len(names))
            left = env["channel.inbox.event"].search_count(
                [("channel_id", "=", self.channel_id), ("state", "=", "new")]
            )
            self.assertFalse(left)

    def capture_all(self):
        with self.commit() as env:
            while env["channel.intake"]._capture_next(self.channel(env)):
                pass
