# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

from odoo import api, models
from odoo.tools import SQL

from ..lib.one_line import one_line
from ..schemas import BEING_SENT, PushResult


class ChannelPublicationOutcome(models.AbstractModel):
    """What becomes of a publication's levels once the channel has answered, or nobody
    knows whether it has."""

    _name = "channel.publication.outcome"
    _description = "Outcome of Publications"

    @api.model
    def _settle(self, publication, result):
        """Write down what the channel answered, line by line.

        :param result: schemas.PushResult
        :return: status -> its lines
        """
        results = self._get_results(publication.channel_id, result)
        grouped = self._group(publication, results)
        lines = publication.line_ids.browse()
        self._store_results(publication, results)
        self._settle_acked(publication, grouped.get("acked", lines))
        self._settle_accepted(publication, grouped.get("accepted", lines))
        self._settle_stale(grouped.get("stale", lines))
        self._settle_rejected(grouped.get("rejected", lines), results)
        self._queue_lines(grouped.get("retry", lines))
        publication.write(
            {
                "state": "accepted" if "accepted" in grouped else "done",
                "answer": (result.answer or "")[:100_000],
                "noted": False,
            }
        )
        self._stamp_answer(publication)
        return grouped

    def _get_results(self, channel, result):
        """:return: line id -> its result"""
        results = {each.line_id: each for each in result.results}
        accepted = any(each.status == "accepted" for each in result.results)
        if not accepted or channel._capabilities().applies:
            return results
        # accepted by a channel that applies at once: it shows it
        return {
            line_id: replace(each, status="acked")
            if each.status == "accepted"
            else each
            for line_id, each in results.items()
        }

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
                "(%s, %s, %s, %s, %s::int, %s)",
                each.line_id,
                each.status,
                each.code,
                one_line(each.message),
                each.shown,
                not each.sent,
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
                       SET result = row.status, code = row.code, message = row.message,
                           shown = row.shown, stood = row.stood
                      FROM (VALUES %s)
                           AS row (line_id, status, code, message, shown, stood)
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

    def _settle_accepted(self, publication, lines):
        """The channel will show what was sent: known from now on, so that it is not
        sent again. ``channel.settler`` sees whether that comes true."""
        if not lines:
            return
        self._expect(lines)
        self._take_as_sent(publication, lines)

    def _take_as_sent(self, publication, lines):
        """What was sent is what we know of the channel from now on."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET state = 'known', base_qty = line.quantity,
                       base_deducted = line.deducted, publication_id = %s
                  FROM channel_publication_line line
                 WHERE line.id = ANY(%s) AND remote.level_id = line.level_id
                RETURNING remote.id
                """,
                publication.id,
                list(lines.ids),
            )
        )

    def _assume_accepted(self, publication, error):
        """Nobody knows whether it was accepted: its numbers may be applied at any time
        from now on, also after those that are sent in their place."""
        if publication.channel_id._capabilities().notes_sent and not publication.lane:
            lost = self._settle_noted(publication)
        else:
            lost = publication.line_ids
            self._queue_lines(lost)
        publication.error = error
        if not lost:
            return
        self._expect(lost)
        publication.state = "accepted"
        if publication.lane:
            self.env["channel.lane"]._lose(publication)
        self._stamp_answer(publication)

    def _settle_noted(self, publication):
        """Settle what was noted while it was sent; all else is queued again.

        :return: lines of which nobody knows, queued again as well
        """
        noted = publication._get_noted()
        lost = [each.line_id for each in noted if each.status == BEING_SENT]
        results = [
            replace(each, status="retry") if each.line_id in lost else each
            for each in noted
        ]
        grouped = self._settle(publication, PushResult(tuple(results)))
        self.env["channel.audit"]._log_publication(publication, grouped)
        return publication.line_ids.browse(lost)

    def _expect(self, lines):
        """From now on the channel may show these numbers, and before long should."""
        channel = lines.channel_id
        applies = channel._capabilities().applies
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_publication_line
                   SET result = 'accepted',
                       due_at = clock_timestamp() AT TIME ZONE 'UTC'
                                + make_interval(secs => %s)
                 WHERE id = ANY(%s) RETURNING id
                """,
                applies,
                list(lines.ids),
            )
        )
        channel._wake("_job_observe", seconds=applies + 1)

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
                    "%(channel)s rejected the quantity %(quantity)s for %(level)s: "
                    "%(reason)s",
                    channel=line.channel_id.name,
                    quantity=line.quantity,
                    level=line.level_id.display_name,
                    reason=results[line.id].message or results[line.id].code,
                ),
                suggestion=self.env._(
                    "Correct the item on the channel, or ignore the listing. It is "
                    "retried automatically every 15 minutes."
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
