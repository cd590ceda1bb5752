"""Loading trucks, and the 945 that tells of them."""

from ..partner import HOUR, PartnerError
from ..truck import Truck
from . import documents
from .models import Loaded, Shipment

# habits that make a 945 wrong, as its writer knows them
WRONG = {
    "advice_unknown_lot": "unknown_lot",
    "advice_unknown_item": "unknown_item",
    "advice_total": "total",
}


MODES = {"N": "advice_no_exceptions", "X": "advice_exceptions"}


def can_ship(order):
    """Whether something of it is open and there."""
    return any(line.open and _there(line) for line in order.lines)


def _there(line, article=None):
    """Units of a line that could be loaded."""
    lot = line.lot if article in (None, line.article) else ""
    return (article or line.article).there(lot or None) // line.pack


def work(house, order):
    """It ships by itself what is there."""
    current = house.orders.get(order.number)
    if current is not order or order.state != "open" or not can_ship(order):
        # changed, cancelled, or nothing is there: goods that come start it again
        return
    several = any(line.open > 1 for line in order.lines)
    if not several or not house.rules.strikes("ships_partial"):
        house.ship(order.number)
        return
    half = {line.article.sku: min(line.open // 2, _there(line)) for line in order.lines}
    house.ship(order.number, half, final=False)
    house.after(house.config.rest_hours * HOUR, work, house, order)


def load(house, order, quantities, instead):
    """Take the goods from the shelves. :return: list of Loaded

    :raise PartnerError: there are fewer, and nothing is loaded
    """
    told = None if quantities is None else dict(quantities)
    if told and (strange := set(told) - {each.article.sku for each in order.lines}):
        raise PartnerError(f"order {order.number} has no {', '.join(strange)}")
    taken = []
    try:
        for line in order.lines:
            article = house.article(instead.get(line.article.sku, line.article.sku))
            if told is None:
                units = _open_units(house, line, _there(line, article))
            else:
                # of two lines of an item, the first one
                units = told.pop(line.article.sku, 0)
            if units or line.open:
                lot = line.lot if article is line.article else ""
                lots = article.take(units * line.pack, lot or None)
                taken.append((line, units, article, lots))
    except PartnerError:
        for _line, _units, article, lots in taken:
            article.lots.update(lots)
        raise
    return [_pack(house, *each) for each in taken]


def _open_units(house, line, there):
    """Units to load of what is open, where so many are there."""
    units = min(line.open, there)
    if units and units < there and house.rules.strikes("ships_over"):
        units += 1
    return units


def choose_substitute(house, order):
    """{SKU: another SKU} for the first open line, if the habit says so."""
    line = next((each for each in order.lines if each.open), None)
    if line is None or line.pack > 1:
        return {}
    others = [
        sku
        for sku, article in house.articles.items()
        if article is not line.article and article.good > line.open
    ]
    if not others or not house.rules.strikes("ships_substitute"):
        return {}
    return {line.article.sku: house.dice.choice(sorted(others))}


def _pack(house, line, units, article, lots):
    pieces = units * line.pack
    line.shipped += units
    house.shipped_pieces[article.sku] += pieces
    cartons = {}
    while pieces > 0:
        part = min(pieces, house.config.carton_pieces)
        cartons[house.sscc.next()] = {article.sku: part}
        pieces -= part
    other = article if article is not line.article else None
    return Loaded(line, units, lots, cartons, other)


def leave(house, order, loaded, final):
    """The truck is on the road. :return: the shipment"""
    for line in order.lines:
        line.closed = line.closed or (final and line.open > 0)
    if not any(line.open for line in order.lines):
        order.state = "shipped"
    numbers = (house.next_number(prefix) for prefix in ("S", "BOL", "1Z9"))
    number, bol, tracking = numbers
    now = house.clock.now()
    shipment = Shipment(number, order, now, loaded, bol, tracking)
    order.shipments.append(shipment)
    house.shipments.append(shipment)
    cartons = {}
    for each in loaded:
        cartons.update(each.cartons)
    customer = (order.po,)
    truck = Truck(bol, order.ship_to, cartons, customer, order.carrier, now)
    house.on_the_road.append(truck)
    hours = house.config.transit_hours
    house.after(hours * HOUR, house.sandbox.ship, truck)
    return shipment


def tell(house, shipment):
    """The 945, when and as the habits say."""
    strikes = house.rules.strikes
    wrong = [word for name, word in WRONG.items() if strikes(name)]
    twice = strikes("correction_again")
    if twice or strikes("advice_corrected"):
        wrong.append("one_more")
    # a line that is told wrong must be named
    mode = "F" if "one_more" in wrong else _mode(house, shipment)
    segments = documents.ship_advice(house, shipment, mode, wrong)
    label = shipment.order.number
    wait = house.config.advice_late_hours * HOUR if strikes("advice_late") else 0
    shipment.habits += [MODES[mode]] if mode in MODES else []
    if wait:
        shipment.habits.append("advice_late")
        house.after(wait, house.wire.send, "945", label, segments)
    else:
        house.wire.send("945", label, segments)
    again = wait + house.config.again_seconds
    if strikes("advice_twice"):
        house.after(again, house.wire.send, "945", label, segments)
    if "one_more" in wrong:
        _correct(house, shipment, again, 2 if twice else 1)


def _correct(house, shipment, wait, times):
    """947: less was shipped than reported (53), once or again."""
    loaded = shipment.first
    if loaded is None:
        return
    article = loaded.instead or loaded.line.article
    rows = [(article, "53", loaded.line.pack, "")]
    for time in range(1, times + 1):
        house.after(wait * time, house.send_947, rows, shipment.number)


def _mode(house, shipment):
    """W0601: N only where nothing is to be said, X where the rest may be left out."""
    straight = all(
        each.units == each.line.ordered and not each.instead for each in shipment.loaded
    ) and len(shipment.loaded) == len(shipment.order.lines)
    if straight and house.rules.strikes("advice_no_exceptions"):
        return "N"
    return "X" if house.rules.strikes("advice_exceptions") else "F"
