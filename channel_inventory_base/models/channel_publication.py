# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import re
from dataclasses import asdict

from odoo import api, fields, models
from odoo.tools import SQL

from .. import exceptions, schemas
from ..db.flying import ANSWERED_LANE, FLYING_LINE
from ..lib.flight import Flight
from ..tools.readable import readable

CAPTURE_SECONDS = 2
"""From the time of a deduction until others see it, as a rule."""


class ChannelPublication(models.Model):
    """One outbound request for a batch of levels.

    Key and payload are committed before the request is first sent and never change; a
    retry resends both. States: ``ready`` (frozen), ``sending`` (handed to the network,
    the outcome may be unknown), ``accepted`` (answered, and some of it not applied yet:
    ``channel.settler``), ``done`` (answered line by line), ``void`` (the channel burnt
    the key, the levels were queued again), ``dead`` (refused as a whole).
    """

    _name = "channel.publication"
    _description = "Publication"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "trace"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    key = fields.Char(required=True, readonly=True, help="Idempotency key")
    trace = fields.Char(required=True, readonly=True, index=True)
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("sending", "Sending"),
            ("accepted", "Accepted"),
            ("done", "Answered"),
            ("void", "Superseded"),
            ("dead", "Dead letter"),
        ],
        default="ready",
        required=True,
        readonly=True,
    )
    payload = fields.Text(required=True, readonly=True, help="Payload as sent")
    noted = fields.Json(
        readonly=True, help="Lines that were sent, where each is a request of its own"
    )
    answer = fields.Text(readonly=True)
    error = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    again = fields.Selection(
        [("unsent", "Not processed"), ("lost", "Response lost")],
        string="Sent Again",
        readonly=True,
        help="Its quantities stay pending and are sent again in a new publication.",
    )
    lane = fields.Char(
        readonly=True, help="For mass changes: requests that are answered later"
    )
    ticket = fields.Char(readonly=True, help="The channel's own number for the request")
    ask_at = fields.Datetime(readonly=True, help="When its outcome is asked for next")
    watch_at = fields.Datetime(
        readonly=True, help="When overtaken quantities are looked at next"
    )
    is_stuck = fields.Boolean(
        readonly=True, help="Its quantities were sent by other requests."
    )
    sent_at = fields.Datetime(readonly=True, help="First sent")
    acked_at = fields.Datetime(readonly=True, index=True)
    line_ids = fields.One2many("channel.publication.line", "publication_id")
    line_count = fields.Integer(compute="_compute_line_count")
    readable_payload = fields.Text(compute="_compute_readable")
    readable_answer = fields.Text(compute="_compute_readable")
    discard_reason = fields.Char(readonly=True)

    _key_uniq = models.UniqueIndex("(key)")
    _open_idx = models.Index("(channel_id) WHERE state IN ('ready', 'sending')")
    _accepted_idx = models.Index("(channel_id) WHERE state = 'accepted'")
    _dead_idx = models.Index("(channel_id) WHERE state = 'dead'")

    @api.depends("line_ids")
    def _compute_line_count(self):
        counts = dict(
            self.env["channel.publication.line"]._read_group(
                [("publication_id", "in", self.ids)], ["publication_id"], ["__count"]
            )
        )
        for publication in self:
            publication.line_count = counts.get(publication, 0)

    @api.depends("payload", "answer")
    def _compute_readable(self):
        for publication in self:
            publication.readable_payload = readable(publication.payload)
            publication.readable_answer = readable(publication.answer)

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Dead letters: compute the numbers anew and send them under a new key."""
        self._require_role("operator")
        dead = self.filtered(lambda each: each.state == "dead")
        for publication in dead:
            self.env["channel.level.pending"]._add(
                publication.line_ids.level_id, force=True, trace=publication.trace
            )
        # sudo: operators retry; only the publisher writes publications otherwise
        dead.sudo().write({"state": "void"})
        dead.channel_id._wake("_job_publish")

    def action_discard(self):
        self._require_role("operator")
        # sudo: operators discard; only the publisher writes publications otherwise
        self.filtered(lambda each: each.state == "dead").sudo().write({"state": "void"})
        for publication in self:
            publication._resolve_refusals()

    # ------------------------------------------------------------ business
    def _get_lane(self):
        """:return: schemas.Lane that it was sent by"""
        lanes = self.channel_id._capabilities().lanes
        known = (lane for lane in lanes if lane.name == self.lane)
        # the channel may not have it any more; what it has taken, it has
        return next(known, schemas.Lane(self.lane, 0))

    def _get_lane_options(self):
        """The parameter that an adapter's methods get for a batch of a lane."""
        return {"lane": self.lane} if self.lane else {}

    @api.model
    def _note(self, key, results):
        """Note what has become of lines of a batch that is being sent, until all of it
        is settled.

        :param results: schemas.LineResult
        :raise UncertainError: another worker took the batch over from this one, which
            must not send anything more of it
        """
        noted = json.dumps({each.line_id: asdict(each) for each in results})
        rows = self.env.execute_query(
            SQL(
                "UPDATE channel_publication "
                "SET noted = COALESCE(noted, '{}') || %s::jsonb "
                "WHERE key = %s RETURNING state",
                noted,
                key,
            )
        )
        if rows and rows[0][0] != "sending":
            words = self.env._("Another worker is publishing these quantities.")
            raise exceptions.UncertainError(words, code="TAKEN_OVER")

    def _get_noted(self):
        """:return: list of schemas.LineResult, see ``_note``"""
        return [schemas.LineResult(**each) for each in (self.noted or {}).values()]

    def _get_cause_key(self):
        """Refusals that differ only in numbers and names have one cause."""
        cause = re.sub(r"\d+|“[^”]*”|\"[^\"]*\"|'[^']*'", "", self.error or "")
        return f"publication:{cause[:200]}"

    def _of_same_cause(self):
        """All dead letters that were refused for the same reason."""
        dead = self.search(
            [("channel_id", "in", self.channel_id.ids), ("state", "=", "dead")]
        )
        keys = {each._get_cause_key() for each in self}
        return dead.filtered(lambda each: each._get_cause_key() in keys) or self

    def _resolve_refusals(self):
        """The channel takes numbers: refusals that were tried again are over."""
        mine = [("channel_id", "=", self.channel_id.id)]
        # sudo: the cause was fixed, no matter by which user
        opened = (
            self.env["channel.exception"]
            .sudo()
            .search([*mine, ("category", "=", "publication"), ("state", "=", "open")])
        )
        if opened and not self.search_count([*mine, ("state", "=", "dead")], limit=1):
            opened._resolve(self.env._("The channel accepts quantities again."))

    # -------------------------------------------------------------- letter
    def _discard(self, reason):
        self._require_role("operator")
        dead = self.filtered(lambda each: each.state == "dead")
        # sudo: operators decide, only the publisher writes publications otherwise
        dead.sudo().write({"discard_reason": reason})
        dead.action_discard()
        for publication in dead:
            self.env["channel.audit"]._log(
                "operator",
                publication.channel_id,
                self.env._("Publication discarded: %s", reason),
                record=publication,
                trace=publication.trace,
            )


class ChannelPublicationLine(models.Model):
    """One quantity in a publication, with its calculation. SOLD units."""

    _name = "channel.publication.line"
    _description = "Publication Line"
    _inherit = ["channel.explained", "channel.cause", "channel.guarded"]
    _order = "id"
    _log_access = False
    _rec_name = "level_id"

    publication_id = fields.Many2one(
        "channel.publication",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    channel_id = fields.Many2one(related="publication_id.channel_id")
    company_id = fields.Many2one(related="publication_id.company_id")
    sent_at = fields.Datetime(related="publication_id.sent_at")
    acked_at = fields.Datetime(related="publication_id.acked_at")
    level_id = fields.Many2one(
        "channel.level", required=True, readonly=True, ondelete="cascade", index=True
    )
    quantity = fields.Integer(readonly=True, required=True, help="Quantity sent")
    base = fields.Integer(
        readonly=True, required=True, help="Expected quantity on the channel"
    )
    deducted = fields.Integer(
        readonly=True, required=True, help="Known deductions at computation"
    )
    inputs = fields.Json(readonly=True, help="Inputs of the quantity")
    since = fields.Datetime(readonly=True, help="Commit time of its cause")
    cause_trace = fields.Char(readonly=True, index="btree_not_null")
    queued_at = fields.Datetime(readonly=True, help="When it was planned and queued")
    frozen_at = fields.Datetime(readonly=True, help="When it was taken off the queue")
    result = fields.Selection(
        [
            ("open", "Waiting"),
            ("accepted", "Accepted, not applied yet"),
            ("acked", "Acknowledged"),
            ("stale", "Rejected as stale"),
            ("rejected", "Rejected"),
            ("retry", "To be resent"),
            ("late", "Not applied"),
            ("replaced", "Superseded"),
        ],
        default="open",
        required=True,
        readonly=True,
    )
    due_at = fields.Datetime(
        readonly=True, help="When the channel should display an accepted quantity"
    )
    applied_at = fields.Datetime(
        readonly=True, help="When the channel was seen to display it"
    )
    # what the channel showed just before this was sent; NULL where nothing was read
    shown = fields.Integer(readonly=True)
    stood = fields.Boolean(readonly=True, help="Displayed already, so it was not sent")
    code = fields.Char(readonly=True)
    message = fields.Char(readonly=True)
    seconds = fields.Float(
        compute="_compute_seconds", help="From the commit of the cause to the response"
    )
    why = fields.Html(compute="_compute_why", sanitize=False)

    _applied_idx = models.Index("(applied_at) WHERE applied_at IS NOT NULL")

    def _get_cause_trace(self):
        return self.cause_trace

    @api.depends("since", "acked_at", "applied_at")
    def _compute_seconds(self):
        for line in self:
            done_at = line.applied_at or line.acked_at
            done = done_at and line.since and line.result == "acked"
            line.seconds = (done_at - line.since).total_seconds() if done else 0

    @api.depends("inputs")
    def _compute_why(self):
        for line in self:
            line.why = self.env["channel.level"]._render_why(line.inputs)

    @api.model
    def _insert(self, publication, rows):
        """Insert lines in one statement; ids come back in the order of ``rows``.

        :param rows: tuples (level_id, quantity, base, deducted, since, trace,
            queued_at)
        """
        values = SQL(", ").join(
            SQL("(%s, %s, %s, %s, %s, %s, %s, %s)", index, *row)
            for index, row in enumerate(rows)
        )
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_publication_line
                       (publication_id, level_id, quantity, base, deducted, since,
                        cause_trace, queued_at, frozen_at, inputs, result)
                SELECT %s, level_id, quantity, base, deducted, row.since::timestamp,
                       row.trace, row.queued_at::timestamp,
                       clock_timestamp() AT TIME ZONE 'UTC', known.inputs, 'open'
                  FROM (VALUES %s) AS row
                       (position, level_id, quantity, base, deducted, since, trace,
                        queued_at)
                  LEFT JOIN channel_level_inputs known USING (level_id)
                 ORDER BY row.position
                RETURNING id
                """,
                publication.id,
                values,
            )
        )
        return [line_id for (line_id,) in inserted]

    @api.model
    def _find_flights(self, level_ids):
        """:return: level id -> its numbers that are on their way, oldest first"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.level_id, line.quantity, line.base, line.deducted,
                       line.shown, line.due_at IS NOT NULL,
                       COALESCE(since.sold, 0)::int, COALESCE(since.returned, 0)::int
                  FROM channel_publication_line line
                  JOIN channel_publication publication
                    ON publication.id = line.publication_id
                  JOIN channel_level level ON level.id = line.level_id
                  LEFT JOIN LATERAL (
                        SELECT sum(each.quantity) FILTER (WHERE each.quantity > 0)
                                   AS sold,
                               -sum(each.quantity) FILTER (WHERE each.quantity < 0)
                                   AS returned
                          FROM channel_deduction each
                         WHERE each.listing_id = level.listing_id
                           AND each.node_id = level.node_id
                           -- written before it could be seen by whoever froze
                           AND each.created_at > line.frozen_at
                                                 - make_interval(secs => %s)) since
                       ON true
                 WHERE line.level_id = ANY(%s) AND %s AND NOT %s
                 ORDER BY line.id
                """,
                CAPTURE_SECONDS,
                level_ids,
                FLYING_LINE,
                ANSWERED_LANE,
            )
        )
        flights = {}
        for level_id, *facts in rows:
            flights.setdefault(level_id, []).append(Flight(*facts))
        return flights
