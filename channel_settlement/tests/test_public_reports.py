# SPDX-License-Identifier: AGPL-3.0-or-later
"""What users of other payout connectors have reported, each tried here."""

import base64

from odoo.tests import tagged

from .common import SettlementCase
from .test_gateway_csv import written

GERMAN = (
    '"Datum";"Uhrzeit";"Zeitzone";"Name";"Typ";"Status";"Währung";"Brutto";"Gebühr";'
    '"Netto";"Transaktionscode";"Rechnungsnummer";"Guthaben"'
)


@tagged("post_install", "-at_install")
class TestPublicReports(SettlementCase):
    def bring(self, content, settlement_format, **values):
        wizard = self.env["channel.settlement.import"].with_user(self.first)
        wizard.create(
            {
                "channel_id": self.channel.id,
                "format_id": settlement_format.id,
                "data": base64.b64encode(content),
                **values,
            }
        ).action_import()
        self.env.invalidate_all()

    def test_money_that_no_line_tells_of_is_a_difference_with_a_name(self):
        """Automattic/woocommerce-payments#8588: 60.28 paid, the lines come to 77.55;
        what a loan took back was in no list."""
        self.paid(80, "O1")
        settlement = self.take_in(
            self.line("charge", 80, "2.45", order_ref="O1"), total="60.28"
        )
        self.assertEqual(settlement.state, "exceptions")
        self.assertEqual(settlement.difference, -17.27)
        action = settlement.with_user(self.first).action_accept_difference()
        self.env["channel.settlement.decide"].with_user(self.first).with_context(
            **action["context"]
        ).create(
            {"account_id": self.accounts["adjustment"].id, "reason": "Loan"}
        ).action_confirm()
        settlement.with_user(self.second).action_propose()
        settlement.action_approve()
        self.assertEqual(self.open_on(self.transfer), 60.28)
        self.assertEqual(self.balance_of(self.accounts["adjustment"]), 17.27)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_two_stores_have_cursors_and_ids_of_their_own(self):
        """microsoft/BCApps#7633: payouts of one store were skipped because another
        one's newest id was taken for where to go on."""
        other = self.channel.copy({"name": "Other shop"})
        other.write({"state": "live", "home_database": self.channel.home_database})
        reader = self.env["channel.settlement.reader"]
        values = self.document(self.line("fee", -3, ref="same"))
        self.fake.payouts = [("P1@PAID", values)]
        for channel in self.channel | other:
            reader._fetch(channel)
        files = self.env["channel.settlement.file"].search(
            [("channel_id", "in", (self.channel | other).ids)]
        )
        self.assertEqual(files.channel_id, self.channel | other)
        for channel in self.channel | other:
            reader._run(channel)
        found = self.env["channel.settlement"].search([("external_id", "=", "P1")])
        self.assertEqual(len(found), 2)
        # the same id in another shop is another line
        self.assertEqual(found.line_ids.mapped("match"), ["account"] * 2)

    def test_payout_that_is_listed_again_is_fetched_once(self):
        values = self.document(self.line("fee", -3))
        self.fake.payouts = [("P1@PAID", values), ("P1-again@PAID", values)]
        reader = self.env["channel.settlement.reader"]
        reader._fetch(self.channel)
        reader._fetch(self.channel)
        files = self.env["channel.settlement.file"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(len(files), 1)
        self.assertIn("P1-again@PAID", reader._get_known(self.channel))

    def test_chargebacks_are_booked(self):
        """mollie/mollie-odoo#89: chargebacks were not handled at all, so settlements
        with one never came to what the bank had."""
        self.paid(100, "O1")
        settlement = self.take_in(
            self.line("charge", 100, 2, order_ref="O1"),
            self.line("chargeback", -30, "7.50"),
        )
        self.post(settlement)
        self.bank_shows(60.5)
        settlement.action_find_bank()
        self.assertTrue(settlement.in_bank)
        self.assertEqual(self.open_on(self.clearing), 0)

    def german(self):
        words = {
            "Website-Zahlung": "charge",
            "Rückzahlung": "refund",
            "Allgemeine Währungsumrechnung": "other",
            "Allgemeine Abbuchung": "transfer",
        }
        return self.env["channel.settlement.format"].create(
            {
                "name": "PayPal, deutsch",
                "gateway": "paypal",
                "delimiter": ";",
                "kind_column": "Typ",
                "line_column": "Transaktionscode",
                "gross_column": "Brutto",
                "fee_column": "Gebühr",
                "net_column": "Netto",
                "currency_column": "Währung",
                "order_column": "Rechnungsnummer",
                "transaction_column": "Transaktionscode",
                "date_column": "Datum,Uhrzeit",
                "date_format": "%d.%m.%Y %H:%M:%S",
                "tz": "Europe/Berlin",
                "status_column": "Status",
                "status_words": "Abgeschlossen",
                "balance_column": "Guthaben",
                "fee_is_negative": True,
                "word_ids": [
                    (0, 0, {"word": word, "kind": kind}) for word, kind in words.items()
                ],
            }
        )

    def test_german_paypal_file_with_refunds_is_read_to_the_cent(self):
        """OCA/bank-statement-import#7: status and dates in German, 3.100,55 read as
        3.1, refunds left out."""
        order = self.paid("3100.55", "O1")
        self.pay_back(order, "100.55")
        columns = GERMAN.replace('"', "").split(";")
        rows = [
            "02.03.2026;10:00:00;CET;Ada;Website-Zahlung;Abgeschlossen;USD;3.100,55;"
            "-62,36;3.038,19;7AA;O1;3.038,19",
            "02.03.2026;10:30:00;CET;Ada;Website-Zahlung;Ausstehend;USD;5,00;0,00;"
            "5,00;7AB;O9;3.038,19",
            "02.03.2026;11:00:00;CET;Ada;Rückzahlung;Abgeschlossen;USD;-100,55;0,00;"
            "-100,55;7AC;O1;2.937,64",
        ]
        content = written(
            columns,
            *[dict(zip(columns, row.split(";"), strict=True)) for row in rows],
            delimiter=";",
            charset="cp1252",
        )
        self.bring(content, self.german())
        settlement = self.env["channel.settlement"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(self.matches(settlement), ["matched"] * 2)
        self.assertEqual(settlement.total, 2937.64)
        self.assertEqual(settlement.fees, 62.36)
        self.post(settlement)
        self.assertEqual(self.open_on(self.clearing), 0)

    def test_conversion_is_a_row_in_each_currency_and_no_sum_over_both(self):
        """OCA/bank-statement-import#235, #258: rows of a conversion were merged, with
        the wrong sign, or counted twice."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        for words in ("Währungsumrechnung",):
            self.env["channel.settlement.account"].create(
                {
                    "kind": "other",
                    "words": words,
                    "account_id": self.company.transfer_account_id.id,
                    "company_id": self.company.id,
                }
            )
        columns = GERMAN.replace('"', "").split(";")
        kind = "Allgemeine Währungsumrechnung;Abgeschlossen"
        rows = [
            f"02.03.2026;10:00:00;CET;;{kind};EUR;-10,00;0,00;-10,00;7C1;;0,00",
            f"02.03.2026;10:00:00;CET;;{kind};USD;11,00;0,00;11,00;7C2;;11,00",
        ]
        content = written(
            columns,
            *[dict(zip(columns, row.split(";"), strict=True)) for row in rows],
            delimiter=";",
        )
        self.bring(content, self.german())
        found = self.env["channel.settlement"].search(
            [("channel_id", "=", self.channel.id)], order="currency_id"
        )
        totals = {each.currency_id.name: each.total for each in found}
        self.assertEqual(totals, {"EUR": -10, "USD": 11})
        self.assertEqual(set(found.mapped("state")), {"ready"})

    def test_fee_in_another_currency_is_no_fee_in_the_orders(self):
        """woocommerce/woocommerce-gateway-stripe#84, #1463: the fee of an account in
        another currency was taken off the order's total as it stood."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        order = self.paid(100, "O1")
        self.take_in(
            self.line("charge", 800, 24, order_ref="O1"),
            currency="EUR",
        )
        self.env.flush_all()
        row = self.env["channel.order.margin"].search([("order_id", "=", order.id)])
        self.assertTrue(row.is_converted)
        self.assertFalse(row.net, "nobody has told at what rate")

    def test_same_payout_with_other_decimals_is_the_same(self):
        """luminatechnology/Tomofun_23R1#15: imported by the clock and by hand, with
        other decimals, payments were there twice."""
        self.paid(100, "O1")
        line = self.line("charge", "100.00", "3.20", order_ref="O1", ref="T-1")
        line.update(paid_amount="100.00", paid_currency="USD")
        settlement = self.take_in(line)
        move = self.post(settlement)
        line.update(gross="100.0000", fee="3.2", net="96.80", paid_amount="100.0")
        self.store(self.channel, self.document(line))
        self.work()
        self.assertEqual(self.settlement(), settlement)
        self.assertFalse(self.exceptions("settlement"))
        self.assertEqual(
            self.env["account.move"].search([("channel_settlement_id", "!=", False)]),
            move,
        )

    def test_equal_amounts_of_one_day_are_told_apart(self):
        """DanielKarp/YNAmazon#28: several orders of one amount on one day were taken
        for one another; nothing is matched by its amount here."""
        self.paid(25, "O1")
        self.paid(25, "O2")
        self.paid(25, "O3")
        settlement = self.take_in(
            self.line("charge", 25, 1, order_ref="O3"),
            self.line("charge", 25, 1, order_ref="O1"),
            self.line("charge", 25, 1),
        )
        names = settlement.line_ids.sorted("id").mapped("order_id.name")
        self.assertEqual(names, ["#O3", "#O1"])
        self.assertEqual(self.matches(settlement), ["matched", "matched", "no_order"])
        self.assertEqual(settlement.state, "exceptions")

    def test_fee_that_names_a_shipment_asks_for_no_order(self):
        """amzn/selling-partner-api-models#5353: the order of a fee is the id of a
        shipment to Amazon, or nothing."""
        settlement = self.take_in(
            self.line("fee", -128, order_ref="FBA19CD9HGQ8", words="FBAFees"),
            self.line("fee", 12, words="other-transaction / Reversal"),
        )
        self.assertEqual(self.matches(settlement), ["account", "account"])
        self.assertFalse(settlement.line_ids.order_id)
        reader = self.env["channel.settlement.reader"]
        self.assertEqual(reader._get_unknown_orders(self.channel), [])

    def test_fees_finer_than_a_cent_are_posted_to_the_cent(self):
        """microsoft/BCApps#9673: a fee that a gateway tells in tenths of a cent could
        not be posted."""
        self.paid(100, "O1")
        self.paid(50, "O2")
        settlement = self.take_in(
            self.line("charge", 100, "2.005", order_ref="O1"),
            self.line("charge", 50, "1.005", order_ref="O2"),
            total="146.99",
        )
        self.assertEqual((settlement.state, settlement.difference), ("ready", 0))
        self.post(settlement)
        self.assertEqual(settlement.state, "posted")
        self.assertEqual(self.open_on(self.transfer), 146.99)
        self.assertEqual(self.balance_of(self.accounts["fee"]), 3.01)
        self.assertEqual(self.open_on(self.clearing), 0)
