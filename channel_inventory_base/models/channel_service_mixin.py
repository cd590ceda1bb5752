# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.duration import format_duration

FEWEST = 20
"""Of fewer in an hour no share is concluded: one of them is not 95 of 100."""
HOUR = SQL("clock_timestamp() AT TIME ZONE 'UTC' - interval '1 hour'")


class ChannelServiceMixin(models.AbstractModel):
    """Service levels of a channel: how soon quantities are shown and sales are taken
    in, and which share of them has to keep that.

    How it works: every five minutes each target is judged by the last hour, what still
    waits past the target included. A target that is missed is one exception, which
    closes by itself when it is kept again. An addon with another target adds a query to
    ``_get_service_queries`` and its words to ``_get_service_message``; what is missed
    otherwise than by a share it judges in ``_is_service_missed``.
    """

    _name = "channel.service.mixin"
    _description = "Service Levels of a Channel"

    freshness_target = fields.Integer(
        string="Quantities Shown Within (s)",
        default=300,
        tracking=True,
        help="Seconds from a change of stock until the channel shows it. 0: not "
        "judged. Channels that get all quantities at agreed times are not judged.",
    )
    intake_target = fields.Integer(
        string="Sales Taken In Within (s)",
        default=300,
        tracking=True,
        help="Seconds from a message of the channel until its order holds stock. 0: "
        "not judged.",
    )
    service_goal = fields.Float(
        string="Targets Kept (%)",
        default=95,
        digits=(5, 2),
        tracking=True,
        help="The share of an hour's quantities, and of its sales, that have to keep "
        "the target. Where it is less, an exception says so until it is kept again.",
    )

    _service_targets_not_negative = models.Constraint(
        "CHECK (freshness_target >= 0 AND intake_target >= 0)",
        "Targets cannot be negative.",
    )
    _service_goal_is_share = models.Constraint(
        "CHECK (service_goal >= 0 AND service_goal <= 100)",
        "The share of targets kept is 0 to 100 %.",
    )

    @api.model
    def _get_service_queries(self):
        """What the last hour and what waits say of each target.

        :return: {target: query}; a row is (channel_id, kept, missed)
        """
        return {"freshness": self._freshness_kept(), "intake": self._intake_kept()}

    @api.model
    def _freshness_kept(self):
        source = self.env["channel.metric.source"]
        now = fields.Datetime.now()
        span = fields.Datetime.subtract(now, hours=1), fields.Datetime.add(now, days=1)
        sources = source._get_sources(*span)
        return SQL(
            """
            SELECT channel.id, sum(done) - sum(missed), sum(missed) + sum(late)
              FROM (SELECT channel_id, times AS done, 0 AS missed, 0 AS late
                      FROM (%s) AS fact (channel_id, at, times, amount)
                     UNION ALL
                    SELECT channel_id, 0, times, 0
                      FROM (%s) AS fact (channel_id, at, times, amount)
                     UNION ALL
                    SELECT channel_id, 0, 0, late FROM (%s) fresh) each
              JOIN channel_channel channel ON channel.id = each.channel_id
             WHERE channel.freshness_target > 0
               AND COALESCE(channel.publish_minutes, 0) = 0
               AND COALESCE(channel.publish_times, '') = ''
             GROUP BY channel.id
            """,
            sources["published"],
            sources["published_late"],
            source._freshness_query(),
        )

    @api.model
    def _intake_kept(self):
        return SQL(
            """
            SELECT channel_id, count(*) FILTER (WHERE NOT is_late),
                   count(*) FILTER (WHERE is_late)
              FROM (SELECT event.channel_id,
                           COALESCE(processed_at, clock_timestamp() AT TIME ZONE 'UTC')
                           - received_at > make_interval(secs => channel.intake_target)
                               AS is_late
                      FROM channel_inbox_event event
                      JOIN channel_channel channel ON channel.id = event.channel_id
                     WHERE channel.intake_target > 0
                       AND (event.state = 'new' OR processed_at > %(hour)s)) event
             GROUP BY channel_id
            """,
            hour=HOUR,
        )

    # -------------------------------------------------------------- judge
    @api.model
    def _cron_service(self):
        self._watch_services()

    @api.model
    def _watch_services(self):
        """Open an exception for each target that is missed, close it where it is kept,
        or nothing of it is left to judge."""
        self.env.flush_all()
        channels = self.search([("state", "!=", "draft")])
        for key, query in self._get_service_queries().items():
            shares = {
                channel_id: (int(kept or 0), int(missed or 0))
                for channel_id, kept, missed in self.env.execute_query(query)
            }
            opened = self._find_open_services(key)
            for channel in channels:
                channel._watch_service(
                    key, opened.get(channel.id), *shares.get(channel.id, (0, 0))
                )

    def _find_open_services(self, key):
        """:return: {channel id: exception}"""
        # sudo: exceptions are the system's
        found = (
            self.env["channel.exception"]
            .sudo()
            .search(
                [
                    ("category", "=", "service"),
                    ("key", "=", f"service:{key}"),
                    ("state", "=", "open"),
                ]
            )
        )
        return {exception.channel_id.id: exception for exception in found}

    def _watch_service(self, key, known, kept, missed):
        """:param known: the exception that is open about it, if any"""
        total = kept + missed
        share = 100 * kept / total if total else 100
        is_missed = self._is_service_missed(key, share, total)
        if is_missed is None:
            return
        if not is_missed:
            if known:
                known._resolve(self.env._("The target is kept again."))
            return
        message, suggestion = self._get_service_message(key, share, missed)
        if known and known.message == message:
            return
        self.env["channel.exception"]._report(
            self,
            "service",
            key=f"service:{key}",
            record=self,
            message=message,
            suggestion=suggestion,
        )

    def _is_service_missed(self, key, share, total):
        """:return: None: too few to open an exception, or to say that it is over"""
        if self.state != "live" or share >= self.service_goal:
            return False
        return True if total >= FEWEST else None

    def _get_service_message(self, key, share, missed):
        """:return: (what is missed, what to do)"""
        if key == "freshness":
            return self.env._(
                "%(channel)s: %(share)s %% of quantities were shown within %(time)s in "
                "the last hour, %(missed)s were not; the goal is %(goal)s %%",
                time=format_duration(self.env, self.freshness_target),
                **self._get_service_words(share, missed),
            ), self.env._(
                "Open the channel's Health and its pending updates: an outage, a limit "
                "of requests or jobs that do not run. It closes by itself when the "
                "goal is kept again."
            )
        return self.env._(
            "%(channel)s: %(share)s %% of its messages were processed within %(time)s "
            "in the last hour, %(missed)s were not; the goal is %(goal)s %%",
            time=format_duration(self.env, self.intake_target),
            **self._get_service_words(share, missed),
        ), self.env._(
            "Open Channels > Operations > Inbox: what is new there waits for a job. "
            "Check that the job runner is up. It closes by itself when the goal is "
            "kept again."
        )

    def _get_service_words(self, share, missed):
        # rounded down: 94.96 is no 95
        return {
            "channel": self.name,
            "share": f"{int(share * 10) / 10:g}",
            "missed": missed,
            "goal": f"{self.service_goal:g}",
        }
