# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which of a channel's webhook subscriptions stay, come and go. No odoo in here."""

from dataclasses import dataclass, field
from typing import Any

from .addresses import same_path


@dataclass(frozen=True)
class Subscription:
    """One that the channel has. ``raw`` is the channel's own record of it; ``fits``:
    all but topic and address is as we would make it."""

    topic: str
    address: str
    fits: bool = True
    raw: Any = None
    note: str = ""


@dataclass
class Repair:
    """What is to be done, in this order: ``blocking`` go, ``missing`` (topics) come,
    ``surplus`` go. So nothing is given up before the new address was accepted; only
    what the channel takes once for a topic and address is replaced."""

    blocking: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    surplus: list = field(default_factory=list)


def repair(found, topics, address, takes_one=False):
    """
    :param found: all Subscriptions; ours are those whose path ends in our token, which
        ``address`` does, too: the account may serve other databases
    :param takes_one: the channel refuses a second one of a topic to an address

    >>> stale = Subscription("orders", "https://old.example.com/hook/1")
    >>> odd = Subscription("orders", "https://example.com/hook/1", fits=False)
    >>> other = Subscription("orders", "https://example.com/hook/2")
    >>> plan = repair([stale, odd, other], ["orders"], odd.address, takes_one=True)
    >>> plan.blocking == [odd], plan.missing, plan.surplus == [stale]
    (True, ['orders'], True)
    """
    kept, plan = set(), Repair()
    for each in found:
        if not same_path(each.address, address):
            continue
        here = each.address == address
        if here and each.fits and each.topic in topics and each.topic not in kept:
            kept.add(each.topic)
        elif here and takes_one:
            plan.blocking.append(each)
        else:
            plan.surplus.append(each)
    plan.missing = [topic for topic in topics if topic not in kept]
    return plan
