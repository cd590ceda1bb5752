# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.ledger_money import money_faults
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .shop import PLACES, ShopCase
from .shop_orders import SHIPPING, VAT


class MoneyCase(Sold, ShopCase):
    """A store with a tax, whose orders are invoiced and paid by themselves."""

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

    def take_in(self):
        self.poll()
        self.intake()
        self.env.flush_all()
        known = self.order(self.sold.gid)
        taken = self.env["channel.bookkeeping"]._take(known.ids)
        # the intake has a transaction of its own, and may have taken numbers since
        self.env["account.move"]._get_sequence_cache().clear()
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

    def zero(self):
        from sandbox.shopify.money import Bag

        return Bag()

    def buy_by_hand(self, lines, **cart):
        """:param lines: (SKU, units, price of each)"""
        self.sold = self.shop.checkout(
            [
                {"sku": sku, "quantity": units, "price": price}
                for sku, units, price in lines
            ],
            **{"taxes": VAT, **cart},
        )
        self.take_in()
        self.assertSound()

    def refund_for(self, units, amount, restock):
        from sandbox.shopify.checkout import price_bag

        bag = price_bag(self.sold, amount)
        self.shop.refund(self.sold, units, restock=restock, amount=bag)


@tagged("post_install", "-at_install")
class TestShopMoney(MoneyCase):
    """What a store charges, edits, exchanges and pays back is in the books."""

    def setUp(self):
        super().setUp()
        self.sold = self.shop.checkout({"SKU-1": 2}, taxes=VAT, shipping=SHIPPING)
        self.take_in()
        self.assertSound()
        self.known = self.order(self.sold.gid)
        self.sale = self.known.sale_order_id

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

    def test_percentage_off_the_order_follows_units_that_are_taken_off(self):
        """microsoft/BCApps#10462: the discount of the units bought stayed on the one
        that was left."""
        code = {"discounts": [{"code": "TEN", "value": 10}]}
        for step in ("edit", "refund", "shipped"):
            with self.subTest(step):
                self.buy_by_hand([("SKU-1", 3, "12.99"), ("SKU-2", 1, "0.99")], **code)
                if step == "edit":
                    self.shop.edit_order(self.sold, {"SKU-1": 1})
                else:
                    if step == "shipped":
                        self.ship(self.env, self.order(self.sold.gid).sale_order_id)
                        self.env["channel.messenger"]._run(self.channel)
                        self.env.invalidate_all()
                        self.take_in()
                    restock = "RETURN" if step == "shipped" else "CANCEL"
                    for _unit in range(2):
                        self.shop.refund(self.sold, {"SKU-1": 1}, restock=restock)
                        self.take_in()
                self.take_in()
                self.assertSound()

    def test_amount_that_is_not_that_of_the_units_it_takes_back(self):
        """aden-hive/hive#7079: a part of the money, and all the units."""
        for amount in ("0.01", "9.99"):
            for restock in ("CANCEL", "NO_RESTOCK"):
                with self.subTest(amount=amount, restock=restock):
                    self.buy_by_hand([("SKU-1", 2, "12.99")], shipping=SHIPPING)
                    self.refund_for({"SKU-1": 1}, amount, restock)
                    self.take_in()
                    self.assertSound()
                    self.assertAlmostEqual(self.payments()[-1], -float(amount), 2)
                    self.refund_for({"SKU-1": 1}, amount, restock)
                    self.take_in()
                    self.assertSound()

    def test_line_that_is_free_bears_no_tax_and_comes_back_for_nothing(self):
        """frappe/ecommerce_integrations#460: lines of which a discount takes all."""
        gift = {"type": "percentage", "value": 100, "target": "line", "lines": [1]}
        lines = [("SKU-1", 2, "12.99"), ("SKU-2", 2, "3.33")]
        self.buy_by_hand(lines, discounts=[gift])
        self.shop.refund(self.sold, {"SKU-2": 1}, restock="CANCEL")
        self.take_in()
        self.assertSound()
        self.shop.refund(self.sold, {"SKU-1": 1, "SKU-2": 1}, restock="CANCEL")
        self.take_in()
        self.assertSound()

    def test_order_for_nothing_is_sold_edited_and_cancelled(self):
        self.buy_by_hand([("SKU-1", 2, "0")])
        self.shop.edit_order(self.sold, {"SKU-1": 1})
        self.take_in()
        self.assertSound()
        self.shop.cancel(self.sold)
        self.take_in()
        self.assertSound()

    def test_delivery_charge_of_which_a_part_is_paid_back(self):
        """PrestaShop/PrestaShop#9645: the tax of a delivery was left out."""
        from sandbox.shopify import orders
        from sandbox.shopify.checkout import price_bag

        part = price_bag(self.sold, "1.00")
        for shipping in (part, part, True):
            orders.refund(self.shop.store, self.sold, [], shipping=shipping)
            self.take_in()
            self.assertSound()

    def test_kept_of_an_order_that_nothing_is_left_of(self):
        """Its goods are taken back for less than they cost: the rest is sold as a fee,
        whether the order was known before or not."""
        for known in (False, True):
            for amount in ("0.01", "3.66"):
                with self.subTest(known=known, amount=amount):
                    cart = [{"sku": "SKU-1", "quantity": 1, "price": "3.67"}]
                    self.sold = self.shop.checkout(cart, taxes=VAT)
                    if known:
                        self.take_in()
                    self.refund_for({"SKU-1": 1}, amount, "CANCEL")
                    self.take_in()
                    self.assertSound()
                    sale = self.order(self.sold.gid).sale_order_id
                    self.assertAlmostEqual(sale.amount_total, 3.67 - float(amount), 2)
                    self.assertEqual(sale.amount_tax, 0)

    def credit_all(self):
        """A person credits an invoice of which one unit was paid back already."""
        self.buy_by_hand([("SKU-1", 2, "3.67")])
        self.shop.refund(self.sold, {"SKU-1": 1}, restock="CANCEL")
        self.take_in()
        self.assertSound()
        invoices = self.order(self.sold.gid).sale_order_id.invoice_ids
        invoice = invoices.filtered(lambda move: move.move_type == "out_invoice")
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        note = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        self.post(note)
        return note

    def post(self, note):
        note.action_post()
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.channel)
        self.env.invalidate_all()
        self.take_in()
        self.take_in()

    def trouble(self):
        return self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "open")]
        )

    def test_credit_note_of_more_than_is_left_is_corrected(self):
        """One cause is one exception, and what it advises ends it."""
        note = self.credit_all()
        self.assertEqual(self.trouble().mapped("category"), ["message"])
        self.assertIn(note.name, self.trouble().suggestion)
        note.button_draft()
        self.take_in()
        self.assertEqual(self.trouble().mapped("message"), [])
        note.invoice_line_ids.quantity = 1
        self.post(note)
        self.assertSound()
        self.assertEqual(
            set(self.order(self.sold.gid).refund_ids.mapped("state")),
            {"credited", "ours"},
        )

    def test_credit_note_that_the_channel_refused_is_judged_when_that_is_decided(self):
        note = self.credit_all()
        self.trouble()._record().action_discard()
        self.take_in()
        self.assertEqual(self.trouble().mapped("category"), ["books"])
        note.button_draft()
        note.button_cancel()
        self.take_in()
        self.assertSound()
