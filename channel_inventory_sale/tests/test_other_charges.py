# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas

from .common_order import OrderCase, tax


def charge(kind, price, *taxes, title=""):
    return schemas.ShippingLineData(
        title=title or kind.title(), price=Decimal(price), taxes=taxes, kind=kind
    )


@tagged("post_install", "-at_install")
class TestOtherCharges(OrderCase):
    """Tips, fees and gift cards: each has a product of its own on the channel."""

    def _service(self, kind, account=None):
        product = self.env["product.product"].create(
            {
                "name": kind,
                "type": "service",
                "invoice_policy": "order",
                "property_account_income_id": account and account.id,
            }
        )
        self.channel[f"{kind}_product_id"] = product
        return product

    def _sell(self, *charges, total, **values):
        line = self._line(self.lamp, 2, "10.00", tax(10, "2.00"))
        data = self._data(
            line, total=total, total_tax="2.00", shipping_lines=charges, **values
        )
        return data, self._import(data)

    def test_each_kind_waits_for_its_product_and_then_is_sold_as_it(self):
        for kind, price, total in (
            ("tip", "3.50", "25.50"),
            ("gift_card", "-7.25", "14.75"),
        ):
            _data, order = self._sell(charge(kind, price), total=total)
            self.assertRefused(order, "configuration")
            product = self._service(kind)
            self.assertEqual(order.state, "captured")
            order.env["channel.order.importer"]._import(order)
            sale_order = self.assertImported(order, total, "2.00")
            line = sale_order.order_line.filtered(
                lambda each, one=product: each.product_id == one
            )
            self.assertEqual(line.price_total, float(price))

    def test_fee_is_a_delivery_charge_until_it_has_a_product(self):
        fee = charge("fee", "5.00", title="Rush")
        _data, order = self._sell(fee, total="27.00")
        sale_order = self.assertImported(order, "27.00", "2.00")
        self.assertIn(
            self.channel.shipping_product_id, sale_order.order_line.product_id
        )
        product = self._service("fee")
        _data, order = self._sell(fee, total="27.00")
        line = self.assertImported(order, "27.00", "2.00").order_line[-1]
        self.assertEqual((line.product_id, line.name), (product, "Rush"))

    def test_order_paid_by_gift_card_alone_comes_to_nothing(self):
        self._service("gift_card")
        _data, order = self._sell(charge("gift_card", "-22.00"), total="0.00")
        sale_order = self.assertImported(order, "0.00", "2.00")
        self.assertEqual(sale_order.state, "sale")

    def test_gift_card_is_booked_on_what_is_owed_for_gift_cards(self):
        account = self.env["account.account"].create(
            {
                "name": "Gift cards",
                "code": "249901",
                "account_type": "liability_current",
            }
        )
        self._service("gift_card", account)
        _data, order = self._sell(charge("gift_card", "-7.25"), total="14.75")
        invoice = order.sale_order_id._create_invoices(final=True)
        self.assertAlmostEqual(invoice.amount_total, 14.75)
        booked = invoice.line_ids.filtered(lambda line: line.account_id == account)
        self.assertEqual(booked.balance, 7.25)

    def test_charges_of_a_confirmed_order_follow_its_lines(self):
        """A unit less: the tip stays what it was, nothing is there twice."""
        self._service("tip")
        data, order = self._sell(charge("tip", "3.50"), total="25.50")
        line = replace(
            data.lines[0],
            quantity=1,
            open_quantity=1,
            taxes=(tax(10, "1.00"),),
            deductions=(schemas.Deduction("main", 1),),
        )
        newer = replace(
            data,
            lines=(line,),
            total=Decimal("14.50"),
            total_tax=Decimal("1.00"),
            version=data.version + timedelta(minutes=1),
        )
        self._import(newer)
        self.assertImported(order, "14.50", "1.00")

    def test_other_currency_than_the_shops_stays_told(self):
        other = self.env["res.currency"].with_context(active_test=False)
        other = other.search([("name", "=", "CHF")])
        other.active = True
        _data, order = self._sell(total="22.00", currency="CHF")
        found = self.assertRefused(order, "currency")
        self.assertIn("CHF", found.message)

    def test_payment_by_gift_card_alone_goes_to_its_own_journal(self):
        journal = self.env["account.journal"].create(
            {"name": "Gift cards", "code": "GIFT", "type": "cash"}
        )
        self.channel.payment_map_ids = [
            Command.create({"gateway": "gift_card", "journal_id": journal.id})
        ]
        data, _order = self._sell(total="22.00", gateway="gift_card")
        found = self.channel.payment_map_ids._find(data.gateway)
        self.assertEqual(found.journal_id, journal)
