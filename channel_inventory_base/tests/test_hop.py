# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_committed import CommittedCase

NUMBER = ("planned", "frozen", "sent", "answered")


@tagged("post_install", "-at_install")
class TestHop(CommittedCase):
    """The time of a number and of an order is found where it went."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.publish()
        self.began = self.now()

    def now(self):
        with self.commit() as env:
            return env["channel.hop"]._get_now()

    def hops(self, way):
        with self.commit() as env:
            rows = env["channel.hop"].read_hops(
                self.began, self.began + timedelta(hours=1)
            )
        return {(row["hop"], row["waited"]): row for row in rows if row["way"] == way}

    def test_hops_of_a_number_are_its_whole_way(self):
        self.change_stock(1)
        self.plan()
        self.publish()
        hops = self.hops("number")
        self.assertEqual(
            set(hops), {(name, "straight") for name in (*NUMBER, "in all")}
        )
        self.assertEqual({row["count"] for row in hops.values()}, {1})
        seconds = [hops[name, "straight"]["p95"] for name in NUMBER]
        self.assertTrue(all(each >= 0 for each in seconds), seconds)
        self.assertAlmostEqual(
            sum(seconds), hops["in all", "straight"]["p95"], delta=0.01
        )

    def test_time_is_told_where_it_was_lost(self):
        """By fractions of a second: a hop of milliseconds is not one of seconds."""
        self.change_stock(1)
        self.plan()
        with self.commit() as env:
            env.cr.execute(
                "UPDATE channel_level_pending SET since = since - '8 s'::interval, "
                "queued_at = queued_at - '7 s'::interval"
            )
        self.began -= timedelta(seconds=10)
        self.publish()
        hops = self.hops("number")
        self.assertEqual(round(hops["frozen", "straight"]["longest"]), 7)
        self.assertEqual(round(hops["planned", "straight"]["longest"]), 1)
        self.assertLess(hops["sent", "straight"]["p50"], 0.7)

    def test_number_that_was_refused_as_stale_counts_apart(self):
        self.change_stock(1)
        self.plan()
        self.fake.levels["item-1", "node-1"] -= 1
        self.publish()
        self.assertFalse(self.hops("number"))
        self.fake.levels["item-1", "node-1"] += 1
        with self.commit() as env:
            env.cr.execute(
                "UPDATE channel_level_remote SET state = 'known' WHERE level_id = %s",
                [self.level(env).id],
            )
            lines = env["channel.publication.line"].search([], order="id desc", limit=1)
            env["channel.publication.outcome"]._queue_lines(lines)
        self.publish()
        self.assertEqual({waited for _hop, waited in self.hops("number")}, {"again"})

    def test_order_is_measured_from_its_delivery_to_its_hold(self):
        event = self.fake.event(self.fake.sell(1))
        self.store(event)
        self.intake()
        hops = self.hops("order")
        self.assertEqual(hops["stored", "webhook"]["count"], 1)
        self.assertGreater(hops["held", "webhook"]["p95"], 0)
        self.assertLess(hops["held", "webhook"]["p95"], 60)

    def test_it_is_read_by_those_who_see_publications_and_of_their_companies(self):
        self.change_stock(1)
        self.plan()
        self.publish()
        end = self.began + timedelta(hours=1)
        with self.commit() as env:
            clerk = self.make_user(env, "user", f"hop-{next(self.numbers)}")
            rows = env["channel.hop"].with_user(clerk).read_hops(self.began, end)
            self.assertTrue(rows)
            other = env["res.company"].create({"name": "Elsewhere"})
            clerk.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
            rows = env["channel.hop"].with_user(clerk).read_hops(self.began, end)
            self.assertFalse(rows)
            nobody = env["res.users"].create(
                {"name": "Nobody", "login": f"nobody-{next(self.numbers)}"}
            )
            with self.assertRaises(AccessError):
                env["channel.hop"].with_user(nobody).read_hops(self.began, end)
            env.cr.rollback()
