# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which numbers are on their way to a channel."""

from odoo.tools import SQL

# Whether a ``line`` of a ``publication`` may still change what the channel shows.
FLYING_LINE = SQL(
    "(publication.state IN ('ready', 'sending') "
    "OR publication.state = 'accepted' AND line.result = 'accepted')"
)
