# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import suppress

from odoo.tests import tagged

from ..exceptions import RejectedError, StaleKeyError, UncertainError
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestPublisher(ChannelCase):
    def shown(self):
        return self.fake.levels["item-1", "node-1"]

    def pending(self):
        return self.env["channel.level.pending"].search([])

    def lines(self):
        return self.env["channel.publication.line"].search([], order="id")

    def test_level_reaches_the_channel_and_is_acknowledged(self):
        self.go_live(shown=3)
        self.publish()
        self.assertEqual(self.shown(), 10)
        self.assertTrue(self.level.in_sync)
        self.assertFalse(self.pending())
        self.assertEqual(self.lines().base, 3)

    def test_unknown_level_is_never_sent(self):
        self.plan()
        self.publish()
        self.assertFalse(self.fake.requests)

    def test_unchanged_level_is_not_sent(self):
        self.go_live(shown=10)
        self.publish()
        self.assertFalse(self.fake.requests)

    def test_forced_level_is_sent_though_unchanged(self):
        self.go_live(shown=10)
        self.env["channel.level.pending"]._add(self.level, force=True)
        self.publish()
        self.assertEqual(len(self.fake.requests), 1)

    def test_number_is_not_raised_while_a_change_waits_to_be_planned(self):
        self.go_live(shown=3)
        self.env["channel.hold"].create(
            {
                "company_id": self.env.company.id,
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 4,
            }
        )
        self.publish()
        self.assertEqual(self.shown(), 3)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 6)

    def test_number_is_lowered_even_while_a_change_waits(self):
        self.go_live(shown=30)
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.publish()
        self.assertEqual(self.shown(), 10)

    def test_lost_answer_repeats_key_and_payload(self):
        self.go_live(shown=3)
        self.fake.faults = [("answer", UncertainError("lost"))]
        with suppress(UncertainError):
            self.publish()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.publish()
        first, second, third = self.fake.requests
        self.assertEqual(first, second)
        self.assertNotEqual(second[0], third[0])
        self.assertEqual(self.shown(), 15)

    def test_burnt_key_starts_over_with_a_new_one(self):
        self.go_live(shown=3)
        self.fake.faults = [("send", StaleKeyError("burnt"))]
        self.publish()
        self.assertTrue(self.pending())
        self.publish()
        self.assertEqual(self.shown(), 10)
        states = self.env["channel.publication"].search([]).mapped("state")
        self.assertEqual(sorted(states), ["done", "void"])

    def test_refused_publication_is_a_dead_letter_that_can_be_retried(self):
        self.go_live(shown=3)
        self.fake.faults = [("send", RejectedError("no such mutation"))]
        self.publish()
        publication = self.env["channel.publication"].search([])
        self.assertEqual(publication.state, "dead")
        self.assertEqual(self.channel.dead_letter_count, 1)
        publication.action_retry()
        self.publish()
        self.assertEqual(self.shown(), 10)
        self.assertEqual(self.channel.dead_letter_count, 0)

    def test_one_bad_entry_does_not_stop_the_others(self):
        other = self.make_product(self.env, 2, 7, self.warehouse)
        listing = self.make_listing(self.env, self.channel, other, 2)
        self.go_live(shown=3)
        self.fake.levels["item-2", "node-1"] = 0
        self.make_known(self.env, listing.level_ids, 0)
        self.env["channel.level.pending"]._add(listing.level_ids)
        self.fake.rejected["item-1"] = "item is deleted"
        self.publish()
        self.assertEqual(self.fake.levels["item-2", "node-1"], 7)
        self.assertEqual(self.level.remote_state, "rejected")
        exception = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "level")]
        )
        self.assertIn("item is deleted", exception.message)
        self.fake.rejected.clear()
        self.add_stock(self.env, self.product, self.warehouse, 1)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 11)
        self.assertEqual(exception.state, "resolved")

    def test_decreases_go_first(self):
        listings = self.listing
        for number in range(2, 5):
            product = self.make_product(self.env, number, 5, self.warehouse)
            listings |= self.make_listing(self.env, self.channel, product, number)
        self.plan()
        self.env["channel.level.pending"].search([]).unlink()
        for listing in listings:
            self.make_known(self.env, listing.level_ids, listing.level_ids.target)
            self.fake.levels[listing.stock_ref, "node-1"] = listing.level_ids.target
        for listing in listings[:-1]:
            self.add_stock(self.env, listing.product_id, self.warehouse, 1)
        self.plan()
        self.add_stock(self.env, listings[-1].product_id, self.warehouse, -5)
        self.plan()
        self.fake.batch_size = 1
        self.publish()
        self.assertEqual(self.lines()[0].level_id, listings[-1].level_ids)

    def test_batches_hold_no_more_than_the_channel_takes(self):
        self.fake.batch_size = 2
        listings = self.listing
        for number in range(2, 6):
            product = self.make_product(self.env, number, 5, self.warehouse)
            listings |= self.make_listing(self.env, self.channel, product, number)
        self.plan()
        for listing in listings:
            self.make_known(self.env, listing.level_ids, 0)
            self.fake.levels[listing.stock_ref, "node-1"] = 0
        self.publish()
        self.assertEqual(len(self.fake.requests), 3)
        self.assertFalse(self.pending())

    def test_paused_channel_publishes_nothing_and_keeps_the_change(self):
        self.go_live(shown=3)
        self.channel.state = "paused"
        self.channel._job_publish()
        self.assertFalse(self.fake.requests)
        self.assertTrue(self.pending())
        self.channel.state = "live"
        self.channel._job_publish()
        self.assertEqual(self.shown(), 10)

    def test_pause_stops_a_publisher_that_is_running(self):
        listings = self.listing
        for number in range(2, 5):
            product = self.make_product(self.env, number, 5, self.warehouse)
            listings |= self.make_listing(self.env, self.channel, product, number)
        self.plan()
        for listing in listings:
            self.make_known(self.env, listing.level_ids, 0)
            self.fake.levels[listing.stock_ref, "node-1"] = 0
        self.fake.batch_size = 1
        push = self.fake._push_levels

        def push_and_pause(channel, payload, key):
            self.channel.action_pause()
            self.env.flush_all()
            return push(channel, payload, key)

        self.fake._push_levels = push_and_pause
        self.publish()
        self.assertEqual(len(self.fake.requests), 1)
        self.assertEqual(len(self.pending().level_id), 3)

    def test_number_waits_while_nobody_knows_where_a_sale_was_taken(self):
        """An event without the place would make every publication a stale one."""
        self.env["channel.node"].create(
            {"channel_id": self.channel.id, "external_id": "node-2", "name": "Node 2"}
        )
        self.go_live(shown=10)
        self.publish()
        name = self.fake.sell(2)
        full = self.fake.orders[name]
        line = dict(full["lines"][0], deductions=None)
        self.fake.orders[name] = dict(full, complete=False, lines=[line])
        self.capture(name)
        self.plan()
        self.publish()
        self.assertFalse(self.fake.requests)
        self.fake.orders[name] = full
        self.fake.change(name)
        self.capture(name)
        self.plan()
        self.publish()
        self.assertFalse(self.fake.requests)
        self.assertEqual(self.shown(), 8)
        self.assertEqual(self.level.remote_state, "known")

    def test_sweep_queues_what_no_writer_queued(self):
        self.go_live(shown=3)
        self.pending().unlink()
        self.env["channel.channel"]._cron_sweep()
        self.publish()
        self.assertEqual(self.shown(), 10)

    def test_publication_line_keeps_its_reason(self):
        self.go_live(shown=3)
        self.publish()
        self.assertEqual(self.lines().inputs["available"], 10)
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.assertEqual(self.lines().inputs["available"], 10)
