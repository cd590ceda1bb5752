# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from ..mapper import stock_ref
from .shop import ShopCase
from .test_shop_flow import BILLING


@tagged("post_install", "-at_install")
class TestShopSold(ShopCase):
    """What lines of a running shop's orders are sold as, and what they cost."""

    def setUp(self):
        super().setUp()
        number = self.number("SKU-1")
        self.listing.write({"external_id": str(number), "stock_ref": stock_ref(number)})
        self.plan()
        self.make_known(self.env, self.level, 10)

    def buy(self, lines, **values):
        return self.shop.checkout(lines, billing=BILLING, **values)

    def take_in(self, sold):
        self.poll()
        self.intake()
        self.plan()
        self.publish()
        return self.order(str(sold.id))

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

    def deducted(self, listing):
        found = self.env["channel.deduction"].search([("listing_id", "=", listing.id)])
        return sum(found.mapped("quantity"))

    def service(self, name):
        return self.env["product.product"].create(
            {"name": name, "type": "service", "taxes_id": False}
        )

    def test_what_the_customer_asked_for_reaches_the_packer(self):
        asked = {"Engraving": "For Ann", "_addon": {"price": 3}}
        order = self.take_in(
            self.buy([{"sku": "SKU-1", "quantity": 2, "properties": asked}])
        )
        line = order.sale_order_id.order_line
        self.assertTrue(line.name.endswith("Engraving: For Ann"), line.name)
        self.assertIn("Engraving: For Ann", line.move_ids.description_picking)

    def test_gift_card_waits_for_its_product_and_is_sold_to_the_cent(self):
        cards = [{"code": "AAAA", "amount": "4.25"}]
        order = self.take_in(self.buy({"SKU-1": 2}, gift_cards=cards))
        self.assertEqual(self.exceptions(order).category, "configuration")
        self.channel.gift_card_product_id = self.service("Gift card")
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertAlmostEqual(order.sale_order_id.amount_total, 15.75)

    def test_fee_has_a_product_of_its_own_where_one_is_set(self):
        self.channel.fee_product_id = self.service("Fees")
        fees = [{"title": "Tip", "price": "2.00"}]
        order = self.take_in(self.buy({"SKU-1": 2}, fees=fees))
        self.assertAlmostEqual(order.sale_order_id.amount_total, 22)
        line = order.sale_order_id.order_line - order.line_ids.sale_line_ids
        self.assertEqual(line.product_id, self.channel.fee_product_id)
        self.assertEqual(line.name, "Tip")

    def test_part_of_a_unit_is_held_whole_then_sold_exactly(self):
        order = self.take_in(self.buy([{"sku": "SKU-1", "quantity": "1.5"}]))
        found = self.exceptions(order)
        self.assertEqual(found.category, "fraction")
        self.assertIn(order.name, found.message)
        self.assertEqual(self.position.available, 8)
        self.listing.fractions = True
        self.intake()
        self.assertEqual(order.state, "imported")
        self.assertAlmostEqual(self.position.available, 8.5)
        self.assertAlmostEqual(order.sale_order_id.amount_total, 15)

    def test_line_exchanged_by_an_addon_moves_goods_and_deduction(self):
        number = self.number("SKU-2")
        product = self.make_product(self.env, 2, 20, self.warehouse)
        other = self.make_listing(
            self.env,
            self.channel,
            product,
            2,
            external_id=str(number),
            stock_ref=stock_ref(number),
        )
        sold = self.buy({"SKU-1": 3})
        order = self.take_in(sold)
        self.assertEqual((self.deducted(self.listing), self.deducted(other)), (3, 0))
        self.shop.exchange_line(sold.id, "SKU-1", "SKU-2")
        self.take_in(sold)
        self.assertEqual(
            order.state, "imported", self.exceptions(order).mapped("message")
        )
        self.assertEqual((self.deducted(self.listing), self.deducted(other)), (0, 3))
        moves = order.sale_order_id.order_line.move_ids.filtered(
            lambda move: move.state != "cancel"
        )
        self.assertEqual(moves.product_id, product)
        self.assertEqual(self.position.available, 10)

    def test_pack_changed_between_sale_and_completion(self):
        sold = self.buy({"SKU-1": 3})
        order = self.take_in(sold)
        self.listing.pack_qty = 6
        self.shop.set_status(sold.id, "completed")
        self.take_in(sold)
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 3)
