from odoo import models
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..lib.one_line import one_line


class ChannelPublisher(models.AbstractModel):
    """What becomes of a publication's levels once the channel has answered."""

    _inherit = "channel.publisher"

    def _settle(self, publication_id, result):
        """Write down what the channel answered, line by line, in one transaction.

        :return: whether it came to anything for at least one line
        """
        with own_transaction(self.env) as env:
            publication = env["channel.publication"].browse(publication_id)
            results = {each.line_id: each for each in result.results}
            grouped = self._group(publication, results)
            lines = env["channel.publication.line"]
            publisher = env["channel.publisher"]
            publisher._store_results(publication, results)
            publisher._settle_acked(publication, grouped.get("acked", lines))
            publisher._settle_stale(grouped.get("stale", lines))
            publisher._settle_rejected(grouped.get("rejected", lines), results)
            publisher._queue_lines(grouped.get("retry", lines))
            publication.write(
                {
                    "state": "done",
                    "answer": (result.answer or "")[:100_000],
                }
            )
            publisher._stamp_answer(publication)
            env["channel.audit"]._log_publication(publication, grouped)
        return bool(grouped.keys() - {"retry"})

    @staticmethod
    def _group(publication, results):
        """:return: status -> its lines; without a result it is ``retry``"""
        ids = {}
        for line in publication.line_ids:
            status = results[line.id].status if line.id in results else "retry"
            ids.setdefault(status, []).append(line.id)
        return {
            status: publication.line_ids.browse(found) for status, found in ids.items()
        }

    def _stamp_answer(self, publication):
        """With the fractions of a second that the ORM would cut off."""
        publication.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE channel_publication "
                "SET acked_at = clock_timestamp() AT TIME ZONE 'UTC' "
                "WHERE id = %s RETURNING id",
                publication.id,
            )
        )
        publication.invalidate_recordset(["acked_at"])

    def _store_results(self, publication, results):
        """Results of lines without one are ``retry``: the adapter left them out."""
        rows = [
            SQL(
                "(%s, %s, %s, %s)",
                each.line_id,
                each.status,
                each.code,
                one_line(each.message),
            )
            for each in results.values()
        ]
        self.env.execute_query(
            SQL(
                "UPDATE channel_publication_line SET result = 'retry' "
                "WHERE publication_id = %s RETURNING id",
                publication.id,
            )
        )
        if rows:
            self.env.execute_query(
                SQL(
                    """
                    UPDATE channel_publication_line line
                       SET result = row.status, code = row.code, message = row.message
                      FROM (VALUES %s) AS row (line_id, status, code, message)
                     WHERE line.id = row.line_id AND line.publication_id = %s
                    RETURNING line.id
                    """,
                    SQL(", ").join(rows),
                    publication.id,
                )
            )

    def _settle_acked(self, publication, lines):
        """The channel shows what was sent, less what it has sold since the freeze.

        ``base_deducted`` is what was known at the freeze: a sale captured between send
        and answer lowers ``expected_remote`` all by itself.
        """
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET state = 'known', base_qty = line.quantity,
                       base_deducted = line.deducted, publication_id = %s,
                       acked_at = clock_timestamp() AT TIME ZONE 'UTC'
                  FROM channel_publication_line line
                 WHERE line.id = ANY(%s) AND remote.level_id = line.level_id
                RETURNING remote.id
                """,
                publication.id,
                list(lines.ids),
            )
        )
        self.env["channel.level"]._share_again(lines.level_id.ids)
        self.env["channel.exception"]._resolve_keys(
            publication.channel_id, [f"level:{line.level_id.id}" for line in lines]
        )
        publication._resolve_refusals()

    def _settle_stale(self, lines):
        """The channel showed something else: find out why before anything is sent."""
        if not lines:
            return
        self._set_remote_state(lines, "stale")
        lines.channel_id._explain_soon()

    def _settle_rejected(self, lines, results):
        if not lines:
            return
        self._set_remote_state(lines, "rejected")
        for line in lines:
            self.env["channel.exception"]._report(
                line.channel_id,
                "level",
                key=f"level:{line.level_id.id}",
                record=line.level_id,
                message=self.env._(
                    "%(channel)s refuses %(quantity)s for %(level)s: %(reason)s",
                    channel=line.channel_id.name,
                    quantity=line.quantity,
                    level=line.level_id.display_name,
                    reason=results[line.id].message or results[line.id].code,
                ),
                suggestion=self.env._(
                    "Correct the item on the channel, or ignore the listing. It is "
                    "tried again by itself every quarter of an hour."
                ),
            )

    def _set_remote_state(self, lines, state):
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote SET state = %s, seen_sum = NULL,
                       seen_at = NULL
                 WHERE level_id = ANY(%s) RETURNING id
                """,
                state,
                list(lines.level_id.ids),
            )
        )

    def _queue_lines(self, lines):
        """Queue the levels of ``lines`` again; their age is that of the first cause.

        Where a number overwrites what is shown, it may have been one that had to be
        sent although nothing seemed to differ.
        """
        channel = lines.channel_id[:1]
        self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_level_pending
                       (level_id, channel_id, urgent, force, since, trace)
                SELECT level.id, level.channel_id, line.quantity < line.base, %s,
                       line.since, line.cause_trace
                  FROM channel_publication_line line
                  JOIN channel_level level ON level.id = line.level_id
                 WHERE line.id = ANY(%s) RETURNING id
                """,
                bool(channel) and channel._capabilities().overwrites,
                list(lines.ids),
            )
        )
