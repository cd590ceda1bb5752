# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the inputs a level remembers to steps a person can read. No odoo.

The steps repeat the planner's arithmetic, operation by operation and in doubles as
there: what they arrive at is what the SQL arrived at, or a test fails. Keys of
``inputs``: the kinds of rules with the values of those that counted, ``<kind>_id`` with
their versions, and what they met (``available``, ``rate``, ...); a missing key is null.
"""

import math
from dataclasses import dataclass, field, replace

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
    amount: float
    result: float
    rules: tuple = ()
    sold: bool = False
    facts: dict = field(default_factory=dict)


def _number(value):
    return float(value or 0)


def explain(inputs):
    """:return: list of Step, from sellable stock to the number shown

    >>> steps = explain({"on_hand": 30, "allocated": 4, "held": 1, "available": 25,
    ...                  "fixed": 3, "fixed_id": 7, "factor": 10,
    ...                  "cap": 50, "cap_id": 8})
    >>> [(step.kind, int(step.result)) for step in steps]
    [('on_hand', 30), ('allocated', 26), ('held', 25), ('fixed', 22), ('pack', 2), \
('cap', 2)]
    """
    if not inputs:
        return []
    steps = _position_steps(inputs)
    steps += _buffer_steps(inputs)
    promised = max(0.0, steps[-1].result)
    factor = _number(inputs.get("factor") or 1)
    steps.append(Step("pack", factor, _floor_packs(promised, factor), sold=True))
    steps += _sold_steps(inputs, steps[-1].result)
    steps += _share_steps(inputs, steps[-1].result)
    return steps


def _position_steps(inputs):
    """The steps of the position: stock and open demand. Stock units."""
    value = _number(inputs.get("on_hand"))
    steps = [Step("on_hand", value, value)]
    for kind in ("allocated", "held", "doubted"):
        amount = _number(inputs.get(kind))
        value -= amount
        if amount or kind != "doubted":
            steps.append(Step(kind, -amount, value))
    # the same, as the planner has added it up
    return [*steps[:-1], replace(steps[-1], result=_number(inputs.get("available")))]


def _buffer_steps(inputs):
    """The steps of backorders and buffers. Stock units."""
    steps = []
    value = _number(inputs.get("available"))

    def step(kind, amount, left, **facts):
        steps.append(Step(kind, amount, left, (inputs[f"{kind}_id"],), facts=facts))
        return left

    if judged := _number(inputs.get("judged")):
        value -= judged
        rules = {rule for each in inputs.get("judged_by", []) for rule in each["rules"]}
        steps.append(Step("judged", -judged, value, tuple(sorted(rules))))
    if inputs.get("backorder_id"):
        amount = _number(inputs.get("backorder"))
        value = step("backorder", amount, value + amount)
    in_pool = value
    if inputs.get("fixed_id"):
        amount = _number(inputs.get("fixed"))
        value = step("fixed", -amount, value - amount)
    if inputs.get("percent_id"):
        percent = _number(inputs.get("percent"))
        value = step("percent", percent, value * (100 - percent) / 100)
    if inputs.get("cover_id"):
        days, rate = _number(inputs.get("cover")), _number(inputs.get("rate"))
        value = step("cover", days, value - days * rate, rate=rate, kept=days * rate)
    if inputs.get("risk_id"):
        kept = _number(inputs.get("risk_kept"))
        value = step(
            "risk", _number(inputs.get("risk")), value - kept, **_risk_facts(inputs)
        )
    if inputs.get("share_id"):
        share = _number(inputs.get("share"))
        value = step("share", share, min(value, max(0, in_pool) * share / 100))
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
        limit = _number(inputs.get("threshold"))
        sold = 0.0 if sold <= limit else sold
        steps.append(
            Step("threshold", limit, sold, (inputs["threshold_id"],), sold=True)
        )
    cap = _number(inputs.get("cap"))
    if cap > 0:
        sold = min(sold, float(math.floor(cap)))
        steps.append(Step("cap", cap, sold, (inputs["cap_id"],), sold=True))
    if inputs.get("freeze_id"):
        sold = float(min(LARGEST, math.floor(_number(inputs.get("freeze")))))
        steps.append(Step("freeze", sold, sold, (inputs["freeze_id"],), sold=True))
    return steps


def _share_steps(inputs, sold):
    """The steps of an exclusive allocation. Sold units."""
    if not inputs.get("share_state"):
        return []
    # a kit may have it from a component's rule
    rules = (inputs.get("shared_by") or inputs["exclusive_id"],)
    entitled = _number(inputs.get("entitled"))
    bound_by = inputs.get("bound_by")  # the component; none where it is the product
    facts = {
        name: _number(inputs.get(name)) for name in ("supply", "weight", "weights")
    }
    facts |= {"bound_by": bound_by, "others": int(inputs.get("others") or 0)}
    facts["allocation"] = inputs.get("allocation_id")  # the version of the group
    steps = [
        Step("exclusive", entitled, min(sold, entitled), rules, sold=True, facts=facts)
    ]
    if inputs["share_state"] == "waiting":
        target = _number(inputs.get("target"))
        room = {"room": _number(inputs.get("room")), "bound_by": bound_by}
        steps.append(Step("waiting", entitled, target, rules, sold=True, facts=room))
    return steps


def _floor_packs(promised, factor):
    """Rounded DOWN, after four digits have absorbed the rounding of conversions."""
    return float(min(math.floor(promised / factor + 0.00005), LARGEST))
