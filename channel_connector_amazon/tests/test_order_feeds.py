# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal
from xml.etree import ElementTree

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import Malformed, Unavailable

from ..const import CANCEL_REASONS
from ..lib import order_feeds
from .common import PureCase

PROCESSED = b"""<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope><Header><DocumentVersion>1.02</DocumentVersion></Header>
<MessageType>ProcessingReport</MessageType><Message><MessageID>1</MessageID>
<ProcessingReport><DocumentTransactionID>1</DocumentTransactionID>
<StatusCode>Complete</StatusCode><ProcessingSummary>
<MessagesProcessed>3</MessagesProcessed><MessagesSuccessful>2</MessagesSuccessful>
<MessagesWithError>1</MessagesWithError></ProcessingSummary>%s
</ProcessingReport></Message></AmazonEnvelope>"""
RESULT = b"""<Result><MessageID>%d</MessageID><ResultCode>%s</ResultCode>
<ResultMessageCode>18028</ResultMessageCode>
<ResultDescription>already shipped</ResultDescription></Result>"""
TABLE = b"""Feed Processing Summary:
\tNumber of records processed\t\t2
\tNumber of records successful\t\t1

original-record-number\torder-id\terror-code\terror-type\terror-message
2\t028-1-2\t18100\tError\tmore than was paid
1\t028-1-1\t18101\tWarning\tlate
"""
DONE_TABLE = TABLE.partition(b"\n\n")[0].replace(b"\t1", b"\t2")
DONE = (PROCESSED % b"").replace(b">3<", b">2<")


def refund(**values):
    base = {
        "order_ref": "028-1-1",
        "amount": "11.90",
        "currency": "EUR",
        "lines": [{"line_ref": "1", "quantity": 1, "amount": "11.90"}],
    }
    return schemas.load(schemas.RefundData, {**base, **values})


class TestAcknowledgement(PureCase):
    def messages(self, *messages):
        content = order_feeds.acknowledgement("A1S", messages)
        root = ElementTree.fromstring(content)
        self.assertEqual(root.findtext("Header/MerchantIdentifier"), "A1S")
        self.assertEqual(root.findtext("MessageType"), "OrderAcknowledgement")
        return root.findall("Message")

    def test_several_orders_are_cancelled_by_one_feed(self):
        found = self.messages(
            ("028-1-1", ["1", "2"], "NoInventory"), ("028-1-2", ["3"], "BuyerCanceled")
        )
        numbers = [each.findtext("MessageID") for each in found]
        self.assertEqual(numbers, ["1", "2"])
        first = found[0].find("OrderAcknowledgement")
        self.assertEqual(first.findtext("AmazonOrderID"), "028-1-1")
        self.assertEqual(first.findtext("StatusCode"), "Failure")
        items = [
            (each.findtext("AmazonOrderItemCode"), each.findtext("CancelReason"))
            for each in first.findall("Item")
        ]
        self.assertEqual(items, [("1", "NoInventory"), ("2", "NoInventory")])

    def test_acknowledged_order_has_no_items(self):
        [found] = self.messages(("028-1-1", ["1"], ""))
        content = found.find("OrderAcknowledgement")
        self.assertEqual(content.findtext("StatusCode"), "Success")
        self.assertEqual(content.findall("Item"), [])

    def test_reason_of_the_base_is_one_of_amazons(self):
        for reason in (
            schemas.CancelData.__dataclass_fields__ and CANCEL_REASONS.values()
        ):
            self.assertIn(reason, order_feeds.REASONS)
        self.assertEqual(CANCEL_REASONS["stock"], "NoInventory")
        with self.assertRaises(ValueError):
            self.messages(("028-1-1", ["1"], "Because"))

    def test_nothing_is_cancelled_without_its_items(self):
        with self.assertRaises(ValueError):
            self.messages(("028-1-1", [], "NoInventory"))

    def test_texts_cannot_write_elements(self):
        [found] = self.messages(("<x>&</x>", ["1"], ""))
        content = found.find("OrderAcknowledgement")
        self.assertEqual(content.findtext("AmazonOrderID"), "<x>&</x>")


class TestAdjustment(PureCase):
    def rows(self, data, **parts):
        found = order_feeds.refund_rows(data, "CustomerReturn", parts)
        header, *lines = order_feeds.adjustment(found).decode().split("\r\n")
        names = header.split("\t")
        self.assertEqual(tuple(names), order_feeds.COLUMNS)
        return [
            {
                name: cell
                for name, cell in zip(names, line.split("\t"), strict=True)
                if cell
            }
            for line in lines
            if line
        ]

    def paid(self, *amounts):
        return tuple(map(Decimal, amounts))

    def test_refund_is_split_into_price_and_tax(self):
        [row] = self.rows(refund(), **{"1": self.paid("20.00", "3.80", "0", "0")})
        self.assertEqual(
            row,
            {
                "order-id": "028-1-1",
                "order-item-id": "1",
                "adjustment-reason-code": "CustomerReturn",
                "currency": "EUR",
                "item-price-adj": "10.00",
                "item-tax-adj": "1.90",
            },
        )

    def test_price_with_tax_inside_is_one_figure(self):
        [row] = self.rows(refund(), **{"1": self.paid("23.80", "0", "0", "0")})
        self.assertEqual(row["item-price-adj"], "11.90")
        self.assertNotIn("item-tax-adj", row)

    def test_delivery_is_given_back_from_the_items_that_paid_it(self):
        data = refund(amount="16.90", shipping="5.00")
        found = self.rows(
            data,
            **{
                "1": self.paid("23.80", "0", "3.00", "0"),
                "2": self.paid("10.00", "0", "4.00", "0"),
            },
        )
        told = [(row.get("item-price-adj"), row["shipping-price-adj"]) for row in found]
        self.assertEqual(told, [("11.90", "3.00"), (None, "2.00")])

    def test_every_cent_is_in_a_row(self):
        data = refund(amount="20.00", shipping="5.00")
        found = self.rows(data, **{"1": self.paid("20.00", "3.80", "4.21", "0.79")})
        amounts = [
            Decimal(value)
            for row in found
            for name, value in row.items()
            if name.endswith("-adj")
        ]
        self.assertEqual(sum(amounts), data.amount)

    def test_goodwill_goes_with_an_item(self):
        data = refund(amount="3.00", lines=[])
        [row] = self.rows(data, **{"1": self.paid("20.00", "0", "0", "0")})
        self.assertEqual(row["item-price-adj"], "3.00")

    def test_goodwill_beyond_one_item_goes_on_with_the_next(self):
        data = refund(amount="25.00", lines=[])
        items = {"1": self.paid("20.00", "0", "0", "0")}
        items["2"] = self.paid("10.00", "0", "0", "0")
        prices = [row["item-price-adj"] for row in self.rows(data, **items)]
        self.assertEqual(prices, ["20.00", "5.00"])

    def test_units_that_will_not_be_shipped_are_cancelled_with_it(self):
        line = {"line_ref": "1", "quantity": 2, "amount": "11.90", "restock": "cancel"}
        paid = self.paid("23.80", "0", "0", "0")
        [row] = self.rows(refund(lines=[line]), **{"1": paid})
        self.assertEqual(row["quantity-cancelled"], "2")

    def test_refund_of_what_the_order_has_not_is_refused(self):
        paid = self.paid("20.00", "0", "1.00", "0")
        for data in (
            refund(lines=[{"line_ref": "9", "quantity": 1, "amount": "11.90"}]),
            refund(amount="16.90", shipping="5.00"),
            refund(amount="20.01", lines=[]),
        ):
            with self.assertRaises(Malformed):
                self.rows(data, **{"1": paid})

    def test_cell_cannot_write_rows(self):
        for row in ({"order-id": "a\tb"}, {"order-id": "a\nb"}, {"more": "x"}):
            with self.assertRaises(ValueError):
                order_feeds.adjustment([row])


class TestReport(PureCase):
    def test_refused_messages_of_xml(self):
        results = RESULT % (2, b"Error") + RESULT % (3, b"Warning")
        found = order_feeds.errors_in(PROCESSED % results)
        self.assertEqual(found, {2: "18028: already shipped"})
        self.assertEqual(order_feeds.errors_in(DONE), {})

    def test_feed_that_was_refused_as_a_whole(self):
        found = order_feeds.errors_in(PROCESSED % (RESULT % (0, b"Error")))
        self.assertEqual(list(found), [0])

    def test_refused_rows_of_a_table(self):
        found = order_feeds.errors_in(TABLE)
        self.assertEqual(found, {2: "18100: more than was paid"})
        self.assertEqual(order_feeds.errors_in(DONE_TABLE), {})

    def test_error_in_another_language_is_an_error(self):
        """Amazon.fr calls it Erreur."""
        for word in (b"Erreur", b"Fehler", b"\xe9\x94\x99\xe8\xaf\xaf"):
            found = order_feeds.errors_in(TABLE.replace(b"Error", word))
            self.assertIn(2, found)
        heads = TABLE.replace(b"Number of records processed", b"Lignes trait\xc3\xa9es")
        heads = heads.replace(b"Number of records successful", b"R\xc3\xa9ussies")
        found = order_feeds.errors_in(heads.replace(b"Error", b"Erreur"))
        self.assertEqual(found, {2: "18100: more than was paid"})

    def test_count_is_believed_where_no_row_says_what_was_refused(self):
        for content in (TABLE.partition(b"\n\n")[0], PROCESSED % b""):
            self.assertEqual(list(order_feeds.errors_in(content)), [0])

    def test_record_that_was_not_looked_at_is_not_done(self):
        for content in (DONE_TABLE, DONE):
            self.assertEqual(order_feeds.errors_in(content, 2), {})
            self.assertEqual(list(order_feeds.errors_in(content, 3)), [0])

    def test_report_that_says_nothing_is_no_success(self):
        for content in (b"", b"<html>", b"<a/>", b"hello", PROCESSED[:200]):
            with self.subTest(content), self.assertRaises(Unavailable):
                order_feeds.errors_in(content)

    def test_entities_are_not_expanded(self):
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><AmazonEnvelope>&a;</AmazonEnvelope>'
        with self.assertRaises(Malformed):
            order_feeds.errors_in(bomb)
