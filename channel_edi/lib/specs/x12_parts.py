# SPDX-License-Identifier: AGPL-3.0-or-later
"""Segments that X12 sets have in common, and their code lists. No odoo in here."""

from decimal import Decimal

from ...schemas_parts import (
    Allocation,
    Carrier,
    Charge,
    Contact,
    ItemId,
    PackFacts,
    Party,
    Price,
    Reference,
    Weight,
)
from .grammar import Loop

ROLES = {
    "ST": "ship_to",
    "DA": "ship_to",
    "CN": "ship_to",
    "BY": "buyer",
    "OB": "buyer",
    "MA": "store",
    "Z7": "store",
    "BT": "bill_to",
    "SF": "ship_from",
    "VN": "supplier",
    "SU": "supplier",
    "SE": "supplier",
    "WH": "warehouse",
    "DE": "depositor",
    "CA": "carrier",
    "RI": "remit_to",
}
"""98 (N101)."""
ROLE_CODES = {
    "ship_to": "ST",
    "buyer": "BY",
    "store": "Z7",
    "bill_to": "BT",
    "ship_from": "SF",
    "supplier": "VN",
    "warehouse": "WH",
    "depositor": "DE",
    "carrier": "CA",
    "remit_to": "RI",
}

PURPOSES = {
    "00": "original",
    "01": "cancel",
    "04": "change",
    "05": "replace",
    "06": "confirmation",
    "07": "duplicate",
    "22": "information",
}
"""353. What is not here (15 sent again, 18 issued again) may be the only one that came:
a person looks at it."""
PURPOSE_CODES = {
    "original": "00",
    "cancel": "01",
    "change": "04",
    "replace": "05",
    "confirmation": "06",
    "duplicate": "07",
    "information": "22",
}

DATES = {
    "001": "cancel_after",
    "002": "deliver_requested",
    "004": "issued",
    "007": "issued",
    "010": "ship_requested",
    "011": "shipped",
    "017": "deliver_scheduled",
    "018": "available",
    "035": "delivered",
    "036": "expires",
    "037": "ship_not_before",
    "038": "ship_by",
    "063": "deliver_by",
    "064": "deliver_not_before",
    "067": "deliver_scheduled",
    "068": "ship_scheduled",
    "079": "ship_scheduled",
    "106": "deliver_requested",
    "118": "pickup",
    "177": "cancel_after",
    "208": "expires",
    "370": "shipped",
    "371": "deliver_scheduled",
    "405": "produced",
}
"""374 (DTM01)."""
DATE_CODES = {
    "cancel_after": "001",
    "deliver_requested": "002",
    "ship_requested": "010",
    "shipped": "011",
    "deliver_scheduled": "017",
    "available": "018",
    "delivered": "035",
    "expires": "036",
    "ship_not_before": "037",
    "ship_by": "038",
    "deliver_by": "063",
    "deliver_not_before": "064",
    "ship_scheduled": "068",
    "pickup": "118",
    "produced": "405",
}
WAREHOUSE_DATES = {
    "01": "cancel_after",
    "02": "deliver_requested",
    "10": "ship_requested",
    "11": "shipped",
    "17": "deliver_scheduled",
    "35": "delivered",
    "37": "ship_not_before",
    "38": "ship_by",
    "53": "deliver_by",
    "54": "deliver_not_before",
}
"""432 (G6201): two digits of their own."""
WAREHOUSE_DATE_CODES = {
    "cancel_after": "01",
    "deliver_requested": "02",
    "ship_requested": "10",
    "shipped": "11",
    "deliver_scheduled": "17",
    "ship_not_before": "37",
    "ship_by": "38",
    "deliver_by": "53",
    "deliver_not_before": "54",
}

BASES = {
    "PE": (Decimal(1), "EA"),
    "TE": (Decimal(1), "EA"),
    "WE": (Decimal(1), "EA"),
    "RE": (Decimal(1), "EA"),
    "QE": (Decimal(1), "EA"),
    "EA": (Decimal(1), "EA"),
    "CA": (Decimal(1), "CA"),
    "CT": (Decimal(1), "CT"),
    "DZ": (Decimal(1), "DZ"),
    "HP": (Decimal(100), "EA"),
    "HU": (Decimal(100), "EA"),
    "TP": (Decimal(1000), "EA"),
    "TH": (Decimal(1000), "EA"),
    "PD": (Decimal(1), "DZ"),
    "PP": (Decimal(1), "LB"),
    "HF": (Decimal(100), "LF"),
    "PB": (Decimal(1), "LB"),
    "PF": (Decimal(1), "LF"),
    "PY": (Decimal(1), "YD"),
    "UM": (Decimal(1), ""),
}
"""639 (PO105): the price is for so many of this unit. Others are told as written, and
count as the price of the ordered unit."""

N1 = Loop("N1", "N2", "NX2", "N3", "N4", "REF", "PER", "SI")
"""What follows it in the standard and is of the whole document in most guides (TD5,
FOB, DTM) is not part of it."""


def segment_ids(context, segment, start, end=99):
    """``ItemId`` of the pairs from ``start`` on; the agreement's map is applied."""
    found, rename = [], context.maps["qualifiers"]
    for index in range(start, min(end, segment.size) + 1, 2):
        qualifier, value = segment.get(index), segment.get(index + 1)
        if qualifier and value:
            found.append(ItemId(rename.get(qualifier, qualifier), value))
    return tuple(found)


def references(segments):
    """``Reference`` of REF and N9 segments."""
    return tuple(
        Reference(each.get(1), each.get(2), each.get(3))
        for each in segments
        if each.get(2) or each.get(3)
    )


def parties(context, nodes):
    return tuple(party(context, node) for node in nodes)


def party(context, node):
    """The ``Party`` of an N1 loop: name, address and code."""
    head = node.segment
    code = head.get(1)
    n2, n3, n4 = node.first("N2"), node.first("N3"), node.first("N4")
    contact = node.first("PER")
    role = context.maps["parties"].get(code) or ROLES.get(code, "")
    values = {}
    if n2:
        values["name2"] = n2.get(1)
    if n3:
        values.update(street=n3.get(1), street2=n3.get(2))
    if n4:
        values.update(city=n4.get(1), state=n4.get(2), zip=n4.get(3), country=n4.get(4))
    return Party(
        role,
        code,
        qualifier=head.get(3),
        code=head.get(4),
        name=head.get(2),
        contact=contact_of(contact) if contact else None,
        refs=references(node.all("REF")),
        **values,
    )


def contact_of(segment):
    """The ``Contact`` of a PER segment: its numbers are told in pairs."""
    numbers = {
        segment.get(index): segment.get(index + 1) for index in (3, 5, 7) if segment
    }
    return Contact(segment.get(2), numbers.get("TE", ""), numbers.get("EM", ""))


def price(context, segment, amount, basis):
    """``Price`` of two elements; None where there is no amount."""
    value = context.number(segment, amount)
    if value is None:
        return None
    code = segment.get(basis)
    per, unit = BASES.get(code, (Decimal(1), ""))
    return Price(value, per, unit, code)


def charges(context, segments):
    """``Charge`` of SAC segments: N2 amounts have two decimals that are not written."""
    found = []
    for each in segments:
        amount = context.number(each, 5)
        if amount is not None:
            amount = amount.scaleb(-2) if "." not in each.get(5) else amount
            amount = -amount if each.get(1) in ("A", "P") else amount
        found.append(
            Charge(
                code=each.get(2),
                amount=amount,
                rate=context.number(each, 8),
                percent=context.number(each, 7),
                text=each.get(15),
                method=each.get(12),
            )
        )
    return tuple(found)


def carrier(segment):
    """``Carrier`` of TD5: routing by SCAC, by name, or both."""
    if segment is None:
        return None
    code = segment.get(3) if segment.get(2) in ("2", "91", "92", "ZZ", "") else ""
    return Carrier(code, segment.get(5), segment.get(4), segment.get(12))


def pack_facts(context, segment):
    """``PackFacts`` of PO4."""
    if segment is None:
        return None
    return PackFacts(
        packs=context.number(segment, 1),
        size=context.number(segment, 2),
        size_unit=segment.get(3),
        inner=context.number(segment, 14),
        packaging=segment.get(4),
    )


def allocations(context, segments):
    """``Allocation`` of SDQ segments: ten places each, as many segments as it takes."""
    found = []
    for each in segments:
        for index in range(3, 23, 2):
            code = each.get(index)
            quantity = context.number(each, index + 1, need=bool(code))
            if code and quantity is not None:
                found.append(Allocation(code, quantity, each.get(1), each.get(2)))
    return tuple(found)


def texts(segments, element):
    return tuple(each.get(element) for each in segments if each.get(element))


def notes(node, *loops):
    """Texts of MSG and NTE, and of N9 loops."""
    found = [each.get(1) for each in node.all("MSG")]
    found += [each.get(2) for each in node.all("NTE")]
    for inner in node.loops(*(loops or ("N9",))):
        found += [each.get(1) for each in inner.all("MSG")]
    return tuple(each for each in found if each)


def weight(context, segment, value, unit):
    found = context.number(segment, value) if segment else None
    return Weight(found, segment.get(unit)) if found is not None else None
