# SPDX-License-Identifier: AGPL-3.0-or-later
"""824 and 864: what a partner says of our documents, beyond their syntax. No odoo in
here."""

from ...schemas_orders import Advice, AdviceItem
from . import x12_parts as parts
from .grammar import Loop, gather

TABLE = Loop(
    "ST",
    *("BGN", "BMG", "DTM", "REF", "PER", "NTE", "MSG", "N9"),
    parts.N1,
    Loop(
        "OTI",
        *("REF", "DTM", "PER", "AMT", "QTY", "NM1"),
        Loop("TED", "NTE", "RED", "MSG"),
        parts.N1,
    ),
    Loop("MIT", "MSG", "REF", parts.N1),
    "SE",
)
STATES = {
    "TA": "accepted",
    "TE": "errors",
    "TR": "rejected",
    "TP": "errors",
    "IA": "accepted",
    "IE": "errors",
    "IR": "rejected",
    "BA": "accepted",
    "BE": "errors",
    "BR": "rejected",
    "GA": "accepted",
    "GE": "errors",
    "GR": "rejected",
}
"""110 (OTI01): T of a transaction, I of an item, B of a batch, G of a group."""
WORST = ("rejected", "errors", "accepted")


def read(document, context):
    make = {"OTI": lambda node, _count: _item(context, node)}
    root, items = gather(document.segments(), TABLE, context, make)
    begin = context.head(root, "BGN", "BMG")
    texts = []
    for node in root.loops("MIT"):
        texts += [node.segment.get(2), *parts.texts(node.all("MSG"), 1)]
    texts += parts.notes(root)
    number = 2 if begin.id == "BGN" else 4
    stated = {each.status for each in items}
    advice = Advice(
        status=next((each for each in WORST if each in stated), ""),
        items=tuple(items),
        number=begin.get(number),
        date=context.day(begin, 3, 4) if begin.id == "BGN" else None,
        parties=parts.parties(context, root.loops("N1")),
        refs=parts.references(root.all("REF", "N9")),
        texts=tuple(each for each in texts if each),
    )
    context.finish()
    return advice


def _item(context, node):
    head = node.segment
    code = head.get(1)
    status = STATES.get(code, "")
    if not status:
        context.wrong(head, 1, f"{code!r} is no verdict that is known", fatal=False)
    codes, texts = [], []
    for ted in node.loops("TED"):
        segment = ted.segment
        codes.append(segment.get(1))
        told = [segment.get(2), segment.get(7), segment.get(8)]
        texts.append(" ".join(each for each in told if each))
        texts += [each.get(2) for each in ted.all("NTE")]
        texts += [each.get(1) for each in ted.all("RED", "MSG")]
    return AdviceItem(
        status=status,
        status_code=code,
        subject=head.get(3),
        subject_kind=head.get(10) or head.get(2),
        group=head.get(8),
        document=head.get(9),
        codes=tuple(each for each in codes if each),
        texts=tuple(each for each in texts if each),
        refs=parts.references(node.all("REF")),
    )
