# SPDX-License-Identifier: AGPL-3.0-or-later
import threading

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .shop import ConnectedShop


@tagged("post_install", "-at_install")
class TestShopConcurrency(ConnectedShop, CommittedCase):
    """Workers with transactions of their own, on one database and one store."""

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()

    def setUp(self):
        self.shop.reset()
        super().setUp()

    def work(self, count, function):
        """Run ``function(adapter, channel)`` in workers that start together."""
        barrier, failures = threading.Barrier(count), []

        def worker():
            with self.commit() as env:
                channel = env["channel.channel"].browse(self.channel_id)
                barrier.wait()
                try:
                    function(env["channel.adapter.shopify"], channel)
                except Exception as error:
                    failures.append(error)

        threads = [threading.Thread(target=worker) for _worker in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_many_workers_make_one_token(self):
        before = len(self.shop.tokens.by_text)
        self.work(8, lambda adapter, channel: adapter._fetch_nodes(channel))
        self.assertEqual(len(self.shop.tokens.by_text), before + 1)
        self.shop.tokens.expire()
        self.work(8, lambda adapter, channel: adapter._fetch_nodes(channel))
        self.assertEqual(len(self.shop.tokens.by_text), before + 2)

    def test_workers_share_the_points_and_none_is_refused(self):
        self.work(1, lambda adapter, channel: adapter._fetch_nodes(channel))
        self.shop.bucket.drain(left=20)

        def read(adapter, channel):
            for _read in range(3):
                adapter._fetch_nodes(channel)

        with self.commit() as env:
            channel = env["channel.channel"].browse(self.channel_id)
            with channel._shared_state("throttle") as state:
                state["level"] = 20
        self.work(6, read)
        answers = self.shop.log.entries("locations")
        throttled = [each for each in answers if "THROTTLED" in str(each)]
        self.assertEqual((len(answers), throttled), (19, []))
