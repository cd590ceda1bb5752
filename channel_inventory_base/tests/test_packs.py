# SPDX-License-Identifier: AGPL-3.0-or-later
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import schemas
from ..exceptions import MalformedDataError
from .common import ChannelCase

CASE_GTIN = "10614141000019"


@tagged("post_install", "-at_install")
class TestPacks(ChannelCase):
    """A channel that sells by units of its own, as trading partners do: a case is never
    taken for a piece."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.soap = cls.make_product(cls.env, 5, 100, cls.warehouse, default_code="SOAP")
        cls.case = cls.env["uom.uom"].create(
            {
                "name": "Case of 24",
                "relative_factor": 24,
                "relative_uom_id": cls.soap.uom_id.id,
            }
        )

    def order(self, quantity=10, ref="SOAP|CA", number=1, **line):
        data = schemas.load(
            schemas.OrderData,
            {
                "external_id": f"PO-{number}",
                "name": f"PO-{number}",
                "version": "2026-03-01T12:00:00Z",
                "lines": [
                    {
                        "external_id": "1",
                        "listing_ref": ref,
                        "sku": "SOAP",
                        "quantity": quantity,
                        "open_quantity": quantity,
                        **line,
                    }
                ],
            },
        )
        return self.env["channel.order"]._capture(self.channel, data, "trace")

    def page(self, **values):
        listing = schemas.ListingData(
            external_id="SOAP|CA", stock_ref="SOAP|CA", sku="SOAP", **values
        )
        catalogue = self.env["channel.catalogue"]
        catalogue._store_page(self.channel.id, [listing])
        return self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", "SOAP|CA")]
        )

    def held(self, order):
        holds = order.line_ids.hold_ids.filtered(lambda hold: hold.state == "active")
        return [(hold.product_id, hold.stock_quantity) for hold in holds]

    def packaging(self, barcode=CASE_GTIN):
        return self.env["product.uom"].create(
            {
                "product_id": self.soap.id,
                "uom_id": self.case.id,
                "barcode": barcode,
            }
        )

    # ------------------------------------------------------------------ orders
    def test_ten_cases_hold_two_hundred_and_forty_pieces(self):
        order = self.order(pack="24")
        self.assertEqual(order.line_ids.listing_id.state, "mapped")
        self.assertEqual(order.line_ids.listing_id.stock_factor, 24)
        self.assertEqual(self.held(order), [(self.soap, 240)])

    def test_case_of_unknown_size_holds_nothing_wrong_and_waits_for_a_person(self):
        order = self.order(pack="0")
        listing = order.line_ids.listing_id
        self.assertEqual((listing.state, listing.product_id.ids), ("review", []))
        self.assertEqual(listing.suggested_product_id, self.soap)
        self.assertFalse(order.line_ids._is_sold_known())
        [(product, _units)] = self.held(order)
        self.assertFalse(product)
        listing.write({"product_id": self.soap.id, "pack_qty": 24})
        listing.action_accept()
        self.assertEqual(self.held(order), [(self.soap, 240)])

    def test_pack_that_a_later_order_tells_is_that_of_the_listing(self):
        listing = self.order(pack="0").line_ids.listing_id
        self.order(pack="24", number=2)
        self.assertEqual((listing.state, listing.told_pack), ("review", 24))
        listing.action_accept()
        self.assertEqual((listing.state, listing.stock_factor), ("mapped", 24))
        # of what a person has matched an order changes nothing
        self.order(pack="12", number=3)
        self.assertEqual(listing.stock_factor, 24)

    def test_channel_that_does_not_speak_of_packs_sells_pieces(self):
        order = self.order()
        self.assertEqual(order.line_ids.listing_id.state, "mapped")
        self.assertEqual(self.held(order), [(self.soap, 10)])

    def test_packs_that_are_none_are_refused_with_their_place(self):
        for pack in ("-1", "1000001"):
            with self.assertRaises(MalformedDataError) as caught:
                self.order(pack=pack)
            self.assertIn("lines[0].pack", str(caught.exception))

    # ---------------------------------------------------------------- listings
    def test_pack_of_a_catalogue_is_that_of_the_mapping(self):
        listing = self.page(pack=Decimal(24))
        self.assertEqual((listing.state, listing.stock_factor), ("mapped", 24))

    def test_unknown_pack_is_accepted_by_no_button(self):
        listing = self.page(pack=Decimal(0))
        self.assertEqual(listing.state, "review")
        with self.assertRaisesRegex(UserError, "units per sold unit"):
            listing.action_accept()
        listing.action_accept_suggested()
        self.assertEqual(listing.state, "review")
        # told since
        listing = self.page(pack=Decimal(24))
        listing.action_accept()
        self.assertEqual((listing.state, listing.stock_factor), ("mapped", 24))

    def test_barcode_of_a_packaging_suggests_product_and_pack(self):
        self.packaging()
        listing = self.page(pack=Decimal(0), barcode=CASE_GTIN)
        self.assertEqual(listing.state, "review")
        self.assertEqual(listing.suggested_product_id, self.soap)
        self.assertEqual(listing.suggested_uom_id, self.case)
        listing.action_accept()
        self.assertEqual((listing.state, listing.stock_factor), ("mapped", 24))

    def test_case_is_no_piece_where_packs_are_not_told_either(self):
        self.packaging()
        listing = self.page(barcode=CASE_GTIN)
        self.assertEqual(listing.state, "review")
        self.assertEqual(listing.suggested_uom_id, self.case)

    def test_gtin_is_the_same_with_zeros_before_it(self):
        # one GTIN as UPC-12, EAN-13 and GTIN-14
        self.soap.barcode = "0614141000036"
        for number, barcode in enumerate(
            ("614141000036", "0614141000036", "00614141000036"), 1
        ):
            listing = self.env["channel.listing"].create(
                {
                    "channel_id": self.channel.id,
                    "external_id": f"gtin-{number}",
                    "barcode": barcode,
                }
            )
            listing.env["channel.listing.matcher"]._suggest(listing)
            self.assertEqual(listing.suggested_product_id, self.soap, barcode)

    def test_stock_report_names_a_product_by_its_gtin_of_any_length(self):
        self.soap.barcode = "614141000036"
        found, unknown = self.env["channel.stock.report"]._find_products(
            self.env.company, self._rows("00614141000036")
        )
        self.assertEqual((list(found), unknown), ([self.soap.id], []))

    def test_barcode_of_a_packaging_counts_nothing_that_nobody_has_said(self):
        self.packaging()
        found, [problem] = self.env["channel.stock.report"]._find_products(
            self.env.company, self._rows("0" + CASE_GTIN[1:])
        )
        # another number: the first digit is the level of packaging
        self.assertEqual((found, problem.reason), ({}, "unknown"))
        found, [problem] = self.env["channel.stock.report"]._find_products(
            self.env.company, self._rows(CASE_GTIN)
        )
        self.assertEqual((found, problem.reason), ({}, "packaging"))

    def _rows(self, code):
        [good, _problems] = self.env["channel.stock.report"]._read_report(
            [{"product": code, "quantity": 1}], "2026-03-01T10:00:00Z", ("quantity",)
        )[1:]
        return good

    def test_other_pack_than_matched_is_told_until_it_is_right(self):
        listing = self.page(pack=Decimal(24))
        self.page(pack=Decimal(12))
        self.assertEqual(listing.stock_factor, 24)
        self.env["channel.listing"]._report_odd_products()
        exceptions = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("key", "=", "pack")]
        )
        self.assertEqual(exceptions.state, "open")
        self.assertIn("SOAP", exceptions.message)
        listing.pack_qty = 12
        self.env["channel.listing"]._report_odd_products()
        self.assertEqual(exceptions.state, "resolved")
