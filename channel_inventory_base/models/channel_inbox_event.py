# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
import hashlib
import logging

from psycopg2.errors import LockNotAvailable

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .. import exceptions, schemas
from ..db.transaction import CONFLICTS, LOCK_ORDER, lock
from ..lib.events import unreadable_event
from ..lib.one_line import one_line
from ..lib.turns import Turns
from ..tools.readable import readable
from .channel_order import naive
from .channel_order_export import EXPORTED

_logger = logging.getLogger(__name__)

MAX_KEY = 400
NO_PATIENCE = 5
"""Milliseconds that a delivery waits for the lock of another worker."""
TAKEN_ALONG = 3
"""Others of its channel, at most, that a delivery holds before itself."""
AT_ONCE = Turns(share=0.25)
"""Of the time of a process of Odoo's that its requests may hold orders."""


# What a replayed event would do -> whether it is worth replaying.
OUTCOMES = {
    "new": True,
    "newer": True,
    "fetch": True,
    "unreadable": True,
    "same": False,
    "blank": False,
    "other": False,
}


class ChannelInboxEvent(models.Model):
    """One inbound event as received, stored before it is processed.

    ``new`` waits to be processed; ``done``; ``ignored`` was irrelevant; ``dead`` could
    not be parsed and waits for an operator. The raw body is never changed.
    """

    _name = "channel.inbox.event"
    _description = "Inbox Event"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "topic"
    _letter_content = "body"
    _log_access = False

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    source = fields.Selection(
        [
            ("webhook", "Webhook"),
            ("stream", "Event stream"),
            ("poll", "Poll"),
            ("fetch", "Fetched"),
            ("file", "File"),
            ("edited", "Corrected manually"),
        ],
        required=True,
        readonly=True,
    )
    kind = fields.Char(required=True, readonly=True)
    topic = fields.Char(required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="Unique in its channel")
    ref = fields.Char(readonly=True, help="The channel's id of its subject")
    body = fields.Text(readonly=True)
    occurred_at = fields.Datetime(readonly=True, help="Time by the channel's clock")
    received_at = fields.Datetime(readonly=True, required=True)
    processed_at = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("new", "New"),
            ("done", "Processed"),
            ("ignored", "Ignored"),
            ("dead", "Dead letter"),
        ],
        default="new",
        required=True,
        readonly=True,
    )
    error = fields.Char(readonly=True)
    order_id = fields.Many2one("channel.order", readonly=True, index="btree_not_null")
    trace = fields.Char(readonly=True, index=True)
    discard_reason = fields.Char(readonly=True)
    corrects_id = fields.Many2one(
        "channel.inbox.event", readonly=True, index="btree_not_null"
    )
    readable_body = fields.Text(compute="_compute_readable_body")

    _key_uniq = models.UniqueIndex("(channel_id, key)")
    _new_idx = models.Index("(id, channel_id) WHERE state = 'new'")
    _dead_idx = models.Index("(channel_id) WHERE state = 'dead'")
    # they come in the order of time: next to nothing to keep, and an hour is found
    _received_idx = models.Index("USING brin (received_at)")
    _processed_idx = models.Index("USING brin (processed_at)")

    @api.depends("body")
    def _compute_readable_body(self):
        for event in self:
            event.readable_body = readable(event.body)

    # ------------------------------------------------------------- actions
    def action_retry(self):
        self._require_role("operator")
        dead = self.filtered(lambda event: event.state == "dead" and event.body)
        if not dead and any(event.state == "dead" for event in self):
            raise UserError(
                self.env._(
                    "Its body was blanked by retention: it cannot be retried. Fetch "
                    "its order again, or discard it."
                )
            )
        # sudo: operators retry, only the intake writes events otherwise
        dead.sudo().write({"state": "new"})
        dead.channel_id._wake("_job_intake")

    def action_discard(self):
        self._require_role("operator")
        # sudo: operators ignore them, only the intake writes events otherwise
        self.filtered(lambda event: event.state == "dead").sudo().write(
            {"state": "ignored"}
        )

    # --------------------------------------------------------------- store
    @api.model
    def _receive(self, channel, event, error=None, source="webhook"):
        """Store one event. The caller commits, and wakes the intake then.

        In a transaction that does not mind a twin arriving at the same moment
        (``db.transaction``): in one of Odoo's it would be a conflict.

        :param error: why it makes no sense: then it is a dead letter
        :return: the event, none if it is not a new one
        """
        new = self.browse(self._insert(channel, [self._told(channel, event)], source))
        if new and error:
            new._mark_dead(str(error))
        return new

    def _told(self, channel, event):
        """An event that does not say what has happened is news again whenever its order
        has changed since."""
        if not event.bare:
            return event
        key = f"{event.key}#{self._known_of(channel, event.ref)}"
        return dataclasses.replace(event, key=key)

    def _known_of(self, channel, ref):
        """A mark of the known state of an order: it differs after a change."""
        orders = self.env["channel.order"]
        order = orders.search(
            [("channel_id", "=", channel.id), ("external_id", "=", ref)], limit=1
        )
        return order.state if order.state == "gone" else order.version or ""

    @api.model
    def _receive_unreadable(self, channel, body, error):
        """Store a delivery that is genuine and makes no sense, as a dead letter.

        Refused it would be lost, and a channel that is refused often stops delivering.
        """
        text = body.decode("utf-8", "backslashreplace")
        values = unreadable_event(text)
        return self._receive(channel, schemas.InboundEvent(**values), error)

    @api.model
    def _store(self, channel, events, source):
        """Store events; one that is there already is left as it is.

        :param events: list of schemas.InboundEvent
        :return: how many were new
        """
        new = self._insert(channel, events, source) if events else []
        if new:
            # when they are committed: the caller's channel may be that of a job that
            # goes on for long
            channel.with_env(self.env)._wake("_job_intake")
        if len(new) < len(events) and source != "fetch":
            refs = [event.ref for event in events if event.kind == "order"]
            self.env["channel.order.lookup"]._doubt_gone(channel, refs)
        return len(new)

    def _insert(self, channel, events, source):
        """:return: ids of those that were new"""
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_inbox_event
                       (channel_id, company_id, source, kind, topic, key, ref, body,
                        occurred_at, received_at, state, trace)
                VALUES %s
                ON CONFLICT (channel_id, key) DO NOTHING RETURNING id
                """,
                SQL(", ").join(self._row(channel, event, source) for event in events),
            )
        )
        return [row[0] for row in rows]

    def _row(self, channel, event, source):
        return SQL(
            "(%s, %s, %s, %s, %s, %s, %s, %s, %s::timestamptz AT TIME ZONE 'UTC', "
            "clock_timestamp() AT TIME ZONE 'UTC', 'new', "
            "replace(gen_random_uuid()::text, '-', ''))",
            channel.id,
            channel.company_id.id,
            source,
            event.kind,
            event.topic,
            self._short_key(event.key),
            event.ref,
            event.body,
            event.occurred_at,
        )

    def _short_key(self, key):
        """A key that an index takes, however long what the channel calls it by is."""
        if len(key) <= MAX_KEY:
            return key
        digest = hashlib.sha256(key.encode()).hexdigest()
        return f"{key[: MAX_KEY - 65]}~{digest}"

    @api.model
    def _lock_next(self, channel=None, limit=1, without=()):
        """The oldest new events that no other worker has, locked.

        :param channel: None: of all channels that take orders
        :param without: ids of events that are left alone
        """
        whose = SQL(
            "channel_id IN (SELECT id FROM channel_channel "
            "WHERE active AND state <> 'draft')"
        )
        if channel:
            whose = SQL("channel_id = %s", channel.id)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM channel_inbox_event
                 WHERE %s AND state = 'new' AND id <> ALL(%s)
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                """,
                whose,
                list(without),
                limit,
            )
        )
        return self.browse(sorted(row[0] for row in rows))

    def _by_order(self):
        """Orders as they came in, for the first is served first; of one order the
        newest event, after which those before it are no news."""
        first = {}
        for event in self.sorted("id"):
            first.setdefault(event._about(), event.id)
        return self.sorted(lambda event: (first[event._about()], -event.id))

    def _about(self):
        return self.channel_id, self.ref or self.id

    @api.model
    def _read_again(self, channel, key):
        """Take in once more what was left as old: it is the newest after all, and has
        just been received again."""
        known = self._find_by_key(channel, key)
        if known.state == "done":
            known.write({"state": "new", "source": "fetch"})
            # by the database's clock, as all that is received
            self.env.execute_query(
                SQL(
                    "UPDATE channel_inbox_event SET received_at = "
                    "clock_timestamp() AT TIME ZONE 'UTC' WHERE id = %s RETURNING id",
                    known.id,
                )
            )
            known.invalidate_recordset(["received_at"])
            channel.with_env(self.env)._wake("_job_intake")

    @api.model
    def _report_dead_again(self, channel, key):
        """An order was retried, and its cause persists."""
        known = self._find_by_key(channel, key)
        if known.state == "dead":
            known._mark_dead(known.error or "")

    def _find_by_key(self, channel, key):
        return self.search(
            [("channel_id", "=", channel.id), ("key", "=", self._short_key(key))]
        )

    # ------------------------------------------------------------- process
    def _process_at_once(self, channel):
        """Hold what a delivery has sold before it is answered: in the transaction that
        has just stored it, where not many others wait to be processed.

        No lock is waited for. Whatever is in the way, the event stays stored, for the
        intake to process it; which takes several at once where there are many, for a
        third of what each costs by itself.

        :param channel: its channel, of which nothing has to be read any more
        :return: whether it is processed
        """
        self.ensure_one()
        if not AT_ONCE.begin():
            return False
        try:
            with self.env.cr.savepoint():
                return self._process_with_others(channel)
        except CONFLICTS:
            return False
        finally:
            AT_ONCE.end()

    def _process_with_others(self, channel):
        """Process the event after those that wait before it, if these are few: else one
        that was left behind would keep all after it waiting.

        :raise LockNotAvailable: one of them is in the hands of another worker
        """
        waiting = self._lock_next(channel, TAKEN_ALONG + 2)
        if self not in waiting or len(waiting) > TAKEN_ALONG + 1:
            return False
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", NO_PATIENCE))
        for event in waiting.filtered(lambda each: each.kind == "order")._by_order():
            if not event._process():
                raise LockNotAvailable
        return True

    def _process(self):
        """Process the event; one that cannot be parsed is a dead letter.

        :return: False if another worker holds the lock of its order: then it stays new
        """
        self.ensure_one()
        handler = getattr(self, f"_process_{self.kind}", self._process_other)
        try:
            with self.env.cr.savepoint():
                state = handler()
        except exceptions.ChannelError as error:
            return self._salvage(str(error))
        except LockNotAvailable:
            return False
        except CONFLICTS:
            # a conflict between transactions says nothing about the event
            raise
        except Exception as error:  # pylint: disable=broad-except
            # one event that breaks us must not stop all that come after it
            _logger.exception("event %s could not be processed", self.id)
            self._mark_dead(f"{type(error).__name__}: {error}")
        else:
            if self.error:
                # it was a dead letter and was tried again
                self._resolve_dead_letter()
            self.write({"state": state, "error": False, **self._stamp()})
        return True

    def _salvage(self, error):
        """The readable part of an order is held; the rest waits for an operator.

        :return: False if another worker holds the lock of its order: then it stays new
        """
        try:
            with self.env.cr.savepoint():
                self._hold_readable()
        except LockNotAvailable:
            return False
        except CONFLICTS:
            raise
        except Exception:  # pylint: disable=broad-except
            # the event is a dead letter anyway
            _logger.exception("nothing can be held of event %s", self.id)
        self._mark_dead(error)
        return True

    def _hold_readable(self):
        if self.kind != "order":
            return
        channel = self.channel_id
        try:
            data = channel._adapter()._salvage_order(channel, self.body)
        except exceptions.ChannelError:
            return
        if data:
            orders = self.env["channel.order"]
            self.order_id = orders._capture_salvaged(channel, data, self.trace)

    def _stamp(self):
        return {"processed_at": self.env["channel.hop"]._get_now()}

    def _process_order(self):
        channel = self.channel_id
        if self.topic == EXPORTED:
            return self._process_exported()
        data = channel._adapter()._parse_order(channel, self.body)
        answered_at = self.received_at if self.source == "fetch" else None
        order = self.env["channel.order"]._capture(
            channel, data, self.trace, answered_at
        )
        self.order_id = order
        if not data.complete and self.source != "fetch":
            order._want_after(data.version, self.received_at)
        if self.source != "fetch":
            order._doubt(data)
        return "done"

    def _process_exported(self):
        """An order of a file that a person has exported: it is held until the channel
        tells all of it. Of an order that is known in any way the file says less."""
        orders, channel = self.env["channel.order"], self.channel_id
        lock(self.env, LOCK_ORDER, f"{channel.id}:{self.ref}")
        known = orders.search(
            [("channel_id", "=", channel.id), ("external_id", "=", self.ref)]
        )
        if known:
            self.order_id = known
            return "ignored"
        self.order_id = orders._capture(
            channel, self._read_order(self.body), self.trace
        )
        return "done"

    def _read_order(self, body):
        """:return: schemas.OrderData, by the channel's own form or an export's"""
        channel = self.channel_id
        if self.topic == EXPORTED:
            return self.env["channel.order.export"]._parse(channel, body)
        return channel._adapter()._parse_order(channel, body)

    def _process_catalogue(self):
        self.channel_id._wake("_job_fetch_listings", seconds=60)
        return "done"

    def _process_level(self):
        """Stock was moved there. Orders tell what was sold; the number, where the
        event has one, tells what was applied, and what no order explains."""
        channel = self.channel_id
        states = channel._adapter()._parse_levels(channel, self.body)
        if not states:
            return "ignored"
        self.env["channel.observer"]._hear(channel, states, self.occurred_at)
        return "done"

    def _process_gone(self):
        """A delivery reports that our app was removed. What was delivered may be an old
        delivery, sent again: so the channel is asked, and what it answers counts."""
        self.channel_id._wake("_job_poll")
        return "done"

    def _process_privacy(self):
        """A legal request: a person has to answer it, with the event as its proof."""
        self.env["channel.exception"]._report(
            self.channel_id,
            "privacy",
            key=f"privacy:{self.key}",
            record=self,
            message=self.env._("Privacy request received: %s", self.topic),
            suggestion=self.env._("Answer it within the time the law gives you."),
        )
        return "done"

    def _process_unreadable(self):
        raise exceptions.MalformedDataError(
            self.env._("The payload is authentic but could not be parsed.")
        )

    def _process_other(self):
        return "ignored"

    def _mark_dead(self, message):
        """Give it to a person: by the name of its order, where that is known."""
        message = one_line(message)
        self.write({"state": "dead", "error": message[:1000], **self._stamp()})
        order = self.order_id
        self.env["channel.exception"]._report(
            self.channel_id,
            "malformed",
            key=f"event:{self.id}",
            record=order or self,
            message=self._get_dead_letter_message(message),
            suggestion=self.env._(
                "Its raw body is kept. Retry it when the cause is fixed, or discard it."
            ),
        )

    def _get_dead_letter_message(self, message):
        if not self.order_id:
            return self.env._(
                "Event %(topic)s cannot be read: %(error)s",
                topic=self.topic,
                error=message,
            )
        return self.env._(
            "%(order)s cannot be read (%(topic)s): %(error)s. Stock held for it: "
            "%(lines)s",
            order=self.order_id.name,
            topic=self.topic,
            error=message,
            lines=", ".join(
                line.display_name
                for line in self.order_id.line_ids
                if any(hold.state == "active" for hold in line.hold_ids)
            )
            or self.env._("nothing"),
        )

    def _resolve_dead_letter(self):
        """They are no dead letters any more, whatever else is open about an order."""
        exceptions = self.env["channel.exception"]
        exceptions._resolve_record(self)
        for event in self:
            exceptions._resolve_keys(event.channel_id, [f"event:{event.id}"])

    # ---------------------------------------------------------------- dead
    # What a person may do about an event: give it up, or say what it should have been.
    #
    # The raw body is never changed: a correction is an event of its own.
    def _discard(self, reason):
        """Dead letters are given up. Their bodies stay, and they can be replayed."""
        self._require_role("operator")
        dead = self.filtered(lambda event: event.state == "dead")
        # sudo: operators decide, only the intake writes events otherwise
        dead.sudo().write({"state": "ignored", "discard_reason": reason})
        for event in dead:
            self.env["channel.audit"]._log(
                "operator",
                event.channel_id,
                self.env._("%(topic)s: %(why)s", topic=event.topic, why=reason),
                record=event,
                trace=event.trace,
            )
        dead._resolve_dead_letter()

    def _correct(self, body):
        """Take ``body`` in instead of this dead letter.

        :return: the new event
        :raise UserError: it cannot be read either
        """
        self.ensure_one()
        self._require_role("operator")
        if self.state != "dead":
            raise UserError(self.env._("%s is no longer a dead letter.", self.topic))
        self._check_readable(body)
        # sudo: operators correct, only the intake writes events otherwise
        corrected = self.sudo().create(
            {
                **self._prepare_corrected_vals(),
                "body": body,
                "corrects_id": self.id,
            }
        )
        self._discard(self.env._("Corrected by %s", self.env.user.name))
        self.channel_id._wake("_job_intake")
        return corrected

    def _prepare_corrected_vals(self):
        count = self.search_count([("corrects_id", "=", self.id)])
        return {
            "channel_id": self.channel_id.id,
            "source": "edited",
            "kind": self._corrected_kind(),
            "topic": self.topic,
            "key": f"{self.key}~{count + 1}",
            "ref": self.ref,
            "occurred_at": self.occurred_at,
            "received_at": fields.Datetime.now(),
            "trace": self.trace,
        }

    def _corrected_kind(self):
        """An unreadable body is worth correcting if it is an order."""
        return "order" if self.kind == "unreadable" else self.kind

    def _check_readable(self, body):
        if self._corrected_kind() != "order":
            return
        try:
            self._read_order(body)
        except exceptions.ChannelError as error:
            raise UserError(
                self.env._("The corrected content cannot be read either: %s", error)
            ) from error

    # -------------------------------------------------------------- replay
    # Events looked at again: what would happen, and making it happen.
    #
    # Safe at any time, because capture is: an order is taken in once, and what is not
    # newer than what is known changes nothing.
    def _foresee(self):
        """Preview replaying these events, oldest first. Changes nothing.

        :return: list of (event, outcome of ``OUTCOMES``, order or None, words)
        """
        seen = {}
        return [
            (event, *event._foresee_one(seen))
            for event in self.sorted(lambda event: event.id)
        ]

    def _foresee_one(self, seen):
        """:param seen: channel's id of an order -> newest version foreseen so far"""
        if self.kind != "order":
            return "other", None, self.env._("Not an order: ignored")
        if not self.body:
            return "blank", self.order_id, self.env._("Its body was blanked")
        try:
            data = self._read_order(self.body)
        except exceptions.ChannelError as error:
            return "unreadable", None, str(error)
        version = naive(data.version)
        order = self.env["channel.order"].search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("external_id", "=", data.external_id),
            ]
        )
        outcome = self._outcome(order, data, version, seen.get(data.external_id))
        if OUTCOMES[outcome]:
            seen[data.external_id] = version
        return outcome, order, self._get_outcome_message(outcome, order, data)

    def _outcome(self, order, data, version, foreseen):
        if foreseen and version <= foreseen:
            return "same"
        if not order:
            return "newer" if foreseen else "new"
        if order._is_old(data, version):
            return "same"
        return "newer" if data.complete else "fetch"

    def _get_outcome_message(self, outcome, order, data):
        known = fields.Datetime.to_string(order.version) if order else ""
        return {
            "new": self.env._("Captures %s, a new order", data.name),
            "newer": self.env._("Updates %s", data.name),
            "fetch": self.env._("Fetches the newest version of %s", data.name),
            "same": self.env._(
                "Nothing: %(order)s is already up to date as of %(version)s",
                order=data.name,
                version=known or self.env._("an earlier event"),
            ),
        }[outcome]

    @api.model
    def _replay(self, events):
        """Process these events again, by the next intake.

        One that is being processed at this moment is not touched.

        :return: how many
        """
        events._require_role("operator")
        # sudo: operators replay, only the intake writes events otherwise
        chosen = events.sudo().filtered(
            lambda event: event.state != "new" and event.body
        )
        chosen = chosen.try_lock_for_update()
        chosen.write({"state": "new"})
        self.env["channel.exception"]._note_retry(chosen)
        chosen.channel_id._wake("_job_intake")
        return len(chosen)
