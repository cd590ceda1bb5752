# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..models import channel_completeness
from .common import ReconcileCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestCompleteness(ReconcileCase):
    """Whether every order has come in. Numbers in names: the table of tests."""

    def setUp(self):
        super().setUp()
        self.fake.more |= {"order_refs": True, "order_counts": True}
        # no later than what counts as passed, on a day that is over
        self.fake.clock = self.fake.clock.replace(hour=9) - 2 * DAY
        self.fake.levels["item-1", "node-1"] = 100
        self.day = self.fake.clock.date()

    # ------------------------------------------------------------ helpers
    def sell(self, taken=True, **values):
        """A shopper buys; the order comes in, or its webhook is lost. :return: name"""
        name = self.fake.sell(**values)
        if taken:
            self.capture(name)
        return name

    def compare(self, days=3, **values):
        """A whole run of orders. :return: the run"""
        self.env.flush_all()
        self.channel._reconcile_orders("hand", days, **values)
        run = self.env["channel.reconcile.run"].search(
            [("kind", "=", "orders")], limit=1
        )
        for _turn in range(30):
            self.env["channel.completeness"]._run(self.channel)
            self.env.invalidate_all()
            if run.state != "running":
                break
        self.assertEqual(run.state, "done", run.step)
        return run

    def take_in(self):
        self.intake()
        self.env["channel.reconcile.watcher"]._watch_pending()
        self.env.invalidate_all()

    def found(self, **values):
        found = self.differences(**values)
        return {each.stock_ref: each.kind for each in found}

    def get_day(self, day=None):
        return self.env["channel.reconcile.day"].search(
            [("channel_id", "=", self.channel.id), ("day", "=", day or self.day)]
        )

    # ------------------------------------------------------------- counts
    def test_a_day_without_a_difference_is_one_request(self):
        for _shopper in range(4):
            self.sell()
        run = self.compare()
        self.assertEqual(len(self.fake.counted), 4, "four days were counted")
        self.assertFalse(self.fake.listed)
        self.assertEqual(run.counts, {"equal": 4})
        day = self.get_day()
        self.assertEqual((day.state, day.count_there, day.count_here), ("equal", 4, 4))
        self.assertFalse(day.by_ids)

    def test_11_a_dropped_order_is_found_once_with_its_lateness(self):
        lost = self.sell(taken=False)
        # newer ones came in: no pull reaches back to it any more
        for _shopper in range(3):
            self.sell()
        run = self.compare()
        self.assertEqual(self.found(), {lost: "order_missing"})
        day = self.get_day()
        self.assertEqual((day.state, day.missing, day.found), ("differs", 1, 1))
        late = datetime.now() - self.fake.clock.replace(tzinfo=None)
        self.assertAlmostEqual(day.late_hours, late.total_seconds() / 3600, delta=0.1)
        self.take_in()
        order = self.order(lost)
        self.assertEqual(len(order), 1)
        self.assertEqual(order.event_ids.mapped("source"), ["reconcile"])
        self.assertEqual(order.hold_ids.stock_quantity, 1)
        difference = self.differences(kind="order_missing")
        self.assertEqual((difference.state, difference.res_id), ("repaired", order.id))
        self.assertEqual(run.counts, {"equal": 3, "order_missing": 1})
        again = self.compare()
        self.assertEqual(again.counts, {"equal": 4})
        day.invalidate_recordset()
        self.assertEqual((day.state, day.missing, day.found), ("equal", 0, 1))

    def test_12_missing_gone_and_cancelled_are_told_apart(self):
        lost = [self.sell(taken=False) for _shopper in range(3)]
        kept = [self.sell() for _shopper in range(5)]
        gone = [self.sell() for _shopper in range(2)]
        cancelled = self.sell()
        old = datetime.now() - timedelta(minutes=30)
        self.env.cr.execute(
            "UPDATE channel_order SET create_date = %s WHERE channel_id = %s",
            [old, self.channel.id],
        )
        self.env.invalidate_all()
        for name in gone:
            del self.fake.orders[name]
        self.fake.change(cancelled, state="cancelled")
        self.compare()
        kinds = self.found()
        self.assertEqual(
            kinds,
            {
                **dict.fromkeys(lost, "order_missing"),
                **dict.fromkeys(gone, "order_gone"),
                cancelled: "order_cancelled",
            },
        )
        day = self.get_day()
        self.assertEqual((day.missing, day.gone, day.cancelled), (3, 2, 1))
        self.assertEqual(day.changed, 0)
        self.env["channel.intake"]._fetch(self.channel)
        for _turn in range(3):
            self.take_in()
        self.assertEqual({self.order(name).state for name in gone}, {"gone"})
        self.assertEqual(self.order(cancelled).state, "cancelled")
        self.assertTrue(all(self.order(name) for name in [*lost, *kept]))
        self.assertEqual(set(self.differences().mapped("state")), {"repaired"})
        self.compare()
        day.invalidate_recordset()
        self.assertEqual((day.state, day.count_there, day.count_here), ("equal", 9, 9))

    def test_a_deleted_order_with_an_open_delivery_is_told_once(self):
        gone = self.sell()
        self.sell()
        self.take_in()
        self.env.cr.execute(
            "UPDATE channel_order SET create_date = create_date - interval '1 hour'"
        )
        self.env.invalidate_all()
        del self.fake.orders[gone]
        self.compare()
        for _turn in range(2):
            self.take_in()
        self.assertEqual(self.order(gone).state, "blocked")
        self.assertEqual(self.differences(kind="order_gone").state, "open")
        self.assertEqual(len(self.exceptions()), 1)

    def test_13_equal_counts_with_other_ids_are_found_every_week(self):
        lost = self.sell(taken=False)
        gone = self.sell()
        self.sell()
        del self.fake.orders[gone]
        # as many there as here
        self.assertEqual(self.compare().counts, {"equal": 2})
        self.assertFalse(self.found())
        self.compare(by_ids=True)
        self.assertEqual(self.found(), {lost: "order_missing", gone: "order_gone"})

    def test_the_whole_history_is_compared_once_a_week(self):
        begun = []
        with (
            patch.object(
                type(self.channel),
                "_reconcile_orders",
                lambda channel, *args, **values: begun.append((args, values)),
            ),
            patch.object(type(self.channel), "_reconcile", lambda *args: None),
        ):
            self.channel._cron_reconcile()
        weekly = fields.Datetime.now().weekday() == 6
        days = 58 if weekly else 7
        self.assertIn((("schedule", days), {"by_ids": weekly}), begun)

    # ------------------------------------------------------------- doubts
    def test_a_channel_that_does_not_count_exactly_is_listed(self):
        self.fake.counts_exactly = False
        self.sell()
        self.compare()
        self.assertTrue(self.fake.listed)
        self.assertEqual(self.get_day().state, "equal")
        self.assertTrue(self.get_day().by_ids)

    def test_an_empty_list_ends_no_order(self):
        names = [self.sell() for _shopper in range(6)]
        self.env.cr.execute(
            "UPDATE channel_order SET create_date = create_date - interval '1 day'"
        )
        self.env.invalidate_all()
        self.fake.hidden = set(names)
        orders = dict(self.fake.orders)
        self.compare()
        self.assertEqual(self.fake.orders, orders)
        self.assertEqual(self.get_day().state, "refused")
        self.assertFalse(self.found())
        self.take_in()
        self.assertEqual({self.order(name).state for name in names}, {"imported"})
        [told] = self.exceptions(category="reconcile")
        self.assertIn("not believable", told.message)
        self.fake.hidden = set()
        self.compare()
        self.assertFalse(self.exceptions(category="reconcile"))

    def test_an_order_that_cannot_be_read_is_told_to_a_person(self):
        lost = self.sell(taken=False)
        self.fake.orders[lost]["external_id"] = None
        self.compare()
        self.take_in()
        difference = self.differences(kind="order_missing")
        self.assertEqual(difference.state, "checking")
        difference.first_seen -= timedelta(hours=2)
        self.take_in()
        self.assertEqual(difference.state, "open")
        [told] = self.exceptions(category="reconcile", res_id=difference.id)
        self.assertIn(lost, told.message)
        difference.action_close()
        self.assertFalse(self.exceptions(category="reconcile"))

    def test_what_is_placed_now_is_no_difference_yet(self):
        self.fake.clock = datetime.now(self.fake.clock.tzinfo).replace(microsecond=0)
        self.fake.sell()
        run = self.compare()
        self.assertFalse(self.found())
        self.assertEqual(run.counts, {"equal": 0})

    def test_an_order_on_its_way_in_is_not_missing(self):
        name = self.sell(taken=False)
        self.env["channel.inbox.event"]._store(
            self.channel, [self.fake.event(name)], "webhook"
        )
        self.compare()
        self.assertFalse(self.found())
        self.assertEqual(self.get_day().state, "equal")

    # ------------------------------------------------------------- resume
    def test_a_list_goes_on_where_its_worker_died(self):
        self.fake.page_size = 2
        lost = {self.sell(taken=False) for _shopper in range(5)}
        self.fake.faults.append(("count", LookupError("killed")))
        listed = []
        stage = channel_completeness.ChannelCompleteness._stage

        def die(completeness, run_id, page):
            stage(completeness, run_id, page)
            listed.extend(each.ref for each in page.refs)
            raise LookupError("killed")

        self.channel._reconcile_orders("hand", 2)
        dead = 0
        with patch.object(channel_completeness.ChannelCompleteness, "_stage", die):
            for _turn in range(12):
                try:
                    self.env["channel.completeness"]._run(self.channel)
                except LookupError:
                    dead += 1
        run = self.env["channel.reconcile.run"].search(
            [("kind", "=", "orders")], limit=1
        )
        self.env.invalidate_all()
        self.assertGreaterEqual(dead, 4)
        self.assertEqual(run.state, "done")
        self.assertEqual(sorted(listed), sorted(lost), "each page was listed once")
        self.assertEqual(set(self.found()), lost)

    def test_a_list_that_cannot_be_had_for_a_day_has_failed(self):
        self.sell()
        self.channel._reconcile_orders("hand", 2)
        run = self.env["channel.reconcile.run"].search(
            [("kind", "=", "orders")], limit=1
        )
        self.env.cr.execute(
            "UPDATE channel_reconcile_run SET write_date = write_date "
            "- interval '25 hours', day = current_date WHERE id = %s",
            [run.id],
        )
        self.env.invalidate_all()
        self.env["channel.completeness"]._run(self.channel)
        self.env.invalidate_all()
        self.assertEqual(run.state, "failed")
        self.assertTrue(self.exceptions(category="reconcile"))
        self.compare()
        self.assertFalse(self.exceptions(category="reconcile"))
