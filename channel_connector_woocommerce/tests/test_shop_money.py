# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.ledger_money import money_faults
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .shop import ShopCase

RATES = [{"title": "VAT", "rate": 0.19}, {"title": "Low", "rate": 0.07}]


class MoneyCase(Sold, ShopCase):
    """A shop with several taxes, whose orders are invoiced and paid by themselves."""

    settings = {"round_at_subtotal": False, "lose_tax_lines": False}

    def setUp(self):
        super().setUp()
        self.shop.config.prices_include_tax = False
        self.bank = self.env["account.journal"].create(
            {"name": "Gateway", "code": "CHGW", "type": "bank"}
        )
        self.channel.write(
            {
                "invoice_policy": "confirmed",
                "payment_policy": "paid",
                "payment_journal_id": self.bank.id,
            }
        )
        for sku in ("SKU-1", "SKU-2"):
            product = self.shop.store.find_product(sku)
            values = {
                "external_id": str(product.id),
                "stock_ref": self.ref(sku).stock_ref,
            }
            if sku == "SKU-1":
                self.listing.write(values)
            else:
                other = self.make_product(self.env, 2, 20, self.warehouse)
                self.make_listing(self.env, self.channel, other, 2, **values)
        for rate in (19, 7, 7.5):
            for included in (True, False):
                self.map_tax(rate, included)
        self.plan()

    def map_tax(self, rate, included):
        made = self.env["account.tax"].create(
            {
                "name": f"{rate} {included}",
                "amount": rate,
                "type_tax_use": "sale",
                "price_include_override": "tax_included"
                if included
                else "tax_excluded",
            }
        )
        self.env["channel.tax.map"].create(
            {
                "channel_id": self.channel.id,
                "rate": rate,
                "price_included": included,
                "tax_id": made.id,
            }
        )

    def buy(self, *lines, **cart):
        """:param lines: (sku, units, price, ids of its rates)"""
        rows = [
            {"sku": sku, "quantity": units, "price": price, "rates": rates}
            for sku, units, price, rates in lines
        ]
        cart.setdefault("taxes", RATES)
        self.sold = self.shop.checkout(lines=rows, **cart)
        self.take_in()
        return self.order(str(self.sold.id))

    def take_in(self):
        self.shop.store.clock.move(5)
        self.poll()
        self.intake()
        self.env.flush_all()
        known = self.order(str(self.sold.id))
        taken = self.env["channel.bookkeeping"]._take(known.ids)
        # the intake has a transaction of its own, and may have taken numbers since
        self.env["account.move"]._get_sequence_cache().clear()
        self.env["channel.bookkeeper"]._keep_books(
            self.env["channel.order"].browse(taken)
        )
        self.env.flush_all()
        self.env.invalidate_all()

    def trouble(self):
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )
        return [f"{each.category}: {each.message}" for each in found]

    def assertSound(self):
        self.assertEqual(self.trouble(), [])
        self.assertEqual(money_faults(self.env, self.channel), [])

    def assertSold(self, order):
        self.assertSound()
        sale = order.sale_order_id
        self.assertEqual(
            (round(sale.amount_total, 2), round(sale.amount_tax, 2)),
            (float(self.sold.total), float(self.sold.total_tax)),
        )


@tagged("post_install", "-at_install")
class TestShopMoney(MoneyCase):
    """What a shop charges, edits and pays back is in the books to the cent."""

    def test_fees_and_delivery_by_the_rates_of_the_goods(self):
        for included in (False, True):
            self.shop.config.prices_include_tax = included
            order = self.buy(
                ("SKU-1", 1, "30.00", [1]),
                ("SKU-2", 3, "3.33", [2]),
                shipping={"title": "Post", "price": "4.90", "by_goods": True},
                fees=[{"title": "Voucher", "price": "-8", "by_goods": True}],
            )
            self.assertSold(order)

    def test_taxes_that_are_rounded_once(self):
        self.shop.config.round_at_subtotal = True
        taxes = [{"title": "VAT", "rate": 0.075}]
        order = self.buy(
            ("SKU-1", 1, "15.00", None),
            ("SKU-2", 1, "3.00", None),
            taxes=taxes,
            shipping={"title": "Post", "price": "12.00"},
        )
        self.assertSold(order)
        self.shop.refund(self.sold, {"SKU-1": 1})
        self.take_in()
        self.assertSound()

    def test_tax_lines_that_are_lost(self):
        self.shop.config.lose_tax_lines = True
        order = self.buy(("SKU-1", 1, "30.00", [1]), ("SKU-2", 3, "3.33", [2]))
        self.assertSold(order)
        asked = self.shop.log.entries(None, 0)
        rates = [each for each in asked if "/taxes/" in str(each)]
        self.assertTrue(rates)

    def test_amounts_that_are_recalculated_follow(self):
        order = self.buy(
            ("SKU-1", 2, "30.00", [1]),
            shipping={"title": "Post", "price": "5", "rates": [1]},
        )
        self.assertSold(order)
        for values in (
            {"prices": {"SKU-1": "25"}},
            {"shipping": "3"},
            {"fees": [{"title": "Wrap", "price": "2", "rates": [2]}]},
        ):
            self.shop.reprice(self.sold, **values)
            self.take_in()
            self.assertSold(order)

    def test_money_back_without_units_and_of_a_fee(self):
        order = self.buy(
            ("SKU-1", 2, "30.00", [1]),
            shipping={"title": "Post", "price": "5", "rates": [1]},
            fees=[{"title": "Wrap", "price": "2", "rates": [2]}],
        )
        for money in ({"SKU-1": ["10.00", "1.90"]}, {"Wrap": ["2.00", "0.14"]}):
            self.shop.refund(self.sold, money=money)
            self.take_in()
            self.assertSound()
        notes = order.refund_ids.move_id
        self.assertEqual(sorted(notes.mapped("amount_total")), [2.14, 11.90])
        self.assertEqual(sorted(notes.mapped("amount_tax")), [0.14, 1.90])

    def test_more_units_back_than_bought_and_cancelled_then(self):
        order = self.buy(("SKU-1", 2, "10.00", [1]), ("SKU-2", 4, "10.00", [1]))
        self.shop.refund(self.sold, {"SKU-1": 3})
        self.take_in()
        self.assertIn("1 × SKU-1 too many", " ".join(self.trouble()))
        self.assertEqual(money_faults(self.env, self.channel), [])
        self.shop.set_status(self.sold, "cancelled")
        self.take_in()
        self.assertEqual(order.sale_order_id.state, "cancel")

    def test_line_that_is_deleted_after_its_refund_stays_sold(self):
        """woocommerce/woocommerce#27504: somebody tidies up the order."""
        for shipped in (True, False):
            order = self.buy(("SKU-1", 2, "7.10", [1]), ("SKU-2", 1, "9.00", [1]))
            if shipped:
                self.ship(self.env, order.sale_order_id)
                self.env.flush_all()
                self.env["channel.messenger"]._run(self.channel)
                self.env.invalidate_all()
                self.take_in()
            self.shop.refund(self.sold, {"SKU-1": 2})
            self.take_in()
            self.assertSound()
            kept = order.sale_order_id.amount_total
            self.shop.edit_order(self.sold, {"SKU-1": 0})
            self.take_in()
            self.assertSound()
            self.assertEqual(order.state, "imported")
            self.assertEqual(order.sale_order_id.amount_total, kept)
            self.assertEqual(kept, 27.61 if shipped else 10.71)

    def test_payment_that_is_taken_back_is_told(self):
        self.buy(("SKU-1", 1, "30.00", [1]))
        self.shop.set_status(self.sold, "on-hold")
        self.take_in()
        self.assertIn("was paid and is pending", " ".join(self.trouble()))

    def test_cash_on_delivery_is_paid_when_the_shop_says_so(self):
        """woocommerce/woocommerce#14775: such an order is processed before the customer
        has paid. It is delivered, and nothing is registered as paid before."""
        order = self.buy(("SKU-1", 3, "8.30", [1]), gateway="cod")
        self.assertEqual(order.sale_order_id.state, "sale")
        invoice = order.sale_order_id.invoice_ids
        self.assertEqual(
            (invoice.state, invoice.amount_total, invoice.amount_residual),
            ("posted", 29.63, 29.63),
        )
        self.assertSound()
        self.shop.set_status(self.sold, "completed")
        self.take_in()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(money_faults(self.env, self.channel), [])

    def test_cancelled_here_and_not_paid_back_there_is_told(self):
        """The gateway cannot pay back: a person has to, and knows how much."""
        order = self.buy(("SKU-1", 1, "30.00", [1]), gateway="bacs")
        order.sale_order_id.with_context(disable_cancel_warning=True).action_cancel()
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        self.assertEqual(set(order.notification_ids.mapped("state")), {"done"})
        self.assertIn("not refunded", " ".join(self.trouble()))
        self.take_in()
        self.shop.refund(self.sold, {"SKU-1": 1}, restock=False)
        self.take_in()
        self.assertSound()

    def test_amount_goes_before_what_its_lines_come_to(self):
        """woocommerce/woocommerce-rest-api-docs#159: a line of 5 and a tax of 1, and 7
        is paid back."""
        for amount in ("7.00", "2.00", "0"):
            with self.subTest(amount):
                self.buy(("SKU-1", 2, "5.00", [1]), ("SKU-2", 1, "20.00", [2]))
                self.shop.refund(self.sold, {"SKU-1": 1}, amount=amount)
                self.take_in()
                self.assertSound()

    def test_unit_of_goods_and_a_part_of_a_fee_come_back_together(self):
        """woocommerce/woocommerce#24238"""
        self.buy(
            ("SKU-1", 2, "30.00", [1]),
            fees=[{"title": "Wrap", "price": "2", "rates": [2]}],
            shipping={"title": "Post", "price": "5", "rates": [1]},
        )
        for money in ({"Wrap": ["0.50", "0.04"]}, {"Post": ["2.50", "0.48"]}):
            self.shop.refund(self.sold, {"SKU-1": 1}, money=money)
            self.take_in()
            self.assertSound()

    def test_coupon_of_percent_on_top_of_taxes(self):
        """frappe/ecommerce_integrations#154: the discount is of the goods, and the tax
        of what is left of them."""
        for included in (True, False):
            self.shop.config.prices_include_tax = included
            order = self.buy(
                ("SKU-1", 3, "12.99", [1]),
                ("SKU-2", 1, "0.99", [2]),
                coupons=[{"code": "TEN", "percent": 10}],
            )
            self.assertSold(order)
            self.shop.refund(self.sold, {"SKU-1": 1})
            self.take_in()
            self.assertSound()
