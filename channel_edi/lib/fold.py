# SPDX-License-Identifier: AGPL-3.0-or-later
"""One order out of its documents: the order, its changes, its cancellation. No odoo in
here.

The result depends on WHICH documents there are, never on when they came or how often: a
change that comes before its order waits, and a change that comes again changes nothing.
"""

import hashlib
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import NamedTuple

from ..schemas_orders import OrderChange, OrderLine, PurchaseOrder
from ..schemas_parts import Dates, Party

IDLE = ("duplicate", "confirmation", "information")
"""Documents that change nothing."""


class Piece(NamedTuple):
    """A document of an order. ``sent``: when its sender sent it, as a text that sorts
    (date, time and number of the interchange); "" where nobody knows."""

    document: PurchaseOrder | OrderChange
    sent: str = ""


@dataclass(frozen=True)
class Folded:
    """What the documents come to.

    :ivar order: the order as it stands, None while the order itself is missing. A line
        that was taken out stays, with the quantity 0.
    :ivar cancelled: all of it is
    :ivar applied: how many documents have counted
    :ivar problems: what a person has to look at, as ("kind", "number or line"):
        missing (no order yet), conflict (an order or a change that came again with
        other content: it was not taken), unmatched (a change of a line that is not
        there), cancelled (a change behind the cancellation), unclear (a purpose that
        nobody knows)
    """

    order: PurchaseOrder | None
    cancelled: bool = False
    applied: int = 0
    problems: tuple[tuple[str, str], ...] = ()


def fold(pieces):
    """The ``Folded`` of ``Piece`` of ONE order: same number, release and sender.

    Changes count in the order of their numbers; those without in that of their sending.
    """
    events = [each for each in _once(pieces) if each.document.purpose not in IDLE]
    state = _State()
    base = state.base(events)
    if base is None:
        missing = [("missing", "")] if events else []
        return Folded(None, problems=tuple(missing))
    for each in _in_order([event for event in events if event is not base]):
        state.apply(each.document)
    order = replace(state.order, lines=tuple(state.lines))
    problems = tuple(sorted(set(state.problems)))
    return Folded(order, state.cancelled, state.applied, problems)


def _once(pieces):
    """Each content once, as it was sent first; in an order that depends on nothing but
    the documents."""
    first = {}
    for each in pieces:
        piece = Piece(*each) if isinstance(each, tuple) else Piece(each)
        key = digest(piece.document)
        if key not in first or piece.sent < first[key].sent:
            first[key] = piece
    return [first[key] for key in sorted(first, key=lambda key: (first[key].sent, key))]


def digest(document):
    """The same for the same content."""
    return hashlib.sha256(repr(document).encode()).hexdigest()


def _in_order(events):
    """By sending; those with a number among themselves by number."""
    numbered = [each for each in events if _number(each.document)]
    by_number = iter(
        sorted(numbered, key=lambda each: _natural(_number(each.document)))
    )
    return [next(by_number) if _number(each.document) else each for each in events]


def _number(document):
    return getattr(document, "change_number", "")


def _natural(number):
    """
    >>> sorted(["10", "9", "A", "010"], key=_natural)
    ['9', '010', '10', 'A']
    """
    if number.isdigit():
        return (0, int(number), number)
    return (1, 0, number)


def line_key(number):
    """Line numbers are compared without zeros ahead.

    >>> line_key("0010"), line_key("A1"), line_key("000")
    ('10', 'A1', '0')
    """
    number = number.strip()
    return (number.lstrip("0") or "0") if number.isdigit() else number


class _State:
    """The order while its documents are put on top of each other."""

    def __init__(self):
        self.order, self.lines = None, []
        self.cancelled, self.applied = False, 0
        self.problems, self.seen = [], {}

    def base(self, events):
        """Start with the order itself: the one that was sent first."""
        orders = [
            each
            for each in events
            if isinstance(each.document, PurchaseOrder)
            and each.document.purpose in ("original", "")
        ]
        replacing = [
            each
            for each in events
            if isinstance(each.document, PurchaseOrder)
            and each.document.purpose == "replace"
        ]
        found = (orders or replacing or [None])[0]
        if found is not None:
            self._start(found.document)
        return found

    def _start(self, order):
        self.order, self.lines = order, list(order.lines)
        self.cancelled = False
        self.applied += 1

    def apply(self, document):
        purpose = document.purpose
        if purpose == "cancel":
            self._cancel()
        elif isinstance(document, PurchaseOrder):
            self._apply_order(document, purpose)
        elif purpose in ("change", "replace", "original"):
            self._apply_change(document, purpose)
        else:
            self.problems.append(("unclear", _number(document)))

    def _cancel(self):
        self.cancelled = True
        self.applied += 1
        self.lines = [replace(line, quantity=Decimal(0)) for line in self.lines]

    def _apply_order(self, order, purpose):
        if purpose == "replace":
            self._start(order)
        elif purpose == "change":
            self.applied += 1
            self._head(order)
            for line in order.lines:
                self._put(line, ("quantity", "unit", "price", "dates", "ids"))
        else:
            # sent again as if it were new, and says something else
            self.problems.append(("conflict", order.number))

    def _apply_change(self, change, purpose):
        number = change.change_number
        if number and number in self.seen:
            self.problems.append(("conflict", number))
            return
        self.seen[number] = True
        if self.cancelled:
            self.problems.append(("cancelled", number))
            return
        self.applied += 1
        self._head(change)
        named = set()
        for each in change.lines:
            index = self._line(each, number)
            if index is not None:
                named.add(index)
        if purpose == "replace":
            self.lines = [
                line if index in named else replace(line, quantity=Decimal(0))
                for index, line in enumerate(self.lines)
            ]

    def _head(self, document):
        """What the head of a change says comes on top of what was said before."""
        order = self.order
        refs = [each for each in document.refs if each not in order.refs]
        self.order = replace(
            order,
            dates=_merged(order.dates, document.dates),
            parties=_joined(order.parties, document.parties),
            refs=order.refs + tuple(refs),
            currency=document.currency or order.currency,
            charges=document.charges or order.charges,
            notes=order.notes
            + tuple(each for each in document.notes if each not in order.notes),
        )

    # ---------------------------------------------------------------- lines
    def _find(self, line):
        """Index of the line that is meant: by its number, else by an id that only one
        line has; None."""
        if line.number:
            key = line_key(line.number)
            found = [
                index
                for index, each in enumerate(self.lines)
                if line_key(each.number or str(each.position)) == key
            ]
        else:
            ids = set(line.ids)
            found = [i for i, each in enumerate(self.lines) if ids & set(each.ids)]
        return found[0] if len(found) == 1 else None

    def _line(self, change, number):
        """Carry out one line of a change: the index of its line, or None."""
        line, action = change.line, change.action
        index = self._find(line)
        if index is None:
            if action == "add":
                return self._add(line)
            if action != "none":
                name = line.number or str(line.position)
                self.problems.append(("unmatched", f"{number}/{name}"))
            return None
        current = self.lines[index]
        if action == "delete":
            self.lines[index] = replace(current, quantity=Decimal(0))
        elif action == "price":
            self.lines[index] = replace(current, price=line.price)
        elif action == "dates":
            self.lines[index] = _with_dates(current, line)
        elif action in ("increase", "decrease") and change.relative:
            self.lines[index] = replace(current, quantity=_moved(current, change))
        elif action != "none":
            told = change.told
            if action == "add":
                told = ("quantity", "unit", "price", "dates", "ids", "allocations")
            self.lines[index] = _changed(current, line, told)
        return index

    def _add(self, line):
        position = max((each.position for each in self.lines), default=0) + 1
        self.lines.append(replace(line, position=position))
        return len(self.lines) - 1

    def _put(self, line, told):
        index = self._find(line)
        if index is None:
            self._add(line)
        else:
            self.lines[index] = _changed(self.lines[index], line, told)


def _moved(current, change):
    """The quantity after a difference; it is written in POC04, or in POC03."""
    amount = change.line.quantity if change.left is None else change.left
    amount = abs(amount) if change.action == "increase" else -abs(amount)
    return max(Decimal(0), current.quantity + amount)


def _changed(current, line, told):
    values = {}
    for name in ("quantity", "unit", "price", "ids", "allocations"):
        if name in told:
            values[name] = getattr(line, name)
    if "quantity" in told and "allocations" not in told and current.allocations:
        # whose share has changed nobody has said
        values["allocations"] = ()
    changed = replace(current, **values)
    if "dates" in told:
        changed = _with_dates(changed, line)
    return replace(
        changed,
        text=line.text or current.text,
        pack=line.pack or current.pack,
        notes=line.notes or current.notes,
    )


def _joined(before, after):
    """Parties: of a role, those that are told later. A change names a place by its code
    only, as a rule: its address is the one that was told before."""
    roles = {each.role or each.role_code for each in after}
    kept = tuple(each for each in before if (each.role or each.role_code) not in roles)
    return kept + tuple(_completed(each, before) for each in after)


def _completed(party, before):
    """With the address that was told of the same place, where it has none itself."""
    if party.street or party.city or party.zip:
        return party
    earlier = next((each for each in before if _is_same_place(each, party)), None)
    if earlier is None:
        return party
    told = {field.name: getattr(party, field.name) for field in fields(Party)}
    return replace(earlier, **{name: value for name, value in told.items() if value})


def _is_same_place(earlier, party):
    if (earlier.role or earlier.role_code) != (party.role or party.role_code):
        return False
    if party.code:
        qualifiers = {earlier.qualifier, party.qualifier} - {""}
        return earlier.code == party.code and len(qualifiers) < 2
    return party.name.casefold() in ("", earlier.name.casefold())


def _with_dates(current, line) -> OrderLine:
    return replace(
        current,
        dates=_merged(current.dates, line.dates),
        schedules=line.schedules or current.schedules,
    )


def _merged(before, after):
    """``Dates``: what is told later wins, what is not told stays."""
    if after == Dates():
        return before
    values = {
        field.name: getattr(after, field.name) or getattr(before, field.name)
        for field in fields(Dates)
        if field.name != "others"
    }
    codes = {each.code for each in after.others}
    kept = tuple(each for each in before.others if each.code not in codes)
    return Dates(**values, others=kept + after.others)
