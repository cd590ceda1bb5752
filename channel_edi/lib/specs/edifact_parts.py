# SPDX-License-Identifier: AGPL-3.0-or-later
"""Segments that EDIFACT messages have in common, and their code lists. What they mean
is told in the same words and codes as for X12. No odoo in here."""

from decimal import Decimal

from ...schemas_parts import Carrier, Contact, ItemId, Party, Price, Reference
from ..dates import local
from ..writing import number, text
from .grammar import Loop

NAD = Loop("NAD", "LOC", "FII", "RFF", "DOC", "CTA", "COM")
ALC = Loop("ALC", "ALI", "QTY", "RNG", "PCD", "MOA", "RTE", "TAX")
TDT = Loop("TDT", "LOC", "TSR")
HEAD = (
    *("BGM!", "DTM", "PAI", "ALI", "IMD", "FTX", "RFF", "GIS", "MEA", "CUX", "TAX"),
    *("MOA", "PAT", "PCD", "TOD", "LOC", "EQD", "PAC", "PCI", "GIN", "AJT", "SCC"),
    NAD,
    TDT,
    ALC,
)
TAIL = ("UNS", "CNT", "MOA", "UNT")

ROLES = {
    "BY": "buyer",
    "OB": "buyer",
    "SU": "supplier",
    "SE": "supplier",
    "DP": "ship_to",
    "ST": "ship_to",
    "CN": "ship_to",
    "UC": "store",
    "UD": "store",
    "IV": "bill_to",
    "SF": "ship_from",
    "PW": "ship_from",
    "WH": "warehouse",
    "GY": "reporter",
    "CA": "carrier",
}
"""3035."""
ROLE_CODES = {
    "buyer": "BY",
    "supplier": "SU",
    "ship_to": "DP",
    "store": "UC",
    "bill_to": "IV",
    "ship_from": "SF",
    "warehouse": "WH",
    "reporter": "GY",
    "carrier": "CA",
}
AGENCIES = {"9": "UL", "16": "1"}
"""3055 to the qualifiers of X12: 9 is GS1, whose numbers of places are GLN."""
AGENCY_CODES = {"UL": "9", "1": "16"}

ITEMS = {"SA": "VN", "SRV": "EN", "MF": "MG", "BJ": "SSCC"}
"""7143 to X12 235: a supplier's article number is a vendor's. Others are the same."""
ITEM_CODES = {"VN": "SA", "VP": "SA", "VA": "SA", "MG": "MF", "UK": "SRV"}
LOTS = ("NB",)
SERIALS = ("SN",)
GTINS = ("EN", "UP", "SRV", "UK", "EO")

FUNCTIONS = {
    "1": "cancel",
    "3": "cancel",
    "4": "change",
    "5": "replace",
    "6": "confirmation",
    "7": "duplicate",
    "9": "original",
    "31": "information",
    "42": "confirmation",
    "53": "information",
}
"""1225 (BGM 03). 53 is a test, and asks for nothing."""
FUNCTION_CODES = {
    "cancel": "1",
    "change": "4",
    "replace": "5",
    "confirmation": "6",
    "duplicate": "7",
    "original": "9",
    "information": "31",
}

DATES = {
    "2": "deliver_requested",
    "10": "ship_requested",
    "11": "shipped",
    "17": "deliver_scheduled",
    "35": "delivered",
    "36": "expires",
    "37": "ship_not_before",
    "38": "ship_by",
    "44": "available",
    "50": "delivered",
    "61": "cancel_after",
    "63": "deliver_by",
    "64": "deliver_not_before",
    "67": "deliver_scheduled",
    "69": "deliver_scheduled",
    "91": "as_of",
    "94": "produced",
    "132": "deliver_scheduled",
    "133": "ship_scheduled",
    "136": "shipped",
    "200": "pickup",
    "361": "expires",
    "366": "as_of",
}
"""2005 (DTM 01)."""
DATE_CODES = {
    "deliver_requested": "2",
    "ship_requested": "10",
    "shipped": "11",
    "deliver_scheduled": "17",
    "delivered": "35",
    "expires": "36",
    "ship_not_before": "37",
    "ship_by": "38",
    "available": "44",
    "cancel_after": "61",
    "deliver_by": "63",
    "deliver_not_before": "64",
    "produced": "94",
    "ship_scheduled": "133",
    "pickup": "200",
    "as_of": "366",
}
ISSUED = "137"
_AT_ONCE = ("137", "171", "4")
"""Of the message, and of what it refers to: no dates of goods."""


# ----------------------------------------------------------------- reading
def item_ids(context, lin, pias=()):
    """``ItemId`` of LIN 03 and of PIA segments."""
    found = []
    if lin is not None:
        _add_id(context, found, lin.get(3, 2), lin.get(3, 1))
    for segment in pias:
        for element in range(2, min(6, segment.size) + 1):
            _add_id(context, found, segment.get(element, 2), segment.get(element, 1))
    return tuple(found)


def _add_id(context, found, code, value):
    if not value:
        return
    mapped = context.maps["qualifiers"].get(code) or ITEMS.get(code, code)
    each = ItemId(mapped, value)
    if each not in found:
        found.append(each)


def references(segments):
    return tuple(
        Reference(each.get(1), each.get(1, 2), each.get(1, 3))
        for each in segments
        if each.get(1, 2)
    )


def reference(segments, *qualifiers):
    """The value of the first RFF with one of these qualifiers; "": there is none."""
    for qualifier in qualifiers:
        for each in segments:
            if each.get(1) == qualifier and each.get(1, 2):
                return each.get(1, 2)
    return ""


def order_number(root):
    """The buyer's number of the order; some put it behind a party."""
    own = reference(root.all("RFF"), "ON", "CO")
    behind = [each for node in root.loops("NAD") for each in node.all("RFF")]
    return own or reference(behind, "ON")


def dates(context, segments):
    wanted = [each for each in segments if each.get(1) not in _AT_ONCE]
    return context.dates(wanted, DATES)


def issued(context, segments):
    """The ``Moment`` of the message itself."""
    wanted = [each for each in segments if each.get(1) == ISSUED]
    return context.dates(wanted, {ISSUED: "issued"}).issued


def quantity(context, segments, *qualifiers):
    """(number, unit, segment) of the first QTY with one of these qualifiers; (None, "",
    None) where there is none."""
    for qualifier in qualifiers:
        for each in segments:
            if each.get(1) == qualifier:
                found = context.number(each, 1, 2, need=True)
                return found, each.get(1, 3), each
    return None, "", None


def price(context, segments):
    """``Price``: the net one comes first."""
    by_code = {}
    for each in segments:
        by_code.setdefault(each.get(1), each)
    for code in ("AAA", "AAB", "INV", *by_code):
        segment = by_code.get(code)
        if segment is None or not segment.get(1, 2):
            continue
        amount = context.number(segment, 1, 2)
        per = context.number(segment, 1, 5)
        if amount is None:
            return None
        unit = segment.get(1, 6)
        return Price(amount, per or Decimal(1), unit, code, net=code != "AAB")
    return None


def parties(context, nodes):
    return tuple(party(context, node) for node in nodes)


def party(context, node):
    """The ``Party`` of a NAD group."""
    nad = node.segment
    code = nad.get(1)
    agency = nad.get(2, 3)
    role = context.maps["parties"].get(code) or ROLES.get(code, "")
    name = nad.get(4) or nad.get(3)
    lines = [nad.get(3, n) for n in range(2, 6)] if not nad.get(4) else []
    lines = [each for each in lines if each]
    streets = [nad.get(5, n) for n in range(1, 5)]
    streets = [each for each in streets if each] or lines
    return Party(
        role,
        code,
        qualifier=AGENCIES.get(agency, agency),
        code=nad.get(2),
        name=name,
        name2=nad.get(4, 2),
        street=streets[0] if streets else "",
        street2=", ".join(streets[1:]),
        city=nad.get(6),
        state=nad.get(7),
        zip=nad.get(8),
        country=nad.get(9),
        contact=_contact(node),
        refs=references(node.all("RFF")),
    )


def _contact(node):
    cta = node.first("CTA")
    numbers = {each.get(1, 2): each.get(1) for each in node.all("COM")}
    if cta is None and not numbers:
        return None
    name = (cta.get(2, 2) or cta.get(2)) if cta else ""
    return Contact(name, numbers.get("TE", ""), numbers.get("EM", ""))


def carrier(root):
    """``Carrier`` of the main transport."""
    for node in root.loops("TDT"):
        tdt = node.segment
        if tdt.get(1) in ("20", "13", "25", "", "30"):
            return Carrier(
                tdt.get(5),
                tdt.get(5, 4),
                tdt.get(3),
                equipment=tdt.get(8),
            )
    return None


def free_texts(segments):
    """Texts of FTX segments, the parts of each put together."""
    found = []
    for each in segments:
        parts = [each.get(4, n) for n in range(1, 6)]
        found.append(" ".join(part for part in parts if part))
    return tuple(each for each in found if each)


def description(segments):
    """Of IMD segments."""
    found = []
    for each in segments:
        found += [each.get(3, 4), each.get(3, 5)]
    return " ".join(each for each in found if each)


def currency(root):
    segment = root.first("CUX")
    return segment.get(1, 2) if segment else ""


def check_count(context, root, count):
    """Whether CNT agrees with the lines that are there: half a message has fewer."""
    for segment in root.all("CNT"):
        if segment.get(1) != "2":
            continue
        told = context.decimal_of(segment.get(1, 2))
        if told is not None and told != count:
            message = f"CNT says {told} lines, {count} are there"
            context.blame(message, segment, "29", "0085", 1, 2)
        return int(told) if told is not None else None
    return None


# ----------------------------------------------------------------- writing
def dtm(code, moment, options, last=False):
    """[DTM] of a ``Moment``, in the format of the agreement; [] for None."""
    if moment is None:
        return []
    at = local(moment.last if last else moment.first, options.zone)
    short = (moment.last - moment.first).total_seconds() <= 3600
    if options.date_format == "203" or short:
        return [["DTM", (code, at.strftime("%Y%m%d%H%M"), "203")]]
    return [["DTM", (code, at.strftime("%Y%m%d"), "102")]]


LATEST = ("cancel_after", "ship_by", "deliver_by", "expires")


def dtms(values, options):
    found = []
    for field, code in DATE_CODES.items():
        found += dtm(code, getattr(values, field), options, field in LATEST)
    for each in values.others:
        found += dtm(each.code, each.at, options)
    return found


def rffs(values):
    return [["RFF", (each.qualifier, each.value, each.text)] for each in values]


def nad(value):
    """The NAD group of a ``Party``."""
    code = value.role_code or ROLE_CODES.get(value.role, "")
    agency = AGENCY_CODES.get(value.qualifier, value.qualifier)
    place = (value.code, "", agency) if value.code else ""
    name = (text(value.name, 35), text(value.name2, 35))
    street = (text(value.street, 35), text(value.street2, 35))
    city = text(value.city, 35)
    found = [
        [
            "NAD",
            code,
            place,
            "",
            name,
            street,
            city,
            value.state,
            value.zip,
            value.country,
        ]
    ]
    found += rffs(value.refs)
    if value.contact:
        found.append(["CTA", "IC", ("", text(value.contact.name, 35))])
        if value.contact.phone:
            found.append(["COM", (text(value.contact.phone, 25), "TE")])
        if value.contact.email:
            found.append(["COM", (text(value.contact.email, 70), "EM")])
    return found


def lin(name, action, ids):
    """LIN and PIA: the first GTIN stands in LIN itself."""
    first = next((each for each in ids if each.qualifier in GTINS), None)
    rest = [each for each in ids if each is not first]
    item = (
        (first.value, ITEM_CODES.get(first.qualifier, first.qualifier)) if first else ""
    )
    found = [["LIN", name, action, item]]
    for start in range(0, len(rest), 5):
        some = rest[start : start + 5]
        values = [
            (each.value, ITEM_CODES.get(each.qualifier, each.qualifier))
            for each in some
        ]
        found.append(["PIA", "1" if first else "5", *values])
    return found


def qty(qualifier, value, unit):
    return ["QTY", (qualifier, number(value), unit)]


def pri(value):
    if value is None:
        return []
    code = value.basis if len(value.basis) == 3 else ("AAA" if value.net else "AAB")
    per = number(value.per) if value.per != 1 or value.unit else ""
    return [["PRI", (code, number(value.amount), "", "", per, value.unit)]]


def imd(value):
    if not value:
        return []
    return [
        ["IMD", "F", "", ("", "", "", text(value[:35], 35), text(value[35:70], 35))]
    ]


def ftx(values, kind="AAI"):
    """FTX segments: five parts of 70 characters each."""
    found = []
    for each in values:
        for start in range(0, len(each), 350):
            some = each[start : start + 350]
            parts = [text(some[n : n + 70], 70) for n in range(0, len(some), 70)]
            found.append(["FTX", kind, "", "", tuple(parts)])
    return found
