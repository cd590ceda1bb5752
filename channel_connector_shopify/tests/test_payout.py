# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from decimal import Decimal
from unittest import TestCase

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from ..lib import payout
from .shop import ShopCase


def money(amount, currency="EUR"):
    return {"amount": str(amount), "currencyCode": currency}


def document(*transactions, count=None, **values):
    head = {
        "id": "gid://shopify/ShopifyPaymentsPayout/7",
        "legacyResourceId": "7",
        "status": "PAID",
        "issuedAt": "2026-03-02T09:00:00Z",
        "transactionType": "DEPOSIT",
        "externalTraceId": None,
        "net": money("96.80"),
        "summary": {
            "chargesGross": money(100),
            "chargesFee": money("3.20"),
            "refundsFeeGross": money(0),
            "refundsFee": money(0),
        },
        **values,
    }
    rows = [{"payout": head}, {"transactions": list(transactions)}]
    rows.append({"count": len(transactions) if count is None else count})
    return "\n".join(map(json.dumps, rows)).encode()


def transaction(kind="CHARGE", amount=100, fee="3.20", net="96.80", **values):
    return {
        "id": "gid://shopify/ShopifyPaymentsBalanceTransaction/11",
        "type": kind,
        "adjustmentReason": None,
        "sourceOrderTransactionId": "12",
        "test": False,
        "transactionDate": "2026-03-01T09:00:00Z",
        "amount": money(amount),
        "fee": money(fee),
        "net": money(net),
        "associatedOrder": {"id": "gid://shopify/Order/13", "name": "#1001"},
        "associatedPayout": {
            "id": "gid://shopify/ShopifyPaymentsPayout/7",
            "status": "PAID",
        },
        **values,
    }


@tagged("standard", "at_install")
class TestPayout(TestCase):
    def lines(self, *transactions, **values):
        found = payout.read(document(*transactions, **values))
        return [values for what, values in found if what == "line"]

    def test_charge_names_order_and_transaction(self):
        [line] = self.lines(transaction())
        self.assertEqual(line["kind"], "charge")
        self.assertEqual(line["order_ref"], "gid://shopify/Order/13")
        self.assertEqual(line["transaction_ref"], "12")
        self.assertEqual((line["gross"], line["fee"]), ("100", "3.20"))

    def test_types_that_nobody_has_foreseen_are_adjustments_by_their_words(self):
        [line] = self.lines(
            transaction(
                "SHIPPING_LABEL",
                -5,
                0,
                -5,
                adjustmentReason="label",
                associatedOrder=None,
                sourceOrderTransactionId=None,
            )
        )
        self.assertEqual(line["kind"], "adjustment")
        self.assertEqual(line["words"], "SHIPPING_LABEL label")
        self.assertEqual((line["order_ref"], line["transaction_ref"]), ("", ""))

    def test_tax_of_an_import_is_no_payment_of_the_order(self):
        """It names an order, and customers have not paid it."""
        [line] = self.lines(transaction("IMPORT_TAX", -3, 0, -3))
        self.assertEqual(line["kind"], "adjustment")

    def test_withdrawal_is_negative_however_it_is_told(self):
        for told in ("20.00", "-20.00"):
            content = document(net=money(told), transactionType="WITHDRAWAL")
            [(_what, head)] = payout.read(content)
            self.assertEqual(Decimal(head["total"]), -20)

    def test_transaction_of_another_currency_is_refused(self):
        with self.assertRaises(Malformed):
            self.lines(transaction(amount=1) | {"amount": money(1, "USD")})

    def test_missing_transactions_are_told(self):
        with self.assertRaisesRegex(Malformed, "1 of 2"):
            self.lines(transaction(), count=2)


@tagged("post_install", "-at_install")
class TestShopPayout(ShopCase):
    def test_app_without_the_permission_goes_on_with_all_else(self):
        """No other job stops because payouts may not be read."""
        self.shop.config.scopes = ("read_orders", "read_products")
        self.shop.tokens.clear()
        self.addCleanup(self.shop.tokens.clear)
        scopes = type(self.shop.config)().scopes
        self.addCleanup(setattr, self.shop.config, "scopes", scopes)
        since = self.env["channel.intake"]._first_since()
        with self.assertRaises(exceptions.RejectedError) as caught:
            self.channel._adapter()._fetch_settlements(self.channel, since, "")
        self.assertEqual(caught.exception.code, "SETTLEMENTS")
        self.assertIn("read_shopify_payments", str(caught.exception))

    def test_scheduled_payout_is_left_until_it_is_final(self):
        self.shop.checkout({"SKU-4": 1}, gateway="shopify_payments")
        found = self.shop.pay_out("SCHEDULED")
        since = self.env["channel.intake"]._first_since()
        adapter = self.channel._adapter()
        page = adapter._fetch_settlements(self.channel, since, "")
        self.assertEqual(page.documents, ())
        self.shop.set_payout(found, "PAID")
        page = adapter._fetch_settlements(self.channel, since, "")
        self.assertEqual([each.key for each in page.documents], [f"{found.id}@PAID"])

    def test_shop_without_shopify_payments_has_no_payouts(self):
        self.shop.config.shopify_payments = False
        self.addCleanup(setattr, self.shop.config, "shopify_payments", True)
        since = self.env["channel.intake"]._first_since()
        page = self.channel._adapter()._fetch_settlements(self.channel, since, "")
        self.assertEqual((page.documents, page.cursor), ((), ""))
