# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..db.transaction import LOCK_LISTEN, try_lock
from ..exceptions import (
    AuthError,
    ConfigurationError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from ..lib.events import unreadable_event
from ..models.channel_inbox_event import ChannelInboxEvent
from ..schemas import InboundEvent
from .common import ChannelCase
from .common_committed import CommittedCase
from .common_wakeups import LONG_WAITS, WakeUps


class Killed(BaseException):
    """The worker dies here: nothing of its own is carried out any more."""


@tagged("post_install", "-at_install")
class TestStream(WakeUps, ChannelCase):
    """Events that a channel puts into a queue."""

    def setUp(self):
        super().setUp()
        self.fake.stream = True
        self.go_live(10)

    def listen(self):
        self.env.flush_all()
        self.env["channel.stream"]._listen(self.channel)
        self.env.invalidate_all()

    def events(self):
        return self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )

    def deducted(self):
        deductions = self.env["channel.deduction"].search(
            [("listing_id", "=", self.listing.id)]
        )
        return sum(deductions.mapped("quantity"))

    def sell(self, quantity):
        """A sale that only the stream tells of."""
        name = self.fake.sell(quantity)
        self.fake.announce(self.fake.event(name))
        return name

    def test_events_are_stored_and_acknowledged(self):
        names = [self.sell(1) for _sale in range(3)]
        self.listen()
        self.assertFalse(self.fake.queue)
        self.assertEqual(self.events().mapped("ref"), names)
        self.assertEqual(set(self.events().mapped("source")), {"stream"})
        self.assertEqual(self.wanted("_job_intake"), 0)

    def test_worker_killed_before_the_commit_loses_nothing(self):
        self.sell(2)
        with (
            patch.object(ChannelInboxEvent, "_store", side_effect=Killed),
            self.assertRaises(Killed),
        ):
            self.listen()
        self.assertFalse(self.events())
        self.assertTrue(self.fake.queue, "it was not acknowledged")
        self.fake.redeliver()
        self.listen()
        self.intake()
        self.assertEqual(self.deducted(), 2)

    def test_worker_killed_before_the_acknowledgement_doubles_nothing(self):
        self.sell(2)
        self.fake.faults = [("acknowledge", Killed())]
        with self.assertRaises(Killed):
            self.listen()
        self.intake()
        self.fake.redeliver()
        self.listen()
        self.intake()
        self.assertFalse(self.fake.queue)
        self.assertEqual(len(self.events().filtered("ref")), 1)
        self.assertEqual(self.deducted(), 2)

    @mute_logger("odoo.addons.channel_inventory_base.models.channel_stream")
    def test_event_that_cannot_be_stored_is_a_dead_letter_and_keeps_none_back(self):
        good = self.sell(1)
        poison = InboundEvent("k\0", "order", "order", "a\0b", "#9")
        self.fake.announce(poison)
        other = self.sell(1)
        self.listen()
        self.assertFalse(self.fake.queue)
        dead = self.events().filtered(lambda each: each.state == "dead")
        self.assertEqual(dead.body, "order\na\\x00b")
        self.assertEqual((self.events() - dead).mapped("ref"), [good, other])

    def test_event_that_cannot_be_read_is_a_dead_letter(self):
        self.fake.announce(InboundEvent(**unreadable_event("<html>")))
        self.listen()
        self.intake()
        self.assertEqual(self.events().state, "dead")
        self.assertFalse(self.fake.queue)

    def test_words_that_do_not_say_what_has_happened_are_news_after_a_change(self):
        name = self.sell(1)
        self.listen()
        self.intake()
        event = replace(self.fake.event(name), key="bare", bare=True)
        self.fake.announce(event)
        self.listen()
        self.fake.change(name, note="later")
        self.capture(name)
        self.fake.announce(event)
        self.listen()
        bare = self.events().filtered(lambda each: each.key.startswith("bare"))
        self.assertEqual(len(bare), 2)

    # ---------------------------------------------------------------- stop
    def told(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def sent(self):
        return [json.loads(payload)[0][3] for _key, payload in self.fake.requests]

    def test_wrong_key_of_the_stream_stops_nothing_else(self):
        """Orders are polled, and numbers rise as on a channel without a stream."""
        for kind in (AuthError, ConfigurationError, RejectedError):
            with self.subTest(kind=kind), self.passing():
                self.fake.absolute, self.fake.requests = True, []
                self.fake.orders, self.fake.levels["item-1", "node-1"] = {}, 10
                self.fake.faults = [("drain", kind("the key is wrong"))]
                self.forget_wakeups()
                self.channel._job_listen()
                self.assertEqual(self.channel.connection_state, "ok")
                self.assertEqual(self.wanted("_job_listen"), 300)
                self.assertIn("the key is wrong", self.told().message)
                self.add_stock(self.env, self.product, self.warehouse, 5)
                self.plan()
                self.fake.sell(2)
                self.publish()
                self.assertEqual(self.sent(), [13], "the sale was pulled")

    def test_publisher_that_meets_the_wrong_key_first_goes_on_by_polling(self):
        self.fake.absolute = True
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()
        self.fake.sell(2)
        self.fake.faults = [("drain", AuthError("the key is wrong"))]
        self.publish()
        self.assertEqual(self.sent()[-1:], [13])
        self.assertEqual(self.channel.connection_state, "ok")
        self.assertTrue(self.told())

    def test_stream_that_works_again_is_used_again(self):
        self.fake.faults = [("drain", AuthError("the key is wrong"))]
        self.channel._job_listen()
        stream = self.env["channel.stream"]
        self.assertTrue(stream._is_stopped(self.channel))
        told = self.told()
        self.listen()
        self.assertFalse(stream._is_stopped(self.channel))
        self.assertEqual(told.state, "resolved")

    # -------------------------------------------------------------- repair
    def test_subscription_that_fell_off_is_made_again_and_told(self):
        self.channel._job_webhooks()
        self.assertFalse(self.told())
        self.fake.unsubscribed = ["orders are told again"]
        self.forget_wakeups()
        self.channel._job_webhooks()
        self.assertIn("orders are told again", self.told().message)
        self.assertEqual(self.wanted("_job_poll"), 0, "what was not told meanwhile")

    def test_first_subscription_is_no_news(self):
        self.fake.unsubscribed = ["orders are told"]
        self.channel._job_webhooks()
        self.assertFalse(self.told())

    def test_subscription_that_is_refused_stops_the_stream_only(self):
        self.fake.faults = [("subscribe", RejectedError("it is somebody else's"))]
        self.channel._job_webhooks()
        self.assertTrue(self.env["channel.stream"]._is_stopped(self.channel))
        self.assertEqual(self.channel.connection_state, "ok")

    # ----------------------------------------------------------------- job
    def test_job_waits_for_events_and_goes_on_by_itself(self):
        self.sell(1)
        self.forget_wakeups()
        self.channel._job_listen()
        self.assertEqual(self.fake.waits, [20])
        self.assertEqual(self.wanted("_job_listen"), 0)

    def test_stream_that_does_not_wait_is_not_asked_in_a_tight_loop(self):
        self.forget_wakeups()
        self.channel._job_listen()
        self.assertEqual(self.wanted("_job_listen"), 5)

    def test_job_ends_where_orders_are_not_taken_in(self):
        for values in ({"state": "draft"}, {"active": False}):
            with self.subTest(values), self.passing():
                self.channel.write(values)
                self.forget_wakeups()
                self.channel._job_listen()
                self.assertIsNone(self.wanted("_job_listen"))
        self.assertFalse(self.fake.waits)

    def test_recovery_starts_it_where_there_is_a_stream(self):
        for has_stream, wait in ((True, 0), (False, None)):
            self.fake.stream = has_stream
            self.forget_wakeups()
            self.channel._wake_all_jobs()
            self.assertEqual(self.wanted("_job_listen"), wait)

    def test_outage_of_the_stream_is_its_own(self):
        outages = self.env["channel.outage"]
        self.fake.faults = [("drain", UnavailableError("hangs"))]
        self.channel._job_listen()
        self.assertGreater(outages._seconds_to_wait(self.channel, "_job_listen"), 3)
        self.assertFalse(outages._seconds_to_wait(self.channel, "_job_publish"))
        outages._forget(self.channel, "_job_publish")
        self.assertGreater(outages._seconds_to_wait(self.channel, "_job_listen"), 3)

    def test_stream_is_listened_to_while_the_shop_hangs(self):
        outages = self.env["channel.outage"]
        outages._remember(self.channel, "_job_poll", UnavailableError("hangs"))
        self.assertFalse(outages._seconds_to_wait(self.channel, "_job_listen"))
        self.channel._job_listen()
        self.assertTrue(outages.search([]).silent, "the shop still hangs")


@tagged("post_install", "-at_install")
class TestStreamPublisher(WakeUps, ChannelCase):
    """Numbers that overwrite, on a channel that tells of its sales by a stream."""

    def setUp(self):
        super().setUp()
        self.fake.absolute = self.fake.stream = True
        self.calls = []
        for name in ("_fetch_orders", "_fetch_order"):
            self.count(name)

    def count(self, name):
        """Note the calls of a method of the channel."""
        method = getattr(self.fake, name)

        def counted(*args):
            self.calls.append(name)
            return method(*args)

        setattr(self.fake, name, counted)

    def shown(self):
        return self.fake.levels["item-1", "node-1"]

    def many(self, count):
        """So many levels that differ, in batches of one."""
        for number in range(2, count + 1):
            product = self.make_product(self.env, number, 5, self.warehouse)
            self.make_listing(self.env, self.channel, product, number)
            self.fake.levels[f"item-{number}", "node-1"] = 0
        self.go_live(8)
        levels = self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)]
        )
        for level in levels - self.level:
            self.make_known(self.env, level, 0)
        self.env["channel.level.pending"]._add(levels)
        self.fake.batch_size = 1

    def test_sales_of_the_stream_are_known_before_a_number_is_sent(self):
        self.go_live(8)
        self.fake.announce(self.fake.event(self.fake.sell(3)))
        self.publish()
        self.assertEqual(self.shown(), 7)
        self.assertEqual(self.calls, [])

    def test_batches_ask_for_no_orders(self):
        self.many(11)
        self.publish()
        self.assertEqual(len(self.fake.requests), 11)
        self.assertEqual(self.calls, [])
        self.assertEqual(set(self.fake.waits), {0}, "nobody waits for an event")

    def test_orders_are_not_fetched_whose_deductions_are_known(self):
        self.go_live(8)
        names = [self.fake.sell(1) for _sale in range(5)]
        for name in names:
            self.fake.orders[name] = dict(self.fake.orders[name], complete=False)
            self.fake.announce(self.fake.event(name))
        self.publish()
        self.assertEqual(self.shown(), 5)
        self.assertEqual(self.calls, [])
        wanted = self.env["channel.order"].search([("complete", "=", False)])
        self.assertEqual(wanted.mapped("external_id"), names[::-1])

    def test_order_that_is_known_by_its_name_alone_is_fetched(self):
        self.go_live(8)
        name = self.fake.sell(3)
        whole = self.fake.orders[name]
        self.fake.orders[name] = dict(whole, complete=False, lines=[])
        self.fake.announce(self.fake.event(name))
        self.fake.orders[name] = dict(whole, version=self.fake.tick().isoformat())
        self.publish()
        self.assertEqual(self.calls, ["_fetch_order"])
        self.assertEqual(self.shown(), 7)

    def empty_the_shelf(self):
        self.add_stock(self.env, self.product, self.warehouse, -10)
        self.plan()

    def test_zero_is_sent_while_orders_cannot_be_had(self):
        """By which way ever they come in."""
        for stream, where in ((True, "drain"), (False, "orders"), (False, "fetch")):
            for error in (
                ThrottledError("slow", retry_after=178),
                UnavailableError("HTTP 500", code="HTTP_500"),
            ):
                with self.subTest(where=where, error=error), self.passing():
                    self.fake.__init__()
                    self.fake.absolute, self.fake.stream = True, stream
                    self.go_live(8)
                    if where == "fetch":
                        name = self.fake.sell(1)
                        order = dict(self.fake.orders[name], complete=False)
                        self.fake.orders[name] = order
                    self.fake.faults = [(where, error)] * 9
                    self.empty_the_shelf()
                    self.channel._job_publish()
                    self.env.invalidate_all()
                    self.assertEqual(self.shown(), 0)

    def test_number_that_rises_waits_for_the_orders_and_the_health_tells_it(self):
        self.go_live(8)
        self.fake.faults = [("drain", ThrottledError("slow", retry_after=30))] * 2
        self.forget_wakeups()
        self.channel._job_publish()
        self.assertEqual(self.shown(), 8)
        self.assertEqual(self.wanted("_job_publish"), 30)
        self.assertFalse(self.env["channel.outage"].search([]))
        self.age_lag(300)
        self.assertEqual(self.channel.orders_behind, "slow")
        self.assertIn("Orders", self.channel._judge_orders(self.facts())[1])
        self.fake.faults.clear()
        self.channel._job_publish()
        self.assertEqual(self.shown(), 10)
        self.channel._job_listen()
        self.channel.invalidate_recordset()
        self.assertFalse(self.channel.orders_behind_since)

    def facts(self):
        self.poll()
        return self.channel._health_facts()[self.channel.id]

    def age_lag(self, seconds):
        with self.channel._shared_state("stream") as state:
            now = self.env["channel.intake"]._database_time()
            then = now - timedelta(seconds=seconds)
            state["behind"]["since"] = then.isoformat()
        self.channel.invalidate_recordset()

    def test_stream_that_is_known_not_to_answer_is_not_asked_for_each_number(self):
        self.many(4)
        self.fake.faults = [("drain", UnavailableError("hangs"))] * 9
        self.channel._job_publish()
        self.assertEqual(len(self.fake.faults), 8)

    def test_stream_that_does_not_answer_is_asked_once_while_numbers_fall(self):
        """Each batch of them would wait for it, and the job that listens for all."""
        self.many(4)
        levels = self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)]
        )
        remotes = self.env["channel.level.remote"]
        remotes.search([("level_id", "in", levels.ids)]).base_qty = 20
        self.env.flush_all()
        for level in levels:
            self.fake.levels[level.listing_id.stock_ref, "node-1"] = 20
        self.fake.faults = [("drain", UnavailableError("hangs"))] * 9
        self.channel._job_publish()
        self.assertEqual(len(self.fake.requests), 4)
        self.assertEqual(len(self.fake.faults), 8)
        outages = self.env["channel.outage"]
        wait = outages._seconds_to_wait(self.channel, "_job_listen")
        self.assertTrue(0 < wait <= LONG_WAITS[0], wait)

    def test_stream_that_answers_a_publisher_is_listened_to_at_once(self):
        """It was found out for the job that listens, which would keep waiting."""
        self.go_live(8)
        outages = self.env["channel.outage"]
        for error in (None, ThrottledError("slow", retry_after=1)):
            with self.subTest(error=error), self.passing():
                self.fake.levels["item-1", "node-1"] = 8
                outages._remember(self.channel, "_job_listen", UnavailableError("gone"))
                self.env.cr.execute("UPDATE channel_outage SET until = tried_at")
                self.fake.faults = [("drain", error)] if error else []
                self.forget_wakeups()
                self.channel._job_publish()
                self.assertEqual(self.shown(), 8 if error else 10)
                wait = outages._seconds_to_wait(self.channel, "_job_listen")
                self.assertEqual(wait, 0)
                self.assertFalse(outages.search([("job", "=", "_job_listen")]))
                self.assertEqual(self.wanted("_job_listen"), None if error else 0)

    def test_poll_that_is_throttled_is_told_until_one_succeeds(self):
        self.fake.faults = [("orders", ThrottledError("slow"))]
        # not by assertRaises, which would undo what was committed before
        with suppress(ThrottledError):
            self.poll()
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.orders_behind, "slow")
        self.poll()
        self.channel.invalidate_recordset()
        self.assertFalse(self.channel.orders_behind)

    def test_pulls_are_as_rare_as_the_channel_wants_them(self):
        self.fake.stream, self.fake.pull_seconds = False, 180
        self.many(4)
        self.publish()
        self.assertEqual(self.calls.count("_fetch_orders"), 1)


@tagged("post_install", "-at_install")
class TestStreamRace(CommittedCase):
    def test_one_job_listens_at_a_time(self):
        self.fake.stream = True
        with self.commit() as env, try_lock(env, LOCK_LISTEN, self.channel_id):
            with self.commit() as other:
                heard = other["channel.stream"]._listen(self.channel(other))
        self.assertIsNone(heard)
        self.assertFalse(self.fake.waits)

    def test_listener_and_publisher_take_each_event_once(self):
        self.fake.stream = self.fake.absolute = True
        self.go_live(50)
        for _sale in range(30):
            self.fake.announce(self.fake.event(self.fake.sell(1)))

        def listen():
            for _round in range(3):
                with self.commit() as env:
                    env["channel.stream"]._listen(self.channel(env))

        def publish():
            for _round in range(3):
                self.publish()

        self.in_threads(listen, publish, listen)
        self.intake()
        self.plan()
        self.publish()
        self.assertFalse(self.fake.queue)
        self.assertEqual(
            (self.target(), self.fake.levels["item-1", "node-1"]), (20, 20)
        )
