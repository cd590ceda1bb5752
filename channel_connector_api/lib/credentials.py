# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bearer keys. No odoo in here.

A key is ``chk_PREFIX_SECRET``: the prefix finds it and is shown; of the secret, 256
random bits, only a digest is stored. A slow hash would add nothing to so many bits, and
cost each request what the request costs.
"""

import re
import secrets
import string

from odoo.addons.channel_inventory_base.lib.signature import digest

LETTERS = string.ascii_lowercase + string.digits
PREFIX_LENGTH = 10
_FORM = re.compile(r"chk_([a-z0-9]{10})_([A-Za-z0-9_-]{43})", re.ASCII)


def make():
    """:return: (key in clear, prefix, digest)"""
    prefix = "".join(secrets.choice(LETTERS) for _each in range(PREFIX_LENGTH))
    key = f"chk_{prefix}_{secrets.token_urlsafe(32)}"
    return key, prefix, digest(key)


def prefix_of(key):
    """The part of a key by which it is found, "" where it is none.

    >>> prefix_of("chk_abcdefghij_" + "x" * 43), prefix_of("chk_abc"), prefix_of("é")
    ('abcdefghij', '', '')
    """
    found = _FORM.fullmatch(key or "")
    return found.group(1) if found else ""
