# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was found in a file: interchanges, their groups and documents. No odoo in here.

They point into the file and hold no tokens. What is wrong is collected in ``faults``.
"""

import hashlib


class Document:
    """One ST..SE or UNH..UNT.

    :ivar head: ``schemas.DocumentHead``
    :ivar group: the ``Group`` it is in
    :ivar position: 0 for the first of the interchange
    :ivar number: of its first segment, in the interchange
    :ivar faults: ``schemas.Fault`` of this document, its own only
    """

    __slots__ = ("head", "group", "position", "number", "faults", "start", "end")

    def __init__(self, head, group, position, number, start):
        self.head, self.group, self.position = head, group, position
        self.number, self.start, self.end = number, start, start
        self.faults = []

    @property
    def interchange(self):
        return self.group.interchange

    @property
    def span(self):
        """(start, end) in bytes of the file."""
        source = self.interchange.source
        return source.offset(self.start), source.offset(self.end)

    @property
    def data(self):
        return self.interchange.source.bytes(self.start, self.end)

    def segments(self):
        """Iterates over its segments, head and trailer included. Nothing is kept."""
        interchange = self.interchange
        return interchange.syntax.segments(interchange.source, self.start, self.end)

    @property
    def digest(self):
        """SHA-256 of what it says: neither its control number nor how it is broken into
        lines count. A document that was sent again under another number has the same.
        """
        digest = hashlib.sha256(self.head.kind.encode())
        for segment in self.segments():
            if segment.id in ("ST", "SE", "UNH", "UNT"):
                continue
            digest.update("\x1d".join(segment.parts).encode("latin-1") + b"\x1c")
        return digest.hexdigest()

    @property
    def fatal(self):
        """The first reason not to accept it: its own, its group's, its interchange's;
        None: it may be accepted."""
        for faults in (self.faults, self.group.faults, self.interchange.faults):
            for fault in faults:
                if fault.fatal:
                    return fault
        return None


class Group:
    """One GS..GE or UNG..UNE; in EDIFACT mostly one that is written nowhere
    (``written`` False).

    :ivar included: how many documents its trailer says that it has; None: it does not
    """

    __slots__ = (
        "head",
        "interchange",
        "documents",
        "faults",
        "written",
        "number",
        "included",
    )

    def __init__(self, head, interchange, number=0, written=True):
        self.head, self.interchange, self.number = head, interchange, number
        self.written, self.included = written, None
        self.documents, self.faults = [], []

    @property
    def fatal(self):
        return next((fault for fault in self.faults if fault.fatal), None)


class Interchange:
    """One ISA..IEA or UNB..UNZ.

    :ivar head: ``schemas.InterchangeHead``
    :ivar syntax: how its segments are cut
    :ivar acks: segments that acknowledge interchanges of ours (TA1)
    :ivar answerable: an acknowledgement can name it
    """

    __slots__ = (
        "head",
        "source",
        "syntax",
        "groups",
        "faults",
        "acks",
        "answerable",
        "start",
        "end",
    )

    def __init__(self, head, source, syntax, start):
        self.head, self.source, self.syntax = head, source, syntax
        self.start, self.end = start, start
        self.groups, self.faults, self.acks = [], [], []
        self.answerable = True

    @property
    def documents(self):
        return [document for group in self.groups for document in group.documents]

    @property
    def span(self):
        """(start, end) in bytes of the file."""
        return self.source.offset(self.start), self.source.offset(self.end)

    @property
    def data(self):
        return self.source.bytes(self.start, self.end)

    @property
    def fatal(self):
        return next((fault for fault in self.faults if fault.fatal), None)
