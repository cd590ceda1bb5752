# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file as a folder shows it. No odoo in here."""

from dataclasses import dataclass

from odoo.addons.channel_inventory_base.lib.errors import Misconfigured

MAX_BYTES = 100_000_000
"""More is no file of a trading partner."""
PARTIAL = ".part"
"""Ends the names of files that are being written, by us and by most others."""


@dataclass(frozen=True)
class Entry:
    """``size`` in bytes, ``mtime`` in seconds since 1970 by the clock of its place."""

    name: str
    size: int
    mtime: int

    @property
    def mark(self):
        """Another one whenever the file is another one, as far as it shows."""
        return f"{self.size}:{self.mtime}"


def checked(name):
    """The name of a file, where it is the name of one file and nothing else.

    >>> checked("850_0001.edi")
    '850_0001.edi'
    >>> checked("../passwd")
    Traceback (most recent call last):
    ...
    odoo.addons.channel_inventory_base.lib.errors.Misconfigured: '../passwd' is no \
name of a file
    """
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise Misconfigured(f"{name!r} is no name of a file", code="NAME")
    return name
