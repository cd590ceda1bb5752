# SPDX-License-Identifier: AGPL-3.0-or-later
import copy
from datetime import datetime, timezone
from decimal import Decimal

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from .. import mapper
from ..lib.order import DETAILS, RATES
from .common import PureCase

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Shopper",
    "company": "",
    "address_1": "Street 1",
    "address_2": "",
    "city": "Gent",
    "state": "",
    "postcode": "9000",
    "country": "BE",
}
LINE = {
    "id": 31,
    "name": "Shirt - Red",
    "product_id": 12,
    "variation_id": 15,
    "quantity": 3,
    "subtotal": "24.79",
    "subtotal_tax": "5.21",
    "total": "24.79",
    "total_tax": "5.21",
    "taxes": [{"id": 1, "total": "5.206612", "subtotal": "5.206612"}],
    "sku": "S-RED",
    "price": "8.264463",
    "meta_data": [{"id": 1, "key": "_reduced_stock", "value": "3"}],
}
ORDER = {
    "id": 21,
    "number": "1021",
    "status": "processing",
    "currency": "EUR",
    "date_created_gmt": "2026-11-24T10:00:00",
    "date_modified_gmt": "2026-11-24T10:05:00",
    "date_paid_gmt": "2026-11-24T10:05:00",
    "date_completed_gmt": None,
    "payment_method": "bacs",
    "prices_include_tax": True,
    "total": "30.00",
    "total_tax": "5.21",
    "customer_id": 0,
    "customer_note": "Ring twice",
    "billing": {**ADDRESS, "email": "ada@shopper.example", "phone": "+3247"},
    "shipping": ADDRESS,
    "line_items": [LINE],
    "tax_lines": [{"rate_id": 1, "label": "VAT", "rate_percent": "21"}],
    "shipping_lines": [],
    "fee_lines": [],
    "refunds": [],
}
REFUND = {
    "id": 51,
    "date_created_gmt": "2026-11-24T11:00:00",
    "amount": "10.00",
    "reason": "Torn",
    "line_items": [
        {
            **LINE,
            "id": 61,
            "quantity": -1,
            "subtotal": "-8.26",
            "subtotal_tax": "-1.74",
            "total": "-8.26",
            "total_tax": "-1.74",
            "taxes": [{"id": 1, "total": "-1.735537", "subtotal": ""}],
            "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": "31"}],
        }
    ],
    "shipping_lines": [],
    "fee_lines": [],
}


class TestOrder(PureCase):
    def order(self, **values):
        raw = copy.deepcopy({**ORDER, **values})
        return schemas.load(schemas.OrderData, mapper.order(raw))

    def line(self, **values):
        return self.order(line_items=[{**LINE, **values}]).lines[0]

    def test_who_what_and_when(self):
        data = self.order()
        self.assertEqual((data.external_id, data.name), ("21", "#1021"))
        self.assertEqual(
            data.version, datetime(2026, 11, 24, 10, 5, tzinfo=timezone.utc)
        )
        self.assertEqual(data.customer.email, "ada@shopper.example")
        self.assertEqual(data.customer.external_id, "")
        self.assertEqual(data.billing.name, "Ada Shopper")
        self.assertEqual(data.note, "Ring twice")
        self.assertEqual(data.gateway, "bacs")
        self.assertTrue(data.complete)

    def test_a_variation_is_named_and_not_its_parent(self):
        self.assertEqual(self.line().listing_ref, "15")
        self.assertEqual(self.line(variation_id=0).listing_ref, "12")

    def test_a_deleted_product_names_nothing(self):
        self.assertEqual(self.line(variation_id=0, product_id=0).listing_ref, "")

    def test_what_a_customer_asked_for_is_read_and_what_addons_keep_is_not(self):
        meta = [
            *LINE["meta_data"],
            {
                "id": 2,
                "key": "engraving",
                "value": "For Ann & Bo",
                "display_key": "Engraving",
                "display_value": "<p>For <b>Ann</b> &amp; Bo</p>\n",
            },
            {"id": 3, "key": "Length", "value": 40},
            {"id": 4, "key": "_addon", "value": "secret"},
            {"id": 5, "key": "files", "value": [{"url": "x"}]},
            {"id": 6, "key": "Wish", "value": ""},
            {"id": 7, "key": "Gift", "value": True},
        ]
        found = [
            (each.label, each.value) for each in self.line(meta_data=meta).properties
        ]
        self.assertEqual(found, [("Engraving", "For Ann & Bo"), ("Length", "40")])
        self.assertEqual(self.line().properties, ())

    def test_fractions_are_counted_in_thousandths_and_deducted_rounded_up(self):
        for sold, units, taken in (("1.5", 1500, 2), ("0.25", 250, 1)):
            meta = [{"id": 1, "key": "_reduced_stock", "value": sold}]
            line = self.line(quantity=sold, meta_data=meta)
            self.assertEqual((line.quantity, line.open_quantity), (units, units))
            self.assertEqual(line.unit_size, Decimal("0.001"))
            self.assertEqual(line.deductions[0].quantity, taken)
            paid = line.unit_price * line.quantity - line.discount
            self.assertAlmostEqual(paid, Decimal("30.00"), 6)
            self.assertEqual(line.discount, 0)

    def test_discount_of_a_fraction_stays_a_discount(self):
        line = self.line(quantity="1.5", total="19.83", total_tax="4.17")
        paid = line.unit_price * line.quantity - line.discount
        self.assertEqual(paid.quantize(Decimal("0.01")), Decimal("24.00"))

    def test_fraction_that_was_paid_back_counts_all_of_its_line_so(self):
        refund = copy.deepcopy(REFUND)
        refund["line_items"][0]["quantity"] = "-0.5"
        data = self.order(**{DETAILS: [refund], "refunds": [{"id": 51}]})
        self.assertEqual(data.lines[0].quantity, 2500)
        self.assertEqual(data.refunds[0].lines[0].quantity, 500)

    def test_finer_than_thousandths_is_refused_by_name(self):
        with self.assertRaises(Malformed):
            self.line(quantity="1.00005")

    def test_gift_cards_are_charges_that_take_off_the_total(self):
        cards = [
            {"id": 1, "code": "AAAA", "amount": "4.25"},
            {"id": 2, "code": "BBBB", "amount": "1.5"},
        ]
        data = self.order(gift_cards=cards, total="24.25")
        found = [(each.kind, each.price) for each in data.shipping_lines]
        self.assertEqual(
            found, [("gift_card", Decimal("-4.25")), ("gift_card", Decimal("-1.50"))]
        )
        self.assertEqual(data.total, Decimal("24.25"))

    def test_states_have_the_name_where_the_code_is_the_shops_own(self):
        for country, code, name in (
            ("MX", "DF", "Ciudad de México"),
            ("CN", "CN2", "北京市"),
            ("MY", "JHR", "Johor"),
            ("US", "CA", ""),
        ):
            place = {**ADDRESS, "country": country, "state": code}
            address = self.order(shipping=place).shipping
            self.assertEqual((address.state_code, address.state_name), (code, name))

    # --------------------------------------------------------------- money
    def test_prices_that_include_tax_are_told_with_it(self):
        """24.79 / 3 has no end, 30.00 / 3 is 10.00."""
        line = self.line()
        self.assertEqual((line.unit_price, line.discount), (Decimal("10.00"), 0))
        self.assertEqual(line.taxes[0].amount, Decimal("5.21"))
        self.assertEqual(line.taxes[0].rate, Decimal("0.21"))

    def test_prices_without_tax_stay_without(self):
        data = self.order(prices_include_tax=False)
        self.assertFalse(data.taxes_included)
        line = data.lines[0]
        # rounded up; what that is too much is a discount
        self.assertEqual(
            (line.unit_price, line.discount), (Decimal("8.27"), Decimal("0.02"))
        )

    def test_a_coupon_is_the_difference_of_subtotal_and_total(self):
        line = self.line(total="22.31", total_tax="4.69")
        self.assertEqual(line.discount, Decimal("3.00"))

    def test_single_taxes_with_more_digits_come_to_the_lines_tax(self):
        taxes = [
            {"id": 1, "total": "3.333333", "subtotal": ""},
            {"id": 2, "total": "1.666667", "subtotal": ""},
            {"id": 3, "total": "", "subtotal": ""},
        ]
        line = self.line(taxes=taxes, total_tax="5.00")
        self.assertEqual(
            [tax.amount for tax in line.taxes], [Decimal("3.33"), Decimal("1.67")]
        )

    def test_fees_and_deliveries_are_charges_and_negative_fees_discounts(self):
        charge = {"id": 5, "total": "4.00", "total_tax": "0.84", "taxes": []}
        data = self.order(
            shipping_lines=[{**charge, "method_title": "Post", "method_id": "flat"}],
            fee_lines=[
                {**charge, "name": "COD"},
                {**charge, "name": "Gift", "total": "-4.00", "total_tax": "-0.84"},
            ],
        )
        self.assertEqual(
            [(each.title, each.price, each.discount) for each in data.shipping_lines],
            [
                ("Post", Decimal("4.84"), 0),
                ("COD", Decimal("4.84"), 0),
                ("Gift", 0, Decimal("4.84")),
            ],
        )

    def check_sum(self, data):
        """The parts come to what the shop says it is, to the cent."""
        parts = [
            line.quantity * line.unit_price - line.discount for line in data.lines
        ] + [each.price - each.discount for each in data.shipping_lines]
        tax = sum(
            each.amount
            for charge in (*data.lines, *data.shipping_lines)
            for each in charge.taxes
        )
        on_top = 0 if data.taxes_included else tax
        self.assertEqual((sum(parts) + on_top, tax), (data.total, data.total_tax))

    def test_two_taxes_of_a_fee_that_are_told_unrounded_come_to_its_tax(self):
        """woocommerce/woocommerce#58351"""
        rates = {2: "5", 3: "4"}
        taxes = [{"id": 3, "total": "0.588"}, {"id": 2, "total": "0.735"}]
        for included in (False, True):
            with self.subTest(included):
                self.check_sum(
                    self.order(
                        prices_include_tax=included,
                        line_items=[],
                        fee_lines=[
                            {
                                "id": 381,
                                "name": "Fee",
                                "total": "14.70",
                                "total_tax": "1.33",
                                "taxes": taxes,
                            }
                        ],
                        tax_lines=[
                            {"rate_id": rate, "label": "Tax", "rate_percent": percent}
                            for rate, percent in rates.items()
                        ],
                        total="16.03",
                        total_tax="1.33",
                    )
                )

    def test_coupon_and_negative_fee_are_both_taken_off(self):
        """frappe/erpnext#22624: -19.20 by a coupon, and -19.20 by a fee."""
        self.check_sum(
            self.order(
                prices_include_tax=False,
                line_items=[
                    {
                        **LINE,
                        "subtotal": "96.00",
                        "subtotal_tax": "20.16",
                        "total": "76.80",
                        "total_tax": "16.13",
                        "taxes": [{"id": 1, "total": "16.128", "subtotal": "20.16"}],
                    }
                ],
                fee_lines=[
                    {
                        "id": 9,
                        "name": "Conditional discount",
                        "total": "-19.20",
                        "total_tax": "-4.03",
                        "taxes": [{"id": 1, "total": "-4.032"}],
                    }
                ],
                total="69.70",
                total_tax="12.10",
            )
        )

    def test_yen_have_no_cents(self):
        data = self.order(currency="JPY", prices_include_tax=False)
        self.assertEqual(data.lines[0].unit_price, 9)

    # ------------------------------------------------------------- refunds
    def test_refunds_are_taken_off_and_told(self):
        refunds = [{"id": 51, "reason": "Torn", "total": "-10.00"}]
        meta = [{"id": 1, "key": "_reduced_stock", "value": "2"}]
        data = self.order(
            refunds=refunds,
            line_items=[{**LINE, "meta_data": meta}],
            **{DETAILS: [REFUND]},
        )
        [line] = data.lines
        self.assertEqual((line.quantity, line.open_quantity), (2, 2))
        self.assertEqual((line.unit_price, line.discount), (Decimal("10.00"), 0))
        self.assertEqual(
            (data.total, data.total_tax), (Decimal("20.00"), Decimal("3.47"))
        )
        self.assertEqual(line.deductions, (schemas.Deduction("shop", 2),))
        [refund] = data.refunds
        self.assertEqual((refund.amount, refund.note), (Decimal("10.00"), "Torn"))
        [back] = refund.lines
        self.assertEqual(
            (back.line_ref, back.quantity, back.restock), ("31", 1, "cancel")
        )
        self.assertEqual((back.amount, back.tax), (Decimal("10.00"), Decimal("1.74")))

    def test_refund_of_all_leaves_nothing_where_its_tax_is_told_unrounded(self):
        """woocommerce/woocommerce#10162: 7.50 and 1.575 were paid as 9.08."""
        taxes = [{"id": 1, "total": "1.575", "subtotal": "1.575"}]
        line = {
            **LINE,
            "quantity": 1,
            "subtotal": "7.50",
            "total": "7.50",
            "total_tax": "1.58",
            "taxes": taxes,
        }
        back = {
            **REFUND["line_items"][0],
            "subtotal": "-7.50",
            "total": "-7.50",
            "total_tax": "-1.58",
            "taxes": [{"id": 1, "total": "-1.575", "subtotal": ""}],
        }
        for included in (True, False):
            with self.subTest(included):
                data = self.order(
                    prices_include_tax=included,
                    line_items=[line],
                    total="9.08",
                    total_tax="1.58",
                    refunds=[{"id": 51, "reason": "", "total": "-9.08"}],
                    **{DETAILS: [{**REFUND, "amount": "9.08", "line_items": [back]}]},
                )
                self.assertEqual((data.total, data.total_tax), (0, 0))
                self.assertFalse(data.lines[0].quantity or data.shipping_lines)
                [refund] = data.refunds
                on_top = 0 if included else refund.lines[0].tax
                self.assertEqual(refund.lines[0].amount + on_top, refund.amount)

    def test_what_was_shipped_of_a_completed_order_is_what_was_left_of_it_then(self):
        refunds = [{"id": 51, "reason": "Torn", "total": "-10.00"}]
        for refunded, shipped in [("11:00:00", 3), ("10:30:00", 2)]:
            refund = {**REFUND, "date_created_gmt": f"2026-11-24T{refunded}"}
            data = self.order(
                status="completed",
                date_completed_gmt="2026-11-24T10:45:00",
                refunds=refunds,
                **{DETAILS: [refund]},
            )
            [line] = data.lines
            found = line.quantity, line.open_quantity, line.shipped_quantity
            self.assertEqual(found, (2, 0, shipped))

    def test_marks_tell_what_has_left_and_edited_ones_do_not(self):
        mark = {"key": "_channel_sync_shipment_k1", "value": '{"units":{"31":2}}'}
        for other in ("", "x", "[]", None, '{"units":5}'):
            bad = {"key": "_channel_sync_shipment_k2", "value": other}
            [line] = self.order(meta_data=[mark, bad]).lines
            self.assertEqual((line.shipped_quantity, line.open_quantity), (2, 1))
        self.assertIsNone(self.order(meta_data=[]).lines[0].shipped_quantity)

    def test_refunds_that_were_not_fetched_leave_the_order_incomplete(self):
        data = self.order(refunds=[{"id": 51, "reason": "", "total": "-10.00"}])
        self.assertFalse(data.complete)
        self.assertIsNone(data.refunds)

    # -------------------------------------------------------------- states
    def test_what_a_status_means(self):
        done = {"date_completed_gmt": "2026-11-24T12:00:00"}
        unpaid = {"date_paid_gmt": None}
        for status, values, wanted in [
            ("pending", unpaid, ("open", "pending", 3)),
            ("on-hold", unpaid, ("open", "pending", 3)),
            ("processing", {}, ("open", "paid", 3)),
            # cash on delivery
            ("processing", unpaid, ("open", "authorized", 3)),
            # completed by mistake
            ("processing", done, ("open", "paid", 3)),
            ("completed", done, ("open", "paid", 0)),
            ("completed", {**done, **unpaid}, ("open", "pending", 0)),
            # a dispute about goods that have left
            ("on-hold", done, ("open", "pending", 0)),
            ("cancelled", unpaid, ("cancelled", "voided", 0)),
            ("cancelled", {}, ("cancelled", "paid", 0)),
            ("failed", unpaid, ("open", "voided", 3)),
            ("refunded", {}, ("cancelled", "refunded", 0)),
            ("refunded", done, ("open", "refunded", 0)),
            ("wc-in-production", {}, ("open", "paid", 3)),
            ("quote-request", unpaid, ("open", "pending", 3)),
        ]:
            with self.subTest(status=status, **values):
                data = self.order(status=status, **values)
                found = data.state, data.payment, data.lines[0].open_quantity
                self.assertEqual(found, wanted)

    def test_reduced_stock_is_the_only_word_on_deductions(self):
        for value, taken in [
            ("3", 3),
            (2, 2),
            ("0", 0),
            (None, 0),
            ("", 0),
            ("2.0", 2),
        ]:
            meta = [{"id": 1, "key": "_reduced_stock", "value": value}]
            line = self.line(meta_data=meta)
            self.assertEqual(sum(each.quantity for each in line.deductions), taken)
        self.assertEqual(self.line(meta_data=[]).deductions, ())

    # -------------------------------------------------------------- broken
    def test_what_is_odd_is_named(self):
        for path, values in [
            ("line_items[0].quantity", {"line_items": [{**LINE, "quantity": "x"}]}),
            ("line_items[0].quantity", {"line_items": [{**LINE, "quantity": 1.5}]}),
            ("line_items[0].total", {"line_items": [{**LINE, "total": "1,5"}]}),
            ("date_modified_gmt", {"date_modified_gmt": 5}),
            ("currency", {"currency": 5}),
            ("line_items", {"line_items": "x"}),
            ("billing", {"billing": []}),
        ]:
            with self.subTest(path), self.assertRaises(Malformed) as caught:
                self.order(**values)
            self.assertTrue(caught.exception.path.startswith(path), caught.exception)
        for name in ("status", "line_items", "total", "prices_include_tax"):
            raw = {key: value for key, value in ORDER.items() if key != name}
            with self.subTest(name), self.assertRaises(Malformed):
                mapper.order(raw)

    def test_more_refunded_than_ordered_is_nothing_left_and_told(self):
        """Units and money beyond those of the line are none of it."""
        refund = copy.deepcopy(REFUND)
        refund["amount"] = "40.00"
        refund["line_items"][0].update(quantity=-4, total="-33.06", total_tax="-6.94")
        data = self.order(
            total="45.00",
            refunds=[{"id": 51, "total": "-40"}],
            **{DETAILS: [refund]},
        )
        [line], [refund] = data.lines, data.refunds
        self.assertEqual((line.quantity, line.open_quantity), (0, 0))
        [back] = refund.lines
        self.assertEqual((back.quantity, back.excess), (3, 1))
        self.assertEqual((back.amount, back.tax), (Decimal("30.00"), Decimal("5.21")))
        self.assertEqual((refund.amount, data.total), (Decimal("40.00"), 15))

    def test_refund_names_the_charge_it_is_of_wherever_the_shop_lists_it(self):
        charges = {
            "shipping_lines": [self.charge(41, "10.00", "1.00", 1)],
            "fee_lines": [self.charge(42, "8.00", "2.00", 2)],
        }
        for kind in charges:
            refund = {
                **REFUND,
                "amount": "5.00",
                "line_items": [],
                kind: [
                    {
                        **self.charge(9, "-4.00", "-1.00", 2),
                        "meta_data": [{"key": "_refunded_item_id", "value": 42}],
                    }
                ],
            }
            data = self.order(
                prices_include_tax=False,
                tax_lines=[
                    {"rate_id": 1, "label": "VAT", "rate_percent": "10"},
                    {"rate_id": 2, "label": "VAT", "rate_percent": "25"},
                ],
                refunds=[{"id": 51, "total": "-5"}],
                **charges,
                **{DETAILS: [refund]},
            )
            [first, second] = data.shipping_lines
            self.assertEqual((first.external_id, first.price), ("41", 10))
            self.assertEqual((second.external_id, second.price), ("42", 4))
            [back] = data.refunds[0].charges
            self.assertEqual((back.charge_ref, back.amount, back.tax), ("42", 4, 1))

    def charge(self, number, total, tax, rate):
        return {
            "id": number,
            "method_title": "Post",
            "method_id": "flat_rate",
            "name": "Fee",
            "total": total,
            "total_tax": tax,
            "taxes": [{"id": rate, "total": tax, "subtotal": tax}],
            "meta_data": [],
        }

    def test_rates_that_the_order_has_lost_are_asked_for_or_told_by_its_amounts(self):
        lost = {"tax_lines": [], "prices_include_tax": False}
        self.assertFalse(self.order(**lost).complete)
        asked = {"id": 1, "rate": "21.0000", "name": "VAT"}
        for known, title in (([asked], "VAT"), ([], "")):
            data = self.order(**lost, **{RATES: known})
            self.assertTrue(data.complete)
            [tax] = data.lines[0].taxes
            self.assertEqual((tax.title, tax.rate), (title, Decimal("0.21")))

    def test_total_says_what_tax_was_paid_where_the_shop_tells_two(self):
        """35.71 and 3.13 at 12 %: 4.66 in the total, 4.67 as the sum of its lines."""
        tax = {"subtotal": "4.2852", "total": "4.2852", "id": 1}
        line = {
            **LINE,
            "quantity": 1,
            "subtotal": "35.71",
            "total": "35.71",
            "total_tax": "4.29",
            "subtotal_tax": "4.29",
            "taxes": [tax],
        }
        post = self.charge(41, "3.13", "0.38", 1)
        post["taxes"] = [{"id": 1, "total": "0.3756", "subtotal": ""}]
        data = self.order(
            line_items=[line],
            shipping_lines=[post],
            prices_include_tax=False,
            total="43.50",
            total_tax="4.67",
            tax_lines=[{"rate_id": 1, "label": "VAT", "rate_percent": "12"}],
        )
        self.assertEqual(data.total_tax, Decimal("4.66"))
        self.assertEqual(data.lines[0].taxes[0].amount, Decimal("4.2852"))

    def test_rates_that_are_rounded_each_beside_what_was_paid(self):
        """woocommerce/woocommerce#25641: 3.05 of tax was paid at the checkout, and the
        order says 3.06, the sum of its two rates."""
        rates = [
            {"rate_id": rate, "label": f"T{rate}", "rate_percent": "5"}
            for rate in (1, 2)
        ]
        line = {
            **LINE,
            "quantity": 1,
            "subtotal": "30.50",
            "total": "30.50",
            "subtotal_tax": "3.05",
            "total_tax": "3.05",
            "taxes": [
                {"id": rate, "total": "1.525", "subtotal": "1.525"} for rate in (1, 2)
            ],
        }
        for total, tax, told in (
            ("33.55", "3.05", "3.05"),
            ("33.55", "3.05", "3.06"),
            ("33.56", "3.06", "3.06"),
        ):
            with self.subTest(total=total, told=told):
                data = self.order(
                    line_items=[line],
                    prices_include_tax=False,
                    total=total,
                    total_tax=told,
                    tax_lines=rates,
                )
                self.assertEqual(data.total_tax, Decimal(tax))
                by_rate = [each.amount for each in data.lines[0].taxes]
                rounded = Decimal(total) == data.lines[0].unit_price + sum(by_rate)
                exact = by_rate == [Decimal("1.525")] * 2
                self.assertTrue(exact if tax == "3.06" else rounded)

    def test_taxes_that_are_rounded_once_keep_their_digits(self):
        lines = [
            {
                **LINE,
                "id": 31 + index,
                "quantity": 1,
                "subtotal": total,
                "total": total,
                "total_tax": shown,
                "subtotal_tax": shown,
                "taxes": [{"id": 1, "total": exact, "subtotal": exact}],
            }
            for index, (total, shown, exact) in enumerate(
                [("15.00", "1.13", "1.125"), ("3.00", "0.23", "0.225")]
            )
        ]
        data = self.order(
            line_items=lines,
            prices_include_tax=False,
            total="19.35",
            total_tax="1.35",
            tax_lines=[{"rate_id": 1, "label": "VAT", "rate_percent": "7.5"}],
        )
        taxes = [line.taxes[0].amount for line in data.lines]
        self.assertEqual(taxes, [Decimal("1.125"), Decimal("0.225")])

    def test_a_deleted_order_is_looked_for(self):
        now = datetime(2026, 11, 24, tzinfo=timezone.utc)
        data = schemas.load(schemas.OrderData, mapper.order({"id": 7}, now))
        self.assertEqual((data.external_id, data.complete), ("7", False))
        for raw in ({}, {"id": {}}, {"id": 0}, {"id": -1}, {"id": True}, [], None):
            with self.subTest(raw), self.assertRaises(Malformed):
                mapper.order(raw, now)


class TestMapper(PureCase):
    PRODUCT = {
        "id": 12,
        "name": "Shirt",
        "sku": "S",
        "status": "publish",
        "type": "simple",
        "manage_stock": True,
        "stock_quantity": 5,
        "global_unique_id": "400",
    }

    def test_listing(self):
        values, reason = mapper.listing(self.PRODUCT)
        self.assertEqual((values["external_id"], values["stock_ref"]), ("12", "12"))
        self.assertEqual(
            (values["barcode"], values["tracked"], reason), ("400", True, "")
        )
        self.assertEqual((values["price"], values["weight"]), (None, None))

    def test_price_and_weight(self):
        told = {"price": "9", "regular_price": "12.50", "weight": "250"}
        for unit, weight in (("g", "0.250000"), (None, None), ("stone", None)):
            values, _reason = mapper.listing({**self.PRODUCT, **told}, unit=unit)
            self.assertEqual((values["price"], values["weight"]), ("12.50", weight))

    def test_variation(self):
        child = {**self.PRODUCT, "id": 15, "name": "Red", "type": "variation"}
        values, _reason = mapper.listing(child, self.PRODUCT)
        self.assertEqual(
            (values["stock_ref"], values["title"]), ("12/15", "Shirt / Red")
        )
        whole, _reason = mapper.listing({**child, "name": "Shirt - Red"}, self.PRODUCT)
        self.assertEqual(whole["title"], "Shirt - Red")

    def test_why_nothing_is_published(self):
        for values, reason in [
            ({"manage_stock": False}, "unmanaged"),
            ({"manage_stock": "parent"}, "parent"),
            ({"type": "grouped"}, "type"),
        ]:
            found, why = mapper.listing({**self.PRODUCT, **values})
            self.assertEqual((found["tracked"], why), (False, reason))

    def test_level(self):
        self.assertEqual(mapper.level(self.PRODUCT)["available"], 5)
        parents = {**self.PRODUCT, "manage_stock": "parent"}
        self.assertIsNone(mapper.level(parents, 9)["available"])
