# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from ..lib import bulk
from .shop import PLACES, ShopCase


@tagged("post_install", "-at_install")
class TestShopCatalogue(ShopCase):
    """Nodes and listings, against a running store."""

    def setUp(self):
        super().setUp()
        self.patch(type(self.adapter_model), "_sleep", self.sleep)
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        time.sleep(0.1)

    def listings(self):
        pages = list(self.adapter_model._iter_listings(self.channel))
        return [each for page in pages for each in page]

    def seed_many(self, count):
        self.shop.seed(
            {"products": [{"sku": f"M-{i}", "title": f"M {i}"} for i in range(count)]}
        )

    def bulk(self, start=0):
        return patch.object(bulk, "BULK_FROM", start)

    def test_nodes_include_closed_ones(self):
        self.shop.edit_location(PLACES[1], active=False)
        nodes = self.adapter_model._fetch_nodes(self.channel)
        self.assertEqual(
            {(node.name, node.active) for node in nodes},
            {(PLACES[0], True), (PLACES[1], False)},
        )

    def test_listings(self):
        found = {each.sku: each for each in self.listings()}
        self.assertEqual(found["SKU-2"].stock_ref, self.item("SKU-2"))
        self.assertEqual(found["SKU-2"].barcode, "4000000000002")
        self.assertEqual(found["SKU-2"].title, "Product 2")
        self.assertEqual(found["S-1"].title, "Shirt / Red")
        self.assertTrue(found["SKU-2"].tracked)
        self.assertFalse(found["KIT"].tracked)

    def test_pages_miss_nothing_and_repeat_nothing(self):
        self.seed_many(500)
        found = [each.sku for each in self.listings()]
        self.assertEqual(len(found), len(set(found)))
        self.assertEqual(len(found), 507)
        self.assertEqual(len(self.shop.log.entries("productVariants")), 4)

    def test_bulk_operation_gives_the_same(self):
        self.seed_many(700)
        pages = self.listings()
        with self.bulk():
            found = self.listings()
        self.assertEqual(
            sorted(pages, key=lambda each: each.external_id),
            sorted(found, key=lambda each: each.external_id),
        )

    def test_bulk_operation_that_takes_long_is_come_back_to(self):
        self.shop.config.bulk_delay = 3
        self.addCleanup(setattr, self.shop.config, "bulk_delay", 0.0)
        with self.bulk(), patch.object(bulk, "PATIENCE", 3):
            found, waited = None, 0
            while found is None:
                # not assertRaises: Odoo's would roll back what is remembered
                try:
                    found = self.listings()
                except exceptions.ThrottledError as error:
                    self.assertEqual(error.retry_after, bulk.RETRY)
                    waited += 1
        self.assertEqual(len(found), 7)
        self.assertTrue(waited)
        self.assertEqual(len(self.shop.log.entries("bulkOperationRunQuery")), 1)

    def test_old_bulk_result_is_not_taken_for_a_new_one(self):
        with self.bulk():
            self.listings()
            with self.channel._shared_state("bulk") as state:
                state.update(id="gid://shopify/BulkOperation/1", started_at=0)
            self.seed_many(3)
            self.assertEqual(len(self.listings()), 10)

    def test_file_that_breaks_off_is_no_catalogue(self):
        with self.bulk(), self.assertRaises(exceptions.UnavailableError):
            with patch.object(
                bulk.Bulk,
                "_result",
                lambda *args: {"url": None, "objectCount": "7"},
            ):
                self.listings()

    def test_empty_shop(self):
        self.shop.reset({"locations": ["Main Warehouse"], "products": []})
        self.assertEqual(self.listings(), [])
        with self.bulk():
            self.assertEqual(self.listings(), [])
