# SPDX-License-Identifier: AGPL-3.0-or-later
"""The steps from a new channel to one that is rolled out. No odoo in here."""

from dataclasses import asdict, dataclass

STAGES = (
    "aligned",
    "matched",
    "dry_run",
    "shadow",
    "numbers",
    "orders",
    "refunds",
    "settlements",
)
"""In the order in which a channel passes them."""


@dataclass(frozen=True)
class Step:
    """A fact that has to hold, and what to do as long as it does not.

    ``stage``: of STAGES. ``figure``: how far it is. ``action``: the method of the
    channel that opens the place where it is done, or ``page``: that page of its form.
    """

    stage: str
    name: str
    figure: str
    is_done: bool
    message: str
    action: str = ""
    page: str = ""


def by_stage(steps):
    """The stages that have steps, in order.

    :return: list of {stage, is_done, steps}

    >>> late = Step("numbers", "Live", "", False, "Go live")
    >>> early = Step("aligned", "Nodes", "2", True, "")
    >>> [(each["stage"], each["is_done"]) for each in by_stage([late, early])]
    [('aligned', True), ('numbers', False)]
    """
    found = {}
    for step in steps:
        found.setdefault(step.stage, []).append(step)
    return [
        {
            "stage": stage,
            "is_done": all(step.is_done for step in found[stage]),
            "steps": [asdict(step) for step in found[stage]],
        }
        for stage in STAGES
        if stage in found
    ]
