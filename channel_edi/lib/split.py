# SPDX-License-Identifier: AGPL-3.0-or-later
"""One order a place: an order that says how much each store gets (SDQ, LOC), or that
ships its lines to several places. No odoo in here."""

from dataclasses import dataclass, replace
from decimal import Decimal

from ..schemas_orders import PurchaseOrder
from ..schemas_parts import Party

SHIP_TO = "ship_to"
HEAD = ("", "")


@dataclass(frozen=True)
class Part:
    """What goes to one place.

    :ivar qualifier: whose numbering ``code`` is of; both "" for what the head ships
    :ivar party: the place with its address, where the document tells that, else None
    :ivar order: the order with the lines and quantities of this place only; lines keep
        their positions and numbers
    """

    qualifier: str
    code: str
    party: Party | None
    order: PurchaseOrder


@dataclass(frozen=True)
class Split:
    """:ivar problems: (line's position, words): what does not add up, a person has to
    look at it before anything is shipped"""

    parts: tuple[Part, ...]
    problems: tuple[tuple[int, str], ...] = ()


def split(order, mode="places"):
    """The ``Split`` of an order.

    :param mode: "places": ship to each store; "head": ship all of it to the head's
        ship-to, the stores are only marked on the packages; "lines": places of lines
        count, shares of a line (SDQ) do not

    Quantities of all parts add up to those of the order, line by line, also where there
    are problems: what is nobody's share goes where the head ships to.

    :raise ValueError: there is no such mode
    """
    if mode not in ("places", "lines", "head"):
        raise ValueError(f"{mode!r} is no way to split an order")
    shares, problems, parties = {}, [], {HEAD: None}
    for line in order.lines:
        if mode == "head":
            shares.setdefault(HEAD, []).append(line)
            continue
        home, party = _home(line)
        parties.setdefault(home, party)
        allocations = line.allocations if mode == "places" else ()
        rest = line.quantity
        for key, quantity in _by_place(line, allocations, problems).items():
            shares.setdefault(key, []).append(
                replace(line, quantity=quantity, allocations=())
            )
            rest -= quantity
        if allocations and rest:
            told = f"the places get {line.quantity - rest}, ordered are {line.quantity}"
            problems.append((line.position, told))
        if rest > 0 or not allocations:
            shares.setdefault(home, []).append(
                replace(line, quantity=rest, allocations=())
            )
        elif rest < 0:
            # more shares than goods: nobody knows whose are too many
            for lines in shares.values():
                lines[:] = [each for each in lines if each.position != line.position]
            shares.setdefault(home, []).append(replace(line, allocations=()))
    shares = {key: lines for key, lines in shares.items() if lines}
    parts = [
        Part(*key, parties.get(key), _part(order, lines))
        for key, lines in sorted(shares.items())
    ]
    return Split(tuple(parts), tuple(problems))


def _home(line):
    """((qualifier, code), party) of where a line goes by itself."""
    for party in line.parties:
        if party.role == SHIP_TO:
            name = party.code or "/".join((party.name, party.street, party.zip))
            return (party.qualifier, name), party
    return HEAD, None


def _by_place(line, allocations, problems):
    """{(qualifier, code): quantity}: a place that is named twice gets both shares."""
    found = {}
    for each in allocations:
        if each.unit and line.unit and each.unit != line.unit:
            told = f"the places get {each.unit}, ordered are {line.unit}"
            problems.append((line.position, told))
            return {}
        if each.quantity < 0:
            problems.append((line.position, f"{each.code} gets {each.quantity}"))
            return {}
        key = (each.qualifier, each.code)
        found[key] = found.get(key, Decimal(0)) + each.quantity
    return {key: quantity for key, quantity in found.items() if quantity}


def _part(order, lines):
    return replace(order, lines=tuple(lines), line_count=len(lines), hash_total=None)
