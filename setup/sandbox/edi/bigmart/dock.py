"""Trucks at the dock, compared with their ship notices carton by carton."""

from collections import Counter


def arrive(shop, truck):
    truck.arrived = shop.clock.now()
    shop.trucks.append(truck)
    told = [each for each in shop.notices.values() if _belongs(each, truck)]
    if not told:
        words = f"no 856 for {truck.bol} when it came"
        shop.charge("asn_late", f"truck {truck.bol}", words)
        truck.waits = True
        return
    _unload(shop, truck, told)


def meet(shop, notice):
    """A ship notice has come: perhaps its truck was here before."""
    for truck in shop.trucks:
        if truck.waits and _belongs(notice, truck):
            truck.waits = False
            _unload(shop, truck, [notice])


def pieces(rows):
    """{SKU: pieces} that a carton holds by its notice."""
    found = Counter()
    for line, units, _store in rows:
        found[line.item.sku] += units * line.pack
    return dict(found)


def _belongs(notice, truck):
    same = notice.bol and notice.bol == truck.bol
    shared = set(notice.cartons) & set(truck.cartons)
    return not notice.arrived and bool(same or shared)


def _unload(shop, truck, notices):
    waiting = dict(truck.cartons)
    for notice in notices:
        notice.arrived = True
        for sscc, rows in notice.cartons.items():
            _compare(shop, f"856 {notice.id}", sscc, rows, waiting.pop(sscc, None))
    for sscc, content in waiting.items():
        shop.charge("sscc_unknown", f"truck {truck.bol}", f"carton {sscc}")
        shop.stray.update(content)


def _compare(shop, label, sscc, rows, content):
    if content is None:
        shop.charge("carton_missing", label, f"carton {sscc}")
        return
    told = pieces(rows)
    if content != told:
        shop.charge("asn_content", label, f"carton {sscc}: {content} and not {told}")
    rest = Counter(content)
    for line, units, _store in rows:
        found = min(units, rest[line.item.sku] // line.pack)
        line.received += found
        rest[line.item.sku] -= found * line.pack
    # goods that are in the house and on no line
    shop.stray.update(rest)
