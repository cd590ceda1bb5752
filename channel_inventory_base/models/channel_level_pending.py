from odoo import api, fields, models
from odoo.tools import SQL


class ChannelLevelPending(models.Model):
    """Publish outbox: a level that may have to be published. Appended, then deleted.

    The planner appends with the target it has written, order capture with the
    deduction, the observer with what it has found out, all in their own transaction;
    the publisher deletes what it freezes into a publication.
    """

    _name = "channel.level.pending"
    _description = "Level Waiting to Be Published"
    _rec_name = "level_id"
    _log_access = False

    level_id = fields.Many2one(
        "channel.level", required=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one("channel.channel", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    urgent = fields.Boolean(required=True, help="The number goes down")
    force = fields.Boolean(required=True, help="Send it even if nothing differs")
    since = fields.Datetime(required=True, help="When the cause was committed")
    trace = fields.Char()

    _queue_idx = models.Index("(channel_id, urgent DESC, id)")

    @api.model
    def _add(self, levels, force=False, trace=None):
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since, trace)
                SELECT id, channel_id, false, %s,
                       clock_timestamp() AT TIME ZONE 'UTC', %s
                  FROM channel_level WHERE id = ANY(%s) RETURNING id
                """,
                force,
                trace,
                list(levels.ids),
            )
        )

    @api.model
    def _compact(self):
        """Keep the newest row a level for channels that do not publish just now.

        Their queue would grow with every change; the newest row is enough, because
        whoever takes it reads the target of that moment.
        """
        self.env.execute_query(
            SQL(
                """
                DELETE FROM channel_level_pending older
                 USING channel_level_pending newer, channel_channel channel
                 WHERE newer.level_id = older.level_id AND newer.id > older.id
                   AND channel.id = older.channel_id
                   AND (channel.state <> 'live' OR NOT channel.active)
                RETURNING older.id
                """
            )
        )
