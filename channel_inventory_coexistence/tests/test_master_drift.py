# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.schemas import ListingData

from .common_coexistence import CoexistenceCase


@tagged("post_install", "-at_install")
class TestMasterDrift(CoexistenceCase):
    """Product data that a channel and Odoo say differently is listed, and told."""

    def setUp(self):
        super().setUp()
        self.product.barcode = "4006381333931"
        self.listing.write({"sku": "SKU-1", "barcode": "04006381333931", "title": "X"})

    def found(self):
        self.env.flush_all()
        drift = self.env["channel.master.drift"]
        drift.invalidate_model()
        rows = drift.search([("channel_id", "=", self.channel.id)])
        return [(row.figure, row.there, row.here) for row in rows]

    def test_sku_and_barcode_are_compared_as_they_are_read(self):
        # a GTIN of 14 digits is that of 13
        self.assertEqual(self.found(), [])
        self.listing.write({"sku": "sku-1x", "barcode": "4006381333948"})
        self.assertEqual(
            self.found(),
            [
                ("barcode", "4006381333948", "4006381333931"),
                ("sku", "sku-1x", "SKU-1"),
            ],
        )

    def test_a_pack_has_figures_of_its_own(self):
        self.listing.sku = "SKU-1-12"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_listing SET stock_factor = 12 WHERE id = %s",
            [self.listing.id],
        )
        self.assertEqual(self.found(), [])

    def test_titles_count_where_somebody_owns_them(self):
        self.listing.title = "Best soap ever"
        self.assertEqual(self.found(), [])
        self.env["channel.ownership"].create(
            {"domain": "product", "owner": "odoo", "channel_id": self.channel.id}
        ).action_activate()
        self.assertEqual(self.found(), [("title", "Best soap ever", self.product.name)])
        self.listing.title = f" {self.product.name.upper()} "
        self.assertEqual(self.found(), [])

    def own(self, domain):
        self.env["channel.ownership"].create(
            {"domain": domain, "owner": "odoo", "channel_id": self.channel.id}
        ).action_activate()

    def tell(self, **values):
        """What the channel's catalogue says of the listing."""
        data = ListingData(
            self.listing.external_id,
            self.listing.stock_ref,
            sku="SKU-1",
            title=self.product.name,
            **{name: Decimal(value) for name, value in values.items()},
        )
        self.env["channel.catalogue"]._store_page(self.channel.id, [data])

    def test_weights_count_where_somebody_owns_the_product_master(self):
        self.product.weight = 0.25
        self.tell(weight="0.5")
        self.assertEqual(self.found(), [])
        self.own("product")
        self.assertEqual(self.found(), [("weight", "0.5 kg", "0.25 kg")])
        for weight in ("0.25", "0.2536", "0"):
            # what Odoo rounds is no difference, and 0 is none that was entered
            self.tell(weight=weight)
            self.assertEqual(self.found(), [])
        self.tell(weight="0.5")
        self.product.weight = 0
        self.assertEqual(self.found(), [])

    def test_weights_are_compared_in_kilograms(self):
        self.env["ir.config_parameter"].set_param("product.weight_in_lbs", "1")
        self.own("product")
        self.product.weight = 2
        self.tell(weight="0.907185")
        self.assertEqual(self.found(), [])
        self.tell(weight="2")
        self.assertEqual(self.found(), [("weight", "2 kg", "0.907185 kg")])

    def test_prices_count_where_somebody_owns_them(self):
        self.product.list_price = 12.5
        self.tell(price="13.00")
        self.own("product")
        self.assertEqual(self.found(), [])
        self.own("price")
        self.assertEqual(self.found(), [("price", "13.00", "12.50")])
        self.tell(price="12.5")
        self.assertEqual(self.found(), [])
        # nothing is what it costs, and not what nobody has told
        self.tell(price="0")
        self.assertEqual(self.found(), [("price", "0.00", "12.50")])
        self.tell()
        self.assertEqual(self.found(), [])

    def test_prices_of_another_currency_are_not_compared(self):
        self.own("price")
        self.tell(price="13.00")
        self.assertEqual(len(self.found()), 1)
        other = self.env["res.currency"].search(
            [("id", "!=", self.channel.company_id.currency_id.id)], limit=1
        )
        self.channel.currency_id = other
        self.assertEqual(self.found(), [])

    def test_price_is_that_of_the_variant(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "value_ids": [(0, 0, {"name": "L"})]}
        )
        template = self.product.product_tmpl_id
        self.env["product.template.attribute.line"].create(
            {
                "product_tmpl_id": template.id,
                "attribute_id": attribute.id,
                "value_ids": [(6, 0, attribute.value_ids.ids)],
            }
        )
        combination = self.product.product_template_attribute_value_ids
        combination.price_extra = 2
        template.list_price = 10
        self.own("price")
        self.tell(price="10")
        self.assertEqual(self.found(), [("price", "10.00", "12.00")])
        self.tell(price=str(self.product.lst_price))
        self.assertEqual(self.found(), [])

    def test_told_once_and_ended_by_the_next_catalogue(self):
        drift = self.env["channel.master.drift"]
        self.listing.sku = "OTHER"
        for _fetch in range(2):
            drift._tell(self.channel)
        exception = self.env["channel.exception"].search(
            [("category", "=", "master_data"), ("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(len(exception), 1)
        self.assertIn("OTHER", exception.message)
        self.listing.sku = "SKU-1"
        drift._tell(self.channel)
        self.assertEqual(exception.state, "resolved")
