# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..exceptions import RejectedError
from ..schemas import ListingData
from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestCatalogue(ChannelCase):
    def fetch(self, *listings):
        self.fake.listings = list(listings)
        self.env.flush_all()
        self.env["channel.catalogue"]._fetch(self.channel)
        self.env.invalidate_all()

    def find(self, external_id):
        return self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", external_id)]
        )

    def test_exact_sku_is_matched_and_planned(self):
        product = self.make_product(self.env, 2, 5, self.warehouse)
        self.fetch(ListingData("v2", "i2", sku="SKU-2", title="Two"))
        listing = self.find("v2")
        self.assertEqual((listing.state, listing.product_id), ("mapped", product))
        self.plan()
        self.assertEqual(listing.level_ids.target, 5)

    def test_price_and_weight_are_what_the_last_fetch_has_told(self):
        told = {"price": Decimal("12.50"), "weight": Decimal("0.25")}
        self.fetch(ListingData("v2", "i2", **told), ListingData("v3", "i3"))
        listing = self.find("v2")
        self.assertEqual((listing.told_price, listing.told_weight), (12.5, 0.25))
        self.fetch(ListingData("v2", "i2", **{**told, "price": Decimal(13)}))
        self.assertEqual((listing.told_price, listing.told_weight), (13, 0.25))
        self.fetch(ListingData("v2", "i2"))
        self.assertEqual((listing.told_price, listing.told_weight), (0, 0))

    def test_barcode_is_suggested_for_review(self):
        product = self.make_product(self.env, 2, barcode="4006381333931")
        self.fetch(ListingData("v2", "i2", sku="other", barcode="4006381333931"))
        listing = self.find("v2")
        self.assertEqual(listing.state, "review")
        self.assertEqual(listing.suggested_product_id, product)
        listing.action_accept()
        self.assertEqual((listing.state, listing.product_id), ("mapped", product))

    def test_ambiguous_sku_is_left_to_a_person(self):
        self.make_product(self.env, 2)
        self.make_product(self.env, 2)
        self.fetch(ListingData("v2", "i2", sku="SKU-2"))
        self.assertEqual(self.find("v2").state, "review")

    def test_unknown_sku_has_no_suggestion(self):
        self.fetch(ListingData("v2", "i2", sku="nobody knows"))
        listing = self.find("v2")
        self.assertEqual(listing.state, "unmapped")
        with self.assertRaises(UserError):
            listing.action_accept()

    def test_decisions_survive_the_next_fetch(self):
        data = ListingData("v2", "i2", sku="SKU-2")
        self.make_product(self.env, 2)
        self.fetch(data)
        self.find("v2").action_ignore()
        self.fetch(data)
        self.assertEqual(self.find("v2").state, "ignored")

    def test_listing_that_is_gone_is_marked_and_comes_back(self):
        data = ListingData("v2", "i2", sku="SKU-2")
        self.make_product(self.env, 2)
        other = ListingData("v3", "i3")
        self.fetch(data, other)
        self.fetch(other)
        self.assertEqual(self.find("v2").state, "gone")
        self.fetch(data, other)
        self.assertEqual(self.find("v2").state, "mapped")
        self.assertEqual(self.find("v3").state, "unmapped")

    def test_listing_renamed_to_another_product_is_told_until_it_is_decided(self):
        """Shops give a variant that is no longer made to what comes after it."""
        two, _three = (self.make_product(self.env, number) for number in (2, 3))
        plain = ListingData("v2", "i2", sku="SKU-2")
        other = ListingData("v9", "i9")

        def told():
            return (
                self.env["channel.exception"]
                .search(
                    [
                        ("channel_id", "=", self.channel.id),
                        ("state", "=", "open"),
                        ("key", "=like", "renamed:%"),
                    ]
                )
                .mapped("res_id")
            )

        def fetch(sku):
            self.fetch(ListingData("v2", "i2", sku=sku), other)
            return told()

        self.fetch(plain, other)
        listing = self.find("v2")
        self.assertEqual(fetch("SKU-2-NEW"), [])
        self.assertEqual((listing.state, listing.product_id), ("mapped", two))
        self.assertEqual(fetch("SKU-3"), listing.ids)
        # still sold as what it was, and told once
        self.assertEqual((listing.state, listing.product_id), ("mapped", two))
        self.assertEqual(fetch("SKU-3"), listing.ids)
        self.assertEqual(fetch("SKU-2"), [])
        self.assertEqual(fetch("SKU-3"), listing.ids)
        listing.action_reopen()
        listing.action_accept()
        self.assertEqual(told(), [])
        self.assertEqual(fetch("SKU-3"), [])

    def test_listing_that_comes_back_otherwise_is_reviewed(self):
        """Another SKU may be another thing; and what was not matched stays so."""
        self.make_product(self.env, 2)
        other = ListingData("v3", "i3")
        for change in ("sku", "product", "ignored"):
            with self.subTest(change):
                data = ListingData(change, f"i-{change}", sku="SKU-2")
                self.env["channel.listing"].search([("sku", "=", "SKU-2")]).unlink()
                self.fetch(data, other)
                self.assertEqual(self.find(change).state, "mapped")
                if change == "ignored":
                    self.find(change).action_ignore()
                self.fetch(other)
                self.assertEqual(self.find(change).state, "gone")
                if change == "sku":
                    data = ListingData(change, f"i-{change}", sku="SKU-3")
                elif change == "product":
                    self.find(change).product_id = self.make_product(self.env, 3)
                self.fetch(data, other)
                self.assertEqual(self.find(change).state, "review")

    def test_order_for_a_listing_that_was_left_out_goes_on_when_it_is_read_again(self):
        """One answer of the catalogue without it, and its orders are blocked: the sale
        itself has the catalogue read again, which releases them."""
        self.go_live(shown=10)
        other = ListingData("v3", "i3")
        told = ListingData(
            self.listing.external_id, self.listing.stock_ref, sku=self.listing.sku or ""
        )
        self.fetch(told, other)
        self.fetch(other)
        self.assertEqual(self.listing.state, "gone")
        woken, channels = [], type(self.channel)
        wake = channels._wake
        self.patch(
            channels,
            "_wake",
            lambda *args, **kwargs: (woken.extend(args[1:]), wake(*args, **kwargs)),
        )
        order = self.capture(self.fake.sell(2))
        self.assertIn("_job_fetch_listings", woken)
        order.state = "blocked"
        self.fetch(told, other)
        self.assertEqual(self.listing.state, "mapped")
        self.assertEqual(order.state, "captured")

    def test_empty_answer_takes_nothing_off_sale(self):
        with self.assertRaises(RejectedError):
            self.fetch()
        self.assertEqual(self.listing.state, "mapped")

    def test_product_of_another_company_is_not_suggested(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.make_product(self.env, 2, company_id=company.id)
        self.fetch(ListingData("v2", "i2", sku="SKU-2"))
        self.assertEqual(self.find("v2").state, "unmapped")

    def test_unit_of_another_kind_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "cannot be converted"):
            self.listing.uom_id = self.env.ref("uom.product_uom_kgm")

    def test_mapped_listing_needs_a_product(self):
        with self.assertRaises(ValidationError):
            self.listing.product_id = False

    def test_nodes_keep_their_warehouses(self):
        self.env["channel.catalogue"]._fetch_nodes(self.channel)
        self.assertEqual(self.node.warehouse_ids, self.warehouse)
        self.assertEqual(len(self.channel.node_ids), 2)

    def test_channel_cannot_go_live_before_it_is_ready(self):
        channel = self.env["channel.channel"].create({"name": "New"})
        with self.assertRaisesRegex(UserError, "[Cc]onnection"):
            channel.action_go_live()
        channel.connection_state = "ok"
        with self.assertRaisesRegex(UserError, "warehouse"):
            channel.action_go_live()
