# SPDX-License-Identifier: AGPL-3.0-or-later
"""GTIN of items, SSCC of packages, and what their labels say. No odoo in here."""

import re
from decimal import Decimal

from .errors import EdiError

FNC1 = "\x1d"
"""Group separator: how scanners show the FNC1 behind a value of variable length."""

_GTIN = re.compile("[0-9]{8}|[0-9]{12,14}")


def check_digit(digits):
    """The digit that makes a number of GS1 whole: weights 3, 1, 3 .. from the right.

    >>> check_digit("03600029145"), check_digit("629104150021")
    (2, 3)
    >>> check_digit("10614141234567890")
    8
    """
    total = sum(int(d) * (1 if i % 2 else 3) for i, d in enumerate(reversed(digits)))
    return -total % 10


def is_whole(number):
    """Whether the last digit is right.

    >>> is_whole("036000291452"), is_whole("036000291453"), is_whole("")
    (True, False, False)
    """
    if not number.isascii() or not number.isdigit() or len(number) < 2:
        return False
    return check_digit(number[:-1]) == int(number[-1])


def gtin14(code):
    """``code`` as a GTIN of 14 digits, "" where it is none. Codes of 8, 12, 13 and 14
    digits are compared so; the first digit tells the level of packaging.

    >>> gtin14("036000291452"), gtin14("0-36000 29145-2"), gtin14("12345")
    ('00036000291452', '00036000291452', '')
    >>> gtin14("036000291453")
    ''
    """
    bare = re.sub("[ -]", "", code or "")
    return bare.zfill(14) if _GTIN.fullmatch(bare) and is_whole(bare) else ""


def same_gtin(one, other):
    """Whether two codes are one item in one packaging.

    >>> same_gtin("036000291452", "0036000291452"), same_gtin("A", "A")
    (True, False)
    """
    return bool(gtin14(one)) and gtin14(one) == gtin14(other)


def upc_of(pieces):
    """UPC-12 of the forms that X12 knows besides it: 1-5-5 without its check digit.

    >>> upc_of("03600029145"), upc_of("0-36000-29145"), upc_of("036000291452")
    ('036000291452', '036000291452', '036000291452')
    """
    bare = re.sub("[ -]", "", pieces)
    if len(bare) == 11 and bare.isascii() and bare.isdigit():
        return f"{bare}{check_digit(bare)}"
    return bare


def sscc(extension, prefix, serial):
    """The 18 digits of a package: ``extension`` 0-9, the company's ``prefix`` of 7 to
    10 digits, ``serial`` to fill up 17, and the check digit.

    >>> sscc(1, "0614141", 234567890), is_whole(sscc(3, "4012345", 7))
    ('106141412345678908', True)

    :raise ValueError: it does not fit
    """
    if not re.fullmatch("[0-9]{7,10}", prefix) or not 0 <= extension <= 9:
        raise ValueError(f"{prefix!r} is no company prefix of 7 to 10 digits")
    room = 16 - len(prefix)
    if not 0 <= serial < 10**room:
        raise ValueError(f"{serial} does not fit into {room} digits")
    digits = f"{extension}{prefix}{serial:0{room}}"
    return f"{digits}{check_digit(digits)}"


def sscc18(code):
    """The 18 digits of an SSCC that is written with or without its 00, "" where it is
    none.

    >>> sscc18("00106141412345678908"), sscc18("106141412345678908")
    ('106141412345678908', '106141412345678908')
    >>> sscc18("(00)106141412345678908"), sscc18("106141412345678909")
    ('106141412345678908', '')
    """
    bare = re.sub(r"^\(00\)|[ -]", "", code or "")
    if len(bare) == 20 and bare.startswith("00"):
        bare = bare[2:]
    return bare if len(bare) == 18 and is_whole(bare) else ""


FIXED = {
    "00": 18,
    "01": 14,
    "02": 14,
    "11": 6,
    "12": 6,
    "13": 6,
    "15": 6,
    "16": 6,
    "17": 6,
    "20": 2,
    "402": 17,
    "410": 13,
    "411": 13,
    "412": 13,
    "413": 13,
    "414": 13,
}
VARIABLE = {
    "10": 20,
    "21": 20,
    "22": 20,
    "240": 30,
    "30": 8,
    "37": 8,
    "400": 30,
    "401": 30,
    "403": 30,
    "420": 20,
    "421": 12,
}
_MEASURE = re.compile("3[1-6][0-9][0-9]")


def label(elements):
    """The text of a GS1-128 label, and what is printed below it.

    Values of variable length are ended by FNC1, but for the last. The symbol starts
    with FNC1, which is not part of the text.

    >>> label([("00", "106141412345678908")])
    ('00106141412345678908', '(00)106141412345678908')
    >>> label([("01", "10614141000415"), ("10", "AB1"), ("37", "12")])[0]
    '011061414100041510AB1\\x1d3712'

    :raise ValueError: an identifier is not known, or its value does not fit
    """
    found, shown = [], []
    for index, (ai, value) in enumerate(elements):
        fixed = 6 if _MEASURE.fullmatch(ai) else FIXED.get(ai)
        if fixed is None and ai not in VARIABLE:
            raise ValueError(f"{ai!r} is no application identifier that is known")
        if fixed and (len(value) != fixed or not value.isdigit()):
            raise ValueError(f"({ai}) takes {fixed} digits, not {value!r}")
        if not fixed and not 0 < len(value) <= VARIABLE[ai]:
            raise ValueError(f"({ai}) takes up to {VARIABLE[ai]} characters")
        if ai in ("00", "01", "02") and not is_whole(value):
            raise ValueError(f"the check digit of ({ai}) {value} is wrong")
        if FNC1 in value or not value.isascii() or not value.isprintable():
            raise ValueError(f"({ai}) {value!r} has a character that no label has")
        last = index == len(elements) - 1
        found.append(ai + value + ("" if fixed or last else FNC1))
        shown.append(f"({ai}){value}")
    return "".join(found), "".join(shown)


def scanned(text):
    """[(identifier, value)] of what a scanner shows of a GS1-128 label.

    >>> scanned("]C1" + "0110614141000415" + "10AB1" + FNC1 + "3712")
    [('01', '10614141000415'), ('10', 'AB1'), ('37', '12')]

    :raise EdiError: it is none, or a check digit is wrong
    """
    rest = text.removeprefix("]C1").removeprefix(FNC1)
    found = []
    while rest:
        size = next((n for n in (2, 3, 4) if _known(rest[:n], n)), 0)
        if not size:
            raise EdiError(f"{rest[:4]!r} is no application identifier that is known")
        ai, rest = rest[:size], rest[size:]
        fixed = 6 if size == 4 else FIXED.get(ai)
        if fixed:
            value, rest = rest[:fixed], rest[fixed:]
            whole = len(value) == fixed and value.isascii() and value.isdigit()
        else:
            value, _mark, rest = rest.partition(FNC1)
            whole = 0 < len(value) <= VARIABLE[ai]
        rest = rest.removeprefix(FNC1)
        if not whole or (ai in ("00", "01", "02") and not is_whole(value)):
            raise EdiError(f"({ai}) {value!r} is not whole")
        found.append((ai, value))
    return found


def _known(ai, size):
    if len(ai) != size:
        return False
    return ai in FIXED or ai in VARIABLE or bool(_MEASURE.fullmatch(ai))


def measure(ai, value):
    """310n: kilograms and other measures with n decimals.

    >>> measure("3102", "001234")
    Decimal('12.34')
    """
    return Decimal(int(value)).scaleb(-int(ai[3]))
