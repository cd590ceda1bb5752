# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from .. import mapper
from .common import PureCase

VARIANT = {
    "id": "gid://shopify/ProductVariant/1",
    "sku": "SKU-1",
    "barcode": "4006381333931",
    "title": "Red",
    "requiresComponents": False,
    "inventoryPolicy": "DENY",
    "price": "12.50",
    "compareAtPrice": None,
    "product": {"title": "Shirt", "status": "ACTIVE"},
    "inventoryItem": {
        "id": "gid://shopify/InventoryItem/9",
        "tracked": True,
        "measurement": {"weight": {"value": 250, "unit": "GRAMS"}},
    },
}


class TestMapper(PureCase):
    def test_variant(self):
        self.assertEqual(
            mapper.listing(VARIANT),
            {
                "external_id": "gid://shopify/ProductVariant/1",
                "stock_ref": "gid://shopify/InventoryItem/9",
                "sku": "SKU-1",
                "barcode": "4006381333931",
                "title": "Shirt / Red",
                "tracked": True,
                "active": True,
                "sells_below_zero": False,
                "price": "12.50",
                "weight": "0.250000",
            },
        )

    def test_price_during_a_sale_is_what_it_is_compared_at(self):
        for compared, price in (("15.00", "15.00"), ("9.00", "12.50"), (None, "12.50")):
            found = mapper.listing({**VARIANT, "compareAtPrice": compared})
            self.assertEqual(found["price"], price)
        self.assertIsNone(mapper.listing({**VARIANT, "price": None})["price"])

    def test_weight_that_nobody_has_entered_is_not_told(self):
        for told in (
            None,
            {"weight": None},
            {"weight": {"value": 0, "unit": "GRAMS"}},
            {"weight": {"value": 2, "unit": "STONES"}},
        ):
            item = {**VARIANT["inventoryItem"], "measurement": told}
            found = mapper.listing({**VARIANT, "inventoryItem": item})
            self.assertIsNone(found["weight"])

    def test_only_variant_has_the_products_title(self):
        found = mapper.listing({**VARIANT, "title": "Default Title"})
        self.assertEqual(found["title"], "Shirt")

    def test_nothing_is_published_to_a_bundle(self):
        self.assertFalse(
            mapper.listing({**VARIANT, "requiresComponents": True})["tracked"]
        )

    def test_only_archived_products_are_inactive(self):
        for status, active in (
            ("DRAFT", True),
            ("UNLISTED", True),
            ("ARCHIVED", False),
        ):
            product = {"title": "Shirt", "status": status}
            found = mapper.listing({**VARIANT, "product": product})
            self.assertEqual(found["active"], active)

    def test_empty_fields(self):
        found = mapper.listing({**VARIANT, "sku": None, "barcode": None})
        self.assertEqual((found["sku"], found["barcode"]), ("", ""))

    def test_levels(self):
        level = {"quantities": [{"name": "available", "quantity": -3}]}
        rows = mapper.level_rows(
            [
                {"id": "a", "inventoryLevel": level},
                {"id": "b", "inventoryLevel": None},
                None,
                {},
            ],
            ["a", "b", "gone"],
            "place",
        )
        self.assertEqual([row["available"] for row in rows], [-3, None, None])
        self.assertEqual({row["node_ref"] for row in rows}, {"place"})

    def test_page_info(self):
        for more, cursor in ((True, "c"), (False, "")):
            info = {"pageInfo": {"hasNextPage": more, "endCursor": "c"}}
            self.assertEqual(mapper.page_info(info), cursor)

    def test_malformed(self):
        for function, value in (
            (mapper.listing, {**VARIANT, "inventoryItem": None}),
            (mapper.listing, {**VARIANT, "sku": 5}),
            (mapper.listing, None),
            (mapper.node, {"id": "x", "name": "y", "isActive": "yes"}),
            (mapper.page_info, {}),
        ):
            with self.subTest(value=value), self.assertRaises(Malformed):
                function(value)
        broken = [
            {"id": "a", "inventoryLevel": {"quantities": [{"name": "available"}]}}
        ]
        with self.assertRaises(Malformed):
            mapper.level_rows(broken, ["a"], "place")
