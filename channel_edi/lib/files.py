# SPDX-License-Identifier: AGPL-3.0-or-later
"""All the interchanges of a file, of both standards. No odoo in here."""

import re

from .edifact import reader as edifact_reader
from .errors import Unreadable, shown
from .options import DEFAULT
from .source import Source
from .x12 import reader as x12_reader

READERS = {"x12": x12_reader, "edifact": edifact_reader}
TAIL = 400
"""Bytes at the end of a file in which its last interchange ends."""
_BEGIN = re.compile(rb"(?<![0-9A-Za-z])(ISA|UNB)[^0-9A-Za-z]")
_END = re.compile(rb"(?<![0-9A-Za-z])(IEA|UNZ)[^0-9A-Za-z]")


def breaks_off(data):
    """Whether an interchange begins in these bytes and none ends at their end.

    >>> breaks_off(b"ISA*00*...~GS*PO~"), breaks_off(b"ISA*00*...~IEA*1*000000001~")
    (True, False)
    >>> breaks_off(b"sku;quantity"), breaks_off(b"UNA:+.? 'UNB+UNOC:3")
    (False, True)
    """
    return bool(_BEGIN.search(data)) and not _END.search(data[-TAIL:])


def interchanges(data, options=DEFAULT):
    """Iterates over the ``Interchange`` of these bytes, in their order.

    :raise Unreadable: there is none
    """
    source = Source(data)
    end, start = len(source.text), 0
    names = [options.standard] if options.standard else list(READERS)
    found = {name: -2 for name in names}
    while True:
        for name, at in found.items():
            # what was nowhere before is nowhere still
            if at != -1 and at < start:
                found[name] = READERS[name].find(source, start, end)
        begins = {at: name for name, at in found.items() if at >= 0}
        if not begins:
            break
        at = min(begins)
        interchange = READERS[begins[at]].read(source, at, end, options)
        yield interchange
        # at least one character further, whatever was read
        start = max(interchange.end, at + 1)
    if not start:
        raise Unreadable(_nothing(source.text, names), offset=0)


def _nothing(text, names):
    if not text.strip():
        return "the file is empty"
    looked = {"x12": "ISA", "edifact": "UNA or UNB"}
    wanted = " nor ".join(looked[name] for name in names)
    begins = shown(text.strip(), 20)
    return f"neither {wanted} begins an interchange: it begins with {begins!r}"
