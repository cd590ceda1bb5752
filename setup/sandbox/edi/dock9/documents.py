"""What the warehouse writes: 945, 944, 947 and 846."""

from ..segment import make

DAMAGED, SHORT, OVER = "01", "02", "03"


def _day(moment):
    return moment.strftime("%Y%m%d")


def _time(moment):
    return moment.strftime("%H%M")


def _ids(article):
    return ("VN", article.sku)


def _item(unit, article):
    """Unit, no UPC case code, and the item's number."""
    return unit, None, *_ids(article)


def ship_advice(house, shipment, mode="F", habits=()):
    """945.

    :param mode: F all lines, N none (no exceptions), X the short ones
    :param habits: names of faults: unknown_lot, unknown_item, total,
        one_more (of the first line that was loaded)
    """
    order, left = shipment.order, house.local(shipment.left)
    segments = [
        make(
            "W06",
            mode,
            order.number,
            _day(left),
            shipment.number,
            shipment.number,
            order.po or None,
        ),
        make("N1", "ST", None, "92", order.ship_to[:80]),
        make("N1", "WH", None, "92", house.config.warehouse),
        make("N9", "BM", shipment.bol),
        make("N9", "2I", shipment.tracking),
        make("G62", "11", _day(left), "8", _time(left)),
        make("W27", "M", order.carrier[:4]),
    ]
    total = number = 0
    for loaded in shipment.loaded:
        rows = _rows(loaded)
        if "one_more" in habits and loaded is shipment.first:
            lot, units, cartons = rows[-1]
            rows[-1] = lot, units + 1, cartons
        total += sum(units for _lot, units, _cartons in rows)
        short = loaded.units < loaded.line.ordered or loaded.instead
        if mode == "N" or (mode == "X" and not short):
            continue
        marked = None
        for cartons, line in _lines(house, loaded, rows, habits):
            if cartons != marked:
                number += 1
                segments.append(make("LX", number))
                segments += [make("MAN", "GM", f"00{sscc}") for sscc in cartons]
                marked = cartons
            segments.append(line)
    if "unknown_item" in habits:
        segments += [
            make("LX", number + 1),
            make("W12", "CC", 1, 1, 0, "EA", None, "VN", "NOBODY-KNOWS"),
        ]
        total += 1
    if "total" in habits:
        total += 1
    return [*segments, make("W03", total, total * 2, "LB")]


def _status(house, line):
    if line.shipped >= line.ordered:
        return "CC"
    if line.closed:
        return "CP" if line.shipped else "CU"
    return house.config.short_code if line.shipped else "BO"


def _rows(loaded):
    """[(lot, units, SSCCs)]: one a carton where all is of one lot and in whole units a
    carton; else one a lot where lots have whole units, and else one."""
    pack, cartons = loaded.line.pack, tuple(loaded.cartons)
    lots = [(lot, pieces // pack, cartons) for lot, pieces in loaded.lots.items()]
    if len(lots) > 1 and sum(units for _lot, units, _cartons in lots) == loaded.units:
        return lots
    lot = lots[0][0] if lots else ""
    parts = [(sscc, sum(each.values())) for sscc, each in loaded.cartons.items()]
    if parts and len(lots) == 1 and not any(pieces % pack for _sscc, pieces in parts):
        return [(lot, pieces // pack, (sscc,)) for sscc, pieces in parts]
    return [(lot, loaded.units, cartons)]


def _lines(house, loaded, rows, habits):
    """Yield (SSCCs, W12) of each row; what is short or too much is told by the last."""
    line = loaded.line
    article = loaded.instead or line.article
    code = "IS" if loaded.instead else _status(house, line)
    original = (None,) * 7 + _ids(line.article) if loaded.instead else ()
    rest = line.ordered
    for place, (lot, units, cartons) in enumerate(rows, 1):
        ordered = rest if place == len(rows) else units
        rest -= units
        if "unknown_lot" in habits:
            lot = "LOT-UNKNOWN"
        row = make(
            "W12",
            code,
            ordered,
            units,
            ordered - units,
            *_item(line.unit, article),
            lot or None,
            *original,
        )
        yield cartons, row


def receipt(house, number, reference, rows, moment):
    """944.

    :param rows: [(article, pieces, lot, {condition: pieces})]
    """
    moment = house.local(moment)
    segments = [
        make("W17", "F", _day(moment), number, reference or None),
        make("N1", "WH", None, "92", house.config.warehouse),
        make("G62", "09", _day(moment), "8", _time(moment)),
    ]
    for article, pieces, lot, exceptions in rows:
        segments.append(
            make("W07", pieces, *_item("EA", article), None, None, lot or None)
        )
        for condition, count in exceptions.items():
            if count:
                segments.append(make("W13", count, "EA", condition))
    total = sum(row[1] for row in rows)
    return [*segments, make("W14", total)]


def adjustment(house, number, rows, reference=None):
    """947.

    :param rows: [(article, reason of list 181, signed pieces, lot)]
    """
    now = house.local()
    segments = [
        make("W15", _day(now), number, reference),
        make("N1", "WH", None, "92", house.config.warehouse),
        make("G62", "07", _day(now), "8", _time(now)),
    ]
    for article, reason, pieces, lot in rows:
        segments.append(
            make(
                "W19",
                reason,
                pieces,
                "EA",
                None,
                *_ids(article),
                None,
                None,
                lot or None,
            )
        )
    return segments


def stock_report(house, number, rows, moment):
    """846.

    :param rows: [(article, lot or None, {code: pieces})]
    """
    moment = house.local(moment)
    segments = [
        make("BIA", "00", "SI", number, _day(moment), _time(moment)),
        make("N1", "WH", None, "92", house.config.warehouse),
    ]
    for article, lot, quantities in rows:
        ids = ("VN", article.sku, "UP", article.upc)
        if lot is not None:
            ids = (*ids, "LT", lot or "NONE")
        segments.append(make("LIN", None, *ids))
        segments += [
            make("QTY", code, pieces, "EA") for code, pieces in quantities.items()
        ]
    return [*segments, make("CTT", len(rows))]
