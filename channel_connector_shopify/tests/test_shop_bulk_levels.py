# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from ..lib import bulk
from .shop import PLACES, ShopCase


@tagged("post_install", "-at_install")
class TestShopBulkLevels(ShopCase):
    """All numbers of a large shop come by a bulk operation: the same as by pages."""

    def setUp(self):
        super().setUp()
        self.since = datetime.now(timezone.utc)

    def read_all(self, since=None, from_=0):
        with patch.object(bulk, "BULK_FROM", from_):
            pages = self.channel._adapter()._iter_levels(
                self.channel, since or self.since
            )
            found = [each for page in pages for each in page.levels]
        return {(each.stock_ref, each.node_ref): each for each in found}

    def asked(self):
        return len(self.shop.log.entries("bulkOperationRunQuery"))

    def test_bulk_and_pages_tell_the_same(self):
        self.shop.edit_variant("SKU-3", policy="CONTINUE")
        self.shop.edit_variant("SKU-4", tracked=False)
        self.shop.checkout({"SKU-2": 2})
        by_pages = self.read_all(from_=10**6)
        self.assertFalse(self.asked())
        by_bulk = self.read_all()
        self.assertEqual(self.asked(), 1)
        self.assertEqual(by_bulk, by_pages)
        place = self.place(PLACES[0])
        sold = by_bulk[self.item("SKU-2"), place]
        self.assertEqual(sold.committed, 2)
        self.assertTrue(by_bulk[self.item("SKU-3"), place].sells_below_zero)
        self.assertFalse(by_bulk[self.item("SKU-4"), place].tracked)

    def test_a_file_of_an_older_run_is_not_read(self):
        """What is noted after it would meet numbers from before."""
        ref = self.item("SKU-2"), self.place(PLACES[0])
        # its worker died before it had forgotten what it was reading
        with patch.object(bulk.Bulk, "_forget", lambda _bulk: None):
            self.read_all()
        self.shop.edit_stock("SKU-2", PLACES[0], quantity=77)
        later = self.since + timedelta(seconds=5)
        self.assertEqual(self.read_all(later)[ref].available, 77)
        self.assertEqual(self.asked(), 2)

    def test_half_a_file_is_no_reading(self):
        stream = bulk.Bulk.pages

        def half(work):
            client = work._client
            lines = client.stream_lines

            def cut(url):
                found = list(lines(url))
                return found[: len(found) * 6 // 10]

            with patch.object(client, "stream_lines", cut):
                yield from stream(work)

        with (
            patch.object(bulk.Bulk, "pages", half),
            self.assertRaises(exceptions.UnavailableError),
        ):
            self.read_all()

    def test_a_location_that_was_closed_has_no_numbers(self):
        before = self.read_all(self.since)
        self.assertIn(self.place(PLACES[1]), {node for _item, node in before})
        self.shop.store.find_location(PLACES[1]).active = False
        after = self.read_all(self.since + timedelta(seconds=1))
        self.assertNotIn(self.place(PLACES[1]), {node for _item, node in after})
