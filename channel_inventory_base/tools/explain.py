"""From the inputs a level remembers to steps a person can read. No odoo.

The steps repeat the planner's arithmetic in plain Python: what they arrive at is what
the SQL arrived at, or a test fails.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Step:
    """``result`` is what is left after the step; ``sold`` tells its unit."""

    kind: str
    amount: Decimal
    result: Decimal
    rule_id: int | None = None
    sold: bool = False


def _decimal(value):
    return Decimal(str(value or 0))


def explain(inputs):
    """:return: list of Step, from sellable stock to the number shown

    >>> steps = explain({"on_hand": 30, "allocated": 4, "held": 1, "available": 25,
    ...                  "fixed": 3, "fixed_id": 7, "factor": 10, "cap": 50})
    >>> [(step.kind, int(step.result)) for step in steps]
    [('on_hand', 30), ('allocated', 26), ('held', 25), ('fixed', 22), ('pack', 2), \
('cap', 2)]
    """
    if not inputs:
        return []
    steps = _stock_steps(inputs)
    promised = max(Decimal(0), steps[-1].result)
    factor = _decimal(inputs.get("factor") or 1)
    sold = _floor_packs(promised, factor)
    steps.append(Step("pack", factor, sold, sold=True))
    return steps + _sold_steps(inputs, sold)


def _stock_steps(inputs):
    value = _decimal(inputs.get("on_hand"))
    steps = [Step("on_hand", value, value)]
    for kind in ("allocated", "held"):
        amount = _decimal(inputs.get(kind))
        value -= amount
        steps.append(Step(kind, -amount, value))
    if inputs.get("backorder_id"):
        amount = _decimal(inputs.get("backorder"))
        value += amount
        steps.append(Step("backorder", amount, value, inputs["backorder_id"]))
    if inputs.get("fixed_id"):
        amount = _decimal(inputs.get("fixed"))
        value -= amount
        steps.append(Step("fixed", -amount, value, inputs["fixed_id"]))
    if inputs.get("percent_id"):
        percent = _decimal(inputs.get("percent"))
        value = max(value, Decimal(0)) * (100 - percent) / 100
        steps.append(Step("percent", percent, value, inputs["percent_id"]))
    return steps


def _sold_steps(inputs, sold):
    steps = []
    if inputs.get("threshold_id"):
        limit = _decimal(inputs.get("threshold"))
        sold = Decimal(0) if sold <= limit else sold
        steps.append(Step("threshold", limit, sold, inputs["threshold_id"], sold=True))
    cap = _decimal(inputs.get("cap"))
    if cap > 0:
        sold = min(sold, Decimal(math.floor(cap)))
        steps.append(Step("cap", cap, sold, inputs.get("cap_id"), sold=True))
    return steps


def _floor_packs(promised, factor):
    """Rounded DOWN, after four digits have absorbed the rounding of conversions."""
    packs = (promised / factor).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    return Decimal(math.floor(packs))
