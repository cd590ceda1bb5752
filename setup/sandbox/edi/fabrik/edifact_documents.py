"""The supplier's messages: ORDERS and ORDCHG read, ORDRSP, DESADV, INVRPT written."""

from ..edifact_guides import read_date
from ..segment import make
from .models import Request, Wanted

ANSWER, NOTICE, STOCK = "ORDRSP", "DESADV", "INVRPT"
PIECES = {"PCE", "C62", "EA", ""}


def read(message):
    """The request of an ORDERS or ORDCHG."""
    mark = getattr(message, "mark", ".")
    request = Request("", [], None, "")
    for segment in message.segments:
        tag = segment.tag
        if tag == "BGM":
            request.number = segment.at(2)
            request.cancels = segment.at(3) == "1"
        elif tag == "RFF" and segment.at(1) == "ON" and not request.lines:
            # a change has a number of its own
            request.number = segment.at(1, 2)
        elif tag == "DTM" and segment.at(1) == "2" and not request.date:
            request.date = read_date(segment)
        elif tag == "NAD" and segment.at(1) == "DP":
            request.ship_to = segment.at(2)
        elif tag == "LIN":
            ids = {segment.at(3, 2): segment.at(3)} if segment.at(3) else {}
            request.lines.append(Wanted(segment.at(1), ids, None, "", segment.at(2)))
        elif tag == "PIA" and segment.at(1) in ("1", "5"):
            for number in range(2, 7):
                if segment.at(number):
                    request.lines[-1].ids[segment.at(number, 2)] = segment.at(number)
        elif tag == "QTY" and segment.at(1) == "21":
            request.lines[-1].quantity = segment.number(1, 2, mark)
            request.lines[-1].unit = segment.at(1, 3)
        elif tag == "CNT" and segment.at(1) == "2":
            request.count = int(segment.at(1, 2))
    return request


def is_piece(unit):
    return unit in PIECES


def _day(code, day):
    return make("DTM", [code, day.strftime("%Y%m%d"), "102"])


def _head(house, number, code, function):
    moment = house.local().strftime("%Y%m%d%H%M")
    return [
        make("BGM", code, number, function),
        make("DTM", ["137", moment, "203"]),
    ]


def _parties(house, ship_to=None):
    config = house.config
    found = [
        make("NAD", "BY", [config.us[1], "", "9"]),
        make("NAD", "SU", [config.identity[1], "", "9"], None, config.name[:35]),
    ]
    if ship_to:
        found.append(make("NAD", "DP", [ship_to, "", "9"]))
    return found


def _item(line_number, good, action=None):
    yield make("LIN", line_number, action, [good.gtin, "EN"])
    yield make("PIA", "1", [good.sku, "SA"])
    yield make("IMD", "F", None, ["", "", "", good.title[:35]])


def answer(house, number, po):
    """ORDRSP: [segments]"""
    lines = [each for each in po.lines]
    refused = [each for each in lines if each.refused]
    straight = all(
        len(each.promises) == 1
        and each.promises[0] == (each.ordered, po.wanted)
        and not each.instead
        for each in lines
    )
    function = "27" if len(refused) == len(lines) else "29" if straight else "4"
    segments = _head(house, number, "231", function)
    segments.append(make("RFF", ["ON", po.number]))
    segments += _parties(house, po.ship_to)
    segments.append(make("CUX", ["2", house.config.currency, "9"]))
    count = 0
    for line in lines:
        rows = list(_answer_lines(house, po, line))
        count += sum(1 for each in rows if each.tag == "LIN")
        segments += rows
    return [*segments, make("UNS", "S"), make("CNT", ["2", str(count)])]


def _action(po, line):
    if line.refused:
        return "7"
    straight = [(line.ordered, po.wanted)] == line.promises and not line.instead
    return "5" if straight else "6"


def _answer_lines(house, po, line):
    action = _action(po, line)
    if line.good is None or line.refused:
        item = line.ids
        qualifier = next((each for each in ("EN", "UP") if each in item), None)
        yield make(
            "LIN",
            line.number,
            action,
            [item[qualifier], qualifier] if qualifier else None,
        )
        if "SA" in item:
            yield make("PIA", "1", [item["SA"], "SA"])
        yield make("QTY", ["21", line.ordered, "PCE"])
        return
    head = list(_item(line.number, line.good, action))
    if line.instead:
        # 3: substituted by
        head.insert(2, make("PIA", "3", [line.instead.sku, "SA"]))
    ordered = make("QTY", ["21", line.ordered, "PCE"])
    price = make("PRI", ["AAA", str(line.comes.price)])
    if len(line.promises) == 1 or house.config.split_style == "lines":
        for pieces, day in line.promises:
            yield from head
            yield ordered
            yield make("QTY", ["113", pieces, "PCE"])
            yield _day("2", day)
            yield price
        return
    yield from [*head, ordered, price]
    for pieces, day in line.promises:
        yield make("SCC", "1")
        yield make("QTY", ["113", pieces, "PCE"])
        yield _day("2", day)


def notice(house, despatch):
    """DESADV: [segments]"""
    po, left = despatch.po, house.local(despatch.left)
    segments = _head(house, despatch.number, "351", "9")
    segments += [
        make("DTM", ["11", left.strftime("%Y%m%d%H%M"), "203"]),
        _day("17", despatch.arrives),
        make("RFF", ["ON", po.number]),
        *_parties(house, po.ship_to),
        make("TDT", "20", None, "30", "31", [house.config.carrier]),
        make("CPS", "1"),
        make("PAC", len(despatch.cartons), None, "CT"),
    ]
    for number, (sscc, line, pieces) in enumerate(despatch.cartons, 2):
        segments += [
            make("CPS", number, "1"),
            make("PAC", "1", None, "CT"),
            make("PCI", "33E"),
            make("GIN", "BJ", sscc),
            *_item(number - 1, line.comes),
            make("QTY", ["12", pieces, "PCE"]),
            make("RFF", ["ON", po.number, line.number]),
        ]
    return segments


def stock_report(house, number, rows, moment):
    """INVRPT.

    :param rows: [(good, pieces)]
    """
    stamp = house.local(moment).strftime("%Y%m%d%H%M")
    segments = _head(house, number, "35", "9")
    segments.append(make("DTM", ["366", stamp, "203"]))
    segments += _parties(house)
    for place, (good, pieces) in enumerate(rows, 1):
        segments += [*_item(place, good), make("QTY", ["145", pieces, "PCE"])]
    return segments
