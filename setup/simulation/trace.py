"""What people want to do, and when: the same by seed for every strategy.

A trace knows nothing of what a shop shows. Whether a shopper can buy what he came for
is found out when he is there.
"""

import random
from itertools import accumulate

from . import doors

FLASHES = ((0.06, 0.05), (0.60, 0.04))  # (when, how long), of the whole
FLASH_PART = 0.18
# for each order of a shopper; one act at least of each
RATES = {
    "sell": 0.03,
    "receive": 0.03,
    "count": 0.02,
    "scrap": 0.01,
    "transfer": 0.01,
    "ship": 0.06,
    "return": 0.01,
}
CANCELLED, UNPAID = 0.03, 0.04


def make(world, orders, seconds):
    """:return: list of dicts with ``at`` (seconds from the start) and ``kind``"""
    dice = random.Random(f"trace {world.seed}")
    events = [_shopper(dice, world, seconds, number) for number in range(orders)]
    for kind, rate in RATES.items():
        for _number in range(max(1, round(rate * orders))):
            events.append(_act(dice, world, kind, seconds))
    events += doors.plan(world, orders, seconds)
    events.sort(key=lambda each: each["at"])
    return events


def _shopper(dice, world, seconds, number):
    flash = dice.random() < FLASH_PART
    if flash:
        begin, length = dice.choice(FLASHES)
        at = (begin + dice.random() * length) * seconds
    else:
        at = dice.random() * seconds
    skus = {_pick(dice, world, flash) for _line in range(dice.choice((1, 1, 1, 2)))}
    return {
        "at": at,
        "kind": "shop",
        "number": number,
        "shop": dice.choice(world.shops).key,
        "lines": {sku: dice.choice((1, 1, 1, 2, 3)) for sku in sorted(skus)},
        "person": dice.randrange(60),
        "paid": dice.random() >= UNPAID,
        "cancel": dice.random() < CANCELLED,
    }


def _pick(dice, world, flash):
    if flash:
        return dice.choice(world.scarce[: max(3, len(world.scarce) // 4)])
    names, sums = _weights(world)
    return dice.choices(names, cum_weights=sums)[0]


def _weights(world):
    known = getattr(world, "_weights", None)
    if known is None:
        names = sorted(world.listings)
        sums = list(accumulate(world.listings[each].weight for each in names))
        known = world._weights = names, sums
    return known


def _act(dice, world, kind, seconds):
    """What the company does. Units vanish (scrap, transfer, a count that finds less)
    only of what is not scarce: no software can sell what broke a second ago rightly,
    and it would hide what software does wrongly."""
    event = {"at": dice.random() * seconds * 0.97, "kind": kind}
    names = sorted(world.products)
    plenty = [sku for sku in names if not world.products[sku].scarce] or names
    if kind == "sell":
        sku = dice.choice(world.scarce if dice.random() < 0.5 else names)
        return {**event, "sku": sku, "units": dice.choice((1, 2, 3))}
    if kind == "receive":
        sku = dice.choice(world.scarce if dice.random() < 0.6 else names)
        return {**event, "sku": sku, "units": dice.randint(2, 8), "to": "WH"}
    if kind == "count":
        more = dice.random() < 0.5
        sku = dice.choice(names if more else plenty)
        return {**event, "sku": sku, "units": dice.choice((1, 2)) * (1 if more else -1)}
    if kind in ("scrap", "transfer"):
        return {**event, "sku": dice.choice(plenty), "units": 1}
    return {**event, "dice": dice.random()}
