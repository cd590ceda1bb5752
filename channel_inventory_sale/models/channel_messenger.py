# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
import logging
import math
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    LOCK_SEND,
    own_transaction,
    try_lock,
)
from odoo.addons.channel_inventory_base.lib.one_line import one_line

from .channel_message import OPEN_STATES

_logger = logging.getLogger(__name__)

RUN_SECONDS = 10
"""After so long, other channels' messages have their turn."""
PENDING_SECONDS = 5
PENDING_SHARE = 10
"""What has been pending for an hour is asked for every sixth minute."""
PENDING_MOST = 900
WAIT_SECONDS = 900
RETRY_SECONDS = (5, 15, 60, 300, 900)


class ChannelMessenger(models.AbstractModel):
    """Sends notifications about orders to their channel; one messenger per channel at a
    time.

    Messages of one order go out in the order of their ids, and one whose outcome is not
    known keeps the later ones back. Marking as sending, the call and settling are
    transactions of their own. A worker killed in between leaves a message that is
    ``sending``: the next run repeats it where the channel knows it by its key, and asks
    the channel first where it does not.
    """

    _name = "channel.messenger"
    _description = "Channel Messenger"

    @api.model
    def _run(self, channel):
        """:return: True when the channel was asked, None when there was nothing to
        tell, False when another messenger is at this channel"""
        if not channel._capabilities().messages:
            return None
        end, asked = time.monotonic() + RUN_SECONDS, None
        with try_lock(self.env, LOCK_SEND, channel.id) as locked:
            if not locked:
                return False
            while due := self._next(channel):
                self._deliver_due(channel, *due)
                asked = True
                if time.monotonic() > end:
                    channel._wake("_job_send")
                    break
            else:
                self._wake_for_waiting(channel)
        return asked

    def _next(self, channel):
        """The oldest message that is due, and those that go with it.

        :return: (kind, list of ids); None when there is none
        """
        with own_transaction(self.env) as env:
            rows = self._find_due(env, channel)
            if not rows:
                return None
            [(message_id, kind, is_alone)] = rows
            size = channel._capabilities().message_batch.get(kind, 1)
            if is_alone or size == 1:
                return kind, [message_id]
            together = SQL("message.kind = %s AND message.is_alone IS NOT TRUE", kind)
            rows = self._find_due(env, channel, together, size)
        return kind, [row[0] for row in rows]

    def _find_due(self, env, channel, which=None, limit=1):
        """:return: rows of id, kind, is_alone; one message an order, oldest first"""
        return env.execute_query(
            SQL(
                """
                    SELECT message.id, message.kind, message.is_alone
                      FROM channel_message message
                      LEFT JOIN channel_message earlier ON earlier.id = message.after_id
                     WHERE message.channel_id = %(channel)s
                       AND message.state = ANY(%(open)s)
                       AND %(which)s
                       AND COALESCE(message.retry_at, '-infinity')
                           <= clock_timestamp() AT TIME ZONE 'UTC'
                       AND COALESCE(earlier.state, 'done') IN ('done', 'void')
                       AND NOT EXISTS (
                            SELECT FROM channel_message other
                             WHERE other.order_id = message.order_id
                               AND other.id < message.id
                               AND (other.state IN ('ready', 'sending')
                                    OR other.state = 'pending' AND NOT %(overtakes)s))
                     ORDER BY message.id LIMIT %(limit)s
                    """,
                channel=channel.id,
                which=which or SQL("true"),
                limit=limit,
                open=list(OPEN_STATES),
                overtakes=channel._capabilities().overtakes,
            )
        )

    def _wake_for_waiting(self, channel):
        """Come back when the next one is due that is not due now."""
        # not in the job's transaction, which has not seen what this run put off
        with own_transaction(self.env) as env:
            [[seconds]] = env.execute_query(
                SQL(
                    """
                    SELECT EXTRACT(epoch FROM
                                   min(retry_at) - clock_timestamp() AT TIME ZONE 'UTC')
                      FROM channel_message
                     WHERE channel_id = %s AND state = ANY(%s) AND retry_at IS NOT NULL
                    """,
                    channel.id,
                    list(OPEN_STATES),
                )
            )
        if seconds is not None:
            channel._wake("_job_send", seconds=max(1, int(seconds) + 1))

    # ------------------------------------------------------------- deliver
    def _deliver_due(self, channel, kind, message_ids):
        if len(message_ids) == 1:
            self._deliver(channel, message_ids[0])
        else:
            self.env["channel.message.batch"]._deliver(channel, kind, message_ids)

    def _deliver(self, channel, message_id):
        """Find out what became of a message, and send it where that is right."""
        before = None
        try:
            before = self._mark_sending(channel, message_id)
            if before:
                result = self._send_or_find(channel, *before)
                self._settle(message_id, result)
        except exceptions.UncertainError as error:
            # it stays ``sending``, and is not touched before it has settled
            self._note(message_id, error)
            raise
        except (
            exceptions.ThrottledError,
            exceptions.UnavailableError,
            exceptions.AuthError,
            exceptions.ConfigurationError,
        ) as error:
            self._postpone(message_id, error, known=before[0] in ("ready", "wait"))
            raise
        except (exceptions.RejectedError, exceptions.MalformedDataError) as error:
            self._mark_dead(message_id, error)
        except CONFLICTS:
            # a conflict between transactions says nothing about the message
            raise
        except Exception as error:  # pylint: disable=broad-except
            # one message that breaks us must not stop all that come after it
            _logger.exception("message %s could not be sent", message_id)
            self._mark_dead(message_id, error)

    def _mark_sending(self, channel, message_id):
        """Remember durably that it is about to be sent, before it is.

        :return: (state before, kind, data, schemas.Attempt), None when it is not open
        """
        with own_transaction(self.env) as env:
            message = env["channel.message"]._lock_open(message_id)
            if not message:
                return None
            state, seconds = message.state, 0
            if message.kind not in channel._capabilities().repeatable:
                # whoever comes after us, should we die, asks when it has settled
                seconds = channel._capabilities().settles(message.kind)
            asks = state in ("sending", "pending")
            message.write(
                {
                    "state": "pending" if state == "pending" else "sending",
                    "attempts": message.attempts + (not asks),
                    "sent_at": message.sent_at if asks else fields.Datetime.now(),
                    "retry_at": fields.Datetime.now() + timedelta(seconds=seconds),
                    "job_uuid": env.context.get("job_uuid"),
                }
            )
            data = message._get_data()
            if message.kind == "tracking" and message.after_id:
                data = dataclasses.replace(
                    data, shipment_ref=message.after_id.ref or ""
                )
            return state, message.kind, data, self._get_attempt(message)

    def _get_attempt(self, message):
        """With what the channel has made for other messages of the order."""
        others = message.search(
            [("order_id", "=", message.order_id.id), ("id", "!=", message.id)]
        )
        known = frozenset(other.ref for other in others if other.ref)
        return schemas.Attempt(message.key, message.ref or "", known)

    def _send_or_find(self, channel, state, kind, data, attempt):
        """:return: schemas.MessageResult"""
        adapter = channel._adapter()
        lost = state == "sending" and kind not in channel._capabilities().repeatable
        if lost or state == "pending":
            found = adapter._find_message(channel, kind, data, attempt)
            if found:
                return found
        return getattr(adapter, f"_send_{kind}")(channel, data, attempt)

    # -------------------------------------------------------------- settle
    def _settle(self, message_id, result):
        handler = getattr(self, f"_settle_{result.status}")
        with own_transaction(self.env) as env:
            message = env["channel.message"]._lock_open(message_id)
            if message:
                message.write({"answer": (result.answer or "")[:100_000]})
                handler(message, result)

    def _settle_done(self, message, result):
        message.write(
            {
                "state": "done",
                "ref": result.ref or message.ref,
                "acked_at": fields.Datetime.now(),
                "retry_at": False,
                "error": False,
            }
        )
        message.env["channel.exception"]._resolve_record(message)
        message.env["channel.notifier"]._on_message_done(message.order_id, message)
        self._log(message, self.env._("%s: confirmed", message.display_name))
        if result.message:
            self._report_remark(message, result.message)

    def _report_remark(self, message, words):
        """Confirmed, but not completely: the channel leaves a part to an operator."""
        self._log(message, words)
        message.env["channel.exception"]._report(
            message.channel_id,
            "message",
            key=f"message:{message.id}:done",
            record=message,
            message=self.env._(
                "%(order)s, “%(name)s” was confirmed: %(words)s",
                order=message.order_id.name,
                name=message.display_name,
                words=words,
            ),
            suggestion=self.env._(
                "Follow the message on the channel, then resolve this. A refund "
                "resolves it automatically."
            ),
        )

    def _settle_pending(self, message, result):
        """Asked for as soon as the channel says, and the less often the longer it
        takes: what is not done after hours is not done a minute later."""
        now = fields.Datetime.now()
        age = (now - (message.sent_at or now)).total_seconds()
        seconds = max(
            result.retry_after or PENDING_SECONDS,
            min(age / PENDING_SHARE, PENDING_MOST),
        )
        message.write(
            {
                "state": "pending",
                "ref": result.ref or message.ref,
                "retry_at": now + timedelta(seconds=seconds),
            }
        )

    def _settle_refused(self, message, result):
        """As a rejection, of one that was sent with others."""
        self._bury(message, result.message)

    def _settle_retry(self, message, result):
        """Not carried out, and it is the others' doing or the time's."""
        seconds = result.retry_after
        if seconds is None:
            seconds = self._get_retry_seconds(message)
        message.write(
            {
                "state": "ready",
                "error": one_line(result.message) or False,
                "retry_at": fields.Datetime.now() + timedelta(seconds=seconds),
            }
        )

    def _get_retry_seconds(self, message):
        return RETRY_SECONDS[min(max(message.attempts, 1), len(RETRY_SECONDS)) - 1]

    def _settle_wait(self, message, result):
        """The channel holds it back: a person may want to know why."""
        retry_at = fields.Datetime.now() + timedelta(
            seconds=WAIT_SECONDS if result.retry_after is None else result.retry_after
        )
        words = one_line(result.message)
        message.write({"state": "wait", "error": words, "retry_at": retry_at})
        message.env["channel.exception"]._report(
            message.channel_id,
            "message",
            key=f"message:{message.id}",
            record=message,
            message=self.env._(
                "%(order)s: %(channel)s defers the notification: %(why)s",
                order=message.order_id.name,
                channel=message.channel_id.name,
                why=words,
            ),
            suggestion=self.env._(
                "Release it on the channel. It is retried automatically."
            ),
        )

    def _note(self, message_id, error):
        with own_transaction(self.env) as env:
            message = env["channel.message"]._lock_open(message_id)
            message.write({"error": str(error)})

    def _postpone(self, message_id, error, known):
        """Not carried out: as before, only later.

        :param known: False when an earlier attempt may have been carried out: then the
            outcome stays unknown
        """
        with own_transaction(self.env) as env:
            message = env["channel.message"]._lock_open(message_id)
            seconds = self._get_retry_seconds(message)
            if isinstance(error, exceptions.ThrottledError) and error.retry_after:
                # how long it takes is known, and no failure of the message
                seconds = math.ceil(error.retry_after)
            message.write({"error": str(error)})
            if known:
                retry_at = fields.Datetime.now() + timedelta(seconds=seconds)
                message.write({"state": "ready", "retry_at": retry_at})

    def _mark_dead(self, message_id, error):
        """Refused for good: a dead letter, and a look at what the channel has."""
        with own_transaction(self.env) as env:
            message = env["channel.message"]._lock_open(message_id)
            if message:
                self._bury(message, str(error))

    def _bury(self, message, words):
        message.write({"state": "dead", "error": words[:1000]})
        order = message.order_id
        order._want_fetch()
        order.env["channel.notifier"]._on_refund_known(order, message)
        message.env["channel.exception"]._report(
            message.channel_id,
            "message",
            key=f"message:{message.id}",
            record=message,
            message=self.env._(
                "%(order)s: the channel rejected “%(name)s”: %(error)s",
                order=order.name,
                name=message.display_name,
                error=words,
            ),
            suggestion=message._get_rejected_suggestion(),
        )
        self._log(
            message,
            self.env._(
                "%(name)s: rejected: %(error)s",
                name=message.display_name,
                error=words,
            ),
        )

    def _log(self, message, words):
        message.env["channel.audit"]._log(
            "message",
            message.channel_id,
            words[:1000],
            record=message.order_id,
            trace=message.trace,
            # who made the document, not the job that sends
            user=message.create_uid,
        )
