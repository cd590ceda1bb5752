"""How far a backtest is from the truth: the rules of ``exclusive`` are played over what
``shared`` has left in its database, and held against what ``exclusive`` came to itself.

Told beside it is what the backtest says of ``shared``, whose truth is the oracle's as
well. The first column of a figure is the backtest's, the second the oracle's.

A backtest knows of the demand that was met, and of no shopper who found nothing: its
hidden units are held against those that shoppers were sold in ``shared``, wanted again,
were not shown, and were there. In all more are hidden, which no database tells.
"""

from . import oracle, timeline

# The figure of a backtest -> that of the oracle.
FIGURES = {
    "sold": "units_sold",
    "oversold": "units_oversold",
    "hidden": "units_hidden",
}


def draft_exclusive(odoo, channel_ids, kept):
    """The rules of ``exclusive``: what one shop shows, no other shows.

    :param kept: units of each product that no shop shows
    :return: (id of the group, ids of the rules), drafts all of them
    """
    group_id = odoo.create(
        "channel.allocation.group",
        name="All shops",
        member_ids=[(0, 0, {"channel_id": id, "weight": 1}) for id in channel_ids],
    )
    return group_id, [
        odoo.create(
            "channel.rule", kind="exclusive", value=0, allocation_group_id=group_id
        ),
        odoo.create("channel.rule", kind="fixed", value=kept),
    ]


def play(odoo, channel_ids, kept):
    """:return: {figure: {"happened", "present", "draft": units}}, and the notes"""
    _group_id, rule_ids = draft_exclusive(odoo, channel_ids, kept)
    preview = odoo.call("channel.rule", "action_preview", rule_ids)
    action = odoo.call(
        "channel.rule.preview", "action_open_backtest", [preview["res_id"]]
    )
    ids = [action["res_id"]]
    odoo.call("channel.backtest", "write", ids, {"days": 1})
    odoo.call("channel.backtest", "action_play", ids)
    [backtest] = odoo.call("channel.backtest", "read", ids, ["notes"])
    lines = odoo.call(
        "channel.backtest.line",
        "search_read",
        [["backtest_id", "in", ids]],
        ["kind", "happened", "present", "draft"],
    )
    return {line["kind"]: line for line in lines}, backtest["notes"] or ""


def judge_hidden(facts, recorded):
    """:param recorded: facts of the run of which the backtest has the orders
    :return: stock units that were sold there, and hidden here though they were there
    """
    stocks, sold = timeline.read(facts), _by_shop(recorded)
    total = 0
    for shop, visits in _by_shop(facts).items():
        for visit, other in zip(visits, sold[shop], strict=False):
            for sku, units in other["bought"].items():
                missed = units - visit["bought"].get(sku, 0)
                if missed > 0:
                    there = oracle.sellable(facts, stocks, shop, sku, visit["t"])
                    each = sum(facts["listings"][sku]["parts"].values())
                    total += min(missed, there) * each
    return total


def _by_shop(facts):
    """Both play one trace: visit by visit, of each shop in its order."""
    visits = {}
    for visit in facts["visits"]:
        visits.setdefault(visit["shop"], []).append(visit)
    return visits


def tell_truths(figures, facts):
    """
    :param figures, facts: {strategy: those of its run}
    :return: {play of a backtest: figures of the oracle for it}
    """
    shared, exclusive = (
        {
            **figures[name],
            "units_hidden": judge_hidden(facts[name], facts["shared"]),
        }
        for name in ("shared", "exclusive")
    )
    return {"happened": shared, "present": shared, "draft": exclusive}


def table(lines, truths):
    """Lines of a Markdown table.

    :param truths: {play: figures of the oracle for it}
    """
    yield "| play | figure | backtest | oracle | error % |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for name, truth in truths.items():
        for figure, theirs in FIGURES.items():
            told, true = lines[figure][name], truth[theirs]
            error = f"{100 * (told - true) / true:.1f}" if true else "–"
            yield f"| {name} | {figure} | {told:g} | {true:g} | {error} |"
