"""The 846 of the warehouse: what its system believes, told in several ways."""

from datetime import timedelta

from . import documents


def send(house):
    """An 846 of now, as the habits say. :return: its log entry"""
    strikes = house.rules.strikes
    moment, rows = house.clock.now(), _rows(house)
    told, when = rows, moment
    if strikes("stock_truncated"):
        told = rows[: max(1, len(rows) // 2)]
    if strikes("stock_zone"):
        when = house.local(moment).replace(hour=23, minute=59)
    entry = _write(house, told, when)
    if strikes("stock_older"):
        earlier, old_rows = house.reported or (moment, rows)
        if earlier >= moment:
            earlier = moment - timedelta(hours=6)
        house.after(house.config.again_seconds, _write, house, old_rows, earlier)
    house.reported = moment, rows
    return entry


def _write(house, rows, moment):
    number = house.next_number("I")
    segments = documents.stock_report(house, number, rows, moment)
    return house.wire.send("846", number, segments)


def _rows(house):
    """[(article, lot or None, {code: pieces})]"""
    codes = house.config.report_codes
    free = house.rules.strikes("stock_free")
    physical = house.rules.strikes("stock_physical_as_33")
    if free or physical:
        codes = ("33",)
    allocated = house.allocated()
    rows = []
    for article in house.articles.values():
        if house.config.report_lots and not (free or physical):
            for lot, pieces in (article.book_lots() or {"": 0}).items():
                rows.append((article, lot, {"17": pieces}))
            continue
        figures = {
            "17": article.book,
            "33": article.book - (0 if physical else allocated[article.sku]),
            "QH": article.hold + article.damaged,
        }
        rows.append((article, None, {code: figures[code] for code in codes}))
    return rows
