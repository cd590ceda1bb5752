# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words about an order that are not the order itself. No odoo in here.

A word tells demand: lines, units, state. About the whole order it replaces what was
known; about a part of it, it only adds: what it does not name is still wanted, and what
it takes away the order itself has to say.
"""

from dataclasses import replace

RANKS = {"pending": 0, "open": 1, "cancelled": 2}
"""An order goes this way, and never back."""


def follow(known, word):
    """``known`` (schemas.OrderData or None) with the demand that a newer ``word`` about
    all of it tells; prices and people stay as they were."""
    if not known:
        return word
    lines = {line.external_id: line for line in known.lines}
    return replace(
        known,
        **_head(known, word),
        whole=True,
        state=word.state,
        payment=word.payment,
        lines=tuple(_renew(lines.get(each.external_id), each) for each in word.lines),
    )


def merge(known, word):
    """``known`` (schemas.OrderData or None) with lines and units that a ``word`` about
    a part of it adds.

    Only the order itself says that it is cancelled: the part may be all that we know,
    and not all that there is.
    """
    if not known:
        known = replace(word, **_not_cancelled(word), lines=())
    elif known.state == "cancelled" and word.state != "cancelled":
        known = replace(known, state=word.state, payment=word.payment)
    told = {each.external_id: each for each in word.lines}
    kept = tuple(
        raise_line(line, told.pop(line.external_id, None)) for line in known.lines
    )
    return replace(
        known, **_head(known, word), whole=False, lines=(*kept, *told.values())
    )


def raise_line(known, told):
    """The greater of both, line by line: units, and what the channel has deducted.

    >>> from odoo.addons.channel_inventory_base.schemas import OrderLineData
    >>> more = raise_line(OrderLineData("1", "v", 2, 2), OrderLineData("1", "v", 5, 0))
    >>> more.quantity, more.open_quantity
    (5, 2)
    """
    if not told:
        return known
    return replace(
        known,
        quantity=max(known.quantity, told.quantity),
        open_quantity=max(known.open_quantity, told.open_quantity),
        deductions=_most(known.deductions, told.deductions),
    )


def covers(data, state, quantities):
    """Whether the order ``data`` has all that words have told of it, so that it cannot
    be older than they are.

    :param state: as told
    :param quantities: channel's id of the line -> sold units, as told

    >>> from types import SimpleNamespace
    >>> line = SimpleNamespace(external_id="1", quantity=2)
    >>> data = SimpleNamespace(state="open", lines=[line])
    >>> covers(data, "pending", {"1": 2}), covers(data, "open", {"1": 3})
    (True, False)
    >>> covers(data, "cancelled", {"1": 2})
    False
    """
    if data.state == "cancelled":
        return True
    if RANKS[data.state] < RANKS[state]:
        return False
    has = {line.external_id: line.quantity for line in data.lines}
    return all(has.get(ref, 0) >= units for ref, units in quantities.items())


def tells_more(known, word):
    """Whether a word about all of the order tells another demand than is known."""
    return known.state != word.state or _units(known) != _units(word)


def _units(data):
    return {
        line.external_id: (line.listing_ref, line.quantity, line.open_quantity)
        for line in data.lines
    }


def _head(known, word):
    return {
        "version": max(known.version, word.version),
        "complete": False,
        "placed_at": known.placed_at or word.placed_at,
        "market": known.market or word.market,
        "ship_by": word.ship_by or known.ship_by,
        "fulfilled_by_channel": known.fulfilled_by_channel or word.fulfilled_by_channel,
    }


def _not_cancelled(word):
    if word.state != "cancelled":
        return {}
    return {"state": "open", "payment": "pending"}


def _renew(known, told):
    """``told`` with what only the order itself tells of a line."""
    if not known:
        return told
    return replace(
        told,
        title=told.title or known.title,
        unit_price=known.unit_price,
        discount=known.discount,
        taxes=known.taxes,
        properties=known.properties,
        ships=known.ships,
    )


def _most(known, told):
    """The greater of both, node by node; None: not known yet."""
    if known is None or told is None:
        return told if known is None else known
    units = {each.node_ref: each for each in known}
    for each in told:
        before = units.get(each.node_ref)
        if not before or before.quantity < each.quantity:
            units[each.node_ref] = each
    return tuple(units.values())
