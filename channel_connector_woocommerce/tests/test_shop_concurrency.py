# SPDX-License-Identifier: AGPL-3.0-or-later
import random
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.exceptions import UnavailableError
from odoo.addons.channel_inventory_base.models import channel_intake
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from ..client import Client
from ..const import NODE
from ..mapper import stock_ref
from ..models.channel_adapter_woocommerce import WRITTEN
from .shop import ConnectedShop

ROUNDS = 40


class RaceCase(ConnectedShop, CommittedCase):
    """40 shop orders against 40 level pushes, each with a change of stock behind it."""

    use_fake = False
    settings = {"write_window": 0.02}
    route = "POST products/batch"

    @classmethod
    def setUpClass(cls):
        cls.open_shop()
        super().setUpClass()

    def setUp(self):
        self.as_new()
        super().setUp()
        # a job that runs out of time wakes the next; one pass is to take all in,
        # however slow the machine is
        self.patch(channel_intake, "RUN_SECONDS", 300)
        self.shop.edit_stock("SKU-1", 50)
        with self.commit() as env:
            channel = self.channel(env)
            channel._adapter()._discover(channel)
            product = self.shop.store.find_product("SKU-1")
            env["channel.listing"].browse(self.listing_id).write(
                {"external_id": str(product.id), "stock_ref": stock_ref(product.id)}
            )
            self.assertEqual(channel.node_ids.external_id, NODE)
        self.plan()
        with self.commit() as env:
            self.make_known(env, self.level(env), 50)

    def race(self):
        """:return: units sold"""
        sold, dice = [], random.Random(7)
        waits = [dice.random() / 8 for _order in range(ROUNDS)]

        def shop():
            for wait in waits:
                time.sleep(wait)
                with suppress(Exception):
                    self.shop.checkout({"SKU-1": 1})
                    sold.append(1)

        def push():
            for _round in range(ROUNDS):
                self.change_stock(1)
                self.plan()
                self.publish()
                if not self.is_known():
                    # refused as stale: what its jobs do then
                    self.one_pass()
            for _round in range(ROUNDS):
                if len(self.shop.log.entries(self.route)) >= ROUNDS:
                    break
                # a sale had made up for a change: push all the same
                self.one_pass()
                self.publish_again()

        self.in_threads(shop, push)
        self.assertEqual(len(sold), ROUNDS)
        pushes = self.shop.log.entries(self.route)
        self.assertGreaterEqual(len(pushes), ROUNDS)
        return len(sold)

    def publish_again(self):
        with self.commit() as env:
            env["channel.level.pending"]._add(self.level(env), force=True)
        self.publish()

    def is_known(self):
        with self.commit() as env:
            return self.level(env).remote_state == "known"

    def one_pass(self):
        """What the next poll and its jobs do."""
        for step in (self.poll, self.intake, self.observe, self.plan, self.publish):
            step()

    def check_agreement(self, sold):
        with self.commit() as env:
            level = self.level(env)
            self.assertEqual(level.target, 50 + ROUNDS - sold)
            self.assertEqual(self.shop.shown("SKU-1"), level.target)
            self.assertTrue(level.in_sync)
            domain = [("channel_id", "=", self.channel_id)]
            drift = [*domain, ("category", "=", "drift")]
            self.assertFalse(env["channel.exception"].search_count(drift))
            orders = env["channel.order"].search(domain)
            self.assertEqual(len(orders.sale_order_id), sold)


@tagged("post_install", "-at_install")
class TestRaceWithCompanion(RaceCase):
    companion = True
    route = "POST wc-chansync/v1/stock"

    def test_orders_against_pushes_end_exactly_right(self):
        lost = []
        shown = threading.Thread(target=self._watch, args=(lost,), daemon=True)
        shown.start()
        sold = self.race()
        self.watching = False
        shown.join()
        # not one sale is overwritten at any time, whatever Odoo has seen
        self.assertEqual(lost, [])
        self.one_pass()
        self.check_agreement(sold)

    watching = True

    def _watch(self, lost):
        """What is shown plus what was sold never exceeds what there is in Odoo."""
        while self.watching:
            with self.shop.store.transaction():
                shown = self.shop.store.find_product("SKU-1").stock
                sold = len(self.shop.store.orders)
            if shown + sold > 50 + ROUNDS:
                lost.append((shown, sold))
            time.sleep(0.005)


@tagged("post_install", "-at_install")
class TestRaceWithoutCompanion(RaceCase):
    def test_orders_against_pushes_are_right_within_one_pass(self):
        sold = self.race()
        self.one_pass()
        self.check_agreement(sold)

    def test_what_was_oversold_meanwhile_is_reported(self):
        """More shown than there is: the order that comes too late is named."""
        self.shop.edit_stock("SKU-1", 53)
        self.shop.checkout({"SKU-1": 51})
        self.shop.checkout({"SKU-1": 2})
        self.one_pass()
        with self.commit() as env:
            domain = [("channel_id", "=", self.channel_id)]
            found = env["channel.exception"].search(
                [*domain, ("category", "=", "oversold")]
            )
            self.assertEqual(len(found), 1)
            self.assertIn("3 Units", found.message)
            missing = found.order_ids.sorted("id").mapped("missing_quantity")
            self.assertEqual(missing, [1, 2])
            self.assertEqual(self.level(env).target, 0)
        self.assertEqual(self.shop.shown("SKU-1"), 0)


@tagged("post_install", "-at_install")
class TestReadingJob(RaceCase):
    """A job that reads numbers while the publisher writes them."""

    def push(self, ref, quantity, base):
        with self.commit() as env:
            channel = self.channel(env)
            entry = schemas.LevelEntry(1, ref.stock_ref, NODE, quantity, base)
            payload = channel._adapter()._prepare_push(channel, [entry], "trace")
            channel._adapter()._push_levels(channel, payload, "key")

    def test_cache_is_known_by_what_was_written_since_the_job_began(self):
        ref = self.ref("SKU-1")
        self.shop.faults.add(kind="cached_mute", operation="GET products")
        self.addCleanup(self.shop.faults.clear)
        with self.commit() as env:
            channel = self.channel(env)
            [shown] = channel._adapter()._fetch_levels(channel, [ref])
            self.assertEqual(shown.available, 50)
            self.shop.store.clock.move(5)
            self.push(ref, 57, 50)
            with self.assertRaises(UnavailableError) as caught:
                channel._adapter()._fetch_levels(channel, [ref])
            self.assertEqual(caught.exception.code, "CACHED")

    def test_cache_is_known_by_what_was_written_between_two_pages(self):
        old = {"id": 7, "date_modified_gmt": "2026-01-02T10:00:00"}

        def pages(_client, _route, **_params):
            yield []
            with self.commit() as other:
                with self.channel(other)._shared_state(WRITTEN) as state:
                    state["7"] = "2026-01-02T10:00:05"
            yield []
            yield [old]

        with patch.object(Client, "pages", pages), self.commit() as env:
            channel = self.channel(env)
            since = datetime.now(timezone.utc)
            read = channel._adapter()._iter_levels(channel, since)
            with self.assertRaises(UnavailableError) as caught:
                list(read)
        self.assertEqual(caught.exception.code, "CACHED")
