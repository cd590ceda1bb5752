"""What a server that fell meant to shoppers: latency meanwhile, beside all the rest.

Two latencies are told: of numbers, from a commit in Odoo to each shop, and of orders,
from the sale in a shop until Odoo has heard of it.
"""

from . import oracle, timeline
from .causes import Judge

COLUMNS = (
    ("falls", "servers that fell"),
    ("seconds_fallen", "seconds until all were up again"),
    ("seconds_to_lead", "seconds until another job runner led"),
    ("meanwhile_latency_p50", "meanwhile: latency p50 (s)"),
    ("meanwhile_latency_p95", "meanwhile: latency p95 (s)"),
    ("rest_latency_p50", "the rest: latency p50 (s)"),
    ("rest_latency_p95", "the rest: latency p95 (s)"),
    ("meanwhile_heard_p50", "meanwhile: from a sale until Odoo knows, p50 (s)"),
    ("meanwhile_heard_p95", "meanwhile: the same, p95 (s)"),
    ("rest_heard_p50", "the rest: from a sale until Odoo knows, p50 (s)"),
    ("rest_heard_p95", "the rest: the same, p95 (s)"),
)


def figures(facts):
    """:return: {figure: value}, none where no server fell"""
    falls = facts.get("falls")
    if not falls:
        return {}
    levels = Judge(facts, timeline.read(facts)).levels
    windows = [(each["at"], each.get("until", facts["ended"])) for each in falls]
    led = [each["led_at"] - each["at"] for each in falls if "led_at" in each]
    result = {
        "falls": len(falls),
        "seconds_fallen": round(sum(end - begin for begin, end in windows), 1),
        "seconds_to_lead": round(max(led), 1) if led else None,
    }
    for name, rows in (
        ("latency", oracle.timed_latencies(facts, levels)),
        ("heard", heard(facts)),
    ):
        meanwhile, rest = split(rows, windows)
        for part, seconds in (("meanwhile", meanwhile), ("rest", rest)):
            for percent in (50, 95):
                figure = oracle.percentile(seconds, percent)
                result[f"{part}_{name}_p{percent}"] = figure
            result[f"{part}_{name}_count"] = len(seconds)
    return result


def heard(facts):
    """(moment of the sale, seconds until Odoo knew of it), of the orders it knows."""
    sold = {}
    for event in facts["events"]:
        if event["kind"] == "sale":
            sold.setdefault(event["order"], event["t"])
    return [
        (moment, max(0.0, facts["known"][order] - moment))
        for order, moment in sold.items()
        if order in facts["known"]
    ]


def split(rows, windows):
    """:return: (sorted seconds of what began within a window, of all others)"""
    parts = [], []
    for moment, seconds in rows:
        within = any(begin <= moment < end for begin, end in windows)
        parts[not within].append(seconds)
    return tuple(map(sorted, parts))
