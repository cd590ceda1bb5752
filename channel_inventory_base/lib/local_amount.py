# SPDX-License-Identifier: AGPL-3.0-or-later
"""Amounts as people of a country write them, in files of gateways. No odoo in here."""

import re
from decimal import Decimal

from .amounts import DIGITS
from .errors import Malformed

_SPACES = re.compile(r"[\s\u00a0\u202f'\u2019]")
_DASHES = re.compile("[\u2012\u2013\u2212]")
_MARKS = re.compile(r"[.,]")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)*|[.,]\d+")
MAX_DIGITS = 15
_SIGNS = {
    "AUD": ("A$", "$"),
    "BRL": ("R$", "$"),
    "CAD": ("CA$", "C$", "$"),
    "CHF": ("Fr.", "SFr."),
    "CNY": ("¥", "元"),
    "CZK": ("Kč",),
    "DKK": ("kr.", "kr"),
    "EUR": ("€",),
    "GBP": ("£",),
    "INR": ("₹",),
    "JPY": ("¥", "円"),
    "KRW": ("₩",),
    "MXN": ("MX$", "$"),
    "NOK": ("kr.", "kr"),
    "NZD": ("NZ$", "$"),
    "PLN": ("zł",),
    "SEK": ("kr",),
    "TRY": ("₺",),
    "USD": ("US$", "$"),
}
"""What stands beside an amount, by currency; the currency's code does as well."""


def local_amount(text, currency="", mark="", path=""):
    """
    :param currency: tells how many digits there are behind the decimal mark, and
        which sign may stand beside the amount: another one is none of its amounts
    :param mark: "." or ","; "" where it is to be seen by the amount itself
    :raise Malformed: it is no amount, or may be two

    >>> [local_amount(text, "EUR") for text in ("95,00", "1.234,50", "-1,234.5", "7")]
    [Decimal('95.00'), Decimal('1234.50'), Decimal('-1234.5'), Decimal('7')]
    >>> local_amount("1,234", "JPY"), local_amount("1 234,50-", "EUR")
    (Decimal('1234'), Decimal('-1234.50'))
    >>> local_amount("(3.20)", "USD"), local_amount("1.234", "EUR", ",")
    (Decimal('-3.20'), Decimal('1234'))
    >>> [local_amount(text, "USD") for text in ("$(0.01)", "-$1,000.00", "3.20 USD")]
    [Decimal('-0.01'), Decimal('-1000.00'), Decimal('3.20')]
    >>> local_amount("1.234", "EUR")
    Traceback (most recent call last):
    ...
    odoo.addons.channel_inventory_base.lib.errors.Malformed: '1.234' may be two amounts
    """
    digits, negative = _unsigned(text, currency)
    if not _PLAIN.fullmatch(digits) or len(digits) > MAX_DIGITS + 5:
        raise Malformed(f"{text!r:.40} is no amount", path=path)
    mark = mark or _mark_of(text, digits, DIGITS.get(currency, 2), path)
    whole, cents = digits, ""
    if mark and mark in digits:
        whole, _mark, cents = digits.rpartition(mark)
    groups = _MARKS.split(whole)
    if _MARKS.search(cents) or any(len(each) != 3 for each in groups[1:]):
        raise Malformed(f"{text!r:.40} is no amount", path=path)
    number = Decimal(f"{''.join(groups) or '0'}.{cents or '0'}")
    number = number if cents else Decimal("".join(groups) or "0")
    return -number if negative else number


def _unsigned(text, currency):
    """:return: (text without signs and spaces, whether it is negative)"""
    bare = _DASHES.sub("-", _SPACES.sub("", text))
    for sign in (currency, *_SIGNS.get(currency, ())):
        place = re.escape(sign)
        found = sign and re.fullmatch(f"([-+(]?){place}(.*)|(.*){place}([-)]?)", bare)
        if found:
            bare = "".join(filter(None, found.groups()))
            break
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1], True
    if bare.count("-") == 1 and (bare.startswith("-") or bare.endswith("-")):
        return bare.strip("-"), True
    return bare.removeprefix("+"), False


def _mark_of(text, digits, decimals, path):
    """The decimal mark of an amount; "" where it has none."""
    marks = _MARKS.findall(digits)
    if not marks:
        return ""
    last = marks[-1]
    behind = len(digits) - digits.rindex(last) - 1
    if len(set(marks)) == 2:
        return last if marks.count(last) == 1 else ""
    if len(marks) > 1 or not decimals:
        # the same mark twice divides thousands
        return ""
    if behind == 3 and decimals != 3:
        raise Malformed(f"{text!r:.40} may be two amounts", path=path)
    return last
