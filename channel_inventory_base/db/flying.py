# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which numbers are on their way to a channel."""

from odoo.tools import SQL

# Whether a ``line`` of a ``publication`` may still change what the channel shows.
FLYING_LINE = SQL(
    "(publication.state IN ('ready', 'sending') "
    "OR publication.state = 'accepted' AND line.result = 'accepted' "
    "AND line.stood IS NOT TRUE)"
)
# Whether a ``line`` of a ``publication`` went by a lane that has answered for it.
ANSWERED_LANE = SQL("(publication.lane IS NOT NULL AND line.due_at IS NOT NULL)")
