# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dates, units and numbers of GS1. Right answers are those of the calendar, of X12 355
and Recommendation 20, and of GS1's own examples."""

import unittest
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ..lib import gs1, units
from ..lib.dates import edifact_moment, local, x12_moment, x12_range
from ..lib.errors import EdiError
from .common import PureCase

try:
    from stdnum import ean
except ImportError:
    ean = None


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


class TestDates(PureCase):
    def test_days_of_x12(self):
        for day, zone, first, last in (
            ("20261224", "UTC", "2026-12-24T00:00:00", "2026-12-24T23:59:59"),
            ("261224", "UTC", "2026-12-24T00:00:00", "2026-12-24T23:59:59"),
            ("991224", "UTC", "1999-12-24T00:00:00", "1999-12-24T23:59:59"),
            ("20261224", "Asia/Tokyo", "2026-12-23T15:00:00", "2026-12-24T14:59:59"),
            ("20280229", "UTC", "2028-02-29T00:00:00", "2028-02-29T23:59:59"),
            # the clocks go forward: 23 hours; back: 25 hours
            (
                "20260308",
                "America/New_York",
                "2026-03-08T05:00:00",
                "2026-03-09T03:59:59",
            ),
            (
                "20261101",
                "America/New_York",
                "2026-11-01T04:00:00",
                "2026-11-02T04:59:59",
            ),
        ):
            with self.subTest(f"{day} {zone}"):
                moment = x12_moment(day, zone=zone)
                self.assertEqual((moment.first, moment.last), (at(first), at(last)))

    def test_times_of_x12(self):
        for time, code, first, last in (
            ("1030", "", "10:30:00", "10:30:59"),
            ("103015", "", "10:30:15", "10:30:15"),
            ("10301599", "", "10:30:15", "10:30:15"),
            ("1030", "UT", "10:30:00", "10:30:59"),
            ("0530", "ES", "10:30:00", "10:30:59"),
            ("0530", "ET", "10:30:00", "10:30:59"),
            ("1030", "LT", "10:30:00", "10:30:59"),
        ):
            with self.subTest(f"{time} {code}"):
                moment = x12_moment("20261224", time, "UTC", code)
                self.assertEqual(moment.first, at(f"2026-12-24T{first}"))
                self.assertEqual(moment.last, at(f"2026-12-24T{last}"))
        self.assertEqual(x12_moment("20261224", "2400").first, at("2026-12-25"))

    def test_an_hour_that_is_not_there(self):
        """When the clocks go forward, 02:30 is on no clock, and sent all the same."""
        moment = x12_moment("20260308", "0230", "America/New_York")
        self.assertLessEqual(moment.first, moment.last)
        self.assertEqual(moment.first.date().isoformat(), "2026-03-08")

    def test_what_is_no_date(self):
        for values in (
            ("20261324",),
            ("20260229",),
            ("2026",),
            ("2026122",),
            ("",),
            ("abcdefgh",),
            ("２０２６１２２４",),
            ("00010101",),
            ("99991231",),
            ("20261224", "2500"),
            ("20261224", "10"),
            ("20261224", "10:3"),
            ("-0261224",),
            ("20261224 ",),
        ):
            with self.subTest(values), self.assertRaises(ValueError):
                x12_moment(*values)
        for value in ("20261224", "20261224-", "20261224-20261201", "-", ""):
            with self.subTest(value), self.assertRaises(ValueError):
                x12_range(value)
        with self.assertRaises(ValueError):
            x12_moment("20261224", zone="Nowhere")

    def test_formats_of_edifact(self):
        for value, form, first, last in (
            ("261224", "101", "2026-12-24T00:00:00", "2026-12-24T23:59:59"),
            ("20261224", "102", "2026-12-24T00:00:00", "2026-12-24T23:59:59"),
            ("20261224", "", "2026-12-24T00:00:00", "2026-12-24T23:59:59"),
            ("202612241030", "203", "2026-12-24T10:30:00", "2026-12-24T10:30:59"),
            ("202612241030", "102", "2026-12-24T10:30:00", "2026-12-24T10:30:59"),
            ("20261224103015", "204", "2026-12-24T10:30:15", "2026-12-24T10:30:15"),
            ("2612241030", "201", "2026-12-24T10:30:00", "2026-12-24T10:30:59"),
            ("202612241030EST", "303", "2026-12-24T15:30:00", "2026-12-24T15:30:59"),
            (
                "20261224103015-0530",
                "304",
                "2026-12-24T16:00:15",
                "2026-12-24T16:00:15",
            ),
            ("202653", "616", "2026-12-28T00:00:00", "2027-01-03T23:59:59"),
            ("202602", "610", "2026-02-01T00:00:00", "2026-02-28T23:59:59"),
            ("20261201-20261224", "718", "2026-12-01T00:00:00", "2026-12-24T23:59:59"),
            ("2026120120261224", "718", "2026-12-01T00:00:00", "2026-12-24T23:59:59"),
            (
                "202612010800202612241700",
                "719",
                "2026-12-01T08:00:00",
                "2026-12-24T17:00:59",
            ),
        ):
            with self.subTest(f"{value} {form}"):
                moment = edifact_moment(value, form)
                self.assertEqual((moment.first, moment.last), (at(first), at(last)))
        for value, form in (
            ("20261324", "102"),
            ("202654", "616"),
            ("202600", "616"),
            ("1", "805"),
            ("", "102"),
            ("20261224", "203"),
            ("20261224-", "718"),
            ("20261224", "Z13"),
            ("202612242460", "203"),
            ("202613", "610"),
        ):
            with self.subTest(f"{value} {form}"), self.assertRaises(ValueError):
                edifact_moment(value, form)

    @given(
        st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30)),
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    )
    def test_a_day_holds_its_times(self, moment, zone):
        """Whatever the clocks do: a time is within the day that it is on."""
        utc = moment.replace(microsecond=0, tzinfo=timezone.utc)
        day = local(utc, zone).strftime("%Y%m%d")
        for found in (x12_moment(day, zone=zone), edifact_moment(day, "102", zone)):
            self.assertTrue(found.first <= utc <= found.last)
            length = found.last - found.first + timedelta(seconds=1)
            self.assertTrue(timedelta(hours=22) <= length <= timedelta(hours=26))


class TestUnits(PureCase):
    def test_a_packaging_is_never_one(self):
        for standard, table in (("x12", units.X12), ("edifact", units.REC20)):
            packagings = [
                code for code, unit in table.items() if unit.kind == "packaging"
            ]
            self.assertGreater(len(packagings), 20)
            for code in packagings:
                self.assertIsNone(
                    units.pieces(Decimal(3), code, standard=standard), code
                )

    def test_counts(self):
        for standard, code, size in (
            ("x12", "EA", 1),
            ("x12", "PC", 1),
            ("x12", "UN", 1),
            ("x12", "DZ", 12),
            ("x12", "HD", 6),
            ("x12", "HU", 100),
            ("x12", "OP", 2),
            ("x12", "P3", 3),
            ("x12", "P9", 9),
            ("edifact", "PCE", 1),
            ("edifact", "C62", 1),
            ("edifact", "H87", 1),
            ("edifact", "DZN", 12),
            ("edifact", "MIL", 1000),
        ):
            self.assertEqual(
                units.pieces(Decimal(2), code, standard=standard), 2 * size, code
            )

    def test_measures(self):
        for standard, code, size, measure in (
            ("x12", "LB", "0.45359237", "kg"),
            ("x12", "KG", "1", "kg"),
            ("x12", "FT", "0.3048", "m"),
            ("x12", "YD", "0.9144", "m"),
            ("x12", "GA", "3.785411784", "l"),
            ("edifact", "KGM", "1", "kg"),
            ("edifact", "GRM", "0.001", "kg"),
            ("edifact", "MTR", "1", "m"),
        ):
            unit = units.unit(code, standard)
            self.assertEqual(
                (unit.kind, unit.size, unit.measure),
                ("measure", Decimal(size), measure),
            )

    def test_look_alikes_wait_for_a_person(self):
        """CS is a cassette and used for cases; PX a pint here, a pallet there."""
        for standard, code in (
            ("x12", "CS"),
            ("x12", "IP"),
            ("x12", "GS"),
            ("x12", "PR"),
            ("x12", "PX"),
            ("edifact", "PX"),
            ("edifact", "PR"),
        ):
            self.assertTrue(units.unit(code, standard).doubtful)
            self.assertIsNone(units.pieces(Decimal(1), code, standard=standard))
            sizes = ((code, Decimal(24)),)
            self.assertEqual(
                units.pieces(Decimal(2), code, standard=standard, sizes=sizes), 48
            )

    def test_four_ways_to_write_a_dozen_and_a_half(self):
        """gtrdata: 1.5 DZ, 18 EA, and 18 "DZ" that counts pieces."""
        self.assertEqual(units.pieces(Decimal("1.5"), "DZ"), 18)
        self.assertEqual(units.pieces(Decimal(18), "EA"), 18)
        self.assertEqual(units.pieces(Decimal(18), "DZ", method="pieces"), 18)
        with self.assertRaises(ValueError):
            units.pieces(Decimal(18), "DZ", method="guess")

    def test_unknown_codes(self):
        self.assertEqual(units.unit("QQ").kind, "")
        self.assertIsNone(units.pieces(Decimal(1), "QQ"))
        self.assertIsNone(units.pieces(Decimal(1), ""))


class TestGs1(PureCase):
    def test_examples_of_gs1(self):
        for number in (
            "106141412345678908",
            "10614141000415",
            "6291041500213",
            "036000291452",
            "96385074",
        ):
            self.assertTrue(gs1.is_whole(number), number)
            wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
            self.assertFalse(gs1.is_whole(wrong))

    @unittest.skipUnless(ean, "stdnum is not there")
    @given(st.text("0123456789", min_size=7, max_size=17))
    def test_check_digits_as_stdnum_has_them(self, digits):
        self.assertEqual(str(gs1.check_digit(digits)), ean.calc_check_digit(digits))

    def test_gtins_of_different_lengths(self):
        self.assertTrue(gs1.same_gtin("036000291452", "00036000291452"))
        self.assertTrue(gs1.same_gtin("036000291452", "0036000291452"))
        # the same item in a case is another number
        self.assertFalse(gs1.same_gtin("036000291452", "10036000291459"))
        for code in ("", "036000291453", "1234567890", "abc", "٠٣٦٠٠٠٢٩١٤٥٢", None):
            self.assertEqual(gs1.gtin14(code), "")

    @given(
        st.integers(0, 9),
        st.text("0123456789", min_size=7, max_size=10),
        st.integers(0, 10**6 - 1),
    )
    def test_sscc(self, extension, prefix, serial):
        whole = gs1.sscc(extension, prefix, serial)
        self.assertEqual(len(whole), 18)
        self.assertTrue(gs1.is_whole(whole))
        self.assertEqual(gs1.sscc18(f"00{whole}"), whole)
        self.assertTrue(whole.startswith(f"{extension}{prefix}"))

    def test_sscc_that_does_not_fit(self):
        for values in (
            (10, "0614141", 1),
            (0, "061414", 1),
            (0, "0614141", 10**9),
            (0, "06141X1", 1),
            (0, "0614141", -1),
        ):
            with self.subTest(values), self.assertRaises(ValueError):
                gs1.sscc(*values)

    @given(
        st.lists(
            st.one_of(
                st.tuples(
                    st.sampled_from(["10", "21", "400"]),
                    st.text("ABC123-/", min_size=1, max_size=20),
                ),
                st.tuples(st.just("37"), st.text("0123456789", min_size=1, max_size=8)),
                st.tuples(st.just("17"), st.just("261231")),
                st.tuples(st.just("3102"), st.just("001234")),
                st.just(("00", "106141412345678908")),
                st.just(("01", "10614141000415")),
            ),
            min_size=1,
            max_size=5,
        )
    )
    def test_what_a_label_says_is_scanned(self, elements):
        text, shown = gs1.label(elements)
        self.assertEqual(gs1.scanned("]C1" + text), elements)
        self.assertEqual(gs1.scanned(gs1.FNC1 + text), elements)
        self.assertEqual(shown.count("("), len(elements))

    def test_labels_that_are_none(self):
        for elements in (
            [("00", "106141412345678909")],
            [("00", "1")],
            [("99", "x")],
            [("10", "")],
            [("10", "x" * 21)],
            [("10", "a\x1db")],
            [("17", "2612")],
        ):
            with self.subTest(elements), self.assertRaises(ValueError):
                gs1.label(elements)
        for text in ("00106141412345678909", "99x", "1726", "01", "10"):
            with self.subTest(text), self.assertRaises(EdiError):
                gs1.scanned(text)

    def test_measures_of_a_label(self):
        self.assertEqual(gs1.measure("3103", "001234"), Decimal("1.234"))
        self.assertEqual(gs1.measure("3100", "000012"), 12)

    def test_upc_without_its_check_digit(self):
        self.assertEqual(gs1.upc_of("03600029145"), "036000291452")
