# SPDX-License-Identifier: AGPL-3.0-or-later
"""An order, and what has to be told so that it becomes another one."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from .. import schemas
from ..lib import codec
from ..lib.change import change_between, same_price
from ..lib.fold import Piece, fold
from .common import PureCase, envelope, make_options

DAY = datetime(2026, 12, 10, tzinfo=timezone.utc)
DAYS = some.integers(0, 9)
QUANTITIES = some.integers(0, 30).map(Decimal)
PRICES = some.none() | some.integers(1, 999).map(lambda cents: Decimal(cents) / 100)


def day(number):
    first = DAY + timedelta(days=number)
    return schemas.Moment(first, first + timedelta(hours=23, minutes=59, seconds=59))


def dated(number):
    return schemas.Dates(deliver_requested=day(number))


def line(number, quantity, price, *days, unit="EA"):
    """A line that comes on one day, or in equal shares on several."""
    price = None if price is None else schemas.Price(price)
    several = len(days) > 1
    parts = tuple(
        schemas.Schedule(quantity / len(days), unit, dated(each)) for each in days
    )
    return schemas.OrderLine(
        position=number,
        number=str(number),
        quantity=quantity,
        unit=unit,
        price=price,
        ids=(schemas.ItemId("VN", f"A{number}"),),
        dates=dated(days[0]),
        schedules=parts if several else (),
    )


def order(*lines, ship_to="1"):
    return schemas.PurchaseOrder(
        number="P1",
        lines=lines,
        dates=schemas.Dates(deliver_requested=day(0)),
        parties=(schemas.Party("ship_to", "DP", "92", ship_to),),
    )


LINES = some.lists(
    some.builds(
        lambda quantity, price, days: (quantity, price, days),
        QUANTITIES,
        PRICES,
        some.lists(DAYS, min_size=1, max_size=3, unique=True),
    ),
    max_size=4,
)


def make(rows, ship_to="1"):
    return order(
        *(
            line(number, quantity, price, *sorted(days))
            for number, (quantity, price, days) in enumerate(rows, 1)
        ),
        ship_to=ship_to,
    )


def meant(folded):
    """What a supplier is to deliver: by line, when how much, at what price."""
    found = {}
    for each in folded.lines:
        if not each.quantity:
            continue
        parts = each.schedules or [schemas.Schedule(each.quantity, "", each.dates)]
        found[each.number] = (
            each.quantity,
            each.price,
            sorted((one.dates.deliver_requested.first, one.quantity) for one in parts),
        )
    return found, {each.code for each in folded.parties}


class TestChangeBetween(PureCase):
    @settings(
        max_examples=300,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(LINES, LINES, some.sampled_from("12"))
    def test_told_changes_make_the_order_what_it_is(self, before, after, ship_to):
        old, new = make(before), make(after, ship_to)
        change = change_between(old, new, "1")
        pieces = [Piece(old, "1")] + ([Piece(change, "2")] if change else [])
        folded = fold(pieces)
        self.assertEqual(folded.problems, ())
        # a price that is not told any more is the one of before
        wanted, parties = meant(new)
        prices = {number: values[1] for number, values in meant(old)[0].items()}
        wanted = {
            number: (quantity, price or prices.get(number), days)
            for number, (quantity, price, days) in wanted.items()
        }
        found, places = meant(folded.order)
        self.assertEqual(set(found), set(wanted))
        for number, (quantity, price, days) in wanted.items():
            self.assertEqual(found[number][0], quantity)
            self.assertEqual(found[number][2], days)
            if price is not None:
                self.assertTrue(same_price(found[number][1], price))
        self.assertEqual(places, parties)

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(LINES)
    def test_nothing_is_told_where_nothing_has_changed(self, rows):
        self.assertIsNone(change_between(make(rows), make(rows), "1"))

    def test_words_alone_are_no_change(self):
        old = order(line(1, Decimal(3), Decimal(2), 0))
        new = order(replace(old.lines[0], text="Soap, new name"))
        self.assertIsNone(change_between(old, new))

    def test_line_that_is_not_wanted_any_more_is_deleted(self):
        old = order(line(1, Decimal(3), None, 0), line(2, Decimal(4), None, 0))
        for new in (
            order(old.lines[0]),
            order(old.lines[0], line(2, Decimal(0), None, 0)),
        ):
            [gone] = change_between(old, new).lines
            self.assertEqual((gone.action, gone.line.number), ("delete", "2"))

    def test_both_standards_read_what_was_written(self):
        old = order(
            line(1, Decimal(6), Decimal("2.5"), 0), line(2, Decimal(4), None, 0)
        )
        new = order(
            line(1, Decimal(6), Decimal("2.6"), 0), line(3, Decimal(8), None, 2, 5)
        )
        change = change_between(old, new, "7", day(1))
        for standard, version in (("x12", "004010"), ("edifact", "D:96A:UN:EAN008")):
            with self.subTest(standard):
                options = make_options(standard=standard)
                data = codec.write(
                    [change], envelope(standard, group_version=version), options
                )
                [document] = next(codec.read(data, options)).documents
                read = codec.parse(document, options)
                self.assertEqual(read.number, "P1")
                self.assertEqual(read.change_number, "7")
                folded = fold([Piece(old, "1"), Piece(read, "2")])
                self.assertEqual(folded.problems, ())
                found, wanted = meant(folded.order)[0], meant(new)[0]
                self.assertEqual(set(found), set(wanted))
                for number, (quantity, price, days) in wanted.items():
                    self.assertEqual(found[number][0::2], (quantity, days))
                    self.assertTrue(same_price(found[number][1], price))
