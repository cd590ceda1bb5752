# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestSuggestion(ChannelCase):
    """Which product a listing is suggested, and which it gets without a question."""

    def found(self, sku=None, title=None, number=2, **values):
        listing = self.env["channel.listing"].create(
            {
                "channel_id": self.channel.id,
                "external_id": f"variant-{number}",
                "sku": sku,
                "title": title,
                **values,
            }
        )
        listing.env["channel.listing.matcher"]._suggest(listing)
        return listing

    def assertSuggested(self, listing, product, reason):
        self.assertEqual(listing.state, "review")
        self.assertEqual(listing.suggested_product_id, product)
        self.assertFalse(listing.product_id)
        self.assertIn(reason, listing.match_reason)

    def test_sku_of_other_case_or_blanks_is_suggested(self):
        product = self.make_product(self.env, 5, default_code="Lamp-Red 40")
        skus = ("lamp-red 40", " LAMP-RED 40 ", "Lamp-Red40")
        for number, sku in enumerate(skus, 20):
            listing = self.found(sku, number=number)
            self.assertSuggested(listing, product, "case or spaces")

    def test_exact_sku_goes_before_one_that_is_like_it(self):
        self.make_product(self.env, 5, default_code="mug")
        exact = self.make_product(self.env, 6, default_code="MUG")
        listing = self.found("MUG")
        self.assertEqual((listing.state, listing.product_id), ("mapped", exact))

    def test_name_of_a_product_is_suggested_when_nothing_else_fits(self):
        product = self.make_product(self.env, 5, name="Storage Box of Ours")
        listing = self.found("AMS-E-COM08", "Storage Box of Ours")
        self.assertSuggested(listing, product, "Same name")

    def test_what_looks_like_nothing_stays_to_be_matched(self):
        self.assertEqual(self.found(" ", "Nothing").state, "unmapped")
        self.assertEqual(self.found("NONE", number=3).state, "unmapped")

    def test_product_of_another_company_is_not_suggested(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.make_product(self.env, 5, default_code="Secret 1", company_id=other.id)
        self.assertEqual(self.found("secret1").state, "unmapped")

    def test_two_listings_of_one_sku_wait_for_a_person(self):
        product = self.make_product(self.env, 5, default_code="PAIR")
        both = self.env["channel.listing"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "external_id": f"variant-{number}",
                    "sku": "PAIR",
                }
                for number in (31, 32)
            ]
        )
        both.env["channel.listing.matcher"]._suggest(both)
        for listing in both:
            self.assertSuggested(listing, product, "each would offer its whole stock")
        both.action_accept()
        self.assertEqual(both.mapped("state"), ["mapped"] * 2)

    def test_listing_that_comes_later_with_a_matched_sku_waits_too(self):
        later = self.found("SKU-1", number=41)
        self.assertSuggested(later, self.product, "each would offer its whole stock")
        self.assertEqual(self.listing.state, "mapped")

    def test_same_sku_on_another_channel_or_gone_is_no_twin(self):
        self.listing.state = "gone"
        listing = self.found("SKU-1", number=42)
        self.assertEqual((listing.state, listing.product_id), ("mapped", self.product))
        other = self.make_channel(self.env, "CH5")
        elsewhere = self.found("SKU-1", number=43, channel_id=other.id)
        self.assertEqual(elsewhere.state, "mapped")
