# SPDX-License-Identifier: AGPL-3.0-or-later
"""What users of other connectors to Shopify have reported, each tried here."""

from odoo.tests import tagged

from .shop_orders import SHIPPING, VAT
from .test_shop_money import MoneyCase


@tagged("post_install", "-at_install")
class TestPublicReports(MoneyCase):
    def ship_all(self):
        self.ship(self.env, self.order(self.sold.gid).sale_order_id)
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        self.take_in()

    def settle(self, refund, status="SUCCESS"):
        """A gateway takes its time: the order's next version is of a later second."""
        clock = self.shop.store.clock
        clock.move(clock.skew + 2)
        self.shop.settle_refund(refund, status)
        self.take_in()

    def open_amount(self):
        moves = self.env["channel.bookkeeper"]._get_moves(self.order(self.sold.gid))
        posted = moves.filtered(lambda move: move.state == "posted")
        return sum(posted.mapped("amount_residual_signed"))

    def trouble(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def each_pending(self):
        """Yield a refund under way of an order that is shipped, is not, and was not
        known before."""
        for way in ("sold", "shipped", "unknown"):
            with self.subTest(way):
                lines = {"SKU-1": 2}
                self.sold = self.shop.checkout(lines, taxes=VAT, shipping=SHIPPING)
                if way != "unknown":
                    self.take_in()
                if way == "shipped":
                    self.ship_all()
                restock = "RETURN" if way == "shipped" else "CANCEL"
                clock = self.shop.store.clock
                clock.move(clock.skew + 2)
                refund = self.shop.refund(
                    self.sold, {"SKU-1": 1}, restock, pending=True
                )
                self.take_in()
                self.assertSound()
                yield refund

    def test_money_that_is_under_way_is_paid_back_when_it_arrives(self):
        """microsoft/BCApps#9112, craftcms/commerce-stripe#134: as long as the gateway
        is at it a refund comes to 0, and a credit note of 0 was made of it."""
        for refund in self.each_pending():
            before = self.payments()
            self.settle(refund)
            self.assertSound()
            self.assertAlmostEqual(self.open_amount(), 0, 2)
            known = self.order(self.sold.gid).refund_ids
            new = self.payments()[len(before) :]
            self.assertEqual(new, [] if known.state == "included" else [-10])

    def test_nothing_is_registered_as_long_as_it_is_under_way(self):
        for _refund in self.each_pending():
            self.assertFalse([each for each in self.payments() if each < 0])

    def test_money_that_could_not_be_paid_back_is_told_until_it_is(self):
        """Automattic/woocommerce-payments#1195: the goods are off the order, and the
        gateway has no money to pay them back with."""
        for refund in self.each_pending():
            before = self.payments()
            self.settle(refund, "FAILURE")
            self.assertEqual(self.trouble().mapped("category"), ["refund"])
            self.assertIn("10.00 USD could not be paid back", self.trouble().message)
            self.assertEqual(self.payments(), before)
            self.shop.pay_back(self.sold, "10")
            self.take_in()
            self.assertSound()
            self.assertAlmostEqual(self.open_amount(), 0, 2)

    def test_goodwill_that_could_not_be_paid_back(self):
        from sandbox.shopify.checkout import price_bag

        self.buy_by_hand([("SKU-1", 2, "10")])
        bag = price_bag(self.sold, "3.00")
        refund = self.shop.refund(self.sold, {}, amount=bag, pending=True)
        self.take_in()
        self.assertSound()
        self.settle(refund, "FAILURE")
        self.assertEqual(self.trouble().mapped("category"), ["refund"])
        self.shop.pay_back(self.sold, "3")
        self.take_in()
        self.assertSound()
        self.assertAlmostEqual(sum(self.payments()), 17, 2)

    def test_two_refunds_of_which_one_is_under_way(self):
        """Nothing is left of the order, and half of its money is still on its way: it
        is not kept, whether it arrives or not."""
        for status in ("SUCCESS", "FAILURE"):
            with self.subTest(status):
                self.buy_by_hand([("SKU-1", 2, "10")])
                self.shop.refund(self.sold, {"SKU-1": 1}, "CANCEL")
                refund = self.shop.refund(
                    self.sold, {"SKU-1": 1}, "CANCEL", pending=True
                )
                self.take_in()
                self.assertSound()
                self.settle(refund, status)
                sale = self.order(self.sold.gid).sale_order_id
                self.assertEqual(sale.amount_total, 0)
                if status == "FAILURE":
                    self.assertEqual(self.trouble().mapped("category"), ["refund"])
                    self.shop.pay_back(self.sold, "10")
                    self.take_in()
                self.assertSound()
                self.assertAlmostEqual(sum(self.payments()), 0, 2)

    def test_refunds_of_an_order_in_the_customers_currency(self):
        """microsoft/BCApps#6138, #4829, #7114: amounts of both currencies were mixed,
        of the delivery above all."""
        for currency, rate in (("EUR", "0.9137"), ("JPY", "157.31")):
            with self.subTest(currency):
                self.buy_by_hand(
                    [("SKU-1", 3, "12.99"), ("SKU-2", 1, "0.99")],
                    presentment={"currency": currency, "rate": rate},
                    shipping=SHIPPING,
                    discounts=[{"code": "TEN", "value": 10}],
                )
                before = self.payments()
                for units, values in (
                    ({"SKU-1": 1}, {"restock": "CANCEL"}),
                    ({}, {"shipping": True}),
                    ({"SKU-1": 1, "SKU-2": 1}, {"restock": "NO_RESTOCK"}),
                ):
                    self.shop.refund(self.sold, units, **values)
                    self.take_in()
                    self.assertSound()
                back = sum(self.payments()[len(before) :])
                self.assertAlmostEqual(before[-1] + back, 11.69, 2)

    def test_exchange_of_which_the_difference_goes_back(self):
        """microsoft/BCApps#8554: what was taken instead was credited once more."""
        from sandbox.shopify import orders
        from sandbox.shopify.checkout import price_bag

        other = [{"sku": "SKU-2", "quantity": 1, "price": "365"}]
        for first in ("taken", "returned"):
            with self.subTest(first):
                self.buy_by_hand([("SKU-1", 1, "1893")])
                self.ship_all()
                before = self.payments()
                clock = self.shop.store.clock
                clock.move(clock.skew + 2)
                rest = price_bag(self.sold, "1528")
                if first == "taken":
                    orders.edit(self.shop.store, self.sold, other)
                self.shop.refund(self.sold, {"SKU-1": 1}, amount=rest)
                if first == "returned":
                    orders.edit(self.shop.store, self.sold, other)
                self.take_in()
                self.assertSound()
                self.assertEqual(self.payments()[len(before) :], [-1528])
                self.assertAlmostEqual(self.open_amount(), 0, 2)

    def test_tax_on_top_goes_with_what_is_taken_off(self):
        """microsoft/BCApps#7447, #5158: an edited order was dearer by the tax of what
        had been taken off."""
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 19 on top",
                "amount": 19,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
            }
        )
        self.env["channel.tax.map"].create(
            {
                "channel_id": self.channel.id,
                "rate": 19,
                "price_included": False,
                "tax_id": tax.id,
            }
        )
        for step in ("edit", "refund"):
            with self.subTest(step):
                self.buy_by_hand(
                    [("SKU-1", 2, "48.00")],
                    taxes_included=False,
                    discounts=[{"code": "FIFTH", "value": 20}],
                )
                paid = self.worth()
                if step == "edit":
                    self.shop.edit_order(self.sold, {"SKU-1": 1})
                    self.take_in()
                    self.shop.pay_back(self.sold, f"{paid - self.worth():.2f}")
                else:
                    self.shop.refund(self.sold, {"SKU-1": 1}, "CANCEL")
                self.take_in()
                self.assertSound()
                sale = self.order(self.sold.gid).sale_order_id
                self.assertAlmostEqual(sale.amount_total, self.worth(), 2)
                self.assertAlmostEqual(self.payments()[-1], self.worth() - paid, 2)
