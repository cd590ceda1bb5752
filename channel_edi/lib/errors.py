# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors of EDI files, as one small tree. Their words name the place. No odoo in here.

Only what cannot go on is raised. What is wrong with one document of many is a ``Fault``
of this document (``schemas.Fault``), and the others are read.
"""

import re

from ..schemas_envelope import Fault

_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def shown(value, size=40):
    """A value of a partner as it may stand in a message: short, on one line.

    >>> shown("a\\nb" + "c" * 99)
    'a bcccccccccccccccccccccccccccccccccc...'
    """
    text = _ODD.sub(" ", str(value))
    return text if len(text) <= size else text[: size - 3] + "..."


def place_of(fault):
    """Where it is, in words: ``segment 4 (PO1), element 2, byte 130``.

    >>> place_of(Fault("", segment=4, segment_id="PO1", element=2, offset=130))
    'segment 4 (PO1), element 2, byte 130'
    >>> place_of(Fault(""))
    ''
    """
    parts = []
    if fault.segment:
        name = f" ({shown(fault.segment_id, 12)})" if fault.segment_id else ""
        parts.append(f"segment {fault.segment}{name}")
    if fault.element:
        parts.append(f"element {fault.element}")
    if fault.component:
        parts.append(f"component {fault.component}")
    if fault.offset >= 0:
        parts.append(f"byte {fault.offset}")
    return ", ".join(parts)


def told(fault):
    """The fault with its place, as a person reads it."""
    place = place_of(fault)
    return f"{place}: {fault.message}" if place else fault.message


class EdiError(Exception):
    """Base of the tree.

    :ivar fault: what is wrong, and where (``schemas.Fault``)
    """

    def __init__(self, fault, **values):
        if isinstance(fault, str):
            fault = Fault(fault, **values)
        super().__init__(told(fault))
        self.fault = fault

    def __reduce__(self):
        return type(self), (self.fault,)


class Unreadable(EdiError):
    """No interchange can be found in these bytes: there is nobody to answer."""


class BadDocument(EdiError):
    """One document that cannot be accepted.

    :ivar faults: all that is wrong with it; the first fatal one is the message
    """

    def __init__(self, fault, faults=(), **values):
        super().__init__(fault, **values)
        self.faults = tuple(faults) or (self.fault,)

    def __reduce__(self):
        return type(self), (self.fault, self.faults)


class Unwritable(EdiError):
    """Something of ours that cannot be written as it is: nothing was written."""


class BadTable(EdiError):
    """A CSV or fixed-column file that does not fit its mapping. ``segment`` of the
    fault is the line of the file, ``element`` the column."""
