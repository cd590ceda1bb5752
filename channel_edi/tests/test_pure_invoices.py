# SPDX-License-Identifier: AGPL-3.0-or-later
"""810 and INVOIC: what is written comes to what is to be paid."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from ..lib import codec, invoices
from ..lib.errors import Unwritable
from ..schemas import (
    Charge,
    Invoice,
    InvoiceLine,
    ItemId,
    Moment,
    Price,
    Reference,
    Tax,
)
from .common import PureCase, envelope, make_options


def day(text):
    first = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return Moment(first, first + timedelta(hours=23, minutes=59, seconds=59))


def line(quantity="10", price="10.5", **values):
    return InvoiceLine(
        **{
            "position": 1,
            "quantity": Decimal(quantity),
            "unit": "EA",
            "number": "1",
            "price": price and Price(Decimal(price)),
            "ids": (ItemId("VN", "LAMP"),),
            **values,
        }
    )


def invoice(*lines, total="124.25", **values):
    return Invoice(
        **{
            "number": "INV5",
            "date": day("2026-12-05"),
            "total": Decimal(total),
            "lines": lines or (line(text="A lamp"),),
            "order_number": "4711",
            "ordered": day("2026-12-01"),
            "currency": "USD",
            "charges": (Charge("D240", Decimal(14)),),
            "taxes": (Tax("ST", Decimal("5.25"), Decimal(5), Decimal(105)),),
            "due_days": 30,
            **values,
        }
    )


def written(value, standard="x12"):
    version = "004010" if standard == "x12" else ""
    data = codec.write(
        [value], envelope(standard, group_version=version), make_options()
    ).decode()
    mark, end = ("ST*", "SE*") if standard == "x12" else ("UNH", "UNT")
    segments = data.replace("\n", "").split("~" if standard == "x12" else "'")
    first = next(n for n, each in enumerate(segments) if each.startswith(mark))
    last = next(n for n, each in enumerate(segments) if each.startswith(end))
    return segments[first + 1 : last]


class TestInvoices(PureCase):
    def test_an_810(self):
        self.assertEqual(
            written(invoice()),
            [
                "BIG*20261205*INV5*20261201*4711***DI",
                "CUR*SE*USD",
                "ITD*05*3*****30",
                "IT1*1*10*EA*10.5**VN*LAMP",
                "PID*F****A lamp",
                "TDS*12425",
                "TXI*ST*5.25*5",
                "SAC*C*D240***1400",
                "CTT*1",
            ],
        )

    def test_an_810_that_does_not_add_up_is_not_written(self):
        for odd in (
            invoice(total="119.00"),
            invoice(total="124.255"),
            invoice(line(amount=Decimal("104.99")), total="124.24"),
            invoice(line(price=None), total="124.25"),
        ):
            with self.assertRaises(Unwritable):
                codec.write([odd], envelope())

    def test_allowances_are_hundredths_too(self):
        of_line = line(charges=(Charge("C310", Decimal("-5.25")),))
        found = written(
            invoice(of_line, charges=(), taxes=(), total="99.75", due_days=None)
        )
        self.assertIn("SAC*A*C310***525", found)
        self.assertIn("TDS*9975", found)
        odd = line(charges=(Charge("C310", Decimal("-5.255")),))
        with self.assertRaises(Unwritable):
            written(invoice(odd, charges=(), taxes=(), total="99.745"))

    def test_a_credit_memo_has_the_signs_that_were_agreed(self):
        values = {
            "credit": True,
            "charges": (Charge("C310", Decimal("-5.00")),),
            "taxes": (),
            "total": "100.00",
            "due_days": None,
            "refs": (Reference("OI", "INV4"),),
        }
        plus = written(invoice(**values))
        self.assertEqual(plus[0], "BIG*20261205*INV5*20261201*4711***CR")
        self.assertIn("IT1*1*10*EA*10.5**VN*LAMP", plus)
        self.assertIn("REF*OI*INV4", plus)
        self.assertIn("TDS*10000", plus)
        self.assertIn("SAC*A*C310***500", plus)
        minus = written(invoice(minus=True, **values))
        self.assertIn("IT1*1*-10*EA*10.5**VN*LAMP", minus)
        self.assertIn("TDS*-10000", minus)
        self.assertIn("SAC*C*C310***500", minus)

    def test_terms(self):
        early = invoice(
            due=day("2027-01-04"),
            discount_percent=Decimal("2"),
            discount_days=10,
            terms="2/10 NET 30",
        )
        self.assertIn("ITD*08*3*2**10*20270104*30*****2/10 NET 30", written(early))

    def test_a_price_per_case_of_pieces_needs_its_amount(self):
        per_piece = Price(Decimal("1.25"), unit="EA", basis="PE")
        case = replace(line("2", unit="CA"), price=per_piece)
        with self.assertRaises(Unwritable):
            written(invoice(case, charges=(), taxes=(), total="30"))
        told = replace(case, amount=Decimal("30.00"))
        found = written(invoice(told, charges=(), taxes=(), total="30"))
        self.assertIn("IT1*1*2*CA*1.25*PE*VN*LAMP", found)

    def test_an_invoic(self):
        self.assertEqual(
            written(invoice(due=day("2027-01-04")), "edifact"),
            [
                "BGM+380+INV5+9",
                "DTM+137:20261205:102",
                "RFF+ON:4711",
                "DTM+171:20261201:102",
                "TAX+7+ST+++:::5+S",
                "CUX+2:USD:4",
                "PAT+1++5:3:D:30",
                "DTM+13:20270104:102",
                "ALC+C++++D240",
                "MOA+8:14.00:USD",
                "LIN+1",
                "PIA+5+LAMP:SA",
                "IMD+F++:::A lamp",
                "QTY+47:10:EA",
                "MOA+203:105.00:USD",
                "PRI+AAA:10.5",
                "UNS+S",
                "CNT+2:1",
                "MOA+77:124.25:USD",
                "MOA+79:105.00:USD",
                "MOA+125:119.00:USD",
                "MOA+124:5.25:USD",
                "MOA+131:14.00:USD",
                "TAX+7+ST+++:::5+S",
                "MOA+124:5.25:USD",
                "MOA+125:105.00:USD",
            ],
        )

    def test_sums_are_those_that_are_written(self):
        """A retailer computes 3 times 0.335 and pays 1.01; the sum of the books may
        not say 1.00."""
        third = line("3", "0.335")
        self.assertEqual(invoices.goods(third), Decimal("1.01"))
        value = invoice(third, charges=(), taxes=(), total="1.00")
        with self.assertRaises(Unwritable):
            invoices.check(value)
