# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..db.transaction import own_transaction

WAITS = (1, 2, 5, 10, 20)
"""Seconds before a channel that has failed is asked again, longer each time: one lost
answer delays little, and an outage is over as soon as somebody has asked."""
PROBE_SECONDS = 30
"""How long one job alone finds out whether the channel answers again."""
PATIENCE = 5
"""Seconds between two attempts of a job, also where the channel answers another."""
SILENT = (None, "NO_ANSWER", "NOT_REACHED", "SLOW")
"""Codes of errors that say that nothing answers, whatever is asked."""
APART = ("_job_listen",)
"""Jobs that ask another server than all the others: its outages are its own."""


def _concerned(job):
    """Condition on the outages that keep ``job`` waiting, and that end when it gets an
    answer."""
    if job in APART:
        return SQL("job = %s", job)
    return SQL("(job = %s OR silent)", job)


NOW = SQL("clock_timestamp() AT TIME ZONE 'UTC'")


class ChannelOutage(models.Model):
    """Present outages of a channel: one row for each kind of job.

    Shared by all workers, so that a channel that hangs costs one call now and then
    instead of one for each job: where nothing answers at all (``silent``) all jobs
    wait, and the first one that is due finds out for all of them. Where the channel
    answers and refuses one kind of work, only that waits. The first job that gets a
    response ends the wait of the others.
    """

    _name = "channel.outage"
    _description = "Channel Outage"
    _inherit = ["channel.guarded"]
    _order = "id"
    _log_access = False
    _rec_name = "message"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    job = fields.Char(required=True, readonly=True)
    silent = fields.Boolean(
        required=True, readonly=True, help="The channel does not respond at all"
    )
    failures = fields.Integer(required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True)
    tried_at = fields.Datetime(required=True, readonly=True)
    until = fields.Datetime(required=True, readonly=True, help="Next attempt")
    message = fields.Char(required=True, readonly=True)

    _job_uniq = models.UniqueIndex("(channel_id, job)")

    @api.model
    def _seconds_to_wait(self, channel, job):
        """Whether ``job`` may ask the channel now. Whoever may keeps the others from
        asking until it knows.

        :return: seconds to wait, 0 when it may
        """
        if not self._has_any(channel):
            return 0
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id, EXTRACT(epoch FROM until - %s)::float
                      FROM channel_outage
                     WHERE channel_id = %s AND %s
                     ORDER BY id FOR UPDATE
                    """,
                    NOW,
                    channel.id,
                    _concerned(job),
                )
            )
            wait = max((seconds for _id, seconds in rows), default=0)
            if wait <= 0 and rows:
                env["channel.outage"]._postpone([row[0] for row in rows], PROBE_SECONDS)
        return max(wait, 0)

    def _has_any(self, channel):
        with own_transaction(self.env) as env:
            query = "SELECT 1 FROM channel_outage WHERE channel_id = %s LIMIT 1"
            return bool(env.execute_query(SQL(query, channel.id)))

    def _postpone(self, ids, seconds):
        self.env.execute_query(
            SQL(
                "UPDATE channel_outage SET until = %s + make_interval(secs => %s) "
                "WHERE id = ANY(%s) RETURNING id",
                NOW,
                seconds,
                ids,
            )
        )

    @api.model
    def _remember(self, channel, job, error):
        """``job`` has failed once more.

        :return: seconds to wait before the next attempt
        """
        silent = error.code in SILENT and job not in APART
        with own_transaction(self.env) as env:
            [[failures]] = env.execute_query(
                SQL(
                    """
                    INSERT INTO channel_outage AS known
                           (channel_id, company_id, job, silent, failures, since,
                            tried_at, until, message)
                    VALUES (%(channel)s, %(company)s, %(job)s, %(silent)s, 1, %(now)s,
                            %(now)s, %(now)s, %(message)s)
                    ON CONFLICT (channel_id, job) DO UPDATE
                       SET failures = known.failures + 1, silent = EXCLUDED.silent,
                           tried_at = EXCLUDED.tried_at, message = EXCLUDED.message
                    RETURNING failures
                    """,
                    channel=channel.id,
                    company=channel.company_id.id,
                    job=job,
                    silent=silent,
                    now=NOW,
                    message=str(error)[:1000],
                )
            )
            seconds = WAITS[min(failures, len(WAITS)) - 1]
            outages = env["channel.outage"].search(
                [("channel_id", "=", channel.id)], order="id"
            )
            waiting = outages.filtered(
                lambda each: each.job == job or (silent and each.job not in APART)
            )
            env["channel.outage"]._postpone(waiting.ids, seconds)
        return seconds

    @api.model
    def _forget(self, channel, job):
        """The channel has answered ``job``: the others need not wait any longer.

        Those to which it answers and refuses are not asked in a tight loop all the
        same.

        :return: whether ``job`` itself had to wait
        """
        if not self._has_any(channel):
            return False
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    DELETE FROM channel_outage
                     WHERE channel_id = %s AND %s
                    RETURNING job, silent
                    """,
                    channel.id,
                    _concerned(job),
                )
            )
            rows += env.execute_query(
                SQL(
                    """
                    UPDATE channel_outage
                       SET until = LEAST(until, tried_at + make_interval(secs => %s))
                     WHERE channel_id = %s AND job %s ALL(%s)
                    RETURNING job, false
                    """,
                    PATIENCE,
                    channel.id,
                    SQL("<>") if job not in APART else SQL("="),
                    list(APART),
                )
            )
        channel._wake(*sorted({name for name, _silent in rows} - {job}))
        if any(silent for _name, silent in rows):
            # nothing answered, so all of them were kept waiting
            channel._wake_postponed(APART)
        return any(name == job for name, _silent in rows)

    @api.model
    def _release(self, channel, job):
        """``job`` had nothing to ask: let another one find out."""
        if not self._has_any(channel):
            return
        with own_transaction(self.env) as env:
            env.execute_query(
                SQL(
                    "UPDATE channel_outage SET until = %s "
                    "WHERE channel_id = %s AND %s RETURNING id",
                    NOW,
                    channel.id,
                    _concerned(job),
                )
            )

    @api.model
    def _failing(self, channel_ids):
        """:return: set of ids of those that do not answer something at present"""
        rows = self.env.execute_query(
            SQL(
                "SELECT channel_id FROM channel_outage WHERE channel_id = ANY(%s)",
                list(channel_ids),
            )
        )
        return {channel_id for (channel_id,) in rows}
