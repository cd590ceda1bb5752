# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import time

from odoo import api, models

from .. import exceptions
from ..db.transaction import CONFLICTS, LOCK_LISTEN, own_transaction, try_lock
from ..lib import events
from ..schemas import InboundEvent, load
from .channel_intake import LAG

_logger = logging.getLogger(__name__)

LISTEN_SECONDS = 20
"""So long one job waits for the next event, and so long others wait for their turn."""
IDLE_SECONDS = 5
"""Before the next look at a stream that comes back empty without having waited."""
DRAIN_SECONDS = 10
"""After so long a publisher stops draining: more comes in than it can take."""
STOPPED_SECONDS = 300
"""Before the next look at a stream that a person has to put right."""
STOPPED = (
    exceptions.AuthError,
    exceptions.ConfigurationError,
    exceptions.RejectedError,
)
"""What waiting does not end: the stream's own credentials, or what fills it."""


class ChannelStream(models.AbstractModel):
    """Takes events from a channel's stream (a queue that the channel fills).

    What is taken is stored in the inbox and committed before the channel is told that
    it was received. A worker that is killed in between gets the same events once more,
    and knows them by their keys: none is lost, none counts twice.

    Two take from it: a job that waits for the next event, and each publisher before it
    sends numbers that overwrite (``channel.publisher.absolute``). Neither keeps the
    other waiting. What one of them has received and not stored yet the other does not
    see: for some milliseconds, as with an event that was sent that much later.

    A stream is a server of its own, with credentials of its own. Where they are wrong
    the channel goes on as one without a stream: its orders are pulled (``_is_stopped``)
    and a person is told.
    """

    _name = "channel.stream"
    _description = "Event Stream of a Channel"

    @api.model
    def _listen(self, channel):
        """Wait for the next events and store them; the job after this goes on.

        :return: True when the stream has answered, None when another job listens
        """
        if not channel._capabilities().stream:
            return None
        with try_lock(self.env, LOCK_LISTEN, channel.id) as locked:
            if not locked:
                return None
            began = time.monotonic()
            try:
                heard = self._take(channel, LISTEN_SECONDS)
            except STOPPED as error:
                self._stop(channel, error)
                channel._wake("_job_listen", seconds=STOPPED_SECONDS)
                return None
            waited = time.monotonic() - began
            self._note_heard(channel)
        is_idle = heard.empty and not heard.events and waited < 1
        channel._wake("_job_listen", seconds=IDLE_SECONDS if is_idle else 0)
        return True

    @api.model
    def _drain(self, channel):
        """Store all that is in the stream by now, without waiting for more.

        :return: False when there is more than can be taken at once
        """
        end = time.monotonic() + DRAIN_SECONDS
        while not self._take(channel, 0).empty:
            if time.monotonic() > end:
                return False
        return True

    # ---------------------------------------------------------------- stop
    @api.model
    def _is_stopped(self, channel):
        """Whether the stream waits for a person."""
        return bool(channel._get_shared_state("stream").get("stopped"))

    @api.model
    def _stop(self, channel, error):
        """Until a person has acted, orders are only pulled."""
        _logger.info("stream of channel %s: %s (%s)", channel.id, error, error.code)
        with channel._shared_state("stream") as state:
            state["stopped"] = str(error)[:500]
            state.pop("behind", None)
        with own_transaction(self.env) as env:
            env["channel.exception"]._report(
                channel.with_env(env),
                "health",
                key="stream",
                message=self.env._(
                    "The event stream of %(channel)s does not work: %(error)s",
                    channel=channel.name,
                    error=error,
                ),
                suggestion=self.env._(
                    "Correct it and press Test Connection. Until then orders are "
                    "polled, and seen some minutes later."
                ),
            )

    def _note_heard(self, channel):
        """The stream answers: the orders are not behind because of it any more."""
        state = channel._get_shared_state("stream")
        if state.get("behind") or state.get("stopped"):
            with channel._shared_state("stream") as state:
                state.pop("behind", None)
                state.pop("stopped", None)
            with own_transaction(self.env) as env:
                own = channel.with_env(env)
                env["channel.exception"]._resolve_keys(own, ["stream"])

    def _take(self, channel, wait):
        """One batch: received, stored, acknowledged.

        :return: schemas.EventBatch
        """
        try:
            batch = channel._adapter()._drain(channel, wait)
            if batch.events:
                self._store(channel, batch.events)
            if batch.receipts:
                channel._adapter()._acknowledge(channel, list(batch.receipts))
        except LAG as error:
            self.env["channel.intake"]._fall_behind(channel, "stream", error)
            raise
        return batch

    def _store(self, channel, received):
        """All at once; where one of them cannot be stored, one by one, and that one as
        a dead letter: it would come again and again, and keep the others back."""
        try:
            self._store_all(channel, received)
        except CONFLICTS:
            raise
        except Exception:  # pylint: disable=broad-except
            _logger.exception("events of channel %s cannot be stored", channel.id)
            for event in received:
                self._store_one(channel, event)

    def _store_all(self, channel, received):
        with own_transaction(self.env) as env:
            inbox = env["channel.inbox.event"]
            inbox._store(channel, [inbox._told(channel, e) for e in received], "stream")

    def _store_one(self, channel, event):
        try:
            self._store_all(channel, [event])
        except (*CONFLICTS, exceptions.ChannelError):
            raise
        except Exception as error:  # pylint: disable=broad-except
            _logger.exception("event %r cannot be stored", event.key)
            values = events.unreadable_event(f"{event.topic}\n{event.body}")
            letter = load(InboundEvent, values)
            with own_transaction(self.env) as env:
                inbox = env["channel.inbox.event"]
                inbox._receive(channel, letter, error, "stream")
