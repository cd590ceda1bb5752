# SPDX-License-Identifier: AGPL-3.0-or-later
"""Classes of differences, and what may be done about each."""

# Of the classes a level belongs to exactly one: the first whose condition it meets, see
# ``db.staging``. Those that are nobody's business are counted, and have no record.
EXPLAINED = ("equal", "moving", "unseen_sale", "echo")

# What the observer concludes, of two looks with all orders pulled in between.
CONCLUDED = ("edited", "not_applied", "lost_decrement", "not_stocked", "wrong_unit")

# What one reading of everything shows, and another no longer.
SHOWN = ("unmapped", "foreign_place", "sells_below_zero", "untracked", "gone", "stuck")

# Orders of a day that are not the same there and here.
ORDER_KINDS = ("order_missing", "order_gone", "order_cancelled", "order_changed")

# {class: what a policy may say of it, the first by default}
ANSWERS = {
    "edited": ("propose", "repair"),
    "not_applied": ("repair", "propose"),
    "lost_decrement": ("repair", "propose"),
    "not_stocked": ("repair", "propose"),
    "wrong_unit": ("propose", "report"),
    "unmapped": ("report", "ignore"),
    "foreign_place": ("report", "ignore"),
    "sells_below_zero": ("report", "ignore"),
    "untracked": ("report", "ignore"),
    "gone": ("report", "ignore"),
    "stuck": ("report", "ignore"),
    "units_unknown": ("report", "ignore"),
    "units_over": ("report", "ignore"),
}
# Where no policy says anything: what the suite does without this addon.
WITHOUT_POLICY = {"edited": "repair"}

# Differences that are not over.
PENDING = ("checking", "watched", "open", "proposed", "decided", "booking")
# Of those: the level is lowered, but not raised.
HELD = ("proposed", "decided")

# Counts that Odoo's stock cannot be adjusted to.
UNBOOKED = ("stock_unit", "stock_timing")

UNKNOWN_RUNS = 3
"""In so many runs in a row a number was not known: then a person looks."""
AGAIN, AGAIN_DAYS = 3, 7
"""Put right so often in so many days, and wrong again: then a person looks."""
STUCK_MINUTES = 10
ROUNDS = 3
"""So often levels that move are read again."""

RECENT_DAYS = 7
"""Orders of so many days are counted every night."""
ALL_DAYS = 58
"""And of so many compared one by one every week: what is older, a channel may hide."""
WEEKDAY = 6
"""On Sundays, UTC."""
