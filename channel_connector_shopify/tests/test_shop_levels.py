# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import threading
import time

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from .. import queries
from ..const import API_VERSIONS
from . import common
from .shop import PLACES, PlainSession, ShopCase


@tagged("post_install", "-at_install")
class TestShopLevels(ShopCase):
    """Levels, against a running store."""

    def fault(self, kind, operation="inventorySetQuantities", **values):
        self.shop.faults.add(kind=kind, operation=operation, **{"next": 1, **values})

    def seed_many(self, count):
        self.shop.seed(
            {
                "products": [
                    {"sku": f"M-{i}", "title": f"M {i}", "quantities": {PLACES[0]: 5}}
                    for i in range(count)
                ]
            }
        )
        return [self.entry(i, f"M-{i}", 6, 5) for i in range(count)]

    def requests(self, operation="inventorySetQuantities"):
        return self.shop.log.entries(operation)

    def test_every_version_reads_and_writes(self):
        for number, version in enumerate(API_VERSIONS):
            self.channel.shopify_api_version = version
            shown = self.shown("SKU-2")
            found = self.push(self.entry(1, "SKU-2", 40 + number, shown), key=version)
            self.assertEqual((found, self.shown("SKU-2")), ({1: "acked"}, 40 + number))
            refs = [self.ref("SKU-2"), self.ref("SKU-2", PLACES[1]), self.ref("S-1")]
            states = self.adapter_model._fetch_levels(self.channel, refs)
            self.assertEqual(
                {(each.stock_ref, each.node_ref): each.available for each in states},
                {
                    (refs[0].stock_ref, refs[0].node_ref): 40 + number,
                    (refs[1].stock_ref, refs[1].node_ref): 2,
                    (refs[2].stock_ref, refs[2].node_ref): 3,
                },
            )

    def test_what_is_not_stocked_shows_none(self):
        refs = [self.ref("S-1", PLACES[1]), self.ref("SKU-1")]
        gone = refs[1].__class__("gid://shopify/InventoryItem/1", refs[1].node_ref)
        states = self.adapter_model._fetch_levels(self.channel, [*refs, gone])
        self.assertEqual([each.available for each in states], [None, 10, None])

    def test_250_levels_are_one_request(self):
        found = self.push(*self.seed_many(250))
        self.assertEqual(set(found.values()), {"acked"})
        self.assertEqual(len(self.requests()), 1)

    def test_trace_shows_in_the_shops_own_history(self):
        self.push(self.entry(1, "SKU-1", 4, 10))
        [change] = [
            each
            for each in self.shop.store.history
            if each["actor"] == "app" and each["name"] == "available"
        ]
        self.assertTrue(change["referenceDocumentUri"].endswith("/trace-1"))

    def test_unnamed_stale_entry_among_many_is_found(self):
        self.shop.config.stale_field_null = True
        self.addCleanup(setattr, self.shop.config, "stale_field_null", False)
        entries = self.seed_many(64)
        self.shop.edit_stock("M-17", PLACES[0], quantity=1)
        found = self.push(*entries)
        self.assertEqual([i for i, status in found.items() if status == "stale"], [17])
        self.assertEqual(self.shown("M-17"), 1)
        self.assertEqual({self.shown(f"M-{i}") for i in range(64) if i != 17}, {6})
        self.assertLess(len(self.requests()), 15)

    def test_sale_while_a_batch_is_being_halved_is_kept(self):
        """The batch fails for one entry; before its half comes, another is sold."""
        self.shop.config.stale_field_null = True
        self.addCleanup(setattr, self.shop.config, "stale_field_null", False)
        entries = self.seed_many(8)
        self.shop.edit_stock("M-0", PLACES[0], quantity=1)
        send = type(self.adapter_model)._send_quantities

        def sell_first(adapter, client, content, key):
            if len(self.requests()) == 1:
                self.shop.checkout({"M-7": 2})
            return send(adapter, client, content, key)

        self.patch(type(self.adapter_model), "_send_quantities", sell_first)
        found = self.push(*entries)
        self.assertEqual((found[0], found[7]), ("stale", "stale"))
        self.assertEqual(self.shown("M-7"), 3)

    def test_lost_answers_while_halving_end_the_same(self):
        self.shop.config.stale_field_null = True
        self.addCleanup(setattr, self.shop.config, "stale_field_null", False)
        for setting in ("stored", "previous_attempt_failed"):
            self.shop.reset()
            self.shop.config.idempotency_failure = setting
            self.addCleanup(setattr, self.shop.config, "idempotency_failure", "stored")
            entries = self.seed_many(16)
            self.shop.edit_stock("M-5", PLACES[0], quantity=1)
            self.fault("reset_after_commit", next=6)
            with self.assertRaises(exceptions.UncertainError):
                self.push(*entries, key=setting)
            self.shop.faults.clear()
            found = self.push(*entries, key=setting)
            self.assertIn(found.pop(5), ("stale", "retry"))
            self.assertEqual(set(found.values()), {"acked"})
            self.assertEqual({self.shown(f"M-{i}") for i in range(16) if i != 5}, {6})

    def test_item_not_stocked_at_the_location_gets_stocked(self):
        for version, first in (("2026-07", "retry"), ("2026-10", "acked")):
            self.shop.reset()
            self.channel.shopify_api_version = version
            entry = self.entry(1, "S-1", 4, 0, PLACES[1])
            self.assertEqual(self.push(entry, key=version), {1: first})
            if first == "retry":
                self.assertEqual(self.shown("S-1", PLACES[1]), 0)
                self.assertEqual(self.push(entry, key="again"), {1: "acked"})
            self.assertEqual(self.shown("S-1", PLACES[1]), 4)

    def test_bundle_is_rejected_with_words_and_the_others_go_on(self):
        payload = self.adapter_model._prepare_push(
            self.channel,
            [self.entry(1, "KIT", 4, 0), self.entry(2, "SKU-1", 9, 10)],
            "t",
        )
        result = self.adapter_model._push_levels(self.channel, payload, "k")
        bad, good = sorted(result.results, key=lambda each: each.line_id)
        self.assertEqual((bad.status, good.status), ("rejected", "retry"))
        self.assertIn("bundle", bad.message)
        self.assertIn("NON_MUTABLE", result.answer)

    def send_elsewhere(self, payload, key):
        """Another worker sends the same payload under the same key."""
        client = common.make_client(PlainSession(), base_url=self.shop.url)
        variables = {"input": json.loads(payload)["input"], "key": key}
        worker = threading.Thread(
            target=client.execute, args=(queries.SET_QUANTITIES, variables)
        )
        worker.start()
        return worker

    def test_request_in_progress_is_uncertain_and_repeated(self):
        entry = self.entry(1, "SKU-1", 9, 10)
        payload = self.adapter_model._prepare_push(self.channel, [entry], "t")
        self.fault("slow_commit", seconds=2.0)
        other = self.send_elsewhere(payload, "slow")
        time.sleep(0.5)
        with self.assertRaises(exceptions.UncertainError):
            self.adapter_model._push_levels(self.channel, payload, "slow")
        other.join()
        result = self.adapter_model._push_levels(self.channel, payload, "slow")
        self.assertEqual(result.results[0].status, "acked")
        self.assertEqual(self.shown("SKU-1"), 9)

    def test_reused_key_is_a_stale_key(self):
        self.push(self.entry(1, "SKU-1", 9, 10))
        with self.assertRaises(exceptions.StaleKeyError):
            self.push(self.entry(1, "SKU-1", 8, 9))

    def test_short_faults_are_survived(self):
        shown = 10
        for number, kind in enumerate(
            (
                "http_500",
                "http_502",
                "http_503",
                "http_429",
                "throttled",
                "html",
                "truncated",
                "reset_before_commit",
                "reset_after_commit",
                "http_500_after_commit",
                "internal_error",
                "unauthorized",
            )
        ):
            self.fault(kind, retry_after=0.1)
            target = 20 + number
            found = self.push(self.entry(1, "SKU-1", target, shown), key=kind)
            self.assertEqual((found, self.shown("SKU-1")), ({1: "acked"}, target), kind)
            shown = target

    def test_long_faults_come_out_as_the_bases_errors(self):
        for kind, error in (
            ("http_503", exceptions.UncertainError),
            ("reset_after_commit", exceptions.UncertainError),
            ("http_423", exceptions.UnavailableError),
            ("http_430", exceptions.ThrottledError),
            ("unauthorized", exceptions.AuthError),
        ):
            self.fault(kind, next=99)
            with self.subTest(kind=kind), self.assertRaises(error) as caught:
                self.push(self.entry(1, "SKU-1", 9, 10), key=kind)
            self.assertTrue(str(caught.exception))
            self.shop.faults.clear()

    def test_empty_bucket_is_waited_for(self):
        self.push(self.entry(1, "SKU-1", 9, 10))
        self.shop.bucket.drain(left=0)
        self.assertEqual(self.push(self.entry(1, "SKU-1", 8, 9), key="2"), {1: "acked"})
