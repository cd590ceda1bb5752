# SPDX-License-Identifier: AGPL-3.0-or-later
"""X12 as bytes. There is no way to escape: a delimiter in a text is replaced by a
blank, in an id it is refused. No odoo in here."""

from ...schemas_envelope import X12, Delimiters
from ..errors import Unwritable, shown
from ..writing import SegmentWriter, Text, encodable, special
from .elements import element, length_fault

MODERN = Delimiters(repetition="^")
"""Where the version has a repetition separator."""


class Writer(SegmentWriter):
    """
    >>> writer = Writer(X12, "ascii")
    >>> writer.segment(["MEA", "1", "", Text("a*b"), ("x", "y", ""), "", ""])
    'MEA*1**a b*x>y~'
    """

    def __init__(self, delimiters, charset, upper=False, version="004010"):
        super().__init__(delimiters, charset, upper, version)
        self.forbidden = special(
            delimiters.segment,
            delimiters.element,
            delimiters.component,
            delimiters.repetition,
        )

    def _value(self, value, name, index, _component):
        if not value:
            return ""
        where = f"{name}{index:02}"
        written = encodable(value, self.charset, where)
        if self.upper:
            written = written.upper()
        # a terminator that is a line feed stays one, and the texts are on one line
        for char in self.forbidden:
            if char in written:
                if not isinstance(value, Text):
                    raise Unwritable(
                        f"{where}: {shown(value)!r} contains the delimiter {char!r}",
                        segment_id=name,
                        element=index,
                    )
                written = written.replace(char, " ")
        return self._fitting(written.rstrip(), value, name, index)

    def _fitting(self, written, value, name, index):
        """What is too long for its element is cut off where it is a text; an id, or a
        number, is refused."""
        wrong = length_fault(name, index, written, self.version)
        if wrong is None or wrong[0] == "4":
            return written
        if isinstance(value, Text):
            return written[: element(name, index).most(self.version)].rstrip()
        raise Unwritable(
            f"{name}{index:02}: {shown(value)!r}: {wrong[1]}",
            code=wrong[0],
            code_list="723",
            segment_id=name,
            element=index,
        )


def interchange(groups, envelope, options):
    """The bytes of one interchange.

    :param groups: [(functional id, [(set, segments without ST and SE)], sender,
        receiver)]; None: those of the envelope. What stands between ISA and the first
        group (TA1) has the functional id ""
    """
    from_agreement = envelope.delimiters or options.delimiters
    repeats = envelope.version >= "00402"
    delimiters = from_agreement or (MODERN if repeats else X12)
    if repeats and not delimiters.repetition:
        delimiters = Delimiters(**dict(vars(delimiters), repetition="^"))
    if not repeats:
        delimiters = Delimiters(**dict(vars(delimiters), repetition=""))
    charset, version = envelope.charset or "ascii", envelope.group_version
    writer = Writer(delimiters, charset, options.upper, version)
    moment = envelope.at
    found = [_isa(envelope, delimiters, moment)]
    numbers = iter(envelope.document_numbers)
    group_number, written = envelope.group_number, 0
    for functional_id, documents, *identities in groups:
        if not functional_id:
            found += [
                writer.segment(each) for _kind, all_ in documents for each in all_
            ]
            continue
        found += _group(
            writer,
            envelope,
            [functional_id, *identities],
            _wrapped(group_number),
            documents,
            numbers,
        )
        group_number += 1
        written += 1
    number = f"{envelope.number:09}"
    found.append(writer.segment(["IEA", str(written), number]))
    return "".join(found).encode(envelope.charset or "ascii")


def _wrapped(number):
    """Control numbers have nine digits and begin again.

    >>> _wrapped(999_999_999), _wrapped(1_000_000_000)
    (999999999, 1)
    """
    return (number - 1) % 999_999_999 + 1


def _group(writer, envelope, named, number, documents, numbers):
    functional_id, sender, receiver = (*named, None, None)[:3]
    sender = sender or envelope.group_sender or envelope.sender
    receiver = receiver or envelope.group_receiver or envelope.receiver
    moment, version = envelope.at, envelope.group_version
    date = moment.strftime("%Y%m%d" if version >= "004" else "%y%m%d")
    found = [
        writer.segment(
            [
                "GS",
                functional_id,
                sender.id,
                receiver.id,
                date,
                moment.strftime("%H%M"),
                str(number),
                "X",
                version,
            ]
        )
    ]
    for index, (kind, segments) in enumerate(documents, 1):
        control = f"{next(numbers, index):04}"
        head = ["ST", kind, control, envelope.implementation]
        found.append(writer.segment(head))
        found += [writer.segment(each) for each in segments]
        found.append(writer.segment(["SE", str(len(segments) + 2), control]))
    found.append(writer.segment(["GE", str(len(documents)), str(number)]))
    return found


def _isa(envelope, delimiters, moment):
    """106 characters, whatever is in them."""
    if not 0 < envelope.number <= 999_999_999:
        raise Unwritable(f"{envelope.number} is no control number of nine digits")
    sender, receiver = envelope.sender, envelope.receiver
    values = [
        ("00", 2),
        ("", 10),
        ("00", 2),
        ("", 10),
        (sender.qualifier or "ZZ", 2),
        (sender.id, 15),
        (receiver.qualifier or "ZZ", 2),
        (receiver.id, 15),
        (moment.strftime("%y%m%d"), 6),
        (moment.strftime("%H%M"), 4),
        (delimiters.repetition or "U", 1),
        (envelope.version, 5),
        (f"{envelope.number:09}", 9),
        ("1" if envelope.ack else "0", 1),
        ("T" if envelope.test else "P", 1),
        (delimiters.component, 1),
    ]
    parts = ["ISA"]
    for index, (value, size) in enumerate(values, 1):
        odd = any(
            char in value
            for char in (delimiters.element, delimiters.segment)
            if index not in (11, 16)
        )
        if len(value) > size or odd or not value.isascii():
            raise Unwritable(f"ISA{index:02}: {shown(value)!r} does not fit")
        parts.append(value.ljust(size))
    if not sender.id or not receiver.id:
        raise Unwritable("an interchange needs a sender and a receiver")
    return delimiters.element.join(parts) + delimiters.segment + delimiters.newline
