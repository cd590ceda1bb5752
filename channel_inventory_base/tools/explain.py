"""From the inputs a level remembers to steps a person can read. No odoo.

The steps repeat the planner's arithmetic in plain Python: what they arrive at is what
the SQL arrived at, or a test fails. Keys of ``inputs``: the kinds of rules with the
values of those that counted, ``<kind>_id`` with their versions, and what they met
(``on_hand``, ``rate``, ...); a missing key is a null.
"""

import math
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from .poisson import chance_of_more

LARGEST = 2_000_000_000


@dataclass(frozen=True)
class Step:
    """One step of a number's way.

    ``amount`` is what the step is about in its own terms (percent, days, units),
    ``result`` what is left after it, ``sold`` whether that is in sold units; ``rules``
    are the versions that made the step, ``facts`` what its words need.
    """

    kind: str
    amount: Decimal
    result: Decimal
    rules: tuple = ()
    sold: bool = False
    facts: dict = field(default_factory=dict)


def _decimal(value):
    return Decimal(str(value or 0))


def explain(inputs):
    """:return: list of Step, from sellable stock to the number shown

    >>> steps = explain({"on_hand": 30, "allocated": 4, "held": 1, "available": 25,
    ...                  "fixed": 3, "fixed_id": 7, "factor": 10, "cap": 50, "cap_id": 8})
    >>> [(step.kind, int(step.result)) for step in steps]
    [('on_hand', 30), ('allocated', 26), ('held', 25), ('fixed', 22), ('pack', 2), \
('cap', 2)]
    """
    if not inputs:
        return []
    steps = _position_steps(inputs)
    steps += _buffer_steps(inputs, steps[-1].result)
    promised = max(Decimal(0), steps[-1].result)
    factor = _decimal(inputs.get("factor") or 1)
    steps.append(Step("pack", factor, _floor_packs(promised, factor), sold=True))
    steps += _sold_steps(inputs, steps[-1].result)
    steps += _share_steps(inputs, steps[-1].result)
    return steps


def _position_steps(inputs):
    """What there is, and who has it already. Stock units."""
    value = _decimal(inputs.get("on_hand"))
    steps = [Step("on_hand", value, value)]
    for kind in ("allocated", "held"):
        amount = _decimal(inputs.get(kind))
        value -= amount
        steps.append(Step(kind, -amount, value))
    judged = _decimal(inputs.get("judged"))
    if judged:
        value -= judged
        rules = {rule for each in inputs.get("judged_by", []) for rule in each["rules"]}
        steps.append(Step("judged", -judged, value, tuple(sorted(rules))))
    return steps


def _buffer_steps(inputs, value):
    """What is promised beyond it, and what is kept back. Stock units."""
    steps = []

    def step(kind, amount, left, **facts):
        steps.append(Step(kind, amount, left, (inputs[f"{kind}_id"],), facts=facts))
        return left

    if inputs.get("backorder_id"):
        amount = _decimal(inputs.get("backorder"))
        value = step("backorder", amount, value + amount)
    in_pool = max(Decimal(0), value)
    if inputs.get("fixed_id"):
        amount = _decimal(inputs.get("fixed"))
        value = step("fixed", -amount, value - amount)
    if inputs.get("percent_id"):
        percent = _decimal(inputs.get("percent"))
        left = max(value, Decimal(0)) * (100 - percent) / 100 if percent else value
        value = step("percent", percent, left)
    if inputs.get("cover_id"):
        days, rate = _decimal(inputs.get("cover")), _decimal(inputs.get("rate"))
        value = step("cover", days, value - days * rate, rate=rate, kept=days * rate)
    if inputs.get("risk_id"):
        kept = _decimal(inputs.get("risk_kept"))
        value = step(
            "risk", _decimal(inputs.get("risk")), value - kept, **_risk_facts(inputs)
        )
    if inputs.get("share_id"):
        share = _decimal(inputs.get("share"))
        value = step("share", share, min(value, in_pool * share / 100))
    return steps


def _risk_facts(inputs):
    """The arithmetic of a risk buffer: what sells elsewhere while a number is on its
    way, and how likely that is more than what is kept back."""
    elsewhere = float(inputs.get("elsewhere") or 0)
    latency = float(inputs.get("latency") or 0)
    kept = int(inputs.get("risk_kept") or 0)
    mean = elsewhere * latency / 86400
    return {
        "elsewhere": elsewhere,
        "latency": latency,
        "mean": mean,
        "kept": kept,
        "chance": 100 * chance_of_more(mean, kept),
        "chance_below": 100 * chance_of_more(mean, kept - 1) if kept else None,
    }


def _sold_steps(inputs, sold):
    """Limits of the number itself. Sold units."""
    steps = []
    if inputs.get("threshold_id"):
        limit = _decimal(inputs.get("threshold"))
        sold = Decimal(0) if sold <= limit else sold
        steps.append(
            Step("threshold", limit, sold, (inputs["threshold_id"],), sold=True)
        )
    cap = _decimal(inputs.get("cap"))
    if cap > 0:
        sold = min(sold, Decimal(math.floor(cap)))
        steps.append(Step("cap", cap, sold, (inputs["cap_id"],), sold=True))
    if inputs.get("freeze_id"):
        sold = Decimal(min(LARGEST, math.floor(_decimal(inputs.get("freeze")))))
        steps.append(Step("freeze", sold, sold, (inputs["freeze_id"],), sold=True))
    return steps


def _share_steps(inputs, sold):
    """What is left of it where channels share exclusively. Sold units."""
    if not inputs.get("share_state"):
        return []
    rules = (inputs["exclusive_id"],)
    entitled = _decimal(inputs.get("entitled"))
    facts = {
        name: _decimal(inputs.get(name)) for name in ("supply", "weight", "weights")
    }
    steps = [
        Step("exclusive", entitled, min(sold, entitled), rules, sold=True, facts=facts)
    ]
    if inputs["share_state"] == "waiting":
        target = _decimal(inputs.get("target"))
        room = {"room": _decimal(inputs.get("room"))}
        steps.append(Step("waiting", entitled, target, rules, sold=True, facts=room))
    return steps


def _floor_packs(promised, factor):
    """Rounded DOWN, after four digits have absorbed the rounding of conversions."""
    packs = (promised / factor).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    return min(Decimal(math.floor(packs)), Decimal(LARGEST))
