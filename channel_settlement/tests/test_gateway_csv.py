# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import csv
import io
from decimal import Decimal
from unittest import TestCase

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.local_amount import local_amount

from ..lib.gateway_csv import GatewayFile, Mapping
from .common import SettlementCase

STRIPE = (
    "automatic_payout_id automatic_payout_effective_at balance_transaction_id created "
    "available_on currency gross fee net reporting_category description charge_id "
    "refund_id customer_facing_amount customer_facing_currency "
    "payment_metadata[order_id]"
).split()
PAYPAL = (
    "Date;Time;TimeZone;Name;Type;Status;Currency;Gross;Fee;Net;From Email Address;"
    "To Email Address;Transaction ID;Reference Txn ID;Invoice Number;Custom Number;"
    "Balance"
).split(";")


def written(columns, *rows, delimiter=",", charset="utf-8"):
    """A file with these columns; a row is {column: value}."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(charset)


def stripe(ref, kind, gross, fee, net, **values):
    values = {
        "automatic_payout_id": "po_1",
        "automatic_payout_effective_at": "2026-03-03 00:00:00",
        "created": "2026-03-02 10:00:00",
        "currency": "usd",
        **values,
    }
    return {
        "balance_transaction_id": ref,
        "reporting_category": kind,
        "gross": gross,
        "fee": fee,
        "net": net,
        **values,
    }


def paypal(ref, kind, gross, fee, net, balance, **values):
    return {
        "Date": "03/02/2026",
        "Time": "10:00:00",
        "TimeZone": "PST",
        "Type": kind,
        "Status": "Completed",
        "Currency": "USD",
        "Gross": gross,
        "Fee": fee,
        "Net": net,
        "Balance": balance,
        "Transaction ID": ref,
        **values,
    }


@tagged("standard", "at_install")
class TestGatewayFile(TestCase):
    MAPPING = Mapping(
        kind="type",
        net="net",
        line="id",
        fee="fee",
        currency="cur",
        date="at",
        kinds={"sale": "charge", "back": "refund", "note": "skip"},
    )
    COLUMNS = ("id", "type", "net", "fee", "cur", "at")

    def row(self, ref, net="10.00", **values):
        return {"id": ref, "type": "Sale", "net": net, "cur": "EUR", **values}

    def lines_of(self, content, mapping=None):
        found = list(GatewayFile(content, mapping or self.MAPPING, "mark").iter_told())
        heads = {each["external_id"]: each for what, each in found if what == "head"}
        return heads, [each for what, each in found if what == "line"]

    def refused(self, content, mapping=None):
        with self.assertRaises(Malformed) as caught:
            self.lines_of(content, mapping)
        return f"{caught.exception.path}: {caught.exception.reason}"

    def test_rows_become_lines(self):
        content = written(
            self.COLUMNS, self.row("1", fee="0.30"), self.row("2", type="NOTE")
        )
        heads, [line] = self.lines_of(content)
        self.assertEqual(list(heads), ["statement-mark-EUR"])
        self.assertEqual(
            (line["gross"], line["fee"], line["net"]),
            (Decimal("10.30"), Decimal("0.30"), Decimal("10.00")),
        )

    def test_cut_off_file_names_the_row(self):
        whole = written(self.COLUMNS, self.row("1"), self.row("2")).rstrip(b"\r\n")
        begin = whole.rindex(b"\n") + 1
        # up to where the last column begins: after it the row is whole
        for place in range(begin + 1, whole.rindex(b",")):
            with self.subTest(place):
                self.assertIn("row 3", self.refused(whole[:place]))

    def test_word_that_the_format_does_not_know_refuses_the_file(self):
        content = written(self.COLUMNS, self.row("1", type="Surprise"), self.row("2"))
        self.assertIn("“Surprise” (row 2)", self.refused(content))

    def test_missing_column_is_named_with_those_that_there_are(self):
        words = self.refused(written(("id", "type", "cur"), {"id": "1"}))
        self.assertIn("no column is net, fee", words)
        self.assertIn("id | type | cur", words)

    def test_header_again_and_empty_rows_are_passed_over(self):
        part = written(self.COLUMNS, self.row("1"))
        other = written(self.COLUMNS, self.row("2"))
        _heads, lines = self.lines_of(part + b"\r\n" + other)
        self.assertEqual([each["external_id"] for each in lines], ["1", "2"])

    def test_header_with_blanks_and_an_empty_last_column(self):
        """egh/ledger-autosync#34: PayPal's own, with amounts in groups."""
        content = (
            b"id, type, cur, gross, fee, net, Balance, \r\n"
            b'"32N2","Sale","USD","1,560.00","-68.94","1,491.06","4,764.38",""\r\n'
        )
        mapping = Mapping(
            **{
                **vars(self.MAPPING),
                "gross": "gross",
                "date": "",
                "fee_is_negative": True,
            }
        )
        _heads, [line] = self.lines_of(content, mapping)
        self.assertEqual(
            (line["gross"], line["fee"], line["net"]),
            (Decimal("1560.00"), Decimal("68.94"), Decimal("1491.06")),
        )

    def test_columns_that_others_name_in_another_way(self):
        """nicolettas-muggelbude/RechnungsFee#248: no row of a German account's
        statement was found, and nothing said so."""
        columns = (
            "Datum Uhrzeit Zeitzone Beschreibung Währung Brutto Entgelt Netto "
            "Guthaben Transaktionscode Rechnungsnummer"
        ).split()
        row = {
            "Datum": "02.03.2026",
            "Beschreibung": "Website-Zahlung",
            "Währung": "EUR",
            "Brutto": "1.234,50",
            "Entgelt": "-31,09",
            "Netto": "1.203,41",
            "Guthaben": "1.203,41",
            "Transaktionscode": "T1",
            "Rechnungsnummer": "77",
        }
        mapping = Mapping(
            kind="Beschreibung",
            net="Netto",
            gross="Brutto",
            fee="Entgelt",
            line="Transaktionscode",
            order="Rechnungsnummer",
            currency="Währung",
            date="Datum",
            date_format="%d.%m.%Y",
            balance="Guthaben",
            fee_is_negative=True,
            kinds={"website-zahlung": "charge"},
        )
        heads, [line] = self.lines_of(written(columns, row), mapping)
        self.assertEqual((line["net"], line["order_ref"]), (Decimal("1203.41"), "77"))
        [head] = heads.values()
        self.assertEqual((head["opening"], head["closing"]), (0, Decimal("1203.41")))
        # with the columns of the other download it is refused, and says what there is
        words = self.refused(written(columns, row))
        self.assertIn("no column is type, net", words)
        self.assertIn("Entgelt", words)

    def test_two_currencies_are_two_settlements(self):
        content = written(self.COLUMNS, self.row("1"), self.row("2", "7.00", cur="GBP"))
        heads, lines = self.lines_of(content)
        self.assertEqual(
            {ref: each["currency"] for ref, each in heads.items()},
            {"statement-mark-EUR": "EUR", "statement-mark-GBP": "GBP"},
        )
        self.assertEqual([each["settlement"] for each in lines], list(heads))

    def test_gross_less_fee_has_to_be_net(self):
        mapping = Mapping(**{**vars(self.MAPPING), "gross": "gross"})
        content = written(
            (*self.COLUMNS, "gross"), self.row("1", "9.00", gross="10.00", fee="0.30")
        )
        self.assertIn("row 2", self.refused(content, mapping))

    def test_windows_file_with_semicolons_and_commas(self):
        mapping = Mapping(
            **{**vars(self.MAPPING), "delimiter": ";", "date_format": "%d.%m.%Y"}
        )
        content = written(
            self.COLUMNS,
            self.row("Größe", "1.234,50", at="02.03.2026"),
            delimiter=";",
            charset="cp1252",
        )
        _heads, [line] = self.lines_of(content, mapping)
        self.assertEqual(line["net"], Decimal("1234.50"))
        self.assertEqual(line["external_id"], "Größe")
        self.assertEqual(line["posted_at"].isoformat(), "2026-03-02T00:00:00+00:00")

    def test_amount_that_may_be_two_is_refused_unless_the_format_says(self):
        content = written(self.COLUMNS, self.row("1", "1.234"))
        self.assertIn("may be two", self.refused(content))
        mapping = Mapping(**{**vars(self.MAPPING), "mark": ","})
        _heads, [line] = self.lines_of(content, mapping)
        self.assertEqual(line["net"], 1234)

    def test_amounts(self):
        for text, currency, amount in (
            ("0,99", "EUR", "0.99"),
            ("-.50", "USD", "-0.50"),
            ("1’234.50", "CHF", "1234.50"),
            ("1.234.567,89", "EUR", "1234567.89"),
            ("1,234,567", "USD", "1234567"),
            ("12,345", "KWD", "12.345"),
            ("\u2212 3,20", "EUR", "-3.20"),
            ("+7", "EUR", "7"),
            # firefly-iii/firefly-iii#1938 and #1087, moneymanagerex/moneymanagerex#5801
            ("-1.000,00 €", "EUR", "-1000.00"),
            ("-950,00 €", "EUR", "-950.00"),
            ("€ -3,20", "EUR", "-3.20"),
            ("$(0.01)", "USD", "-0.01"),
            ("(US$ 0.01)", "USD", "-0.01"),
            ("CHF 1’234.50", "CHF", "1234.50"),
            ("\u2013 3,20", "EUR", "-3.20"),
        ):
            with self.subTest(text):
                self.assertEqual(local_amount(text, currency), Decimal(amount))
        for text in (
            "",
            "-",
            "1,2,3",
            "1.23.456",
            "12a",
            "1e5",
            "--3",
            "NaN",
            "9" * 40,
            "$3.20",
            "1€20",
            "€",
            "€€3",
            "-€-3",
        ):
            with self.subTest(text), self.assertRaises(Malformed):
                local_amount(text, "EUR")


@tagged("post_install", "-at_install")
class TestGateways(SettlementCase):
    """Stripe and PayPal as their own files are, by the examples that are installed."""

    def bring(self, content, name, **values):
        wizard = (
            self.env["channel.settlement.import"]
            .with_user(self.first)
            .create(
                {
                    "channel_id": self.channel.id,
                    "format_id": self.env.ref(f"channel_settlement.format_{name}").id,
                    "data": base64.b64encode(content),
                    "file_name": f"{name}.csv",
                    **values,
                }
            )
        )
        self.preview = wizard.preview
        wizard.action_import()
        self.env.invalidate_all()
        return self.env["channel.settlement"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )

    def test_stripe_payouts_of_one_file_are_booked_each_by_itself(self):
        self.paid(100, "O1")
        self.paid(50, "O2")
        order = {"payment_metadata[order_id]": "O1"}
        content = written(
            STRIPE,
            stripe("txn_1", "charge", "100.00", "3.20", "96.80", **order),
            stripe("txn_2", "fee", "0.00", "1.00", "-1.00", description="Radar"),
            stripe("txn_3", "payout", "-95.80", "0.00", "-95.80"),
            stripe(
                "txn_4",
                "charge",
                "50.00",
                "1.75",
                "48.25",
                automatic_payout_id="po_2",
                **{"payment_metadata[order_id]": "O2"},
            ),
        )
        first, second = self.bring(content, "stripe")
        self.assertIn("O1", self.preview)
        self.assertEqual((first.external_id, first.payout), ("po_1", 95.8))
        self.assertEqual((second.external_id, second.payout), ("po_2", 48.25))
        self.assertEqual(first.deposit_date.isoformat(), "2026-03-03")
        self.post(first)
        self.post(second)
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.open_on(self.transfer), 144.05)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 5.95)

    def test_paypal_statement_leaves_the_rest_with_paypal(self):
        self.paid(100, "O1")
        content = written(
            PAYPAL,
            paypal(
                "7AB",
                "Express Checkout Payment",
                "100.00",
                "-3.20",
                "96.80",
                "146.80",
                **{"Invoice Number": "O1", "Name": "Ada"},
            ),
            paypal("7AC", "General Withdrawal", "-120.00", "0", "-120.00", "26.80"),
            paypal("7AD", "General Authorization", "40.00", "0", "40.00", "66.80"),
            paypal(
                "7AE", "Mobile Payment", "9.00", "0", "9.00", "26.80", Status="Pending"
            ),
        )
        settlement = self.bring(content, "paypal")
        self.assertEqual(settlement.kind, "statement")
        self.assertEqual((settlement.opening, settlement.closing), (50, 26.8))
        self.assertEqual((settlement.total, settlement.payout), (96.8, 120))
        self.assertEqual(settlement.line_count, 2)
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)
        self.assertEqual(self.open_on(self.transfer), 120)
        # 23.20 less lie with PayPal than before
        self.assertEqual(self.balance_of(self.accounts["reserve"]), -23.2)
        line = self.bank_shows(120, date="2026-03-02", label="PAYPAL 7AC")
        settlement.action_find_bank()
        self.assertTrue(settlement.in_bank)
        self.assertTrue(line.is_reconciled)

    def test_statement_whose_balance_does_not_come_out_is_not_posted(self):
        content = written(
            PAYPAL,
            paypal("7AB", "Chargeback Fee", "-20.00", "0", "-20.00", "80.00"),
            paypal("7AC", "Chargeback Fee", "-20.00", "0", "-20.00", "50.00"),
        )
        settlement = self.bring(content, "paypal")
        self.assertEqual(settlement.state, "exceptions")
        self.assertIn("100.00", settlement.check_text)

    def test_amount_in_the_bank_is_compared(self):
        content = written(STRIPE, stripe("txn_2", "fee", "0.00", "1.00", "-1.00"))
        settlement = self.bring(content, "stripe", has_total=True, total=-1.5)
        self.assertEqual(settlement.difference, -0.5)
        self.assertEqual(settlement.state, "exceptions")

    def test_same_file_is_refused_and_overlapping_lines_are_found(self):
        row = stripe("txn_2", "fee", "0.00", "1.00", "-1.00")
        first = self.bring(written(STRIPE, row), "stripe")
        with self.assertRaises(UserError):
            self.bring(written(STRIPE, row), "stripe")
        other = dict(row, automatic_payout_id="po_9")
        found = self.bring(written(STRIPE, other), "stripe") - first
        self.assertEqual(self.matches(found), ["twice"])

    def test_word_added_to_the_format_lets_the_refused_file_in(self):
        own = self.env.ref("channel_settlement.format_stripe").copy({"name": "Own"})
        content = written(STRIPE, stripe("txn_2", "climate", "-1.00", "0", "-1.00"))
        wizard = self.env["channel.settlement.import"].with_user(self.first)
        wizard.create(
            {
                "channel_id": self.channel.id,
                "format_id": own.id,
                "data": base64.b64encode(content),
            }
        ).action_import()
        [exception] = self.exceptions("settlement_file")
        self.assertIn("climate", exception.message)
        own.with_user(self.first).write(
            {"word_ids": [(0, 0, {"word": "Climate", "kind": "fee"})]}
        )
        self.work()
        self.assertFalse(self.exceptions("settlement_file"))
        self.assertEqual(self.settlement("po_1").payout, -1)
