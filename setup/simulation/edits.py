"""Numbers that people typed in while all else went wrong, and what became of each.

An edit is found if Odoo has recorded a difference of its class at its level after it.
It may be gone before anybody looks: another edit takes it back, or the shop's interface
cannot compare and a number is written over it. What was left is missed. A difference
where nobody has edited anything is imagined, whatever else went wrong.
"""

from collections import defaultdict

from .world import plain

EDITED = "edited"
# What a number looks like that somebody else has written. The other classes are made by
# other faults: a write that is late, and a sale that a write went over.
OF_PEOPLE = (EDITED, "wrong_unit", "not_stocked")
OVER = ("explained", "closed")
SECOND = 1.0  # Odoo notes times in whole seconds
EXAMPLES = 5
FOUND = """
    SELECT difference.channel_id, node.name, listing.sku, difference.kind,
           difference.state, extract(epoch FROM difference.last_seen)::float8
      FROM channel_reconcile_difference difference
      JOIN channel_level level ON level.id = difference.level_id
      JOIN channel_listing listing ON listing.id = level.listing_id
      JOIN channel_node node ON node.id = level.node_id
     ORDER BY difference.last_seen
"""


def read(sql, keys):
    """:return: [[shop, place, SKU, class, state, when it was seen last]]; None where no
    differences are recorded"""
    if not sql.value("SELECT to_regclass('channel_reconcile_difference')"):
        return None
    return [
        [keys[channel], place, plain(sku), *row]
        for channel, place, sku, *row in sql.rows(FOUND)
        if channel in keys
    ]


def judge(facts, by_key):
    """:return: figures of the edits of a run; none where nobody looks for any

    :param by_key: {(shop, place, SKU): causes.Level}
    """
    if facts.get("differences") is None:
        return {}
    seen = defaultdict(list)
    for shop, place, sku, kind, state, last in facts["differences"]:
        if kind in OF_PEOPLE and state not in OVER:
            seen[shop, place, sku].append((last + SECOND, kind))
    became = {"found": [], "undone": [], "overwritten": [], "missed": []}
    for key, level in by_key.items():
        for word, events in _follow(level, seen.get(key, ())):
            became[word] += [(key, event) for event in events]
    imagined = [
        f"{' '.join(key)}: {kind}"
        for key, looks in seen.items()
        for moment, kind in looks
        if kind != EDITED or not _edits(by_key.get(key), moment)
    ]
    missed = [
        f"{' '.join(key)}: {event['delta']:+d}" for key, event in became["missed"]
    ]
    return {
        **{f"edits_{word}": len(found) for word, found in became.items()},
        "edits_imagined": len(imagined),
        "edits_examples": {
            "missed": missed[:EXAMPLES],
            "imagined": imagined[:EXAMPLES],
        },
    }


def _edits(level, until=float("inf")):
    events = level.events if level else ()
    return [each for each in events if each["kind"] == "edit" and each["t"] <= until]


def _follow(level, looks):
    """What became of the edits of a level, those together that one look has met.

    Yields (word, edits)."""
    left = _edits(level)
    for moment, kind in looks:
        if kind == EDITED and (met := [each for each in left if each["t"] <= moment]):
            yield "found", met
            left = [each for each in left if each["t"] > moment]
    if not left:
        return
    if not sum(each["delta"] for each in left):
        yield "undone", left
    elif level.next_write(left[-1]["t"], "set"):
        yield "overwritten", left
    else:
        yield "missed", left
