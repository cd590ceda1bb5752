# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a buyer has to tell its supplier so that one order becomes another: the reverse
of ``fold``. No odoo in here."""

from dataclasses import fields, replace
from decimal import Decimal

from ..schemas_orders import ChangeLine, OrderChange, Schedule
from ..schemas_parts import Dates
from .fold import line_key

CONTENT = ("quantity", "unit", "ids", "dates", "schedules")
"""What a supplier acts on; texts alone are no change."""
TOLD = ("quantity", "unit", "ids", "dates")


def change_between(before, after, change_number="", changed=None):
    """The ``OrderChange`` that makes the order ``before`` the order ``after``; None
    where the supplier would have nothing to do.

    Every line that differs is told whole, with its total, so that a change that comes
    twice, or after a later one, does no harm. A line that ``after`` has not, or with
    the quantity 0, is deleted.

    :param before, after: ``PurchaseOrder`` with a number for each line
    :param changed: ``Moment`` of the change
    """
    known = {line_key(line.number): line for line in before.lines}
    found = []
    for line in after.lines:
        old = known.pop(line_key(line.number), None)
        found += _line(old, line)
    for old in known.values():
        if old.quantity:
            found.append(_gone(old))
    dates = _news(before.dates, after.dates)
    parties = tuple(each for each in after.parties if each not in before.parties)
    if not found and dates == Dates() and not parties:
        return None
    return OrderChange(
        number=after.number,
        release=after.release,
        change_number=change_number,
        purpose="change",
        placed=after.placed,
        changed=changed,
        currency="" if after.currency == before.currency else after.currency,
        # a supplier that reads no dates of lines has those of the head
        dates=after.dates,
        # and one that asks who writes it is told each time
        parties=after.parties,
        refs=after.refs,
        lines=tuple(found),
        line_count=len(found),
    )


def _line(old, line):
    """[ChangeLine], empty where nothing differs."""
    if old is None:
        return [_told(line, "add")] if line.quantity else []
    if not line.quantity:
        return [_gone(replace(line, quantity=Decimal(0)))] if old.quantity else []
    differs = [name for name in CONTENT if getattr(old, name) != getattr(line, name)]
    # a price that is not told stays as it was
    priced = line.price is None or same_price(old.price, line.price)
    if priced and not differs:
        return []
    if old.schedules and not line.schedules:
        # what is not told would stay as it was
        whole = Schedule(line.quantity, line.unit, line.dates)
        line = replace(line, schedules=(whole,))
    if not differs:
        return [_told(line, "price")]
    days = {"dates", "schedules"}
    is_dated = set(differs) <= days and priced
    return [_told(line, "dates" if is_dated else "change")]


def _told(line, action):
    told = TOLD if line.price is None else (*TOLD, "price")
    # it is known by its ids, and many guides have no words in changes
    return ChangeLine(action, replace(line, text=""), told=told)


def _gone(line):
    gone = replace(line, quantity=Decimal(0), schedules=(), text="")
    return ChangeLine("delete", gone, told=("quantity", "unit", "ids"))


def same_price(one, other):
    """Whether two ``Price`` ask for the same money.

    >>> from ..schemas_parts import Price
    >>> same_price(Price(Decimal("2.50")), Price(Decimal(250), Decimal(100)))
    True
    >>> same_price(Price(Decimal(1)), None), same_price(None, None)
    (False, True)
    """
    if one is None or other is None:
        return one is other
    return one.unit == other.unit and one.amount * other.per == other.amount * one.per


def _news(before, after):
    """Those of ``after`` that are others than before."""
    return Dates(
        **{
            field.name: getattr(after, field.name)
            for field in fields(Dates)
            if field.name != "others"
            and getattr(after, field.name) != getattr(before, field.name)
        }
    )
