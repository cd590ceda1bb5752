"""940: what the warehouse takes, and what it refuses."""

from .models import OrderLine, WarehouseOrder


class Refused(Exception):
    """:ivar rule: the rule that the order breaks"""

    def __init__(self, rule, text):
        super().__init__(text)
        self.rule = rule


def take(house, document):
    """:return: the order that is to be worked on, or None

    :raise Refused: it will not be done
    """
    head = document.segments[0]
    status, number = head.at(1), head.at(2)
    known = house.orders.get(number)
    if status == "N":
        if known:
            raise Refused("order_repeat", f"order {number} is {known.state} already")
        order = _read(house, document.segments)
        house.orders[number] = order
        return order
    if known is None:
        raise Refused("order_unknown", f"order {number} was never given")
    if known.state != "open" or known.shipments:
        raise Refused("order_shipped", f"order {number} is {known.state} or on its way")
    if status == "F":
        known.state = "cancelled"
        return None
    house.orders[number] = _read(house, document.segments)
    return house.orders[number]


def _read(house, segments):
    head = segments[0]
    row = next((each for each in segments if each.tag == "W66"), None)
    carrier = row and (row.at(10) or row.at(5))
    if not carrier and house.minds("order_carrier"):
        raise Refused("order_carrier", "no W66 with a carrier")
    carrier = carrier or house.config.carrier
    lines = _lines(house, segments)
    place = _ship_to(house, segments)
    return WarehouseOrder(head.at(2), head.at(3), place, carrier, lines)


def _ship_to(house, segments):
    """The code of the ship-to, or its name where it has an address."""
    for place, segment in enumerate(segments):
        if segment.tag == "N1" and segment.at(1) in ("ST", "DE"):
            if segment.at(4):
                return segment.at(4)
            behind = []
            for each in segments[place + 1 :]:
                if each.tag not in ("N2", "N3", "N4"):
                    break
                behind.append(each.tag)
            if segment.at(2) and {"N3", "N4"} <= set(behind):
                return segment.at(2)
    if house.minds("order_address"):
        raise Refused("order_address", "no ship-to with a code or a street")
    return "UNKNOWN"


def _lines(house, segments):
    lines = []
    number = None
    for segment in segments:
        if segment.tag == "LX":
            number = segment.at(1)
        elif segment.tag == "W01":
            lines.append(_line(house, number, segment))
        elif segment.tag == "N9" and segment.at(1) == "LT" and lines:
            lines[-1].lot = segment.at(2)
    if not lines:
        raise Refused("order_quantity", "there are no lines")
    total = next((each for each in segments if each.tag == "W76"), None)
    units = sum(each.ordered for each in lines)
    wrong = total is not None and total.number(1) != units
    if wrong and house.minds("order_total"):
        raise Refused("order_total", f"W7601 {total.at(1)}, lines {units}")
    return lines


def _line(house, number, segment):
    ids = {**segment.pairs(4), **segment.pairs(6), **segment.pairs(15)}
    ids = {name: value for name, value in ids.items() if len(name) == 2}
    article = house.find(ids)
    if article is None:
        raise Refused("order_item", f"line {number}: {ids} is not kept here")
    unit = segment.at(2)
    pack = {"EA": 1, "PC": 1, "CA": article.pack}.get(unit)
    if pack is None or (unit == "CA" and article.pack == 1):
        raise Refused(
            "order_unit", f"line {number}: {article.sku} is not kept in {unit}"
        )
    quantity = segment.number(1)
    if quantity <= 0 or quantity != int(quantity):
        raise Refused("order_quantity", f"line {number}: {quantity}")
    return OrderLine(number, article, int(quantity), unit, pack, segment.at(13))
