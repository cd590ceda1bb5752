# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions

from ..mapper import stock_ref
from .shop import Inbox, ShopCase

BILLING = {
    "first_name": "Ada",
    "last_name": "Shopper",
    "address_1": "Street 1",
    "city": "Gent",
    "postcode": "9000",
    "country": "BE",
    "email": "ada@shopper.example",
}


@tagged("post_install", "-at_install")
class TestShopFlow(ShopCase):
    """The base's planner, publisher and intake over a running shop."""

    def setUp(self):
        super().setUp()
        self.bind("SKU-1")
        self.plan()
        self.make_known(self.env, self.level, 10)

    def bind(self, sku):
        product = self.shop.store.find_product(sku)
        parent = product.parent.id if product.parent else 0
        self.listing.write(
            {"external_id": str(product.id), "stock_ref": stock_ref(product.id, parent)}
        )

    def add(self, quantity):
        self.add_stock(self.env, self.product, self.warehouse, quantity)
        self.plan()

    def take_in(self):
        self.poll()
        self.intake()
        self.plan()
        self.publish()

    def open_exceptions(self):
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )
        return dict(found.mapped(lambda each: (each.category, each.message)))

    def buy(self, quantity=1, **values):
        return self.shop.checkout({"SKU-1": quantity}, billing=BILLING, **values)

    # --------------------------------------------------------------- levels
    def test_stock_change_reaches_the_shop(self):
        self.add(7)
        self.publish()
        self.assertEqual(self.shop.shown("SKU-1"), 17)
        self.assertTrue(self.level.in_sync)

    def test_orders_are_known_before_a_number_is_sent(self):
        self.buy(3)
        self.add(7)
        self.publish()
        self.assertEqual(self.shop.shown("SKU-1"), 14)

    def test_unchanged_numbers_are_not_sent(self):
        self.env["channel.level.pending"]._add(self.level)
        self.publish()
        self.assertFalse(self.shop.log.entries("POST products/batch"))

    def test_lost_answer_ends_in_the_right_number(self):
        self.add(7)
        self.shop.faults.add(
            kind="reset_after_commit", next=1, operation="products/batch"
        )
        with self.assertRaises(exceptions.UncertainError):
            self.publish()
        self.buy(2)
        self.publish()
        self.assertEqual(self.shop.shown("SKU-1"), 15)
        self.assertTrue(self.level.in_sync)

    # ------------------------------------------------------------ catalogue
    def test_simple_and_variable_products_become_listings(self):
        self.fetch_listings()
        red = self.listing_of("S-RED")
        self.assertEqual(red.stock_ref, self.ref("S-RED").stock_ref)
        self.assertEqual(red.title, "Shirt / Red")
        self.assertFalse(self.listing_of("SHIRT"), "its variations are sold")

    def test_parent_managed_stock_is_recognized_and_explained(self):
        self.fetch_listings()
        mug = self.listing_of("M-S")
        self.assertFalse(mug.tracked)
        self.assertIn("share the stock", mug.channel_note)
        self.assertEqual(mug.stock_listing_id, self.listing_of("MUG"))
        self.shop.edit_product("M-S", manage_stock=True)
        self.fetch_listings()
        self.assertEqual((mug.tracked, mug.channel_note), (True, False))
        self.assertFalse(mug.stock_listing_id)

    def test_a_product_that_became_variable_is_explained_then_gone(self):
        self.shop.make_variable("SKU-1", [{"sku": "SKU-1-S", "price": "1", "stock": 2}])
        self.add(7)
        self.publish()
        self.assertIn("variable product", self.open_exceptions()["level"])
        self.fetch_listings()
        self.assertEqual(self.listing.state, "gone")
        self.assertTrue(self.listing_of("SKU-1-S"))

    def test_a_deleted_product_is_explained_then_gone(self):
        self.shop.delete_product("SKU-1")
        self.add(7)
        self.publish()
        self.assertIn("deleted in the shop", self.open_exceptions()["level"])
        self.fetch_listings()
        self.assertEqual(self.listing.state, "gone")

    def test_an_order_of_a_product_deleted_since_waits_for_a_person(self):
        order = self.buy(2)
        self.shop.delete_product("SKU-1")
        self.take_in()
        known = self.order(str(order.id))
        self.assertEqual(known.state, "blocked")
        self.assertIn("unknown_sku", self.open_exceptions())

    # --------------------------------------------------------------- orders
    def test_an_order_comes_to_the_last_cent(self):
        for number, included in enumerate((True, False)):
            self.shop.config.prices_include_tax = included
            self.shop.edit_product("SKU-1", price="9.99")
            order = self.buy(
                3,
                taxes=[{"title": "VAT", "rate": 0.21}],
                shipping={"title": "Post", "price": "4.95"},
                coupons=[{"code": "TEN", "percent": 10}],
            )
            self.make_tax(0.21, included)
            self.take_in()
            known = self.order(str(order.id))
            self.assertEqual(self.open_exceptions(), {}, number)
            sale = known.sale_order_id
            self.assertEqual(f"{sale.amount_total:.2f}", f"{order.total:.2f}")
            self.assertEqual(f"{sale.amount_tax:.2f}", f"{order.total_tax:.2f}")
            self.assertEqual(sale.state, "sale")

    def make_tax(self, rate, included):
        tax = self.env["account.tax"].create(
            {
                "name": f"VAT {included}",
                "amount": rate * 100,
                "type_tax_use": "sale",
                "price_include_override": (
                    "tax_included" if included else "tax_excluded"
                ),
            }
        )
        self.channel.tax_map_ids = [
            (5,),
            (
                0,
                0,
                {"rate": rate * 100, "price_included": included, "tax_id": tax.id},
            ),
        ]

    def test_an_order_in_a_currency_that_is_inactive(self):
        self.env.ref("base.CHF").active = False
        order = self.buy(1, currency="CHF")
        self.take_in()
        self.assertIn("CHF", self.open_exceptions()["currency"])
        self.assertEqual(self.order(str(order.id)).state, "blocked")
        # its demand counts all the same
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (9, 9))

    def test_an_unpaid_order_waits_and_its_payment_confirms_it(self):
        order = self.buy(2, payment="on-hold")
        self.take_in()
        known = self.order(str(order.id))
        self.assertEqual(known.sale_order_id.state, "draft")
        self.shop.store.clock.move(5)
        self.shop.pay(order)
        self.take_in()
        self.assertEqual(known.sale_order_id.state, "sale")
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (8, 8))

    def test_cancelled_in_the_shop_is_cancelled_here_and_on_sale_again(self):
        order = self.buy(2)
        self.take_in()
        self.shop.store.clock.move(5)
        self.shop.cancel(order)
        self.take_in()
        self.assertEqual(self.order(str(order.id)).sale_order_id.state, "cancel")
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (10, 10))

    def test_webhooks_in_any_order_and_number_make_one_order(self):
        inbox = Inbox()
        self.addCleanup(inbox.stop)
        self.adapter_model._ensure_webhooks(self.channel, f"{inbox.url}/hook")
        order = self.buy(4, payment="pending")
        self.shop.cron()
        self.shop.store.clock.move(3)
        self.shop.pay(order)
        self.shop.cron()
        self.shop.store.clock.move(6)
        self.shop.refund(order, {"SKU-1": 1})
        self.shop.cron()
        deliveries = inbox.signed()
        self.assertEqual(len(deliveries), 3)
        for headers, body in [*reversed(deliveries), *deliveries]:
            event = self.adapter_model._verify_webhook(self.channel, headers, body)
            self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.take_in()
        found = self.order(str(order.id))
        self.assertEqual([line.quantity for line in found.line_ids], [3])
        self.assertEqual(len(found.sale_order_id), 1)
        self.assertEqual((self.level.target, self.shop.shown("SKU-1")), (7, 7))

    def test_wp_cron_that_never_comes_is_no_reason_to_miss_an_order(self):
        order = self.buy(2)
        self.assertEqual(self.shop.hooks.log, [])
        self.take_in()
        self.assertTrue(self.order(str(order.id)).sale_order_id)
