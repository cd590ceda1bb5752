# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading, writing and answering files: what the models call, see the package's
docstring. No odoo in here."""

from dataclasses import replace

from ..schemas_envelope import Ack, Envelope
from .dates import local
from .edifact import acks as edifact_acks
from .edifact import writer as edifact_writer
from .errors import BadDocument, Unwritable
from .files import interchanges
from .options import DEFAULT, Options  # noqa: F401 (re-exported)
from .specs.context import Context
from .specs.registry import READERS, kind_of
from .x12 import acks as x12_acks
from .x12 import writer as x12_writer
from .x12.reader import FUNCTIONAL


def read(data, options=DEFAULT):
    """Iterates over each ``Interchange`` of a file.

    :raise Unreadable: there is none
    """
    return interchanges(data, options)


def parse(document, options=DEFAULT):
    """The schema object of a ``Document``; see the package's docstring.

    :raise BadDocument: it cannot be accepted, with all the reasons: of its content and
        of its envelope, the group's and the interchange's included
    """
    own = document.faults
    own[:] = options.judged(own)
    if options.charset:
        # texts are decoded when they are asked for
        document.interchange.syntax.charset = options.charset
    try:
        value = _read(document, options)
    except BadDocument as error:
        more = [fault for fault in own if fault not in error.faults]
        raise BadDocument(error.fault, [*error.faults, *more]) from None
    outer = document.group.faults + document.interchange.faults
    for fault in [*own, *options.judged(outer)]:
        if fault.fatal:
            raise BadDocument(fault, own if fault in own else [*own, fault])
    return value


def _read(document, options):
    """What its content says, whatever its envelope is."""
    head = document.head
    module = READERS.get((head.standard, head.kind))
    if module is None:
        code, code_list = ("15", "0085") if head.standard == "edifact" else ("1", "718")
        raise BadDocument(
            f"documents of the kind {head.kind!r} are not read here",
            code=code,
            code_list=code_list,
            segment=1,
            segment_id="UNH" if head.standard == "edifact" else "ST",
            element=2 if head.standard == "edifact" else 1,
            offset=document.span[0],
        )
    return module.read(document, Context(document, options))


def write(objects, envelope, options=DEFAULT):
    """The bytes of one interchange with these objects; see the package's docstring.

    :raise Unwritable: one of them cannot be written as it is
    """
    envelope = _on_their_clock(envelope, options)
    if envelope.standard == "x12" and envelope.group_version < "004":
        options = replace(options, short_dates=True)
    groups = {}
    for value in objects:
        kind, module = _writer_of(envelope, value)
        segments = module.write(value, options)
        name = kind if envelope.standard == "edifact" else FUNCTIONAL[kind]
        groups.setdefault(name, []).append((kind, segments))
    count = sum(len(documents) for documents in groups.values())
    if not count:
        raise Unwritable("there is nothing to write")
    if envelope.document_numbers and len(envelope.document_numbers) != count:
        numbers = len(envelope.document_numbers)
        raise Unwritable(f"{numbers} control numbers are there for {count} documents")
    writer = edifact_writer if envelope.standard == "edifact" else x12_writer
    return writer.interchange(list(groups.items()), envelope, options)


def _writer_of(envelope, value):
    found = kind_of(envelope.standard, value)
    if found is None:
        raise Unwritable(
            f"{type(value).__name__} is not written as {envelope.standard}"
        )
    return found


def _on_their_clock(envelope, options):
    """The envelope with its time as the partner's clock shows it."""
    return Envelope(**dict(vars(envelope), at=local(envelope.at, options.zone)))


def acknowledge(interchange, verdicts, envelope, options=DEFAULT):
    """The bytes that answer an interchange, None where nothing may be answered; see the
    package's docstring.

    The answer to a test is a test. Control numbers are those of ``envelope``.
    """
    test = interchange.head.test
    values = dict(vars(envelope), test=test, ack=False, document_numbers=())
    envelope = _on_their_clock(Envelope(**values), options)
    if interchange.head.standard == "edifact":
        segments = edifact_acks.segments(interchange, verdicts, options)
        if segments is None:
            return None
        modern = envelope.version.partition(":")[2] in ("4", "5")
        version = "4:1:UN" if modern else "D:3:UN"
        envelope = Envelope(**dict(vars(envelope), group_version=version))
        groups = [(edifact_acks.NAME, [(edifact_acks.NAME, segments)])]
        return edifact_writer.interchange(groups, envelope, options)
    groups = x12_acks.groups(interchange, verdicts, options)
    if not groups:
        return None
    return x12_writer.interchange(groups, envelope, options)


def acknowledgements(interchange, options=DEFAULT):
    """What an interchange says of ours: a list of ``schemas.Ack``.

    One that cannot be read says nothing of anything: it has ``faults``, and is for a
    person. A wrong count of segments is no reason not to hear what it says.
    """
    found = [x12_acks.read_ta1(parts) for parts in interchange.acks]
    options = replace(options, forgiven=(*options.forgiven, "718:4", "0085:29/UNT"))
    for document in interchange.documents:
        if document.head.kind in ("997", "999", "CONTRL"):
            try:
                found.append(parse(document, options))
            except BadDocument as error:
                found.append(Ack(document.head.kind, faults=tuple(error.faults)))
    return found
