# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timezone
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from .. import schemas
from ..exceptions import MalformedDataError

ORDER = {
    "external_id": "7",
    "name": "#7",
    "version": "2026-11-01T10:00:00+01:00",
    "currency": "EUR",
    "total": "12.10",
    "total_tax": "2.10",
    "payment": "paid",
    "lines": [
        {
            "external_id": "1",
            "listing_ref": "v1",
            "quantity": 2,
            "open_quantity": 1,
            "unit_price": "5.00",
            "taxes": [{"title": "VAT", "rate": "0.21", "amount": "2.10"}],
            "deductions": [{"node_ref": "n1", "quantity": 2}],
        }
    ],
    "shipping": {"name": "Ada", "country_code": "NL"},
}


@tagged("post_install", "-at_install")
class TestSchemas(BaseCase):
    def load(self, **changes):
        return schemas.load(schemas.OrderData, dict(ORDER, **changes))

    def line(self, **changes):
        return self.load(lines=[dict(ORDER["lines"][0], **changes)])

    def refused(self, path, function, **changes):
        with self.assertRaises(MalformedDataError) as caught:
            function(**changes)
        self.assertTrue(str(caught.exception).startswith(path), caught.exception)

    def test_plain_data_becomes_typed_data(self):
        order = self.load()
        self.assertEqual(order.total, Decimal("12.10"))
        self.assertEqual(order.version, datetime(2026, 11, 1, 9, tzinfo=timezone.utc))
        self.assertEqual(order.lines[0].taxes[0].rate, Decimal("0.21"))
        self.assertEqual(order.shipping.country_code, "NL")
        self.assertIsNone(order.billing)

    def test_what_is_dumped_is_loaded_as_it_was(self):
        order = self.load()
        self.assertEqual(schemas.load(schemas.OrderData, schemas.dump(order)), order)
        self.assertEqual(schemas.dumps(order), schemas.dumps(self.load()))

    def test_connector_that_tells_no_more_says_what_it_always_said(self):
        """The fields of marketplaces have values that change nothing for a shop."""
        order = self.load()
        self.assertTrue(order.whole)
        self.assertFalse(order.fulfilled_by_channel)
        self.assertEqual((order.market, order.taxed_by), ("", "channel"))
        self.assertEqual((order.collected_tax, order.ship_by), (0, None))
        self.assertEqual((order.customer_ref, order.origin), ("", ""))

    def test_word_about_a_part_is_never_taken_for_the_order(self):
        self.refused("whole", self.load, whole=False)
        self.assertFalse(self.load(whole=False, complete=False).whole)

    def test_order_of_a_marketplace_is_loaded_as_it_was_dumped(self):
        order = self.load(
            state="pending",
            market="A1",
            taxed_by="collected",
            collected_tax="8.25",
            fulfilled_by_channel=True,
            ship_by="2026-11-03T22:59:59Z",
            customer_ref="PO-1",
            origin="6",
            customer={"name": "Ada", "company": "Ada Ltd", "vat": "NL1"},
        )
        self.assertEqual(order.collected_tax, Decimal("8.25"))
        self.assertEqual(order.ship_by.day, 3)
        self.assertEqual(schemas.load(schemas.OrderData, schemas.dump(order)), order)

    def test_refusals_name_the_place(self):
        self.refused("lines[0].quantity", self.line, quantity=-1)
        self.refused("lines[0].quantity", self.line, quantity=10**9)
        self.refused("lines[0].quantity", self.line, quantity=1.5)
        self.refused("lines[0].quantity", self.line, quantity="2")
        self.refused("lines[0].quantity", self.line, quantity=True)
        self.refused("lines[0].unit_price", self.line, unit_price="free")
        self.refused("lines[0].unit_price", self.line, unit_price="NaN")
        self.refused("lines[0].taxes[0].rate", self.line, taxes=[{"title": "x"}])
        self.refused("lines[0].deductions", self.line, deductions=7)
        self.refused("state", self.load, state="lost")
        self.refused("payment", self.load, payment="maybe")
        self.refused("taxed_by", self.load, taxed_by="nobody")
        self.refused("lines", self.load, lines=ORDER["lines"] * 2)
        self.refused("lines", self.load, lines="many")
        self.refused("name", self.load, name=None)
        self.refused("unknown fields", self.load, colour="red")

    def test_what_would_break_us_later_is_refused_here(self):
        """A time that keeps out all later ones, a number that no column takes, a name
        that no index takes."""
        for version in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"):
            self.refused("version", self.load, version=version)
        for total in ("1E+99999", "1E-99999", "1" * 20):
            self.refused("total", self.load, total=total)
        self.refused("external_id", self.load, external_id="x" * 501)
        self.refused("lines[0].shipped_quantity", self.line, shipped_quantity=-1)
        odd = [{"node_ref": "n1", "quantity": -(10**9)}]
        self.refused("lines[0].deductions", self.line, deductions=odd)

    def test_texts_stand_on_one_line_and_notes_keep_theirs(self):
        evil = "#7\r\n2026-11-30 CRITICAL\x1b[2J\x00\u2028\u202e7#\x85"
        line = {**ORDER["lines"][0], "sku": evil, "title": evil}
        order = schemas.load(
            schemas.OrderData,
            {
                **ORDER,
                "name": evil,
                "gateway": evil,
                "note": "ring\r\ntwice\x1b[2J\u202e",
                "lines": [line],
                "shipping": {"name": evil, "city": evil},
            },
        )
        [line] = order.lines
        for text in (
            *(order.name, order.gateway, line.sku, line.title),
            *(order.shipping.name, order.shipping.city),
        ):
            self.assertEqual(text, "#7 2026-11-30 CRITICAL [2J 7# ")
        self.assertEqual(order.note, "ring\ntwice [2J")
        # writing of other directions, and signs that are made of several, stay whole
        for text in (
            "\u05e9\u05dc\u05d5\u05dd",
            "\U0001f469\u200d\U0001f4bb",
            "\u0645\u06cc\u200c\u062e",
        ):
            named = schemas.load(schemas.OrderData, {**ORDER, "name": text})
            self.assertEqual(named.name, text)

    def test_body_of_an_event_is_kept_as_it_was_received(self):
        body = '{"a":\r\n "\u202e\u2028"}'
        values = {"key": "k", "kind": "order", "topic": "a\x85b", "body": body}
        event = schemas.load(schemas.InboundEvent, values)
        self.assertEqual((event.body, event.topic), (body, "a b"))

    def test_floats_are_no_money(self):
        self.refused("total", self.load, total=12.1)

    def test_times_without_a_zone_are_refused(self):
        self.refused("version", self.load, version="2026-11-01T10:00:00")
        self.refused("version", self.load, version=1234567890)
        self.refused("version", self.load, version="yesterday")

    # ------------------------------------------------------------ lifecycle
    def test_every_kind_of_message_has_its_data(self):
        self.assertEqual(set(schemas.DATA), set(schemas.KINDS))

    def test_messages_are_read_back_as_they_were_frozen(self):
        parcel = schemas.ShipmentData(
            order_ref="7",
            lines=(schemas.UnitsData("1", 2),),
            shipped_at=datetime(2026, 11, 1, tzinfo=timezone.utc),
            parcel="PACK1",
            tracking=schemas.TrackingData("1Z9", carrier="UPS"),
        )
        refund = schemas.RefundData(
            order_ref="7",
            amount=Decimal("12.10"),
            currency="EUR",
            lines=(schemas.RefundLineData("1", 1, Decimal("6.05"), "return", "n1"),),
        )
        for data in (parcel, refund):
            self.assertEqual(schemas.load(type(data), schemas.dump(data)), data)

    def test_messages_that_say_nothing_are_refused(self):
        refund = {"order_ref": "7", "amount": "0", "currency": "EUR"}
        parcel = {"order_ref": "7", "parcel": "P", "shipped_at": ORDER["version"]}
        for cls, data in (
            (schemas.RefundData, refund),
            (schemas.RefundData, dict(refund, amount="-1")),
            (schemas.ShipmentData, dict(parcel, lines=[])),
            (schemas.UnitsData, {"line_ref": "1", "quantity": 0}),
            (schemas.UnitsData, {"line_ref": "1", "quantity": -2}),
            (schemas.CancelData, {"order_ref": "7", "reason": "mood"}),
            (schemas.MessageResult, {"status": "maybe"}),
        ):
            with self.subTest(cls.__name__), self.assertRaises(MalformedDataError):
                schemas.load(cls, data)
