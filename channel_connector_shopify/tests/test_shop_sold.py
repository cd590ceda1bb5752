# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from .shop import PLACES, ShopCase


@tagged("post_install", "-at_install")
class TestShopSold(ShopCase):
    """What lines of a running store's orders are sold as, and what they cost."""

    def setUp(self):
        super().setUp()
        self.adapter_model._test_connection(self.channel)
        self.node.write({"external_id": self.place(PLACES[0]), "name": PLACES[0]})
        variant = self.shop.store.find_variant("SKU-1")
        self.listing.write(
            {"external_id": variant.gid, "stock_ref": self.item("SKU-1")}
        )
        self.plan()
        self.make_known(self.env, self.level, 10)

    def take_in(self, order):
        self.poll()
        self.intake()
        return self.order(order.gid)

    def exceptions(self, order):
        return self.env["channel.exception"].search(
            [
                ("state", "=", "open"),
                "|",
                ("order_ids", "in", order.ids),
                "&",
                ("res_model", "=", "channel.order"),
                ("res_id", "=", order.id),
            ]
        )

    def service(self, name, **values):
        return self.env["product.product"].create(
            {"name": name, "type": "service", "taxes_id": False, **values}
        )

    def test_what_the_customer_asked_for_reaches_the_packer(self):
        asked = {"Engraving": "For Ann", "_secret": "x"}
        sold = self.shop.checkout(
            [{"sku": "SKU-1", "quantity": 2, "properties": asked}]
        )
        order = self.take_in(sold)
        line = order.sale_order_id.order_line
        self.assertTrue(line.name.endswith("Engraving: For Ann"), line.name)
        self.assertIn("Engraving: For Ann", line.move_ids.description_picking)
        self.assertNotIn("secret", line.name)

    def test_tip_waits_for_its_product_and_is_sold_to_the_cent(self):
        sold = self.shop.checkout({"SKU-1": 2}, tip="3.35")
        order = self.take_in(sold)
        self.assertEqual(self.exceptions(order).category, "configuration")
        self.channel.tip_product_id = self.service("Tip")
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertAlmostEqual(order.sale_order_id.amount_total, 23.35)

    def test_custom_line_is_sold_as_the_product_for_it(self):
        self.channel.custom_product_id = self.service("Custom")
        lines = [
            {"sku": "SKU-1", "quantity": 1},
            {"title": "Fitting", "price": "7.50", "quantity": 2},
        ]
        order = self.take_in(self.shop.checkout(lines))
        self.assertEqual(
            order.state, "imported", self.exceptions(order).mapped("message")
        )
        self.assertAlmostEqual(order.sale_order_id.amount_total, 25)
        self.assertIn("Fitting", order.sale_order_id.order_line.mapped("name"))

    def test_variant_deleted_before_the_order_was_read_is_held_and_offered(self):
        sold = self.shop.checkout({"SKU-1": 3})
        self.shop.delete_variant("SKU-1")
        order = self.take_in(sold)
        self.assertEqual(self.exceptions(order).category, "unknown_sku")
        self.assertEqual(order.line_ids.hold_ids.product_id, self.product)
        self.assertEqual(self.position.available, 7)
        action = self.exceptions(order).action_match_listings()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.line_ids.product_id, self.product)
        wizard.action_apply()
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertEqual(self.position.available, 7)

    def test_variant_deleted_after_the_order_was_read_changes_nothing(self):
        sold = self.shop.checkout({"SKU-1": 3})
        order = self.take_in(sold)
        self.shop.delete_variant("SKU-1")
        self.take_in(sold)
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.line_ids.listing_id, self.listing)
        self.assertEqual(self.position.available, 7)

    def test_pack_changed_between_sale_and_cancellation(self):
        """Sold as single units; the listing is a case of six by the time two go."""
        sold = self.shop.checkout({"SKU-1": 3})
        order = self.take_in(sold)
        self.listing.pack_qty = 6
        self.plan()
        self.shop.edit_order(sold, {"SKU-1": 1})
        self.take_in(sold)
        self.assertEqual(order.state, "imported")
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 1)
        self.assertEqual(self.position.available, 9)
