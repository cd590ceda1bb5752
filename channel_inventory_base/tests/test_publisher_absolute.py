# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import random
import time
from contextlib import suppress
from unittest.mock import Mock, patch

from odoo.tests import tagged

from ..db.transaction import LOCK_POLL, own_transaction, retry_on_conflict, try_lock
from ..exceptions import RejectedError, UnavailableError, UncertainError
from .common import ChannelCase
from .common_committed import CommittedCase


class Absolute:
    """The fake channel as one that cannot compare before it writes."""

    def shown(self):
        return self.fake.levels["item-1", "node-1"]

    def sent(self):
        """The quantity of each request, oldest first."""
        return [json.loads(payload)[0][3] for _key, payload in self.fake.requests]

    def sell_during_push(self, quantity, times=1):
        """A shopper is quicker than the number that is on its way."""

        def meanwhile(_entries):
            if self.left:
                self.left -= 1
                self.fake.sell(quantity)

        self.left, self.fake.meanwhile = times, meanwhile


@tagged("post_install", "-at_install")
class TestPublisherAbsolute(Absolute, ChannelCase):
    def setUp(self):
        super().setUp()
        self.fake.absolute = True

    def pending(self):
        return self.env["channel.level.pending"].search([])

    def test_orders_are_pulled_before_a_number_is_sent(self):
        self.go_live(shown=8)
        self.fake.sell(3)
        self.publish()
        self.assertEqual((self.sent(), self.shown()), ([7], 7))

    def test_0_is_sent_before_anything_is_asked(self):
        """The server of the orders may hang, and no unseen sale makes 0 wrong."""
        self.go_live(shown=8)
        self.add_stock(self.env, self.product, self.warehouse, -10)
        self.plan()
        silent = UnavailableError("no answer", code="TIMEOUT")
        self.patch(self.fake, "_fetch_orders", Mock(side_effect=silent))
        with suppress(UnavailableError):
            self.publish()
        self.assertEqual((self.sent(), self.shown()), ([0], 0))

    def test_search_that_is_refused_keeps_no_lower_number_back(self):
        """The channel takes the request for nonsense, for a day: it is told, numbers
        that fall are sent, and those that rise wait."""
        self.go_live(shown=8)
        refused = RejectedError("InvalidInput: includedData", code="InvalidInput")
        with patch.object(self.fake, "_fetch_orders", Mock(side_effect=refused)):
            self.publish()
            self.assertEqual(self.sent(), [], "10 is more than 8")
            self.add_stock(self.env, self.product, self.warehouse, -6)
            self.plan()
            self.publish()
        self.assertEqual((self.sent(), self.shown()), ([4], 4))
        told = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "refused")]
        )
        self.assertIn("InvalidInput", told.message)
        self.add_stock(self.env, self.product, self.warehouse, +3)
        self.plan()
        self.publish()
        self.assertEqual(self.shown(), 7)

    def test_number_that_falls_to_less_waits_for_the_orders(self):
        """What was sold there meanwhile would be given back."""
        self.go_live(shown=8)
        self.add_stock(self.env, self.product, self.warehouse, -4)
        self.plan()
        self.fake.sell(5)
        self.publish()
        self.assertEqual((self.sent(), self.shown()), ([1], 1))

    def test_sale_during_a_push_is_mended_in_the_same_run(self):
        self.go_live(shown=8)
        self.sell_during_push(3)
        self.publish()
        # 10 overwrote the sale; what follows knows it
        self.assertEqual((self.sent(), self.shown()), ([10, 7], 7))
        self.assertTrue(self.level.in_sync)
        self.assertFalse(self.pending())

    def test_number_is_sent_again_after_a_sale_although_nothing_differs(self):
        """The shown number lost the sale, and what we expect of it did not."""
        self.go_live(shown=10)
        self.fake.sell(1)
        self.fake.levels["item-1", "node-1"] = 10
        self.poll()
        self.intake()
        self.plan()
        self.assertTrue(self.level.in_sync)
        self.publish()
        self.assertEqual((self.sent(), self.shown()), ([9], 9))

    def test_nothing_is_pulled_where_nothing_is_to_be_sent(self):
        self.go_live(shown=10)
        self.publish()
        calls = []
        fetch = self.fake._fetch_orders
        self.fake._fetch_orders = lambda *args: calls.append(args) or fetch(*args)
        self.publish()
        self.assertFalse(calls)

    def test_lost_answer_is_not_repeated_but_computed_anew(self):
        self.go_live(shown=8)
        self.fake.faults = [("answer", UncertainError("lost"))]
        with suppress(UncertainError):
            self.publish()
        self.fake.sell(4)
        self.publish()
        self.assertEqual((self.sent(), self.shown()), ([10, 6], 6))
        (first, _), (second, _) = self.fake.requests
        self.assertNotEqual(first, second)

    def test_same_number_is_sent_again_after_a_lost_answer(self):
        self.go_live(shown=8)
        self.fake.faults = [("send", UncertainError("lost"))]
        with suppress(UncertainError):
            self.publish()
        self.assertEqual(self.shown(), 8)
        self.publish()
        self.assertEqual(self.shown(), 10)

    def test_publication_of_a_killed_worker_is_started_over(self):
        """Under another key; where its numbers have changed it stays as it was."""
        for added, state in ((0, "done"), (5, "void")):
            with self.subTest(added=added), self.passing():
                publication, key = self.die_while_sending()
                if added:
                    self.add_stock(self.env, self.product, self.warehouse, added)
                self.plan()
                self.publish()
                self.assertEqual(publication.state, state)
                self.assertNotIn(key, [sent for sent, _payload in self.fake.requests])
                self.assertEqual(self.shown(), 10 + added)

    def die_while_sending(self):
        self.go_live(shown=8)
        publisher = self.env["channel.publisher"]
        publication_id = publisher._freeze(self.channel)
        with own_transaction(self.env) as env:
            env["channel.publication"].browse(publication_id).state = "sending"
        self.env.invalidate_all()
        publication = self.env["channel.publication"].browse(publication_id)
        return publication, publication.key

    def test_number_that_was_not_written_stays_forced(self):
        self.go_live(shown=10)
        self.env["channel.level.pending"]._add(self.level, force=True)
        push = self.fake._push_levels

        def lose(channel, payload, key):
            result = push(channel, payload, key)
            return type(result)((), "")

        self.fake._push_levels = lose
        self.publish()
        self.assertTrue(self.pending().force)

    def test_number_that_reads_back_otherwise_is_not_believed(self):
        self.go_live(shown=8)
        read = self.fake._fetch_levels

        def bent(channel, refs):
            self.fake.levels["item-1", "node-1"] = 99
            return read(channel, refs)

        self.fake._fetch_levels = bent
        self.publish()
        self.assertEqual(self.level.remote_state, "stale")

    def test_sale_between_push_and_reading_back_is_no_drift(self):
        self.go_live(shown=8)
        read = self.fake._fetch_levels

        def sell_first(channel, refs):
            self.fake.sell(2)
            return read(channel, refs)

        self.fake._fetch_levels = sell_first
        self.publish()
        self.assertEqual(self.level.remote_state, "stale")
        del self.fake._fetch_levels
        self.poll()
        self.intake()
        self.plan()
        self.observe()
        self.publish()
        self.assertEqual(self.shown(), 8)
        self.assertTrue(self.level.in_sync)
        drift = [("category", "=", "drift"), ("channel_id", "=", self.channel.id)]
        self.assertFalse(self.env["channel.exception"].search_count(drift))

    def test_a_channel_that_compares_is_not_sent_what_it_shows(self):
        self.fake.absolute = False
        self.go_live(shown=10)
        self.capture(self.fake.sell(1))
        self.assertFalse(any(self.pending().mapped("force")))

    def test_health_says_which_guarantee_holds(self):
        self.assertIn("cannot compare", self.channel.guarantee)
        self.fake.absolute = False
        self.channel.invalidate_recordset(["guarantee"])
        self.assertIn("never overwritten", self.channel.guarantee)

    def test_units_that_are_not_there_are_reported_as_oversold(self):
        self.go_live(shown=12)
        self.fake.sell(7)
        self.fake.sell(5)
        self.poll()
        self.intake()
        self.plan()
        found = self.env["channel.exception"].search(
            [("category", "=", "oversold"), ("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(len(found), 1)
        self.assertIn("2 Units", found.message)
        self.assertEqual(found._record(), self.product)
        self.assertEqual(found.order_ids.line_ids.quantity, 5)


@tagged("post_install", "-at_install")
class TestPublisherAbsoluteWar(Absolute, CommittedCase):
    """Everything at once, on a channel where each push may swallow sales."""

    def test_nothing_is_sent_while_somebody_else_pulls(self):
        self.fake.absolute = True
        self.go_live(8)
        with self.commit() as env, try_lock(env, LOCK_POLL, self.channel_id):
            self.publish()
        self.assertFalse(self.fake.requests)
        with self.commit() as env:
            domain = [("channel_id", "=", self.channel_id)]
            self.assertTrue(env["channel.level.pending"].search_count(domain))

    def test_shop_and_warehouse_at_war_end_in_agreement(self):
        self.fake.absolute = True
        self.go_live(50)
        self.fake.meanwhile = lambda entries: time.sleep(0.01)
        sold = []

        def shop(seed):
            dice = random.Random(seed)
            for _visit in range(10):
                with suppress(LookupError):
                    self.fake.sell(1)
                    sold.append(1)
                time.sleep(dice.random() / 50)

        def receive():
            for _round in range(8):
                retry_on_conflict(lambda: self.change_stock(1))
                time.sleep(0.03)

        def work():
            for _round in range(8):
                self.intake()
                self.plan()
                self.publish()
                time.sleep(0.01)

        self.in_threads(*(lambda s=s: shop(s) for s in range(3)), receive, work, work)
        for step in (self.poll, self.intake, self.plan, self.publish):
            step()
        with self.commit() as env:
            level = self.level(env)
            self.assertEqual(level.target, 58 - sum(sold))
            self.assertEqual(self.shown(), level.target)
