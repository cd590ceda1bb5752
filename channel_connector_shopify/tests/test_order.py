# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo.addons.channel_inventory_base import schemas

from .. import mapper
from . import orders
from .common import PureCase
from .orders import (
    bag,
    fulfillment_order,
    line,
    refund,
    refund_line,
    shipping_line,
    taxes,
)


class TestOrder(PureCase):
    def map(self, *lines, **values):
        return mapper.order(orders.read(orders.order(*lines, **values)))

    def check_sum(self, data):
        """The parts come to what the channel says it is, to the cent."""
        self.assertEqual(orders.add_up(data), Decimal(data["total"]))
        charges = [*data["lines"], *data["shipping_lines"]]
        tax = sum(Decimal(tax["amount"]) for each in charges for tax in each["taxes"])
        self.assertEqual(tax, Decimal(data["total_tax"]))

    # -------------------------------------------------------------- totals
    def test_taxes_on_top(self):
        data = self.map(
            line(1, 3, "9.99", taxLines=taxes((0.19, "5.69"))),
            shipping=[shipping_line("4.95", taxLines=taxes((0.19, "0.94")))],
            total="41.55",
            tax="6.63",
        )
        self.check_sum(data)
        self.assertEqual(
            data["lines"][0]["taxes"],
            [{"title": "VAT 0.19", "rate": "0.19", "amount": "5.69"}],
        )

    def test_what_a_customer_asked_for_is_read_and_what_apps_keep_is_not(self):
        asked = [
            {"key": "Engraving", "value": "For Ann"},
            {"key": "_bundle", "value": "7"},
            {"key": "Gift wrap", "value": ""},
            {"key": "Note", "value": None},
        ]
        data = self.map(
            line(1, 1, "10.0", customAttributes=asked),
            line(2, 1, "10.0"),
            total="20.0",
            tax="0.0",
        )
        found = [each["properties"] for each in data["lines"]]
        self.assertEqual(found, [[{"label": "Engraving", "value": "For Ann"}], []])

    def test_tip_is_a_charge_of_its_own(self):
        for tip in ("2.5", "0.01"):
            total = Decimal("10.0") + Decimal(tip)
            data = self.map(
                line(1, 1, "10.0"),
                total=str(total),
                tax="0.0",
                totalTipReceivedSet=bag(tip),
            )
            self.check_sum(data)
            [charge] = data["shipping_lines"]
            self.assertEqual((charge["kind"], charge["price"]), ("tip", tip))

    def test_no_tip_is_no_charge(self):
        data = self.map(
            line(1, 1, "10.0"), total="10.0", tax="0", totalTipReceivedSet=bag("0.0")
        )
        self.assertEqual(data["shipping_lines"], [])

    def test_taxes_included(self):
        data = self.map(
            line(1, 2, "11.9", taxLines=taxes((0.19, "3.80"))),
            shipping=[shipping_line("5.95", taxLines=taxes((0.19, "0.95")))],
            total="29.75",
            tax="4.75",
            taxesIncluded=True,
        )
        self.check_sum(data)
        self.assertTrue(data["taxes_included"])

    def test_discounts_of_line_and_order_add_up(self):
        data = self.map(
            line(
                1, 2, "10.0", discounts=["1.5", "0.33"], taxLines=taxes((0.1, "1.82"))
            ),
            shipping=[shipping_line("5.0", discounted="0.0", current="0.0")],
            total="19.99",
            tax="1.82",
        )
        self.check_sum(data)
        self.assertEqual(data["lines"][0]["discount"], "1.83")
        self.assertEqual(data["shipping_lines"][0]["discount"], "5.0")

    def test_refunded_units_leave_with_their_own_figures(self):
        """3 for 10 less 1 in all: the shop gave back 9.66 and 1.83 for one."""
        data = self.map(
            line(
                1,
                3,
                "10.0",
                discounts=["1.0"],
                currentQuantity=2,
                taxLines=taxes((0.19, "5.51")),
            ),
            refunds=[refund(refund_line(1, "RETURN", 1, subtotal="9.66", tax="1.83"))],
            total="23.02",
            tax="3.68",
        )
        self.check_sum(data)
        self.assertEqual(data["lines"][0]["discount"], "0.66")

    def test_refunded_tax_of_several_rates_is_split_as_charged(self):
        data = self.map(
            line(
                1,
                2,
                "10.0",
                currentQuantity=1,
                taxLines=taxes((0.05, "1.0"), (0.1, "2.0")),
            ),
            refunds=[refund(refund_line(1, "CANCEL", 1, subtotal="10.0", tax="1.5"))],
            total="11.5",
            tax="1.5",
        )
        self.check_sum(data)
        amounts = [tax["amount"] for tax in data["lines"][0]["taxes"]]
        self.assertEqual(amounts, ["0.50", "1.00"])

    def test_refunded_shipping(self):
        back = {
            "shippingLine": {"id": orders.gid("ShippingLine", 1)},
            "subtotalAmountSet": bag("2.0"),
            "taxAmountSet": bag("0.5"),
        }
        data = self.map(
            line(1, 1, "10.0"),
            shipping=[
                shipping_line("10.0", current="5.0", taxLines=taxes((0.1, "1.0")))
            ],
            refunds=[refund(shipping=[back])],
            total="15.5",
            tax="0.5",
        )
        self.check_sum(data)
        self.assertEqual(data["shipping_lines"][0]["discount"], "0.0")

    def test_units_removed_by_an_edit_take_their_share_along(self):
        data = self.map(
            line(
                1,
                3,
                "10.0",
                discounts=["3.0"],
                currentQuantity=1,
                taxLines=taxes((0.1, "2.7")),
            ),
            total="9.9",
            tax="0.9",
        )
        self.check_sum(data)

    def test_line_that_was_taken_off_costs_nothing(self):
        gone = line(2, 1, "7.0", currentQuantity=0, taxLines=taxes((0.1, "0.7")))
        entry = refund_line(1, "CANCEL", 1, number=2, subtotal="7.0", tax="0.7")
        data = self.map(line(1, 1), gone, refunds=[refund(entry)], total="10.0")
        self.check_sum(data)
        self.assertEqual(data["lines"][1]["quantity"], 0)

    def test_presentment_currency_does_not_matter(self):
        node = orders.order(line(1, 1), total="10.0")
        money = node["lineItems"]["nodes"][0]["originalUnitPriceSet"]
        money["presentmentMoney"] = {"amount": "10.8", "currencyCode": "USD"}
        data = mapper.order(orders.read(node))
        self.assertEqual(
            (data["currency"], data["lines"][0]["unit_price"]), ("EUR", "10.0")
        )

    def test_currency_without_cents(self):
        data = self.map(
            line(
                1,
                3,
                "1000.0",
                "JPY",
                currentQuantity=1,
                discounts=["100.0"],
                taxLines=taxes((0.1, "290.0"), currency="JPY"),
            ),
            total="1064.0",
            tax="97.0",
            currency="JPY",
        )
        self.check_sum(data)
        self.assertEqual(data["lines"][0]["discount"], "33")

    def test_what_no_line_holds_stays_in_the_total(self):
        """A tip, duties or fees: the difference makes the base refuse the order."""
        data = self.map(line(1, 1, "10.0"), total="12.5")
        self.assertEqual(data["total"], "12.5")
        self.assertNotEqual(orders.add_up(data), Decimal("12.5"))

    def test_no_digit_is_lost(self):
        data = self.map(
            line(1, 1, "0.1", taxLines=taxes((0.0875, "0.01"))), total="0.11"
        )
        self.assertEqual(data["lines"][0]["taxes"][0]["rate"], "0.0875")
        self.assertEqual(data["lines"][0]["unit_price"], "0.1")

    # ------------------------------------------------------------- content
    def test_head(self):
        data = self.map(line(), total="20.0", note="ring twice", test=True)
        self.assertEqual(data["external_id"], "gid://shopify/Order/1")
        self.assertEqual(data["version"], "2026-11-23T10:00:05Z")
        self.assertEqual((data["state"], data["note"]), ("open", "ring twice"))
        self.assertTrue(data["test"] and data["complete"])

    def test_payment_words(self):
        for status, word in (
            ("PAID", "paid"),
            ("AUTHORIZED", "authorized"),
            ("PENDING", "pending"),
            ("PARTIALLY_PAID", "pending"),
            ("PARTIALLY_REFUNDED", "paid"),
            ("REFUNDED", "refunded"),
            ("VOIDED", "voided"),
            ("EXPIRED", "pending"),
            (None, "pending"),
        ):
            data = self.map(line(), total="20.0", displayFinancialStatus=status)
            self.assertEqual(data["payment"], word)

    def test_gateways_are_named_all_of_them(self):
        for names, word in (
            (["shopify_payments"], "shopify_payments"),
            (["shopify_payments", "gift_card"], "gift_card + shopify_payments"),
            ([], ""),
        ):
            data = self.map(line(), total="20.0", paymentGatewayNames=names)
            self.assertEqual(data["gateway"], word)

    def test_advice_becomes_a_risk(self):
        for advice, risk in (
            ("CANCEL", "high"),
            ("INVESTIGATE", "medium"),
            ("ACCEPT", "low"),
            ("NONE", ""),
        ):
            summary = {"recommendation": advice}
            self.assertEqual(self.map(line(), total="20.0", risk=summary)["risk"], risk)

    def test_order_stored_before_risks_were_asked_for_is_read(self):
        raw = orders.order(line(), total="20.0")
        del raw["risk"]
        self.assertEqual(mapper.order(orders.read(raw))["risk"], "")

    def test_cancelled_order_has_nothing_left_to_ship(self):
        data = self.map(line(), total="0.0", cancelledAt="2026-11-23T11:00:00Z")
        self.assertEqual(data["state"], "cancelled")
        self.assertEqual(data["lines"][0]["open_quantity"], 0)

    def test_open_quantity_is_what_is_left_of_what_is_still_bought(self):
        part = line(1, 5, currentQuantity=3, unfulfilledQuantity=4)
        self.assertEqual(self.map(part, total="30.0")["lines"][0]["open_quantity"], 3)
        part = line(1, 5, unfulfilledQuantity=1)
        self.assertEqual(self.map(part, total="50.0")["lines"][0]["open_quantity"], 1)

    def test_units_of_fulfillment_orders_that_are_hidden_from_us_have_left(self):
        """MONEI/Shopify-api-node#638: which fulfillment orders are told depends on the
        access scopes; those of a fulfillment service may be missing."""
        shipped = line(1, 3, unfulfilledQuantity=1)
        data = self.map(shipped, total="30.0", orders=[fulfillment_order(7, (1, 1))])
        [found] = schemas.load(schemas.OrderData, data).lines
        self.assertEqual((found.left_quantity, found.wanted_quantity), (2, 3))

    def test_line_taken_off_by_an_edit_wants_nothing(self):
        """lightward/mechanic-tasks#7: its quantity stays what was ordered."""
        gone = line(1, 2, currentQuantity=0, unfulfilledQuantity=0)
        data = self.map(gone, line(2, 1), total="10.0")
        found = schemas.load(schemas.OrderData, data).lines
        self.assertEqual([each.wanted_quantity for each in found], [0, 1])

    def test_custom_line_names_no_listing(self):
        data = self.map(line(1, 1, variant=None, sku=None), total="10.0")
        self.assertEqual(data["lines"][0]["listing_ref"], "")
        self.assertEqual(data["lines"][0]["deductions"], [])

    def test_gift_cards_and_downloads_do_not_ship(self):
        for values in ({"isGiftCard": True}, {"requiresShipping": False}):
            self.assertFalse(
                self.map(line(**values), total="20.0")["lines"][0]["ships"]
            )

    def test_addresses_and_phones_as_given(self):
        address = {
            "name": "Ada Shopper",
            "company": "Ada Ltd",
            "address1": "1 High St",
            "address2": None,
            "city": "Toronto",
            "zip": "M5V",
            "provinceCode": "ON",
            "countryCodeV2": "CA",
            "phone": "416 555 0100",
        }
        customer = {
            "id": orders.gid("Customer", 7),
            "displayName": "Ada",
            "defaultEmailAddress": {"emailAddress": "other@example.com"},
            "defaultPhoneNumber": {"phoneNumber": "+1416"},
        }
        data = self.map(
            line(),
            total="20.0",
            shippingAddress=address,
            billingAddress=address,
            customer=customer,
        )
        self.assertEqual(data["shipping"]["state_code"], "ON")
        self.assertEqual(data["shipping"]["phone"], "416 555 0100")
        self.assertEqual(data["customer"]["phone"], "+1416")
        self.assertEqual(data["customer"]["email"], "ada@example.com")

    def test_guest_has_the_name_of_an_address(self):
        address = dict.fromkeys(
            (
                "company",
                "address1",
                "address2",
                "city",
                "zip",
                "provinceCode",
                "countryCodeV2",
                "phone",
            )
        )
        data = self.map(
            line(), total="20.0", shippingAddress={**address, "name": "Bob"}
        )
        self.assertEqual(data["customer"]["name"], "Bob")
