# SPDX-License-Identifier: AGPL-3.0-or-later
import time

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import exceptions
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_DELIVERY,
    own_transaction,
    retry_on_conflict,
)

from ..kinds import CLASSES
from ..lib import codec
from ..lib.errors import EdiError
from ..transport.entry import Taken

RUN_SECONDS = 50
BATCH = 200
"""Documents in one interchange at the most."""
NAMES = 5
"""So many names are tried where files of others have ours."""
UNWRITABLE = (EdiError, KeyError)


class ChannelEdiSender(models.AbstractModel):
    """Sends what is ready: documents are put into an interchange with its numbers and
    bytes [commit], it is marked as being sent [commit], written under another name and
    renamed, and marked as sent [commit].

    What dies in between is looked for in the partner's folder: a file of that name and
    size was sent; else the same bytes are written again.
    """

    _name = "channel.edi.sender"
    _description = "Send EDI Documents"

    @api.model
    def _run(self, channel):
        """:return: True when a mailbox was reached, None when there was nothing to
        send, False if another worker is at it"""
        while retry_on_conflict(lambda: self._frame_next(channel)):
            pass
        end = time.monotonic() + RUN_SECONDS
        outcome = self.env["channel.edi.mailbox"]._serve(
            channel,
            self._waiting(channel),
            LOCK_DELIVERY,
            lambda mailbox: self._deliver(mailbox, end),
        )
        if time.monotonic() >= end:
            channel._wake("_job_edi_send")
        return outcome

    # ----------------------------------------------------------------- frame
    def _frame_next(self, channel):
        """Put documents of one kind and agreement into an interchange.

        :return: whether there were any
        """
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id FROM channel_edi_document
                     WHERE channel_id = %(channel)s AND state = 'ready'
                       AND (agreement_id, kind, COALESCE(test, false)) = (
                           SELECT agreement_id, kind, COALESCE(test, false)
                             FROM channel_edi_document
                            WHERE channel_id = %(channel)s AND state = 'ready'
                            ORDER BY id LIMIT 1)
                     ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
                    """,
                    channel=channel.id,
                    batch=BATCH,
                )
            )
            documents = env["channel.edi.document"].browse([row[0] for row in rows])
            if documents:
                env["channel.edi.sender"]._frame(documents)
        return bool(documents)

    def _frame(self, documents):
        """Freeze the bytes of these documents, of one agreement and kind. One that
        cannot be written is held and keeps no other from being sent."""
        values = {}
        for document in documents:
            try:
                values[document] = base_schemas.load(
                    CLASSES[document.kind], document._values()
                )
            except (exceptions.MalformedDataError, KeyError) as error:
                self._hold_unwritable(document, error)
        if not values:
            return
        try:
            envelope, data = self._write_interchange(values)
        except UNWRITABLE:
            values = self._hold_where_unwritable(values)
            if not values:
                return
            envelope, data = self._write_interchange(values)
        agreement, kind = documents.agreement_id, documents[0].kind
        interchange = self._freeze_bytes(agreement, kind, envelope, data)
        for document, number in zip(values, envelope.document_numbers, strict=True):
            document.write(
                {
                    "state": "framed",
                    "interchange_id": interchange.id,
                    "number": f"{number:04d}" if number < 10000 else str(number),
                    "group_number": str(envelope.group_number),
                    "error": False,
                }
            )

    def _write_interchange(self, values):
        """:param values: {document: what it says}
        :return: (envelope with numbers of its own, bytes)
        :raise Unwritable: one of them cannot be written; no number is taken
        """
        first = next(iter(values))
        agreement = first.agreement_id
        with self.env.cr.savepoint():
            envelope = agreement._prepare_envelope(
                first.kind, len(values), test=first.test
            )
            data = codec.write([*values.values()], envelope, agreement._get_options())
        return envelope, data

    def _hold_where_unwritable(self, values):
        """:return: those of ``values`` that can be written; the others are held"""
        writable = {}
        for document, value in values.items():
            try:
                with self.env.cr.savepoint() as trial:
                    self._write_interchange({document: value})
                    # the numbers were for a try
                    trial.rollback()
            except UNWRITABLE as error:
                self._hold_unwritable(document, error)
            else:
                writable[document] = value
        return writable

    def _hold_unwritable(self, document, error):
        document._hold(
            str(error),
            state="void",
            key=f"edi_void:{document.agreement_id.id}:{document.kind}",
            suggestion=self.env._(
                "It was not sent. Correct what is missing in the record or in the "
                "agreement, then press Send Anew."
            ),
        )
        document._on_rejected()

    @api.model
    def _freeze_bytes(self, agreement, kind, envelope, data):
        """:return: an interchange that is ready to be sent"""
        interchanges = self.env["channel.edi.interchange"]
        number = f"{envelope.number:09d}"
        return interchanges._create_named(
            agreement._get_file_name(kind, envelope.number, envelope.at),
            {
                "agreement_id": agreement.id,
                "mailbox_id": agreement.mailbox_id.id,
                "channel_id": agreement._channel_of(kind).id,
                "direction": "out",
                "state": "ready",
                "number": number if agreement.standard == "x12" else number.lstrip("0"),
                "sender": f"{agreement.our_qualifier or ''}:{agreement.our_id or ''}",
                "receiver": f"{agreement.their_qualifier or ''}:"
                f"{agreement.their_id or ''}",
                "version": envelope.version,
                "test": envelope.test,
                **interchanges._prepare_vals(data),
            },
        )

    # --------------------------------------------------------------- deliver
    def _deliver(self, mailbox, end):
        with mailbox._reached() as place:
            while time.monotonic() < end and self._deliver_next(mailbox, place):
                pass

    def _waiting(self, channel):
        """Ids of mailboxes for which something of this channel is to be sent."""
        with own_transaction(self.env) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT mailbox.id
                      FROM channel_edi_interchange out
                      JOIN channel_edi_mailbox mailbox ON mailbox.id = out.mailbox_id
                     WHERE out.channel_id = %s AND out.direction = 'out'
                       AND out.state IN ('ready', 'sending')
                       AND mailbox.kind <> 'manual' AND mailbox.active
                    """,
                    channel.id,
                )
            )
        return [mailbox_id for (mailbox_id,) in rows]

    def _deliver_next(self, mailbox, place):
        """:return: whether there was one"""
        with own_transaction(self.env) as env:
            interchange = self._lock_next(env, mailbox)
            if not interchange:
                return False
            died = interchange.state == "sending"
            interchange.write(
                {"state": "sending", "attempts": interchange.attempts + 1}
            )
            name, data = interchange.name, interchange._bytes()
        if not (died and place.compare(name, data)):
            self._put(place, interchange, name, data)
        with own_transaction(self.env) as env:
            self._mark_sent(interchange.with_env(env))
        return True

    def _put(self, place, interchange, name, data):
        """Where a file of that name with other content is there, of another database or
        of somebody else, it stays, and ours gets a name of its own."""
        for _name in range(NAMES):
            try:
                return place.deliver(name, data)
            except Taken as error:
                failure = error
                with own_transaction(self.env) as env:
                    name = interchange.with_env(env)._rename(name)
        raise failure

    def _lock_next(self, env, mailbox):
        rows = env.execute_query(
            SQL(
                """
                SELECT id FROM channel_edi_interchange
                 WHERE mailbox_id = %s AND direction = 'out'
                   AND state IN ('ready', 'sending')
                 ORDER BY id LIMIT 1 FOR UPDATE
                """,
                mailbox.id,
            )
        )
        return env["channel.edi.interchange"].browse([row[0] for row in rows])

    @api.model
    def _mark_sent(self, interchange):
        """It lies where the partner takes it: from now on its answer is awaited."""
        now = fields.Datetime.now()
        interchange.write({"state": "sent", "sent_at": now, "error": False})
        agreement = interchange.agreement_id
        for document in interchange.document_ids.filtered(
            lambda each: each.state == "framed"
        ):
            awaits = agreement._awaits_ack(document.kind)
            document.write(
                {
                    "state": "sent",
                    "sent_at": now,
                    "ack_state": "awaiting" if awaits else False,
                    "due_at": awaits and agreement._ack_due(document.kind, now),
                }
            )
