# SPDX-License-Identifier: AGPL-3.0-or-later
"""Jobs of queue_job as they stand in its table: ours, and not done."""

from odoo.tools import SQL


def forget_jobs(cr):
    """Delete our jobs that are not done. They are wake-ups: what waits is in tables of
    ours, and the minute's recovery wakes for it anew where the addon is at work.

    In a copy they have the uuids of the original's, and one job runner that finds a
    uuid in two databases runs the jobs of neither. After an uninstall nothing is left
    that could run them.
    """
    cr.execute(
        SQL(
            "DELETE FROM queue_job WHERE model_name = 'channel.channel' "
            "AND state NOT IN ('done', 'cancelled')"
        )
    )
