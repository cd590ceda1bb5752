# SPDX-License-Identifier: AGPL-3.0-or-later
"""TA1, 997 and 999, both ways. They judge envelopes and syntax, never business, and are
never answered themselves. No odoo in here."""

from ...schemas_envelope import Ack, AckDocument, AckGroup, Fault, Identity
from ..specs.grammar import Loop, gather
from ..writing import Text

TABLE = Loop(
    "ST",
    "AK1!",
    Loop(
        "AK2",
        Loop("AK3", "AK4", "CTX"),
        Loop("IK3", "IK4", "CTX"),
        *("AK5", "IK5"),
    ),
    *("AK9!", "IK5", "SE"),
)
STATES = {
    "A": "accepted",
    "E": "errors",
    "P": "partial",
    "R": "rejected",
    "M": "rejected",
    "W": "rejected",
    "X": "rejected",
}
"""717 and 715. M, W and X are rejections for security."""
CODES = {"accepted": "A", "errors": "E", "partial": "P", "rejected": "R"}
FUNCTIONAL = "FA"
SEGMENT_IN_ERROR, ELEMENT_IN_ERROR = "5", "8"
MOST_CODES = 5


# ----------------------------------------------------------------- reading
def read(document, context):
    """The ``Ack`` of a 997 or 999."""
    make = {"AK2": lambda node, _count: _document(context, node)}
    root, documents = gather(document.segments(), TABLE, context, make)
    ak1 = context.head(root, "AK1")
    ak9 = context.head(root, "AK9")
    code = ak9.get(1)
    status = STATES.get(code, "")
    if not status:
        context.wrong(ak9, 1, f"{code!r} is no verdict on a group")
    group = AckGroup(
        functional_id=ak1.get(1),
        number=ak1.get(2),
        version=ak1.get(3),
        status=status,
        code=code,
        included=context.whole(ak9, 2),
        received=context.whole(ak9, 3),
        accepted=context.whole(ak9, 4),
        codes=tuple(ak9.get(n) for n in range(5, 10) if ak9.get(n)),
        documents=tuple(documents),
    )
    certain = _is_certain(group)
    if not certain:
        told = "it does not say which documents were rejected"
        context.wrong(ak9, 1, told, fatal=False)
    context.finish()
    group = AckGroup(**dict(vars(group), certain=certain))
    return Ack(kind=document.head.kind, groups=(group,))


def _is_certain(group):
    """Whether it is known of each document what became of it."""
    rejected = sum(each.status == "rejected" for each in group.documents)
    if group.status in ("accepted", "errors"):
        return not rejected
    if group.status == "rejected":
        return len(group.documents) == rejected
    if group.status != "partial":
        return False
    if group.received is not None and len(group.documents) >= group.received:
        return True
    if None in (group.received, group.accepted):
        return False
    return bool(rejected) and group.received - group.accepted == rejected


def _document(context, node):
    head = node.segment
    end = node.first("AK5") or node.first("IK5")
    code = end.get(1) if end else ""
    if end is None:
        context.missing(head, "AK5")
    elif code not in STATES:
        context.wrong(end, 1, f"{code!r} is no verdict on a document")
    faults = []
    for loop in node.loops("AK3", "IK3"):
        faults += _faults(context, loop)
    codes = tuple(end.get(n) for n in range(2, 7) if end.get(n)) if end else ()
    return AckDocument(
        kind=head.get(1),
        number=head.get(2),
        status=STATES.get(code, ""),
        code=code,
        codes=codes,
        faults=tuple(faults),
    )


def _faults(context, node):
    head = node.segment
    place = {
        "segment_id": head.get(1),
        "segment": context.whole(head, 2) or 0,
        "loop": head.get(3),
    }
    found = [
        Fault(f"segment error {head.get(n)}", head.get(n), "720", **place)
        for n in range(4, 9)
        if head.get(n) and head.get(n) != ELEMENT_IN_ERROR
    ]
    for segment in node.all("AK4", "IK4"):
        found.append(
            Fault(
                f"element error {segment.get(3)}",
                segment.get(3),
                "723",
                element=context.whole(segment, 1, 1) or 0,
                component=context.whole(segment, 1, 2) or 0,
                data_element=segment.get(2, 1),
                value=segment.get(4),
                **place,
            )
        )
    if not found:
        found.append(Fault("segment in error", ELEMENT_IN_ERROR, "720", **place))
    return found


def read_ta1(parts):
    """The ``Ack`` of a TA1 segment.

    >>> ack = read_ta1(["TA1", "000000050", "200229", "1200", "A", "000"])
    >>> ack.interchange, ack.status, ack.code
    ('000000050', 'accepted', '000')
    """
    parts = list(parts) + [""] * 6
    status = {"A": "accepted", "E": "errors", "R": "rejected"}.get(parts[4], "")
    return Ack(
        kind="TA1",
        interchange=parts[1],
        date=parts[2],
        time=parts[3],
        status=status,
        code=parts[5],
    )


# ----------------------------------------------------------------- writing
def is_answer(group):
    """Whether a group holds nothing but acknowledgements."""
    return group.head.functional_id == FUNCTIONAL or (
        bool(group.documents)
        and all(each.head.kind in ("997", "999") for each in group.documents)
    )


def groups(interchange, verdicts, options):
    """What answers an interchange, as the writer takes it: [(functional id, documents,
    sender, receiver)]; [] where nothing is to be answered."""
    asked = [
        each for each in interchange.groups if each.written and not is_answer(each)
    ]
    only_answers = not asked and (interchange.groups or interchange.acks)
    if not interchange.answerable or only_answers and not _has_strays(interchange):
        return []
    found = []
    if ta1 := _ta1(interchange, options):
        found.append(("", [("TA1", [ta1])], None, None))
    if any(each.fatal for each in options.judged(interchange.faults)):
        return found
    for group in asked:
        segments, kind = answer(group, verdicts, options), options.ack_kind
        sender, receiver = _named(group.head.receiver), _named(group.head.sender)
        last = found[-1] if found else None
        if last and last[0] == FUNCTIONAL and last[2:] == (sender, receiver):
            last[1].append((kind, segments))
        else:
            found.append((FUNCTIONAL, [(kind, segments)], sender, receiver))
    return found


def _named(identity):
    """An identity of theirs to give back, whatever stands in it."""
    return Identity(Text(identity.id))


def _has_strays(interchange):
    """Documents that stand in no group, and are no acknowledgements."""
    return any(not each.written and not is_answer(each) for each in interchange.groups)


def _ta1(interchange, options):
    """TA1: a rejection is always told."""
    head, faults = interchange.head, options.judged(interchange.faults)
    fatal = next((each for each in faults if each.fatal), None)
    wish = options.ack_interchange
    if not fatal and (wish == "never" or wish == "asked" and not head.ack):
        return None
    code = fatal.code if fatal else (faults[0].code if faults else "000")
    verdict = "R" if fatal else ("E" if faults else "A")
    return ["TA1", Text(head.number), Text(head.date), Text(head.time), verdict, code]


def answer(group, verdicts, options):
    """Segments of the 997, or 999, that answers one group.

    AK902 is what GE01 says, AK903 how many documents have come, AK904 how many of them
    are accepted, with errors or without.
    """
    head, group_faults = group.head, options.judged(group.faults)
    refused = any(each.fatal for each in group_faults)
    found = [["AK1", Text(head.functional_id), Text(head.number)]]
    if head.version >= "005":
        found[0].append(Text(head.version))
    states = []
    for document in group.documents:
        faults = options.judged(document.faults)
        told = options.judged(verdicts.get(document.position, ()))
        faults += [each for each in told if each not in faults]
        status = verdict_of(faults)
        if refused:
            status = "rejected"
        states.append(status)
        if status != "accepted" or options.ack_details:
            found += _answer_document(document, faults, status, options.ack_kind)
    accepted = sum(each != "rejected" for each in states)
    received = len(states)
    if refused or received and not accepted:
        verdict = "R"
    elif accepted < received:
        verdict = "P"
    else:
        verdict = "E" if "errors" in states or group_faults else "A"
    codes = list(dict.fromkeys(each.code for each in group_faults))[:MOST_CODES]
    included = received if group.included is None else group.included
    counts = [str(included), str(received), str(accepted)]
    found.append(["AK9", verdict, *counts, *codes])
    return found


def verdict_of(faults):
    """
    >>> verdict_of([]), verdict_of([Fault("", fatal=False)]), verdict_of([Fault("")])
    ('accepted', 'errors', 'rejected')
    """
    if any(each.fatal for each in faults):
        return "rejected"
    return "errors" if faults else "accepted"


def _answer_document(document, faults, status, kind):
    head = "IK" if kind == "999" else "AK"
    found = [["AK2", Text(document.head.kind), Text(document.head.number)]]
    in_segments = [each for each in faults if each.code_list in ("720", "723")]
    places = {}
    for fault in in_segments:
        key = (fault.segment, fault.segment_id, fault.loop)
        places.setdefault(key, []).append(fault)
    for (number, name, loop), some in sorted(places.items()):
        codes = [each.code for each in some if each.code_list == "720"]
        elements = [each for each in some if each.code_list == "723"]
        if elements:
            codes.append(ELEMENT_IN_ERROR)
        codes = list(dict.fromkeys(codes))[:MOST_CODES]
        found.append([f"{head}3", Text(name), str(number), Text(loop), *codes])
        for each in elements:
            if not each.element:
                continue
            place = (str(each.element), str(each.component or ""))
            value = Text(each.value[:99])
            found.append([f"{head}4", place, each.data_element, each.code, value])
    codes = [each.code for each in faults if each.code_list == "718"]
    if in_segments:
        codes.append(SEGMENT_IN_ERROR)
    codes = list(dict.fromkeys(codes))[:MOST_CODES]
    found.append([f"{head}5", CODES[status], *codes])
    return found
