"""The supplier's sets: 850 and 860 read, 855, 856 and 846 written."""

from datetime import datetime

from ..segment import clean, make, plain
from .models import Request, Wanted

ANSWER, NOTICE, STOCK = "855", "856", "846"
DELETES = {"DI"}
# the request's names of numbers are those of EDIFACT
NAMES = {"VN": "SA", "VP": "SA", "EN": "EN", "UP": "UP", "IN": "IN", "BP": "IN"}


def read(document):
    """The request of an 850 or 860."""
    request = Request("", [], None, "")
    for segment in document.segments:
        tag = segment.tag
        if tag == "BEG":
            request.number = segment.at(3)
            request.ordered = _read_day(segment.at(5))
        elif tag == "BCH":
            request.number = segment.at(3)
            request.cancels = segment.at(1) == "01"
        elif tag == "DTM" and segment.at(1) in ("002", "010"):
            request.date = _read_day(segment.at(2))
        elif tag == "N1" and segment.at(1) == "ST":
            request.ship_to = segment.at(4)
        elif tag == "PO1":
            quantity, unit = segment.number(2), segment.at(3)
            ids = _ids(segment, 6)
            request.lines.append(Wanted(segment.at(1), ids, quantity, unit))
        elif tag == "POC":
            action = "2" if segment.at(2) in DELETES else "3"
            quantity, unit = segment.number(3), segment.at(5)
            ids = _ids(segment, 8)
            request.lines.append(Wanted(segment.at(1), ids, quantity, unit, action))
        elif tag == "CTT":
            request.count = int(segment.at(1))
    return request


def _ids(segment, first):
    return {NAMES.get(key, key): value for key, value in segment.pairs(first).items()}


def is_piece(unit):
    return unit in ("EA", "PC")


def _day(day):
    return day.strftime("%Y%m%d")


def _read_day(text):
    return datetime.strptime(text, "%Y%m%d").date()


def _item(good):
    return ("VN", good.sku, "EN", good.gtin)


def answer(house, number, po):
    """855: [segments]"""
    refused = [each for each in po.lines if each.refused]
    changed = any(
        each.refused or each.instead or each.promises != [(each.ordered, po.wanted)]
        for each in po.lines
    )
    code = "RD" if len(refused) == len(po.lines) else "AC" if changed else "AD"
    today = _day(house.local())
    segments = [
        make(
            "BAK",
            *("00", code, po.number, _day(po.ordered), None, None, None, number, today),
        ),
        *_ship_to(po),
    ]
    for line in po.lines:
        segments += _answer_line(po, line)
    return [*segments, make("CTT", len(po.lines))]


def _ship_to(po):
    return [make("N1", "ST", None, "92", po.ship_to)] if po.ship_to else []


def _answer_line(po, line):
    if line.refused or line.good is None:
        ids = [
            part
            for key, name in (("VN", "SA"), ("EN", "EN"), ("UP", "UP"))
            if name in line.ids
            for part in (key, line.ids[name])
        ]
        yield make("PO1", line.number, line.ordered, "EA", None, None, *ids)
        yield make("ACK", "R2", line.ordered, "EA")
        return
    ids = _item(line.good)
    price = plain(line.good.price)
    yield make("PO1", line.number, line.ordered, "EA", price, "PE", *ids)
    told = 0
    for pieces, day in line.promises:
        told += pieces
        code = "IA" if day == po.wanted else "DR"
        other = _item(line.instead) if line.instead else ()
        code = "IS" if line.instead else code
        yield make("ACK", code, pieces, "EA", "068", _day(day), None, *other)
    if told < line.ordered:
        yield make("ACK", "ID", line.ordered - told, "EA")


def notice(house, despatch):
    """856, shipment, order, pack, item: [segments]"""
    po, left = despatch.po, house.local(despatch.left)
    segments = [
        make("BSN", "00", despatch.number, _day(left), left.strftime("%H%M"), "0001"),
        make("HL", 1, None, "S", 1),
        make("TD1", "CTN25", len(despatch.cartons)),
        make("TD5", None, "2", house.config.carrier, "M"),
        make("REF", "BM", despatch.number),
        make("DTM", "011", _day(left)),
        make("DTM", "017", _day(despatch.arrives)),
        make("N1", "SF", clean(house.config.name, 60), "92", house.config.group),
        make("HL", 2, 1, "O", 1),
        make("PRF", po.number),
    ]
    number = 2
    for sscc, line, pieces in despatch.cartons:
        pack, number = number + 1, number + 2
        segments += [
            make("HL", pack, 2, "P", 1),
            make("MAN", "GM", f"00{sscc}"),
            make("HL", number, pack, "I", 0),
            make("LIN", line.number, *_item(line.comes)),
            make("SN1", None, pieces, "EA"),
        ]
    return [*segments, make("CTT", number)]


def stock_report(house, number, rows, moment):
    """846: [segments]"""
    moment = house.local(moment)
    segments = [
        make("BIA", "00", "SI", number, _day(moment), moment.strftime("%H%M")),
        make("N1", "SU", None, "92", house.config.group),
    ]
    for good, pieces in rows:
        segments += [make("LIN", None, *_item(good)), make("QTY", "33", pieces, "EA")]
    return [*segments, make("CTT", len(rows))]
