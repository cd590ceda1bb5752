# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bearer tokens of HTTP requests (RFC 6750). No odoo in here."""

import re

_BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE | re.ASCII)


def bearer(header):
    """The key in an ``Authorization`` header, "" where there is none.

    >>> bearer("Bearer abc"), bearer("bearer  abc"), bearer("Basic abc"), bearer(None)
    ('abc', 'abc', '', '')
    """
    found = _BEARER.fullmatch((header or "").strip())
    return found.group(1) if found else ""
