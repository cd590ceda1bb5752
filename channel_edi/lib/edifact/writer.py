# SPDX-License-Identifier: AGPL-3.0-or-later
"""EDIFACT as bytes. Delimiters in values are released. No odoo in here."""

from ...schemas_envelope import EDIFACT
from ..errors import Unwritable, shown
from ..writing import Number, SegmentWriter, Text, encodable, special
from .elements import most
from .una import CHARSETS


class Writer(SegmentWriter):
    """
    >>> writer = Writer(EDIFACT, "latin-1")
    >>> writer.segment(["IMD", "F", "", ("", "", "", Text("d'or 2+2?"), "")])
    "IMD+F++:::d?'or 2?+2??'"
    """

    def __init__(self, delimiters, charset, upper=False, version="D:96A:UN"):
        super().__init__(delimiters, charset, upper, version)
        self.special = special(
            delimiters.release,
            delimiters.segment,
            delimiters.element,
            delimiters.component,
            delimiters.repetition,
        )

    def _value(self, value, name, index, component):
        if not value:
            return ""
        where = f"{name} {index}"
        written = encodable(value, self.charset, where).rstrip()
        size = most(name, index, component, self.version)
        if size and len(written) > size:
            if not isinstance(value, Text):
                raise Unwritable(
                    f"{where}: {shown(value)!r} has {len(written)} characters, "
                    f"{size} at most are allowed",
                    code="39",
                    code_list="0085",
                    segment_id=name,
                    element=index,
                    component=component,
                )
            written = written[:size].rstrip()
        if self.upper:
            written = written.upper()
        if isinstance(value, Number):
            written = written.replace(".", self.delimiters.decimal)
        release = self.delimiters.release
        for char in self.special:
            if char not in written:
                continue
            if release:
                written = written.replace(char, release + char)
            elif isinstance(value, Text):
                written = written.replace(char, " ")
            else:
                raise Unwritable(
                    f"{where}: {shown(value)!r} contains the delimiter {char!r}",
                    segment_id=name,
                    element=index,
                )
        return written


def una(delimiters):
    """
    >>> una(EDIFACT)
    "UNA:+.? '"
    """
    return "".join(
        (
            "UNA",
            delimiters.component,
            delimiters.element,
            delimiters.decimal,
            delimiters.release or " ",
            delimiters.repetition or " ",
            delimiters.segment,
        )
    )


def interchange(groups, envelope, options):
    """The bytes of one interchange.

    :param groups: [(name of the group, [(message, segments without UNH and UNT)])]
    """
    delimiters = envelope.delimiters or options.delimiters or EDIFACT
    level = envelope.version.partition(":")
    charset = envelope.charset or CHARSETS.get(level[0], "latin-1")
    writer = Writer(delimiters, charset, options.upper, _version(envelope))
    found = [una(delimiters) + delimiters.newline, writer.segment(_unb(envelope))]
    numbers = iter(envelope.document_numbers)
    total, group_number = 0, envelope.group_number
    for name, messages in groups:
        if envelope.groups:
            found.append(writer.segment(_ung(envelope, name, group_number)))
        for kind, segments in messages:
            total += 1
            reference = str(next(numbers, total))
            version = tuple(_version(envelope).split(":"))
            found.append(writer.segment(["UNH", reference, (kind, *version)]))
            found += [writer.segment(each) for each in segments]
            found.append(writer.segment(["UNT", str(len(segments) + 2), reference]))
        if envelope.groups:
            found.append(writer.segment(["UNE", str(len(messages)), str(group_number)]))
            group_number += 1
    count = len(groups) if envelope.groups else total
    found.append(writer.segment(["UNZ", str(count), str(envelope.number)]))
    return "".join(found).encode(charset)


def _version(envelope):
    """UNH 02 behind the message: that of the agreement, or the usual one."""
    version = envelope.group_version
    return version if ":" in version else "D:96A:UN"


def _party(identity):
    if not identity.id:
        raise Unwritable("an interchange needs a sender and a receiver")
    return (identity.id, identity.qualifier, identity.routing)


def _unb(envelope):
    if not 0 < envelope.number <= 99_999_999_999_999:
        raise Unwritable(f"{envelope.number} is no control reference of 14 digits")
    name, _colon, version = envelope.version.partition(":")
    if name not in CHARSETS:
        name, version = "UNOC", "3"
    long_dates = version in ("4", "5")
    date = envelope.at.strftime("%Y%m%d" if long_dates else "%y%m%d")
    return [
        "UNB",
        (name, version or "3"),
        _party(envelope.sender),
        _party(envelope.receiver),
        (date, envelope.at.strftime("%H%M")),
        str(envelope.number),
        "",
        envelope.application,
        "",
        "1" if envelope.ack else "",
        envelope.agreement,
        "1" if envelope.test else "",
    ]


def _ung(envelope, name, number):
    sender = envelope.group_sender or envelope.sender
    receiver = envelope.group_receiver or envelope.receiver
    version = _version(envelope).split(":")
    return [
        "UNG",
        name,
        (sender.id, sender.qualifier),
        (receiver.id, receiver.qualifier),
        (envelope.at.strftime("%y%m%d"), envelope.at.strftime("%H%M")),
        str(number),
        (version[2:] or ["UN"])[0],
        tuple(version[:2]),
    ]
