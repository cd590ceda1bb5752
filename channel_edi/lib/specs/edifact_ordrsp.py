# SPDX-License-Identifier: AGPL-3.0-or-later
"""ORDRSP: a supplier answers an order. No odoo in here."""

from ...schemas_orders import AnswerLine, LineAnswer, OrderAnswer
from ...schemas_parts import Dates, Reference
from . import edifact_lines as lines
from . import edifact_parts as parts
from .grammar import Loop, gather
from .x12_855 import adds_up

TABLE = Loop("UNH", *parts.HEAD, lines.LIN, *parts.TAIL)
STATES = {
    "29": "accepted",
    "27": "rejected",
    "4": "changed",
    "12": "received",
    "44": "accepted",
    "34": "accepted",
}
"""1225 (BGM 03); with others the lines say what became of it."""
STATE_CODES = {"accepted": "29", "rejected": "27", "changed": "4", "received": "12"}
ANSWERS = {
    "1": "changed",
    "2": "deleted",
    "3": "changed",
    "4": "accepted",
    "5": "accepted",
    "6": "changed",
    "7": "rejected",
    "8": "hold",
    "": "accepted",
}
"""1229 (LIN 02). Without one, a quantity that comes is accepted; without a quantity
nothing is said of the line."""
ANSWER_CODES = {
    "accepted": "5",
    "price": "6",
    "changed": "6",
    "backordered": "6",
    "rescheduled": "6",
    "substituted": "6",
    "partial": "6",
    "shipped": "5",
    "rejected": "7",
    "deleted": "7",
    "hold": "8",
    "pending": "8",
}
DELIVERED, BACKORDERED, ORDERED = ("113", "12"), "83", "21"
NOT_OWED = ("rejected", "deleted")


def read(document, context):
    make = {"LIN": lambda node, count: _answered(context, node, count + 1)}
    root, found = gather(document.segments(), TABLE, context, make)
    bgm = context.head(root, "BGM")
    function, rffs = bgm.get(3), root.all("RFF")
    order_number = parts.order_number(root)
    if not order_number:
        context.missing(bgm, "RFF+ON")
    answer = OrderAnswer(
        order_number=order_number,
        status=_status(function, found),
        lines=tuple(found),
        purpose="original",
        purpose_code=function,
        type_code=bgm.get(1),
        release=parts.reference(rffs, "RE"),
        number=bgm.get(2),
        answered=parts.issued(context, root.all("DTM")),
        change_number=parts.reference(rffs, "PP"),
        currency=parts.currency(root),
        dates=parts.dates(context, root.all("DTM")),
        parties=parts.parties(context, root.loops("NAD")),
        refs=parts.references(rffs),
        notes=parts.free_texts(root.all("FTX")),
        line_count=parts.check_count(context, root, len(found)),
    )
    context.finish()
    return answer


def _status(function, found):
    said = {each.status for line in found for each in line.answers}
    status = STATES.get(function, "")
    if not status:
        if not said:
            return "received"
        status = "accepted" if said == {"accepted"} else "changed"
        return "rejected" if said and said <= set(NOT_OWED) else status
    # accepted as it is, and yet the lines say something else
    return "changed" if status == "accepted" and said - {"accepted"} else status


def _answered(context, node, position):
    lin = node.segment
    line = lines.line(context, node, position, needed=False)
    code = lin.get(2)
    status = ANSWERS.get(code, "")
    if not status:
        context.wrong(lin, 2, f"{code!r} is no answer to a line that is known")
    instead = _substitutes(context, node)
    if instead and status == "changed":
        status = "substituted"
    answers = _answers(context, node, line, status, code, instead)
    return AnswerLine(line, tuple(answers))


def _substitutes(context, node):
    """PIA 3: what comes instead."""
    pias = [each for each in node.all("PIA") if each.get(1) == "3"]
    return parts.item_ids(context, None, pias)


def _answers(context, node, line, status, code, instead):
    """One answer a quantity: its dates stand behind it, or in the line."""
    found = []
    for quantity, dates in _quantities(context, node):
        qualifier = quantity.get(1)
        told = context.number(quantity, 1, 2, need=True)
        what = status
        if qualifier == BACKORDERED:
            what = "backordered"
        elif qualifier not in DELIVERED:
            continue
        found.append(LineAnswer(what, told, quantity.get(1, 3), code, dates, instead))
    for each in line.schedules:
        what = "rescheduled" if status == "changed" else status
        found.append(LineAnswer(what, each.quantity, each.unit, code, each.dates))
    if not found and code:
        ordered = {each.get(1) for each in node.all("QTY")} & set(lines.ORDERED)
        quantity, dates = (line.quantity if ordered else None), line.dates
        found.append(LineAnswer(status, quantity, line.unit, code, dates, instead))
    return found


def _quantities(context, node):
    """[(QTY, the dates that follow it)]; where none does, those of the line."""
    found, own = [], {}
    for segment in node.segments:
        if segment.id == "QTY":
            found.append(segment)
            own[segment.number] = []
        elif segment.id == "DTM" and found:
            own[found[-1].number].append(segment)
    every = parts.dates(context, node.all("DTM")) if node.all("DTM") else Dates()
    several = sum(bool(dtms) for dtms in own.values()) > 1
    for segment in found:
        dtms = own[segment.number]
        yield segment, parts.dates(context, dtms) if several else every


def write(answer, options):
    """Segments of an ``OrderAnswer`` to a retailer."""
    function = answer.purpose_code or STATE_CODES.get(answer.status, "4")
    name = answer.type_code or "231"
    found = [["BGM", name, answer.number or answer.order_number, function]]
    found += parts.dtm(parts.ISSUED, answer.answered, options)
    named = {(each.qualifier, each.value) for each in answer.refs}
    refs = [
        Reference(code, value)
        for code, value in (
            ("ON", answer.order_number),
            ("RE", answer.release),
            ("PP", answer.change_number),
        )
        if value and (code, value) not in named
    ]
    found += lines.common(answer, options, refs)
    for each in answer.lines:
        line = each.line
        found += parts.lin(line.number or str(line.position), _code(each), line.ids)
        for one in each.answers:
            if one.status == "substituted" and one.ids:
                values = [
                    (i.value, parts.ITEM_CODES.get(i.qualifier, i.qualifier))
                    for i in one.ids
                ]
                found.append(["PIA", "3", *values[:5]])
        found += parts.imd(line.text)
        found.append(parts.qty(ORDERED, line.quantity, line.unit))
        for one in adds_up(each):
            if one.status in NOT_OWED or one.quantity is None:
                continue
            late = one.status == "backordered"
            qualifier = BACKORDERED if late else DELIVERED[0]
            found.append(parts.qty(qualifier, one.quantity, one.unit or line.unit))
            found += parts.dtms(one.dates, options)
        found += lines.details(line, options)
    found += [["UNS", "S"], ["CNT", ("2", str(len(answer.lines)))]]
    return found


def _code(line):
    """1229: what all of its answers have in common; else that it is amended."""
    codes = {each.code or ANSWER_CODES[each.status] for each in line.answers}
    return codes.pop() if len(codes) == 1 else "6"
