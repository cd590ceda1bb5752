# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid

from odoo import fields, models
from odoo.tools import SQL

from ..db.published import PUBLISHED
from ..db.transaction import LOCK_ALLOCATE, own_transaction
from ..schemas import LevelEntry
from .channel_level import EXPECTED_REMOTE

STATE = "snapshot"
"""Key of the shared state that has the time of the last document."""


class ChannelPublisherSnapshot(models.AbstractModel):
    """Publisher for partners that get all numbers in one document, at times that were
    agreed (``Capabilities.snapshot``, ``publish_times`` and ``publish_minutes`` of the
    channel).

    What is missing in such a document may count as gone, so each has every level, zeros
    included; a listing that is not sold any more is in it once more, as 0. The whole is
    read in one statement when the document is frozen. Lines are written only for levels
    that have changed since the last one: an hourly document of 100,000 numbers leaves
    no 100,000 rows.
    """

    _name = "channel.publisher.snapshot"
    _description = "Publisher of Snapshots"
    _inherit = ["channel.publisher"]

    def _attend(self, channel, end):
        # by the clock
        return self._publish_all(channel, end)[0]

    def _freeze(self, channel, only=None):
        # not in the job's transaction, which shows what was there when it began: not
        # even the document that this run has just made
        with own_transaction(self.env) as env:
            wait = env[self._name]._seconds_until_due(channel.with_env(env))
        publication_id = None
        if not wait:
            # what is stored counts even if no planner has got to it
            self.env["channel.planner"]._run({channel.id})
            publication_id, wait = self._freeze_when_due(channel)
        if wait:
            channel._wake("_job_publish", seconds=wait)
        return publication_id

    def _freeze_when_due(self, channel):
        """:return: (id of a publication or None, seconds until one may be made)"""
        with own_transaction(self.env) as env:
            own_channel = env["channel.channel"].browse(channel.id)
            if not own_channel._may_publish():
                return None, 0
            # with the document: of two workers the second sees that it is made, and
            # whoever dies between the two would make another
            state = env["channel.shared.state"]._lock(channel.id, STATE)
            publisher = env[self._name]
            if wait := publisher._seconds_until_due(own_channel):
                return None, wait
            publisher._make_missing(own_channel)
            publication = publisher._take_all(own_channel)
            if publication:
                state.value["at"] = env["channel.intake"]._database_time().isoformat()
                state._save()
        return publication and publication.id, 0

    def _seconds_until_due(self, channel):
        """:return: 0 when a document may be made now, as far as the transaction of
        ``channel`` can see"""
        last = channel._get_shared_state(STATE).get("at")
        if not last:
            return 0
        intake = self.env["channel.intake"]
        due = channel._get_publish_due(intake._parse_time(last))
        return max(0, (due - intake._database_time()).total_seconds())

    def _make_due(self, channel):
        """The partner does not have the last document: the next one is due at once."""
        state = self.env["channel.shared.state"]._lock(channel.id, STATE)
        state.value.pop("at", None)
        state._save()

    def _queue_untold(self, publication):
        self._make_due(publication.channel_id)
        return super()._queue_untold(publication)

    def _take_all(self, channel):
        """Take the queue off and freeze all numbers as they are now.

        :return: a publication; None where nothing has changed, and documents are made
            only when something has
        """
        rows = self._read_all(channel)
        changed = [row for row in rows if self._has_changed(row)]
        if not rows or not (changed or channel._has_windows()):
            return None
        publication = self.env["channel.publication"].create(
            {
                "channel_id": channel.id,
                "key": str(uuid.uuid4()),
                "trace": uuid.uuid4().hex,
                "payload": "",
            }
        )
        now = fields.Datetime.now()
        values = [
            (row["level_id"], row["quantity"], row["expected"] or 0)
            + (row["deducted"], row["since"] or now, row["trace"], row["queued_at"])
            for row in changed
        ]
        lines = self.env["channel.publication.line"]
        line_ids = lines._insert(publication, values) if values else []
        lines = {
            row["level_id"]: line_id
            for row, line_id in zip(changed, line_ids, strict=True)
        }
        entries = [
            LevelEntry(
                lines.get(row["level_id"], 0),
                row["stock_ref"],
                row["node_ref"],
                row["quantity"],
                row["expected"],
            )
            for row in rows
        ]
        publication.payload = channel._adapter()._prepare_push(
            channel, entries, publication.trace
        )
        return publication

    @staticmethod
    def _has_changed(row):
        return row["force"] or row["quantity"] != row["expected"]

    def _read_all(self, channel):
        """All numbers of the channel, with what is known of each.

        ``expected`` None: nobody knows what the partner has. A number that would rise
        waits for the plan of a change that is not planned yet.
        """
        self._settle_all_shares(channel)
        cr = self.env.cr
        cr.execute(
            SQL(
                """
                WITH taken AS (
                    DELETE FROM channel_level_pending WHERE channel_id = %(channel)s
                    RETURNING level_id, force, since, trace, queued_at
                ),
                queued AS (
                    SELECT level_id, bool_or(force) AS force, min(since) AS since,
                           min(queued_at) AS queued_at,
                           (array_agg(trace ORDER BY since)
                                FILTER (WHERE trace IS NOT NULL))[1] AS trace
                      FROM taken GROUP BY level_id
                ),
                known AS (
                    SELECT level.id AS level_id, listing.stock_ref,
                           node.external_id AS node_ref, %(published)s AS published,
                           level.target, %(unplanned)s AS unplanned,
                           remote.base_qty + remote.base_deducted - %(expected)s
                               AS deducted,
                           CASE WHEN remote.state IN ('known', 'rejected')
                                THEN %(expected)s END AS expected
                      FROM channel_level level
                      JOIN channel_listing listing ON listing.id = level.listing_id
                      JOIN channel_node node ON node.id = level.node_id
                      JOIN channel_level_remote remote ON remote.level_id = level.id
                     WHERE level.channel_id = %(channel)s
                )
                SELECT known.level_id, stock_ref, node_ref, deducted, expected,
                       CASE WHEN NOT published THEN 0
                            WHEN unplanned THEN LEAST(target, expected)
                            ELSE target END AS quantity,
                       COALESCE(queued.force, false) AS force, queued.since,
                       queued.trace, queued.queued_at
                  FROM known LEFT JOIN queued ON queued.level_id = known.level_id
                 WHERE published OR expected <> 0
                 ORDER BY stock_ref, node_ref, known.level_id
                """,
                channel=channel.id,
                published=PUBLISHED,
                expected=EXPECTED_REMOTE,
                unplanned=SQL("(%s)", SQL(" OR ").join(self._unplanned_conditions())),
            )
        )
        return cr.dictfetchall()

    def _settle_all_shares(self, channel):
        """Numbers that channels share exclusively stay as they are until we commit."""
        [[shared]] = self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT FROM channel_level "
                "WHERE channel_id = %s AND share_state IS NOT NULL)",
                channel.id,
            )
        )
        if shared:
            self.env.execute_query(
                SQL("SELECT pg_advisory_xact_lock_shared(%s, 0)", LOCK_ALLOCATE)
            )

    def _forget(self, channel, now=True):
        """The partner does not have the last document: all numbers are unknown again.

        :param now: the next one is due at once; else when it is anyway
        """
        if now:
            # here, not in a transaction of its own: what is rolled back and done again
            # would send one document for each try
            self._make_due(channel)
            channel._wake("_job_publish")
        self.env.execute_query(
            SQL(
                "UPDATE channel_level_remote SET state = 'unknown' "
                "WHERE channel_id = %s RETURNING id",
                channel.id,
            )
        )
