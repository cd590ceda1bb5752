# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL


class ChannelLevelPending(models.Model):
    """Publish outbox: a level that may have to be published. Appended, then deleted.

    The planner appends with the target it has written, order capture with the
    deduction, the observer with its readings, all in their own transactions; the
    publisher deletes what it freezes into a publication. There are no foreign keys,
    which would cost more than the row itself, and lock levels and channels that others
    are at; a trigger takes the rows of deleted levels away.
    """

    _name = "channel.level.pending"
    _description = "Pending Level Update"
    _auto = False
    _order = "id"
    _rec_name = "level_id"
    _log_access = False

    level_id = fields.Many2one("channel.level", required=True)
    channel_id = fields.Many2one("channel.channel", required=True)
    company_id = fields.Many2one(related="channel_id.company_id")
    urgent = fields.Boolean(required=True, help="The quantity decreases")
    force = fields.Boolean(
        string="Forced",
        required=True,
        help="Send it even if the quantity is unchanged",
    )
    since = fields.Datetime(required=True, help="Commit time of the cause")
    trace = fields.Char()
    queued_at = fields.Datetime(readonly=True)

    def init(self):
        self.env.cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS channel_level_pending (
                    id bigserial PRIMARY KEY,
                    level_id integer NOT NULL,
                    channel_id integer NOT NULL,
                    urgent boolean NOT NULL,
                    force boolean NOT NULL,
                    since timestamp NOT NULL,
                    trace varchar,
                    queued_at timestamp
                        DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')
                );
                -- one that is older; added with its default, all would be written anew
                ALTER TABLE channel_level_pending
                    ADD COLUMN IF NOT EXISTS queued_at timestamp;
                ALTER TABLE channel_level_pending
                    ALTER COLUMN queued_at
                        SET DEFAULT (clock_timestamp() AT TIME ZONE 'UTC');
                CREATE INDEX IF NOT EXISTS channel_level_pending_level_idx
                    ON channel_level_pending (level_id);
                CREATE INDEX IF NOT EXISTS channel_level_pending_queue_idx
                    ON channel_level_pending (channel_id, urgent DESC, id);
                """
            )
        )
        # at the end, when the table of levels is there
        self.pool.post_init(self._create_trigger)

    def _create_trigger(self):
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION channel_level_forget()
                RETURNS trigger LANGUAGE plpgsql AS $body$
                BEGIN
                    DELETE FROM channel_level_pending
                     WHERE level_id IN (SELECT id FROM old_rows);
                    RETURN NULL;
                END $body$;
                CREATE OR REPLACE TRIGGER channel_level_forget
                    AFTER DELETE ON channel_level REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION channel_level_forget();
                """
            )
        )

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
    def _retry_rejected(self, nodes=None, listings=None):
        """Queue what was refused of nodes or listings that are back, or that may have
        been put right."""
        whose = SQL("level.node_id = ANY(%s)", nodes.ids) if nodes else SQL("false")
        if listings:
            whose = SQL("%s OR level.listing_id = ANY(%s)", whose, listings.ids)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since, trace)
                SELECT level.id, level.channel_id, false, true,
                       clock_timestamp() AT TIME ZONE 'UTC', level.trace
                  FROM channel_level level
                  JOIN channel_level_remote remote ON remote.level_id = level.id
                 WHERE remote.state = 'rejected' AND (%s)
                RETURNING channel_id
                """,
                whose,
            )
        )
        channels = self.env["channel.channel"].browse(sorted({row[0] for row in rows}))
        channels._wake_publisher_of_queued()

    @api.model
    def _compact(self):
        """Keep the newest row a level for channels that do not publish just now.

        Their queue would grow with every change; the newest row is enough, because
        whoever takes it reads the target of that moment. And nothing of levels that
        were deleted while somebody appended to them.
        """
        # the queue is looked at as a whole, however few rows PostgreSQL expects in it
        self.env.execute_query(SQL("SELECT set_config('enable_nestloop', 'off', true)"))
        self.env.execute_query(
            SQL(
                """
                WITH lost AS (
                    DELETE FROM channel_level_pending pending
                     WHERE NOT EXISTS (SELECT FROM channel_level level
                                        WHERE level.id = pending.level_id)
                ),
                newest AS MATERIALIZED (
                    SELECT pending.level_id, max(pending.id) AS id
                      FROM channel_level_pending pending
                      JOIN channel_channel channel ON channel.id = pending.channel_id
                     WHERE channel.state <> 'live' OR NOT channel.active
                     GROUP BY pending.level_id HAVING count(*) > 1
                )
                DELETE FROM channel_level_pending older USING newest
                 WHERE older.level_id = newest.level_id AND older.id < newest.id
                RETURNING older.id
                """
            )
        )
        self.env.execute_query(SQL("SELECT set_config('enable_nestloop', 'on', true)"))
