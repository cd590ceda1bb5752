"""The books of ``setup/bench webhooks``: what was sent, answered, and is there."""

import json
import math
from collections import Counter
from datetime import datetime, timezone

from .webhooks_load import is_taken

# What tells a channel to send again, beside no answer at all.
RETRYABLE = {429, 500, 502, 503, 504}


def judge(deliveries, attempts, stored, polled=frozenset()):
    """
    :param deliveries: [(due, Delivery)], as sent
    :param attempts: the senders' attempts
    :param stored: [(shop, digest of the body)], a row an event in the inbox
    :param polled: {(shop, order, its time in UTC)}: versions that a poll has brought
        first; a delivery that says the same is not stored again
    """
    taken = {number for number, *_times, outcome in attempts if is_taken(outcome)}
    open_ones = set(range(len(deliveries))) - taken
    events = {_event(each) for _due, each in deliveries}
    found = Counter(stored)
    outcomes = [outcome for *_times, outcome in attempts]
    return {
        "deliveries": len(deliveries),
        "events": len(events),
        "attempts": len(attempts),
        "outcomes": dict(sorted(Counter(map(str, outcomes)).items())),
        "busy": sum(outcome in RETRYABLE for outcome in outcomes),
        "unanswered": sum(isinstance(outcome, str) for outcome in outcomes),
        "taken": len(taken),
        "stored": sum(bool(found[event]) for event in events),
        # answered with yes, and not there as it was sent
        "lost": sum(
            not found[_event(deliveries[each][1])]
            and _version(deliveries[each][1]) not in polled
            for each in taken
        ),
        "doubled": sum(max(0, found[event] - 1) for event in events),
        "refused_for_good": sum(map(_is_final, outcomes)),
        "never_taken": sum(deliveries[each][1].repeat for each in open_ones),
        # of a channel that sends nothing again: polls bring what they were about
        "left_to_polls": sum(not deliveries[each][1].repeat for each in open_ones),
    }


def _event(delivery):
    """Deliveries that say the same are the same event: the rest is not signed."""
    return delivery.shop, delivery.digest


def _version(delivery):
    """(shop, order, its time) that a delivery is about."""
    body = json.loads(delivery.body)
    if "date_modified_gmt" in body:
        ref, written = str(body["id"]), body["date_modified_gmt"] + "+00:00"
    else:
        ref, written = body.get("admin_graphql_api_id"), body.get("updated_at")
    if not written:
        return None
    at = datetime.fromisoformat(written.replace("Z", "+00:00"))
    return delivery.shop, ref, at.astimezone(timezone.utc).replace(tzinfo=None)


def _is_final(outcome):
    """Whether it tells the channel not to come again."""
    if not isinstance(outcome, int):
        return False
    return not is_taken(outcome) and outcome not in RETRYABLE


def latency(attempts, rate):
    """Seconds from when a delivery was due until its answer, whatever that was; and how
    late the senders themselves were, who must not be what is measured."""
    first = [each for each in attempts if each[1] == 0]
    seconds = max(due for _n, _a, due, *_rest in first) + 1 / rate
    answered, late, in_time = [], [], 0
    for _number, _attempt, due, begun, ended, outcome in attempts:
        late.append(begun - due)
        if not isinstance(outcome, str):
            answered.append(ended - due)
        in_time += is_taken(outcome) and ended <= seconds
    return {
        "p50": quantile(answered, 0.5),
        "p95": quantile(answered, 0.95),
        "p99": quantile(answered, 0.99),
        "max": quantile(answered, 1),
        "late_p99": quantile(late, 0.99),
        "rate_sent": round(len(first) / seconds, 1),
        "rate_taken": round(in_time / seconds, 1),
    }


def quantile(values, part):
    """
    >>> quantile([4, 1, 3, 2], 0.5), quantile([1, 2, 3, 4], 0.99), quantile([], 0.5)
    (2, 4, None)
    """
    if not values:
        return None
    place = math.ceil(len(values) * part) - 1
    return round(sorted(values)[place], 4)
