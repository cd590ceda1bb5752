# SPDX-License-Identifier: AGPL-3.0-or-later
import threading

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from ..const import MERCHANT
from ..models import channel_adapter_amazon
from .shop import ConnectedAccount

WORKERS = 4
SLOW = 0.5
"""Seconds that Amazon takes for a token: all workers meet in them."""


@tagged("post_install", "-at_install")
class TestShopRace(ConnectedAccount, CommittedCase):
    """Workers with transactions of their own that need the same at the same moment."""

    use_fake = False

    @classmethod
    def setUpClass(cls):
        cls.open_account()
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.begin()
        with self.commit() as env:
            env.cr.execute("DELETE FROM channel_shared_state")

    def work_together(self, work, workers=WORKERS):
        """``work(environment, number)`` by so many, who begin at once."""
        barrier = threading.Barrier(workers)

        def worker(number):
            with self.commit() as env:
                channel = self.channel(env)
                barrier.wait(30)
                work(channel._adapter(), channel, number)

        self.in_threads(*(lambda n=number: worker(n) for number in range(workers)))

    def look(self, adapter, channel, number):
        ref = schemas.LevelRef(f"SKU-{number + 1}", MERCHANT)
        [state] = adapter._fetch_levels(channel, [ref])
        self.assertEqual(state.available, 10 * (number + 1))

    def refreshes(self):
        return len(self.shop.log.entries("lwa"))

    def slow_down(self, seconds=SLOW):
        self.shop.faults.add(kind="slow", operation="lwa", rate=1, seconds=seconds)

    # --------------------------------------------------------------- tokens
    def test_first_token_is_asked_for_once(self):
        self.slow_down()
        self.work_together(self.look)
        self.assertEqual(self.refreshes(), 1)
        self.assertEqual(self.shop.violations.counts, {})

    def test_token_that_is_refused_to_all_is_renewed_once(self):
        """Each has been refused with it, and asks for another."""
        with self.commit() as env:
            self.look(self.channel(env)._adapter(), self.channel(env), 0)
        self.slow_down()
        self.shop.access.expire()
        before = self.refreshes()
        self.work_together(self.look)
        self.assertEqual(self.refreshes() - before, 1)
        self.assertLessEqual(self.shop.violations.counts["dead_token"], WORKERS)

    def test_each_of_several_ends_is_renewed_once(self):
        self.slow_down(0.1)
        for number in range(1, 4):
            self.work_together(self.look)
            self.assertEqual(self.refreshes(), number)
            self.shop.access.expire()

    def test_worker_that_died_while_it_asked_delays_the_others_for_seconds(self):
        """They would wait for as long as its request could have taken at the most."""
        self.patch(channel_adapter_amazon, "SHORT_LEASE", 1)

        class Killed(BaseException):
            pass

        def die(*_args):
            raise Killed

        access = self.shop.access
        with self.commit() as env:
            channel = self.channel(env)
            with channel._adapter()._connected(channel) as client:
                client._tokens._grant = die
                with self.assertRaises(Killed):
                    client._tokens.get()
        self.assertEqual((self.refreshes(), access.tokens), (0, {}))
        self.work_together(self.look)
        self.assertEqual(self.refreshes(), 1)

    # -------------------------------------------------------------- buckets
    def test_workers_that_send_at_once_keep_to_one_rate(self):
        """Six numbers of each: five a second in all, and none is refused."""
        products = [
            {"sku": f"R-{worker}-{number}", "quantity": 1}
            for worker in range(WORKERS)
            for number in range(6)
        ]
        self.shop.seed({"products": products})

        def push(adapter, channel, worker):
            entries = [
                schemas.LevelEntry(number, f"R-{worker}-{number}", MERCHANT, 2, 1)
                for number in range(6)
            ]
            payload = adapter._prepare_push(channel, entries, "trace")
            result = adapter._push_levels(channel, payload, f"key-{worker}")
            found = {each.status for each in result.results}
            self.assertLessEqual(found, {"accepted", "retry"})

        self.work_together(push)
        sent = self.shop.log.entries("patchListingsItem")
        self.assertGreaterEqual(len(sent), WORKERS)
        self.assertEqual({entry["status"] for entry in sent}, {200})
        self.assertEqual(self.shop.violations.counts, {})
