# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.lib.errors import (
    Malformed,
    Refused,
    Unavailable,
)

from .. import mapper
from ..lib import report
from ..lib.report import Table
from .common import DE, JP, PureCase

ENGLISH = (
    "item-name\titem-description\tlisting-id\tseller-sku\tprice\tquantity\topen-date"
    "\tproduct-id-type\tasin1\tproduct-id\tpending-quantity\tfulfillment-channel\tstatus"
)
GERMAN = (
    "Artikelbezeichnung\tArtikelbeschreibung\tAngebotsnummer\tHändler-SKU\tPreis\tMenge"
    "\tErstellungsdatum\tProdukt-ID-Typ\tASIN 1\tProdukt-ID\tAnzahl Bestellungen"
    "\tVersender\tStatus"
)
FRENCH = (
    "nom-produit\tdescription\tid-offre\tsku-vendeur\tprix\tquantité\tdate-ouverture"
    "\ttype-id-produit\tasin1\tid-produit\tquantité-en-attente\tcanal-traitement\tétat"
)
JAPANESE = (
    "商品名\t商品の説明\t出品ID\t出品者SKU\t価格\t数量\t出品日\t商品IDタイプ\tASIN 1"
    "\t商品ID\t在庫数\tフルフィルメント・チャンネル\tステータス"
)
TURKISH = "\t".join(f"{name} (x y)" for name in ENGLISH.split("\t")[:12]) + "\tdurum"


def row(sku="LAMP", channel="DEFAULT", title="Lamp", kind="4", number="4006381333931"):
    cells = [title, "", "L1", sku, "10.00", "3", "2026", kind, "B1", number, "0"]
    return "\t".join([*cells, channel, "Active"])


def table(header, *rows, encoding="utf-8", charset="", market=DE):
    lines = [each.encode(encoding) for each in (header, *rows)]
    return Table(lines, charset, market, report.NEEDED)


class TestTable(PureCase):
    def offers(self, *args, **options):
        return list(report.offers(table(*args, **options)).values())

    def test_headers_of_each_language(self):
        for header in (ENGLISH, GERMAN, FRENCH, JAPANESE, TURKISH):
            with self.subTest(header[:20]):
                [offer] = self.offers(header, row())
                self.assertEqual((offer.sku, offer.title), ("LAMP", "Lamp"))
                self.assertEqual((offer.asin, offer.barcode), ("B1", "4006381333931"))
                self.assertTrue(offer.by_merchant)

    def test_character_sets_told_and_not_told(self):
        for header, title, encoding, market in (
            (GERMAN, "Tasse für Öl", "cp1252", DE),
            (GERMAN, "Tasse für Öl", "utf-8", DE),
            (GERMAN, "Tasse für Öl", "utf-8-sig", DE),
            (JAPANESE, "ランプ", "cp932", JP),
            (JAPANESE, "ランプ", "utf-8", JP),
        ):
            for told in ("", encoding, "no-such-charset"):
                with self.subTest(encoding=encoding, told=told):
                    lines = f"{header}\n{row(title=title)}".encode(encoding).split(
                        b"\n"
                    )
                    found = report.offers(Table(lines, told, market, report.NEEDED))
                    self.assertEqual(found["LAMP"].title, title)

    def test_charset_that_is_no_text_is_not_used(self):
        """Python knows codecs that unpack, raise, or take an hour for one line."""
        for told in (
            "hex",
            "zlib",
            "bz2",
            "rot13",
            "idna",
            "punycode",
            "undefined",
            "x\0",
        ):
            with self.subTest(told):
                [offer] = self.offers(GERMAN, row(title="Öl"), charset=told)
                self.assertEqual(offer.title, "Öl")

    def test_charset_that_is_told_wrong_is_found_out(self):
        [offer] = self.offers(
            GERMAN, row(title="Öl"), encoding="cp1252", charset="utf-8"
        )
        self.assertEqual(offer.title, "Öl")

    def test_header_that_nobody_knows_is_refused_and_shown(self):
        with self.assertRaises(Malformed) as caught:
            table("Namn\tSKU-kod\tKanal", "a\tb\tc")
        self.assertIn("sku-kod", str(caught.exception))
        self.assertIn("seller-sku", str(caught.exception))

    def test_file_without_a_line_is_no_empty_catalogue(self):
        with self.assertRaises(Unavailable):
            Table([], needed=report.NEEDED)
        self.assertEqual(self.offers(ENGLISH), [])

    def test_row_that_is_broken_in_two_is_refused_with_its_line(self):
        with self.assertRaises(Malformed) as caught:
            self.offers(ENGLISH, row(), "rest of a description")
        self.assertEqual(caught.exception.path, "line 3")

    def test_cells_that_are_missing_at_the_end_are_empty(self):
        [offer] = self.offers(ENGLISH, row().rpartition("\t")[0])
        self.assertEqual(offer.sku, "LAMP")


class TestOffers(PureCase):
    def test_offers_of_amazon_are_told_apart(self):
        for channel in ("AMAZON_EU", "AMAZON_NA", "amazon_jp"):
            found = report.offers(table(ENGLISH, row(channel=channel)))
            values, reason = mapper.listing(found["LAMP"])
            data = schemas.load(schemas.ListingData, values)
            self.assertFalse(data.tracked)
            self.assertEqual(reason, mapper.SHIPPED_BY_AMAZON)

    def test_sku_with_both_offers_is_never_written(self):
        rows = [row(), row(channel="AMAZON_EU")]
        for each in (rows, rows[::-1]):
            [offer] = report.offers(table(ENGLISH, *each)).values()
            self.assertTrue(offer.by_merchant and offer.by_amazon)
            self.assertFalse(mapper.listing(offer)[0]["tracked"])

    def test_sku_of_several_marketplaces_is_one_listing(self):
        found = report.offers(table(ENGLISH, row()))
        found = report.offers(table(FRENCH, row(title="Lampe"), row("B")), found)
        self.assertEqual(sorted(found), ["B", "LAMP"])
        self.assertEqual(found["LAMP"].title, "Lamp")
        found = report.offers(table(FRENCH, row(channel="AMAZON_EU")), found)
        self.assertTrue(found["LAMP"].by_amazon)

    def test_listing_that_is_not_shown_keeps_its_number(self):
        """Out of stock it is Inactive, and would stay so for ever."""
        for word, active, reason in (
            ("Active", True, ""),
            ("Inactive", True, mapper.HIDDEN),
            ("Incomplete", False, mapper.INCOMPLETE),
            ("Aktiv", True, ""),
            ("", True, ""),
        ):
            line = row().rpartition("\t")[0] + f"\t{word}"
            [offer] = report.offers(table(ENGLISH, line)).values()
            values, why = mapper.listing(offer)
            self.assertEqual((values["active"], why), (active, reason), word)

    def test_merchant_s_offer_is_published(self):
        [offer] = report.offers(table(ENGLISH, row())).values()
        values, reason = mapper.listing(offer)
        data = schemas.load(schemas.ListingData, values)
        self.assertEqual((data.external_id, data.stock_ref), ("LAMP", "LAMP"))
        self.assertEqual(
            (data.barcode, data.tracked, reason), ("4006381333931", True, "")
        )

    def test_amazons_own_number_is_no_barcode(self):
        [offer] = report.offers(table(ENGLISH, row(kind="1", number="B1"))).values()
        self.assertEqual(offer.barcode, "")

    def test_channel_that_nobody_knows_is_refused(self):
        """Taken for the merchant's, it would open a second offer."""
        for channel in ("", "FBM", "SUPPLY_SOURCE_1"):
            with self.subTest(channel), self.assertRaises(Malformed) as caught:
                report.offers(table(ENGLISH, row(channel=channel)))
            self.assertIn("line 2", caught.exception.path)

    def test_row_without_a_sku_is_no_offer(self):
        self.assertEqual(report.offers(table(ENGLISH, row(sku=" "))), {})


class TestState(PureCase):
    def document(self, status, **more):
        return report.document_of({"processingStatus": status, **more})

    def test_cancelled_is_never_an_empty_catalogue(self):
        with self.assertRaises(Unavailable) as caught:
            self.document("CANCELLED")
        self.assertGreaterEqual(caught.exception.retry_after, 1800)

    def test_states(self):
        self.assertIsNone(self.document("IN_QUEUE"))
        self.assertIsNone(self.document("IN_PROGRESS"))
        self.assertEqual(self.document("DONE", reportDocumentId="d1"), "d1")
        with self.assertRaises(Refused):
            self.document("FATAL")
        for odd in ("LOST", "", None, 5):
            with self.assertRaises(Malformed):
                self.document(odd)
        with self.assertRaises(Malformed):
            self.document("DONE")
