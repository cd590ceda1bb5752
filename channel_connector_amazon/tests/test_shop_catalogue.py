# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from ..const import FBA_NODE, MERCHANT
from .shop import HOUR, AccountCase


@tagged("post_install", "-at_install")
class TestShopCatalogue(AccountCase):
    """Nodes and listings, against a running account."""

    def listings(self):
        pages = list(self.adapter_model._iter_listings(self.channel))
        return {each.external_id: each for page in pages for each in page}

    def test_stock_of_amazon_is_never_published_to(self):
        self.env["channel.catalogue"]._fetch_nodes(self.channel)
        nodes = self.channel.node_ids - self.node
        published = {node.external_id: node.publish for node in nodes}
        self.assertEqual(published, {MERCHANT: True, FBA_NODE: False})

    def test_listings_of_all_marketplaces(self):
        """Three languages and character sets, and a number that is one."""
        self.shop.edit_listing("SKU-1", title="Lämpchen für Überall")
        self.shop.refresh_reports()
        found = self.listings()
        wanted = {f"SKU-{number}" for number in range(1, 6)}
        self.assertEqual(set(found), wanted | {"FBA-1", "FR-1", "A,B/C 1"})
        self.assertEqual(found["SKU-1"].title, "Lämpchen für Überall")
        self.assertEqual(found["FR-1"].title, "Lampe")
        self.assertTrue(found["SKU-1"].tracked and found["SKU-1"].active)
        self.assertEqual(self.violations(), {})

    def test_what_amazon_ships_is_not_tracked(self):
        found = self.listings()["FBA-1"]
        self.assertFalse(found.tracked)
        self.assertIn("FBA", found.note)

    def test_listing_that_is_out_of_stock_goes_on_being_published(self):
        self.shop.edit_listing("SKU-1", active=False)
        self.shop.edit_listing("SKU-2", stub=True)
        self.shop.refresh_reports()
        found = self.listings()
        self.assertTrue(found["SKU-1"].active and found["SKU-1"].note)
        self.assertFalse(found["SKU-2"].active)

    def test_reports_are_asked_for_once(self):
        self.listings()
        self.listings()
        self.assertEqual(len(self.requests("createReport")), 3)
        self.assertEqual(self.violations(), {})

    def test_cancelled_report_is_no_empty_catalogue(self):
        self.shop.rules.next("report_empty")
        with self.raises(exceptions.ThrottledError) as caught:
            self.listings()
        self.assertEqual(caught.exception.retry_after, 1800)
        self.assertIn("Nothing was changed", str(caught.exception))
        self.shop.pass_time(HOUR)
        self.assertIn("SKU-1", self.listings())

    def test_failed_report_is_no_empty_catalogue(self):
        self.shop.rules.next("report_fatal")
        with self.raises(exceptions.RejectedError):
            self.listings()

    def test_report_that_takes_longer_is_left_to_the_next_job(self):
        self.shop.config.compress = 1
        self.addCleanup(self.shop.config.update, {"compress": HOUR})
        with self.raises(exceptions.ThrottledError) as caught:
            self.listings()
        self.assertIn("preparing", str(caught.exception))
        self.shop.pass_time(HOUR)
        self.assertIn("SKU-1", self.listings())
        self.assertEqual(len(self.requests("createReport")), 3)

    def test_catalogue_is_stored_and_matched(self):
        self.env["channel.catalogue"]._fetch(self.channel)
        listings = self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", "SKU-1")]
        )
        self.assertEqual(listings.stock_ref, "SKU-1")
        self.assertEqual(listings.suggested_product_id, self.product)
