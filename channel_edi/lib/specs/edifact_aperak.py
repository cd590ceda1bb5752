# SPDX-License-Identifier: AGPL-3.0-or-later
"""APERAK: what a partner's application says of our messages. No odoo in here."""

from ...schemas_orders import Advice, AdviceItem
from . import edifact_parts as parts
from .grammar import Loop, gather

TABLE = Loop(
    "UNH",
    *("BGM!", "DTM", "FTX", "CNT", "DOC", "RFF", "UNT"),
    parts.NAD,
    Loop("ERC", "FTX", "RFF", "DTM"),
)
NAMES = {"312": "accepted", "313": "rejected", "963": "rejected"}
"""1001 (BGM 01): acknowledgement, application error."""
STATES = {
    "27": "rejected",
    "29": "accepted",
    "34": "accepted",
    "44": "accepted",
    "16": "rejected",
}
"""1225 (BGM 03)."""


def read(document, context):
    make = {"ERC": lambda node, _count: node}
    root, errors = gather(document.segments(), TABLE, context, make)
    bgm = context.head(root, "BGM")
    status = STATES.get(bgm.get(3)) or NAMES.get(bgm.get(1), "")
    refs = parts.references(root.all("RFF"))
    about = next((each for each in refs if each.qualifier in ("ACW", "ON", "DM")), None)
    about = about or next(iter(refs), None)
    advice = Advice(
        status=status,
        items=tuple(_item(node, status, about) for node in errors),
        number=bgm.get(2),
        date=parts.issued(context, root.all("DTM")),
        parties=parts.parties(context, root.loops("NAD")),
        refs=refs,
        texts=parts.free_texts(root.all("FTX")),
    )
    context.finish()
    return advice


def _item(node, status, about):
    refs = parts.references(node.all("RFF"))
    subject = next(iter(refs), about)
    return AdviceItem(
        status=status,
        subject=subject.value if subject else "",
        subject_kind=subject.qualifier if subject else "",
        codes=tuple(filter(None, [node.segment.get(1)])),
        texts=parts.free_texts(node.all("FTX")),
        refs=refs,
    )
