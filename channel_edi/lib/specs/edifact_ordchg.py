# SPDX-License-Identifier: AGPL-3.0-or-later
"""ORDCHG: a buyer changes an order. No odoo in here."""

from ...schemas_orders import ChangeLine, OrderChange
from ...schemas_parts import Reference
from . import edifact_lines as lines
from . import edifact_parts as parts
from .grammar import Loop, gather

TABLE = Loop("UNH", *parts.HEAD, lines.LIN, *parts.TAIL)
ACTIONS = {
    "1": "add",
    "2": "delete",
    "3": "change",
    "4": "none",
    "5": "none",
    "6": "change",
    "": "change",
}
"""1229 (LIN 02)."""
ACTION_CODES = {
    "add": "1",
    "delete": "2",
    "change": "3",
    "increase": "3",
    "decrease": "3",
    "price": "3",
    "dates": "3",
    "none": "4",
}


def read(document, context):
    make = {"LIN": lambda node, count: _change(context, node, count + 1)}
    root, found = gather(document.segments(), TABLE, context, make)
    bgm = context.head(root, "BGM")
    rffs = root.all("RFF")
    order_number = parts.order_number(root)
    purpose = parts.FUNCTIONS.get(bgm.get(3) or "4", "")
    if not found and purpose not in ("cancel", "confirmation", "information"):
        if not [each for each in root.all("DTM") if each.get(1) != parts.ISSUED]:
            context.missing(bgm, "LIN")
    change = OrderChange(
        number=order_number or context.need(bgm, 2),
        lines=tuple(found),
        purpose=purpose,
        purpose_code=bgm.get(3),
        type_code=bgm.get(1),
        release=parts.reference(rffs, "RE"),
        change_number=bgm.get(2) if order_number else "",
        changed=parts.issued(context, root.all("DTM")),
        currency=parts.currency(root),
        dates=parts.dates(context, root.all("DTM")),
        parties=parts.parties(context, root.loops("NAD")),
        refs=parts.references(rffs),
        charges=lines.charges(context, root),
        notes=parts.free_texts(root.all("FTX")),
        line_count=parts.check_count(context, root, len(found)),
    )
    context.finish()
    return change


def _change(context, node, position):
    head = node.segment
    code = head.get(2)
    action = ACTIONS.get(code, "")
    if not action:
        context.wrong(head, 2, f"{code!r} is no change of a line that is known")
    has_quantity = bool(node.all("QTY"))
    line = lines.line(context, node, position, needed=action == "add")
    told = {
        "quantity": has_quantity,
        "unit": bool(line.unit),
        "price": line.price is not None,
        "dates": bool(node.all("DTM") or line.schedules),
        "ids": bool(line.ids),
        "allocations": bool(line.allocations),
    }
    told = tuple(name for name, is_told in told.items() if is_told)
    return ChangeLine(action, line, code=code, told=told)


def write(change, options):
    """Segments of an ``OrderChange`` to a supplier."""
    function = change.purpose_code or parts.FUNCTION_CODES.get(change.purpose, "4")
    name = change.type_code or "230"
    refs = []
    if change.change_number and not _names(change, "ON", change.number):
        refs.append(Reference("ON", change.number))
    if change.release and not _names(change, "RE", change.release):
        refs.append(Reference("RE", change.release))
    found = [["BGM", name, change.change_number or change.number, function]]
    found += parts.dtm(parts.ISSUED, change.changed, options)
    found += lines.common(change, options, refs)
    for each in change.lines:
        line = each.line
        code = each.code or ACTION_CODES[each.action]
        found += parts.lin(line.number or str(line.position), code, line.ids)
        found += parts.imd(line.text)
        if "quantity" in each.told:
            found.append(parts.qty("21", line.quantity, line.unit))
        found += lines.details(line, options)
    found += [["UNS", "S"], ["CNT", ("2", str(len(change.lines)))]]
    return found


def _names(value, qualifier, number):
    return any((e.qualifier, e.value) == (qualifier, number) for e in value.refs)
