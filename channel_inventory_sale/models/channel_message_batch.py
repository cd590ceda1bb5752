# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
from contextlib import contextmanager
from types import SimpleNamespace

from odoo import api, fields, models

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    own_transaction,
)

_logger = logging.getLogger(__name__)

POSTPONING = (
    exceptions.ThrottledError,
    exceptions.UnavailableError,
    exceptions.AuthError,
    exceptions.ConfigurationError,
)
REFUSING = (exceptions.RejectedError, exceptions.MalformedDataError)


class ChannelMessageBatch(models.AbstractModel):
    """Delivers notifications of one kind by one request, for ``channel.messenger``.

    Each stays a message of its own, with its key, its state and its outcome: what a
    killed worker leaves behind is ``sending`` or ``pending`` one by one, and found out
    as if it had been sent alone. A batch that is refused as a whole, or that breaks the
    connector, buries none: its messages are sent one by one from then on
    (``is_alone``), and the one that was the cause has its own end.
    """

    _name = "channel.message.batch"
    _description = "Batch of Notifications"

    @api.model
    def _deliver(self, channel, kind, message_ids):
        """Find out what became of the messages, and send those where that is right."""
        adapter = channel._adapter()
        entries = self._mark_sending(channel, message_ids)
        asked = self._get_asked(channel, kind, entries)
        new = [each for each in entries if each not in asked]
        with self._judged(entries, asked, others=new) as judged:
            found = self._ask(adapter._find_batch, channel, kind, entries, asked)
            new += [each for each, result in found.items() if not result]
        if not judged.is_parted:
            self._settle(found)
        with self._judged(entries, new) as judged:
            found = self._ask(adapter._send_batch, channel, kind, entries, new)
        if not judged.is_parted:
            self._settle(found)

    def _mark_sending(self, channel, message_ids):
        """:return: {id: (state before, data, schemas.Attempt)} of those that are open
        and can be read; the others are dead letters"""
        messenger = self.env["channel.messenger"]
        entries = {}
        for message_id in message_ids:
            try:
                before = messenger._mark_sending(channel, message_id)
            except REFUSING as error:
                messenger._mark_dead(message_id, error)
                continue
            if before:
                state, _kind, data, attempt = before
                entries[message_id] = (state, data, attempt)
        return entries

    def _get_asked(self, channel, kind, entries):
        """:return: list of ids of those whose outcome the channel is asked for"""
        states = {"pending"}
        if kind not in channel._capabilities().repeatable:
            states.add("sending")
        return [each for each, (state, *_rest) in entries.items() if state in states]

    def _ask(self, method, channel, kind, entries, chosen):
        """:return: {id: schemas.MessageResult or None}"""
        if not chosen:
            return {}
        arguments = [(data, attempt) for _s, data, attempt in map(entries.get, chosen)]
        results = method(channel, kind, arguments)
        return dict(zip(chosen, results, strict=True))

    def _settle(self, found):
        for message_id, result in found.items():
            if result:
                self._settle_one(message_id, result)

    def _settle_one(self, message_id, result):
        messenger = self.env["channel.messenger"]
        try:
            messenger._settle(message_id, result)
        except CONFLICTS:
            # a conflict between transactions says nothing about the message
            raise
        except Exception as error:  # pylint: disable=broad-except
            # one outcome that breaks us must not keep back those of the others
            _logger.exception("outcome of message %s could not be stored", message_id)
            messenger._mark_dead(message_id, error)

    # --------------------------------------------------------------- failures
    @contextmanager
    def _judged(self, entries, chosen, others=()):
        """What becomes of messages where the request for all of them fails.

        :param chosen: ids of those that it is about
        :param others: ids of those that are sent after it, and were not yet
        :return: a namespace: ``is_parted`` tells that each goes by itself from now on
        """
        messenger = self.env["channel.messenger"]
        judged = SimpleNamespace(is_parted=False)
        # those of which nothing was carried out, whatever became of this request
        known = {each for each in chosen if entries[each][0] in ("ready", "wait")}
        try:
            yield judged
        except exceptions.UncertainError as error:
            for message_id in chosen:
                messenger._note(message_id, error)
            for message_id in others:
                messenger._postpone(message_id, error, known=True)
            raise
        except POSTPONING as error:
            for message_id in [*chosen, *others]:
                is_known = message_id in known or message_id in others
                messenger._postpone(message_id, error, known=is_known)
            raise
        except CONFLICTS:
            raise
        except Exception as error:  # pylint: disable=broad-except
            judged.is_parted = True
            if not isinstance(error, REFUSING):
                # it breaks us, and may have been carried out before
                known = set()
                _logger.exception("messages %s could not be sent together", chosen)
            self._part(chosen, known, error)

    def _part(self, message_ids, known, error):
        """Each by itself from now on.

        :param known: ids of those of which nothing was carried out; the others are
            asked for, or repeated, when they are due
        """
        with own_transaction(self.env) as env:
            for message_id in message_ids:
                message = env["channel.message"]._lock_open(message_id)
                message.write({"is_alone": True, "error": str(error)[:1000]})
                if message_id in known:
                    now = fields.Datetime.now()
                    message.write({"state": "ready", "retry_at": now})
