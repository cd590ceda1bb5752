# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts of many products, small enough to be kept beside what told them. No odoo."""

import base64
import gzip
import hashlib
import json


def pack(counted):
    """
    :param counted: {product id: (quantity, quantity)}
    :return: as a binary field has it

    >>> unpack(pack({7: (1.5, 0.0)}))
    {7: (1.5, 0.0)}
    """
    return pack_rows([[key, *pair] for key, pair in counted.items()])


def unpack(packed):
    """:return: as of ``pack``"""
    return {key: (good, bad) for key, good, bad in unpack_rows(packed)}


def pack_rows(rows):
    """Rows as they were told; dates and decimals become words.

    >>> unpack_rows(pack_rows([{"product": "A", "on_hand": 3}]))
    [{'product': 'A', 'on_hand': 3}]
    """
    text = json.dumps(rows, default=str)
    return base64.b64encode(gzip.compress(text.encode(), 6))


def unpack_rows(packed):
    """:return: as of ``pack_rows``"""
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def digest(*told):
    """The same words, the same digest, whatever the order of the columns in a row.

    >>> digest([{"a": 1, "b": 2}]) == digest([{"b": 2, "a": 1}])
    True
    >>> digest([{"a": 1}], "10:00") == digest([{"a": 1}], "11:00")
    False
    """
    text = json.dumps(told, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
