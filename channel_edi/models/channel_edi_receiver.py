# SPDX-License-Identifier: AGPL-3.0-or-later
import time

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_MAILBOX,
    fresh_reading,
    own_transaction,
)
from odoo.addons.channel_inventory_base.lib import errors

from ..lib.files import breaks_off

RUN_SECONDS = 50
LOOK_AGAIN = 2
"""Seconds after which a file that has just been seen is looked at again."""
HALF_TIMES = 60
"""A file that breaks off is read as it is after so many times the quiet seconds: its
upload may have paused only."""
KNOWN_MOST = 5000
"""So many files may be growing at once."""
NAMED = 5
"""So many files a message names."""


class ChannelEdiReceiver(models.AbstractModel):
    """Fetches files: look, read, store [commit], put away.

    A file is put away only after it was stored, so a worker that is killed in between
    finds it again, and finds that it is stored.
    """

    _name = "channel.edi.receiver"
    _description = "Receive EDI Files"

    @api.model
    def _run(self, channel):
        """Read all mailboxes of a channel.

        :return: True when one was reached, None when there is none, False when another
            worker is at one
        """
        return self.env["channel.edi.mailbox"]._serve(
            channel, self._find_mailboxes(channel), LOCK_MAILBOX, self._receive
        )

    def _find_mailboxes(self, channel):
        with fresh_reading(self.env) as env:
            # sudo: mailboxes are seen by managers; a job reads them for the channel
            mailboxes = env["channel.edi.mailbox"].sudo()
            served = [("channel_id", "=", channel.id), ("kind", "!=", "manual")]
            return mailboxes.search(served).ids

    def _receive(self, mailbox):
        end = time.monotonic() + RUN_SECONDS
        with mailbox._reached() as place:
            entries = {each.name: each for each in place.look()}
            ready, waiting, young = self._choose(mailbox, entries)
            known, failed, unusable = self._known(mailbox, ready), {}, None
            for entry in ready:
                if time.monotonic() > end:
                    waiting = True
                    break
                try:
                    away = known.get((entry.name, entry.mark))
                    if away is None:
                        if not self._fetch(mailbox, place, entry, entry.name in young):
                            waiting = True
                            continue
                    if not away:
                        self._put_away(mailbox, place, entry, entries)
                except errors.Misconfigured as error:
                    # no archive folder: what may be read is read all the same
                    unusable = unusable or error
                except errors.ClientError as error:
                    if not _is_of_one_file(error):
                        raise
                    failed[entry.name] = error
            self._tell_failed(mailbox, failed)
            if unusable:
                raise unusable
        if waiting:
            # whatever becomes of the other mailboxes, and of the job
            with own_transaction(self.env) as env:
                channel = mailbox.with_env(env).channel_id
                channel._wake("_job_edi_receive", seconds=LOOK_AGAIN)

    def _tell_failed(self, mailbox, failed):
        """Files that the server does not let us read or put away, each time that it is
        looked: they are tried again, and keep no other from being read.

        :param failed: {name: error}; empty: all of them can be
        """
        key = f"edi_mailbox:{mailbox.id}"
        with own_transaction(self.env) as env:
            channel = mailbox.with_env(env).channel_id
            exceptions = env["channel.exception"]
            if not failed:
                exceptions._resolve_keys(channel, [key])
                return
            exceptions._report_once(
                channel,
                "edi_file",
                key=key,
                message=self.env._(
                    "%(mailbox)s: %(names)s could not be read or put away: %(why)s",
                    mailbox=mailbox.name,
                    names=", ".join(list(failed)[:NAMED]),
                    why=next(iter(failed.values())),
                ),
                suggestion=self.env._(
                    "Have the server's owner allow it, or take the file away. It is "
                    "tried again at each look; all other files are read."
                ),
            )

    def _choose(self, mailbox, entries):
        """:return: (entries that may be read, oldest first; whether others are there
        that may be ready soon; names of those that may still grow)"""
        ours = [each for each in entries.values() if mailbox._takes_name(each.name)]
        ours.sort(key=lambda each: (each.mtime, each.name))
        if mailbox.ready_when == "named":
            return ours, False, ()
        if mailbox.ready_when == "marked":
            marked = [
                each for each in ours if f"{each.name}{mailbox.marker}" in entries
            ]
            return marked, len(marked) < len(ours), ()
        with self._seen_files(mailbox) as state:
            before, now = state.get("files", {}), self._now()
            seen = {
                each.name: self._first_seen(each, before.get(each.name), now)
                for each in ours[:KNOWN_MOST]
            }
            state["files"] = seen
        quiet = mailbox.quiet_seconds
        stood = {
            name: now - since
            for name, (mark, since, *_half) in seen.items()
            if before.get(name, [None])[0] == mark and now - since >= quiet
        }
        young = {
            name for name, seconds in stood.items() if seconds < quiet * HALF_TIMES
        }
        halves = {name for name in young if len(seen[name]) > 2}
        still = [each for each in ours if each.name in stood.keys() - halves]
        return still, len(still) < len(ours), young

    def _seen_files(self, mailbox):
        """What was there at the last look: {name: [mark, since when, whether it breaks
        off (only if it does)]}, under *files*."""
        return mailbox.channel_id._shared_state(f"edi_seen:{mailbox.id}")

    @staticmethod
    def _first_seen(entry, before, now):
        """:return: [mark, since when it has it, ...], by our clock"""
        if before and before[0] == entry.mark:
            return before
        return [entry.mark, now]

    def _now(self):
        return self.env["channel.intake"]._database_time().timestamp()

    def _known(self, mailbox, entries):
        """:return: {(name, mark): whether it was put away} of those that are stored"""
        if not entries:
            return {}
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT name, mark, bool_or(COALESCE(away, false))
                      FROM channel_edi_file
                     WHERE mailbox_id = %s AND name = ANY(%s)
                     GROUP BY name, mark
                    """,
                    mailbox.id,
                    [each.name for each in entries],
                )
            )
        return {(name, mark): away for name, mark, away in rows}

    def _fetch(self, mailbox, place, entry, may_grow):
        """:return: whether the file is stored now"""
        refusal = None
        try:
            data = place.fetch(entry.name)
        except errors.Refused as error:
            data, refusal = b"", error
        except errors.Unavailable as error:
            if error.code not in ("HALF", "GONE"):
                raise
            # it grows, or somebody has taken it away: the next look tells
            return False
        if not refusal and len(data) != entry.size:
            # it has grown while it was read
            return False
        if may_grow and breaks_off(data):
            with self._seen_files(mailbox) as state:
                if entry.name in state.get("files", {}):
                    state["files"][entry.name][2:] = [True]
            return False
        with own_transaction(self.env) as env:
            box = mailbox.with_env(env)
            file = env["channel.edi.file"]._store(box, entry.name, entry.mark, data)
            if refusal:
                self._refuse(file, refusal)
            box.channel_id._wake("_job_edi_work")
        return True

    def _refuse(self, file, refusal):
        words = str(refusal)
        file.write({"state": "refused", "error": words})
        self.env["channel.exception"].with_env(file.env)._report(
            file.channel_id,
            "edi_file",
            key=f"edi_file:{file.id}",
            record=file,
            message=self.env._(
                "File %(name)s was not read: %(why)s", name=file.name, why=words
            ),
            suggestion=self.env._("Ask the partner to send it in parts."),
        )

    def _put_away(self, mailbox, place, entry, entries):
        place.put_away(entry.name, mailbox.after_reading)
        if mailbox.ready_when == "marked":
            marker = f"{entry.name}{mailbox.marker}"
            if marker in entries:
                place.put_away(marker, mailbox.after_reading)
        with own_transaction(self.env) as env:
            env.execute_query(
                SQL(
                    """
                    UPDATE channel_edi_file SET away = true
                     WHERE mailbox_id = %s AND name = %s AND mark = %s RETURNING id
                    """,
                    mailbox.id,
                    entry.name,
                    entry.mark,
                )
            )


def _is_of_one_file(error):
    """Whether the server refuses this file, and may well give the next one: it belongs
    to another user there, or the partner's program still has it open."""
    return isinstance(error, errors.Forbidden) or error.code == "FILE"
