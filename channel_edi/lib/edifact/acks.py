# SPDX-License-Identifier: AGPL-3.0-or-later
"""CONTRL, both ways. It judges syntax, never business, and is never answered itself. No
odoo in here."""

from ...schemas_envelope import Ack, AckDocument, AckGroup, Fault, Identity
from ..specs.grammar import Loop, gather
from ..writing import Text
from ..x12.acks import verdict_of

_SEGMENTS = Loop("UCS", "UCD")
_MESSAGE = Loop("UCM", _SEGMENTS)
TABLE = Loop("UNH", "UCI!", _SEGMENTS, Loop("UCF", _MESSAGE), _MESSAGE, "UNT")
STATES = {"4": "rejected", "7": "accepted", "8": "received"}
"""0083. 8 says that it has come, and nothing of whether it is accepted."""
NAME = "CONTRL"


# ----------------------------------------------------------------- reading
def read(document, context):
    make = {
        "UCM": lambda node, _count: _message(context, node),
        "UCF": lambda node, _count: _group(context, node),
    }
    root, found = gather(document.segments(), TABLE, context, make)
    uci = context.head(root, "UCI")
    faults = [one for node in root.loops("UCS") for one in _faults(context, node)]
    ack = Ack(
        kind=NAME,
        interchange=context.need(uci, 1),
        status=_status(context, uci, 4),
        code=uci.get(5),
        sender=Identity(uci.get(2), uci.get(2, 2), uci.get(2, 3)),
        receiver=Identity(uci.get(3), uci.get(3, 2), uci.get(3, 3)),
        groups=tuple(each for each in found if isinstance(each, AckGroup)),
        documents=tuple(each for each in found if isinstance(each, AckDocument)),
        faults=tuple(faults),
    )
    context.finish()
    return ack


def _status(context, segment, element):
    code = segment.get(element)
    if code not in STATES:
        context.wrong(segment, element, f"{code!r} is no verdict")
    return STATES.get(code, "")


def _message(context, node):
    head = node.segment
    faults = [one for each in node.loops("UCS") for one in _faults(context, each)]
    return AckDocument(
        kind=head.get(2),
        number=head.get(1),
        status=_status(context, head, 3),
        code=head.get(3),
        codes=tuple(filter(None, [head.get(4)])),
        faults=tuple(faults),
    )


def _group(context, node):
    head = node.segment
    # from syntax 4 on the action stands one element further
    code = 4 if head.get(4) in STATES else 5
    documents = [_message(context, each) for each in node.loops("UCM")]
    return AckGroup(
        functional_id="",
        number=head.get(1),
        status=_status(context, head, code),
        code=head.get(code),
        codes=tuple(filter(None, [head.get(code + 1)])),
        documents=tuple(documents),
    )


def _faults(context, node):
    head = node.segment
    number, code = context.whole(head, 1) or 0, head.get(2)
    found = []
    if code:
        found.append(Fault(f"segment error {code}", code, "0085", segment=number))
    for segment in node.all("UCD"):
        found.append(
            Fault(
                f"element error {segment.get(1)}",
                segment.get(1),
                "0085",
                segment=number,
                # positions count the tag as the first
                element=max(0, (context.whole(segment, 2) or 1) - 1),
                component=context.whole(segment, 2, 2) or 0,
            )
        )
    return found


# ----------------------------------------------------------------- writing
def is_answer(document):
    return document.head.kind == NAME


def segments(interchange, verdicts, options):
    """Segments of the CONTRL that answers an interchange; None where nothing is to be
    answered."""
    documents = interchange.documents
    if not interchange.answerable or documents and all(map(is_answer, documents)):
        return None
    head = interchange.head
    judged = options.judged(interchange.faults)
    fatal = next((each for each in judged if each.fatal), None)
    uci = ["UCI", Text(head.number), _party(head.sender), _party(head.receiver)]
    if fatal:
        place = [fatal.segment_id] if fatal.segment_id in ("UNA", "UNB", "UNZ") else []
        return [[*uci, "4", fatal.code, *place]]
    found = [[*uci, "7"]]
    for group in interchange.groups:
        answers = _answer_documents(group, verdicts, options)
        judged = options.judged(group.faults)
        refused = next((each for each in judged if each.fatal), None)
        if group.written and (answers or refused or options.ack_details):
            found.append(_answer_group(group, refused))
        found += [] if refused else answers
    return found


def _answer_documents(group, verdicts, options):
    found = []
    for document in group.documents:
        if is_answer(document):
            continue
        faults = options.judged(document.faults)
        told = options.judged(verdicts.get(document.position, ()))
        faults += [each for each in told if each not in faults]
        status = verdict_of(faults)
        if status != "accepted" or options.ack_details:
            found += _answer_document(document, faults, status)
    return found


def _answer_group(group, fatal):
    """UCF: a group that is rejected is so with all of its messages."""
    head = group.head
    parties = [
        (Text(each.id), Text(each.qualifier)) for each in (head.sender, head.receiver)
    ]
    ucf = ["UCF", Text(head.number), *parties, "4" if fatal else "7"]
    return [*ucf, fatal.code, fatal.segment_id] if fatal else ucf


def _party(identity):
    return (Text(identity.id), Text(identity.qualifier), Text(identity.routing))


def _answer_document(document, faults, status):
    head = document.head
    kind, version = Text(head.kind), [Text(each) for each in head.version.split(":")]
    kind = (kind, *version, Text(head.agency), Text(head.implementation))
    rejected = status == "rejected"
    ucm = ["UCM", Text(head.number), kind, "4" if rejected else "7"]
    outer = [each for each in faults if each.segment_id in ("UNH", "UNT", "")]
    if rejected and outer:
        ucm += [outer[0].code, outer[0].segment_id]
    found = [ucm]
    if not rejected:
        return found
    places = {}
    for fault in faults:
        if fault not in outer:
            places.setdefault(fault.segment, []).append(fault)
    for number, some in sorted(places.items()):
        whole = next((each.code for each in some if not each.element), "")
        found.append(["UCS", str(number), whole])
        for each in some:
            if each.element:
                place = (str(each.element + 1), str(each.component or ""))
                found.append(["UCD", each.code, place])
    return found
