# SPDX-License-Identifier: AGPL-3.0-or-later
"""855 answers an order, 865 its change. No odoo in here."""

from ...schemas_orders import AnswerLine, LineAnswer, OrderAnswer
from ...schemas_parts import Dates
from ..errors import Unwritable
from ..writing import number
from . import x12_lines as lines
from . import x12_parts as parts
from .grammar import Loop, gather

TABLE = Loop("ST", "BAK!", *lines.HEAD, Loop("PO1", *lines.CONTENT), *lines.TAIL)
CHANGE_TABLE = Loop("ST", "BCA!", *lines.HEAD, Loop("POC", *lines.CONTENT), *lines.TAIL)
STATES = {
    "AC": "changed",
    "AD": "accepted",
    "AE": "accepted",
    "AK": "received",
    "AT": "accepted",
    "AP": "received",
    "RD": "rejected",
    "RJ": "rejected",
    "RF": "rejected",
    "RO": "rejected",
    "ZZ": "received",
}
"""587 (BAK02). AK says no more than that the order has come."""
STATE_CODES = {
    "changed": "AC",
    "accepted": "AD",
    "rejected": "RD",
    "received": "AK",
}
ANSWERS = {
    "IA": "accepted",
    "AR": "accepted",
    "AA": "accepted",
    "AC": "shipped",
    "IB": "backordered",
    "BP": "partial",
    "IC": "changed",
    "IQ": "changed",
    "ID": "deleted",
    "IE": "pending",
    "SP": "pending",
    "IF": "hold",
    "IH": "hold",
    "IW": "hold",
    "IP": "price",
    "IR": "rejected",
    "IS": "substituted",
    "DR": "rescheduled",
    "R1": "rejected",
    "R2": "rejected",
    "R3": "rejected",
    "R4": "rejected",
    "R5": "rejected",
    "R6": "rejected",
    "R7": "rejected",
    "R8": "rejected",
}
"""668 (ACK01)."""
ANSWER_CODES = {
    "accepted": "IA",
    "backordered": "IB",
    "changed": "IQ",
    "deleted": "ID",
    "hold": "IH",
    "price": "IP",
    "rejected": "IR",
    "substituted": "IS",
    "rescheduled": "DR",
    "partial": "BP",
    "shipped": "AC",
    "pending": "SP",
}


def read(document, context):
    change = document.head.kind == "865"
    table = CHANGE_TABLE if change else TABLE
    trigger = "POC" if change else "PO1"
    make = {trigger: lambda node, count: _answered(context, node, count + 1, change)}
    root, found = gather(document.segments(), table, context, make)
    bak = context.head(root, "BCA" if change else "BAK")
    answer = OrderAnswer(
        order_number=context.need(bak, 3),
        status=_status(context, bak, found),
        lines=tuple(found),
        purpose=parts.PURPOSES.get(bak.get(1), ""),
        purpose_code=bak.get(1),
        type_code=bak.get(2),
        change_number=bak.get(5) if change else "",
        release=bak.get(4) if change else bak.get(5),
        ordered=context.day(bak, 6 if change else 4),
        number=bak.get(9) if change else bak.get(8),
        answered=context.day(bak, 11 if change else 9),
        currency=lines.currency(root),
        dates=context.dates(root.all("DTM"), parts.DATES),
        parties=parts.parties(context, root.loops("N1")),
        refs=parts.references(root.all("REF")),
        notes=parts.notes(root),
        line_count=lines.check_count(context, root, len(found)),
    )
    context.finish()
    return answer


def _status(context, bak, found):
    status = STATES.get(bak.get(2), "")
    if not status:
        context.wrong(bak, 2, f"{bak.get(2)!r} is no kind of answer that is known")
    # accepted without changes, and yet the lines say something else
    odd = {each.status for line in found for each in line.answers} - {"accepted"}
    return "changed" if status == "accepted" and odd else status


def _answered(context, node, position, change):
    places = (
        {"quantity": 3, "unit": 5, "price": 6, "ids": 8}
        if change
        else {"quantity": 2, "unit": 3, "price": 4, "ids": 6}
    )
    line = lines.line(context, node, position, needed=False, **places)
    answers = tuple(_answer(context, each) for each in node.all("ACK"))
    return AnswerLine(line, answers)


def _answer(context, segment):
    code = segment.get(1)
    status = ANSWERS.get(code, "")
    if not status:
        told = f"{code!r} is no answer to a line that is known"
        context.wrong(segment, 1, told)
    known = {}
    field = context.maps["dates"].get(segment.get(4)) or parts.DATES.get(segment.get(4))
    at = context.day(segment, 5)
    if field and at:
        known[field] = at
    return LineAnswer(
        status,
        context.number(segment, 2),
        segment.get(3),
        code,
        Dates(**known),
        parts.segment_ids(context, segment, 7, 26),
        reason=segment.get(29),
    )


def adds_up(line):
    """The answers of a line, which have to add up to what was ordered; what comes
    instead of it may be another quantity.

    :raise Unwritable: they do not
    """
    told = [each.quantity for each in line.answers]
    replaced = any(each.status == "substituted" for each in line.answers)
    if told and None not in told and not replaced and sum(told) != line.line.quantity:
        name, ordered = line.line.number or line.line.position, line.line.quantity
        raise Unwritable(
            f"line {name}: the answers are {sum(told)}, ordered are {ordered}"
        )
    return line.answers


def write(answer, options):
    """Segments of an ``OrderAnswer`` to a retailer."""
    kind = answer.type_code or STATE_CODES.get(answer.status, "AC")
    purpose = answer.purpose_code or "00"
    ordered = lines.day(answer.ordered, options)
    answered = lines.day(answer.answered, options)
    change = bool(answer.change_number)
    if change:
        values = ["BCA", purpose, kind, answer.order_number, answer.release]
        values += [answer.change_number, ordered, "", "", answer.number, "", answered]
    else:
        values = ["BAK", purpose, kind, answer.order_number, ordered, answer.release]
        values += ["", "", answer.number, answered]
    found = [values, *lines.head(answer, options)]
    for each in answer.lines:
        line = each.line
        name = line.number or str(line.position)
        ids = lines.pairs(line.ids)
        price = lines.price(line.price)
        quantity = number(line.quantity)
        if change:
            found.append(["POC", name, "CA", quantity, "", line.unit, *price, *ids])
        else:
            found.append(["PO1", name, quantity, line.unit, *price, *ids])
        found += lines.details(line, options)
        found += [_ack(one, line, options) for one in adds_up(each)]
    found.append(["CTT", str(len(answer.lines))])
    return found


def _ack(answer, line, options):
    code = answer.code or ANSWER_CODES[answer.status]
    when = lines.dtm(answer.dates, options)[:1]
    date = when[0][1:3] if when else ["", ""]
    values = ["ACK", code, number(answer.quantity), answer.unit or line.unit, *date, ""]
    values += lines.pairs(answer.ids)
    if answer.reason:
        values += [""] * (29 - len(values)) + [answer.reason]
    return values
