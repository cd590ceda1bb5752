# SPDX-License-Identifier: AGPL-3.0-or-later
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
        self.fetch(data)
        self.assertEqual(self.find("v2").state, "review")

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
