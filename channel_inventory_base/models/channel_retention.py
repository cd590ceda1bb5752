# SPDX-License-Identifier: AGPL-3.0-or-later
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..db import personal
from ..db.transaction import own_transaction
from ..tools.labels import label_of

BATCH = 2000
FEW = BATCH // 20
"""Of records that have up to hundreds of lines each."""
RUN_SECONDS = 60
REMOVED = {"publication": ("channel.publication", "channel.publication.line")}
"""Kinds that remove rows whose absence the audit trail must be able to explain."""


@dataclass(frozen=True)
class FewAtOnce:
    """A step that touches FEW records at the most."""

    step: object


class ChannelRetention(models.Model):
    """How long payloads, logs and personal data are kept: one record a kind.

    How it works: once a day, in batches with transactions of their own, so that a
    backlog of years locks nothing for long; the rest is processed the next day. Facts
    stay: events and their times, requests and results, quantities, amounts, and the
    audit trail, which has a retention of its own.
    """

    _name = "channel.retention"
    _description = "Retention"
    _inherit = ["channel.guarded"]
    _order = "sequence, id"
    _rec_name = "kind"
    _log_access = False

    sequence = fields.Integer(default=10)
    kind = fields.Selection(
        [
            ("body", "Bodies of inbox events"),
            ("event", "Inbox events"),
            ("publication", "Publications"),
            ("by_hand", "Quantities published by hand"),
            ("personal", "Personal data of finished orders"),
        ],
        required=True,
        readonly=True,
    )
    days = fields.Integer(
        required=True,
        help="0: keep forever. Personal data of a channel is blanked earlier where its "
        "own settings say so.",
    )
    what = fields.Char(compute="_compute_what", string="Effect")
    last_run = fields.Datetime(readonly=True)
    last_count = fields.Integer(
        string="Records", readonly=True, help="Dealt with in the last run"
    )

    _kind_uniq = models.UniqueIndex("(kind)")
    _days_positive = models.Constraint("CHECK (days >= 0)", "Days cannot be negative.")

    @api.depends("kind")
    def _compute_what(self):
        effects = self._get_effects()
        for retention in self:
            retention.what = effects.get(retention.kind)

    def _get_effects(self):
        """:return: {kind: what it does}"""
        return {
            "body": self.env._(
                "The raw body is blanked: the event can no longer be replayed"
            ),
            "event": self.env._("The event is deleted; its order and audit trail stay"),
            "publication": self.env._(
                "Request, response and lines are deleted; the levels' remote state "
                "stays"
            ),
            "by_hand": self.env._(
                "Files are deleted with their quantities, once each of these was read "
                "on the channel"
            ),
            "personal": self.env._(
                "Name, addresses, phone number and notes are blanked: in the order, "
                "its refunds, events, notifications, exceptions and chatter, in dead "
                "letters and in closed exceptions. Contacts and documents of Odoo are "
                "not changed"
            ),
        }

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        if "days" not in vals or self.env.su:
            return super().write(vals)
        self._check_answers_for_all()
        before = {retention: retention.days for retention in self}
        result = super().write(vals)
        for retention, days in before.items():
            if days != retention.days:
                self.env["channel.audit"]._log(
                    "control",
                    self.env["channel.channel"],
                    self.env._(
                        "Retention of %(kind)s: from %(before)s to %(after)s days",
                        kind=label_of(retention, "kind", retention.kind),
                        before=days,
                        after=retention.days,
                    ),
                    record=retention,
                )
        return result

    def _check_answers_for_all(self):
        """It is the data of all companies that is blanked.

        :raise AccessError: the user may not work in each that has a channel
        """
        # sudo: which companies have channels, archived ones included
        channels = self.env["channel.channel"].sudo().with_context(active_test=False)
        companies = channels._read_group([], aggregates=["company_id:recordset"])
        if companies[0][0] - self.env.user.company_ids:
            raise AccessError(
                self.env._(
                    "Retention is the same for all companies, and some of them are not "
                    "yours: ask a manager who works for all of them."
                )
            )

    # ------------------------------------------------------------ business
    @api.model
    def _cron_retention(self):
        end = time.monotonic() + RUN_SECONDS
        # also those that keep all: a channel may ask for less
        for retention in self.search([("days", ">=", 0)]):
            retention._run(end)

    def _run(self, end):
        """Batch by batch, until nothing is left or the time is up."""
        count = 0
        steps = getattr(self, f"_steps_{self.kind}")() if self.days else ()
        for step in (*self._get_channel_steps(), *steps):
            count += self._repeat(step, end)
        if not self.days and not count:
            return
        now = fields.Datetime.now()
        self.write({"last_run": now, "last_count": count})
        if count and self.kind in REMOVED:
            self.env["channel.audit"]._log_retention(
                REMOVED[self.kind], now - timedelta(days=self.days), count
            )

    @api.model
    def _repeat(self, step, end):
        """:return: how many records it has touched, until none were left or the time
        was up"""
        full = BATCH
        if isinstance(step, FewAtOnce):
            step, full = step.step, FEW
        count, done = 0, full
        while done == full and time.monotonic() < end:
            with own_transaction(self.env) as env:
                done = len(self._do(env, step))
            count += done
        return count

    @api.model
    def _do(self, env, step):
        """:return: a row for each that it has touched"""
        return env.execute_query(step) if isinstance(step, SQL) else step(env)

    def _due(self, column):
        return SQL(
            "%s < now() AT TIME ZONE 'UTC' - make_interval(days => %s)",
            SQL.identifier(*column.split(".")),
            self.days,
        )

    # ---------------------------------------------------------------- steps
    # Each is one statement that touches BATCH rows at the most, and returns them. Rows
    # that somebody works on are left for the next time.
    def _steps_body(self):
        yield SQL(
            """
            UPDATE channel_inbox_event SET body = NULL
             WHERE id IN (SELECT id FROM channel_inbox_event
                           WHERE state IN ('done', 'ignored') AND body IS NOT NULL
                             AND %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("received_at"),
            BATCH,
        )

    def _steps_event(self):
        yield SQL(
            """
            DELETE FROM channel_inbox_event
             WHERE id IN (SELECT id FROM channel_inbox_event event
                           WHERE state IN ('done', 'ignored') AND %s
                             AND NOT EXISTS (SELECT FROM channel_inbox_event
                                              WHERE corrects_id = event.id)
                           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            self._due("received_at"),
            BATCH,
        )

    def _steps_publication(self):
        yield FewAtOnce(
            SQL(
                """
                DELETE FROM channel_publication
                 WHERE id IN (SELECT id FROM channel_publication
                               WHERE state IN ('done', 'void') AND %s
                               ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
                RETURNING id
                """,
                self._due("write_date"),
                FEW,
            )
        )

    def _steps_by_hand(self):
        yield FewAtOnce(self._drop_files)

    def _drop_files(self, env):
        """Not those by which it is known what a channel was told."""
        rows = env.execute_query(
            SQL(
                """
                SELECT id FROM channel_hand_upload upload
                 WHERE %s AND NOT EXISTS (
                        SELECT FROM channel_hand_upload_line line
                         WHERE line.upload_id = upload.id AND line.state = 'told')
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                """,
                self._due("upload.create_date"),
                FEW,
            )
        )
        # sudo: whoever has exported them; Odoo's own way removes the files too
        uploads = env["channel.hand.upload"].sudo().browse(row[0] for row in rows)
        uploads.unlink()
        return rows

    def _steps_personal(self):
        order_note = self.env._("Blanked with the personal data of its order.")
        event_note = self.env._(
            "Its body was blanked with the personal data, by retention: it cannot be "
            "retried. Fetch its order again, or discard it."
        )
        received, told = self._due("received_at"), self._due("last_seen")
        for statement in (
            personal.blank_orders(
                self._due("finished.write_date"),
                BATCH,
                order_note,
                self._get_order_parts(),
            ),
            personal.blank_dead_events(received, BATCH, event_note),
            personal.blank_exceptions(told, BATCH),
        ):
            yield partial(self._blank, statement)
        yield personal.blank_events(received, BATCH)
        yield personal.blank_failed_jobs(self._due("date_created"), BATCH)

    # ------------------------------------------- steps of what channels ask for
    def _get_channel_steps(self):
        """Where a channel wants its customers forgotten earlier than all others."""
        if self.kind != "personal":
            return
        order_note = self.env._("Blanked with the personal data of its order.")
        event_note = self.env._(
            "Its body was blanked with the personal data, as its channel asks for: it "
            "cannot be retried. Fetch its order again, or discard it."
        )
        received = self._due_there("channel_inbox_event", "received_at")
        told = self._due_there("channel_exception", "last_seen")
        for statement in (
            personal.blank_orders(
                self._due_there("finished", self._get_left_at()),
                BATCH,
                order_note,
                self._get_order_parts(),
            ),
            personal.blank_dead_events(received, BATCH, event_note),
            personal.blank_exceptions(told, BATCH),
        ):
            yield partial(self._blank, statement)
        yield personal.blank_bodies(received, BATCH)
        # a traceback names no channel: the strictest one counts
        yield personal.blank_failed_jobs(
            SQL(
                """
                date_created < now() AT TIME ZONE 'UTC' - make_interval(days => (
                    SELECT min(personal_days) FROM channel_channel
                     WHERE personal_days > 0))
                """
            ),
            BATCH,
        )

    def _due_there(self, table, moment):
        """Condition: the channel's own days have passed.

        :param table: name or alias of what has a ``channel_id``
        :param moment: a column of it, or an expression
        """
        if isinstance(moment, str):
            moment = SQL.identifier(table, moment)
        return SQL(
            """
            EXISTS (SELECT FROM channel_channel keeper
                     WHERE keeper.id = %s AND keeper.personal_days > 0
                       AND %s < now() AT TIME ZONE 'UTC'
                                - make_interval(days => keeper.personal_days))
            """,
            SQL.identifier(table, "channel_id"),
            moment,
        )

    def _get_left_at(self):
        """Hook: when the last goods of the order ``finished`` have left, as far as that
        is known; else when it was last touched."""
        return SQL("finished.write_date")

    def _get_order_parts(self):
        """:return: list of ``personal.OrderParts``; an addon adds its own"""
        return []

    @api.model
    def _blank(self, statement, env):
        rows = env.execute_query(statement)
        files = rows[0][1] if rows else None
        # sudo: whoever has put them there; by Odoo's own way, which removes them from
        # the file store too
        env["ir.attachment"].sudo().browse(files or []).unlink()
        return rows
