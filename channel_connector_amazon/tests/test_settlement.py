# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal
from unittest import TestCase

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.lib.errors import Malformed, Unavailable

from ..lib import settlement

COLUMNS = (
    "settlement-id settlement-start-date settlement-end-date deposit-date "
    "total-amount currency transaction-type order-id merchant-order-id adjustment-id "
    "shipment-id marketplace-name amount-type amount-description amount "
    "fulfillment-id posted-date posted-date-time order-item-code "
    "merchant-order-item-id merchant-adjustment-item-id sku quantity-purchased"
).split()


def row(**values):
    names = {name.replace("_", "-"): value for name, value in values.items()}
    return "\t".join(names.get(column, "") for column in COLUMNS)


def head(total="81,80", currency="EUR", ref="900", **values):
    values.setdefault("deposit_date", "03.03.2026 07:51:12 UTC")
    return row(
        settlement_id=ref,
        total_amount=total,
        currency=currency,
        settlement_start_date="01.03.2026 00:00:00 UTC",
        **values,
    )


def line(amount, kind="ItemPrice", words="Principal", ref="900", **values):
    values = {"transaction_type": "Order", "order_id": "305-1", **values}
    return row(
        settlement_id=ref,
        amount_type=kind,
        amount_description=words,
        amount=amount,
        posted_date_time="02.03.2026 10:00:00 UTC",
        **values,
    )


def report(*rows, end="\n", charset="utf-8", bom=b""):
    text = "\n".join(["\t".join(COLUMNS), *rows]) + end
    return bom + text.encode(charset)


def read(content):
    found = list(settlement.read(content))
    heads = [values for what, values in found if what == "head"]
    return heads, [values for what, values in found if what == "line"]


@tagged("standard", "at_install")
class TestSettlementReport(TestCase):
    def test_eu_file_with_commas_latin_1_bom_and_header_twice_is_exact(self):
        """Of the plan: 95,00 and 1.234,50, whatever else is odd about the file."""
        rows = (
            head("1.315,40"),
            line("95,00", sku="Größe"),
            "\t".join(COLUMNS),
            line("1.234,50"),
            line("-14,10", "ItemFees", "Commission"),
        )
        for content in (
            report(*rows),
            report(*rows, charset="cp1252"),
            report(*rows, bom=b"\xef\xbb\xbf"),
            report(*rows).replace(b"\n", b"\r\n"),
        ):
            [top], lines = read(content)
            amounts = [Decimal(each["gross"]) for each in lines]
            self.assertEqual(
                amounts, [Decimal("95.00"), Decimal("1234.50"), Decimal("-14.10")]
            )
            self.assertEqual(sum(amounts), Decimal(top["total"]))
            self.assertEqual([x["kind"] for x in lines], ["charge", "charge", "fee"])

    def test_truncated_last_row_refuses_the_file_and_is_named(self):
        whole = report(head(), line("95,00"), line("-13,20", "ItemFees", "Commission"))
        rest = whole.rstrip(b"\n")
        begin = rest.rindex(b"\n") + 1
        for place in range(begin + 1, len(rest)):
            with self.assertRaises(Malformed) as caught, self.subTest(place):
                read(whole[:place])
            self.assertIn("row 4", caught.exception.path + str(caught.exception))

    def test_dot_files_of_other_countries(self):
        [top], lines = read(
            report(
                head("1234.50", "USD", deposit_date=""),
                line("1,250.00", posted_date=""),
                line("-15.50", "ItemFees"),
            )
        )
        self.assertEqual(top["total"], "1234.50")
        self.assertEqual([each["gross"] for each in lines], ["1250.00", "-15.50"])

    def test_amount_that_may_be_two_refuses_the_file(self):
        with self.assertRaises(Malformed) as caught:
            read(report(head(), line("1.234")))
        self.assertEqual(caught.exception.path, "row 3.amount")

    def test_amounts_of_yen_have_no_cents(self):
        [top], lines = read(report(head("1,234", "JPY"), line("1,234")))
        self.assertEqual((top["total"], lines[0]["gross"]), ("1234", "1234"))

    def test_two_settlements_in_one_file_are_two(self):
        heads, lines = read(
            report(
                head("10,00", ref="1"),
                line("10,00", ref="1"),
                head("7.00", "GBP", ref="2"),
                line("7.00", ref="2"),
            )
        )
        self.assertEqual([each["currency"] for each in heads], ["EUR", "GBP"])
        self.assertEqual([each["settlement"] for each in lines], ["1", "2"])

    def test_row_of_another_settlement_is_refused(self):
        with self.assertRaises(Malformed):
            read(report(head(ref="1"), line("10,00", ref="2")))

    def test_empty_report_is_refused(self):
        for content in (b"", b"\n", "\t".join(COLUMNS).encode(), b"a\tb\n1\t2\n"):
            with self.assertRaises((Malformed, Unavailable)), self.subTest(content):
                read(content)

    def test_fees_that_name_a_shipment_or_nothing_are_fees(self):
        """amzn/selling-partner-api-models#5353: the order of a fee of the warehouse is
        the id of a shipment there; a reversal names nothing at all."""
        defect = "Inbound Defect Fee"
        _heads, lines = read(
            report(
                head("-116,00"),
                line(
                    "-128,00",
                    defect,
                    "Base fee",
                    transaction_type="FBAFees",
                    order_id="FBA19CD9HGQ8",
                ),
                line(
                    "12,00",
                    defect,
                    "Base fee",
                    transaction_type="other-transaction - Reversal",
                    order_id="",
                ),
            )
        )
        self.assertEqual([each["kind"] for each in lines], ["fee", "fee"])
        self.assertEqual(lines[1]["order_ref"], "")

    def test_marketplace_name_may_be_empty(self):
        """amzn/selling-partner-api-models#5291"""
        _heads, [found] = read(report(head("95,00"), line("95,00")))
        self.assertEqual(found["order_ref"], "305-1")

    def test_date_that_may_be_two_moves_no_money(self):
        _heads, [found] = read(
            report(
                head("95,00"),
                row(
                    settlement_id="900",
                    amount="95,00",
                    transaction_type="Order",
                    order_id="305-1",
                    amount_type="ItemPrice",
                    posted_date_time="never",
                ),
            )
        )
        self.assertIsNone(found["posted_at"])
