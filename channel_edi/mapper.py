# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a partner's order is to the base: values of its ``schemas.OrderData``.

Only orders: everything else of EDI is done by models of its own. No odoo in here.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from .lib import gs1, units

OURS = ("VN", "VP", "VA", "SK", "MG")
"""Qualifiers of ids that are ours, the surest first."""
GTINS = ("UP", "EN", "UK", "UI", "UA", "UD", "EO", "SRV")
THEIRS = ("IN", "BP", "PI", "CB")


class Unmappable(Exception):
    """Something of an order that only a person can tell.

    :ivar path: where
    """

    def __init__(self, message, path=""):
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class Terms:
    """What was agreed, as far as it changes what an order means.

    :ivar standard: "x12" or "edifact": whose codes of units
    :ivar sizes: code of a unit -> pieces in it, where the agreement tells
    :ivar counts_down: the partner takes its orders off our last number itself
    :ivar currency: where the order names none
    :ivar customer: the channel's id of the partner as a customer
    :ivar ships_to_place: of an order for one of several stores: it is shipped there
    :ivar taxed_by: "added" where Odoo puts taxes on the prices, which are net
    """

    standard: str = "x12"
    sizes: tuple[tuple[str, Decimal], ...] = ()
    counts_down: bool = False
    currency: str = ""
    customer: str = ""
    ships_to_place: bool = True
    taxed_by: str = "channel"


def order_values(order, external_id, version, terms, test=False):
    """:param order: ``schemas.PurchaseOrder``, all its changes applied
    :param external_id: of the base's order: number, release, place
    :param version: ISO time of the last change
    :return: values of the base's ``OrderData``
    :raise Unmappable: with the place
    """
    cancelled = order.purpose == "cancel"
    lines = [
        _line(line, index, terms, cancelled) for index, line in enumerate(order.lines)
    ]
    parties = {party.role: party for party in reversed(order.parties)}
    shipping = parties.get("ship_to") or parties.get("buyer")
    billing = parties.get("bill_to") or parties.get("buyer")
    store = parties.get("store")
    dates = order.dates
    priced = all(line["unit_price"] is not None for line in lines)
    amounts = [
        _cent(Decimal(line["unit_price"]) * line["quantity"])
        for line in lines
        if priced
    ]
    return {
        "external_id": external_id,
        "name": order.number,
        "version": version,
        "placed_at": _iso(order.placed and order.placed.first),
        "state": "cancelled" if cancelled else "open",
        "payment": "pending",
        "test": test,
        "currency": order.currency or terms.currency,
        "total": str(sum(amounts, Decimal(0))),
        "taxed_by": terms.taxed_by,
        "lines": lines,
        "customer": {
            "external_id": terms.customer,
            "name": (billing or shipping).name if billing or shipping else "",
        },
        "billing": _address(billing),
        "shipping": _address(shipping),
        "mark_for": _address(store),
        "note": "\n".join(order.notes),
        "customer_ref": order.number,
        "ship_from": _iso(_first(dates.ship_not_before)),
        "ship_by": _iso(_last(dates.ship_by) or _last(dates.ship_requested)),
        "deliver_by": _iso(_last(dates.deliver_by) or _last(dates.deliver_requested)),
        "cancel_after": _iso(_last(dates.cancel_after)),
    }


def _line(line, index, terms, cancelled):
    path = f"lines[{index}]"
    size = sold_size(line.unit, terms)
    whole, part = _whole(line.quantity, path)
    quantity = 0 if cancelled else whole
    item = item_of(line)
    return {
        "external_id": line_id(line),
        "listing_ref": listing_ref(item, line.unit),
        "quantity": quantity,
        "open_quantity": quantity,
        "sku": _value(line, OURS),
        "barcode": _gtin(line),
        "title": line.text or item,
        "unit_price": _part_price(_price(line, size, terms, path), part),
        "unit_size": str(part),
        "pack": str(size) if size else "0",
        "deductions": None if terms.counts_down else [],
    }


def _cent(amount):
    """What a line comes to: prices have more decimals than money.

    >>> _cent(Decimal("10.335"))
    Decimal('10.34')
    """
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def line_id(line):
    """What names a line in answers: the buyer's number where it is one of its own, else
    its place in the order."""
    return line.number or f"#{line.position}"


def listing_ref(item, unit):
    """A case and a piece of one item are two things to sell."""
    return f"{item}|{unit}" if unit else item


def item_of(line):
    """The surest id of the item of a line, "" where it names none."""
    return (
        _value(line, OURS)
        or _gtin(line)
        or _value(line, THEIRS)
        or next((each.value for each in line.ids), "")
    )


def _value(line, qualifiers):
    known = {each.qualifier: each.value for each in reversed(line.ids)}
    return next((known[name] for name in qualifiers if known.get(name)), "")


def _gtin(line):
    for name in GTINS:
        for each in line.ids:
            if each.qualifier == name:
                bare = gs1.upc_of(each.value) if name == "UI" else each.value
                if gs1.gtin14(bare):
                    return bare
    return ""


def sold_size(unit, terms):
    """How many pieces one of ``unit`` is; None where only the product knows.

    >>> sold_size("EA", Terms()), sold_size("DZ", Terms()), sold_size("CA", Terms())
    (Decimal('1'), Decimal('12'), None)
    >>> sold_size("CA", Terms(sizes=(("CA", Decimal(24)),)))
    Decimal('24')
    """
    known = dict(terms.sizes)
    if unit in known:
        return known[unit]
    if not unit:
        return None
    found = units.unit(unit, terms.standard)
    if found.kind not in ("piece", "count") or found.doubtful:
        return None
    return found.size


def part_of(line):
    """How much of its unit one of the base's units of a line is: 0.1 of 1.5 dozens."""
    return _whole(line.quantity, "")[1]


def _whole(quantity, path):
    """A quantity as the base counts: whole parts of the unit, and how much of it each
    of them is.

    >>> _whole(Decimal("10"), ""), _whole(Decimal("1.50"), "")
    ((10, Decimal('1')), (15, Decimal('0.1')))
    """
    quantity = quantity.normalize()
    if quantity < 0:
        raise Unmappable(f"{quantity} is no quantity", f"{path}.quantity")
    places = max(-quantity.as_tuple().exponent, 0)
    if places > 6:
        raise Unmappable(f"{quantity} has too many decimals", f"{path}.quantity")
    part = Decimal(1).scaleb(-places)
    return int(quantity / part), part


def _price(line, size, terms, path):
    """The price of one sold unit as text; None: ours.

    A price may be of another unit than the quantity: a case ordered at the price of a
    piece.
    """
    price = line.price
    if price is None:
        return None
    if not price.per:
        raise Unmappable("a price per 0 units", f"{path}.unit_price")
    one = price.amount / price.per
    if price.unit in ("", line.unit):
        return format(one, "f")
    other = sold_size(price.unit, terms)
    if not size or not other:
        raise Unmappable(
            f"the price is per {price.unit} and the quantity in {line.unit}: how many "
            "are in it is not known (agreement, Codes)",
            f"{path}.unit_price",
        )
    return format(one * size / other, "f")


def _part_price(price, part):
    """The price of what the base counts: of a tenth where 1.5 dozens are fifteen."""
    return None if price is None else format(Decimal(price) * part, "f")


def _address(party):
    if party is None:
        return None
    code = f"{party.qualifier}:{party.code}" if party.code else ""
    return {
        "name": party.name or party.code,
        "company": party.name2,
        "street": party.street,
        "street2": party.street2,
        "city": party.city,
        "zip": party.zip,
        "state_code": party.state,
        "country_code": party.country,
        "phone": party.contact.phone if party.contact else "",
        "ref": code,
    }


def _first(moment):
    return moment and moment.first


def _last(moment):
    return moment and moment.last


def _iso(moment):
    return moment and moment.isoformat()
