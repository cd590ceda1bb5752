# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines of orders, of their changes and answers: PO1 and POC loops. No odoo in here."""

from decimal import Decimal

from ...schemas_orders import OrderLine, Schedule
from ...schemas_parts import Dates
from ..dates import local
from ..writing import cents, number, text
from . import x12_parts as parts
from .grammar import Loop

CONTENT = (
    "LIN",
    "SI",
    "CUR",
    "CN1",
    "PO3",
    "CTP",
    "PAM",
    "MEA",
    "PID",
    "PWK",
    "PO4",
    "REF",
    "PER",
    "SAC",
    "IT8",
    "CSH",
    "ITD",
    "DIS",
    "INC",
    "TAX",
    "FOB",
    "SDQ",
    "IT3",
    "DTM",
    "TC2",
    "TD1",
    "TD5",
    "TD3",
    "TD4",
    "PCT",
    "MAN",
    "MSG",
    "NTE",
    "SPI",
    "TXI",
    "CTB",
    "QTY",
    "AMT",
    "LDT",
    "PKG",
    "ACK",
    Loop("SCH", "TD1", "TD5", "TD3", "TD4"),
    Loop("N9", "MSG"),
    Loop("SLN", "MSG", "PID", "PO3", "TC2", "SAC", "DTM", "CTP", "PO4", "TAX"),
    parts.N1,
)
HEAD = (
    "CUR",
    "REF",
    "PER",
    "TAX",
    "FOB",
    "CTP",
    "PAM",
    "CSH",
    "SAC",
    "ITD",
    "DIS",
    "INC",
    "DTM",
    "LIN",
    "SI",
    "PID",
    "MEA",
    "PWK",
    "PKG",
    "TD1",
    "TD5",
    "TD3",
    "TD4",
    "MAN",
    "PCT",
    "CTB",
    "TXI",
    "LDT",
    "MSG",
    "NTE",
    Loop("N9", "MSG", "PWK"),
    parts.N1,
)
TAIL = ("CTT", "AMT", "SE")


def line(context, node, position, *, quantity, unit, price, ids, needed=True):
    """The ``OrderLine`` of a PO1 or POC loop; the numbers say where things stand.

    A line without a unit is read: it waits for a person, the others go on.
    """
    head = node.segment
    found = context.number(head, quantity, need=needed)
    return OrderLine(
        position=position,
        number=head.get(1),
        quantity=Decimal(0) if found is None else found,
        unit=head.get(unit, 1),
        price=_price(context, node, price),
        ids=parts.segment_ids(context, head, ids) + _more_ids(context, node),
        pack=parts.pack_facts(context, node.first("PO4")),
        allocations=parts.allocations(context, node.all("SDQ")),
        schedules=tuple(_schedule(context, each) for each in node.loops("SCH")),
        dates=context.dates(node.all("DTM"), parts.DATES),
        text=" ".join(parts.texts(node.all("PID"), 5)),
        refs=parts.references(
            node.all("REF") + [each.segment for each in node.loops("N9")]
        ),
        parties=parts.parties(context, node.loops("N1")),
        charges=parts.charges(context, node.all("SAC")),
        notes=parts.notes(node),
    )


def _price(context, node, element):
    """The price of the line, or of its CTP segment where it has none itself."""
    found = parts.price(context, node.segment, element, element + 1)
    ctp = node.first("CTP")
    if found is None and ctp is not None and ctp.get(3):
        return parts.price(context, ctp, 3, 99)
    return found


def _more_ids(context, node):
    """Of LIN segments in the loop: guides that run out of room use them."""
    found = ()
    for each in node.all("LIN"):
        found += parts.segment_ids(context, each, 2)
    return found


def _schedule(context, node):
    segment = node.segment
    quantity = context.number(segment, 1, need=True)
    known = {}
    for code, element in ((5, 6), (8, 9)):
        field = context.maps["dates"].get(segment.get(code))
        field = field or parts.DATES.get(segment.get(code))
        at = context.day(segment, element, element + 1)
        if at and field:
            known.setdefault(field, at)
    return Schedule(quantity or Decimal(0), segment.get(2), Dates(**known))


def check_count(context, root, count):
    """Whether CTT agrees with the lines that are there: half a document has fewer."""
    segment = root.first("CTT")
    told = context.whole(segment, 1) if segment else None
    if told is not None and told != count:
        message = f"CTT01 says {told} lines, {count} are there"
        context.wrong(segment, 1, message, kind=6)
    return told


def total(context, root):
    """AMT: of the whole document."""
    for each in root.all("AMT"):
        if each.get(1) in ("TT", "1"):
            return context.number(each, 2)
    return None


def currency(root):
    segment = root.first("CUR")
    return segment.get(2) if segment else ""


def terms(root):
    segment = root.first("ITD")
    return segment.get(12) if segment else ""


# ----------------------------------------------------------------- writing
def pairs(ids, most=10):
    """Elements of item ids, in pairs."""
    return [part for each in ids[:most] for part in (each.qualifier, each.value)]


def n1(party):
    """The N1 loop of a ``Party``."""
    code = party.role_code or parts.ROLE_CODES.get(party.role, "")
    found = [["N1", code, text(party.name, 60), party.qualifier, party.code]]
    if party.name2:
        found.append(["N2", text(party.name2, 60)])
    if party.street or party.street2:
        found.append(["N3", text(party.street, 55), text(party.street2, 55)])
    if party.city or party.zip or party.country:
        place = [text(party.city, 30), party.state, party.zip, party.country]
        found.append(["N4", *place])
    found += refs(party.refs)
    if party.contact:
        numbers = []
        if party.contact.phone:
            numbers += ["TE", text(party.contact.phone, 80)]
        if party.contact.email:
            numbers += ["EM", text(party.contact.email, 80)]
        found.append(["PER", "IC", text(party.contact.name, 60), *numbers])
    return found


def refs(values):
    return [["REF", each.qualifier, each.value, text(each.text, 80)] for each in values]


def day(moment, options, last=False):
    """CCYYMMDD, or YYMMDD, of a ``Moment`` on the partner's calendar."""
    if moment is None:
        return ""
    at = local(moment.last if last else moment.first, options.zone)
    return at.strftime("%y%m%d" if options.short_dates else "%Y%m%d")


def clock(moment, options):
    """HHMM, "" for a whole day."""
    if moment is None or (moment.last - moment.first).total_seconds() > 3600:
        return ""
    return local(moment.first, options.zone).strftime("%H%M")


LATEST = ("cancel_after", "ship_by", "deliver_by", "expires")
"""Dates that are ends: of a stretch of days the last one is written."""


def dtm(dates, options, name="DTM"):
    """Segments of the dates that have a code: DTM, or G62 with codes of its own."""
    codes = parts.WAREHOUSE_DATE_CODES if name == "G62" else parts.DATE_CODES
    found = []
    for field, code in codes.items():
        at = getattr(dates, field)
        if at is None:
            continue
        when = day(at, options, field in LATEST)
        if name == "G62":
            found.append(["G62", code, when])
        else:
            found.append(["DTM", code, when, clock(at, options)])
    for each in dates.others:
        found.append([name, each.code, day(each.at, options)])
    return found


def msg(values):
    """MSG segments: 264 characters each."""
    found = []
    for each in values:
        for start in range(0, len(each), 264):
            found.append(["MSG", text(each[start : start + 264], 264)])
    return found


def price(value):
    """The two elements of a ``Price``."""
    if value is None:
        return ["", ""]
    codes = {base: code for code, base in parts.BASES.items() if code in _PLAIN}
    basis = value.basis or (
        codes.get((value.per, value.unit), "") if value.unit else ""
    )
    return [number(value.amount), basis]


_PLAIN = ("PE", "CA", "CT", "DZ", "HP", "TP", "PP", "PY")
"""One code each, of those that mean the same."""


def sac(values):
    found = []
    for each in values:
        amount = each.amount
        kind = "A" if amount is not None and amount < 0 else "C"
        hundredths = cents(abs(amount)) if amount is not None else ""
        found.append(
            [
                "SAC",
                kind,
                each.code,
                "",
                "",
                hundredths,
                "3" if each.percent is not None else "",
                number(each.percent),
                number(each.rate),
                "",
                "",
                "",
                each.method,
                "",
                "",
                text(each.text, 80),
            ]
        )
    return found


def po4(pack):
    if pack is None:
        return []
    values = ["PO4", number(pack.packs), number(pack.size), pack.size_unit]
    values += [pack.packaging, "", "", "", "", "", "", "", "", "", number(pack.inner)]
    return [values]


def sdq(allocations, unit):
    """Ten places a segment."""
    found = []
    for start in range(0, len(allocations), 10):
        some = allocations[start : start + 10]
        values = ["SDQ", some[0].unit or unit, some[0].qualifier]
        for each in some:
            values += [each.code, number(each.quantity)]
        found.append(values)
    return found


def details(line, options):
    """What stands below PO1 or POC."""
    found = []
    if line.text:
        found.append(["PID", "F", "", "", "", text(line.text, 80)])
    found += po4(line.pack)
    found += refs(line.refs)
    found += sac(line.charges)
    found += sdq(line.allocations, line.unit)
    found += dtm(line.dates, options)
    found += msg(line.notes)
    for each in line.schedules:
        values = ["SCH", number(each.quantity), each.unit or line.unit, "", ""]
        for _name, code, when, *_rest in dtm(each.dates, options):
            values += [code, when, ""] if len(values) < 11 else []
        found.append(values)
    for each in line.parties:
        found += n1(each)
    return found


def head(value, options):
    """What stands between the first segment and the lines."""
    found = []
    if value.currency:
        found.append(["CUR", "BY", value.currency])
    found += refs(value.refs)
    found += sac(getattr(value, "charges", ()))
    if getattr(value, "terms", ""):
        found.append(["ITD", *[""] * 11, text(value.terms, 80)])
    found += dtm(value.dates, options)
    if getattr(value, "carrier", None):
        found.append(td5(value.carrier))
    if value.notes:
        found.append(["N9", "ZZ", "NOTE"])
        found += msg(value.notes)
    for each in value.parties:
        found += n1(each)
    return found


def td5(carrier):
    code = carrier.code
    values = ["TD5", "", "2" if code else "", code, carrier.mode]
    return [*values, text(carrier.name, 35), "", "", "", "", "", "", carrier.service]
