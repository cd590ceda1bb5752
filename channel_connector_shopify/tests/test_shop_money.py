# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.ledger_money import money_faults
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .shop import PLACES, ShopCase
from .shop_orders import SHIPPING, VAT


@tagged("post_install", "-at_install")
class TestShopMoney(Sold, ShopCase):
    """What a store charges, edits, exchanges and pays back is in the books."""

    def setUp(self):
        super().setUp()
        self.adapter_model._test_connection(self.channel)
        self.node.write({"external_id": self.place(PLACES[0])})
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
            variant = self.shop.store.find_variant(sku)
            values = {"external_id": variant.gid, "stock_ref": self.item(sku)}
            self.shop.edit_stock(sku, PLACES[0], quantity=50)
            if sku == "SKU-1":
                self.listing.write(values)
            else:
                other = self.make_product(self.env, 2, 50, self.warehouse)
                self.make_listing(self.env, self.channel, other, 2, **values)
        made = self.env["account.tax"].create(
            {
                "name": "VAT 19",
                "amount": 19,
                "type_tax_use": "sale",
                "price_include_override": "tax_included"
                if self.shop.config.taxes_included
                else "tax_excluded",
            }
        )
        self.env["channel.tax.map"].create(
            {
                "channel_id": self.channel.id,
                "rate": 19,
                "price_included": self.shop.config.taxes_included,
                "tax_id": made.id,
            }
        )
        self.plan()
        self.sold = self.shop.checkout({"SKU-1": 2}, taxes=VAT, shipping=SHIPPING)
        self.take_in()
        self.assertSound()
        self.known = self.order(self.sold.gid)
        self.sale = self.known.sale_order_id

    def take_in(self):
        self.poll()
        self.intake()
        self.env.flush_all()
        known = self.order(self.sold.gid)
        taken = self.env["channel.bookkeeping"]._take(known.ids)
        self.env["channel.bookkeeper"]._keep_books(
            self.env["channel.order"].browse(taken)
        )
        self.env.flush_all()
        self.env.invalidate_all()

    def assertSound(self):
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )
        self.assertEqual(found.mapped("message"), [])
        self.assertEqual(money_faults(self.env, self.channel), [])

    def payments(self):
        found = self.env["account.payment"].search(
            [("journal_id", "=", self.bank.id)], order="id"
        )
        return [
            each.amount if each.payment_type == "inbound" else -each.amount
            for each in found
        ]

    def worth(self):
        from sandbox.shopify import totals

        return float(totals.current_total(self.sold).shop)

    def test_price_that_is_edited_and_paid_back(self):
        before = self.worth()
        self.shop.discount(self.sold, "SKU-1", "3.00")
        self.take_in()
        self.assertSound()
        self.assertAlmostEqual(self.sale.amount_total, self.worth(), 2)
        off = round(before - self.worth(), 2)
        self.shop.pay_back(self.sold, str(off))
        self.take_in()
        self.assertSound()
        self.assertEqual([round(each, 2) for each in self.payments()], [before, -off])

    def test_goodwill_beside_an_edit(self):
        before = self.worth()
        self.shop.discount(self.sold, "SKU-1", "2.00")
        self.shop.pay_back(self.sold, "5.00")
        self.take_in()
        self.assertSound()
        self.assertAlmostEqual(sum(self.payments()), before - 5, 2)

    def test_exchange(self):
        """Shipped goods come back, others are taken, and the rest is paid back."""
        self.ship(self.env, self.sale)
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        self.take_in()
        paid = self.worth()
        self.shop.edit_order(self.sold, {"SKU-2": 1})
        self.shop.refund(self.sold, {"SKU-1": 2}, restock="RETURN", amount=self.zero())
        rest = round(paid - self.worth(), 2)
        if rest > 0:
            self.shop.pay_back(self.sold, str(rest))
        self.take_in()
        self.assertSound()
        came_in = sum(each for each in self.payments() if each > 0)
        self.assertAlmostEqual(came_in, paid, 2)

    def zero(self):
        from sandbox.shopify.money import Bag

        return Bag()

    def test_delivery_charge_that_is_paid_back(self):
        self.shop.refund(self.sold, {}, shipping=True)
        self.take_in()
        self.assertSound()
        notes = self.known.refund_ids.move_id
        self.assertEqual(notes.mapped("amount_total"), [self.payments()[-1] * -1])

    def test_cancelled_there_and_paid_back(self):
        self.shop.cancel(self.sold)
        self.take_in()
        self.assertSound()
        self.assertAlmostEqual(sum(self.payments()), 0, 2)

    def test_fee_kept_of_what_was_cancelled(self):
        from sandbox.shopify.checkout import price_bag

        amount = price_bag(self.sold, "5.00")
        self.shop.refund(self.sold, {"SKU-1": 1}, restock="CANCEL", amount=amount)
        self.take_in()
        self.assertSound()
        self.assertAlmostEqual(self.payments()[-1], -5, 2)
