# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file as a folder shows it. No odoo in here."""

import hashlib
from dataclasses import dataclass

from odoo.addons.channel_inventory_base.lib.errors import Misconfigured, Refused

MAX_BYTES = 100_000_000
"""More is no file of a trading partner."""
PARTIAL = ".part"
"""Ends the names of files that are being written, by us and by most others."""


class Taken(Refused):
    """A file of that name is there, with other content: it stays as it is."""

    def __init__(self, name):
        super().__init__(
            f"a file {name} is there already, with other content", code="TAKEN"
        )


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


def partial(name, data):
    """Under which name these bytes are written first. Of two that are written at a time
    none ends up in the other's file, and what was cut off is written over.

    >>> partial("856_0001.edi", b"ISA*00*")
    '856_0001.edi.f6b9b5e3.part'
    """
    return f"{name}.{hashlib.sha256(data).hexdigest()[:8]}{PARTIAL}"


def other_name(name, mark):
    """
    >>> other_name("856_0001.edi", 7), other_name("856_0001", 7)
    ('856_0001_7.edi', '856_0001_7')
    """
    stem, dot, ending = name.rpartition(".")
    return f"{stem}_{mark}.{ending}" if dot else f"{name}_{mark}"
