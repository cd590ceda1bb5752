# SPDX-License-Identifier: AGPL-3.0-or-later
"""860: a buyer changes an order. No odoo in here.

POC03 is the NEW total, POC04 what is left to receive or the difference: guides differ.
"""

from ...schemas_orders import ChangeLine, OrderChange
from ..writing import number
from . import x12_lines as lines
from . import x12_parts as parts
from .grammar import Loop, gather

TABLE = Loop("ST", "BCH!", *lines.HEAD, Loop("POC", "POD", *lines.CONTENT), *lines.TAIL)
ACTIONS = {
    "AI": "add",
    "CA": "change",
    "CB": "change",
    "CE": "change",
    "CT": "dates",
    "DI": "delete",
    "NC": "none",
    "PC": "price",
    "PQ": "change",
    "QD": "decrease",
    "QI": "increase",
    "RA": "change",
    "RB": "change",
    "RQ": "change",
    "RS": "dates",
    "RZ": "change",
}
"""670 (POC02)."""
ACTION_CODES = {
    "add": "AI",
    "change": "CA",
    "dates": "RS",
    "delete": "DI",
    "none": "NC",
    "price": "PC",
    "decrease": "QD",
    "increase": "QI",
}
QUIET = ("delete", "price", "dates", "none")
"""Actions that need no quantity."""


def read(document, context):
    make = {"POC": lambda node, count: _change(context, node, count + 1)}
    root, found = gather(document.segments(), TABLE, context, make)
    bch = context.head(root, "BCH")
    purpose = parts.PURPOSES.get(bch.get(1), "")
    if not found and purpose not in ("cancel", "confirmation", "information"):
        if not root.all("DTM", "TD5", "SAC", "REF") and not root.loops("N1"):
            context.missing(bch, "POC")
    change = OrderChange(
        number=context.need(bch, 3),
        lines=tuple(found),
        purpose=purpose,
        purpose_code=bch.get(1),
        type_code=bch.get(2),
        release=bch.get(4),
        change_number=bch.get(5),
        placed=context.day(bch, 6),
        changed=context.day(bch, 11) or context.day(bch, 10),
        currency=lines.currency(root),
        dates=context.dates(root.all("DTM"), parts.DATES),
        parties=parts.parties(context, root.loops("N1")),
        refs=parts.references(
            root.all("REF") + [each.segment for each in root.loops("N9")]
        ),
        charges=parts.charges(context, root.all("SAC")),
        notes=parts.notes(root),
        line_count=lines.check_count(context, root, len(found)),
    )
    context.finish()
    return change


def _change(context, node, position):
    head = node.segment
    code = head.get(2)
    action = ACTIONS.get(code, "")
    if not action:
        context.wrong(head, 2, f"{code!r} is no change of a line that is known")
    needed = action not in QUIET
    line = lines.line(
        context,
        node,
        position,
        quantity=3,
        unit=5,
        price=6,
        ids=8,
        needed=needed,
    )
    relative = action in ("increase", "decrease") and context.options.change_relative
    told = {
        "quantity": bool(head.get(3)),
        "unit": bool(line.unit),
        "price": line.price is not None,
        "dates": bool(node.all("DTM") or line.schedules),
        "ids": bool(line.ids),
        "allocations": bool(line.allocations),
    }
    return ChangeLine(
        action,
        line,
        code=code,
        left=context.number(head, 4, 1),
        relative=relative,
        told=tuple(name for name, is_told in told.items() if is_told),
    )


def write(change, options):
    """Segments of an ``OrderChange`` to a supplier."""
    purpose = change.purpose_code or parts.PURPOSE_CODES.get(change.purpose, "04")
    values = ["BCH", purpose, change.type_code or "SA", change.number, change.release]
    values += [change.change_number, lines.day(change.placed, options), "", "", ""]
    found = [[*values, "", lines.day(change.changed, options)]]
    found += lines.head(change, options)
    for each in change.lines:
        line = each.line
        code = each.code or ACTION_CODES[each.action]
        quantity = number(line.quantity) if "quantity" in each.told else ""
        found.append(
            [
                "POC",
                line.number or str(line.position),
                code,
                quantity,
                number(each.left),
                line.unit,
                *lines.price(line.price),
                *lines.pairs(line.ids),
            ]
        )
        found += lines.details(line, options)
    found.append(["CTT", str(len(change.lines))])
    return found
