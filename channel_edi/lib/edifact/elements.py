# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long the components of EDIFACT segments may be. No odoo in here.

Of D96A, with what D01B has made longer behind a slash; only of ids and numbers that we
write. Texts are cut where they are made.
"""

_TABLE = """
BGM 2 1 35
RFF 1 2 35/70
LIN 1 1 6
LIN 3 1 35
PIA 2 1 35
PIA 3 1 35
PIA 4 1 35
PIA 5 1 35
PIA 6 1 35
NAD 2 1 17/35
NAD 7 1 9
NAD 8 1 9/17
NAD 9 1 3
LOC 2 1 25/35
QTY 1 2 15/35
QTY 1 3 3/8
PRI 1 2 15
CPS 1 1 12/35
PAC 1 1 8
PAC 3 1 17
GIN 2 1 35
TDT 5 1 17
CUX 1 2 3
"""


def _sizes(text):
    """
    >>> _sizes("35/70"), _sizes("35")
    ((35, 70), (35, 35))
    """
    old, _slash, new = text.partition("/")
    return int(old), int(new or old)


SIZES = {
    (tag, int(element), int(component)): _sizes(size)
    for tag, element, component, size in map(str.split, _TABLE.strip().splitlines())
}


def most(tag, element, component, version):
    """The most characters, None where it is not known. ``version``: "D:96A:UN".

    >>> [most("RFF", 1, 2, each) for each in ("D:96A:UN", "D:01B:UN")]
    [35, 70]
    >>> most("ZZZ", 1, 1, "D:96A:UN")
    """
    sizes = SIZES.get((tag, element, component))
    if sizes is None:
        return None
    directory = version.split(":")[1:2] or ["96A"]
    # of the nineties or later: 96A, 99B, 01B, 20A
    return sizes["0" <= directory[0][:1] < "9"]
