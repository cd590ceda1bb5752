"""What BigMart writes: 850 and 860."""

from ..segment import clean, make, plain


def _ids(item):
    """Pairs of qualifier and number, as many as BigMart knows of an item."""
    known = {"UP": item.upc, "IN": item.buyer, "VN": item.sku}
    return [part for name in item.tells for part in (name, known[name])]


def _price(line):
    """PO104 and PO105, or nothing where the price is the vendor's."""
    if line.price is None:
        return None, None
    return plain(line.price), line.item.basis


def _number(shop, line):
    return line.number if shop.config.line_numbers else None


def _dates(order):
    def day(value):
        return value.strftime("%Y%m%d")

    return [
        make("DTM", "037", day(order.ship_from)),
        make("DTM", "038", day(order.ship_by)),
        make("DTM", "001", day(order.cancel_after)),
    ]


def _stores(line):
    """SDQ: ten stores a segment."""
    pairs = list(line.stores.items())
    for start in range(0, len(pairs), 10):
        flat = [each for pair in pairs[start : start + 10] for each in pair]
        yield make("SDQ", line.unit, "92", *flat)


def purchase_order(shop, order, purpose="00"):
    """850: [segments]"""
    config = shop.config
    segments = [
        make("BEG", purpose, order.kind, order.po, None, _day(shop)),
        make("CUR", "BY", config.currency),
        make("REF", "DP", config.department),
        make("REF", "IA", config.vendor_number),
        *_dates(order),
        make("TD5", None, None, None, None, "SEE ROUTING GUIDE"),
        *_note(order),
        *_ship_to(shop, order),
    ]
    total = 0
    for line in order.lines:
        item = line.item
        total += line.ordered * (line.price or 0)
        segments.append(
            make(
                "PO1",
                _number(shop, line),
                line.ordered,
                line.unit,
                *_price(line),
                *_ids(item),
            )
        )
        segments.append(
            make("PID", "F", None, None, None, clean(item.title.upper(), 80))
        )
        if line.unit == "CA":
            segments.append(make("PO4", item.pack, 1, "EA"))
        segments += _stores(line)
    segments.append(make("CTT", len(order.lines)))
    if total:
        segments.append(make("AMT", "TT", plain(total)))
    return segments


def _note(order):
    if not order.note:
        return []
    return [make("N9", "L1", "NOTE"), make("MSG", clean(order.note, 264))]


def _ship_to(shop, order):
    if order.address:
        # a consumer's, who has no code
        place = order.address
        head = make("N1", "ST", clean(place["name"].upper(), 60))
        return [head, *_street(place)]
    place = shop.places[order.ship_to]
    head = make("N1", "ST", clean(place["name"].upper(), 60), "92", order.ship_to)
    if "street" not in place:
        # a code and nothing else: the vendor has a list of the places
        return [head]
    return [head, *_street(place)]


def _street(place):
    city, country = clean(place["city"].upper(), 30), place.get("country", "US")
    yield make("N3", clean(place["street"].upper(), 55))
    yield make("N4", city, place.get("state"), place["zip"], country)


def _day(shop):
    return shop.local().strftime("%Y%m%d")


def change(shop, order, changes, purpose="04", dates=False):
    """860: [segments]

    :param changes: [(line, code of list 670, units before)]
    """
    number = f"{order.changes:02}"
    ordered = shop.local(order.created).strftime("%Y%m%d")
    empty = (None,) * 4
    segments = [
        make(
            "BCH",
            *(purpose, order.kind, order.po, None, number, ordered),
            *empty,
            _day(shop),
        ),
        make("REF", "IA", shop.config.vendor_number),
        *(_dates(order) if dates else ()),
        *([make("N1", "ST", None, "92", order.ship_to)] if order.ship_to else ()),
    ]
    for line, code, before in changes:
        segments.append(
            make(
                "POC",
                _number(shop, line),
                code,
                line.ordered,
                abs(line.ordered - before),
                line.unit,
                *_price(line),
                *_ids(line.item),
            )
        )
        segments += _stores(line)
    segments.append(make("CTT", len(changes)))
    return segments
