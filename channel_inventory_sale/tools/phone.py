# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telephone numbers in one form. No odoo in here."""

import phonenumbers


def to_e164(raw, region=""):
    """Return ``raw`` as E.164 (``+493012345678``), None when it is no such number.

    A number with an extension is none either: E.164 cannot say the extension, and a
    number without it reaches somebody else.

    :param region: ISO country code, for numbers written as people at home dial them

    >>> to_e164("030 12345678", "DE")
    '+493012345678'
    >>> to_e164("ask at the desk", "DE")
    """
    try:
        number = phonenumbers.parse(raw or "", region or None)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
