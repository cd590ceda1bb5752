"""846: what we say that BigMart may buy."""

from datetime import datetime

# quantities that may be bought: available, and uncommitted on the shelf
FREE = {"33", "34"}


def take(shop, document):
    head = document.segments[0]
    label = f"846 {head.at(3)}"
    moment = datetime.strptime(
        head.at(4) + (head.at(5)[:4] or "0000"), "%Y%m%d%H%M"
    ).replace(tzinfo=shop.zone)
    if shop.stock_at and moment < shop.stock_at:
        words = f"as of {moment:%Y-%m-%d %H:%M}, the last was {shop.stock_at:%H:%M}"
        shop.charge("stock_old", label, words)
        return
    shop.stock_at = moment
    shop.stock_came = shop.clock.time()
    rows = list(_rows(document.segments))
    if document.segments[-1].at(1) != str(len(rows)):
        words = f"CTT01 {document.segments[-1].at(1)}, there are {len(rows)} LIN"
        shop.charge("stock_count", label, words)
    told = set()
    for ids, quantities in rows:
        item = shop.find_item(ids)
        if item is None:
            shop.charge("stock_item", label, f"{ids}")
            continue
        _take_item(shop, item, quantities, item in told, label)
        told.add(item)
    if head.at(1) == "00":
        for item in shop.items.values():
            if item not in told:
                shop.charge("stock_missing", label, f"{item.sku} is left out")


def _rows(segments):
    """Yield ({qualifier: id}, [QTY]) of each LIN."""
    ids, quantities = None, []
    for segment in segments:
        if segment.tag == "LIN":
            if ids is not None:
                yield ids, quantities
            ids, quantities = segment.pairs(2), []
        elif segment.tag == "QTY":
            quantities.append(segment)
    if ids is not None:
        yield ids, quantities


def _take_item(shop, item, quantities, again, label):
    free = [each for each in quantities if each.at(1) in FREE]
    if len(free) != 1 or again:
        words = f"{item.sku}: {len(free)} quantities, or a second LIN"
        shop.charge("stock_quantity", label, words)
        return
    quantity, unit = free[0].number(2), free[0].at(3)
    if unit != item.stock_unit:
        words = f"{item.sku}: {unit} instead of {item.stock_unit}"
        shop.charge("stock_unit", label, words)
        return
    if quantity < 0 or quantity != int(quantity):
        shop.charge("stock_quantity", label, f"{item.sku}: {quantity}")
        return
    item.shown = int(quantity)
