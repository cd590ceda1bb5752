# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers of trade items. No odoo in here."""

LENGTHS = (8, 12, 13, 14)
"""A GTIN is written with so many digits: as EAN-8, UPC, EAN-13 or GTIN-14."""


def write_gtin(code):
    """All ways to write the number that ``code`` is: zeros before it mean nothing.

    >>> write_gtin("614141000036")
    ['614141000036', '0614141000036', '00614141000036']
    >>> write_gtin("00000096385074")
    ['96385074', '000096385074', '0000096385074', '00000096385074']
    >>> write_gtin("LAMP"), write_gtin("123")
    (['LAMP'], ['123'])
    """
    if not (code.isascii() and code.isdigit() and len(code) in LENGTHS):
        return [code]
    number = code.lstrip("0")
    return [number.zfill(length) for length in LENGTHS if len(number) <= length]
